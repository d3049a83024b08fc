#include "hdf5/files.hpp"

#include <transst/hdf5/anndata.hpp>

#include <functional>

using namespace transst;
using support::count_of, support::holds, support::same, support::Spoiled, support::TempFolder,
    support::unpack;

namespace {

using Words = std::vector<std::string>;

SampleFile read(const std::string& name, const ReadOptions& options = {}) {
    const TempFolder folder;
    return read_anndata_file(unpack(folder, name), options);
}

/// The error for a file that was spoiled first.
std::string error(const std::string& name, const std::function<void(const Spoiled&)>& spoil = {},
                  const ReadOptions& options = {}) {
    const TempFolder folder;
    const auto path = unpack(folder, name);
    if (spoil) spoil(Spoiled(path));
    return support::error_of(folder, [&] { (void)read_anndata_file(path, options); });
}

float logged(float count) {
    return std::log1p(count);
}

}  // namespace

TEST_CASE("an AnnData file becomes a sample") {
    const auto file = read("csr.h5ad");
    const auto& sample = file.sample;
    CHECK(holds(sample.expression, same));
    CHECK(sample.rows() == 6);
    CHECK(sample.values == Values::counts);
    CHECK(sample.name == "csr");
    CHECK(sample.barcodes == Words{"cell0", "cell1", "cell2", "cell3", "cell4", "cell5"});
    CHECK(sample.genes == Words{"ENSG0", "ENSG1", "ENSG2", "ENSG3", "ENSG4"});
    CHECK(sample.symbols == Words{"SYM0", "SYM1", "SYM2", "SYM3", "SYM4"});
    CHECK(sample.labels == Words{"a", "b", "NA", "b", "a", "b"});
    CHECK(sample.sections == Words{"left", "left", "left", "right", "right", "right"});
    REQUIRE(sample.coordinates.rows() == 6);
    for (int i = 0; i < 6; ++i) {
        CHECK(sample.coordinates(i, 0) == i);
        CHECK(sample.coordinates(i, 1) == 10 * i);
    }
    CHECK(file.format == SampleFormat::anndata);
    CHECK(file.matrix == "X");
    CHECK(file.columns == Words{"label", "section", "kind", "leiden", "batch", "depth", "kept"});
    CHECK(file.places == Words{"X_other", "spatial"});
}

TEST_CASE("matrices by gene, dense or of other types are the same sample") {
    for (const char* name : {"csc.h5ad", "dense.h5ad", "old.h5ad", "nullable.h5ad"}) {
        INFO(name);
        const auto file = read(name);
        CHECK(holds(file.sample.expression, same));
        CHECK(file.sample.values == Values::counts);
        CHECK(file.sample.labels == Words{"a", "b", "NA", "b", "a", "b"});
        CHECK(file.sample.coordinates(5, 1) == 50);
        const ReadOptions limited{.matrix_bytes = 8};
        if (std::string_view(name) == "csc.h5ad") {
            CHECK_THROWS_WITH(read(name, limited),
                              support::contains("it cannot be read in pieces; allow more memory"));
        } else {
            const auto stored = read(name, limited);
            CHECK(stored.sample.expression.in_file());
            CHECK(holds(stored.sample.expression, same));
        }
    }
    CHECK(read("old.h5ad").sample.genes[4] == "ENSG4");
    CHECK(read("old.h5ad").sample.symbols.empty());
}

TEST_CASE("counts are looked for in X, then the layer counts, then raw") {
    CHECK(read("dense.h5ad").matrix == "layers/counts");
    CHECK(read("dense.h5ad").layers == Words{"X", "counts", "doubled"});
    const auto raw = read("raw.h5ad");
    CHECK(raw.matrix == "raw/X");
    CHECK(raw.sample.genes.size() == 5);
    CHECK(raw.sample.symbols[4] == "SYM4");
    CHECK(holds(raw.sample.expression, same));
}

