#include "hdf5/files.hpp"

#include <transst/hdf5/anndata.hpp>

using namespace transst;
using support::count_of, support::error_of_one, support::holds, support::read_one, support::same,
    support::Spoiled, support::TempFolder, support::unpack;

namespace {

using Words = std::vector<std::string>;

float logged(float count) {
    return std::log1p(count);
}

}  // namespace

TEST_CASE("an AnnData file becomes a sample") {
    const auto file = read_one("csr.h5ad");
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
        const auto file = read_one(name);
        CHECK(holds(file.sample.expression, same));
        CHECK(file.sample.values == Values::counts);
        CHECK(file.sample.labels == Words{"a", "b", "NA", "b", "a", "b"});
        CHECK(file.sample.coordinates(5, 1) == 50);
        const ReadOptions limited{.matrix_bytes = 8};
        if (std::string_view(name) == "csc.h5ad") {
            CHECK_THROWS_WITH(read_one(name, limited),
                              support::contains("csc.h5ad: X: is sorted by gene (csc), so that it "
                                                "cannot be read in pieces; it takes 1 MB"));
        } else {
            const auto stored = read_one(name, limited);
            CHECK(stored.sample.expression.in_file());
            CHECK(holds(stored.sample.expression, same));
        }
    }
    CHECK(read_one("old.h5ad").sample.genes[4] == "ENSG4");
    CHECK(read_one("old.h5ad").sample.symbols.empty());
}

TEST_CASE("counts are looked for in X, then the layer counts, then raw") {
    CHECK(read_one("dense.h5ad").matrix == "layers/counts");
    CHECK(read_one("dense.h5ad").layers == Words{"X", "counts", "doubled"});
    const auto raw = read_one("raw.h5ad");
    CHECK(raw.matrix == "raw/X");
    CHECK(raw.sample.genes.size() == 5);
    CHECK(raw.sample.symbols[4] == "SYM4");
    CHECK(holds(raw.sample.expression, same));
}

TEST_CASE("what is not counts is log expression, unless it is too large for that") {
    const auto file = read_one("logged.h5ad");
    CHECK(file.sample.values == Values::log_expression);
    CHECK(file.matrix == "X");
    CHECK(holds(file.sample.expression, logged));
    const auto linear = read_one("linear.h5ad");
    CHECK(linear.sample.values == Values::counts);
    CHECK(holds(linear.sample.expression, [](float count) { return 100.5f * count; }));
}

TEST_CASE("a matrix can be named") {
    const auto x = read_one("dense.h5ad", {.layer = "X"});
    CHECK(x.sample.values == Values::log_expression);
    CHECK(holds(x.sample.expression, logged));
    for (const char* name : {"doubled", "layers/doubled"})
        CHECK(holds(read_one("dense.h5ad", {.layer = name}).sample.expression,
                    [](float count) { return 2 * count; }));
    // scaled values too, if they are insisted on
    const auto scaled = read_one("raw.h5ad", {.layer = "X"}).sample;
    CHECK(scaled.values == Values::log_expression);
    CHECK(scaled.genes == Words{"ENSG2", "ENSG3", "ENSG4"});
    for (Index j = 2; j < 5; ++j) {
        float mean = 0;
        for (Index i = 0; i < 6; ++i) mean += count_of(i, j) / 6;
        for_each_entry(scaled.expression, 0, 6, [&](Index i, Index column, float value) {
            if (column == j - 2) CHECK(value == Approx(count_of(i, j) - mean));
        });
    }
    CHECK(error_of_one("dense.h5ad", {}, {.layer = "count"}) ==
          "dense.h5ad: count: there is no matrix of this name, only X, counts and doubled; name "
          "one of these");
    CHECK(error_of_one("csr.h5ad", {}, {.layer = "raw"}).find("no matrix of this name, only X;") !=
          std::string::npos);
    CHECK(error_of_one("csr.h5ad", {}, {.layer = "obs/label"}).find("no matrix of this name") !=
          std::string::npos);
}

TEST_CASE("scaled expression is refused unless it is insisted on") {
    CHECK(error_of_one("scaled.h5ad") ==
          "scaled.h5ad: X: expected counts or log expression, found values below 0, as scaling "
          "makes them; name another matrix with --layer, or insist with --layer X. There are X");
    CHECK(read_one("scaled.h5ad", {.layer = "X"}).sample.values == Values::log_expression);
}

