// What cannot work is refused in one sentence that names it and the remedy, and leaves no trace.
#include "cli/program.hpp"

#include <zlib.h>

#include <functional>

using namespace support;
namespace fs = std::filesystem;

namespace {

/// Refused with this code and words; nothing is left behind, and an earlier result stays as it was.
void refused(const Job& job, const Words& more, int code, const Words& parts) {
    check_refused(job.cluster(more), code, parts);
    CHECK(!fs::exists(job / "out"));
    fs::create_directories(job / "good");
    const Words files = {"labels.tsv", "fit.json", "clusters.svg"};
    for (const auto& file : files) transst::write_file(job / "good" / file, "earlier " + file);
    Words forced = more;
    forced.push_back("--force");
    check_refused(job.cluster(forced, "good"), code, parts);
    for (const auto& file : files) CHECK(slurp(job / "good" / file) == "earlier " + file);
    CHECK(std::distance(fs::directory_iterator(job / "good"), {}) == 3);
}

using Edit = std::function<void(Tissue& source, Tissue& target)>;

Job edited(const fs::path& program, const Edit& edit) {
    auto source = small_source(), target = small_target();
    edit(source, target);
    return Job(program, source, target);
}

/// Refused as data that cannot be used.
void refused(const fs::path& program, const Edit& edit, const Words& parts,
             const Words& more = {}) {
    refused(edited(program, edit), more, 1, parts);
}

/// The warnings of a run that works.
std::string warnings(const fs::path& program, const Edit& edit, const Words& more = {}) {
    const auto job = edited(program, edit);
    const auto done = job.cluster(more);
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(table(job / "out/labels.tsv").size() == 82);
    const auto fit = job.fit();
    CHECK(fit.at("ari").get<double>() > 0.3);
    std::string all;
    for (const auto& warning : fit.at("warnings")) {
        all += warning.get<std::string>() + "\n";
        CHECK(count(done.out, warning.get<std::string>()) == 1);
    }
    return all;
}

void replace_in(const fs::path& file, const std::string& from, const std::string& to) {
    auto text = slurp(file);
    const auto at = text.find(from);
    REQUIRE(at != text.npos);
    transst::write_file(file, text.replace(at, from.size(), to));
}

void compress(const fs::path& file) {
    const auto text = slurp(file);
    const gzFile out = gzopen((file.string() + ".gz").c_str(), "wb");
    gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    gzclose(out);
    fs::remove(file);
}

}  // namespace

// The data themselves ------------------------------------------------------------------------

TEST_CASE("no genes in common are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    refused(
        program,
        [](Tissue& source, Tissue&) {
            for (auto& gene : source.genes) gene = "ENSMUSG_" + gene;
        },
        {"source", "target", "no gene in common", "'gene0'", "'ENSMUSG_gene0'", "use the same"});
}

TEST_CASE("fewer spots than clusters are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    refused(job, {"--clusters", "82"}, 1, {"target", "81 spots", "--clusters 82"});
    refused(job, {"--clusters", "1000000000000"}, 1, {"81 spots", "--clusters 1000000000000"});
    refused(job, {"--clusters", "3,82"}, 1, {"82", "81 spots"});
}

TEST_CASE("as many factors as genes or cells are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    refused(job, {"--factors", "24"}, 1, {"--factors = 24", "genes 24", "below 24"});
    refused(job, {"--factors", "23", "--genes", "10"}, 1,
            {"--factors = 23", "genes 10", "below 10"});
    refused(job, {"--factors", "1000000000000000"}, 1,
            {"--factors = 1000000000000000", "below 24"});
    refused(edited(program,
                   [](Tissue& source, Tissue&) {
                       for (std::size_t i = 6; i < source.cells.size(); ++i)
                           source.cells[i].label = "NA";
                   }),
            {"--factors", "6"}, 1, {"--factors = 6", "cells are 6", "below 6"});
}

