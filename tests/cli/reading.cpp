// What the options say about how sources and target are read.
#include "cli/program.hpp"

using namespace support;
namespace fs = std::filesystem;

namespace {

void rename_in_header(const fs::path& cells, const std::string& from, const std::string& to) {
    auto content = slurp(cells);
    const auto at = content.find(from);
    REQUIRE(at < content.find('\n'));
    transst::write_file(cells, content.replace(at, from.size(), to));
}

/// Counts become what a program of another kind may have written: log2(1 + x).
void take_logarithms(Tissue& tissue, const std::string& mark = "") {
    tissue.banner = "%%MatrixMarket matrix coordinate real general\n" + mark;
    for (auto& row : tissue.counts)
        for (auto& word : row) word = transst::text(std::log2(1 + std::stod(word)));
}

std::string all_warnings(const Job& job) {
    const auto fit = job.fit();
    std::string out;
    for (const auto& warning : fit.at("warnings")) out += warning.get<std::string>() + "\n";
    return out;
}

}  // namespace

TEST_CASE("sources may call their columns otherwise than the target, and than each other") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    make_tissue(10, 5).put(job / "second");
    REQUIRE(job.cluster({"--source", "second"}, "plain").code == 0);
    rename_in_header(job / "source/cells.tsv", "label", "kind");
    rename_in_header(job / "second/cells.tsv", "label", "type");
    check_refused(job.cluster({"--source-label-column", "kind", "--source", "second"}), 1,
                  {"second/cells.tsv", "a column named kind"});
    const Words columns = {
        "--source", "second", "--source-label-column", "kind", "--source-label-column", "type"};
    const auto done = job.cluster(columns);
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(job.labels() == job.labels("plain"));
    CHECK(job.fit().at("ari") == job.fit("plain").at("ari"));
    CHECK(job.fit()["options"]["source_label_column"] == nlohmann::json({"kind", "type"}));

    // and again from what was written
    const auto again = job.transst({"cluster", "--from", "out/fit.json", "--out", "again"});
    INFO(again.err);
    REQUIRE(again.code == 0);
    CHECK(job.labels("again") == job.labels());
    // what was each source's own says nothing of one given anew
    make_tissue(10, 6).put(job / "third");
    const auto anew =
        job.transst({"cluster", "--from", "out/fit.json", "--source", "third", "--out", "anew"});
    INFO(anew.err);
    CHECK(anew.code == 0);

    check_refused(
        job.cluster({"--source-label-column", "kind", "--source-label-column", "type"}, "new"), 2,
        {"--source-label-column is given 2 times for 1 source;", "once for each"});
    check_refused(job.transst({"cluster", "--target", "target", "--clusters", "3", "--out", "new",
                               "--source-layer", "X"}),
                  2, {"--source-layer goes with --source"});
}

TEST_CASE("one column of sections for the target, another for the source") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    auto source = small_source();
    for (std::size_t i = 0; i < source.cells.size(); ++i)
        source.cells[i].section = i % 2 == 0 ? "even" : "odd";
    const Job job(program, source);
    REQUIRE(job.cluster({}, "plain").code == 0);
    rename_in_header(job / "source/cells.tsv", "section", "batch");
    const auto done = job.cluster({"--source-section-column", "batch"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(job.labels() == job.labels("plain"));
    REQUIRE(job.cluster({}, "without").code == 0);
    check_refused(job.cluster({"--source-section-column", "slide"}, "none"), 1,
                  {"source/cells.tsv", "a column named slide"});
}

TEST_CASE("a cell that is used must have its section, where others have one") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    auto target = small_target();
    target.cells[7].section = "NA";
    target.cells[80].section = "";
    const Job job(program, small_source(), target);
    check_refused(job.cluster(), 1,
                  {"target: the column section has no section for 2 cells, 'spot7' the first;",
                   "fill it in, or leave such cells out"});
    CHECK(job.left_nothing());
    CHECK(count(job.transst({"inspect", "target"}).out, "target    no: the column section") == 1);

    auto source = small_source();
    source.cells[3].section = "NA";
    source.cells[3].label = "NA";  // of no use anyhow
    const Job fine(program, source);
    CHECK(fine.cluster().code == 0);
    source.cells[3].label = "class 1";
    const Job other(program, source);
    check_refused(other.cluster(), 1, {"source: the column section", "for 1 cell, 'spot3';"});
}

TEST_CASE("a logarithm beside counts is warned of, and numbers can be said to be either") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    auto source = small_source();
    take_logarithms(source);
    const Job job(program, source);
    REQUIRE(job.cluster().code == 0);
    CHECK(job.fit()["inputs"][0]["values"] == "log expression");
    CHECK(job.fit()["inputs"][1]["values"] == "counts");
    CHECK(count(all_warnings(job), "source source holds log expression and target target counts") ==
          1);
    CHECK(count(job.transst({"inspect", "source"}).out, "log expression, taken as it is") == 1);
    CHECK(count(job.transst({"inspect", "source", "--expression", "counts"}).out,
                "matrix    counts\n") == 1);

    REQUIRE(job.cluster({"--source-expression", "counts"}, "counts").code == 0);
    CHECK(job.fit("counts")["inputs"][0]["values"] == "counts");
    CHECK(count(job.fit("counts").at("warnings").dump(), "log expression") == 0);
    REQUIRE(job.cluster({"--expression", "log"}, "log").code == 0);
    CHECK(job.fit("log")["inputs"][0]["values"] == "log expression");
    CHECK(job.fit("log")["inputs"][1]["values"] == "log expression");
    CHECK(job.fit("log")["options"]["expression"] == "log");
    CHECK(count(job.fit("log").at("warnings").dump(), "holds log expression") == 0);
    check_refused(job.cluster({"--expression", "linear"}, "bad"), 2,
                  {"--expression", "linear", "counts"});

    auto target = small_target();
    take_logarithms(target);
    const Job other(program, small_source(), target);
    REQUIRE(other.cluster().code == 0);
    CHECK(count(all_warnings(other),
                "target target holds log expression and source source counts") == 1);
}