TEST_CASE("what the numbers are can be said") {
    const ReadOptions log{.values = Values::log_expression}, counts{.values = Values::counts};
    CHECK(read_one("csr.h5ad", log).sample.values == Values::log_expression);
    CHECK(read_one("logged.h5ad", counts).sample.values == Values::counts);
    // what is on a log scale is looked for in X first, not among the layers
    CHECK(read_one("dense.h5ad", log).matrix == "X");
    CHECK(read_one("dense.h5ad", counts).matrix == "layers/counts");
    auto scaled = counts;
    scaled.layer = "X";
    CHECK(error_of_one("scaled.h5ad", {}, scaled).find("said to be counts, and one is -") !=
          std::string::npos);
}

TEST_CASE("cells that obs says lie beside the tissue are left out") {
    const TempFolder folder;
    const auto path = unpack(folder, "csr.h5ad");
    Spoiled(path).move("obs/kept", "obs/in_tissue");  // True, False, True, …
    const auto file = read_anndata_file(path);
    CHECK(file.rows == 6);
    CHECK(file.kept == std::vector<Index>{0, 2, 4});
    CHECK(file.off_tissue() == 3);
    const auto& sample = file.sample;
    CHECK(sample.barcodes == Words{"cell0", "cell2", "cell4"});
    CHECK(sample.labels == Words{"a", "NA", "a"});
    CHECK(sample.sections == Words{"left", "left", "right"});
    REQUIRE(sample.coordinates.rows() == 3);
    CHECK(sample.coordinates(2, 1) == 40);
    Matrix<float> seen = Matrix<float>::Zero(3, 5);
    for_each_entry(sample.expression, 0, 3, [&](Index i, Index j, float v) { seen(i, j) = v; });
    for (Index i = 0; i < 3; ++i)
        for (Index j = 0; j < 5; ++j) CHECK(seen(i, j) == count_of(2 * i, j));

    const auto with = [](const std::vector<std::int64_t>& numbers) {
        return [&numbers](const Spoiled& open) { open.add("obs/in_tissue", numbers); };
    };
    CHECK(error_of_one("csr.h5ad", with({1, 1, 2, 1, 1, 1})) ==
          "csr.h5ad: obs/in_tissue: expected 0 or 1, or False or True, found '2' for cell 'cell2'; "
          "put one of these there, or call the column otherwise");
    CHECK(error_of_one("csr.h5ad", with({0, 0, 0, 0, 0, 0}))
              .find("expected spots on tissue, found none") != std::string::npos);
}