TEST_CASE("fewer spots than neighbours are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    refused(job, {"--neighbors", "81"}, 1, {"--neighbors = 81", "81 spots", "ask for fewer"});
    CHECK(job.cluster({"--neighbors", "80"}).code == 0);
}

TEST_CASE("a class with one cell works and is warned of by name") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const auto words =
        warnings(program, [](Tissue& source, Tissue&) { source.cells[3].label = "a rare one"; });
    CHECK(count(words, "'a rare one' has 1 cell") == 1);
}

TEST_CASE("a gene that never varies works") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    for (const char* value : {"0", "5"}) {
        warnings(program, [&](Tissue& source, Tissue& target) {
            for (auto& row : source.counts) row[4] = value;
            for (auto& row : target.counts) row[9] = value;
        });
    }
}

TEST_CASE("genes that vary nowhere are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    refused(program,
            [](Tissue&, Tissue& target) {
                for (auto& row : target.counts) row.assign(24, "3");
            },
            {"none of the 24", "varies"});
}

TEST_CASE("a spot without counts works and is warned of") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const auto words = warnings(program, [](Tissue& source, Tissue& target) {
        target.counts[40].assign(24, "0");
        source.counts[17].assign(24, "0");
        source.counts[50].assign(24, "0");
    });
    CHECK(count(words, "target: 1 spot has no counts") == 1);
    CHECK(count(words, "source: 2 cells have no counts") == 1);
}

TEST_CASE("counts that are NaN, infinite, negative or no numbers are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const auto with = [&](const char* value, const char* kind, const Words& parts) {
        refused(
            program,
            [&](Tissue&, Tissue& target) {
                target.banner =
                    std::string("%%MatrixMarket matrix coordinate ") + kind + " general\n";
                target.counts[0][2] = value;
            },
            parts);
    };
    with("-3", "integer",
         {"target/matrix.mtx:5", "a count, 0 or more", "\"-3\"", "log expression"});
    with("-0.5", "real", {"target/matrix.mtx:5", "a count, 0 or more", "\"-0.5\""});
    for (const char* value : {"nan", "inf", "1e99"})
        with(value, "real", {"target/matrix.mtx:5", "a finite number", value});
    with("NA", "integer", {"target/matrix.mtx:5", "a finite number", "NA"});
    with("1.5", "integer", {"target/matrix.mtx:5", "an integer", "\"1.5\""});
}

TEST_CASE("duplicate barcodes are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    refused(program, [](Tissue&, Tissue& target) { target.barcodes[5] = "spot2"; },
            {"target/barcodes.tsv:6", "\"spot2\"", "again", "line 3"});
}

TEST_CASE("duplicate genes are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    refused(program, [](Tissue& source, Tissue&) { source.genes[7] = "gene1"; },
            {"source/genes.tsv:8", "\"gene1\"", "again", "line 2"});
}

TEST_CASE("an entry that stands twice is refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    replace_in(job / "target/matrix.mtx", "\n2 1 ", "\n1 1 ");
    refused(job, {}, 1, {"target/matrix.mtx", "gene 1", "cell 1", "twice"});
}

// Places -------------------------------------------------------------------------------------

TEST_CASE("two spots at one place are refused unless that is allowed") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const auto job = edited(program, [](Tissue&, Tissue& target) {
        target.cells[10].x = target.cells[30].x;
        target.cells[10].y = target.cells[30].y;
    });
    refused(job, {}, 1, {"10", "30", "(3, 3)", "duplicates"});
    CHECK(job.cluster({"--allow-duplicates"}).code == 0);
    CHECK(count(slurp(job / "out/clusters.svg"), "<circle ") == 81 + 3);
}

TEST_CASE("two spots at one place of different sections are fine") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    warnings(program, [](Tissue&, Tissue& target) {
        for (std::size_t i = 0; i < 81; ++i) target.cells[i].section = i % 9 < 5 ? "left" : "right";
        target.cells[10].x = target.cells[50].x;
        target.cells[10].y = target.cells[50].y;
    });
}

