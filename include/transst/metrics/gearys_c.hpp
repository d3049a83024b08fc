// Whether neighbours have like values: Geary's C.
#pragma once

#include <transst/metrics/morans_i.hpp>

namespace transst {

/// Geary's C (The Incorporated Statistician 1954):
/// (n − 1) / (2 Σ w) · Σ w (xᵢ − xⱼ)² / Σ (xᵢ − x̄)²,
/// sums with w over the graph's entries; 1 on average where values lie at random, near 0 where
/// neighbours are alike, above 1 where they differ. values: n, one for each node. 1 where they do
/// not vary or the graph has no edges. Throws ShapeMismatch where sizes differ, BadData for a value
/// that is not finite.
template <class W = double>
[[nodiscard]] double gearys_c(const Eigen::Ref<const Vector<std::type_identity_t<W>>>& values,
                              const Graph& graph,
                              EdgeWeights weights = EdgeWeights::row_standardized) {
    const auto sums = detail::autocorrelation(values, graph, weights, "gearys_c");
    if (sums.spread == 0 || sums.weights == 0) return 1;
    return static_cast<double>(values.size() - 1) / (2 * sums.weights) *
           (sums.squares / sums.spread);
}

}  // namespace transst