TEST_CASE("what is not counts is log expression, unless it is too large for that") {
    const auto file = read("logged.h5ad");
    CHECK(file.sample.values == Values::log_expression);
    CHECK(file.matrix == "X");
    CHECK(holds(file.sample.expression, logged));
    const auto linear = read("linear.h5ad");
    CHECK(linear.sample.values == Values::counts);
    CHECK(holds(linear.sample.expression, [](float count) { return 100.5f * count; }));
}

TEST_CASE("a matrix can be named") {
    const auto x = read("dense.h5ad", {.layer = "X"});
    CHECK(x.sample.values == Values::log_expression);
    CHECK(holds(x.sample.expression, logged));
    for (const char* name : {"doubled", "layers/doubled"})
        CHECK(holds(read("dense.h5ad", {.layer = name}).sample.expression,
                    [](float count) { return 2 * count; }));
    // scaled values too, if they are insisted on
    const auto scaled = read("raw.h5ad", {.layer = "X"}).sample;
    CHECK(scaled.values == Values::log_expression);
    CHECK(scaled.genes == Words{"ENSG2", "ENSG3", "ENSG4"});
    for (Index j = 2; j < 5; ++j) {
        float mean = 0;
        for (Index i = 0; i < 6; ++i) mean += count_of(i, j) / 6;
        for_each_entry(scaled.expression, 0, 6, [&](Index i, Index column, float value) {
            if (column == j - 2) CHECK(value == Approx(count_of(i, j) - mean));
        });
    }
    CHECK(error("dense.h5ad", {}, {.layer = "count"}) ==
          "dense.h5ad: count: there is no matrix of this name, only X, counts and doubled; name "
          "one of these");
    CHECK(error("csr.h5ad", {}, {.layer = "raw"}).find("no matrix of this name, only X;") !=
          std::string::npos);
    CHECK(error("csr.h5ad", {}, {.layer = "obs/label"}).find("no matrix of this name") !=
          std::string::npos);
}

TEST_CASE("scaled expression is refused unless it is insisted on") {
    CHECK(error("scaled.h5ad") ==
          "scaled.h5ad: X: expected counts or log expression, found values below 0, as scaling "
          "makes them; name another matrix with --layer, or insist with --layer X. There are X");
    CHECK(read("scaled.h5ad", {.layer = "X"}).sample.values == Values::log_expression);
}

TEST_CASE("columns of every kind can be labels or sections") {
    const auto labels = [](const std::string& name, const std::string& column) {
        return read(name, {.label_column = column}).sample.labels;
    };
    CHECK(labels("csr.h5ad", "kind") == Words{"k0", "k1", "k0", "k1", "k0", "k1"});
    CHECK(labels("csr.h5ad", "leiden") == Words{"0", "1", "2", "0", "1", "2"});
    CHECK(labels("csr.h5ad", "batch") == Words{"0", "1", "0", "1", "0", "1"});
    CHECK(labels("csr.h5ad", "depth") == Words{"0.5", "NA", "2", "3", "4", "5"});
    CHECK(labels("csr.h5ad", "kept") == Words{"True", "False", "True", "False", "True", "False"});
    CHECK(labels("nullable.h5ad", "rank") == Words{"0", "1", "2", "3", "NA", "5"});
    CHECK(labels("nullable.h5ad", "sure") ==
          Words{"True", "False", "True", "False", "NA", "False"});
    CHECK(read("csr.h5ad", {.section_column = "batch"}).sample.sections[1] == "1");
    CHECK(error("csr.h5ad", {}, {.label_column = "layer"}) ==
          "csr.h5ad: obs: there is no column layer, only label, section, kind, leiden, batch, "
          "depth and kept; name one of these");
    CHECK(
        read("csr.h5ad", {.label_column = "layer", .label_optional = true}).sample.labels.empty());
    CHECK(error("csr.h5ad", {}, {.section_column = "slide"}).find("no column slide") !=
          std::string::npos);
    CHECK(read("csr.h5ad", {.section_column = "slide", .section_optional = true})
              .sample.sections.empty());
}