TEST_CASE("a spot without coordinates is refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    refused(program, [](Tissue&, Tissue& target) { target.cells[12].x = "NA"; },
            {"target", "'spot12'", "x or y"});
    refused(program, [](Tissue&, Tissue& target) { target.cells[12].y = ""; },
            {"target", "'spot12'", "x or y"});
    refused(program,
            [](Tissue&, Tissue& target) {
                for (auto& cell : target.cells) cell.x = cell.y = "NA";
            },
            {"target", "no coordinates", "cells.tsv"});
    // a source needs none
    warnings(program, [](Tissue& source, Tissue&) {
        for (auto& cell : source.cells) cell.x = cell.y = "NA";
    });
}

TEST_CASE("coordinates that are no finite numbers are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    for (const char* value : {"nan", "inf", "left", "1,5", "1e999"})
        refused(program, [&](Tissue&, Tissue& target) { target.cells[12].x = value; },
                {"target/cells.tsv:14", "finite coordinate", value});
}

// Files --------------------------------------------------------------------------------------

TEST_CASE("a target without cells.tsv is refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    refused(program, [](Tissue&, Tissue& target) { target.with_cells = false; },
            {"target", "no coordinates", "cells.tsv", "barcode, x and y"});
}

TEST_CASE("a source without labels is refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    refused(program, [](Tissue& source, Tissue&) { source.with_cells = false; },
            {"source", "no labels", "cells.tsv", "column label"});
    refused(program,
            [](Tissue& source, Tissue&) {
                for (auto& cell : source.cells) cell.label = "NA";
            },
            {"source", "no labels", "column label"});
    const Job job(program);
    refused(job, {"--ignore", "class 1", "--ignore", "class 2", "--ignore", "class 3"}, 1,
            {"source", "--ignore", "keep at least one"});
    refused(job, {"--label-column", "kind"}, 1, {"source/cells.tsv:1", "column named kind"});
}

TEST_CASE("cells.tsv and barcodes.tsv that disagree are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    refused(program, [](Tissue&, Tissue& target) { target.cells[4].barcode = "someone"; },
            {"target/cells.tsv:6", "a barcode of the barcodes file", "\"someone\""});
    refused(program, [](Tissue&, Tissue& target) { target.cells.pop_back(); },
            {"target/cells.tsv", "all 81 barcodes", "\"spot80\""});
    refused(program, [](Tissue&, Tissue& target) { target.cells[4].barcode = "spot3"; },
            {"target/cells.tsv:6", "\"spot3\"", "again"});
    refused(program, [](Tissue&, Tissue& target) { target.cells[4].label = "a\tb"; },
            {"target/cells.tsv:6", "5 fields", "found 6"});
    const Job job(program);
    replace_in(job / "target/cells.tsv", "barcode", "cell");
    refused(job, {}, 1, {"target/cells.tsv:1", "column named barcode"});
}

TEST_CASE("tables that do not fit the matrix are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    refused(program,
            [](Tissue&, Tissue& target) {
                target.barcodes.pop_back();
                target.cells.pop_back();
            },
            {"target/matrix.mtx:2", "24 genes x 80 cells", "found 24 x 81"});
    refused(program, [](Tissue& source, Tissue&) { source.genes.push_back("more"); },
            {"source/matrix.mtx:2", "25 genes x 100 cells", "found 24 x 100"});
}

TEST_CASE("gzip data that were cut short are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    for (const std::string name : {"matrix.mtx", "cells.tsv", "genes.tsv"}) {
        const Job job(program);
        compress(job / "target" / name);
        REQUIRE(job.cluster({}, "whole").code == 0);
        const auto path = job / "target" / (name + ".gz");
        fs::resize_file(path, fs::file_size(path) * 2 / 3);
        refused(job, {}, 1, {"target/" + name + ".gz:", "cut short"});
    }
}

TEST_CASE("damaged gzip data are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    compress(job / "target/matrix.mtx");
    auto bytes = slurp(job / "target/matrix.mtx.gz");
    for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 20; ++i) bytes[i] = '\xAA';
    transst::write_file(job / "target/matrix.mtx.gz", bytes);
    const auto outcome = job.cluster();
    check_refused(outcome, 1, {"target/matrix.mtx.gz:"});
    CHECK(!fs::exists(job / "out"));
}

