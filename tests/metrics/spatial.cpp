#include "support/catch.hpp"
#include "support/random.hpp"

#include <transst/metrics/assortativity.hpp>
#include <transst/metrics/chaos.hpp>
#include <transst/metrics/gearys_c.hpp>
#include <transst/metrics/morans_i.hpp>
#include <transst/metrics/pas.hpp>
#include <transst/metrics/silhouette.hpp>

#include <numeric>

using namespace transst;
using support::contains;

namespace {

using Labels = std::vector<Label>;
using Names = std::vector<std::string>;

RowMatrix<double> places(Index count, std::uint64_t seed) {
    RandomStream random(seed);
    RowMatrix<double> out(count, 2);
    for (double& x : out.reshaped()) x = random.uniform(0, 10);
    out.col(1) *= 3;
    return out;
}

/// The published code, line by line: coordinates scaled, each spot's nearest of its own cluster.
double plain_chaos(RowMatrix<double> x, const Labels& labels) {
    for (auto axis : x.colwise()) {
        axis.array() -= axis.mean();
        axis /= std::sqrt(axis.squaredNorm() / static_cast<double>(axis.size() - 1));
    }
    double sum = 0;
    for (Index i = 0; i < x.rows(); ++i) {
        double nearest = std::numeric_limits<double>::infinity();
        for (Index j = 0; j < x.rows(); ++j)
            if (i != j &&
                labels[static_cast<std::size_t>(i)] == labels[static_cast<std::size_t>(j)])
                nearest = std::min(nearest, (x.row(i) - x.row(j)).norm());
        if (std::isfinite(nearest)) sum += nearest;
    }
    return sum / static_cast<double>(x.rows());
}

double plain_pas(const RowMatrix<double>& x, const Labels& labels) {
    double abnormal = 0;
    for (Index i = 0; i < x.rows(); ++i) {
        std::vector<std::pair<double, Label>> others;
        for (Index j = 0; j < x.rows(); ++j)
            if (i != j)
                others.emplace_back((x.row(i) - x.row(j)).norm(),
                                    labels[static_cast<std::size_t>(j)]);
        std::sort(others.begin(), others.end());
        abnormal += std::count_if(others.begin(), others.begin() + 10, [&](const auto& other) {
                        return other.second != labels[static_cast<std::size_t>(i)];
                    }) >= 6;
    }
    return abnormal / static_cast<double>(x.rows());
}

double plain_silhouette(const RowMatrix<double>& x, const Labels& labels, Label clusters) {
    double total = 0;
    for (Index i = 0; i < x.rows(); ++i) {
        const Label own = labels[static_cast<std::size_t>(i)];
        double a = 0, b = std::numeric_limits<double>::infinity();
        bool alone = false;
        for (Label k = 0; k < clusters; ++k) {
            double sum = 0, count = 0;
            for (Index j = 0; j < x.rows(); ++j)
                if (j != i && labels[static_cast<std::size_t>(j)] == k) {
                    sum += (x.row(i) - x.row(j)).norm();
                    count += 1;
                }
            if (k == own) {
                alone = count == 0;
                a = sum / count;
            } else if (count > 0) {
                b = std::min(b, sum / count);
            }
        }
        if (!alone) total += (b - a) / std::max(a, b);
    }
    return total / static_cast<double>(x.rows());
}

}  // namespace

TEST_CASE("CHAOS and PAS are the published code's") {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        const auto x = places(150, seed);
        auto labels = support::labels(150, 4, seed + 20);
        if (seed > 4)  // smooth in space
            for (Index i = 0; i < 150; ++i)
                labels[static_cast<std::size_t>(i)] = x(i, 0) < 5 ? 0 : x(i, 1) < 12 ? 1 : 2;
        labels[60] = 9;  // alone
        CHECK(chaos(x, labels) == Approx(plain_chaos(x, labels)).epsilon(1e-12));
        CHECK(pas(x, labels) == plain_pas(x, labels));
    }
}