TEST_CASE("columns of every kind can be labels or sections") {
    const auto labels = [](const std::string& name, const std::string& column) {
        return read_one(name, {.label_column = column}).sample.labels;
    };
    CHECK(labels("csr.h5ad", "kind") == Words{"k0", "k1", "k0", "k1", "k0", "k1"});
    CHECK(labels("csr.h5ad", "leiden") == Words{"0", "1", "2", "0", "1", "2"});
    CHECK(labels("csr.h5ad", "batch") == Words{"0", "1", "0", "1", "0", "1"});
    CHECK(labels("csr.h5ad", "depth") == Words{"0.5", "NA", "2", "3", "4", "5"});
    CHECK(labels("csr.h5ad", "kept") == Words{"True", "False", "True", "False", "True", "False"});
    CHECK(labels("nullable.h5ad", "rank") == Words{"0", "1", "2", "3", "NA", "5"});
    CHECK(labels("nullable.h5ad", "sure") ==
          Words{"True", "False", "True", "False", "NA", "False"});
    CHECK(read_one("csr.h5ad", {.section_column = "batch"}).sample.sections[1] == "1");
    CHECK(error_of_one("csr.h5ad", {}, {.label_column = "layer"}) ==
          "csr.h5ad: obs: there is no column layer, only label, section, kind, leiden, batch, "
          "depth and kept; name one of these");
    CHECK(read_one("csr.h5ad", {.label_column = "layer", .label_optional = true})
              .sample.labels.empty());
    CHECK(error_of_one("csr.h5ad", {}, {.section_column = "slide"}).find("no column slide") !=
          std::string::npos);
    CHECK(read_one("csr.h5ad", {.section_column = "slide", .section_optional = true})
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
    const auto sample = read_one("scanpy.h5ad").sample;
    CHECK(sample.genes == Words{"ENSG0", "ENSG1", "ENSG2", "ENSG3", "ENSG4"});
    CHECK(sample.symbols == Words{"SAME", "SAME", "SYM2", "SYM3", "SYM4"});
    CHECK(error_of_one("scanpy.h5ad", [](const Spoiled& file) { file.remove("var/gene_ids"); }) ==
          "scanpy.h5ad: var: expected each gene once, found 'SAME' in places 1 and 2; call "
          "var_names_make_unique() and write the file again");
}

TEST_CASE("places may have another key and be stretched") {
    const auto sample =
        read_one("csr.h5ad", {.stretch_x = 2, .stretch_y = 3, .spatial_key = "X_other"}).sample;
    CHECK(sample.coordinates(5, 0) == -10);
    CHECK(sample.coordinates(5, 1) == 3);
    CHECK(read_one("csr.h5ad", {.spatial_key = "elsewhere"}).sample.coordinates.size() == 0);
    CHECK(error_of_one("csr.h5ad", {}, {.spatial_key = "X_pca"}) ==
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
    folder.put("csr.h5ad", "cell,gene\n");
    CHECK(message() ==
          "csr.h5ad: expected an HDF5 file, as its name says, found another kind of file; give it "
          "the name that is its own, .csv or .tsv for a table");
}

TEST_CASE("groups that are missing are named") {
    const TempFolder folder;
    const auto path = unpack(folder, "csr.h5ad");
    Spoiled(path).remove("var");
    CHECK(support::error_of(folder, [&] { (void)read_anndata_file(path); }) ==
          "csr.h5ad: var: expected a group, found nothing");
    CHECK(error_of_one("csr.h5ad", [](const Spoiled& file) { file.remove("X"); }) ==
          "csr.h5ad: X: expected expression, found none");
    CHECK(error_of_one("csr.h5ad", [](const Spoiled& file) { file.remove("X/indices"); }) ==
          "csr.h5ad: X/indices: expected a dataset, found nothing of this name");
    CHECK(error_of_one("csr.h5ad", [](const Spoiled& file) {
              file.remove("obs/_index");
          }).starts_with("csr.h5ad: obs/"));
    CHECK(error_of_one("csr.h5ad", [](const Spoiled& file) {
              file.remove("obs/label/categories");
          }) == "csr.h5ad: obs/label/categories: expected a dataset, found nothing of this name");
}

TEST_CASE("matrices that cannot be are refused") {
    const auto spoiled = [](const char* name, hsize_t at, double value,
                            const char* file = "csr.h5ad") {
        return error_of_one(file, [&](const Spoiled& open) { open.set(name, at, value); });
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
    CHECK(error_of_one("csr.h5ad", [](const Spoiled& file) {
              file.move("X/indptr", "X/data2");
          }).find("X/indptr: expected a dataset") != std::string::npos);
    CHECK(error_of_one("csr.h5ad", [](const Spoiled& file) {
              file.remove("X/indptr");
              file.move("X/indices", "X/indptr");
              file.move("X/indptr", "X/indices");
              file.move("obs/batch", "X/indptr");
          }) == "csr.h5ad: X/indptr: expected 7 numbers for 6 cells, found 6");
    CHECK(error_of_one("csr.h5ad", [](const Spoiled& file) {
              file.remove("X");
              file.move("obsm/X_pca", "X");
          }) == "csr.h5ad: X: expected 6 cells x 5 genes, found 6 x 3");
    CHECK(error_of_one("csr.h5ad", [](const Spoiled& file) {
              file.remove("obs/label");
              file.move("uns/method/steps", "obs/label");
          }) == "csr.h5ad: obs/label: expected 6 values, found 3");
}

TEST_CASE("values that are not finite are refused") {
    for (const double value : {double(NAN), double(INFINITY)}) {
        const auto spoil = [&](const Spoiled& file) { file.set("X", 7, value); };
        CHECK(error_of_one("logged.h5ad", spoil).find("X: expected finite values, found") !=
              std::string::npos);
        CHECK(error_of_one("logged.h5ad", spoil).find("for cell 2 and gene 3") !=
              std::string::npos);
    }
}

TEST_CASE("a compression that HDF5 does not have is named") {
    CHECK(error_of_one("lzf.h5ad") ==
          "lzf.h5ad: obs/_index: is compressed by lzf, which cannot be undone here; write the file "
          "again "
          "with compression='gzip'");
}

TEST_CASE("HDF5 keeps silent and its own printing comes back") {
    H5E_auto2_t before = nullptr, after = nullptr;
    void* data = nullptr;
    H5Eget_auto2(H5E_DEFAULT, &before, &data);
    CHECK(!error_of_one("scaled.h5ad").empty());
    H5Eget_auto2(H5E_DEFAULT, &after, &data);
    CHECK(before == after);
}
