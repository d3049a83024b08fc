// What the program shows while it works, and how it takes Ctrl-C.
#include "program.hpp"

#include <chrono>
#include <csignal>
#include <thread>

using namespace support;

namespace {

/// Enough to be busy for long: many starts of mixtures for many numbers of clusters.
const Words long_work = {"--trust", "none", "--clusters", "2-40", "--starts", "50"};

/// Waits until the file holds `part`.
bool appears(const std::filesystem::path& file, const std::string& part) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < until) {
        if (count(slurp(file), part) > 0) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

Words cluster_words(const Words& more) {
    Words all = {"cluster", "--target", "target", "--out", "out", "--factors", "4"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// A child that never comes so far is not left behind.
void wait_for_mixtures(const Job& job, pid_t child) {
    const bool begun = appears(job / ".stderr", "mixture 1 of");
    if (!begun) ::kill(child, SIGKILL);
    REQUIRE(begun);
}

/// Clusters until its mixtures have begun.
pid_t start_long_work(const Job& job) {
    Words words = cluster_words(long_work);
    words.push_back("--verbose");
    const pid_t child = start(job.program, job.folder, words);
    wait_for_mixtures(job, child);
    return child;
}

/// The child, asked to stop, leaves clusters of all spots behind and says so.
void check_stopped(const Job& job, pid_t child, std::size_t spots) {
    const auto outcome = finish(child, job.folder);
    CHECK(outcome.code == 130);
    CHECK(
        outcome.err.ends_with("transst: stopped on request; what had been found by then is in "
                              "out\n"));
    CHECK(job.fit()["stopped"] == true);
    CHECK(lines(job / "out/labels.tsv").size() == spots + 1);
}

}  // namespace

TEST_CASE("nothing is shown where stderr is no terminal, and with --verbose each iteration") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto silent = job.cluster({"--trust", "anchored"});
    REQUIRE(silent.code == 0);
    CHECK(silent.err.empty());
    const auto told = job.cluster({"--trust", "anchored", "--verbose", "--force"});
    REQUIRE(told.code == 0);
    for (const char* stage :
         {" s  reading\n", " s  prepare\n", " s  PLDR ", " s  anchored mixture\n",
          " s  mixture 1 of at most ", ", objective ", " s  writing\n"}) {
        INFO(stage);
        CHECK(count(told.err, stage) >= 1);
    }
    // the last objective is the one that fit.json has
    const auto trace = job.fit()["steps"]["pldr"]["trace"];
    CHECK(count(told.err, "PLDR " + std::to_string(trace.size() - 1) + " of") == 1);
    CHECK(count(told.err, "\r") == 0);
    check_refused(job.cluster({"--quiet", "--verbose", "--force"}), 2, {"--quiet", "--verbose"});
}

TEST_CASE("Ctrl-C stops at the next iteration, writes what there is and says so") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program, small_source(), make_tissue(40, 3));
    const pid_t child = start_long_work(job);
    const auto asked = std::chrono::steady_clock::now();
    ::kill(child, SIGINT);
    check_stopped(job, child, 1600);
    CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds(20));
}

TEST_CASE("a second Ctrl-C ends the program at once") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program, small_source(), make_tissue(40, 3));
    const pid_t child = start_long_work(job);
    for (int more = 0; more < 100; ++more) {  // one that still waits counts for several
        ::kill(child, SIGINT);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(finish(child, job.folder).code == 128 + SIGINT);
    CHECK(job.left_nothing());
}

TEST_CASE("a model that is not learned whole is not written") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program, make_tissue(60, 1, 300));
    const pid_t child = start(job.program, job.folder,
                              {"fit", "--source", "source", "--out", "model", "--factors", "100",
                               "--threads", "1", "--verbose"});
    REQUIRE(appears(job / ".stderr", " s  prepare"));
    ::kill(child, SIGINT);
    const auto outcome = finish(child, job.folder);
    CHECK(outcome.code == 130);
    CHECK(outcome.err.ends_with("transst: stopped on request; no model is written\n"));
    CHECK(outcome.out.empty());
    CHECK(!std::filesystem::exists(job / "model"));
}

