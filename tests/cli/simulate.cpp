#include "cli/program.hpp"

#include <transst/io/folder.hpp>
#include <transst/pipeline.hpp>
#include <transst/simulate/tissue.hpp>

using namespace support;
using namespace transst;
namespace fs = std::filesystem;

namespace {

const Words small = {"--height", "16", "--width", "18", "--genes", "40", "--factors", "5"};
constexpr TissueSimulation::Options small_options{
    .height = 16, .width = 18, .genes = 40, .factors = 5};

/// A small simulation; `more` may give its sizes anew.
Outcome simulate(const fs::path& program, const TempFolder& folder, const std::string& out,
                 const Words& more = {}) {
    Words words = {"simulate", "--out", out};
    for (std::size_t i = 0; i < small.size(); i += 2)
        if (std::find(more.begin(), more.end(), small[i]) == more.end())
            words.insert(words.end(), {small[i], small[i + 1]});
    words.insert(words.end(), more.begin(), more.end());
    return run(program, folder, words);
}

const Words files = {"matrix.mtx.gz", "genes.tsv", "barcodes.tsv", "cells.tsv"};

/// All files of both folders, one after the other.
std::string bytes(const fs::path& folder) {
    std::string all;
    for (const char* part : {"source", "target"})
        for (const auto& file : files) all += slurp(folder / part / file);
    return all;
}

/// Values as the matrix files have them, source and target.
std::vector<float> values(const fs::path& folder) {
    std::vector<float> all;
    for (const char* part : {"source", "target"}) {
        const auto sample = read_folder(folder / part);
        all.insert(all.end(), sample.expression.values.begin(), sample.expression.values.end());
    }
    return all;
}

/// A simulated sample as the program holds it.
Sample<CompressedRows<float>> compressed(const Sample<RowMatrix<float>>& from) {
    Sample<CompressedRows<float>> out;
    out.genes = from.genes;
    out.barcodes = from.barcodes;
    out.labels = from.labels;
    out.coordinates = from.coordinates;
    out.values = from.values;
    out.name = from.name;
    out.expression.genes = from.expression.cols();
    out.expression.starts = {0};
    for (Index i = 0; i < from.expression.rows(); ++i) {
        for (Index j = 0; j < from.expression.cols(); ++j) {
            if (from.expression(i, j) == 0) continue;
            out.expression.columns.push_back(static_cast<std::int32_t>(j));
            out.expression.values.push_back(from.expression(i, j));
        }
        out.expression.starts.push_back(std::ssize(out.expression.values));
    }
    return out;
}

Matrix<float> dense(const CompressedRows<float>& x) {
    Matrix<float> out = Matrix<float>::Zero(x.rows(), x.cols());
    for_each_entry(x, 0, x.rows(), [&](Index i, Index j, float value) { out(i, j) = value; });
    return out;
}

}  // namespace

TEST_CASE("a simulation is two folders") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    const auto done = simulate(program, folder, "tissue");
    CHECK(done.code == 0);
    CHECK(done.err.empty());
    CHECK(count(done.out, "tissue/source") == 1);
    CHECK(count(done.out, "tissue/target") == 1);
    Index cells = 0;
    std::set<std::string> places;
    for (const char* part : {"source", "target"}) {
        const auto at = folder.path / "tissue" / part;
        for (const auto& file : files) CHECK(fs::is_regular_file(at / file));
        CHECK(std::distance(fs::directory_iterator(at), {}) == 4);
        const auto sample = read_folder(at);
        CHECK(sample.values == Values::log_expression);
        CHECK(sample.cols() == 40);
        CHECK(sample.barcodes.size() == sample.labels.size());
        CHECK(code_labels(sample.labels).classes() == 4);
        REQUIRE(sample.coordinates.rows() == sample.rows());
        for (Index i = 0; i < sample.rows(); ++i)
            places.insert(text(sample.coordinates(i, 0), " ", sample.coordinates(i, 1)));
        cells += sample.rows();
    }
    CHECK(cells == 16 * 18);
    CHECK(places.size() == 16 * 18);
}

TEST_CASE("the seed alone decides what is simulated") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    for (const std::string kind : {"gaussian", "negative-binomial"}) {
        const auto at = [&](const std::string& name, const Words& more) {
            Words words = {"--counts", kind};
            words.insert(words.end(), more.begin(), more.end());
            REQUIRE(simulate(program, folder, kind + name, words).code == 0);
            return bytes(folder.path / (kind + name));
        };
        const auto first = at("a", {"--seed", "5", "--threads", "1"});
        CHECK(at("b", {"--seed", "5", "--threads", "7"}) == first);
        CHECK(at("c", {"--seed", "6"}) != first);
    }
}

