// The program on AnnData files, and anndata on what the program writes.
#include "cli/program.hpp"

#include "hdf5/files.hpp"

#include <transst/hdf5/anndata.hpp>
#include <transst/io/folder.hpp>

using namespace support;
namespace fs = std::filesystem;

namespace {

/// A source in a folder, the target an .h5ad with three stripes.
struct H5Job : Job {
    explicit H5Job(const fs::path& transst) : Job(transst) { unpack(folder, "tissue.h5ad"); }

    [[nodiscard]] Outcome stripes(const Words& more = {}, const std::string& target = "tissue.h5ad",
                                  const std::string& out = "out") const {
        Words all = {"cluster", "--source",   "source", "--target",  target, "--out",
                     out,       "--clusters", "3",      "--factors", "4"};
        all.insert(all.end(), more.begin(), more.end());
        return transst(all);
    }
};

/// Runs Python's anndata on the result; nothing where there is none.
constexpr const char* read_back = R"(
import json, sys
out = sys.argv[1]
try:
    import anndata, numpy
except ImportError:
    sys.exit(77)
before, after = anndata.read_h5ad("tissue.h5ad"), anndata.read_h5ad(out + "/target.h5ad")
rows = [line.rstrip("\n").split("\t") for line in open(out + "/labels.tsv")]
table = {name: [row[j] for row in rows[1:]] for j, name in enumerate(rows[0])}
obs = after.obs
assert list(after.obs_names) == list(before.obs_names) == table["barcode"]
assert obs["transst_cluster"].dtype.name == "category"
assert list(obs["transst_cluster"]) == table["cluster"]
assert obs["transst_name"].dtype.name == "category"
assert list(obs["transst_name"].astype(object).fillna("NA")) == table["name"]
assert obs["transst_novel"].dtype == bool
assert ["yes" if novel else "no" for novel in obs["transst_novel"]] == table["novel"]
known = [i for i, word in enumerate(table["confidence"]) if word != "NA"]
assert numpy.allclose(obs["transst_confidence"].values[known],
                      [float(table["confidence"][i]) for i in known], atol=1e-3)
assert list(obs.columns[:2]) == ["layer", "total"]
assert (obs["layer"] == before.obs["layer"]).all()
assert abs(after.X - before.X).max() == 0
assert abs(after.layers["counts"] - before.layers["counts"]).max() == 0
assert after.uns["note"] == "kept"
fit = json.loads(after.uns["transst"]["fit"])
assert fit == json.load(open(out + "/fit.json"))
assert len(after.uns["transst_cluster_colors"]) == 3
assert after.obsm["X_transst"].shape[0] == 81
after.write_h5ad("again.h5ad")
)";

/// The copy in `out`, as this program and as anndata read it.
void check_copy(const H5Job& job, const std::string& out) {
    const auto clusters = column(table(job / out / "labels.tsv"), "cluster");
    const auto labels = [&](const std::string& name) {
        return transst::read_anndata(job / out / "target.h5ad", {.label_column = name}).labels;
    };
    CHECK(labels("transst_cluster") == clusters);
    CHECK(pair_counting_ari(labels("layer"), clusters) > 0.8);

    const fs::path python = "/usr/bin/python3";
    if (!fs::exists(python)) TRANSST_SKIP("no /usr/bin/python3 to read the copy with anndata");
    const auto read = run(python, job.folder, {"-W", "ignore", "-c", read_back, out});
    if (read.code == 77) TRANSST_SKIP("no anndata (Debian: python3-anndata) to read the copy");
    INFO(read.err);
    CHECK(read.code == 0);
}

}  // namespace

