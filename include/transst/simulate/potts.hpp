// Labels that are smooth in space: samples of a Potts field.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/labels.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/random.hpp>
#include <transst/core/run.hpp>
#include <transst/core/types.hpp>
#include <transst/graph/coloring.hpp>
#include <transst/graph/graph.hpp>
#include <transst/graph/lattice_graph.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace transst {

/// How labels are drawn.
enum class PottsSampler {
    gibbs,         ///< node by node (Geman & Geman 1984): slow to mix where beta is large
    swendsen_wang  ///< whole clusters at once (Swendsen & Wang 1987)
};

/// Draws labels y of the nodes of a graph with P(y) ∝ exp(−β Σ 1(y_i ≠ y_j)), the sum over its
/// edges, each counted once (METHOD, sections 5 and 9). The chain starts at independent uniform
/// labels; on a square lattice of K = 4 classes order sets in at β = log(1 + √K) = 1.1.
///
///     const auto labels = PottsField{{.classes = 4, .beta = 1}}.simulate(50, 50, {.seed = 7});
struct PottsField {
    struct Options {
        Index classes = 4;  ///< K
        double beta = 1;    ///< interaction, ≥ 0
        Index sweeps = 50;  ///< over all nodes; 0 leaves the independent start
        PottsSampler sampler = PottsSampler::gibbs;  ///< of the Potts field
    };
    Options options{};

    /// Labels 0, …, K − 1 of each node. Throws InvalidArgument where classes < 1, sweeps < 0, beta
    /// is negative or not finite, or the graph is directed; BadData where it is no graph.
    template <class = void>
    [[nodiscard]] std::vector<Label> simulate(const Graph& graph,
                                              const RunOptions& run = {}) const {
        constexpr std::string_view who = "PottsField::simulate";
        check(who);
        require(!graph.directed, who, ": the graph is directed; a Potts field needs an undirected ",
                "one: use symmetrized()");
        graph.check(who);
        return draw(graph, run);
    }

    /// The same on an h × w square lattice with four neighbours, row by row.
    template <class = void>
    [[nodiscard]] std::vector<Label> simulate(Index height, Index width,
                                              const RunOptions& run = {}) const {
        check("PottsField::simulate");
        return draw(square_lattice(height, width), run);
    }

private:
    // Each kind of draw has its streams; all of them differ from the low numbers others use.
    static constexpr std::uint64_t stream = std::uint64_t{0x9077} << 48;
    static constexpr std::uint64_t start_streams = stream;
    static constexpr std::uint64_t sweep_streams = stream | std::uint64_t{1} << 47;

    template <class = void>
    void check(std::string_view who) const {
        require(options.classes >= 1 && options.classes <= 1'000'000, who,
                ": classes = ", options.classes, "; there must be 1 to 1000000");
        require(options.beta >= 0 && std::isfinite(options.beta), who, ": beta = ", options.beta,
                "; it must be finite and not negative");
        require(options.sweeps >= 0, who, ": sweeps = ", options.sweeps, "; it cannot be negative");
    }

    template <class = void>
    [[nodiscard]] std::vector<Label> draw(const Graph& graph, const RunOptions& run) const {
        std::vector<Label> labels(static_cast<std::size_t>(graph.nodes()));
        RandomStream start(run.seed, start_streams);
        for (Label& label : labels) label = static_cast<Label>(start.below(options.classes));
        if (options.sampler == PottsSampler::gibbs)
            gibbs(graph, labels, run);
        else
            swendsen_wang(graph, labels, run);
        return labels;
    }

