// How many regions: as many as asked for, or the best number of those to try.
#pragma once

#include <transst/cluster/free_gmm_mrf.hpp>
#include <transst/core/sort.hpp>
#include <transst/regions/options.hpp>
#include <transst/regions_fit.hpp>

namespace transst::detail {

/// Clusters with spots.
template <class Fit>
[[nodiscard]] Index occupied(const Fit& fit) {
    return std::ssize(fit.sizes) - std::count(fit.sizes.begin(), fit.sizes.end(), 0);
}

/// The mixture without anchors, as choose_clusters asks for it; averaged: whether the scores are
/// means with the neighbours'.
template <class Options>
[[nodiscard]] FitClusters free_fits(const Options& options, bool averaged, const RunOptions& run) {
    return [starts = options.starts, beta = options.beta, averaged, run](
               const RowMatrix<double>& scores, const Graph& graph, Index clusters) {
        return free_clusters(scores, graph, clusters,
                             {.number = starts,
                              .finalists = averaged ? 3 : 2,
                              .averaged = averaged ? averaged_over(graph) : 1.0},
                             beta, run);
    };
}

/// K as asked for, or the best of those to try: the nearest to `classes`, where those are given.
template <class Scores>
[[nodiscard]] Index number_of_clusters(const RegionsOptions& options, const Scores& scores,
                                       const Graph& graph, const FitClusters& fit,
                                       const RunOptions& run, RegionsFit& out, Index classes = 0) {
    if (options.try_clusters.empty()) return options.clusters;
    auto choice = choose_clusters(scores, graph, options.try_clusters,
                                  options.criterion.value_or(ClustersCriterion::mbic), fit, run);
    if (classes > 0) choose_by_classes(choice, options.try_clusters, classes);
    out.clusters_choice = std::move(choice);
    return out.clusters_choice->best;
}

/// The clusters: as many as asked for, or those with the best number of those to try.
template <class Scores>
[[nodiscard]] ClusterFit<double> best_clusters(const RegionsOptions& options, const Scores& scores,
                                               const Graph& graph, const FitClusters& fit,
                                               const RunOptions& run, RegionsFit& out) {
    const Index wanted = number_of_clusters(options, scores, graph, fit, run, out);
    if (out.clusters_choice) return std::move(out.clusters_choice->fit);
    return fit(scores, graph, wanted);
}

/// Where a number chosen in other scores leaves clusters of `found` empty, the largest smaller one
/// of those tried that does not, and its clusters; fit(K) finds them. In words, where it was so.
template <class Found, class Fit>
[[nodiscard]] std::string pass_over_empty(Found& found, ClustersChoice& choice,
                                          std::vector<Index> tried, const RunOptions& run,
                                          Fit&& fit) {
    const auto whole = [](const Found& one) { return occupied(one) == std::ssize(one.sizes); };
    if (whole(found)) return {};
    detail::sort(tried.begin(), tried.end());
    for (std::size_t at = tried.size(); at-- > 0 && !run.stop.stop_requested();) {
        const Index fewer = tried[at];
        if (fewer >= choice.best) continue;
        auto other = fit(fewer);
        if (!whole(other)) continue;
        auto words = text("; of ", choice.best, " some had no spots, of ", fewer, " none");
        found = std::move(other);
        choice.best = fewer;
        choice.warnings.clear();  // they were those of the number passed over
        warn_at_edges(choice);
        return words;
    }
    return {};
}

/// Says how many clusters were chosen for the fit that is returned.
template <class Fit>
[[nodiscard]] Fit with_choice_described(Fit out) {
    if (!out.clusters_choice) return out;
    auto& choice = *out.clusters_choice;
    choice.fit = {};  // those that were returned are in out.clusters
    out.decisions.push_back(choice_in_words(choice));
    out.warnings.insert(out.warnings.end(), choice.warnings.begin(), choice.warnings.end());
    const bool novel = std::any_of(out.names.begin(), out.names.end(),
                                   [](const auto& name) { return name.novel; });
    if (choice.classes && novel && choice.best <= std::ssize(out.class_names))
        out.warnings.push_back(
            "some clusters are novel: the target may have regions that the source lacks, and "
            "which share a cluster; try more clusters than classes");
    return out;
}

}  // namespace transst::detail
