// How far neighbours share their cluster, beyond chance.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/graph/graph.hpp>

namespace transst {

/// Assortativity of a partition on a graph (Newman, Physical Review E 2003, equation 2):
/// (Σ e_kk − Σ a_k b_k) / (1 − Σ a_k b_k) with e the share of edges between each two clusters. 1
/// where all neighbours share their cluster, 0 where they do so by chance, and 0 where there are no
/// edges or all ends are of one cluster. labels: of the n nodes, in [0, K). Edges with an end that
/// is left_out are not counted. Throws ShapeMismatch where labels has another length.
template <class = void>
[[nodiscard]] double assortativity(std::span<const Label> labels, const Graph& graph) {
    require<ShapeMismatch>(std::ssize(labels) == graph.nodes(), "assortativity: labels has ",
                           labels.size(), " entries, the graph ", graph.nodes(), " nodes");
    Label clusters = 0;
    for (const Label k : labels) clusters = std::max(clusters, static_cast<Label>(k + 1));
    Vector<double> out = Vector<double>::Zero(clusters), in = out;
    double same = 0;
    for (Index i = 0; i < graph.nodes(); ++i) {
        const Label from = labels[static_cast<std::size_t>(i)];
        if (from == left_out) continue;
        for (const Index j : graph.of(i)) {
            const Label to = labels[static_cast<std::size_t>(j)];
            if (to == left_out) continue;
            out[from] += 1;
            in[to] += 1;
            same += from == to ? 1 : 0;
        }
    }
    const double edges = out.sum(), chance = edges > 0 ? out.dot(in) / (edges * edges) : 1;
    return chance < 1 ? (same / edges - chance) / (1 - chance) : 0;
}

}  // namespace transst