TEST_CASE("what is written is what the library simulates") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    REQUIRE(simulate(program, folder, "gaussian", {"--seed", "9"}).code == 0);
    REQUIRE(simulate(program, folder, "counts", {"--seed", "9", "--counts", "negative-binomial"})
                .code == 0);
    const TissueSimulation simulation{small_options};
    const auto gaussian = simulation.log_expression<float>({.seed = 9});
    const auto read = read_folder(folder.path / "gaussian/target");
    CHECK(dense(read.expression) == Matrix<float>(gaussian.target.expression));
    CHECK(read.labels == gaussian.target.labels);
    CHECK(read.coordinates == gaussian.target.coordinates);

    const auto counts = simulation.counts({.seed = 9});
    const auto source = read_folder(folder.path / "counts/source");
    CHECK(source.values == Values::counts);
    CHECK(source.labels == counts.source.labels);
    for (const float value : source.expression.values)
        REQUIRE((value > 0 && value == std::trunc(value)));
    const gzFile file = gzopen((folder.path / "counts/source/matrix.mtx.gz").c_str(), "rb");
    char banner[100] = {};
    gzgets(file, banner, sizeof banner);
    gzclose(file);
    CHECK(std::string(banner) == "%%MatrixMarket matrix coordinate integer general\n");
}

TEST_CASE("a Gaussian tissue is not log-normalised on its way through files") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    REQUIRE(simulate(program, folder, "tissue", {"--seed", "3"}).code == 0);
    const auto done =
        run(program, folder,
            {"cluster", "--source", "tissue/source", "--target", "tissue/target", "--clusters", "4",
             "--factors", "5", "--published", "--lambda", "0.1", "--seed", "8", "--out", "result"});
    REQUIRE(done.code == 0);

    // the same in memory; published, since its options stay what they are
    const auto tissue = TissueSimulation{small_options}.log_expression<float>({.seed = 3});
    const auto target = compressed(tissue.target);
    Prepare prepare{Prepare::Options::published()};
    prepare.options.genes_from = GenesFrom::target;
    PLDR<> pldr{PLDR<>::Options::published()};
    pldr.options.factors = 5;
    TransferLoading<> transfer{TransferLoading<>::Options::published()};
    transfer.options.lambda = 0.1;
    SpatialGMM_MRF<> mixture{SpatialGMM_MRF<>::Options::published()};
    mixture.options.clusters = 4;
    const auto fit = Pipeline{}
                         .then(prepare)
                         .then(pldr)
                         .then(transfer)
                         .then(KnnGraph{KnnGraph::Options::published()})
                         .then(mixture)
                         .fit(compressed(tissue.source), target, {.seed = 8});
    const auto& clusters = fit.get<ClusterFit>();
    Words expected;
    for (const Label k : clusters.labels) expected.push_back(std::to_string(k + 1));
    CHECK(column(table(folder.path / "result/labels.tsv"), "cluster") == expected);
    const auto json = fit_json(folder.path / "result");
    CHECK(json.at("steps").at("clusters").at("log_likelihood").get<double>() ==
          Approx(clusters.log_likelihood).epsilon(1e-9));

    // without the header's mark its negative values are no counts
    const auto matrix = folder.path / "tissue/target/matrix.mtx.gz";
    std::string all;
    const gzFile file = gzopen(matrix.c_str(), "rb");
    char piece[4096];
    for (int got = 0; (got = gzread(file, piece, sizeof piece)) > 0;)
        all.append(piece, static_cast<std::size_t>(got));
    gzclose(file);
    const auto mark = all.find("%transst: log expression\n");
    REQUIRE(mark != all.npos);
    all.erase(mark, all.find('\n', mark) + 1 - mark);
    fs::remove(matrix);
    write_file(folder.path / "tissue/target/matrix.mtx", all);
    check_refused(run(program, folder,
                      {"cluster", "--source", "tissue/source", "--target", "tissue/target",
                       "--clusters", "4", "--out", "other"}),
                  1, {"tissue/target/matrix.mtx:", "a count, 0 or more", "log expression"});
}

TEST_CASE("a simulated tissue is clustered well") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    for (const std::string kind : {"gaussian", "negative-binomial"}) {
        REQUIRE(simulate(program, folder, kind,
                         {"--counts", kind, "--height", "40", "--width", "40", "--genes", "500"})
                    .code == 0);
        // so few and so noisy counts leave the source's relevance in doubt: here it is known
        const auto done = run(
            program, folder,
            {"cluster", "--source", kind + "/source", "--target", kind + "/target", "--clusters",
             "4", "--factors", "5", "--trust", "anchored", "--out", kind + "/result"});
        INFO(done.err);
        REQUIRE(done.code == 0);
        const double ari = fit_json(folder.path / kind / "result").at("ari").get<double>();
        CHECK(ari > (kind == "gaussian" ? 0.7 : 0.3));
        CHECK(ari == Approx(ari_of(folder.path / kind / "result", folder.path / kind / "target"))
                         .margin(1e-12));
    }
}