TEST_CASE("CHAOS of a line") {
    // Five spots 1 apart: standard deviation √2.5; the axis that does not vary counts as 0.
    RowMatrix<double> x(5, 2);
    x << 10, 7, 11, 7, 12, 7, 13, 7, 14, 7;
    CHECK(chaos(x, Labels{0, 0, 0, 0, 0}) == Approx(1 / std::sqrt(2.5)));
    // 0 1 0 1 0: each is 2 from its nearest.
    CHECK(chaos(x, Labels{0, 1, 0, 1, 0}) == Approx(2 / std::sqrt(2.5)));
    // Units, places and cluster names do not count.
    const RowMatrix<double> moved = (x.array() * 137.5 + 9000).matrix();
    CHECK(chaos(moved, Labels{7, 3, 7, 3, 7}) == Approx(2 / std::sqrt(2.5)));
}

TEST_CASE("spatial scores leave out what has no label and keep sections apart") {
    const auto one = places(80, 3);
    const auto labels = support::labels(80, 3, 4);
    RowMatrix<double> x(200, 2);
    Labels all;
    Names sections;
    for (Index i = 0; i < 200; ++i) {
        // Section b lies where a does; the last are left out.
        if (i < 160)
            x.row(i) = one.row(i % 80);
        else
            x.row(i).setConstant(std::nan(""));
        all.push_back(i < 160 ? labels[static_cast<std::size_t>(i % 80)] : left_out);
        sections.push_back(i < 80 ? "a" : "b");
    }
    CHECK(chaos(x, all, sections) == Approx(chaos(one, labels)).epsilon(1e-12));
    CHECK(pas(x, all, sections) == pas(one, labels));
    CHECK(chaos(x, all) == 0);  // every spot on top of its twin

    // A few spots look at all of the others.
    const RowMatrix<double> few = one.topRows(4);
    CHECK(pas(few, Labels{0, 0, 0, 1}) == 0.25);
    CHECK(pas(few, Labels{0, 0, 1, 1}) == 1);
    CHECK(pas(few, Labels{0, 0, 1, 1}, Names{"a", "a", "b", "b"}) == 0);
    CHECK(pas(few.topRows(1), Labels{0}) == 0);
    CHECK(chaos(few.topRows(1), Labels{0}) == 0);
    CHECK(chaos(few, Labels{0, 1, 2, 3}) == 0);

    for (const int threads : {2, 7}) {
        CHECK(chaos(x, all, sections, {.threads = threads}) == chaos(x, all, sections));
        CHECK(pas(x, all, sections, {.threads = threads}) == pas(x, all, sections));
    }

    CHECK_THROWS_AS(pas(one, Labels(79, 0)), ShapeMismatch);
    CHECK_THROWS_AS(chaos(one, labels, Names(79, "a")), ShapeMismatch);
    CHECK_THROWS_WITH(chaos(one, Labels(80, left_out)), contains("none of the 80 spots"));
    CHECK_THROWS_AS(pas(x, Labels(200, 0)), BadData);  // without a place
    CHECK_THROWS_AS(pas(one, labels, {}, {}, 0), InvalidArgument);
}

TEST_CASE("Moran's I and Geary's C in closed form") {
    // A path of three with values 1, 2, 3: x − x̄ is −1, 0, 1; each of two edges counts twice.
    const auto path = Graph::from_edges(3, std::vector<std::pair<Index, Index>>{{0, 1}, {1, 2}});
    Vector<double> x(3);
    x << 1, 2, 3;
    CHECK(morans_i(x, path) == 0);
    CHECK(gearys_c(x, path, EdgeWeights::binary) == Approx(2.0 / (2 * 4) * 4 / 2));
    // With rows standardised the middle's weights are ½.
    CHECK(gearys_c(x, path) == Approx(2.0 / (2 * 3) * 3 / 2));

    // A ring of alternating values: every neighbour differs.
    std::vector<std::pair<Index, Index>> ring;
    Vector<double> alternating(10);
    for (Index i = 0; i < 10; ++i) {
        ring.emplace_back(i, (i + 1) % 10);
        alternating[i] = i % 2 == 0 ? 5 : 7;
    }
    const auto cycle = Graph::from_edges(10, ring);
    for (const auto weights : {EdgeWeights::binary, EdgeWeights::row_standardized}) {
        CHECK(morans_i(alternating, cycle, weights) == Approx(-1));
        CHECK(gearys_c(alternating, cycle, weights) == Approx(1.8));
    }

    // In a complete graph I is −1 / (n − 1) and C is 1, whatever the values.
    std::vector<std::pair<Index, Index>> edges;
    for (Index i = 0; i < 12; ++i)
        for (Index j = 0; j < i; ++j) edges.emplace_back(i, j);
    const Vector<double> any = RandomStream(3).normal_matrix(12, 1);
    const auto complete = Graph::from_edges(12, edges);
    CHECK(morans_i(any, complete) == Approx(-1.0 / 11));
    CHECK(gearys_c(any, complete) == Approx(1));
}

