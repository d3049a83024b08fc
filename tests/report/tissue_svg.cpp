#include "support/catch.hpp"

#include <transst/report/tissue_svg.hpp>

#include <set>

using namespace transst;

namespace {

/// columns × rows spots on a square grid.
RowMatrix<double> grid(Index columns, Index rows) {
    RowMatrix<double> at(columns * rows, 2);
    for (Index i = 0; i < at.rows(); ++i) at.row(i) << double(i % columns), double(i / columns);
    return at;
}

Index count(std::string_view text, std::string_view part) {
    Index found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

/// The number after the n-th `attribute="`.
double value(std::string_view svg, std::string attribute, int n = 0) {
    attribute += "=\"";
    auto at = svg.find(attribute);
    for (; n > 0; --n) at = svg.find(attribute, at + 1);
    REQUIRE(at != svg.npos);
    return std::stod(std::string(svg.substr(at + attribute.size(), 20)));
}

const std::vector<std::string> names = {"one", "two", "three"};

}  // namespace

TEST_CASE("every spot is a circle in its cluster's colour") {
    const auto at = grid(6, 4);
    std::vector<Label> cluster(24, 0);
    std::fill(cluster.begin() + 10, cluster.begin() + 22, 2);
    cluster[23] = left_out;
    const auto svg = tissue_svg(at, cluster, names, {.title = "A tissue"});
    CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    CHECK(svg.ends_with("</svg>\n"));
    CHECK(count(svg, "<circle") == 24 + 4);  // and the legend's
    CHECK(count(svg, "<g fill=") == 3);      // "two" has no spots
    CHECK(count(svg, text("<g fill=\"", palette[0], "\"><title>one</title>")) == 1);
    CHECK(count(svg, text("<g fill=\"", palette[2], "\"><title>three</title>")) == 1);
    CHECK(count(svg, text("<g fill=\"", missing_color, "\"><title>NA</title>")) == 1);
    CHECK(count(svg, ">A tissue</text>") == 1);
    for (const char* shown : {">one</text>", ">11</text>", ">two</text>", ">0</text>",
                              ">three</text>", ">12</text>", ">NA</text>", ">1</text>"})
        CHECK(count(svg, shown) == 1);
    CHECK(svg == tissue_svg(at, cluster, names, {.title = "A tissue"}));
}

TEST_CASE("both axes have the same scale, and y points down") {
    RowMatrix<double> at(3, 2);
    at << 0, 0, 10, 0, 0, 5;
    const std::vector<Label> cluster(3, 0);
    const auto svg = tissue_svg(at, cluster, names);
    const double across = value(svg, "cx", 1) - value(svg, "cx", 0);
    const double down = value(svg, "cy", 2) - value(svg, "cy", 0);
    CHECK(across == Approx(2 * down).margin(0.2));
    CHECK(down > 0);
    CHECK(value(svg, "cy", 1) == value(svg, "cy", 0));
}

TEST_CASE("spots nearly touch on a lattice, and not more") {
    for (const double step : {0.001, 1.0, 5000.0}) {
        const RowMatrix<double> at = step * grid(20, 20);
        const std::vector<Label> cluster(400, 1);
        const auto svg = tissue_svg(at, cluster, names);
        const double distance = value(svg, "cx", 1) - value(svg, "cx", 0);
        CHECK(2 * value(svg, " r") < distance);
        CHECK(2 * value(svg, " r") > 0.85 * distance);
    }
}

TEST_CASE("sections stand side by side, each with its name") {
    const auto one = grid(5, 5);
    RowMatrix<double> at(50, 2);
    at << one, one;
    std::vector<std::string> sections(50, "left");
    std::fill(sections.begin() + 25, sections.end(), "right");
    const std::vector<Label> cluster(50, 0);
    const auto svg = tissue_svg(at, cluster, names, {.sections = sections});
    CHECK(count(svg, ">left</text>") == 1);
    CHECK(count(svg, ">right</text>") == 1);
    CHECK(value(svg, "cy", 25) == value(svg, "cy", 0));
    CHECK(value(svg, "cx", 25) > value(svg, "cx", 4));

    std::fill(sections.begin(), sections.end(), "only");
    CHECK(count(tissue_svg(at, cluster, names, {.sections = sections}), ">only</text>") == 0);
}

TEST_CASE("names cannot break the picture") {
    const std::vector<std::string> odd = {"a<b & \"c\">", "caf\xE9 \x01", std::string(50, 'x'),
                                          "straße"};
    const std::vector<Label> cluster = {0, 1, 2, 3};
    const auto svg = tissue_svg(grid(2, 2), cluster, odd, {.title = "<&>"});
    CHECK(count(svg, ">a&lt;b &amp; &quot;c&quot;&gt;</text>") == 1);
    CHECK(count(svg, ">caf? ?</text>") == 1);
    CHECK(count(svg, ">" + std::string(32, 'x') + "…</text>") == 1);
    CHECK(count(svg, "<title>" + std::string(50, 'x') + "</title>") == 1);
    CHECK(count(svg, ">straße</text>") == 1);
    CHECK(count(svg, "<title>&lt;&amp;&gt;</title>") == 1);
}

TEST_CASE("spots without coordinates are counted but not drawn") {
    auto at = grid(3, 3);
    at(4, 1) = std::nan("");
    const std::vector<Label> cluster(9, 0);
    const auto svg = tissue_svg(at, cluster, names);
    CHECK(count(svg, "<circle") == 8 + 3);
    CHECK(count(svg, ">9</text>") == 1);
    CHECK(count(svg, "nan") == 0);
}

TEST_CASE("few spots, all at one place, and none are pictures too") {
    for (const Index n : {0, 1, 5}) {
        const RowMatrix<double> at = RowMatrix<double>::Constant(n, 2, 7);
        const std::vector<Label> cluster(static_cast<std::size_t>(n), 0);
        const auto svg = tissue_svg(at, cluster, names);
        CHECK(count(svg, "<circle") == n + 3);
        CHECK(count(svg, "nan") + count(svg, "inf") == 0);
    }
    const RowMatrix<double> unknown = RowMatrix<double>::Constant(2, 2, std::nan(""));
    const std::vector<Label> cluster(2, 0);
    const std::vector<std::string> sections = {"a", "b"};
    CHECK(count(tissue_svg(unknown, cluster, names, {.sections = sections}), "<circle") == 3);
}

TEST_CASE("a picture of things that do not fit together is an error") {
    const std::vector<Label> cluster = {0, 1, 2, 3};
    const std::vector<std::string> sections = {"a"};
    const auto error = [](auto&& act) -> std::string {
        try {
            act();
        } catch (const Error& e) {
            return e.what();
        }
        return {};
    };
    CHECK(error([&] { (void)tissue_svg(grid(3, 1), cluster, names); }) ==
          "tissue_svg: coordinates are 3 x 2, cluster needs 4 x 2");
    CHECK(error([&] { (void)tissue_svg(grid(2, 2), cluster, names, {.sections = sections}); }) ==
          "tissue_svg: sections has 1 entries, cluster has 4");
    CHECK(error([&] { (void)tissue_svg(grid(2, 2), cluster, names); }) ==
          "tissue_svg: a spot has cluster 3, but names has 3 entries; name every cluster");
}

TEST_CASE("the palette's colours can be told apart") {
    CHECK(color_of(0) == palette[0]);
    // places in OKLab (Ottosson, 2020), where 0.02 is about what an eye just sees side by side
    std::vector<Eigen::Vector3d> places;
    for (Index k = 0; k < std::ssize(palette); ++k) {
        const auto color = color_of(k);
        Eigen::Vector3d rgb;
        for (int c = 0; c < 3; ++c) {
            const double shown =
                std::stoi(color.substr(1 + 2 * static_cast<std::size_t>(c), 2), nullptr, 16) /
                255.0;
            rgb[c] = shown <= 0.04045 ? shown / 12.92 : std::pow((shown + 0.055) / 1.055, 2.4);
        }
        Eigen::Matrix3d cones, lab;
        cones << 0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566,
            0.0883024619, 0.2817188376, 0.6299787005;
        lab << 0.2104542553, 0.7936177850, -0.0040720468, 1.9779984951, -2.4285922050, 0.4505937099,
            0.0259040371, 0.7827717662, -0.8086757660;
        places.push_back(lab * (cones * rgb).array().pow(1.0 / 3).matrix());
        for (std::size_t other = 0; other + 1 < places.size(); ++other) {
            INFO(color << " and " << palette[other]);
            CHECK((places.back() - places[other]).norm() > 0.05);
        }
    }
}

TEST_CASE("numbers in pictures are short") {
    CHECK(detail::svg_number(12.34) == "12.3");
    CHECK(detail::svg_number(-0.04) == "0");
    CHECK(detail::svg_number(-7.96) == "-8");
    CHECK(detail::svg_number(-0.5) == "-0.5");
    CHECK(detail::grouped_digits(999) == "999");
    CHECK(detail::grouped_digits(1234567) == "1,234,567");
}
