#include "io/temp_folder.hpp"
#include "support/catch.hpp"

#include <transst/io/read_sample.hpp>

using namespace transst;
using support::TempFolder;

namespace {

using Words = std::vector<std::string>;

/// Two genes, three spots, the second beside the tissue.
struct Outs : TempFolder {
    explicit Outs(const std::string& positions_name = "tissue_positions_list.csv",
                  const std::string& header = "") {
        const auto matrix = path / "filtered_feature_bc_matrix";
        std::filesystem::create_directories(matrix);
        std::filesystem::create_directory(path / "spatial");
        put_gzip("filtered_feature_bc_matrix/matrix.mtx.gz",
                 "%%MatrixMarket matrix coordinate integer general\n2 3 4\n1 1 5\n2 1 6\n1 2 7\n"
                 "2 3 8\n");
        put_gzip("filtered_feature_bc_matrix/features.tsv.gz",
                 "g1\tONE\tGene Expression\ng2\tTWO\tGene Expression\n");
        put_gzip("filtered_feature_bc_matrix/barcodes.tsv.gz", "AAA-1\nCCC-1\nGGG-1\n");
        put("spatial/" + positions_name,
            header +
                "TTT-1,0,0,0,10,20\nGGG-1,1,2,4,30.5,60\nAAA-1,1,1,1,20,40\nCCC-1,0,3,3,1,1\n");
    }
};

}  // namespace

TEST_CASE("a folder of Space Ranger becomes its spots on tissue") {
    const std::string header =
        "barcode,in_tissue,array_row,array_col,pxl_row_in_fullres,pxl_col_in_fullres\n";
    for (const bool newer : {false, true}) {
        const Outs folder(newer ? "tissue_positions.csv" : "tissue_positions_list.csv",
                          newer ? header : "");
        const auto file = read_sample_file(folder.path, {.stretch_x = 2});
        CHECK(file.format == SampleFormat::space_ranger);
        const auto& sample = file.sample;
        CHECK(sample.barcodes == Words{"AAA-1", "GGG-1"});
        CHECK(file.rows == 3);
        CHECK(file.kept == std::vector<Index>{0, 2});
        CHECK(file.off_tissue() == 1);
        CHECK(sample.symbols == Words{"ONE", "TWO"});
        const auto& rows = sample.expression.in_memory();
        CHECK(rows.starts == std::vector<Index>{0, 2, 3});
        CHECK(rows.values == std::vector<float>{5, 6, 8});
        CHECK(rows.columns == std::vector<std::int32_t>{0, 1, 1});
        RowMatrix<double> places(2, 2);
        places << 80, 20, 120, 30.5;
        CHECK(sample.coordinates == places);
        places << 1, 1, 4, 2;
        CHECK(read_sample(folder.path, {.spatial_key = "array"}).coordinates == places);
        CHECK(sample.name == folder.path.filename().string());
    }
}

TEST_CASE("columns of positions go by their names") {
    const Outs folder;
    std::filesystem::remove(folder.path / "spatial/tissue_positions_list.csv");
    folder.put("spatial/tissue_positions.csv",
               "barcode,pxl_col_in_fullres,pxl_row_in_fullres,in_tissue,array_col,array_row\n"
               "AAA-1,40,20,1,1,1\nCCC-1,1,1,1,3,3\nGGG-1,60,30.5,1,4,2\n");
    const auto sample = read_sample(folder.path);
    CHECK(sample.barcodes.size() == 3);
    CHECK(read_sample_file(folder.path).off_tissue() == 0);
    CHECK(sample.coordinates(2, 0) == 60);
    CHECK(sample.coordinates(2, 1) == 30.5);
}

TEST_CASE("labels may lie beside what Space Ranger wrote") {
    const Outs folder;
    folder.put("cells.tsv", "barcode\tlabel\nGGG-1\tL2\nAAA-1\tL1\nCCC-1\tL3\n");
    const auto file = read_sample_file(folder.path);
    CHECK(file.sample.labels == Words{"L1", "L2"});
    CHECK(file.columns == Words{"label"});
    CHECK(file.sample.coordinates(1, 0) == 60);
}

