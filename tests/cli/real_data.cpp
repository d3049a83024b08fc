// The published sections. Bounds are loose: what each method reaches is measured elsewhere.
#include "cli/program.hpp"

using namespace support;

TEST_CASE("a cortex section is clustered from its neighbour in little memory") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    TRANSST_NEED(data, "TRANSST_DATA_DIR");
    const TempFolder folder;
    const auto dlpfc = data / "dlpfc";
    const auto done = run(program, folder,
                          {"cluster", "--source", dlpfc / "151673", "--target", dlpfc / "151674",
                           "--clusters", "7", "--stretch-y", "1.7320508", "--out", "out"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    const auto fit = fit_json(folder.path / "out");
    CHECK(fit.at("peak_memory_mb").get<double>() < 500);
    CHECK(fit.at("ari").get<double>() > 0.5);
    CHECK(fit.at("ari").get<double>() ==
          Approx(ari_of(folder.path / "out", dlpfc / "151674")).margin(1e-12));
    const auto& sizes = fit.at("sizes");
    CHECK(sizes.at("labelled_cells") == 3611);  // 28 have none
    CHECK(sizes.at("common_genes") == 4037);
    CHECK(sizes.at("target").at("spots") == 3673);
    CHECK(table(folder.path / "out/labels.tsv").size() == 3674);
}

TEST_CASE("a tumour is clustered from three others") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    TRANSST_NEED(data, "TRANSST_DATA_DIR");
    const TempFolder folder;
    const auto her2 = data / "her2";
    const auto done = run(
        program, folder,
        {"cluster", "--source", her2 / "B1", "--source", her2 / "C1", "--source", her2 / "D1",
         "--target", her2 / "A1", "--clusters", "5", "--ignore", "undetermined", "--out", "out"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    const auto fit = fit_json(folder.path / "out");
    CHECK(fit.at("ari").get<double>() > 0.15);
    CHECK(fit.at("ari").get<double>() ==
          Approx(ari_of(folder.path / "out", her2 / "A1", {"undetermined"})).margin(1e-12));
    for (const auto& name : fit.at("sizes").at("classes")) CHECK(name != "undetermined");
    CHECK(table(folder.path / "out/labels.tsv").size() == 347);
}

TEST_CASE("few genes of imaging data are enough") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    TRANSST_NEED(data, "TRANSST_DATA_DIR");
    const TempFolder folder;
    const auto mouse = data / "starmap_mpfc";
    const auto done = run(program, folder,
                          {"cluster", "--source", mouse / "BZ5", "--target", mouse / "BZ9",
                           "--clusters", "4", "--out", "out"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    const auto fit = fit_json(folder.path / "out");
    CHECK(fit.at("ari").get<double>() > 0.15);
    CHECK(fit.at("sizes").at("genes_used") == 166);
}