    /// Nodes without edges among them are renewed together: given the others they are independent.
    template <class = void>
    void gibbs(const Graph& graph, std::vector<Label>& labels, const RunOptions& run) const {
        const auto colors = color_nodes(graph);
        std::vector<double> weight_of(static_cast<std::size_t>(graph.largest_degree()) + 1);
        for (std::size_t same = 0; same < weight_of.size(); ++same)
            weight_of[same] = std::exp(
                options.beta * (static_cast<double>(same) - static_cast<double>(weight_of.size())));
        std::uint64_t next_stream = sweep_streams;
        for (Index sweep = 0; sweep < options.sweeps; ++sweep) {
            for (const auto& nodes : colors) {
                const Lanes lanes(static_cast<Index>(nodes.size()));
                parallel_for(lanes.count(), run.threads, [&](Index lane) {
                    RandomStream random(run.seed, next_stream + static_cast<std::uint64_t>(lane));
                    std::vector<std::size_t> same(static_cast<std::size_t>(options.classes), 0);
                    std::vector<double> weights(same.size());
                    for (Index p = lanes.begin(lane); p < lanes.end(lane); ++p) {
                        const Index i = nodes[static_cast<std::size_t>(p)];
                        std::fill(same.begin(), same.end(), std::size_t{0});
                        for (const Index j : graph.of(i))
                            ++same[static_cast<std::size_t>(labels[static_cast<std::size_t>(j)])];
                        for (std::size_t k = 0; k < same.size(); ++k)
                            weights[k] = weight_of[same[k]];
                        labels[static_cast<std::size_t>(i)] =
                            static_cast<Label>(random.categorical(weights));
                    }
                });
                next_stream += static_cast<std::uint64_t>(lanes.count());
            }
            run.report("PottsField", sweep + 1, options.sweeps, unequal_edges(graph, labels));
            if (run.stop.stop_requested()) return;
        }
    }

    /// Equal neighbours are tied with probability 1 − exp(−β); each tied set gets a new label.
    template <class = void>
    void swendsen_wang(const Graph& graph, std::vector<Label>& labels,
                       const RunOptions& run) const {
        const double chance = -std::expm1(-options.beta);
        const Lanes lanes(graph.nodes());
        std::vector<char> tied(graph.neighbors.size());
        std::vector<Index> parent(labels.size());
        const auto root_of = [&](Index i) {
            auto at = static_cast<std::size_t>(i);
            while (parent[at] != static_cast<Index>(at)) {
                parent[at] = parent[static_cast<std::size_t>(parent[at])];
                at = static_cast<std::size_t>(parent[at]);
            }
            return static_cast<Index>(at);
        };
        std::uint64_t next_stream = sweep_streams;
        for (Index sweep = 0; sweep < options.sweeps; ++sweep) {
            // Each edge is decided at its lower end.
            parallel_for(lanes.count(), run.threads, [&](Index lane) {
                RandomStream random(run.seed, next_stream + static_cast<std::uint64_t>(lane));
                for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) {
                    auto e = static_cast<std::size_t>(graph.starts[static_cast<std::size_t>(i)]);
                    for (const Index j : graph.of(i)) {
                        tied[e++] = j > i &&
                                    labels[static_cast<std::size_t>(i)] ==
                                        labels[static_cast<std::size_t>(j)] &&
                                    random.uniform() < chance;
                    }
                }
            });
            next_stream += static_cast<std::uint64_t>(lanes.count());

            // The root of a set is its lowest node, so that it is met, and drawn for, first.
            std::iota(parent.begin(), parent.end(), Index{0});
            for (Index i = 0; i < graph.nodes(); ++i) {
                auto e = static_cast<std::size_t>(graph.starts[static_cast<std::size_t>(i)]);
                for (const Index j : graph.of(i)) {
                    if (!tied[e++]) continue;
                    const Index a = root_of(i), b = root_of(j);
                    parent[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
                }
            }
            RandomStream random(run.seed, next_stream++);
            for (Index i = 0; i < graph.nodes(); ++i) {
                const Index root = root_of(i);
                labels[static_cast<std::size_t>(i)] =
                    root == i ? static_cast<Label>(random.below(options.classes))
                              : labels[static_cast<std::size_t>(root)];
            }
            run.report("PottsField", sweep + 1, options.sweeps, unequal_edges(graph, labels));
            if (run.stop.stop_requested()) return;
        }
    }

    /// The energy over β, which progress reports show.
    template <class = void>
    [[nodiscard]] static double unequal_edges(const Graph& graph,
                                              const std::vector<Label>& labels) {
        Index count = 0;
        for (Index i = 0; i < graph.nodes(); ++i)
            for (const Index j : graph.of(i))
                count += labels[static_cast<std::size_t>(i)] != labels[static_cast<std::size_t>(j)];
        return static_cast<double>(count / 2);
    }
};

}  // namespace transst
