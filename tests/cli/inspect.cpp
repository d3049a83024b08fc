#include "cli/program.hpp"

using namespace support;
namespace fs = std::filesystem;

namespace {

/// What inspect says; every line fits a terminal.
std::string inspect(const Job& job, const Words& words) {
    Words all = {"inspect"};
    all.insert(all.end(), words.begin(), words.end());
    const auto done = job.transst(all);
    INFO(done.err);
    CHECK(done.code == 0);
    CHECK(done.err.empty());
    for (const auto& line : split(done.out, '\n')) CHECK(line.size() <= 82);  // "…" is 3 bytes
    return done.out;
}

}  // namespace

TEST_CASE("inspect says what a folder holds and what it can be") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    auto said = inspect(job, {"target"});
    INFO(said);
    for (const char* part :
         {"format    10x folder\n", "matrix    counts\n", "81 cells x 24 genes, ",
          "cells     spot0, spot1, spot2, …\n", "label    3 levels: class 1 27, ",
          "places    x 0 to 8, y 0 to 8\n", "target    yes: --target target\n",
          "source    yes: --source target\n"})
        CHECK(count(said, part) == 1);

    auto bare = small_target();
    bare.with_cells = false;
    bare.put(job / "a bare one");
    said = inspect(job, {"a bare one"});
    CHECK(count(said, "columns   none") == 1);
    CHECK(count(said, "places    none") == 1);
    CHECK(count(said, "target    no: there are no coordinates; a target needs a cells.tsv") == 1);
    CHECK(count(said, "source    no: there are no labels; a source needs a cells.tsv") == 1);
}

TEST_CASE("inspect finds columns that could be labels") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    auto cells = slurp(job / "source/cells.tsv");
    transst::write_file(job / "source/cells.tsv", cells.replace(cells.find("label"), 5, "kind"));
    auto said = inspect(job, {"source"});
    INFO(said);
    CHECK(count(said,
                "source    yes, told which column has the labels: --source-label-column kind\n") ==
          1);
    said = inspect(job, {"source", "--label-column", "kind"});
    CHECK(count(said, "source    yes: --source source --source-label-column kind\n") == 1);
}

TEST_CASE("a table can be inspected and clustered") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto tissue = small_target();
    std::string table = "spot,x,y,label";
    for (const auto& gene : tissue.genes) table += "," + gene;
    table += "\n";
    for (std::size_t i = 0; i < tissue.cells.size(); ++i) {
        const auto& cell = tissue.cells[i];
        table += cell.barcode + "," + cell.x + "," + cell.y + "," + cell.label;
        for (const auto& value : tissue.counts[i]) table += "," + value;
        table += "\n";
    }
    transst::write_file(job / "target.csv", table);
    const auto said = inspect(job, {"target.csv"});
    CHECK(count(said, "format    table\n") == 1);
    CHECK(count(said, "target    yes: --target target.csv\n") == 1);

    const auto cluster = [&](const std::string& target, const std::string& out) {
        return job.transst({"cluster", "--source", "source", "--target", target, "--clusters", "3",
                            "--factors", "4", "--out", out});
    };
    REQUIRE(cluster("target", "from-folder").code == 0);
    REQUIRE(cluster("target.csv", "from-table").code == 0);
    const auto a = ::support::table(job / "from-folder/labels.tsv"),
               b = ::support::table(job / "from-table/labels.tsv");
    for (const char* name : {"barcode", "x", "y", "cluster", "name", "confidence"})
        CHECK(column(a, name) == column(b, name));
    CHECK(fit_json(job / "from-table").at("inputs").at(1).at("format") == "table");
}

TEST_CASE("a folder of Space Ranger is inspected with its places in pixels") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    fs::create_directories(job / "outs/spatial");
    auto bare = small_target();
    bare.with_cells = false;
    bare.put(job / "outs/filtered_feature_bc_matrix");
    std::string positions;
    for (const auto& cell : small_target().cells)
        positions +=
            cell.barcode + ",1," + cell.y + "," + cell.x + "," + cell.y + "00," + cell.x + "00\n";
    transst::write_file(job / "outs/spatial/tissue_positions_list.csv", positions);
    transst::write_file(job / "outs/spatial/scalefactors_json.json",
                        "{\"spot_diameter_fullres\": 89.5, \"tissue_hires_scalef\": 0.15}");
    auto said = inspect(job, {"outs"});
    INFO(said);
    for (const char* part : {"format    Space Ranger folder\n",
                             "places    x 0 to 800, y 0 to 800 in pixels, spots 89.5 wide;",
                             "target    yes: --target outs\n", "source    no: there are no labels"})
        CHECK(count(said, part) == 1);
    said = inspect(job, {"outs", "--spatial-key", "array"});
    CHECK(count(said, "places    x 0 to 8, y 0 to 8; --spatial-key can name") == 1);
    CHECK(count(said, "target    yes: --target outs --spatial-key array\n") == 1);
    transst::write_file(job / "outs/spatial/scalefactors_json.json", "{");
    CHECK(count(inspect(job, {"outs"}), "y 0 to 800; --spatial-key") == 1);
}