TEST_CASE("a folder of Cell Ranger has no places") {
    const Outs folder;
    std::filesystem::remove_all(folder.path / "spatial");
    const auto sample = read_sample(folder.path);
    CHECK(sample.rows() == 3);
    CHECK(sample.coordinates.size() == 0);
}

TEST_CASE("the matrix may lie beside the folder spatial, as in public archives") {
    const Outs folder;
    for (const char* name : {"matrix.mtx.gz", "features.tsv.gz", "barcodes.tsv.gz"})
        std::filesystem::rename(folder.path / "filtered_feature_bc_matrix" / name,
                                folder.path / name);
    CHECK(read_sample(folder.path).coordinates.rows() == 2);
}

TEST_CASE("folders of Space Ranger that cannot be used are refused") {
    const auto error = [](const TempFolder& folder, const ReadOptions& options = {}) {
        return support::error_of(folder, [&] { (void)read_sample(folder.path, options); });
    };
    const auto positions = [&](const std::string& content) {
        const Outs folder;
        folder.put("spatial/tissue_positions_list.csv", content);
        return error(folder);
    };
    const std::string file = "spatial/tissue_positions_list.csv";
    CHECK(positions("AAA-1,1,1,1,20,40\n") ==
          file +
              ":1: expected the positions of all 3 spots of the matrix, found none of "
              "\"CCC-1\"");
    CHECK(positions("AAA-1,1,1,1,20\n").starts_with(file + ":1: expected six fields"));
    CHECK(positions("AAA-1,yes,1,1,20,40\n") ==
          file + ":1: expected 0 or 1 for in_tissue, found \"yes\"");
    CHECK(positions("AAA-1,1,1,1,20,far\n") ==
          file + ":1: expected a finite position, found \"far\"");
    CHECK(positions("AAA-1,1,1,1,2,4\nAAA-1,1,1,1,2,4\n") ==
          file + ":2: expected each barcode once, found \"AAA-1\" again, as in line 1");
    CHECK(positions("AAA-1,0,1,1,2,4\nCCC-1,0,1,1,2,4\nGGG-1,0,1,1,2,4\n") ==
          file + ":3: expected spots on tissue, found none");
    CHECK(positions("barcode,in_tissue,row,col,a,b\nAAA-1,1,1,1,2,4\n")
              .starts_with(file + ":1: expected a column named array_row"));

    const Outs parquet("tissue_positions.parquet");
    CHECK(error(parquet).find("parquet file, which is not read here; convert it: python") !=
          std::string::npos);
    const Outs none;
    std::filesystem::remove(none.path / file);
    CHECK(error(none) ==
          "spatial: expected tissue_positions.csv or tissue_positions_list.csv, found neither");
    const Outs bins;
    std::filesystem::rename(bins.path / "filtered_feature_bc_matrix", bins.path / "binned_outputs");
    CHECK(error(bins).find("Visium HD in bins of several sizes; name the folder of one") !=
          std::string::npos);
    std::filesystem::remove_all(bins.path / "binned_outputs");
    CHECK(error(bins).find("expected filtered_feature_bc_matrix.h5 or the folder") !=
          std::string::npos);
    const Outs good;
    CHECK(support::error_of<InvalidArgument>(good, [&] {
              (void)read_sample(good.path, {.spatial_key = "pixels"});
          }).find("it must be spatial (pixels) or array") != std::string::npos);
}

TEST_CASE("a folder that only holds a file to be read by itself is refused with its name") {
    const TempFolder folder;
    for (const char* name : {"b.h5ad", "a.h5", "notes.txt"}) folder.put(name, "x");
    CHECK(support::error_of(folder, [&] { (void)read_sample(folder.path); }) ==
          ": is a folder without matrix.mtx or filtered_feature_bc_matrix; name the file in it: "
          "a.h5 and b.h5ad");
}
