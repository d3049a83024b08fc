// A target clustered by itself: the baseline that every transfer is held against.
#pragma once

#include <transst/cluster/residual_correlation.hpp>
#include <transst/cluster/surroundings.hpp>
#include <transst/reduce/truncated_svd.hpp>
#include <transst/regions/number.hpp>

namespace transst::detail {

/// Scores of a target by itself, the first of variance 1.
template <class Rows>
[[nodiscard]] RowMatrix<double> own_scores(const Standardized<Rows>& target, Index factors,
                                           const RunOptions& run) {
    const auto svd = TruncatedSVD<>{{.factors = factors}}.fit(target, run);
    const double scale = svd.singular_values[0] / std::sqrt(static_cast<double>(target.rows()));
    return scale > 0 ? RowMatrix<double>(svd.scores / scale) : svd.scores;
}

/// Why single spots say little of their region; empty where they do not. They do where clusters are
/// kinds of spots that regions mix. And they do where neighbours share what clusters do not hold,
/// if spots two steps away tell the clusters of a mixture without the field better than neighbours
/// do: noise alone makes that so, too, but not neighbours alike.
template <class W>
[[nodiscard]] std::string_view why_averaged(const ClusterFit<W>& fit, const RowMatrix<W>& scores,
                                            const Graph& graph, Index starts,
                                            const RunOptions& run) {
    const Index clusters = fit.clusters();
    if (surroundings(fit.labels, clusters, graph, run).mixed())
        return "spots two steps away tell a spot's cluster better than its neighbours do";
    if (!residual_correlation(scores, fit.labels, clusters, graph, run).present()) return {};
    const auto drawn = drawn_mixtures(scores, clusters, std::min<Index>(4 * starts, 20), 200, run);
    if (run.stop.stop_requested() ||
        !surroundings(drawn.front().labels, clusters, graph, run).mixed())
        return {};
    return "neighbours of one cluster are alike beyond what they share with the rest of it";
}

/// Clusters a target by its own scores, averaged with the neighbours' where single spots say little
/// of their region; that is asked of as many clusters as wanted, or the middle of those tried.
template <class W>
void cluster_alone(const RegionsOptions& options, RowMatrix<W> scores, const Graph& graph,
                   const RunOptions& run, RegionsFit& out) {
    FitClusters fit = free_fits(options, false, run);
    auto tried = options.try_clusters;
    detail::sort(tried.begin(), tried.end());
    const Index wanted = tried.empty() ? options.clusters : tried[tried.size() / 2];
    const bool has_field = options.beta != 0.0 && graph.entries() > 0;
    if (has_field && wanted >= 2 && wanted <= scores.rows()) {
        auto found = fit(scores, graph, wanted);
        const auto why = run.stop.stop_requested()
                             ? std::string_view{}
                             : why_averaged(found, scores, graph, options.starts, run);
        const bool stopped = run.stop.stop_requested();
        if (!why.empty()) {
            scores = average_with_neighbors(scores, graph);
            out.averaged = true;
            fit = free_fits(options, true, run);
            out.decisions.push_back(text(why,
                                         ": single spots say little of their region, and their "
                                         "scores are averaged with the neighbours'"));
        } else if (tried.empty() || stopped) {
            if (!tried.empty())
                out.decisions.push_back(text("stopped before numbers of clusters were compared: ",
                                             wanted, ", the middle one, was taken"));
            found.stopped = stopped;
            out.clusters = std::move(found);
            out.scores = std::move(scores);
            return;
        } else {
            fit = [found = std::move(found), other = std::move(fit)](
                      const RowMatrix<W>& of, const Graph& among, Index clusters) {
                const bool same =
                    clusters == found.clusters() && of.rows() == std::ssize(found.labels);
                return same ? found : other(of, among, clusters);
            };
        }
    }
    out.clusters = best_clusters(options, scores, graph, fit, run, out);
    out.scores = std::move(scores);
}

}  // namespace transst::detail
