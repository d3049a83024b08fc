// Help, manual page and completions: all made of the same options.
#include "program.hpp"

using namespace support;

namespace {

const Words commands = {"cluster",  "fit",  "apply",       "score", "study",
                        "simulate", "demo", "completions", "man"};

/// The names that a command's help lists.
std::set<std::string> names_in(const std::string& help) {
    std::set<std::string> out;
    for (const auto& line : split(help, '\n'))
        if (line.starts_with("  -"))
            for (const auto& word : split(line, ' '))
                for (const auto& name : split(word, ','))
                    if (name.starts_with("-")) out.insert(name);
    return out;
}

std::string completed(const std::filesystem::path& program, const TempFolder& folder,
                      const std::string& line) {
    const Words words = split(line, ' ');
    return run("/bin/bash", folder,
               {"-c", "source <('" + program.string() + "' completions bash) && COMP_WORDS=(" +
                          line + (words.back().empty() ? "''" : "") +
                          ") && COMP_CWORD=" + std::to_string(words.size() - 1) +
                          " && compopt() { :; }; _transst; echo \"${COMPREPLY[*]}\""})
        .out;
}

}  // namespace

TEST_CASE("each command's help has an example") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    for (const auto& command : commands) {
        const auto help = run(program, folder, {command, "--help"});
        REQUIRE(help.code == 0);
        INFO(help.out);
        CHECK(count(help.out, "Example") == 1);
        CHECK(count(help.out, "transst " + command + " ") >= 2);  // usage and example
    }
    const auto top = run(program, folder, {"--help"});
    for (const auto& command : commands) CHECK(count(top.out, "\n  " + command + " ") == 1);
}

TEST_CASE("no line of help passes column 80") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    Words all = commands;
    all.insert(all.end(), {"inspect", "--help"});
    for (const auto& command : all)
        for (const auto& line : split(run(program, folder, {command, "--help"}).out, '\n')) {
            INFO(command << ": " << line);
            // of a character beyond ASCII the first byte alone counts
            CHECK(std::count_if(line.begin(), line.end(), [](char c) {
                      return (static_cast<unsigned char>(c) >> 6) != 2;
                  }) <= 80);
        }
    CHECK(count(run(program, folder, {"simulate", "--help"}).out, "--counts NAME=gaussian ") == 1);
}

TEST_CASE("help is a command, too") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    CHECK(run(program, folder, {"help"}).out == run(program, folder, {"--help"}).out);
    CHECK(run(program, folder, {"help", "fit"}).out == run(program, folder, {"fit", "--help"}).out);
}

TEST_CASE("manual page and completions know every option") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    const auto man = run(program, folder, {"man"});
    REQUIRE(man.code == 0);
    CHECK(man.out.starts_with(".TH TRANSST 1 "));
    CHECK(std::all_of(man.out.begin(), man.out.end(), [](char c) { return c > 0; }));  // ASCII
    const auto zsh = run(program, folder, {"completions", "zsh"}).out;
    const auto fish = run(program, folder, {"completions", "fish"}).out;
    for (const auto& command : commands) {
        CHECK(count(man.out, ".SS transst " + command + "\n") == 1);
        CHECK(count(fish, " -a " + command + " ") == 1);
        const auto names = names_in(run(program, folder, {command, "--help"}).out);
        CHECK(names.contains("--help"));
        std::set<std::string> offered;
        std::stringstream words(completed(program, folder, "transst " + command + " -"));
        for (std::string word; words >> word;) offered.insert(word);
        CHECK(offered == names);
        for (auto name : names) {
            INFO(command << " " << name);
            if (name.starts_with("--"))
                CHECK(count(fish,
                            "__fish_seen_subcommand_from " + command + "' -l " + name.substr(2)) +
                          count(fish, " -l " + name.substr(2)) >=
                      1);
            CHECK(count(zsh, name + "[") >= 1);
            std::string escaped;
            for (const char c : name) (c == '-' ? escaped += "\\-" : escaped += c);
            CHECK(count(man.out, "\\fB" + escaped + "\\fR") >= 1);
        }
    }
}

TEST_CASE("bash completes commands, options, choices and folders") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    if (!std::filesystem::exists("/bin/bash")) TRANSST_SKIP("there is no /bin/bash");
    const TempFolder folder;
    std::filesystem::create_directories(folder.path / "tissue");
    folder.put("table.tsv", "");
    CHECK(completed(program, folder, "transst cl") == "cluster\n");
    CHECK(completed(program, folder, "transst cluster --gene-c") == "--gene-criterion\n");
    CHECK(completed(program, folder, "transst cluster --gene-criterion s") == "spark-x\n");
    CHECK(completed(program, folder, "transst cluster --trust ") ==
          "auto anchored adapted guided none\n");
    CHECK(completed(program, folder, "transst cluster --target t") == "tissue table.tsv\n");
    CHECK(completed(program, folder, "transst cluster --out t") == "tissue\n");
    CHECK(completed(program, folder, "transst cluster --report t") == "tissue table.tsv\n");
    CHECK(completed(program, folder, "transst completions z") == "zsh\n");
    CHECK(completed(program, folder, "transst inspect ta") == "table.tsv\n");
    CHECK(completed(program, folder, "transst inspect --he") == "--help\n");
    folder.put("two words.tsv", "");
    CHECK(completed(program, folder, "transst inspect tw") == "two words.tsv\n");
    CHECK(completed(program, folder, "transst cluster --target two\\\\") == "two words.tsv\n");
    CHECK(completed(program, folder, "transst cluster --factors 1") == "\n");
}