TEST_CASE("levels of categories may be stored as what may be missing, X be none") {
    const TempFolder folder;
    const auto path = unpack(folder, "nullable.h5ad");
    {
        const Spoiled file(path);
        file.remove("obs/label/categories");
        file.move("obs/rank", "obs/label/categories");
        file.remove("obs/sure");
        file.move("X", "layers/counts");
        const hid_t nothing = H5Screate(H5S_NULL);
        H5Dclose(H5Dcreate2(file.file, "X", H5T_NATIVE_INT, nothing, H5P_DEFAULT, H5P_DEFAULT,
                            H5P_DEFAULT));
        H5Sclose(nothing);
    }
    const auto read = read_anndata_file(path);
    CHECK(read.sample.labels == Words{"0", "1", "NA", "1", "0", "1"});
    CHECK(read.matrix == "layers/counts");
    CHECK(holds(read.sample.expression, same));
}

TEST_CASE("ids are preferred to names of variables that stand twice") {
    const auto sample = read("scanpy.h5ad").sample;
    CHECK(sample.genes == Words{"ENSG0", "ENSG1", "ENSG2", "ENSG3", "ENSG4"});
    CHECK(sample.symbols == Words{"SAME", "SAME", "SYM2", "SYM3", "SYM4"});
    CHECK(error("scanpy.h5ad", [](const Spoiled& file) { file.remove("var/gene_ids"); }) ==
          "scanpy.h5ad: var: expected each gene once, found 'SAME' in places 1 and 2; call "
          "var_names_make_unique() and write the file again");
}

TEST_CASE("places may have another key and be stretched") {
    const auto sample =
        read("csr.h5ad", {.stretch_x = 2, .stretch_y = 3, .spatial_key = "X_other"}).sample;
    CHECK(sample.coordinates(5, 0) == -10);
    CHECK(sample.coordinates(5, 1) == 3);
    CHECK(read("csr.h5ad", {.spatial_key = "elsewhere"}).sample.coordinates.size() == 0);
    CHECK(error("csr.h5ad", {}, {.spatial_key = "X_pca"}) ==
          "csr.h5ad: obsm/X_pca: expected 6 rows x 2 columns, x and y, found 6 x 3; keep two "
          "columns, or name another key");
    const TempFolder folder;
    const auto path = unpack(folder, "csr.h5ad");
    Spoiled(path).set("obsm/X_other", 3, NAN);
    CHECK(std::isnan(read_anndata(path, {.spatial_key = "X_other"}).coordinates(1, 1)));
    {
        const Spoiled file(path);
        file.move("obs/depth", "obs/x");
        file.move("obs/batch", "obs/y");
    }
    CHECK(read_anndata(path).coordinates(5, 1) == 50);  // of obsm, if there
    Spoiled(path).remove("obsm/spatial");
    const auto columns = read_anndata(path, {.stretch_x = 2}).coordinates;
    CHECK(columns(0, 0) == 1);
    CHECK(std::isnan(columns(1, 0)));
    CHECK(columns(5, 0) == 10);
    CHECK(columns(5, 1) == 1);
    CHECK(support::error_of<InvalidArgument>(folder, [&] {
              (void)read_anndata(path, {.stretch_x = -1});
          }) == "read_anndata: stretch_x and stretch_y must be positive, got -1");
}

TEST_CASE("a file that was cut short or is none is an error") {
    const TempFolder folder;
    const auto path = unpack(folder, "csr.h5ad");
    const auto size = std::filesystem::file_size(path);
    const auto message = [&] {
        return support::error_of(folder, [&] { (void)read_anndata_file(path); });
    };
    const std::string cut =
        "csr.h5ad: cannot be opened as an HDF5 file: it is damaged or was cut short; fetch it "
        "again";
    for (const auto part : {size / 2, size - 1, std::uintmax_t{100}, std::uintmax_t{0}}) {
        std::filesystem::resize_file(path, part);
        CHECK(message() == cut);
    }
}

