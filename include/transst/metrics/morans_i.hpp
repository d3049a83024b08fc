// Whether neighbours have like values: Moran's I.
#pragma once

#include <transst/graph/edge_weights.hpp>
#include <transst/graph/graph.hpp>

#include <cmath>

namespace transst {

namespace detail {

/// Sums for a spatial autocorrelation; those with w are over the entries (i, j) of the graph.
struct Autocorrelation {
    double weights = 0;   ///< Σ w
    double products = 0;  ///< Σ w (xᵢ − x̄)(xⱼ − x̄)
    double squares = 0;   ///< Σ w (xᵢ − xⱼ)²
    double spread = 0;    ///< Σᵢ (xᵢ − x̄)², 0 where x does not vary
};

template <class Values>
[[nodiscard]] Autocorrelation autocorrelation(const Values& values, const Graph& graph,
                                              EdgeWeights weights, std::string_view who) {
    require<ShapeMismatch>(values.size() == graph.nodes(), who, ": there are ", values.size(),
                           " values, the graph has ", graph.nodes(), " nodes");
    require<BadData>(values.allFinite(), who, ": a value is not finite; leave out its node");
    Autocorrelation out;
    if (values.size() == 0) return out;
    const double mean = values.mean();
    out.spread = (values.array() - mean).square().sum();
    const double size = values.cwiseAbs().maxCoeff();
    if (out.spread <= 1e-24 * size * size * static_cast<double>(values.size())) out.spread = 0;
    for (Index i = 0; i < graph.nodes(); ++i) {
        double products = 0, squares = 0;
        for (const Index j : graph.of(i)) {
            const double step = values[i] - values[j];
            products += (values[i] - mean) * (values[j] - mean);
            squares += step * step;
        }
        if (graph.degree(i) == 0) continue;
        const auto degree = static_cast<double>(graph.degree(i));
        const double weight = weights == EdgeWeights::binary ? 1 : 1 / degree;
        out.weights += weight * degree;
        out.products += weight * products;
        out.squares += weight * squares;
    }
    return out;
}

}  // namespace detail

/// Moran's I (Biometrika 1950): n / Σ w · Σ w (xᵢ − x̄)(xⱼ − x̄) / Σ (xᵢ − x̄)², sums with w over the
/// graph's entries (i, j); near 1 where neighbours are alike, −1 / (n − 1) on average where values
/// lie at random, below where neighbours differ. values: n, one for each node; unlike
/// morans_i_of_genes, several sections are centred together. 0 where values do not vary or the
/// graph has no edges. Throws ShapeMismatch where sizes differ, BadData for a value that is not
/// finite.
template <class W = double>
[[nodiscard]] double morans_i(const Eigen::Ref<const Vector<std::type_identity_t<W>>>& values,
                              const Graph& graph,
                              EdgeWeights weights = EdgeWeights::row_standardized) {
    const auto sums = detail::autocorrelation(values, graph, weights, "morans_i");
    if (sums.spread == 0 || sums.weights == 0) return 0;
    return static_cast<double>(values.size()) / sums.weights * (sums.products / sums.spread);
}

}  // namespace transst
