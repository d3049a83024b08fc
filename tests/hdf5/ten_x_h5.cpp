#include "hdf5/files.hpp"

#include <transst/hdf5/ten_x_h5.hpp>
#include <transst/io/read_sample.hpp>

using namespace transst;
using support::count_of, support::error_of_one, support::holds, support::read_one, support::same,
    support::Spoiled, support::TempFolder, support::unpack;

namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a feature-barcode matrix becomes a sample of its genes") {
    const auto file = read_one("tenx_v3.h5");
    CHECK(file.format == SampleFormat::ten_x_h5);
    CHECK(file.sample.name == "tenx_v3");
    CHECK(holds(file.sample.expression, same));  // the antibodies are gone
    CHECK(file.sample.values == Values::counts);
    CHECK(file.sample.genes == Words{"ENSG0", "ENSG1", "ENSG2", "ENSG3", "ENSG4"});
    CHECK(file.sample.symbols == Words{"SYM0", "SYM1", "SYM2", "SYM3", "SYM4"});
    CHECK(file.sample.barcodes[5] == "cell5");
    CHECK(file.layers == Words{"human", "mouse"});
    const auto mouse = read_one("tenx_v3.h5", {.layer = "mouse"}).sample;
    CHECK(mouse.genes == Words{"ENSG3", "ENSG4"});
    CHECK(holds(mouse.expression, same, 3));
    CHECK(error_of_one("tenx_v3.h5", {}, {.layer = "rat"}) ==
          "tenx_v3.h5: matrix/features: expected genes of type Gene Expression of the genome rat, "
          "found none; there are the types Antibody Capture and Gene Expression and the genomes "
          "human and mouse");
}

TEST_CASE("of the older layout one genome is read") {
    CHECK(error_of_one("tenx_v2.h5") ==
          "tenx_v2.h5: /: expected one genome, found hg19 and mm10; choose one with --layer");
    const auto human = read_one("tenx_v2.h5", {.layer = "hg19"}).sample;
    CHECK(holds(human.expression, same));
    CHECK(human.symbols[4] == "SYM4");
    const auto mouse = read_one("tenx_v2.h5", {.layer = "mm10"}).sample;
    CHECK(mouse.rows() == 4);
    CHECK(mouse.cols() == 3);
    CHECK(holds(mouse.expression, same));
    const TempFolder folder;
    const auto path = unpack(folder, "tenx_v2.h5");
    Spoiled(path).remove("mm10");
    CHECK(holds(read_ten_x_h5(path).expression, same));
}

TEST_CASE("feature-barcode matrices that cannot be are refused") {
    CHECK(error_of_one("tenx_v3.h5", [](const Spoiled& file) {
              file.set("matrix/indices", 3, 7);
          }).starts_with("tenx_v3.h5: matrix/indices: expected numbers from 0 to 6, found 7"));
    CHECK(error_of_one("tenx_v3.h5", [](const Spoiled& file) { file.set("matrix/shape", 1, 7); }) ==
          "tenx_v3.h5: matrix/shape: expected 7 genes and 6 cells, found other numbers: the file "
          "is damaged");
    CHECK(error_of_one("tenx_v3.h5", [](const Spoiled& file) { file.set("matrix/data", 0, -3); }) ==
          "tenx_v3.h5: matrix/data: expected counts, 0 or more, found values below 0");
    CHECK(error_of_one("tenx_v3.h5", [](const Spoiled& file) {
              file.remove("matrix/features/id");
          }) == "tenx_v3.h5: matrix/features/id: expected a dataset, found nothing of this name");
    CHECK(
        error_of_one("csr.h5ad", [](const Spoiled& file) {
            file.remove("var");
        }).find("expected AnnData (obs, var, X) or what Cell Ranger writes") != std::string::npos);
}

TEST_CASE("a folder of Space Ranger may have its matrix in HDF5") {
    const TempFolder folder;
    const auto outs = folder.path / "sample_7" / "outs";
    std::filesystem::create_directories(outs / "spatial");
    std::filesystem::rename(unpack(folder, "tenx_v3.h5"), outs / "filtered_feature_bc_matrix.h5");
    std::string positions =
        "barcode,in_tissue,array_row,array_col,pxl_row_in_fullres,pxl_col_in_fullres\n"
        "another,1,9,9,9,9\n";
    for (int i = 5; i >= 0; --i)
        positions += text("cell", i, ",", i == 2 ? 0 : 1, ",", i, ",", 2 * i, ",", 100 * i + 0.5,
                          ",", 300 * i, "\n");
    write_file(outs / "spatial/tissue_positions.csv", positions);
    for (const auto& path : {outs, folder.path / "sample_7"}) {
        const auto file = read_sample_file(path, {.stretch_y = 2});
        CHECK(file.format == SampleFormat::space_ranger);
        CHECK(file.sample.name == "sample_7");
        CHECK(file.sample.barcodes == Words{"cell0", "cell1", "cell3", "cell4", "cell5"});
        REQUIRE(file.sample.coordinates.rows() == 5);
        CHECK(file.sample.coordinates(2, 0) == 900);
        CHECK(file.sample.coordinates(2, 1) == 601);
        for_each_entry(file.sample.expression, 0, 5, [&](Index i, Index j, float value) {
            CHECK(value == count_of(i < 2 ? i : i + 1, j));
        });
    }
    const auto array = read_sample(outs, {.spatial_key = "array"});
    CHECK(array.coordinates(4, 0) == 10);
    CHECK(array.coordinates(4, 1) == 5);
}
