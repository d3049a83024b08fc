#include "oracle.hpp"
#include "support/catch.hpp"

#include <transst/graph/radius_graph.hpp>

#include <cmath>
#include <limits>

using namespace transst;
using support::contains;

namespace {

using Names = std::vector<std::string>;

double median_degree(const Graph& graph) {
    std::vector<Index> degrees;
    for (Index i = 0; i < graph.nodes(); ++i) degrees.push_back(graph.degree(i));
    std::sort(degrees.begin(), degrees.end());
    const std::size_t n = degrees.size();
    return static_cast<double>(degrees[(n - 1) / 2] + degrees[n / 2]) / 2;
}

Index disagreements(const Graph& graph, const RowMatrix<double>& x, const Names& sections,
                    double radius) {
    Index wrong = 0;
    for (Index i = 0; i < x.rows(); ++i) {
        std::vector<Index> expected;
        for (const auto& [squared, j] : oracle::others(x, sections, i))
            if (squared <= radius * radius) expected.push_back(j);
        wrong +=
            !std::equal(expected.begin(), expected.end(), graph.of(i).begin(), graph.of(i).end());
    }
    return wrong;
}

}  // namespace

TEST_CASE("all within a radius, the radius included") {
    const auto lattice = oracle::square(20, 20);
    for (const double radius : {1.0, 2.0, 5.0, 0.5}) {
        const Graph graph = RadiusGraph{{.radius = radius}}.fit(lattice, {}, {.threads = 2});
        CHECK_NOTHROW(graph.check("test"));
        CHECK(disagreements(graph, lattice, {}, radius) == 0);
    }
    CHECK(RadiusGraph{{.radius = 1}}.fit(lattice).largest_degree() == 4);
    CHECK(RadiusGraph{{.radius = 0.5}}.fit(lattice).entries() == 0);

    const auto x = oracle::random(900, 3, 2);
    Names sections;
    for (Index i = 0; i < x.rows(); ++i) sections.push_back(i % 4 == 0 ? "A" : "B");
    const Graph graph = RadiusGraph{{.radius = 0.9}}.fit(x, sections);
    CHECK_NOTHROW(graph.check("test"));
    CHECK(disagreements(graph, x, sections, 0.9) == 0);
}

TEST_CASE("a radius found by bisection") {
    SECTION("lattices have their neighbours") {
        CHECK(median_degree(RadiusGraph{}.fit(oracle::square(30, 30))) == 4);
        CHECK(median_degree(RadiusGraph{}.fit(oracle::hexagonal(30, 30, 137.3))) == 6);
    }
    SECTION("random places") {
        const auto x = oracle::random(2001, 2, 77);
        const double median = median_degree(RadiusGraph{}.fit(x));
        CHECK(median >= 4);
        CHECK(median <= 6);
        const auto radii = RadiusGraph{}.find_radii(x);
        REQUIRE(radii.size() == 1);
        CHECK(disagreements(RadiusGraph{}.fit(x), x, {}, radii[0]) == 0);
        const double more = median_degree(RadiusGraph{{.fewest = 20, .most = 20}}.fit(x));
        CHECK(more == 20);
    }
    SECTION("each section has its own") {
        RowMatrix<double> x(800, 2);
        x << oracle::square(20, 20), oracle::square(20, 20, 55);
        Names sections(800, "fine");
        for (std::size_t i = 400; i < 800; ++i) sections[i] = "coarse";
        const auto radii = RadiusGraph{}.find_radii(x, sections);
        REQUIRE(radii.size() == 2);
        CHECK((radii[0] >= 1 && radii[0] < std::sqrt(2)));
        CHECK((radii[1] >= 55 && radii[1] < 55 * std::sqrt(2)));
        const Graph graph = RadiusGraph{}.fit(x, sections);
        CHECK_NOTHROW(graph.check("test"));
        CHECK(graph.largest_degree() == 4);
    }
    SECTION("a small section joins all") {
        RowMatrix<double> x(5, 2);
        x << oracle::random(5, 2, 1);
        const Graph graph = RadiusGraph{}.fit(x, Names{"a", "b", "a", "a", "a"});
        CHECK(graph.degree(0) == 3);
        CHECK(graph.degree(1) == 0);
        CHECK(median_degree(RadiusGraph{}.fit(x)) == 4);
    }
    SECTION("no radius will do") {
        // A unit square: none, then two neighbours each, then three.
        RowMatrix<double> x(4, 2);
        x << 0, 0, 1, 0, 0, 1, 1, 1;
        CHECK_THROWS_AS((RadiusGraph{{.fewest = 1, .most = 1}}.fit(x)), BadData);
        CHECK_THROWS_WITH((RadiusGraph{{.fewest = 1, .most = 1}}.fit(x)),
                          contains("no radius") && contains("4 spots"));
    }
}

TEST_CASE("the same radius graph for any number of threads") {
    const auto x = oracle::random(4000, 2, 31);
    const Graph graph = RadiusGraph{}.fit(x);
    for (const int threads : {2, 7}) {
        const Graph again = RadiusGraph{}.fit(x, {}, {.threads = threads});
        CHECK(again.starts == graph.starts);
        CHECK(again.neighbors == graph.neighbors);
    }
}

TEST_CASE("what a radius graph refuses") {
    const auto x = oracle::square(4, 4);
    CHECK_THROWS_WITH((RadiusGraph{{.radius = -1}}.fit(x)), contains("radius = -1"));
    CHECK_THROWS_AS((RadiusGraph{{.radius = std::nan("")}}.fit(x)), InvalidArgument);
    CHECK_THROWS_AS((RadiusGraph{{.radius = std::numeric_limits<double>::infinity()}}.fit(x)),
                    InvalidArgument);
    CHECK_THROWS_AS((RadiusGraph{{.fewest = 5, .most = 4}}.fit(x)), InvalidArgument);
    CHECK_THROWS_AS(RadiusGraph{}.fit(RowMatrix<double>(0, 2)), BadData);
    auto twice = x;
    twice.row(3) = twice.row(9);
    CHECK_THROWS_WITH(RadiusGraph{}.fit(twice), contains("spots 3 and 9"));
    CHECK_NOTHROW((RadiusGraph{{.radius = 1, .allow_duplicates = true}}.fit(twice)));
}
