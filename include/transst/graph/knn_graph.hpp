// The k nearest neighbours of every spot.
#pragma once

#include <transst/core/run.hpp>
#include <transst/graph/graph.hpp>
#include <transst/graph/point_tree.hpp>

namespace transst {

/// Every spot's nearest spots of its own section, by Euclidean distance and, among equal distances,
/// by lower number: the same graph whatever the layout of the search tree (METHOD, section 4).
///
///     const auto graph = KnnGraph{{.neighbors = 5}}.fit(coordinates, sections, {.threads = 4});
struct KnnGraph {
    static constexpr std::string_view name = "KnnGraph";

    struct Options {
        Index neighbors = 5;            ///< of each spot, itself not counted
        bool symmetric = true;          ///< join i and j where either is among the other's nearest
        bool allow_duplicates = false;  ///< of the same place in the same section

        /// The paper's code: five neighbours, directed.
        [[nodiscard]] static Options published() { return {.neighbors = 5, .symmetric = false}; }
    } options{};

    /// coordinates: n × 2 or n × 3, any unit. sections: n names, or none for a single section.
    /// A spot never neighbours a spot of another section. Among several sections, one with no more
    /// than `neighbors` spots joins all of them; a spot alone on its section has no neighbour.
    /// Directed graphs list neighbours nearest first, symmetric ones by number.
    /// Throws InvalidArgument where neighbors < 1 or n <= neighbors in a single section;
    /// ShapeMismatch for other shapes; BadData for coordinates that are not finite or occur twice;
    /// Stopped.
    template <class W = double>
    [[nodiscard]] Graph fit(const detail::CoordinatesOf<W>& coordinates,
                            std::span<const std::string> sections = {},
                            const RunOptions& run = {}) const {
        constexpr std::string_view who = "KnnGraph::fit";
        require(options.neighbors >= 1, who, ": neighbors = ", options.neighbors,
                "; it must be at least 1");
        detail::check_coordinates(coordinates, who);
        const auto grouped = detail::group_sections(coordinates.rows(), sections, who);
        const Index spots = coordinates.rows();
        require(grouped.spots.size() > 1 || options.neighbors < spots, who,
                ": neighbors = ", options.neighbors, ", ", grouped.size_in_words(0),
                spots == 1 ? ", which has no neighbour; take two or more"
                           : "; neighbors must be less than that: ask for fewer");
        return detail::with_dimensions(
            coordinates, [&](auto dims) { return search<dims()>(coordinates, grouped, run); });
    }

private:
    template <int Dims, class Places>
    [[nodiscard]] Graph search(const Places& x, const detail::Sections& sections,
                               const RunOptions& run) const {
        const StopCheck check(run, name);
        const auto trees = detail::plant_trees<Dims>(x, sections, options.allow_duplicates,
                                                     run.threads, "KnnGraph::fit");
        const auto wanted = [&](std::size_t section) {
            return std::min(options.neighbors, trees[section].size() - 1);
        };
        // Spots may come in any order, those of a tree lie beside their neighbours: all is done in
        // the trees' order, one tree after the other.
        std::vector<Index> spots, first;
        Graph graph;
        graph.directed = true;
        graph.starts.reserve(static_cast<std::size_t>(x.rows()) + 1);
        spots.reserve(static_cast<std::size_t>(x.rows()));
        for (std::size_t section = 0; section < trees.size(); ++section) {
            first.push_back(graph.nodes());
            for (const Index i : trees[section].spots()) {
                spots.push_back(i);
                graph.starts.push_back(graph.starts.back() + wanted(section));
            }
        }
        graph.neighbors.resize(static_cast<std::size_t>(graph.starts.back()));
        detail::for_each_range(
            trees, run.threads, [&](std::size_t section, const auto& tree, Index begin, Index end) {
                check();
                if (wanted(section) == 0) return;
                detail::Nearest nearest(wanted(section));
                auto out = graph.neighbors.begin() +
                           graph.starts[static_cast<std::size_t>(first[section] + begin)];
                for (Index p = begin; p < end; ++p) {
                    tree.search(p, nearest);
                    for (const auto& near : nearest.found())
                        *out++ = first[section] + near.position;
                }
            });
        if (options.symmetric) graph = graph.symmetrized(run.threads);
        graph = graph.renumbered(spots, run.threads);
        graph.section = sections.codes;
        return graph;
    }
};

}  // namespace transst
