// Moran's I of every gene over a graph of neighbours.
#pragma once

#include <transst/graph/edge_weights.hpp>
#include <transst/graph/graph.hpp>
#include <transst/matrix/moments.hpp>
#include <transst/matrix/sweep.hpp>

namespace transst {

/// Moran's I of p genes before division, so that samples can be added up.
struct MoransSums {
    Vector<double> products;  ///< Σ w_ij z_i z_j (p), z centred within its section
    Vector<double> squares;   ///< Σ z_i² (p)
    double weight = 0;        ///< Σ w_ij
    double spots = 0;         ///< n

    /// Sums over both samples.
    template <class = void>
    MoransSums& operator+=(const MoransSums& other) {
        products += other.products;
        squares += other.squares;
        weight += other.weight;
        spots += other.spots;
        return *this;
    }

    /// I = (n / Σ w) · Σ w_ij z_i z_j / Σ z_i² (p); 0 for genes that do not vary.
    template <class W = double>
    [[nodiscard]] Vector<W> values() const {
        Vector<W> out = Vector<W>::Zero(products.size());
        for (Index j = 0; j < out.size(); ++j)
            if (squares[j] > 0 && weight > 0) out[j] = spots / weight * products[j] / squares[j];
        return out;
    }
};

/// The sums behind morans_i_of_genes.
template <Expression X>
[[nodiscard]] MoransSums morans_sums(const X& expression, const Graph& graph,
                                     EdgeWeights weights = EdgeWeights::row_standardized,
                                     const RunOptions& run = {}) {
    constexpr std::string_view who = "morans_i_of_genes";
    const auto x = as_rows(expression);
    require<ShapeMismatch>(graph.nodes() == x.rows(), who, ": the graph has ", graph.nodes(),
                           " nodes, the expression has ", x.rows(), " rows");
    graph.check(who);

    const auto n = static_cast<std::size_t>(x.rows());
    const auto weight = [&](Index i) {
        const Index degree = graph.degree(i);
        if (degree == 0) return 0.0;
        return weights == EdgeWeights::binary ? 1.0 : 1 / static_cast<double>(degree);
    };
    std::vector<double> touching(n, 0.0);  // weights of all edges from and to a spot
    for (Index i = 0; i < x.rows(); ++i)
        for (const Index j : graph.of(i)) {
            touching[static_cast<std::size_t>(i)] += weight(i);
            touching[static_cast<std::size_t>(j)] += weight(i);
        }
    std::vector<std::vector<Index>> sections(1);
    for (std::size_t i = 0; i < n; ++i) {
        const auto s = graph.section.empty() ? 0 : static_cast<std::size_t>(graph.section[i]);
        if (s >= sections.size()) sections.resize(s + 1);
        sections[s].push_back(static_cast<Index>(i));
    }

    // Zeros add nothing to Σ w x x, Σ x and Σ x²; centring follows from these.
    struct Part {
        GeneSums sums;
        Vector<double> products, touched;
        Part& operator+=(const Part& other) {
            sums += other.sums;
            products += other.products;
            touched += other.touched;
            return *this;
        }
    };
    const Vector<double> none = Vector<double>::Zero(x.cols());
    MoransSums out{none, none, 0, 0};
    for (const auto& spots : sections) {
        const auto part = sum_lanes(
            detail::sweep_lanes(std::ssize(spots), x.cols(), 4), run.threads,
            Part{GeneSums::zero(x.cols()), none, none}, [&](Part& own, Index begin, Index end) {
                Vector<double> here = none;
                for (Index at = begin; at < end; ++at) {
                    const Index i = spots[static_cast<std::size_t>(at)];
                    own.sums.cells += 1;
                    for_each_entry(x, i, i + 1, [&](Index, Index g, auto value) {
                        const auto v = static_cast<double>(value);
                        here[g] = v;
                        own.sums.sum[g] += v;
                        own.sums.squares[g] += v * v;
                        own.touched[g] += v * touching[static_cast<std::size_t>(i)];
                    });
                    for (const Index j : graph.of(i)) {
                        // an undirected edge is met twice; once is enough
                        if (!graph.directed && j < i) continue;
                        const double w = graph.directed ? weight(i) : weight(i) + weight(j);
                        for_each_entry(x, j, j + 1, [&](Index, Index g, auto value) {
                            own.products[g] += w * here[g] * static_cast<double>(value);
                        });
                    }
                    for_each_entry(x, i, i + 1, [&](Index, Index g, auto) { here[g] = 0; });
                }
            });
        if (!std::isfinite(part.sums.squares.sum())) refuse_non_finite(x, who);
        double total = 0;
        for (const Index i : spots) total += touching[static_cast<std::size_t>(i)] / 2;
        const auto mean = part.sums.mean();
        out.products += part.products - mean.cwiseProduct(part.touched) + total * mean.cwiseAbs2();
        out.squares += part.sums.variance() * part.sums.cells;
        out.weight += total;
        out.spots += part.sums.cells;
    }
    return out;
}

/// Moran's I of every gene (p), about 0 at random and near 1 for smooth patterns; 0 for genes that
/// do not vary. x: n × p. Several sections: genes are centred within each. Zeros are counted, not
/// visited. Throws ShapeMismatch, or BadData for a graph that is none and for values not finite.
template <Expression X>
[[nodiscard]] Vector<double> morans_i_of_genes(const X& x, const Graph& graph,
                                               EdgeWeights weights = EdgeWeights::row_standardized,
                                               const RunOptions& run = {}) {
    return morans_sums(x, graph, weights, run).values();
}

}  // namespace transst