TEST_CASE("whether a file is gzip is seen from its content") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster({}, "usual").code == 0);
    compress(job / "target/matrix.mtx");
    fs::rename(job / "target/matrix.mtx.gz", job / "target/matrix.mtx");
    fs::rename(job / "target/cells.tsv", job / "target/cells.tsv.gz");
    REQUIRE(job.cluster().code == 0);
    CHECK(job.labels() == job.labels("usual"));
}

TEST_CASE("empty files are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    for (const std::string name : {"matrix.mtx", "genes.tsv", "barcodes.tsv", "cells.tsv"}) {
        const Job job(program);
        transst::write_file(job / "target" / name, "");
        refused(job, {}, 1, {"target/" + name + ":1", "empty file"});
    }
}

TEST_CASE("a matrix that ends too early is refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto path = job / "target/matrix.mtx";
    fs::resize_file(path, fs::file_size(path) / 2);
    const auto outcome = job.cluster();
    check_refused(outcome, 1, {"target/matrix.mtx:", "expected"});
    transst::write_file(path, "%%MatrixMarket matrix coordinate integer general\n24 81 5\n1 1 1\n");
    refused(job, {}, 1, {"target/matrix.mtx:3", "5 entries", "after 1"});
    transst::write_file(path, "<html>not found</html>\n");
    refused(job, {}, 1, {"target/matrix.mtx:1", "%%MatrixMarket"});
}

TEST_CASE("missing folders and files are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    refused(job, {"--source", "nowhere"}, 1, {"nowhere", "expected a folder", "found nothing"});
    refused(job, {"--source", "target/genes.tsv"}, 1,
            {"target/genes.tsv", "expected a folder", "name the folder"});
    refused(job, {"--source", ""}, 2, {"--source is empty"});
    for (const std::string name : {"matrix.mtx", "genes.tsv", "barcodes.tsv"}) {
        const Job other(program);
        fs::remove(other / "source" / name);
        refused(other, {}, 1, {"source: expected one of", name});
        fs::create_directory(other / "source" / name);
        refused(other, {}, 1, {"source/" + name, "cannot be read"});
    }
    refused(job, {"--source", "."}, 1,
            {".: expected one of", "there is one in source, name that folder"});
    refused(job, {"--source", "/dev/null"}, 1, {"/dev/null: expected a folder or a file"});
    transst::write_file(job / "pack.h5ad.gz", "\x1f\x8b");
    refused(job, {"--source", "pack.h5ad.gz"}, 1, {"pack.h5ad.gz", "gunzip"});
    transst::write_file(job / "atlas", "transst model\r\n\x1a");
    refused(job, {"--source", "atlas"}, 1, {"atlas: this is a model", "--model"});
    refused(job, {"--gene-list", "nowhere"}, 1, {"--gene-list: nowhere", "found nothing"});
    const Job both(program);
    fs::copy_file(both / "target/matrix.mtx", both / "target/matrix.mtx.gz");
    refused(both, {}, 1, {"target", "matrix.mtx and matrix.mtx.gz", "remove one"});
}

// The command line ---------------------------------------------------------------------------

