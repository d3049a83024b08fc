#include "cli/program.hpp"

using namespace support;

namespace {

const char* const clusters =
    "barcode\tsection\tx\ty\tcluster\n"
    "a\tone\t0\t0\t10\n"
    "b\tone\t1\t0\t10\n"
    "c\tone\t0\t1\t2\n"
    "d\tone\t1\t1\t2\n"
    "e\tone\t0\t2\t2\n"
    "f\tone\tNA\tNA\t2\n"
    "g\tone\t1\t2\tNA\n";

/// In another order, with a spot more and one (f) less.
const char* const truth =
    "barcode\tlabel\tlayer\n"
    "e\tL2\tL2\n"
    "a\tL1\tL2\n"
    "b\tL1\tNA\n"
    "z\tL9\tL9\n"
    "d\tL1\tL2\n"
    "c\tL2\tL2\n"
    "g\tL2\tL2\n";

struct Scoring {
    TempFolder folder;
    std::filesystem::path program;

    explicit Scoring(std::filesystem::path transst) : program(std::move(transst)) {
        folder.put("labels.tsv", clusters);
        folder.put("truth.tsv", truth);
        std::filesystem::create_directory(folder.path / "known");
        folder.put("known/cells.tsv", truth);
    }

    [[nodiscard]] Outcome score(Words arguments) const {
        arguments.insert(arguments.begin(), {"score"});
        return run(program, folder, arguments);
    }

    [[nodiscard]] nlohmann::json json(Words arguments) const {
        arguments.push_back("--json");
        const auto outcome = score(arguments);
        INFO(outcome.err);
        REQUIRE(outcome.code == 0);
        return nlohmann::json::parse(outcome.out);
    }
};

}  // namespace

TEST_CASE("score compares clusters with labels that are known") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Scoring job(program);
    const auto scores = job.json({"--labels", "labels.tsv", "--truth", "truth.tsv"});
    CHECK(scores["spots"] == 6);
    CHECK(scores["compared"] == 5);
    CHECK(scores["ari"].get<double>() ==
          Approx(pair_counting_ari({"10", "10", "2", "2", "2"}, {"1", "1", "2", "1", "2"})));
    CHECK(scores["accuracy"].get<double>() == Approx(0.8));
    CHECK(scores["nmi"].get<double>() > 0);
    const auto& table = scores["confusion"];
    CHECK(table["clusters"] == nlohmann::json{"2", "10"});  // by number
    CHECK(table["classes"] == nlohmann::json{"L1", "L2"});
    CHECK(table["counts"] == nlohmann::json::parse("[[1, 2], [2, 0]]"));
    CHECK(table["best_match"] == nlohmann::json{"L2", "L1"});
    CHECK(scores.contains("chaos"));
    CHECK(scores.contains("pas"));
    CHECK(job.json({"--labels", "labels.tsv", "--truth", "known"}) == scores);

    const auto fewer =
        job.json({"--labels", "labels.tsv", "--truth", "truth.tsv", "--ignore", "L1"});
    CHECK(fewer["compared"] == 2);
    const auto other =
        job.json({"--labels", "labels.tsv", "--truth", "truth.tsv", "--label-column", "layer"});
    CHECK(other["compared"] == 4);

    const auto printed = job.score({"--labels", "labels.tsv", "--truth", "truth.tsv"});
    CHECK(printed.code == 0);
    CHECK(printed.err.empty());
    for (const char* part :
         {"6 in 2 clusters, 5 with a known label", "ARI", "NMI", "0.8000", "CHAOS", "PAS",
          "cluster  L1  L2  best match\n", "2         1   2  L2\n", "10        2   0  L1\n"}) {
        INFO(printed.out << "\nmissing: " << part);
        CHECK(count(printed.out, part) >= 1);
    }
    const auto warned =
        job.score({"--labels", "labels.tsv", "--truth", "truth.tsv", "--ignore", "L5"});
    CHECK(warned.code == 0);
    CHECK(count(warned.err, "--ignore 'L5'") == 1);
}

