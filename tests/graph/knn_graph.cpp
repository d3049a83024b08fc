#include "oracle.hpp"
#include "support/catch.hpp"

#include <transst/graph/knn_graph.hpp>

#include <chrono>
#include <limits>
#include <thread>

using namespace transst;
using support::contains;

namespace {

using Names = std::vector<std::string>;

/// Spots whose neighbours, their order included, are not the oracle's.
Index disagreements(const Graph& graph, const RowMatrix<double>& x, const Names& sections,
                    Index neighbors) {
    Index wrong = 0;
    for (Index i = 0; i < x.rows(); ++i) {
        const auto expected = oracle::nearest(x, sections, i, neighbors);
        wrong +=
            !std::equal(expected.begin(), expected.end(), graph.of(i).begin(), graph.of(i).end());
    }
    return wrong;
}

void check_against_oracle(const RowMatrix<double>& x, const Names& sections, Index neighbors) {
    const Graph directed =
        KnnGraph{{.neighbors = neighbors, .symmetric = false}}.fit(x, sections, {.threads = 2});
    CHECK(directed.directed);
    CHECK_NOTHROW(directed.check("test"));
    CHECK(disagreements(directed, x, sections, neighbors) == 0);
}

}  // namespace

TEST_CASE("neighbours are the oracle's on lattices, where ties decide") {
    const Index neighbors = GENERATE(6, 10);
    CAPTURE(neighbors);
    SECTION("hexagonal") {
        check_against_oracle(oracle::hexagonal(78, 64), {}, neighbors);
    }
    SECTION("hexagonal in pixels") {
        check_against_oracle(oracle::hexagonal(40, 33, 137.3), {}, neighbors);
    }
    SECTION("square") {
        check_against_oracle(oracle::square(50, 50), {}, neighbors);
    }
    SECTION("square, in no order") {
        const auto x = oracle::square(40, 41, 0.1);
        const auto order = RandomStream(3).permutation(x.rows());
        check_against_oracle(x(order, Eigen::all), {}, neighbors);
    }
    SECTION("a cube") {
        RowMatrix<double> x(12 * 12 * 12, 3);
        for (Index i = 0; i < x.rows(); ++i)
            x.row(i) << static_cast<double>(i % 12), static_cast<double>(i / 12 % 12),
                static_cast<double>(i / 144);
        check_against_oracle(x, {}, neighbors);
    }
}

TEST_CASE("neighbours are the oracle's at random places") {
    const Index neighbors = GENERATE(1, 6, 10);
    const Index dims = GENERATE(2, 3);
    check_against_oracle(oracle::random(1500, dims, 11), {}, neighbors);
}

TEST_CASE("a spot never neighbours another section, wherever that lies") {
    // Three sections at the same places, their spots mixed.
    const auto one = oracle::hexagonal(12, 15);
    RowMatrix<double> x(3 * one.rows(), 2);
    Names sections;
    for (Index i = 0; i < x.rows(); ++i) {
        x.row(i) = one.row(i / 3);
        sections.push_back(i % 3 == 0 ? "b" : i % 3 == 1 ? "a" : "c");
    }
    check_against_oracle(x, sections, 6);
    const Graph graph = KnnGraph{{.neighbors = 6}}.fit(x, sections);
    CHECK_NOTHROW(graph.check("test"));
    REQUIRE(graph.section.size() == sections.size());
    CHECK(graph.section[0] == 0);  // by first appearance
    CHECK(graph.section[1] == 1);
    CHECK(graph.section[2] == 2);
}

TEST_CASE("small sections among several") {
    RowMatrix<double> x = oracle::random(24, 2, 5);
    Names sections(24, "large");
    sections[4] = "alone";
    sections[7] = sections[9] = sections[20] = "small";
    check_against_oracle(x, sections, 5);
    const Graph graph = KnnGraph{}.fit(x, sections);
    CHECK(graph.degree(4) == 0);
    CHECK(graph.degree(7) == 2);
    CHECK_NOTHROW(graph.check("test"));
}

TEST_CASE("symmetric graphs join where either is among the nearest") {
    const auto x = oracle::random(300, 2, 8);
    const Graph directed = KnnGraph{{.neighbors = 4, .symmetric = false}}.fit(x);
    const Graph graph = KnnGraph{{.neighbors = 4}}.fit(x);
    CHECK_FALSE(graph.directed);
    CHECK_NOTHROW(graph.check("test"));
    const auto looks_at = [&](Index i, Index j) {
        return std::find(directed.of(i).begin(), directed.of(i).end(), j) != directed.of(i).end();
    };
    Index wrong = 0;
    for (Index i = 0; i < 300; ++i)
        for (Index j = 0; j < 300; ++j)
            wrong += (looks_at(i, j) || looks_at(j, i)) !=
                     std::binary_search(graph.of(i).begin(), graph.of(i).end(), j);
    CHECK(wrong == 0);
}

TEST_CASE("the published graph is directed, with five neighbours") {
    const Graph graph = KnnGraph{KnnGraph::Options::published()}.fit(oracle::square(6, 6));
    CHECK(graph.directed);
    CHECK(graph.degree(0) == 5);
    CHECK(KnnGraph{}.options.neighbors == 5);
    CHECK(KnnGraph{}.options.symmetric);
}