TEST_CASE("options that cannot be understood are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto usage = [&](const Words& more, const Words& parts) { refused(job, more, 2, parts); };
    usage({"--frobnicate"}, {"--frobnicate", "transst cluster --help"});
    usage({"--gene-criterion", "beauty"}, {"--gene-criterion", "beauty", "variance"});
    usage({"--penalty", "heavy"}, {"--penalty", "heavy", "relative"});
    usage({"--clusters", "0"}, {"--clusters", "'0'", "1 or more"});
    usage({"--clusters", "-4"}, {"--clusters", "'-4'", "1 or more"});
    usage({"--clusters", "2.5"}, {"--clusters", "'2.5'", "whole number"});
    usage({"--clusters", "four"}, {"--clusters", "'four'", "whole number"});
    usage({"--clusters", "99999999999999999999"}, {"--clusters", "whole number"});
    usage({"--clusters", "9-3"}, {"--clusters", "'9-3'", "the range is empty"});
    usage({"--clusters", "3,4,3"}, {"--clusters", "'3,4,3'", "3 is there twice"});
    for (const char* name : {"--genes", "--factors", "--neighbors", "--starts"})
        usage({name, "0"}, {name, "'0'", "1 or more"});
    usage({"--seed", "-1"}, {"--seed", "'-1'", "0 or more"});
    usage({"--seed", "99999999999999999999"}, {"--seed", "too large"});
    usage({"--threads", "-1"}, {"--threads", "'-1'", "0 or more"});
    usage({"--threads", "two"}, {"--threads", "'two'", "whole number"});
    for (const char* value : {"-1", "nan", "abc", "", "1x", "-inf"})
        usage({"--lambda", value}, {"--lambda", transst::text("'", value, "'"), "0 or more"});
    for (const char* value : {"0", "-1", "nan", "abc", "inf", "1e13"})
        usage({"--kappa", value}, {"--kappa", transst::text("'", value, "'"), "auto"});
    for (const char* value : {"-1", "nan", "abc", "inf"})
        usage({"--beta", value}, {"--beta", transst::text("'", value, "'")});
    for (const char* value : {"0", "-1", "nan", "inf", "wide"})
        usage({"--stretch-y", value}, {"--stretch-y", transst::text("'", value, "'"), "positive"});
    for (const char* name : {"--beta", "--starts"})
        usage({"--published", name, "3"}, {name, "--published"});
    usage({"--published", "--field", "mean"}, {"--field", "--published"});
    usage({"--trust", "none", "--field", "mean"}, {"--trust", "--field"});
    usage({"--neighborhood", "far"}, {"--neighborhood", "far"});
    usage({"--radius", "2"}, {"--radius", "--neighborhood radius"});
    usage({"--neighborhood", "square", "--neighbors", "4"}, {"--neighbors", "square"});
    CHECK(job.cluster({"--lambda", "inf", "--seed", "18446744073709551615", "--neighbors", "010"})
              .code == 0);
    CHECK(job.fit().at("options").at("neighbors") == 10);
    CHECK(job.fit().at("options").at("seed") == 18446744073709551615u);
}

TEST_CASE("a source cannot be trusted where there is none") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    check_refused(job.transst({"cluster", "--target", "target", "--clusters", "3", "--trust",
                               "anchored", "--out", "out"}),
                  2, {"--trust anchored goes with --source"});
    CHECK(job.left_nothing());
}

TEST_CASE("a source is not taken twice, however it is written") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    check_refused(job.cluster({"--source", "./target/../source/"}), 2, {"--source", "twice"});
    CHECK(job.left_nothing());
}

TEST_CASE("genes are not ranked by a source that is not there") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    check_refused(job.transst({"cluster", "--target", "target", "--clusters", "3", "--genes-from",
                               "both", "--out", "alone"}),
                  2, {"--genes-from both goes with --source"});
}

TEST_CASE("options that would have no effect are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    for (const Words& vain : {Words{"--lambda", "0.5"}, Words{"--penalty", "absolute"},
                              Words{"--scores", "least-squares"}, Words{"--kappa", "5"}}) {
        Words alone{"cluster", "--target", "target", "--clusters", "3", "--out", "alone"};
        alone.insert(alone.end(), vain.begin(), vain.end());
        check_refused(job.transst(alone), 2, {vain[0] + " goes with --source"});
        CHECK(job.left_nothing("alone"));
    }
    transst::write_file(job / "genes.txt", "gene1\ngene2\n");
    for (const Words& other : {Words{"--genes", "5"}, Words{"--gene-criterion", "vst"}})
        for (Words command : {Words{"cluster", "--source", "source", "--target", "target",
                                    "--clusters", "3", "--out", "listed"},
                              Words{"fit", "--source", "source", "--out", "listed"}}) {
            command.insert(command.end(), {"--gene-list", "genes.txt", other[0], other[1]});
            check_refused(job.transst(command), 2, {other[0] + " and --gene-list exclude"});
            CHECK(job.left_nothing("listed"));
        }
    check_refused(job.transst({"simulate", "--out", "tissue", "--library-size", "100"}), 2,
                  {"--library-size goes with --counts negative-binomial"});
    CHECK(job.left_nothing("tissue"));
}