TEST_CASE("the truth may be any table that names the spots, and any folder with labels") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Scoring job(program);
    const auto known = job.json({"--labels", "labels.tsv", "--truth", "truth.tsv"});
    const auto with = [&](const std::string& path) {
        return job.json({"--labels", "labels.tsv", "--truth", path});
    };
    auto commas = std::string(truth);
    std::replace(commas.begin(), commas.end(), '\t', ',');
    commas.replace(0, 7, "");  // without a name, as R and pandas write the rows' names
    job.folder.put("truth.csv", commas);
    CHECK(with("truth.csv") == known);
    job.folder.put("r.csv", commas.substr(1));
    CHECK(with("r.csv") == known);
    job.folder.put_gzip("genes.csv.gz",
                        "cell,G1,label,\"G2, too\"\ne,0,L2,1\na,2,L1,0\nb,0,L1,0\n"
                        "z,0,L9,0\nd,1,L1,0\nc,0,L2,0\ng,3,L2,0\n");
    CHECK(with("genes.csv.gz") == known);
    for (const std::string folder : {"run/outs", "other/filtered_feature_bc_matrix"}) {
        std::filesystem::create_directories(job.folder.path / folder);
        job.folder.put(folder + "/cells.tsv", truth);
        CHECK(with(folder.substr(0, folder.find('/'))) == known);
    }
}

TEST_CASE("score without labels that are known") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Scoring job(program);
    const auto scores = job.json({"--labels", "labels.tsv"});
    CHECK_FALSE(scores.contains("ari"));
    CHECK(scores["pas"] == 0.4);  // a and b among c, d and e, of the five that have a place
    CHECK(scores["chaos"].get<double>() > 0);
}

TEST_CASE("score of what clusters express") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster({"--seed", "3"}).code == 0);
    const Words base = {"score",  "--labels", "out/labels.tsv", "--truth",
                        "target", "--target", "target",         "--json"};
    const auto outcome = job.transst(base);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    const auto scores = nlohmann::json::parse(outcome.out);
    CHECK(scores["ari"].get<double>() ==
          Approx(ari_of(job / "out", job / "target")).epsilon(1e-12));
    CHECK(scores["silhouette"].get<double>() > 0.1);
    CHECK(scores["markers"].get<int>() >= 3);
    CHECK(scores["markers_morans_i"].get<double>() > 0.1);
    CHECK(scores["markers_gearys_c"].get<double>() < 0.9);
    auto threaded = base;
    threaded.insert(threaded.end(), {"--threads", "3"});
    CHECK(job.transst(threaded).out == outcome.out);
}

TEST_CASE("what score refuses") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Scoring job(program);
    check_refused(job.score({}), 2, {"--labels"});
    check_refused(job.score({"--labels", ""}), 2, {"--labels is empty"});
    check_refused(job.score({"--labels", "none.tsv"}), 1, {"none.tsv", "cannot be opened"});
    check_refused(job.score({"--labels", "labels.tsv", "--cluster-column", "region"}), 1,
                  {"labels.tsv:1", "a column named region"});
    check_refused(
        job.score({"--labels", "labels.tsv", "--truth", "truth.tsv", "--label-column", "layers"}),
        1, {"truth.tsv:1", "layers"});
    check_refused(job.score({"--labels", "labels.tsv", "--truth", "none"}), 1, {"none"});
    check_refused(job.score({"--labels", "labels.tsv", "--truth", "truth.tsv", "--ignore", "L1",
                             "--ignore", "L2"}),
                  1, {"no spot", "ignored"});
    job.folder.put("other.tsv", "barcode\tlabel\nx\tL1\n");
    check_refused(job.score({"--labels", "labels.tsv", "--truth", "other.tsv"}), 1,
                  {"other.tsv", "none of its barcodes"});
    job.folder.put("bare.tsv", "barcode\tcluster\na\t1\nb\t2\n");
    check_refused(job.score({"--labels", "bare.tsv"}), 1,
                  {"bare.tsv", "no coordinates", "--truth"});
    CHECK(job.json({"--labels", "bare.tsv", "--truth", "truth.tsv"})["ari"] == 0);
    const std::pair<const char*, const char*> bad[] = {
        {"spot\tclusters\na\t1\n", "a column named cluster"},
        {"barcode\tcluster\n", "no spots"},
        {"barcode\tcluster\na\t1\na\t2\n", "as in line 2"},
        {"barcode\tcluster\na\t1\t7\n", "2 fields"},
        {"barcode\tcluster\na\tNA\n", "no spot has a cluster"},
        {"barcode\tcluster\tx\ty\na\t1\t0\tfar\n", "'far'"},
        {"", "an empty file"}};
    for (const auto& [content, words] : bad) {
        job.folder.put("bad.tsv", content);
        check_refused(job.score({"--labels", "bad.tsv"}), 1, {"bad.tsv", words});
    }
}