TEST_CASE("Moran's I and Geary's C by a dense matrix of weights") {
    for (const bool directed : {false, true}) {
        const auto graph = support::random_graph(60, 4, directed, 8);
        const Vector<double> x = RandomStream(5).normal_matrix(60, 1).array() + 3;
        for (const auto weights : {EdgeWeights::binary, EdgeWeights::row_standardized}) {
            Matrix<double> w = Matrix<double>::Zero(60, 60);
            for (Index i = 0; i < 60; ++i)
                for (const Index j : graph.of(i))
                    w(i, j) = weights == EdgeWeights::binary
                                  ? 1
                                  : 1 / static_cast<double>(graph.degree(i));
            const Vector<double> y = x.array() - x.mean();
            double squares = 0;
            for (Index i = 0; i < 60; ++i)
                for (Index j = 0; j < 60; ++j) squares += w(i, j) * (x[i] - x[j]) * (x[i] - x[j]);
            CHECK(morans_i(x, graph, weights) ==
                  Approx(60 / w.sum() * y.dot(w * y) / y.squaredNorm()).epsilon(1e-12));
            CHECK(gearys_c(x, graph, weights) ==
                  Approx(59 * squares / (2 * w.sum() * y.squaredNorm())).epsilon(1e-12));
        }
    }
}

TEST_CASE("autocorrelation where there is none to speak of") {
    const auto graph = support::grid(4, 5);
    const Vector<double> constant = Vector<double>::Constant(20, 0.1);
    CHECK(morans_i(constant, graph) == 0);
    CHECK(gearys_c(constant, graph) == 1);
    const auto bare = Graph::from_edges(3, {});
    CHECK(morans_i(Vector<double>::LinSpaced(3, 0, 1), bare) == 0);
    CHECK(gearys_c(Vector<double>::LinSpaced(3, 0, 1), bare) == 1);
    CHECK(morans_i(Vector<double>(0), Graph{}) == 0);
    CHECK_THROWS_AS(morans_i(constant, bare), ShapeMismatch);
    Vector<double> broken = constant;
    broken[3] = std::nan("");
    CHECK_THROWS_AS(gearys_c(broken, graph), BadData);
}

TEST_CASE("the silhouette is its definition's") {
    RowMatrix<double> scores = RandomStream(4).normal_matrix(120, 5);
    auto labels = support::labels(120, 4, 6);
    for (Index i = 0; i < 120; ++i) scores(i, labels[static_cast<std::size_t>(i)]) += 2;
    labels[17] = 4;  // alone
    CHECK(silhouette(scores, labels) == Approx(plain_silhouette(scores, labels, 5)).epsilon(1e-12));
    CHECK(silhouette(scores, labels, {.threads = 7}) == silhouette(scores, labels));

    // Names do not count, spots without one are left out.
    Labels renamed;
    for (const Label label : labels) renamed.push_back(900 - 7 * label);
    CHECK(silhouette(scores, renamed) == Approx(silhouette(scores, labels)).epsilon(1e-12));
    RowMatrix<double> more(125, 5);
    more << scores, RowMatrix<double>::Constant(5, 5, std::nan(""));
    auto with_none = labels;
    with_none.resize(125, left_out);
    CHECK(silhouette(more, with_none) == silhouette(scores, labels));
    CHECK(silhouette(RowMatrix<float>(scores.cast<float>()), labels) ==
          Approx(silhouette(scores, labels)).epsilon(1e-5));

    CHECK(silhouette(scores, Labels(120, 3)) == 0);
    Labels each(120);
    std::iota(each.begin(), each.end(), 0);
    CHECK(silhouette(scores, each) == 0);
    const RowMatrix<double> same = RowMatrix<double>::Ones(120, 2);
    CHECK(silhouette(same, labels) == 0);
    CHECK_THROWS_AS(silhouette(scores, Labels(3, 0)), ShapeMismatch);
    CHECK_THROWS_AS(silhouette(scores, Labels(120, left_out)), BadData);
    CHECK_THROWS_AS(silhouette(more, Labels(125, 0)), BadData);
    CHECK_THROWS_AS(silhouette(scores, labels, {}, 0), InvalidArgument);
}