TEST_CASE("what is too little for any number of factors or neighbours is said so") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    transst::write_file(job / "genes.txt", "gene1\n");
    check_refused(job.cluster({"--gene-list", "genes.txt"}), 1, {"there is one gene"});
    transst::write_file(job / "none.txt", " \n\n");
    check_refused(job.cluster({"--gene-list", "none.txt"}), 1,
                  {"--gene-list: none.txt", "there are no genes in it"});
    make_tissue(1, 2, 24, 1).put(job / "one");
    check_refused(job.transst({"cluster", "--target", "one", "--clusters", "1", "--out", "alone"}),
                  1, {"has 1 spot, which has no neighbour"});
}

TEST_CASE("errors speak of the program's options, not of the library's functions") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    for (const Words& wrong : {Words{"--factors", "80"}, Words{"--neighbors", "500"}}) {
        const auto done = job.cluster(wrong);
        INFO(done.err);
        CHECK(done.code != 0);
        CHECK(count(done.err, "::") == 0);
        CHECK(count(done.err, wrong[0] + " = " + wrong[1]) == 1);
    }
    transst::write_file(job / "genes.txt", "nothing\n");
    auto listed = job.cluster({"--gene-list", "genes.txt"});
    check_refused(listed, 1, {"genes of --gene-list", "'nothing'"});
    CHECK(count(listed.err, "Prepare") == 0);
    std::string genes = "nothing\n";
    for (Index j = 0; j < 12; ++j) genes += transst::text("gene", j, "\n");
    transst::write_file(job / "genes.txt", genes);
    listed = job.cluster({"--gene-list", "genes.txt"});
    CHECK(listed.code == 0);
    CHECK(count(listed.out, "warning   --gene-list: 1 of 13 genes") == 1);
    // a file may be called as a function or an option is
    check_refused(job.transst({"inspect", "Prepare"}), 1, {"Prepare: expected a folder"});
    auto twice = small_target();
    twice.cells[5].x = twice.cells[4].x;
    twice.cells[5].y = twice.cells[4].y;
    const Job piled(program, small_source(), twice);
    check_refused(piled.cluster(), 1, {"--allow-duplicates"});
}

TEST_CASE("a gene of one value is said to be of no help") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    auto source = small_source(), target = small_target();
    for (auto* tissue : {&source, &target}) {
        tissue->banner =
            "%%MatrixMarket matrix coordinate real general\n%transst: log expression\n";
        for (auto& row : tissue->counts) row[7] = "2.5";
    }
    const Job job(program, source, target);
    const auto done = job.cluster();
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(count(done.out, "gene 'gene7' has the same value in every spot") == 1);
}

TEST_CASE("a demo does not replace what is there") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto before = slurp(job / "target/cells.tsv");
    check_refused(job.transst({"demo", "--out", "."}), 1, {"source", "already there", "--force"});
    CHECK(slurp(job / "target/cells.tsv") == before);
}

