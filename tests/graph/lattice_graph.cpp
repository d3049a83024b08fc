#include "oracle.hpp"
#include "support/catch.hpp"

#include <transst/graph/lattice_graph.hpp>
#include <transst/graph/radius_graph.hpp>

using namespace transst;
using support::contains;

namespace {

using Names = std::vector<std::string>;

struct Array {
    std::vector<Index> rows, columns;
};

Array shuffled(const Array& array, std::uint64_t seed) {
    Array out;
    for (const Index i : RandomStream(seed).permutation(static_cast<Index>(array.rows.size()))) {
        out.rows.push_back(array.rows[static_cast<std::size_t>(i)]);
        out.columns.push_back(array.columns[static_cast<std::size_t>(i)]);
    }
    return out;
}

/// The array with a hole in it.
Array holed(Index height, Index width, bool hexagonal) {
    Array out;
    for (Index r = 0; r < height; ++r) {
        for (Index c = 0; c < width; ++c) {
            if (r > 3 && r < 7 && c > 2 && c < 8) continue;
            out.rows.push_back(r);
            out.columns.push_back(hexagonal ? 2 * c + r % 2 : c);
        }
    }
    return out;
}

}  // namespace

TEST_CASE("the lattice's neighbours are those within one step") {
    const bool hexagonal = GENERATE(false, true);
    const Array array = shuffled(holed(14, 17, hexagonal), 5);
    const Graph graph =
        LatticeGraph{{.lattice = hexagonal ? Lattice::hexagonal : Lattice::square}}.fit(
            array.rows, array.columns, {}, {.threads = 2});
    CHECK_NOTHROW(graph.check("test"));
    CHECK(graph.largest_degree() == (hexagonal ? 6 : 4));

    // Visium's rows are √3 as far apart as its columns.
    RowMatrix<double> x(graph.nodes(), 2);
    for (Index i = 0; i < x.rows(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        x.row(i) << static_cast<double>(array.columns[at]),
            (hexagonal ? std::sqrt(3.0) : 1.0) * static_cast<double>(array.rows[at]);
    }
    const Graph expected = RadiusGraph{{.radius = hexagonal ? 2.1 : 1.1}}.fit(x);
    CHECK(graph.starts == expected.starts);
    CHECK(graph.neighbors == expected.neighbors);
}

TEST_CASE("array positions as coordinates") {
    const Graph graph = LatticeGraph{}.fit(oracle::square(7, 9));
    CHECK(graph.neighbors == square_lattice(7, 9).neighbors);
    CHECK(graph.starts == square_lattice(7, 9).starts);
    CHECK_NOTHROW(graph.check("test"));
    CHECK_THROWS_WITH(LatticeGraph{}.fit(oracle::square(3, 3, 0.5)), contains("spot 1"));
    CHECK_THROWS_AS(LatticeGraph{}.fit(RowMatrix<double>::Zero(3, 3)), ShapeMismatch);
}

TEST_CASE("lattices of several sections") {
    const std::vector<Index> rows{0, 0, 0, 0}, columns{0, 0, 1, 1};
    const Graph graph = LatticeGraph{}.fit(rows, columns, Names{"a", "b", "b", "a"});
    CHECK_NOTHROW(graph.check("test"));
    CHECK(graph.of(0)[0] == 3);
    CHECK(graph.of(1)[0] == 2);
    CHECK(graph.entries() == 4);
    CHECK_THROWS_WITH(LatticeGraph{}.fit(rows, columns), contains("spots 0 and 1"));
}

TEST_CASE("what a lattice refuses") {
    const std::vector<Index> rows{0, 1}, columns{0};
    CHECK_THROWS_AS(LatticeGraph{}.fit(rows, columns), ShapeMismatch);
    CHECK_THROWS_AS(LatticeGraph{}.fit(std::vector<Index>{}, std::vector<Index>{}), BadData);
    const std::vector<Index> far{0, std::numeric_limits<Index>::min()};
    CHECK_THROWS_AS(LatticeGraph{}.fit(far, std::vector<Index>{0, 1}), BadData);
    CHECK_THROWS_AS(square_lattice(0, 3), InvalidArgument);
}
