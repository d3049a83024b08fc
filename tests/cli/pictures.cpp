// clusters.png is clusters.svg in pixels.
#include "cli/program.hpp"

#include <zlib.h>

#include <array>
#include <cstdlib>

using namespace support;
namespace fs = std::filesystem;

namespace {

/// The pixels of a PNG file of 8 bits for red, green and blue each, not interlaced.
struct Pixels {
    std::size_t width = 0, height = 0;
    std::string bytes;

    explicit Pixels(const std::string& png) {
        REQUIRE(png.starts_with("\x89PNG\r\n\x1a\n"));
        std::string packed;
        for (std::size_t at = 8; at + 12 <= png.size();) {
            const auto length = number(png, at);
            const auto kind = png.substr(at + 4, 4);
            if (kind == "IHDR") {
                width = number(png, at + 8);
                height = number(png, at + 12);
                REQUIRE(png.substr(at + 16, 5) == std::string("\x08\x02\x00\x00\x00", 5));
            }
            if (kind == "IDAT") packed += png.substr(at + 8, length);
            at += 12 + length;
        }
        const std::size_t line = 3 * width + 1;
        bytes.resize(line * height);
        auto size = static_cast<uLongf>(bytes.size());
        REQUIRE(uncompress(reinterpret_cast<Bytef*>(bytes.data()), &size,
                           reinterpret_cast<const Bytef*>(packed.data()),
                           static_cast<uLong>(packed.size())) == Z_OK);
        REQUIRE(size == bytes.size());
        for (std::size_t y = 0; y < height; ++y) undo_filter(y, line);
    }

    [[nodiscard]] std::string at(double x, double y) const {
        const auto place =
            static_cast<std::size_t>(y) * (3 * width + 1) + 1 + 3 * static_cast<std::size_t>(x);
        char out[8];
        std::snprintf(out, sizeof out, "#%02X%02X%02X", byte(place), byte(place + 1),
                      byte(place + 2));
        return out;
    }

private:
    [[nodiscard]] unsigned byte(std::size_t place) const {
        return static_cast<unsigned char>(bytes.at(place));
    }

    [[nodiscard]] static std::size_t number(const std::string& from, std::size_t at) {
        std::size_t out = 0;
        for (std::size_t i = 0; i < 4; ++i)
            out = out << 8 | static_cast<unsigned char>(from.at(at + i));
        return out;
    }

    /// PNG specification, section 9: each line is stored as differences to its neighbours.
    void undo_filter(std::size_t y, std::size_t line) {
        const std::size_t begin = y * line;
        const char filter = bytes[begin];
        for (std::size_t i = 1; i < line; ++i) {
            const int left = i > 3 ? static_cast<int>(byte(begin + i - 3)) : 0;
            const int up = y > 0 ? static_cast<int>(byte(begin + i - line)) : 0;
            const int corner = i > 3 && y > 0 ? static_cast<int>(byte(begin + i - line - 3)) : 0;
            const int guess = left + up - corner;
            const int to_left = std::abs(guess - left), to_up = std::abs(guess - up),
                      to_corner = std::abs(guess - corner);
            const int paeth = to_left <= to_up && to_left <= to_corner ? left
                              : to_up <= to_corner                     ? up
                                                                       : corner;
            const std::array<int, 5> added{0, left, up, (left + up) / 2, paeth};
            bytes[begin + i] = static_cast<char>(
                byte(begin + i) +
                static_cast<unsigned>(added.at(static_cast<std::size_t>(filter))));
        }
    }
};

std::string attribute(const std::string& element, const std::string& name) {
    const auto at = element.find(" " + name + "=\"");
    REQUIRE(at != element.npos);
    const auto begin = at + name.size() + 3;
    return element.substr(begin, element.find('"', begin) - begin);
}

}  // namespace

TEST_CASE("the picture is there in pixels, too") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto help = job.transst({"cluster", "--help"}).out;
    REQUIRE(job.cluster().code == 0);
    if (count(help, "built without librsvg") > 0) {
        CHECK(!fs::exists(job / "out/clusters.png"));
        TRANSST_SKIP("the program was built without librsvg, as its help says");
    }
    const auto svg = slurp(job / "out/clusters.svg");
    const Pixels png(slurp(job / "out/clusters.png"));
    const auto head = svg.substr(0, svg.find('>'));
    CHECK(png.width == 2 * std::stoul(attribute(head, "width")));
    CHECK(png.height == 2 * std::stoul(attribute(head, "height")));
    CHECK(png.at(0, 0) == "#FFFFFF");
    const auto middle_of = [&](const std::string& circle) {
        return png.at(2 * std::stod(attribute(circle, "cx")),
                      2 * std::stod(attribute(circle, "cy")));
    };
    // the spots, in their groups' colours, and the legend's dots, in their own
    std::string fill;
    Index spots = 0, dots = 0;
    for (const auto& line : split(svg, '\n')) {
        if (line.starts_with("<g fill=")) fill = attribute(line, "fill");
        if (line.starts_with("</g>")) fill.clear();
        if (!line.starts_with("<circle")) continue;
        CHECK(middle_of(line) == (fill.empty() ? attribute(line, "fill") : fill));
        ++(fill.empty() ? dots : spots);
    }
    CHECK(spots == 81);
    CHECK(dots == 3);
    // words: something dark stands behind where each begins
    Index words = 0;
    for (const auto& line : split(svg, '\n')) {
        if (!line.starts_with("<text") || line.find("text-anchor") != line.npos) continue;
        const double x = 2 * std::stod(attribute(line, "x")),
                     y = 2 * std::stod(attribute(line, "y"));
        bool dark = false;
        for (double down = y - 18; down < y; ++down)
            for (double across = x; across < x + 30; ++across)
                dark = dark || png.at(across, down) < "#AAAAAA";
        INFO(line);
        CHECK(dark);
        ++words;
    }
    CHECK(words >= 5);  // title, legend, three names
}

TEST_CASE("a picture of an earlier run is replaced with the others, not by itself") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    fs::create_directory(job / "out");
    transst::write_file(job / "out/clusters.png", "earlier");
    check_refused(job.cluster(), 1, {"clusters.png", "already there", "--force"});
    CHECK(slurp(job / "out/clusters.png") == "earlier");
}