TEST_CASE("an AnnData file is clustered and its copy has the clusters") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const H5Job job(program);
    const auto before = slurp(job / "tissue.h5ad");
    const auto done = job.stripes({"--trust", "anchored"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(slurp(job / "tissue.h5ad") == before);
    CHECK(count(done.out, "tissue.h5ad: layers/counts, counts") == 1);
    CHECK(count(done.out, "out/target.h5ad") == 1);
    const auto fit = job.fit();
    CHECK(fit.at("inputs").at(1).at("format") == "AnnData file");
    CHECK(fit.at("inputs").at(1).at("matrix") == "layers/counts");
    check_copy(job, "out");
    // the factor scores are there whichever way is taken
    for (const std::string trust : {"guided", "adapted", "none"}) {
        REQUIRE(job.stripes({"--trust", trust, "--force"}).code == 0);
        const transst::detail::Hdf5File copy(job / "out/target.h5ad");
        CHECK(copy.has_dataset("obsm/X_transst"));
    }
}

TEST_CASE("a model is applied to an AnnData file, and its copy has the clusters") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const H5Job job(program);
    REQUIRE(job.transst({"fit", "--source", "source", "--out", "model", "--factors", "4"}).code ==
            0);
    const auto apply = [&](const Words& more, const std::string& out) {
        Words all = {"apply", "--model", "model",      "--target", "tissue.h5ad",
                     "--out", out,       "--clusters", "3"};
        all.insert(all.end(), more.begin(), more.end());
        return job.transst(all);
    };
    const auto done = apply({"--trust", "anchored"}, "applied");
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(count(done.out, "tissue.h5ad: layers/counts, counts") == 1);
    CHECK(count(done.out, "AnnData   applied/target.h5ad") == 1);
    const auto fit = job.fit("applied");
    CHECK(fit.at("inputs").size() == 1);
    CHECK(fit.at("inputs").at(0).at("matrix") == "layers/counts");
    REQUIRE(job.stripes({"--trust", "anchored", "--genes-from", "source"}).code == 0);
    CHECK(job.labels("applied") == job.labels());
    const auto again = job.transst({"apply", "--from", "applied/fit.json", "--out", "again"});
    INFO(again.err);
    REQUIRE(again.code == 0);
    CHECK(job.labels("again") == job.labels());

    // its labels are for comparison only, and must be there if they are named
    REQUIRE(apply({"--label-column", "layer"}, "compared").code == 0);
    CHECK(job.fit("compared").at("ari").get<double>() > 0.8);
    for (const Words& wrong : {Words{"--label-column", "kind"}, Words{"--layer", "logs"},
                               Words{"--spatial-key", "X_umap"}, Words{"--neighbors", "500"}}) {
        check_refused(apply(wrong, "none"), 1, {wrong[1]});
        CHECK(job.left_nothing("none"));
    }
    check_copy(job, "applied");
}

TEST_CASE("the same tissue in a folder gives the same clusters") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const H5Job job(program);
    REQUIRE(job.stripes().code == 0);
    const auto file = transst::read_anndata(job / "tissue.h5ad", {.label_column = "layer"});
    transst::write_folder(job / "tissue", file);
    REQUIRE(job.stripes({}, "tissue", "folder").code == 0);
    CHECK(slurp(job / "folder/labels.tsv") == job.labels());
    CHECK(!fs::exists(job / "folder/target.h5ad"));
}

TEST_CASE("an AnnData file may be the source, told which column has the labels") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const H5Job job(program);
    const auto swapped = [&](const Words& more) {
        Words all = {"cluster", "--source",   "tissue.h5ad", "--target",  "target", "--out",
                     "out",     "--clusters", "3",           "--factors", "4"};
        all.insert(all.end(), more.begin(), more.end());
        return job.transst(all);
    };
    check_refused(swapped({}), 1,
                  {"tissue.h5ad", "no labels", "--source-label-column", "layer and total"});
    check_refused(swapped({"--label-column", "kind"}), 1, {"obs", "no column kind", "layer"});
    check_refused(swapped({"--source-label-column", "kind"}), 1,
                  {"obs", "no column kind", "layer"});
    // the target's own labels are in the column label, and count for the ARI
    const auto done = swapped({"--source-label-column", "layer"});
    INFO(done.err);
    CHECK(done.code == 0);
    CHECK(job.fit().contains("ari"));
    CHECK(job.fit()["options"]["source_label_column"] == nlohmann::json({"layer"}));
    CHECK(ari_of(job / "out", job / "target") > 0.3);
}