TEST_CASE("the same graph for any number of threads, and column by column") {
    const auto x = oracle::random(5000, 2, 21);
    const Graph graph = KnnGraph{}.fit(x);
    for (const int threads : {2, 7}) {
        const Graph again = KnnGraph{}.fit(x, {}, {.threads = threads});
        CHECK(again.starts == graph.starts);
        CHECK(again.neighbors == graph.neighbors);
    }
    const Matrix<double> columns = x;
    CHECK(KnnGraph{}.fit(columns).neighbors == graph.neighbors);
    CHECK(KnnGraph{}.fit(columns.leftCols(2)).neighbors == graph.neighbors);
}

TEST_CASE("duplicate places need permission") {
    RowMatrix<double> x = oracle::random(40, 2, 4);
    x.row(31) = x.row(12);
    CHECK_THROWS_AS(KnnGraph{}.fit(x), BadData);
    CHECK_THROWS_WITH(KnnGraph{}.fit(x),
                      contains("spots 12 and 31") && contains("allow_duplicates"));
    // The same place on different sections is no duplicate.
    Names sections(40, "A");
    for (std::size_t i = 20; i < 40; ++i) sections[i] = "B";
    CHECK_NOTHROW(KnnGraph{}.fit(x, sections));
    sections[12] = "B";
    CHECK_THROWS_WITH(KnnGraph{}.fit(x, sections), contains("section 'B'"));

    const KnnGraph allowing{{.neighbors = 6, .symmetric = false, .allow_duplicates = true}};
    CHECK(disagreements(allowing.fit(x), x, {}, 6) == 0);
    CHECK(allowing.fit(x).of(12)[0] == 31);
    RowMatrix<double> same = RowMatrix<double>::Constant(50, 2, 1.5);
    CHECK(disagreements(allowing.fit(same), same, {}, 6) == 0);
    x(3, 0) = 0.0, x(3, 1) = 1;
    x(5, 0) = -0.0, x(5, 1) = 1;
    x.row(31) << 9, 9;
    CHECK_THROWS_WITH(KnnGraph{}.fit(x), contains("spots 3 and 5"));
}

TEST_CASE("extreme places") {
    // Very uneven spacing, and everything on a line.
    RowMatrix<double> x(60, 2);
    for (Index i = 0; i < 60; ++i) x.row(i) << std::ldexp(1.0, static_cast<int>(i)), 7;
    check_against_oracle(x, {}, 6);
    x *= 1e100;
    check_against_oracle(x, {}, 6);
}

TEST_CASE("what a neighbour graph refuses") {
    const auto x = oracle::square(2, 3);
    CHECK_THROWS_AS((KnnGraph{{.neighbors = 0}}.fit(x)), InvalidArgument);
    CHECK_THROWS_WITH((KnnGraph{{.neighbors = -2}}.fit(x)), contains("neighbors = -2"));
    CHECK_THROWS_WITH((KnnGraph{{.neighbors = 6}}.fit(x)),
                      contains("neighbors = 6") && contains("6 spots"));
    CHECK_NOTHROW(KnnGraph{{.neighbors = 5}}.fit(x));
    CHECK_THROWS_WITH((KnnGraph{{.neighbors = 6}}.fit(x, Names(6, "A"))),
                      contains("section 'A' has 6 spots"));
    CHECK_THROWS_AS(KnnGraph{}.fit(x, Names(5, "A")), ShapeMismatch);
    CHECK_THROWS_AS(KnnGraph{}.fit(RowMatrix<double>(0, 2)), BadData);
    CHECK_THROWS_AS(KnnGraph{}.fit(RowMatrix<double>::Zero(9, 1)), ShapeMismatch);
    CHECK_THROWS_AS(KnnGraph{}.fit(RowMatrix<double>::Zero(9, 4)), ShapeMismatch);
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity(), 1e200}) {
        auto broken = x;
        broken(4, 1) = bad;
        CHECK_THROWS_AS((KnnGraph{{.neighbors = 2}}.fit(broken)), BadData);
        CHECK_THROWS_WITH((KnnGraph{{.neighbors = 2}}.fit(broken)), contains("spot 4"));
    }
}

TEST_CASE("a stop requested while neighbours are looked for ends it, one before does not") {
    const RowMatrix<double> x = RowMatrix<double>::Random(100'000, 2);
    const auto stopped = [&](std::chrono::milliseconds after) {
        std::stop_source source;
        const std::jthread other([&] {
            std::this_thread::sleep_for(after);
            source.request_stop();
        });
        try {
            (void)KnnGraph{{.neighbors = 12}}.fit(x, {}, {.stop = source.get_token()});
        } catch (const Stopped&) {
            return true;
        }
        return false;
    };
    // how long the search takes is not known: one of these falls into it
    bool any = false;
    for (int after = 4; after < 4000 && !any; after *= 2)
        any = stopped(std::chrono::milliseconds(after));
    CHECK(any);
    std::stop_source before;
    before.request_stop();
    const RowMatrix<double> few = x.topRows(20);
    CHECK(KnnGraph{}.fit(few, {}, {.stop = before.get_token()}).nodes() == 20);
}