TEST_CASE("every parameter of the study is an option that does something") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    REQUIRE(simulate(program, folder, "usual").code == 0);
    const auto usual = values(folder.path / "usual");
    for (const auto& [name, value] : std::map<std::string, std::string>{{"--height", "12"},
                                                                        {"--width", "12"},
                                                                        {"--genes", "30"},
                                                                        {"--factors", "7"},
                                                                        {"--classes", "3"},
                                                                        {"--beta", "0.2"},
                                                                        {"--sweeps", "3"},
                                                                        {"--separation", "2"},
                                                                        {"--spread", "3"},
                                                                        {"--noise", "10"},
                                                                        {"--target-share", "0.5"},
                                                                        {"--loading-seed", "1"},
                                                                        {"--seed", "2"}}) {
        INFO(name);
        CHECK(simulate(program, folder, name.substr(2), {name, value}).code == 0);
        CHECK(values(folder.path / name.substr(2)) != usual);
    }
    REQUIRE(simulate(program, folder, "counts", {"--counts", "negative-binomial"}).code == 0);
    const auto counts = values(folder.path / "counts");
    for (const auto& [name, value] : std::map<std::string, std::string>{{"--library-size", "900"},
                                                                        {"--library-spread", "0.9"},
                                                                        {"--gene-spread", "0.1"},
                                                                        {"--contrast", "0.1"},
                                                                        {"--dispersion", "2"},
                                                                        {"--dropout", "0.5"}}) {
        INFO(name);
        CHECK(simulate(program, folder, name.substr(2),
                       {"--counts", "negative-binomial", name, value})
                  .code == 0);
        CHECK(values(folder.path / name.substr(2)) != counts);
    }
}

TEST_CASE("defaults of the simulation are those of the study") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const auto help = run(program, TempFolder(), {"simulate", "--help"}).out;
    for (const char* shown :
         {"--height INT=50 ", "--width INT=50 ", "--genes INT=1000 ", "--factors INT=10 ",
          "--classes INT=4 ", "--beta FLOAT=1 ", "--spread FLOAT=10 ", "--noise FLOAT=2 ",
          "--separation FLOAT=5 ", "--target-share FLOAT=0.25 "}) {
        INFO(shown);
        CHECK(count(help, shown) == 1);
    }
}

TEST_CASE("a simulated tissue is replaced only by force") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    REQUIRE(simulate(program, folder, "tissue").code == 0);
    const auto before = bytes(folder.path / "tissue");
    check_refused(simulate(program, folder, "tissue", {"--seed", "2"}), 1,
                  {"--out", "already there", "--force"});
    CHECK(bytes(folder.path / "tissue") == before);
    fs::remove_all(folder.path / "tissue/source");
    check_refused(simulate(program, folder, "tissue"), 1, {"tissue/target", "--force"});
    CHECK(!fs::exists(folder.path / "tissue/source"));
    REQUIRE(simulate(program, folder, "tissue", {"--seed", "2", "--force"}).code == 0);
    CHECK(bytes(folder.path / "tissue") != before);
}

TEST_CASE("a simulation that cannot work is refused and leaves nothing") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    const auto usage = [&](const Words& more, const Words& parts) {
        INFO(more[0] << " " << more[1]);
        Words words = {"simulate", "--out", "new/tissue"};
        words.insert(words.end(), more.begin(), more.end());
        check_refused(run(program, folder, words), 2, parts);
        CHECK(!fs::exists(folder.path / "new"));
    };
    usage({"--noise", "abc"}, {"--noise", "'abc'", "number"});
    usage({"--noise", "nan"}, {"--noise", "'nan'", "finite"});
    usage({"--noise", "-1"}, {"--noise = -1", "from 0.1"});
    usage({"--spread", "0"}, {"--spread = 0", "from 0.1"});
    usage({"--classes", "0"}, {"--classes = 0"});
    usage({"--classes", "40"}, {"--factors = 10", "40 classes", "at least 22"});
    usage({"--genes", "5"}, {"--genes = 5", "factors, 10"});
    usage({"--height", "0"}, {"--height = 0"});
    usage({"--width", "-5"}, {"--width", "'-5'"});
    usage({"--height", "1", "--width", "3"}, {"--classes = 4", "3 spots"});
    usage({"--target-share", "1"}, {"--target-share = 1", "between 0 and 1"});
    usage({"--target-share", "0"}, {"--target-share = 0", "between 0 and 1"});
    usage({"--beta", "-1"}, {"--beta = -1"});
    usage({"--dropout", "1", "--counts", "negative-binomial"}, {"--dropout = 1", "less than 1"});
    usage({"--dispersion", "-1", "--counts", "negative-binomial"}, {"--dispersion = -1"});
    usage({"--library-size", "0", "--counts", "negative-binomial"}, {"--library-size = 0"});
    usage({"--counts", "poisson"}, {"--counts", "poisson", "negative-binomial"});
    usage({"--seed", "-1"}, {"--seed", "'-1'"});
    usage({"--frobnicate", "1"}, {"--frobnicate", "transst simulate --help"});
    write_file(folder.path / "file", "mine");
    for (const char* at : {"file", "file/below"})
        check_refused(simulate(program, folder, at), 1, {"--out", "file"});
    CHECK(slurp(folder.path / "file") == "mine");
    check_refused(simulate(program, folder, ""), 2, {"--out is empty"});
}