TEST_CASE("spots that obs says lie beside the tissue are left out, and have no cluster") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const H5Job job(program);
    std::vector<std::int64_t> in_tissue(81, 1);
    in_tissue[3] = in_tissue[80] = 0;
    Spoiled(job / "tissue.h5ad").add("obs/in_tissue", in_tissue);
    const auto done = job.stripes({"--trust", "anchored"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(count(done.out, "left out  2 spots of tissue.h5ad off the tissue\n") == 1);
    CHECK(job.fit()["inputs"][1]["left_out_off_tissue"] == 2);
    const auto found = table(job / "out/labels.tsv");
    CHECK(found.size() == 80);
    const auto copy =
        transst::read_anndata_file(job / "out/target.h5ad", {.label_column = "transst_cluster"});
    CHECK(copy.sample.labels == column(found, "cluster"));
    const transst::detail::AnnDataFile all(job / "out/target.h5ad");
    const auto clusters = all.column("obs", "transst_cluster");
    REQUIRE(clusters.size() == 81);
    for (std::size_t i = 0; i < 81; ++i) CHECK((clusters[i] == "NA") == (in_tissue[i] == 0));
    const auto said = job.transst({"inspect", "tissue.h5ad"}).out;
    CHECK(count(said, "79 cells x 24 genes, 1896 non-zeros (100 %); 2 more spots") == 1);
}

TEST_CASE("the truth, and the clusters, may be columns of an AnnData file") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const H5Job job(program);
    REQUIRE(job.stripes().code == 0);
    const auto score = [&](const Words& words) {
        Words all = {"score", "--json"};
        all.insert(all.end(), words.begin(), words.end());
        const auto done = job.transst(all);
        INFO(done.err);
        REQUIRE(done.code == 0);
        return nlohmann::json::parse(done.out);
    };
    const auto scores =
        score({"--labels", "out/labels.tsv", "--truth", "tissue.h5ad", "--label-column", "layer"});
    const auto truth = transst::read_anndata(job / "tissue.h5ad", {.label_column = "layer"});
    const auto clusters = column(table(job / "out/labels.tsv"), "cluster");
    CHECK(scores.at("compared") == 81);
    CHECK(scores.at("ari").get<double>() ==
          Approx(pair_counting_ari(truth.labels, clusters)).margin(1e-12));
    const auto copy = score({"--labels", "out/target.h5ad", "--cluster-column", "transst_cluster",
                             "--truth", "out/target.h5ad", "--label-column", "layer"});
    CHECK(copy.at("ari") == scores.at("ari"));
    check_refused(job.transst({"score", "--labels", "out/labels.tsv", "--truth", "tissue.h5ad"}), 1,
                  {"tissue.h5ad", "obs has no column label", "layer and total", "name one"});
}

TEST_CASE("AnnData files that cannot be used are refused and leave nothing") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const H5Job job(program);
    const auto refused = [&](const Words& more, int code, const Words& parts) {
        check_refused(job.stripes(more), code, parts);
        CHECK(job.left_nothing());
    };
    refused({"--spatial-key", "X_umap"}, 1,
            {"tissue.h5ad", "no coordinates", "obsm['X_umap']", "--spatial-key: spatial"});
    refused({"--layer", "logs"}, 1, {"tissue.h5ad", "no matrix of this name", "X and counts"});
    refused({"--section-column", "slide"}, 1, {"tissue.h5ad", "no column slide", "layer"});
    // the copy would take the original's place
    fs::create_directory(job / "out");
    fs::rename(job / "tissue.h5ad", job / "out/target.h5ad");
    const auto before = slurp(job / "out/target.h5ad");
    check_refused(job.stripes({"--force"}, "out/target.h5ad"), 2,
                  {"--out", "out/target.h5ad", "is read, and would be replaced", "another one"});
    CHECK(slurp(job / "out/target.h5ad") == before);
    fs::resize_file(job / "out/target.h5ad", 5000);
    check_refused(job.stripes({}, "out/target.h5ad", "other"), 1,
                  {"target.h5ad", "cut short", "fetch it again"});
}

TEST_CASE("inspect says what an HDF5 file holds and what it can be") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const H5Job job(program);
    const auto inspect = [&](const Words& words) {
        Words all = {"inspect"};
        all.insert(all.end(), words.begin(), words.end());
        const auto done = job.transst(all);
        INFO(done.err);
        CHECK(done.code == 0);
        for (const auto& line : split(done.out, '\n')) CHECK(line.size() <= 82);  // "…" is 3 bytes
        return done.out;
    };
    auto said = inspect({"tissue.h5ad"});
    INFO(said);
    for (const char* part :
         {"format    AnnData file\n", "layers/counts: counts; --layer can name X and counts",
          "81 cells x 24 genes", "3 levels: class 1 27, class 2 27, class 3 27",
          "x 0 to 8, y 0 to 8", "target    yes: --target tissue.h5ad\n",
          "source    yes, told which column has the labels: --source-label-column"})
        CHECK(count(said, part) == 1);
    said = inspect({"tissue.h5ad", "--label-column", "layer", "--layer", "X"});
    CHECK(count(said, "X: log expression") == 1);
    CHECK(count(said, "target    yes: --target tissue.h5ad --layer X --label-column layer\n") == 1);
    // broken where the line is full
    CHECK(count(said, "source    yes: --source tissue.h5ad --source-layer X") == 1);
    CHECK(count(said, "--source-label-column layer\n") == 1);
    unpack(job.folder, "tenx_v3.h5");
    said = inspect({"tenx_v3.h5"});
    CHECK(count(said, "6 cells x 5 genes, 19 non-zeros") == 1);
    CHECK(count(said, "target    no: there are no coordinates") == 1);
    CHECK(count(said, "source    no: there are no labels") == 1);
}
