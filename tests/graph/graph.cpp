#include "support/catch.hpp"

#include <transst/core/random.hpp>
#include <transst/graph/coloring.hpp>
#include <transst/graph/graph.hpp>
#include <transst/graph/lattice_graph.hpp>

#include <set>

using namespace transst;
using support::contains;

namespace {

std::vector<Index> near(const Graph& graph, Index i) {
    return {graph.of(i).begin(), graph.of(i).end()};
}

using Edges = std::vector<std::pair<Index, Index>>;

}  // namespace

TEST_CASE("a graph without nodes") {
    const Graph graph;
    CHECK(graph.nodes() == 0);
    CHECK(graph.entries() == 0);
    CHECK(graph.largest_degree() == 0);
    CHECK(graph.symmetrized().nodes() == 0);
    CHECK_NOTHROW(graph.check("test"));
    CHECK(color_nodes(graph).empty());
}

TEST_CASE("a graph from edges: any order, any direction, once or twice") {
    const Graph graph = Graph::from_edges(5, Edges{{3, 0}, {0, 1}, {1, 0}, {0, 3}, {4, 3}});
    CHECK_FALSE(graph.directed);
    CHECK_NOTHROW(graph.check("test"));
    CHECK(near(graph, 0) == std::vector<Index>{1, 3});
    CHECK(near(graph, 1) == std::vector<Index>{0});
    CHECK(near(graph, 2).empty());
    CHECK(near(graph, 3) == std::vector<Index>{0, 4});
    CHECK(near(graph, 4) == std::vector<Index>{3});
    CHECK(graph.largest_degree() == 2);

    const Graph directed = Graph::from_edges(3, Edges{{2, 0}, {2, 1}}, true);
    CHECK(directed.directed);
    CHECK(directed.entries() == 2);
    CHECK(near(directed, 2) == std::vector<Index>{0, 1});

    CHECK_THROWS_AS(Graph::from_edges(3, Edges{{0, 3}}), BadData);
    CHECK_THROWS_AS(Graph::from_edges(3, Edges{{-1, 2}}), BadData);
    CHECK_THROWS_WITH(Graph::from_edges(3, Edges{{1, 1}}), contains("node 1"));
}

TEST_CASE("symmetrising joins where either looks at the other") {
    Eigen::Matrix<int, 4, 2> ids;
    ids << 3, 2, 1, 4, 4, 1, 1, 2;
    const Graph graph = Graph::from_neighbors(ids, 1);
    CHECK(graph.directed);
    CHECK(near(graph, 0) == std::vector<Index>{2, 1});  // as recorded, nearest first
    const Graph both = graph.symmetrized();
    CHECK_NOTHROW(both.check("test"));
    CHECK(near(both, 0) == std::vector<Index>{1, 2, 3});
    CHECK(near(both, 1) == std::vector<Index>{0, 3});
    CHECK(near(both, 2) == std::vector<Index>{0, 3});
    CHECK(near(both, 3) == std::vector<Index>{0, 1, 2});
    CHECK(both.symmetrized().neighbors == both.neighbors);
}

TEST_CASE("recorded neighbours that are none") {
    Eigen::Matrix<Index, 3, 2> ids;
    ids << 1, 2, 0, 2, 0, 3;
    CHECK_THROWS_WITH(Graph::from_neighbors(ids), contains("node 2 has the neighbour 3"));
    ids(2, 1) = 2;
    CHECK_THROWS_WITH(Graph::from_neighbors(ids), contains("its own neighbour"));
    ids(2, 1) = 0;
    CHECK_THROWS_WITH(Graph::from_neighbors(ids), contains("twice"));
}

TEST_CASE("check says what is wrong with a graph") {
    Graph graph = Graph::from_edges(4, Edges{{0, 1}, {1, 2}, {2, 3}});
    SECTION("starts") {
        graph.starts[2] = 9;
        CHECK_THROWS_AS(graph.check("f"), BadData);
    }
    SECTION("an edge at one end only") {
        graph.neighbors[0] = 3;
        CHECK_THROWS_WITH(graph.check("f"), contains("f: ") && contains("from 0 to 3"));
        graph.directed = true;
        CHECK_NOTHROW(graph.check("f"));
    }
    SECTION("not sorted") {
        std::swap(graph.neighbors[1], graph.neighbors[2]);
        CHECK_THROWS_WITH(graph.check("f"), contains("node 1 must rise"));
    }
    SECTION("sections") {
        graph.section = {0, 0, 0};
        CHECK_THROWS_WITH(graph.check("f"), contains("4 nodes, but 3 sections"));
        graph.section = {0, 0, 1, 1};
        CHECK_THROWS_WITH(graph.check("f"), contains("joins nodes 1 and 2"));
    }
}

