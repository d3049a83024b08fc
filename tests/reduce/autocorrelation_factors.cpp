#include <transst/reduce/autocorrelation_factors.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

using Scores64 = RowMatrix<double>;

/// Half the mean of (v_i − v_j)(v_i − v_j)' over the edges.
Matrix<double> difference(const Scores64& v, const Graph& graph) {
    Matrix<double> sum = Matrix<double>::Zero(v.cols(), v.cols());
    double edges = 0;
    for (Index i = 0; i < v.rows(); ++i)
        for (const Index j : graph.of(i))
            if (i < j) {
                const Vector<double> d = (v.row(i) - v.row(j)).transpose();
                sum += d * d.transpose();
                ++edges;
            }
    return sum / (2 * edges);
}

Matrix<double> covariance(const Scores64& v) {
    const Scores64 c = v.rowwise() - v.colwise().mean();
    return c.transpose() * c / static_cast<double>(v.rows() - 1);
}

}  // namespace

TEST_CASE("autocorrelation factors are whitened by neighbours' differences") {
    RandomStream random(4);
    const Graph graph = support::grid(12, 15);
    const Scores64 v = random.normal_matrix(180, 5) * random.normal_matrix(5, 5);
    const auto all = autocorrelation_factors(v, graph, 9, 0.0);
    REQUIRE(all.cols() == 5);
    CHECK((difference(all, graph) - Matrix<double>::Identity(5, 5)).norm() < 1e-9);
    const Matrix<double> c = covariance(all);
    CHECK((c - Matrix<double>(c.diagonal().asDiagonal())).norm() < 1e-9);
    const Vector<double> ratio = c.diagonal();
    CHECK(std::is_sorted(ratio.begin(), ratio.end(), std::greater<>()));
    // no turn of the scores has more variance against its difference than the first
    const Matrix<double> total = covariance(v), apart = difference(v, graph);
    for (int trial = 0; trial < 300; ++trial) {
        const Vector<double> w = random.normal_matrix(5, 1);
        CHECK(w.dot(total * w) <= ratio[0] * w.dot(apart * w) * (1 + 1e-9));
    }
    const auto two = autocorrelation_factors(v, graph, 2, 0.0);
    CHECK((two - all.leftCols(2)).norm() < 1e-9);
}

TEST_CASE("a smooth signal under louder noise is the first factor") {
    RandomStream random(5);
    const Graph graph = support::grid(20, 20);
    Scores64 v = 3 * random.normal_matrix(400, 4);
    Vector<double> wave(400);
    for (Index i = 0; i < 400; ++i) wave[i] = std::sin(static_cast<double>(i % 20) / 4);
    v.col(2) = wave + 0.2 * random.normal_matrix(400, 1);
    const Matrix<double> turn = random.normal_matrix(4, 4);
    const Vector<double> first =
        autocorrelation_factors(Scores64(v * turn), graph, 1).col(0).eval();
    const Vector<double> a = first.array() - first.mean(), b = wave.array() - wave.mean();
    CHECK(std::abs(a.dot(b)) / (a.norm() * b.norm()) > 0.9);
}

TEST_CASE("autocorrelation factors: degenerate scores stay finite, sizes must agree") {
    const Graph graph = support::grid(4, 5);
    CHECK(autocorrelation_factors(Scores64(Scores64::Ones(20, 3)), graph, 2).allFinite());
    CHECK(autocorrelation_factors(Scores64(RandomStream(1).normal_matrix(20, 3)),
                                  Graph::from_edges(20, {}), 2)
              .allFinite());
    CHECK_THROWS_AS(autocorrelation_factors(Scores64(Scores64::Ones(19, 3)), graph, 2),
                    ShapeMismatch);
    CHECK_THROWS_WITH(autocorrelation_factors(Scores64(Scores64::Ones(19, 3)), graph, 2),
                      support::contains("graph has 20 nodes, scores have 19 rows"));
}
