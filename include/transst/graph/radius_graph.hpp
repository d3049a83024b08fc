// All spots within a radius, given or found by bisection.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/run.hpp>
#include <transst/core/sort.hpp>
#include <transst/core/types.hpp>
#include <transst/graph/graph.hpp>
#include <transst/graph/knn_graph.hpp>
#include <transst/graph/sections.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace transst {

/// Joins the spots of a section that lie within a radius of each other. Without a radius, each
/// section gets its own, found by bisection such that the median number of neighbours falls in
/// [fewest, most] (Liu et al., DR-SC, Nucleic Acids Research 2022; the paper's alternative).
///
///     const auto graph = RadiusGraph{}.fit(coordinates, sections);
struct RadiusGraph {
    struct Options {
        double radius = 0;              ///< in the coordinates' unit, inclusive; 0: found
        Index fewest = 4;               ///< median degree at least, where the radius is found
        Index most = 6;                 ///< median degree at most, where the radius is found
        bool allow_duplicates = false;  ///< of the same place in the same section
    };
    Options options{};

    /// coordinates: n × 2 or n × 3. sections: n names, or none. The graph is undirected; spots may
    /// be alone in it. Where the radius is found, a section of at most `fewest` spots joins all.
    /// Throws InvalidArgument for a negative or infinite radius or fewest > most; ShapeMismatch;
    /// BadData for coordinates that are not finite or occur twice, or where no radius will do.
    template <class W = double>
    [[nodiscard]] Graph fit(const detail::CoordinatesOf<W>& coordinates,
                            std::span<const std::string> sections = {},
                            const RunOptions& run = {}) const {
        const auto grouped = check(coordinates, sections, "RadiusGraph::fit");
        return detail::with_dimensions(coordinates, [&](auto dims) {
            const auto trees = detail::plant_trees<dims()>(
                coordinates, grouped, options.allow_duplicates, run.threads, "RadiusGraph::fit");
            return join(coordinates.rows(), grouped, trees, radii(grouped, trees, run), run);
        });
    }

    /// The radius that fit uses for each section, in order of first appearance; infinite where a
    /// section is too small to search for one. Throws as fit does.
    template <class W = double>
    [[nodiscard]] std::vector<double> find_radii(const detail::CoordinatesOf<W>& coordinates,
                                                 std::span<const std::string> sections = {},
                                                 const RunOptions& run = {}) const {
        const auto grouped = check(coordinates, sections, "RadiusGraph::find_radii");
        return detail::with_dimensions(coordinates, [&](auto dims) {
            const auto trees =
                detail::plant_trees<dims()>(coordinates, grouped, options.allow_duplicates,
                                            run.threads, "RadiusGraph::find_radii");
            return radii(grouped, trees, run);
        });
    }

private:
    template <class Places>
    [[nodiscard]] detail::Sections check(const Places& x, std::span<const std::string> sections,
                                         std::string_view who) const {
        require(options.radius >= 0 && std::isfinite(options.radius), who,
                ": radius = ", options.radius, "; it must be positive, or 0 to have it found");
        require(options.fewest >= 1 && options.fewest <= options.most, who,
                ": fewest = ", options.fewest, ", most = ", options.most,
                "; the median degree needs 1 <= fewest <= most");
        detail::check_coordinates(x, who);
        return detail::group_sections(x.rows(), sections, who);
    }

    template <class Trees>
    [[nodiscard]] std::vector<double> radii(const detail::Sections& sections, const Trees& trees,
                                            const RunOptions& run) const {
        std::vector<double> out(trees.size(), options.radius);
        if (options.radius > 0) return out;
        for (std::size_t s = 0; s < trees.size(); ++s) out[s] = bisect(trees[s], sections, s, run);
        return out;
    }

    /// Degrees up to `most` + 1 follow from the distances to so many nearest spots: no search is
    /// needed for each radius tried.
    template <class Tree>
    [[nodiscard]] double bisect(const Tree& tree, const detail::Sections& sections,
                                std::size_t section, const RunOptions& run) const {
        if (tree.size() <= options.fewest) return std::numeric_limits<double>::infinity();
        const Index known = std::min(options.most + 1, tree.size() - 1);
        RowMatrix<double> distances(tree.size(), known);
        const Lanes lanes(tree.size());
        const StopCheck check(run, "RadiusGraph");
        parallel_for(lanes.count(), run.threads, [&](Index lane) {
            check();
            detail::Nearest nearest(known);
            for (Index p = lanes.begin(lane); p < lanes.end(lane); ++p) {
                tree.search(p, nearest);
                for (Index m = 0; m < known; ++m)
                    distances(p, m) =
                        std::sqrt(nearest.found()[static_cast<std::size_t>(m)].squared);
            }
        });
        const auto median_degree = [&](double radius) {
            std::vector<Index> spots_with(static_cast<std::size_t>(known) + 1, 0);
            for (Index p = 0; p < tree.size(); ++p) {
                Index degree = 0;
                while (degree < known && distances(p, degree) <= radius) ++degree;
                ++spots_with[static_cast<std::size_t>(degree)];
            }
            const auto at_rank = [&](Index rank) {
                Index degree = 0;
                for (; rank >= spots_with[static_cast<std::size_t>(degree)]; ++degree)
                    rank -= spots_with[static_cast<std::size_t>(degree)];
                return static_cast<double>(degree);
            };
            return (at_rank((tree.size() - 1) / 2) + at_rank(tree.size() / 2)) / 2;
        };
        double low = 0, high = distances.maxCoeff();
        double below = median_degree(low);
        const bool reached = median_degree(high) <= static_cast<double>(options.most);
        // As many halvings as tell any two distances apart.
        for (int step = 0; step < 100; ++step) {
            const double middle = low + (high - low) / 2, degree = median_degree(middle);
            if (degree < static_cast<double>(options.fewest)) {
                low = middle;
                below = degree;
            } else if (degree > static_cast<double>(options.most)) {
                high = middle;
            } else {
                return middle;
            }
        }
        require<BadData>(reached, "RadiusGraph::fit: no radius gives a median of ", options.fewest,
                         " to ", options.most, " neighbours: ", sections.size_in_words(section),
                         ", and their median goes from ", below, " to over ", options.most,
                         " at the radius ", high, "; give a radius, or use KnnGraph");
        return high * (1 + 1e-12);  // only the largest distance will do; its square may round
    }

    template <class Trees>
    [[nodiscard]] static Graph join(Index rows, const detail::Sections& sections,
                                    const Trees& trees, const std::vector<double>& radii,
                                    const RunOptions& run) {
        std::vector<std::vector<Index>> found(static_cast<std::size_t>(rows));
        const StopCheck check(run, "RadiusGraph");
        detail::for_each_range(trees, run.threads,
                               [&](std::size_t section, const auto& tree, Index begin, Index end) {
                                   check();
                                   detail::Within within(radii[section]);
                                   for (Index p = begin; p < end; ++p) {
                                       const Index i = tree.search(p, within);
                                       detail::sort(within.found().begin(), within.found().end());
                                       found[static_cast<std::size_t>(i)] = within.found();
                                   }
                               });
        Graph graph;
        graph.section = sections.codes;
        for (const auto& near : found) {
            graph.neighbors.insert(graph.neighbors.end(), near.begin(), near.end());
            graph.starts.push_back(graph.entries());
        }
        return graph;
    }
};

}  // namespace transst