TEST_CASE("an application is stopped as a clustering is") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program, small_source(), make_tissue(40, 3));
    REQUIRE(job.transst({"fit", "--source", "source", "--out", "model", "--factors", "4"}).code ==
            0);
    Words words = {"apply", "--model", "model", "--target", "target", "--out", "out", "--verbose"};
    words.insert(words.end(), long_work.begin(), long_work.end());
    const pid_t child = start(job.program, job.folder, words);
    wait_for_mixtures(job, child);
    ::kill(child, SIGINT);
    check_stopped(job, child, 1600);
}

TEST_CASE("on a terminal one line is rewritten, and is gone at the end") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program, small_source(), make_tissue(40, 3));
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(terminal >= 0);
    REQUIRE(::grantpt(terminal) == 0);
    REQUIRE(::unlockpt(terminal) == 0);
    const int other = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
    REQUIRE(other >= 0);
    const pid_t child = start(program, job.folder, cluster_words(long_work), other);
    ::close(other);
    std::string seen;
    char part[512];
    const auto begun = std::chrono::steady_clock::now();
    bool asked = false;
    for (ssize_t got; (got = ::read(terminal, part, sizeof part)) > 0;) {
        seen.append(part, static_cast<std::size_t>(got));
        if (!asked && count(seen, "] ") > 2) {
            CHECK(std::chrono::steady_clock::now() - begun > std::chrono::milliseconds(900));
            ::kill(child, SIGINT);
            asked = true;
        }
    }
    ::close(terminal);
    const auto outcome = finish(child, job.folder);
    INFO(seen);
    CHECK(outcome.code == 130);
    CHECK(count(seen, "mixture [") >= 1);
    CHECK(count(seen, ", at most ") >= 1);
    CHECK(count(seen, "\n") == 1);  // the sentence at the end
    CHECK(count(seen, "\r\x1b[Ktransst: stopped on request") == 1);
    for (const auto& line : split(seen, '\r')) CHECK(line.size() < 80 + 20);
}

TEST_CASE("a program that is ended before it writes leaves no folder that it made") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        const TempFolder folder;
        std::filesystem::create_directory(folder.path / "mine");
        const pid_t child = start(program, folder,
                                  {"simulate", "--out", "mine/new/tissue", "--height", "200",
                                   "--width", "200", "--sweeps", "10000000"});
        const auto last = folder.path / "mine/new/tissue/target";
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!std::filesystem::exists(last) && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        REQUIRE(std::filesystem::exists(last));
        ::kill(child, signal);
        CHECK(finish(child, folder).code == 128 + signal);
        CHECK(std::filesystem::exists(folder.path / "mine"));
        CHECK(!std::filesystem::exists(folder.path / "mine/new"));
    }
}

TEST_CASE("a program that is ended while it writes leaves no part of a file") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        const TempFolder folder;
        const auto target = folder.path / "tissue/target";
        const auto part_of_a_file = [&] {
            std::error_code ignored;
            for (const char* inner : {"source", "target"})
                for (const auto& entry :
                     std::filesystem::directory_iterator(folder.path / "tissue" / inner, ignored))
                    if (entry.path().extension() == ".part") return true;
            return false;
        };
        const pid_t child = start(program, folder,
                                  {"simulate", "--out", "tissue", "--height", "100", "--width",
                                   "100", "--genes", "2000", "--sweeps", "1"});
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!part_of_a_file() && std::chrono::steady_clock::now() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        REQUIRE(part_of_a_file());
        ::kill(child, signal);
        CHECK(finish(child, folder).code == 128 + signal);
        CHECK(!part_of_a_file());
        CHECK(!std::filesystem::exists(target / "matrix.mtx.gz"));
    }
}
