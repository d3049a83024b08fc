#include "hdf5/files.hpp"

#include <transst/hdf5/annotate.hpp>

using namespace transst;
using support::holds, support::same, support::TempFolder, support::unpack;

namespace {

using Words = std::vector<std::string>;

ClusterAnnotation made() {
    return {.clusters = {0, 1, 1, 2, 0, 2},
            .names = {"one", "NA", "one"},
            .confidence = {0.25, NAN, NAN, 1, 0.5, 0.75},
            .novel = {false, true, false},
            .colors = {"#000001", "#000002", "#000003"},
            .scores = RowMatrix<double>::Random(6, 4),
            .notes = {{"version", "1.2.3"}, {"fit", "{\"a\": 1}"}}};
}

void write(const std::filesystem::path& from, const std::filesystem::path& to,
           const ClusterAnnotation& what) {
    annotated_copy(from, to, what).commit();
}

}  // namespace

TEST_CASE("a copy has what was found and all that was there") {
    for (const char* name : {"csr.h5ad", "csc.h5ad", "dense.h5ad", "old.h5ad", "raw.h5ad"}) {
        INFO(name);
        const TempFolder folder;
        const auto from = unpack(folder, name), to = folder.path / "copy.h5ad";
        const auto before = folder.get(name);
        auto what = made();
        write(from, to, what);
        CHECK(folder.get(name) == before);
        CHECK(folder.files() == 2);

        const auto labels = [&](const std::string& column) {
            return read_anndata(to, {.label_column = column}).labels;
        };
        CHECK(labels("transst_cluster") == Words{"1", "2", "2", "3", "1", "3"});
        CHECK(labels("transst_name") == Words{"one", "NA", "NA", "one", "one", "one"});
        CHECK(labels("transst_confidence") == Words{"0.25", "NA", "NA", "1", "0.5", "0.75"});
        CHECK(labels("transst_novel") == Words{"False", "True", "True", "False", "False", "False"});
        const detail::AnnDataFile file(to);
        RowMatrix<double> scores(6, 4);
        detail::Hdf5Dataset(file.file(), "obsm/X_transst").read(0, 6, scores.data());
        CHECK(scores == what.scores);
        CHECK(detail::Hdf5Dataset(file.file(), "uns/transst/fit").words() == Words{"{\"a\": 1}"});
        CHECK(detail::Hdf5Dataset(file.file(), "uns/transst_cluster_colors").words() ==
              what.colors);

        const auto old = read_anndata_file(from), now = read_anndata_file(to);
        CHECK(now.matrix == old.matrix);
        CHECK(now.sample.labels == old.sample.labels);
        CHECK(holds(now.sample.expression, same));
        auto columns = old.columns;
        for (const char* added : {"cluster", "name", "confidence", "novel"})
            columns.push_back(text("transst_", added));
        CHECK(now.columns == columns);

        // cells that were left out have nothing
        what.clusters[1] = left_out;
        write(to, folder.path / "part.h5ad", what);
        const auto part = [&](const std::string& column) {
            return read_anndata(folder.path / "part.h5ad", {.label_column = column}).labels;
        };
        CHECK(part("transst_cluster") == Words{"1", "NA", "2", "3", "1", "3"});
        CHECK(part("transst_name") == Words{"one", "NA", "NA", "one", "one", "one"});
        CHECK(part("transst_novel") == Words{"False", "False", "True", "False", "False", "False"});

        // a later run without a source leaves nothing of this one
        write(to, folder.path / "again.h5ad", {.clusters = {0, 0, 0, 1, 1, 1}});
        const auto again =
            read_anndata_file(folder.path / "again.h5ad", {.label_column = "transst_cluster"});
        columns = old.columns;
        columns.push_back("transst_cluster");
        CHECK(again.columns == columns);
        CHECK(again.sample.labels == Words{"1", "1", "1", "2", "2", "2"});
        const detail::Hdf5File last(folder.path / "again.h5ad");
        for (const char* gone : {"obs/transst_name", "obsm/X_transst", "uns/transst"})
            CHECK(!last.has(gone));
    }
}

TEST_CASE("a copy that is not wanted after all leaves nothing") {
    const TempFolder folder;
    const auto from = unpack(folder, "csr.h5ad");
    { const auto copy = annotated_copy(from, folder.path / "copy.h5ad", made()); }
    CHECK(folder.files() == 1);
    auto what = made();
    what.clusters.pop_back();
    CHECK(support::error_of<ShapeMismatch>(folder, [&] {
              write(from, folder.path / "copy.h5ad", what);
          }) == "annotated_copy: clusters has 5 entries, it must have 6");
    what = made();
    what.scores = RowMatrix<double>::Zero(4, 2);
    CHECK(support::error_of<ShapeMismatch>(folder, [&] {
              write(from, folder.path / "copy.h5ad", what);
          }) == "annotated_copy: scores has 4 entries, it must have 6");
    CHECK(folder.files() == 1);
}