TEST_CASE("colouring leaves no edge within a set") {
    const auto board = color_nodes(square_lattice(5, 4));
    REQUIRE(board.size() == 2);
    for (std::size_t color = 0; color < 2; ++color)
        for (const Index i : board[color]) CHECK((i / 4 + i % 4) % 2 == static_cast<Index>(color));

    // A wheel: a hub and an odd rim need four.
    Edges edges;
    for (Index i = 1; i <= 5; ++i) {
        edges.emplace_back(0, i);
        edges.emplace_back(i, i % 5 + 1);
    }
    const Graph wheel = Graph::from_edges(6, edges);
    const auto sets = color_nodes(wheel);
    CHECK(sets.size() == 4);
    std::vector<std::size_t> color(6, 99);
    for (std::size_t s = 0; s < sets.size(); ++s)
        for (const Index i : sets[s]) color[static_cast<std::size_t>(i)] = s;
    for (const auto& [a, b] : edges)
        CHECK(color[static_cast<std::size_t>(a)] != color[static_cast<std::size_t>(b)]);
    CHECK(*std::max_element(color.begin(), color.end()) == 3);
}

TEST_CASE("symmetrising: a random graph, edge by edge, on any number of threads") {
    RandomStream random(11);
    const Index n = 3000;
    Edges edges;
    for (Index i = 1; i < n; ++i) {
        edges.emplace_back(i, 0);  // a node that all look at
        for (int e = 0; e < 4; ++e)
            if (const Index j = random.below(n); j != i) edges.emplace_back(i, j);
    }
    const Graph directed = Graph::from_edges(n, edges, true);
    const Graph one = directed.symmetrized();
    CHECK_NOTHROW(one.check("test"));
    std::set<std::pair<Index, Index>> expected;
    for (const auto& [a, b] : edges) {
        expected.emplace(a, b);
        expected.emplace(b, a);
    }
    std::set<std::pair<Index, Index>> found;
    for (Index i = 0; i < n; ++i)
        for (const Index j : one.of(i)) found.emplace(i, j);
    CHECK(one.entries() == std::ssize(expected));
    CHECK(found == expected);
    for (const int threads : {2, 7}) {
        const Graph other = directed.symmetrized(threads);
        CHECK(other.starts == one.starts);
        CHECK(other.neighbors == one.neighbors);
    }
}

TEST_CASE("renumbering: the same edges by their new names") {
    const Index n = 700;
    RandomStream random(4);
    Edges edges;
    for (int e = 0; e < 2000; ++e) {
        const Index a = random.below(n), b = random.below(n);
        if (a != b) edges.emplace_back(a, b);
    }
    std::vector<Index> numbers(static_cast<std::size_t>(n));
    for (Index p = 0; p < n; ++p) numbers[static_cast<std::size_t>(p)] = p * 11 % n;
    const auto number = [&](Index p) { return numbers[static_cast<std::size_t>(p)]; };
    const bool directed = GENERATE(true, false);
    CAPTURE(directed);
    Graph graph = Graph::from_edges(n, edges, directed);
    for (Index p = 0; p < n; ++p) graph.section.push_back(static_cast<std::int32_t>(p % 7));
    for (const int threads : {1, 3}) {
        const Graph named = graph.renumbered(numbers, threads);
        CHECK(named.directed == directed);
        REQUIRE(named.nodes() == n);
        for (Index p = 0; p < n; ++p) {
            std::vector<Index> expected;
            for (const Index j : graph.of(p)) expected.push_back(number(j));
            if (!directed) std::sort(expected.begin(), expected.end());
            REQUIRE(near(named, number(p)) == expected);
            REQUIRE(named.section[static_cast<std::size_t>(number(p))] == p % 7);
        }
    }
}
