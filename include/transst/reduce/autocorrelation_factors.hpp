// Maximum autocorrelation factors: the axes along which neighbouring spots are most alike.
#pragma once

#include <transst/core/algebra.hpp>
#include <transst/graph/graph.hpp>

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
    Matrix<W> centered = scores;
    for (Index j = 0; j < q; ++j) centered.col(j).array() -= centered.col(j).mean();
    Matrix<W> total = detail::times(detail::transposed(centered), centered);
    total /= static_cast<W>(std::max<Index>(1, n - 1));
    Matrix<W> difference = Matrix<W>::Zero(q, q);
    Vector<W> d(q);
    for (Index i = 0; i < n; ++i)
        for (const Index j : graph.of(i)) {
            d = (scores.row(i) - scores.row(j)).transpose();
            for (Index a = 0; a < q; ++a) difference.col(a).tail(q - a) += d[a] * d.tail(q - a);
        }
    for (Index a = 0; a < q; ++a)
        for (Index b = 0; b < a; ++b) difference(b, a) = difference(a, b);
    difference /= static_cast<W>(2 * std::max<Index>(1, graph.entries()));
    difference.diagonal().array() += std::max(ridge * difference.trace() / static_cast<W>(q),
                                              std::numeric_limits<W>::min() * W(1e20));
    const Matrix<W> axes = detail::falling_eigen_against(total, difference).second;
    return detail::times(scores, axes.leftCols(std::min(count, q)));
}

}  // namespace transst