TEST_CASE("the silhouette of many spots is that of some of them") {
    RowMatrix<double> scores = RandomStream(9).normal_matrix(4000, 3);
    const auto labels = support::labels(4000, 3, 2);
    for (Index i = 0; i < 4000; ++i) scores(i, labels[static_cast<std::size_t>(i)]) += 3;
    const double all = silhouette(scores, labels);
    CHECK(silhouette(scores, labels, {}, 4000) == all);
    const double some = silhouette(scores, labels, {}, 1500);
    CHECK(some == silhouette(scores, labels, {.threads = 3}, 1500));
    CHECK(some != silhouette(scores, labels, {.seed = 2}, 1500));
    CHECK(some == Approx(all).margin(0.02));
}

TEST_CASE("the simplified silhouette measures to centroids") {
    // Two clusters of two: centroids 1 and 11.
    RowMatrix<double> scores(4, 1);
    scores << 0, 2, 10, 12;
    const double expected = ((10.0 / 11) + (8.0 / 9) + (8.0 / 9) + (10.0 / 11)) / 4;
    CHECK(simplified_silhouette(scores, Labels{0, 0, 1, 1}) == Approx(expected));
    CHECK(simplified_silhouette(scores, Labels{5, 5, 5, 5}) == 0);
    CHECK(simplified_silhouette(scores, Labels{0, 1, 2, 3}) == 0);
    const RowMatrix<double> many = RandomStream(2).normal_matrix(3000, 4);
    const auto labels = support::labels(3000, 6, 1);
    CHECK(simplified_silhouette(many, labels, {.threads = 5}) ==
          simplified_silhouette(many, labels));
}

TEST_CASE("assortativity is neighbours' agreement beyond chance") {
    using Edges = std::vector<std::pair<Index, Index>>;
    const Graph path = Graph::from_edges(4, Edges{{0, 1}, {1, 2}, {2, 3}});
    // of six ends' pairs four agree; half of the ends are of each cluster
    CHECK(std::abs(assortativity(Labels{0, 0, 1, 1}, path) - (4.0 / 6 - 0.5) / 0.5) < 1e-12);
    CHECK(assortativity(Labels{0, 1, 0, 1}, path) == -1);
    CHECK(assortativity(Labels{1, 1, 1, 1}, path) == 0);
    CHECK(assortativity(Labels{0, 0, left_out, 1}, path) == 0);  // one cluster has all the edges
    CHECK(assortativity(Labels{0, 1}, Graph::from_edges(2, Edges{})) == 0);
    CHECK(assortativity(Labels{0, 0, 1, 1}, Graph::from_edges(4, Edges{{0, 1}, {2, 3}})) == 1);
    // Newman 2003, table I: the couples of San Francisco, each an edge between four groups
    const double couples[4][4] = {{0.258, 0.016, 0.035, 0.013},
                                  {0.012, 0.157, 0.058, 0.019},
                                  {0.013, 0.023, 0.306, 0.035},
                                  {0.005, 0.007, 0.024, 0.016}};
    Edges edges;
    Labels groups;
    for (Label a = 0; a < 4; ++a)
        for (Label b = 0; b < 4; ++b)
            for (int e = 0; e < std::lround(1000 * couples[a][b]); ++e) {
                edges.emplace_back(std::ssize(groups), std::ssize(groups) + 1);
                groups.push_back(a);
                groups.push_back(b);
            }
    const Graph all = Graph::from_edges(std::ssize(groups), edges, true);
    CHECK(std::abs(assortativity(groups, all) - 0.621) < 0.0025);  // the table is rounded
    CHECK_THROWS_AS(assortativity(Labels{0}, path), ShapeMismatch);
}
