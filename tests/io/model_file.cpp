#include "io/temp_folder.hpp"
#include "support/catch.hpp"

#include <transst/find_regions.hpp>
#include <transst/io/model_file.hpp>
#include <transst/simulate/tissue.hpp>

using namespace transst;
using support::TempFolder;

namespace {

auto small_tissue() {
    return TissueSimulation{{.height = 20, .width = 20, .genes = 40, .factors = 4}}.log_expression(
        {.seed = 5});
}

SourceModel learn(const RunOptions& run = {}) {
    return LearnSource{{.prepare = {.genes = 30, .ignore = {"class 9"}}, .factors = 4}}.fit(
        small_tissue().source, run);
}

const SourceModel& small_model() {
    static const SourceModel model = learn();
    return model;
}

/// The file of a model, and the way back.
struct Written {
    Written() {
        write_model(path, small_model());
        bytes = folder.get("model");
    }

    /// What reading this in the file's place throws; empty where it reads.
    [[nodiscard]] std::string refusal(const std::string& content) const {
        folder.put("model", content);
        return support::error_of(folder, [&] { (void)read_model(path); });
    }

    TempFolder folder;
    std::filesystem::path path = folder.path / "model";
    std::string bytes;
};

void put_number(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        bytes[at + i] = static_cast<char>(value >> (8 * i) & 0xFF);
}

/// The same with the checksum that belongs to it.
std::string checked(std::string bytes) {
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(bytes.data() + 20),
                           static_cast<uInt>(bytes.size() - 20));
    put_number(bytes, 16, crc, 4);
    return bytes;
}

}  // namespace

TEST_CASE("a model is read as it was written, to the last bit") {
    const Written file;
    CHECK(file.folder.files() == 1);
    const auto model = read_model(file.path);
    const auto& expected = small_model();
    CHECK(model.genes == expected.genes);
    CHECK(model.class_names == expected.class_names);
    CHECK(model.sources == expected.sources);
    CHECK(model.labelled_cells == expected.labelled_cells);
    CHECK(model.prepare.genes == 30);
    CHECK(model.prepare.ignore == std::vector<std::string>{"class 9"});
    CHECK(model.prepare.genes_from == GenesFrom::source);
    CHECK(model.scales == std::vector<Index>{0, 6, 18, 36});
    CHECK(model.pldr.loading == expected.pldr.loading);
    CHECK(model.pldr.trace == expected.pldr.trace);
    CHECK(model.witness.halves.size() == 8);
    write_model(file.folder.path / "again", model);
    CHECK(file.folder.get("again") == file.bytes);

    const auto target = small_tissue().target;
    const FindRegions regions{{.clusters = 4}};
    const auto one = regions.fit(expected, target), other = regions.fit(model, target);
    CHECK(one.clusters.labels == other.clusters.labels);
    CHECK(one.clusters.trace == other.clusters.trace);
    CHECK(one.relevance->correlation == other.relevance->correlation);
}

TEST_CASE("a model's file is the same for any number of threads") {
    const Written file;
    for (const int threads : {2, 7}) {
        write_model(file.path, learn({.threads = threads}));
        CHECK(file.folder.get("model") == file.bytes);
    }
    write_model(file.path, learn({.seed = 2}));
    CHECK(file.folder.get("model") != file.bytes);
}

TEST_CASE("a model's file says what it is") {
    const Written file;
    const auto info = read_model_info(file.path);
    CHECK(info.format == 3);
    CHECK(info.version == version);
    CHECK(info.bytes == std::ssize(file.bytes));
    CHECK(info.checksum_text().size() == 8);
    CHECK(checked(file.bytes) == file.bytes);
    CHECK(is_model_file(file.path));
    file.folder.put("other", "a table");
    CHECK_FALSE(is_model_file(file.folder.path / "other"));
    CHECK_FALSE(is_model_file(file.folder.path));
    CHECK_FALSE(is_model_file(file.folder.path / "nothing"));
}

TEST_CASE("what is no model is refused in words") {
    const Written file;
    const std::string expected = "model: expected a model that transst fit wrote, found ";
    CHECK(file.refusal("barcode\tx\n") == expected + "a file that begins with \"barcode x \"");
    CHECK(file.refusal("") == expected + "an empty file");
    CHECK(file.refusal("transst model, but not one") ==
          expected + "a file that begins with \"transst model, b\"");
    std::filesystem::remove(file.path);
    CHECK(support::error_of(file.folder, [&] { (void)read_model(file.path); }) ==
          "model: cannot be opened: No such file or directory");
    std::filesystem::create_directory(file.path);
    CHECK(support::error_of(file.folder, [&] { (void)read_model_info(file.path); }) ==
          expected + "a folder");
}

