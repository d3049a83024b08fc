// Maximum autocorrelation factors: the axes along which neighbouring spots are most alike.
#pragma once

#include <transst/graph/graph.hpp>

#include <Eigen/Eigenvalues>

#include <limits>

namespace transst {

/// Scores (n × q) turned to the `count` axes whose variance is largest against that of the
/// difference of neighbours (Switzer & Green 1984): n × min(count, q). Each axis is whitened by
/// that difference. `ridge` times its mean variance is added to it. Throws ShapeMismatch if graph
/// and scores differ in size.
template <class W>
[[nodiscard]] RowMatrix<W> autocorrelation_factors(const RowMatrix<W>& scores, const Graph& graph,
                                                   Index count, W ridge = W(1e-3)) {
    require<ShapeMismatch>(graph.nodes() == scores.rows(), "autocorrelation_factors: graph has ",
                           graph.nodes(), " nodes, scores have ", scores.rows(), " rows");
    const Index n = scores.rows(), q = scores.cols();
    const Matrix<W> centered = scores.rowwise() - scores.colwise().mean();
    const Matrix<W> total =
        centered.transpose() * centered / static_cast<W>(std::max<Index>(1, n - 1));
    Matrix<W> difference = Matrix<W>::Zero(q, q);
    Vector<W> d(q);
    for (Index i = 0; i < n; ++i)
        for (const Index j : graph.of(i)) {
            d = (scores.row(i) - scores.row(j)).transpose();
            difference.template selfadjointView<Eigen::Lower>().rankUpdate(d);
        }
    difference = difference.template selfadjointView<Eigen::Lower>();
    difference /= static_cast<W>(2 * std::max<Index>(1, graph.entries()));
    difference.diagonal().array() += std::max(ridge * difference.trace() / static_cast<W>(q),
                                              std::numeric_limits<W>::min() * W(1e20));
    const Eigen::GeneralizedSelfAdjointEigenSolver<Matrix<W>> solver(total, difference);
    return scores * solver.eigenvectors().rowwise().reverse().leftCols(std::min(count, q));
}

}  // namespace transst