TEST_CASE("commands that are unknown or incomplete are refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    check_refused(job.transst({"frobnicate"}), 2, {"no command 'frobnicate'", "transst --help"});
    check_refused(job.transst({}), 2, {"subcommand is required", "transst --help"});
    check_refused(job.transst({"--frobnicate"}), 2, {"no option '--frobnicate'", "transst --help"});
    const Words all = {"--target", "target", "--clusters", "3", "--out", "out"};
    for (std::size_t i = 0; i < all.size(); i += 2) {
        Words words = {"cluster"};
        for (std::size_t j = 0; j < all.size(); ++j)
            if (j / 2 != i / 2) words.push_back(all[j]);
        check_refused(job.transst(words), 2, {all[i], "required", "transst cluster --help"});
    }
    check_refused(job.transst({"simulate"}), 2, {"--out", "required", "transst simulate --help"});
    check_refused(job.transst({"cluster", "--target", "target", "--cluster", "3"}), 2,
                  {"no option '--cluster'; did you mean --clusters? Try 'transst cluster --help'"});
    check_refused(job.transst({"cluster", "--soruce=x"}), 2,
                  {"'--soruce'; did you mean --source?"});
    check_refused(job.transst({"cluster", "--frobnicate"}), 2, {"no option '--frobnicate'. Try"});
    CHECK(!fs::exists(job / "out"));
}

// Where results go ---------------------------------------------------------------------------

TEST_CASE("a place that cannot be written to is refused before the work") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto bytes = slurp(job / "source/genes.tsv");
    check_refused(job.cluster({}, "source/genes.tsv"), 1, {"--out", "is a file", "name a folder"});
    check_refused(job.cluster({}, "source/genes.tsv/below/it"), 1, {"--out", "cannot be made"});
    CHECK(slurp(job / "source/genes.tsv") == bytes);
    check_refused(job.cluster({}, ""), 2, {"--out is empty"});
    if (fs::exists("/proc/self"))
        check_refused(job.cluster({}, "/proc/x"), 1, {"--out", "/proc/x"});
    if (::geteuid() != 0) {  // who is root may write anywhere
        fs::create_directory(job / "locked");
        fs::permissions(job / "locked", fs::perms::owner_read | fs::perms::owner_exec);
        check_refused(job.cluster({}, "locked"), 1, {"--out", "cannot be written"});
        check_refused(job.cluster({}, "locked/below"), 1, {"--out", "cannot be made"});
        fs::permissions(job / "locked", fs::perms::owner_all);
    }
}

TEST_CASE("a result that cannot be put in its place leaves none of the others") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    for (const std::string name : {"labels.tsv", "fit.json", "clusters.svg"}) {
        fs::create_directories(job / "out" / name);
        check_refused(job.cluster({"--force"}), 1, {"out/" + name, "not a regular file"});
        CHECK(std::distance(fs::directory_iterator(job / "out"), {}) == 1);
        fs::remove_all(job / "out");
    }
}

TEST_CASE("what is read is not replaced, --force or not") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    fs::create_directories(job / "out");
    transst::write_file(job / "out/markers.tsv", "gene1\ngene2\ngene3\ngene4\ngene5\ngene6\n");
    const auto genes = slurp(job / "out/markers.tsv");
    check_refused(job.cluster({"--force", "--gene-list", "out/markers.tsv"}), 2,
                  {"--out: out/markers.tsv is read, and would be replaced"});
    transst::write_file(job / "list.txt", genes);
    check_refused(job.transst({"fit", "--source", "source", "--gene-list", "list.txt", "--factors",
                               "3", "--force", "--out", "./list.txt"}),
                  2, {"--out: ./list.txt is read, and would be replaced"});
    check_refused(job.cluster({"--force", "--gene-list", "list.txt", "--report", "list.txt"}), 2,
                  {"--report: list.txt is list.txt, which is read"});
    CHECK(slurp(job / "out/markers.tsv") == genes);
    CHECK(slurp(job / "list.txt") == genes);
}

TEST_CASE("a label with a tab is refused, since tables cannot hold it") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    std::string table = "cell,label,gene1,gene2,gene3\n";
    for (int i = 0; i < 20; ++i)
        table += transst::text("cell", i, ",", i % 2 == 0 ? "\"a\tb\"" : "c", ",", i % 5, ",",
                               i % 3, ",1\n");
    transst::write_file(job / "tab.csv", table);
    check_refused(job.cluster({"--source", "tab.csv"}), 1,
                  {"tab.csv: the label 'a\tb' has a tab", "rename it"});
}
