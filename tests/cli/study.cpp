#include "cli/program.hpp"

using namespace support;
using namespace transst;
namespace fs = std::filesystem;

namespace {

/// As XML wants it: every element that is opened is closed, in order, and '&' begins an entity.
void check_well_formed(const std::string& xml) {
    Words open;
    for (auto at = xml.find('<'); at != xml.npos; at = xml.find('<', at + 1)) {
        const auto end = xml.find('>', at);
        REQUIRE(end != xml.npos);
        const std::string tag = xml.substr(at + 1, end - at - 1);
        REQUIRE(!tag.empty());
        CHECK(count(tag, "\"") % 2 == 0);
        const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
        if (tag[0] == '/') {
            REQUIRE(!open.empty());
            CHECK("/" + open.back() == tag);
            open.pop_back();
        } else if (tag.back() != '/') {
            open.push_back(name);
        }
    }
    CHECK(open.empty());
    for (auto at = xml.find('&'); at != xml.npos; at = xml.find('&', at + 1))
        CHECK(xml.find(';', at) - at < 8);
}

/// Runs the quick form and looks at all that it leaves.
void check_study(const fs::path& program, const std::string& name, const Words& methods,
                 std::size_t settings, const Words& more = {}) {
    const TempFolder folder;
    Words words = {"study", name, "--quick", "--seeds", "1", "--out", "results"};
    words.insert(words.end(), more.begin(), more.end());
    const auto done = run(program, folder, words);
    INFO(name << ": " << done.err);
    REQUIRE(done.code == 0);
    CHECK(done.err.empty());
    for (const auto& method : methods) CHECK(count(done.out, method) >= 1);

    const auto rows = table(folder.path / "results" / (name + ".tsv"));
    CHECK(rows[0] ==
          Words{"study", "panel", "setting", "method", "seed", "ari", "relevance", "trust"});
    CHECK(rows.size() == 1 + settings * methods.size());
    for (const auto& row : rows) REQUIRE(row.size() == rows[0].size());
    const auto of = column(rows, "method");
    CHECK(std::set<std::string>(of.begin(), of.end()) ==
          std::set<std::string>(methods.begin(), methods.end()));
    for (const auto& word : column(rows, "ari")) {
        const double ari = std::stod(word);
        CHECK(ari >= -0.5);
        CHECK(ari <= 1);
    }
    for (const auto& seed : column(rows, "seed")) CHECK(seed == "1");

    const auto svg = slurp(folder.path / "results" / (name + ".svg"));
    CHECK(svg.starts_with("<svg "));
    CHECK(svg.ends_with("</svg>\n"));
    CHECK(count(svg, "nan") == 0);
    CHECK(count(svg, "adjusted Rand index") == 1);
    check_well_formed(svg);
    // one dot for each mean, and one for each method in the legend
    CHECK(count(svg, "<circle ") + count(svg, "<polygon ") ==
          static_cast<Index>((settings + 1) * methods.size()));
}

}  // namespace

TEST_CASE("the studies of simulated tissue run") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    check_study(program, "simulation", {"trust", "paper", "published", "alone", "oracle"}, 4);
    check_study(program, "relevance", {"trust", "paper"}, 6);
    check_study(program, "sensitivity", {"β 0", "β 0.5", "β 1"}, 8);
    check_study(program, "negative-transfer", {"trust", "paper", "alone"}, 4);
    check_study(program, "source-quality", {"trust", "paper", "alone"}, 4);
    check_study(program, "several-sources", {"trust", "paper", "alone"}, 4);
    check_study(program, "label-noise", {"trust", "paper", "alone"}, 4);
    check_study(program, "missing-classes", {"trust", "paper", "alone"}, 4);
}

TEST_CASE("the study of real tissue runs") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    TRANSST_NEED(data, "TRANSST_DATA_DIR");
    check_study(program, "real-tissue", {"trust", "paper", "published", "alone"}, 3,
                {"--data", data.string()});
    check_study(program, "halves", {"trust", "paper", "published", "alone"}, 2,
                {"--data", data.string()});
}

TEST_CASE("a study is the same for any number of threads") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    const auto rows = [&](const std::string& threads) {
        REQUIRE(run(program, folder,
                    {"study", "label-noise", "--quick", "--out", threads, "--threads", threads})
                    .code == 0);
        return slurp(folder.path / threads / "label-noise.tsv") +
               slurp(folder.path / threads / "label-noise.svg");
    };
    CHECK(rows("1") == rows("3"));
}

TEST_CASE("a study that cannot be run is refused and leaves nothing") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    const auto refuse = [&](int code, const Words& more, const Words& parts) {
        Words words = {"study", "--out", "new"};
        words.insert(words.end(), more.begin(), more.end());
        check_refused(run(program, folder, words), code, parts);
        CHECK(!fs::exists(folder.path / "new"));
    };
    refuse(2, {"real-tissue"}, {"--data", "dlpfc/151673", "her2/A1", "starmap_mpfc/BZ5"});
    refuse(2, {"halves"}, {"--data", "osmfish"});
    refuse(1, {"real-tissue", "--data", "nowhere"}, {"nowhere/dlpfc/151674", "folder"});
    refuse(2, {"phrenology"}, {"'phrenology'", "label-noise", "real-tissue"});
    refuse(2, {"label-noise", "--seeds", "0"}, {"--seeds", "'0'"});
    refuse(2, {}, {"NAME", "transst study --help"});
    fs::create_directories(folder.path / "old");
    write_file(folder.path / "old/label-noise.tsv", "mine");
    check_refused(run(program, folder, {"study", "label-noise", "--quick", "--out", "old"}), 1,
                  {"--out", "old/label-noise.tsv", "--force"});
    CHECK(slurp(folder.path / "old/label-noise.tsv") == "mine");
}