TEST_CASE("inspect knows again what a run left, and says what to do with it") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster({"--seed", "7"}, "the run").code == 0);
    auto said = inspect(job, {"the run/fit.json"});
    INFO(said);
    for (const char* part :
         {"format    fit.json of transst cluster, version ",
          "run       target target; sources source; clusters 3; method trust; trust",
          "\nchoices   ", "\nARI       ",
          "again     transst cluster --from 'the run/fit.json' --out DIR", "target    no",
          "source    no"})
        CHECK(count(said, part) == 1);
    said = inspect(job, {"the run/labels.tsv"});
    for (const char* part : {"format    labels.tsv: ", "cluster     3 levels: ",
                             "read by   transst score --labels 'the run/labels.tsv'\n",
                             "target    no: it has no expression"})
        CHECK(count(said, part) == 1);
    CHECK(job.transst({"score", "--labels", "the run/labels.tsv"}).code == 0);
    said = inspect(job, {"the run/markers.tsv"});
    CHECK(count(said, "format    markers.tsv: ") == 1);
    CHECK(count(said, "read by   no command; transst score --target ") == 1);

    REQUIRE(job.transst({"fit", "--source", "source", "--out", "model", "--factors", "4"}).code ==
            0);
    REQUIRE(job.transst({"apply", "--model", "model", "--target", "target", "--clusters", "3",
                         "--out", "applied"})
                .code == 0);
    said = inspect(job, {"applied/fit.json"});
    CHECK(count(said, "format    fit.json of transst apply, ") == 1);
    CHECK(count(said, "; model model; ") == 1);
    CHECK(count(said, "again     transst apply --from applied/fit.json --out DIR") == 1);

    for (const char* other : {"{", "{\"program\": 3}", "{\"program\": \"transst\"}"}) {
        transst::write_file(job / "other.json", other);
        check_refused(job.transst({"inspect", "other.json"}), 1,
                      {"other.json: expected the fit.json of a run"});
    }
    // what it lacks is not said
    transst::write_file(job / "other.json", "{\"program\": \"transst\", \"options\": {}}");
    CHECK(count(inspect(job, {"other.json"}), "again     transst cluster --from other.json") == 1);
}

TEST_CASE("of a 10x file with several genomes inspect lists these") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    TRANSST_NEED(tests, "TRANSST_TEST_DIR");
    const Job job(program);
    const gzFile packed = gzopen((tests / "hdf5/files/tenx_v2.h5.gz").c_str(), "rb");
    REQUIRE(packed != nullptr);
    std::string content, block(1 << 16, ' ');
    for (int got = 0; (got = gzread(packed, block.data(), 1 << 16)) > 0;)
        content.append(block, 0, static_cast<std::size_t>(got));
    gzclose(packed);
    transst::write_file(job / "two.h5", content);
    if (count(job.transst({"inspect", "two.h5"}).err, "built without HDF5") > 0)
        TRANSST_SKIP("the program was built without HDF5");
    const auto said = inspect(job, {"two.h5"});
    INFO(said);
    for (const char* part :
         {"format    10x HDF5 file of several genomes", "genomes   hg19: 6 cells x 5 genes\n",
          " mm10: 4 cells x 3 genes\n", "again     transst inspect two.h5 --layer hg19\n"})
        CHECK(count(said, part) == 1);
    CHECK(count(inspect(job, {"two.h5", "--layer", "mm10"}), "size      4 cells x 3 genes") == 1);
}

TEST_CASE("what is no sample is refused by inspect") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    transst::write_file(job / "notes.txt", "hello\n");
    check_refused(job.transst({"inspect", "nowhere"}), 1, {"nowhere", "found nothing"});
    check_refused(job.transst({"inspect", "notes.txt"}), 1,
                  {"notes.txt:1", "cells in rows, genes in columns", "\"hello\""});
    check_refused(job.transst({"inspect"}), 2, {"PATH", "transst inspect --help"});
    check_refused(job.transst({"inspect", "source/matrix.mtx"}), 1,
                  {"source/matrix.mtx", "name the folder"});
    transst::write_file(job / "empty.h5ad", "");
    check_refused(job.transst({"inspect", "empty.h5ad"}), 1, {"empty.h5ad", "HDF5"});
}
