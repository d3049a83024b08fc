#include <transst/cluster/residual_correlation.hpp>

#include <Eigen/LU>
#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

/// Each spot's scores and the mean of those around it, shared in these parts.
RowMatrix<double> blended(const RowMatrix<double>& scores, const Graph& graph, double part) {
    RowMatrix<double> out = scores;
    for (Index i = 0; i < graph.nodes(); ++i)
        for (const Index j : graph.of(i))
            out.row(i) += part / static_cast<double>(graph.degree(i)) * scores.row(j);
    return out;
}

/// The definition, by eigenvectors of the pooled covariance.
double by_definition(const RowMatrix<double>& scores, const std::vector<Label>& labels,
                     Index clusters, const Graph& graph) {
    const auto n = static_cast<std::size_t>(scores.rows());
    RowMatrix<double> residuals = scores;
    for (Index k = 0; k < clusters; ++k) {
        Eigen::RowVectorXd mean = Eigen::RowVectorXd::Zero(scores.cols());
        double size = 0;
        for (std::size_t i = 0; i < n; ++i)
            if (labels[i] == k) {
                mean += scores.row(static_cast<Index>(i));
                ++size;
            }
        for (std::size_t i = 0; i < n; ++i)
            if (labels[i] == k) residuals.row(static_cast<Index>(i)) -= mean / size;
    }
    const Eigen::MatrixXd covariance =
        residuals.transpose() * residuals / static_cast<double>(scores.rows());
    const Eigen::MatrixXd inverse = covariance.inverse();
    double sum = 0, edges = 0;
    for (Index i = 0; i < graph.nodes(); ++i)
        for (const Index j : graph.of(i))
            if (labels[static_cast<std::size_t>(i)] == labels[static_cast<std::size_t>(j)]) {
                sum += residuals.row(i) * inverse * residuals.row(j).transpose();
                ++edges;
            }
    return sum / (edges * static_cast<double>(scores.cols()));
}

}  // namespace

TEST_CASE(
    "the correlation of residuals is as defined, whatever the factors' axes and clusters' means") {
    const Graph graph = support::grid(20, 23);
    const auto labels = support::labels(graph.nodes(), 3, 5);
    RandomStream random(6);
    const RowMatrix<double> scores = blended(random.normal_matrix(graph.nodes(), 4), graph, 0.8);
    const auto found = residual_correlation(scores, labels, 3, graph, {.threads = 2});
    CHECK(found.correlation == Approx(by_definition(scores, labels, 3, graph)).epsilon(1e-6));
    CHECK(found.present());
    const auto again = residual_correlation(scores, labels, 3, graph, {.threads = 1});
    CHECK(again.correlation == found.correlation);
    CHECK(again.error == found.error);

    const Matrix<double> axes = random.normal_matrix(4, 4), means = random.normal_matrix(3, 4);
    RowMatrix<double> moved = scores * axes;
    for (Index i = 0; i < moved.rows(); ++i)
        moved.row(i) += 10 * means.row(labels[static_cast<std::size_t>(i)]);
    const auto same = residual_correlation(moved, labels, 3, graph);
    CHECK(same.correlation == Approx(found.correlation).epsilon(1e-5));
    CHECK(same.error == Approx(found.error).epsilon(1e-5));
}

TEST_CASE("independent residuals are not correlated, shared ones are, as far as they are shared") {
    const Graph graph = support::grid(60, 60);
    int within = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        const auto labels = support::labels(graph.nodes(), 4, seed);
        const RowMatrix<double> scores = RandomStream(100 + seed).normal_matrix(graph.nodes(), 5);
        const auto none = residual_correlation(scores, labels, 4, graph);
        CHECK(std::abs(none.correlation) < 4 * none.error);
        within += std::abs(none.correlation) < none.error;
        CHECK(residual_correlation(blended(scores, graph, 0.3), labels, 4, graph).present());
    }
    CHECK(within >= 18);  // a standard error: 68 % of 40, less three deviations of that
    CHECK(within <= 36);

    // a row of spots, each the mean of its own and the next one's noise: correlated by a half
    Graph row;
    constexpr Index n = 20000;
    for (Index i = 0; i < n; ++i) {
        if (i > 0) row.neighbors.push_back(i - 1);
        if (i + 1 < n) row.neighbors.push_back(i + 1);
        row.starts.push_back(row.entries());
    }
    const RowMatrix<double> noise = RandomStream(7).normal_matrix(n + 1, 3);
    const RowMatrix<double> scores = noise.topRows(n) + noise.bottomRows(n);
    const auto half = residual_correlation(scores, std::vector<Label>(n, 0), 1, row);
    CHECK(half.correlation == Approx(0.5).margin(0.02));
}

TEST_CASE("empty clusters do not matter, and what does not vary within clusters counts as 0") {
    const Graph graph = support::grid(20, 23);
    auto labels = support::labels(graph.nodes(), 2, 5);
    const RowMatrix<double> scores =
        blended(RandomStream(6).normal_matrix(graph.nodes(), 3), graph, 0.8);
    const auto found = residual_correlation(scores, labels, 2, graph);
    RowMatrix<double> wider(scores.rows(), 4);
    wider << scores, RowMatrix<double>::Ones(scores.rows(), 1);
    const auto with_constant = residual_correlation(wider, labels, 2, graph);
    CHECK(with_constant.correlation == Approx(0.75 * found.correlation).epsilon(1e-6));
    for (Label& k : labels) k *= 2;
    const auto spread = residual_correlation(scores, labels, 3, graph);
    CHECK(spread.correlation == Approx(found.correlation).epsilon(1e-12));
    CHECK(spread.error == Approx(found.error).epsilon(1e-12));
}

TEST_CASE("residuals of nothing, and bad input") {
    const Graph graph = support::grid(2, 2);
    const RowMatrix<double> flat = RowMatrix<double>::Ones(4, 2);
    const RowMatrix<double> scores = RandomStream(1).normal_matrix(4, 2);
    CHECK_FALSE(residual_correlation(flat, {0, 0, 0, 0}, 1, graph).present());
    CHECK(residual_correlation(scores, {0, 1, 1, 0}, 2, graph).correlation == 0);  // no edge within
    Graph pair;  // a single pair of neighbours within a cluster tells nothing
    pair.neighbors = {1, 0};
    pair.starts = {0, 1, 2, 2, 2};
    CHECK_FALSE(residual_correlation(scores, {0, 0, 1, 2}, 4, pair).present());
    CHECK_FALSE(residual_correlation(RowMatrix<double>(0, 2), {}, 1, Graph{}).present());
    CHECK_THROWS_AS(residual_correlation(scores, {0, 1, 1}, 2, graph), ShapeMismatch);
    CHECK_THROWS_WITH(residual_correlation(scores, {0, 1, 2, 0}, 2, graph),
                      support::contains("label 2 is not in [0, 2)"));
    Graph directed = graph;
    directed.directed = true;
    CHECK_THROWS_WITH(residual_correlation(scores, {0, 1, 1, 0}, 2, directed),
                      support::contains("symmetrise"));
}