TEST_CASE("a model of another format says which transst reads it") {
    const Written file;
    auto later = file.bytes;
    put_number(later, 20, 4, 4);
    later.replace(32, 6, "9.1.0\0", 6);
    CHECK(file.refusal(checked(later)) ==
          text("model: expected a model of format 3, which is what transst ", version,
               " reads, found format 4, written by transst 9.1.0; use transst 9.1.0 or newer, or "
               "fit it anew"));
    put_number(later, 20, 0, 4);
    CHECK(file.refusal(checked(later)).ends_with("written by transst 9.1.0; fit it anew"));
    // damage to the number itself is damage
    CHECK(file.refusal(later).find("the model is damaged: expected the checksum ") !=
          std::string::npos);
}

TEST_CASE("a model that was cut short is refused, wherever that was") {
    const Written file;
    for (std::size_t size = 0; size < file.bytes.size();
         size += size < 200 || size + 50 > file.bytes.size() ? 1 : 211) {
        CAPTURE(size);
        const auto words = file.refusal(file.bytes.substr(0, size));
        CHECK(words.find(size == 0 ? "an empty file" : "cut short") != std::string::npos);
    }
    CHECK(file.refusal(file.bytes + "x") ==
          text("model: the model is damaged: expected ", file.bytes.size(), " bytes, found ",
               file.bytes.size() + 1, "; copy it again, or fit it anew"));
    CHECK(file.refusal(file.bytes).empty());
}

TEST_CASE("a model with a byte changed is refused") {
    const Written file;
    RandomStream random(8);
    for (int trial = 0; trial < 600; ++trial) {
        const auto at =
            static_cast<std::size_t>(trial < 48 ? trial : random.below(std::ssize(file.bytes)));
        auto damaged = file.bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 + random.below(255)));
        CAPTURE(at);
        CHECK_FALSE(file.refusal(damaged).empty());
    }
}

TEST_CASE("a model that is made up is refused or read, and nothing else") {
    // with the right checksum, so that what parses it is on its own
    const Written file;
    RandomStream random(9);
    Index read = 0;
    for (int trial = 0; trial < 1500; ++trial) {
        auto made_up = file.bytes;
        const auto at = 48 + static_cast<std::size_t>(random.below(std::ssize(made_up) - 56));
        switch (trial % 3) {
            case 0:
                made_up[at] = static_cast<char>(random.below(256));
                break;
            case 1:  // a size beyond everything
                put_number(made_up, at, std::uint64_t{1} << random.below(64), 8);
                break;
            default:  // another end
                made_up.resize(at);
                put_number(made_up, 24, at - 48, 8);
        }
        made_up = checked(made_up);
        CAPTURE(trial, at);
        const auto words = file.refusal(made_up);
        if (words.empty()) {
            ++read;
            write_model(file.path, read_model(file.path));
            CHECK(file.folder.get("model") == made_up);
        } else {
            CHECK(words.starts_with("model: the model is damaged: "));
        }
    }
    CHECK(read > 100);  // most numbers may have any value
}

TEST_CASE("a model whose parts do not fit is not written") {
    const Written file;
    const auto refused = [&](auto change) {
        auto model = small_model();
        change(model);
        CHECK_THROWS_AS(write_model(file.path, model), BadData);
        CHECK(file.folder.get("model") == file.bytes);
    };
    refused([](SourceModel& m) { m = {}; });
    refused([](SourceModel& m) { m.genes.pop_back(); });
    refused([](SourceModel& m) { m.class_names.emplace_back("more"); });
    refused([](SourceModel& m) { m.scales = {1, 2}; });
    refused([](SourceModel& m) { m.prepare.standardize = StandardizeOver::all; });
    refused([](SourceModel& m) { m.pldr.noise_variance[3] = 0; });
    refused([](SourceModel& m) { m.pldr.covariances.pop_back(); });
    refused([](SourceModel& m) { m.anchors.classes.weights.resize(2, 2); });
    refused([](SourceModel& m) { m.anchors.classes.within.resize(1, 1); });
    refused([](SourceModel& m) { m.profiles(0, 0) = std::numeric_limits<double>::quiet_NaN(); });
    refused([](SourceModel& m) { m.witness.halves[0].calling[0] = -1; });
    refused([](SourceModel& m) { m.witness.halves[0].held_out.back() = 30; });
    CHECK(support::error_of<FileError>(file.folder, [&] {
              write_model(file.folder.path / "no" / "model", small_model());
          }) == "no/model: cannot be written: No such file or directory");
}
