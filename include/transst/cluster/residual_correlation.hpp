// How alike neighbours of one cluster are, beyond what their cluster says of them.
#pragma once

#include <transst/cluster/group_residuals.hpp>
#include <transst/core/labels.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/run.hpp>
#include <transst/graph/graph.hpp>

#include <cmath>

namespace transst {

/// Correlation of neighbours' residuals, the scores less their cluster's mean: Moran's I (Moran,
/// Biometrika 1950) over the edges within clusters, the mean of all factors, whitened.
struct ResidualCorrelation {
    double correlation = 0;  ///< in [−1, 1] or near; what does not vary within clusters counts as 0
    double error = 0;        ///< its standard error, by how far the edges differ

    /// In a mixture with a Potts field spots are independent, given their labels. Where neighbours
    /// are alike, by two standard errors, clusters are not what made them so.
    [[nodiscard]] bool present() const { return correlation > 2 * error; }
};

/// scores: n × q; labels: n, in [0, clusters); graph: n nodes, undirected. 0 where fewer than two
/// pairs of neighbours share a cluster, or scores do not vary within clusters. Throws ShapeMismatch
/// where these differ in size, InvalidArgument for a label out of range or a directed graph.
template <class W>
[[nodiscard]] ResidualCorrelation residual_correlation(const RowMatrix<W>& scores,
                                                       const std::vector<Label>& labels,
                                                       Index clusters, const Graph& graph,
                                                       const RunOptions& run = {}) {
    constexpr std::string_view who = "residual_correlation";
    const Index n = scores.rows(), q = scores.cols();
    require<ShapeMismatch>(n == std::ssize(labels) && n == graph.nodes(), who, ": scores have ", n,
                           " rows, there are ", labels.size(), " labels, the graph has ",
                           graph.nodes(), " nodes; there must be as many of each");
    require(!graph.directed, who, ": graph is directed; symmetrise it");
    const auto label = [&](Index i) { return labels[static_cast<std::size_t>(i)]; };
    for (Index i = 0; i < n; ++i)
        require(label(i) >= 0 && label(i) < clusters, who, ": label ", label(i), " is not in [0, ",
                clusters, ")");

    // by the pooled covariance, made regular
    const auto within = detail::group_residuals(scores, clusters, label);
    const W variance = within.scatter.trace() / static_cast<W>(std::max<Index>(n * q, 1));
    if (!(variance > 0)) return {};
    Matrix<W> covariance = within.scatter / static_cast<W>(n);
    covariance.diagonal().array() += variance * W(1e-9);
    const RowMatrix<W> residuals = detail::times(
        within.rows,
        detail::transposed(detail::Cholesky<W>(covariance).solve_root(Matrix<W>::Identity(q, q))));

    struct Sums {
        W edges = 0, products = 0, squares = 0;
        Sums& operator+=(const Sums& other) {
            edges += other.edges;
            products += other.products;
            squares += other.squares;
            return *this;
        }
    };
    const auto sums =
        sum_lanes(Lanes(n), run.threads, Sums{}, [&](Sums& sum, Index begin, Index end) {
            for (Index i = begin; i < end; ++i)
                for (const Index j : graph.of(i)) {
                    if (j <= i || label(j) != label(i)) continue;
                    const W product = residuals.row(i).dot(residuals.row(j));
                    sum.edges += 1;
                    sum.products += product;
                    sum.squares += product * product;
                }
        });
    if (sums.edges < 2) return {};  // nothing tells how far one may be off
    const W factors = static_cast<W>(q), mean = sums.products / sums.edges;
    const W spread =
        std::sqrt(std::max(sums.squares - sums.edges * mean * mean, W(0)) / (sums.edges - 1));
    return {static_cast<double>(mean / factors),
            static_cast<double>(spread / (factors * std::sqrt(sums.edges)))};
}

}  // namespace transst