TEST_CASE("groups that are missing are named") {
    CHECK(error("csr.h5ad", [](const Spoiled& file) { file.remove("var"); }) ==
          "csr.h5ad: var: expected a group, found nothing");
    CHECK(error("csr.h5ad", [](const Spoiled& file) { file.remove("X"); }) ==
          "csr.h5ad: X: expected expression, found none");
    CHECK(error("csr.h5ad", [](const Spoiled& file) { file.remove("X/indices"); }) ==
          "csr.h5ad: X/indices: expected a dataset, found nothing of this name");
    CHECK(error("csr.h5ad", [](const Spoiled& file) {
              file.remove("obs/_index");
          }).starts_with("csr.h5ad: obs/"));
    CHECK(error("csr.h5ad", [](const Spoiled& file) { file.remove("obs/label/categories"); }) ==
          "csr.h5ad: obs/label/categories: expected a dataset, found nothing of this name");
}

TEST_CASE("matrices that cannot be are refused") {
    const auto spoiled = [](const char* name, hsize_t at, double value,
                            const char* file = "csr.h5ad") {
        return error(file, [&](const Spoiled& open) { open.set(name, at, value); });
    };
    CHECK(spoiled("X/indices", 0, 5) ==
          "csr.h5ad: X/indices: expected numbers from 0 to 4, found 5 in cell 1");
    CHECK(spoiled("X/indices", 0, -1) ==
          "csr.h5ad: X/indices: expected numbers from 0 to 4, found -1 in cell 1");
    CHECK(spoiled("layers/counts/indices", 0, 9, "dense.h5ad")
              .find("layers/counts/indices: expected numbers from 0 to 4") != std::string::npos);
    CHECK(spoiled("X/indptr", 2, 1000).find("X/indptr: expected numbers that rise from 0 to") !=
          std::string::npos);
    CHECK(spoiled("X/indptr", 0, 1).find("X/indptr: expected numbers that rise") !=
          std::string::npos);
    CHECK(spoiled("X/indices", 1, 1) ==
          "csr.h5ad: X: expected each entry once, found one of cell 1 twice; call "
          "sum_duplicates() on the matrix and write the file again");
    CHECK(error("csr.h5ad", [](const Spoiled& file) {
              file.move("X/indptr", "X/data2");
          }).find("X/indptr: expected a dataset") != std::string::npos);
    CHECK(error("csr.h5ad", [](const Spoiled& file) {
              file.remove("X/indptr");
              file.move("X/indices", "X/indptr");
              file.move("X/indptr", "X/indices");
              file.move("obs/batch", "X/indptr");
          }) == "csr.h5ad: X/indptr: expected 7 numbers for 6 cells, found 6");
    CHECK(error("csr.h5ad", [](const Spoiled& file) {
              file.remove("X");
              file.move("obsm/X_pca", "X");
          }) == "csr.h5ad: X: expected 6 cells x 5 genes, found 6 x 3");
    CHECK(error("csr.h5ad", [](const Spoiled& file) {
              file.remove("obs/label");
              file.move("uns/method/steps", "obs/label");
          }) == "csr.h5ad: obs/label: expected 6 values, found 3");
}

TEST_CASE("values that are not finite are refused") {
    for (const double value : {double(NAN), double(INFINITY)}) {
        const auto spoil = [&](const Spoiled& file) { file.set("X", 7, value); };
        CHECK(error("logged.h5ad", spoil).find("X: expected finite values, found") !=
              std::string::npos);
        CHECK(error("logged.h5ad", spoil).find("for cell 2 and gene 3") != std::string::npos);
    }
}

TEST_CASE("a compression that HDF5 does not have is named") {
    CHECK(error("lzf.h5ad") ==
          "lzf.h5ad: obs/_index: is compressed by lzf, which cannot be undone here; write the file "
          "again "
          "with compression='gzip'");
}

TEST_CASE("HDF5 keeps silent and its own printing comes back") {
    H5E_auto2_t before = nullptr, after = nullptr;
    void* data = nullptr;
    H5Eget_auto2(H5E_DEFAULT, &before, &data);
    CHECK(!error("scaled.h5ad").empty());
    H5Eget_auto2(H5E_DEFAULT, &after, &data);
    CHECK(before == after);
}
