// How many clusters: a fit for every number tried, compared by a criterion; the curve is kept.
#pragma once

#include <transst/cluster/criteria.hpp>
#include <transst/cluster/spatial_gmm_mrf.hpp>
#include <transst/core/sort.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>

#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>

namespace transst {

/// By what the number of clusters is chosen (METHOD, section 6; information_criteria).
enum class ClustersCriterion {
    bic,       ///< −2 log-likelihood + c P log n
    mbic,      ///< the same, its penalty times log log(n + q)
    hbic,      ///< −2 log-likelihood + c P log(log n + P)
    icl,       ///< BIC plus twice the entropy of the responsibilities (Biernacki et al. 2000)
    stability  ///< agreement with fits to random 80 % of the spots
};

/// One number of clusters tried.
struct ClustersPoint {
    Index clusters = 0;                           ///< K
    double log_likelihood = 0;                    ///< of the fit with so many
    double bic = 0, mbic = 0, hbic = 0, icl = 0;  ///< the least is best
    Index empty = 0;                              ///< clusters without spots
    double stability =
        std::numeric_limits<double>::quiet_NaN();  ///< mean adjusted Rand index; computed for its
                                                   ///< criterion only, else NaN
};

/// What choose_clusters finds.
struct ClustersChoice {
    Index best = 0;                     ///< number of clusters
    ClustersCriterion criterion{};      ///< by which, unless by classes
    std::optional<Index> classes{};     ///< of a source that hold spots, where they choose
    std::vector<ClustersPoint> curve;   ///< in the order tried
    std::vector<std::string> warnings;  ///< ties, and a best at the edge of what was tried
    ClusterFit<double> fit;             ///< with the best number
};

/// Fits scores (n × d) on a graph with K clusters.
using FitClusters =
    std::function<ClusterFit<double>(const RowMatrix<double>&, const Graph&, Index)>;

namespace detail {

/// The part of an undirected graph among the given nodes (rising), renumbered.
template <class = void>
[[nodiscard]] Graph induced(const Graph& graph, const std::vector<Index>& nodes) {
    std::vector<Index> place(static_cast<std::size_t>(graph.nodes()), -1);
    for (std::size_t i = 0; i < nodes.size(); ++i)
        place[static_cast<std::size_t>(nodes[i])] = static_cast<Index>(i);
    Graph out;
    for (const Index node : nodes) {
        for (const Index j : graph.of(node))
            if (const Index to = place[static_cast<std::size_t>(j)]; to >= 0)
                out.neighbors.push_back(to);
        out.starts.push_back(out.entries());
    }
    return out;
}

/// Mean agreement of `labels` with `resamples` fits to a random 80 % of the spots.
template <class Scalar>
[[nodiscard]] double stability(const RowMatrix<Scalar>& scores, const Graph& graph,
                               std::span<const Label> labels, Index clusters,
                               const FitClusters& fit, Index resamples, std::uint64_t seed) {
    RandomStream random(seed, 0x53544142);
    double sum = 0;
    for (Index b = 0; b < resamples; ++b) {
        auto nodes = random.permutation(scores.rows());
        nodes.resize(static_cast<std::size_t>(std::max(clusters, scores.rows() * 4 / 5)));
        detail::sort(nodes.begin(), nodes.end());
        const auto part =
            fit(RowMatrix<Scalar>(scores(nodes, Eigen::all)), induced(graph, nodes), clusters);
        std::vector<Label> whole;
        for (const Index i : nodes) whole.push_back(labels[static_cast<std::size_t>(i)]);
        sum += adjusted_rand_index(whole, part.labels);
    }
    return sum / static_cast<double>(resamples);
}

/// Numbers of clusters to try: at least one, none twice, each in [1, spots].
template <class = void>
void check_tried(std::span<const Index> tried, Index spots, std::string_view who) {
    require(!tried.empty(), who, ": no number of clusters to try; give at least one");
    for (std::size_t i = 0; i < tried.size(); ++i) {
        require(tried[i] >= 1 && tried[i] <= spots, who, ": ", tried[i],
                " clusters are to be tried, there are ", spots,
                " spots; numbers must be at least 1 and at most the number of spots");
        const auto here = tried.begin() + static_cast<std::ptrdiff_t>(i);
        require(std::find(tried.begin(), here, tried[i]) == here, who, ": ", tried[i],
                " clusters are to be tried twice; leave one out");
    }
}

/// Where the best number is the first or the last of several, more or fewer might be better.
template <class = void>
void warn_at_edges(ClustersChoice& choice) {
    if (choice.curve.size() < 2) return;
    const auto [least, most] =
        std::minmax_element(choice.curve.begin(), choice.curve.end(),
                            [](const auto& a, const auto& b) { return a.clusters < b.clusters; });
    if (choice.best == most->clusters)
        choice.warnings.push_back(
            text("the best number of clusters, ", choice.best, ", is the largest tried"));
    if (choice.best == least->clusters)
        choice.warnings.push_back(
            text("the best number of clusters, ", choice.best, ", is the smallest tried"));
}

}  // namespace detail

/// Fits every number in `tried` and chooses the best by the criterion (of equals the first).
/// Numbers that leave a cluster without spots are passed over, unless all do. scores: n × d; graph:
/// undirected, n nodes. Throws InvalidArgument if tried is empty, or holds a number below 1, above
/// n, or twice.
template <class Scalar = double>
[[nodiscard]] ClustersChoice choose_clusters(const RowMatrix<std::type_identity_t<Scalar>>& scores,
                                             const Graph& graph, std::span<const Index> tried,
                                             ClustersCriterion criterion, const FitClusters& fit,
                                             const RunOptions& run = {}) {
    detail::check_tried(tried, scores.rows(), "choose_clusters");
    ClustersChoice choice;
    choice.criterion = criterion;
    std::vector<double> worse;                               // the criterion, the least being best
    const auto better = [&](std::size_t a, std::size_t b) {  // numbers of points of the curve
        const bool a_empty = choice.curve[a].empty > 0, b_empty = choice.curve[b].empty > 0;
        return a_empty == b_empty ? worse[a] < worse[b] : b_empty;
    };
    std::size_t best = 0;
    for (const Index clusters : tried) {
        auto found = fit(scores, graph, clusters);
        const auto criteria =
            information_criteria(found.log_likelihood, scores.rows(), scores.cols(), clusters);
        ClustersPoint point{clusters, found.log_likelihood, criteria.bic, criteria.mbic,
                            criteria.hbic};
        point.empty = std::count(found.sizes.begin(), found.sizes.end(), 0);
        const auto r = static_cast<const RowMatrix<Scalar>&>(found.responsibilities).array();
        point.icl = criteria.bic - 2 * (r * (r + 1e-300).log()).sum();
        if (criterion == ClustersCriterion::stability)
            point.stability = clusters == 1 ? 0
                                            : detail::stability(scores, graph, found.labels,
                                                                clusters, fit, 5, run.seed);
        worse.push_back(criterion == ClustersCriterion::bic    ? point.bic
                        : criterion == ClustersCriterion::mbic ? point.mbic
                        : criterion == ClustersCriterion::hbic ? point.hbic
                        : criterion == ClustersCriterion::icl  ? point.icl
                                                               : -point.stability);
        choice.curve.push_back(point);
        const std::size_t last = worse.size() - 1;
        if (last == 0 || better(last, best)) {
            best = last;
            choice.fit = std::move(found);
        }
        run.report("number of clusters", std::ssize(choice.curve), std::ssize(tried), worse.back());
        if (run.stop.stop_requested()) {
            choice.fit.stopped = true;
            break;
        }
    }
    choice.best = choice.curve[best].clusters;
    detail::warn_at_edges(choice);
    for (std::size_t i = best + 1; i < worse.size(); ++i)
        if (!better(best, i))
            choice.warnings.push_back(
                text(choice.curve[i].clusters, " clusters are exactly as good as ", choice.best));
    return choice;
}

namespace detail {

/// "3 clusters were chosen out of 5 numbers tried", and why where classes choose.
template <class Choice>
[[nodiscard]] std::string choice_in_words(const Choice& choice) {
    auto words = text(counted(choice.best, "cluster"), choice.best == 1 ? " was" : " were",
                      " chosen out of ", counted(std::ssize(choice.curve), "number"), " tried");
    if (choice.classes)
        words += text(
            ", as ", *choice.classes,
            *choice.classes == 1 ? " class of the source holds" : " classes of the source hold",
            " spots");
    return words;
}

/// As many clusters as the source's classes that hold spots, or the nearest number tried (the
/// first of such), of those that left no cluster without spots.
template <class Numbers>
void choose_by_classes(ClustersChoice& choice, const Numbers& tried, Index classes) {
    const auto away = [&](Index clusters) {
        const auto at = std::find_if(choice.curve.begin(), choice.curve.end(),
                                     [&](const auto& point) { return point.clusters == clusters; });
        return std::pair(at != choice.curve.end() && at->empty > 0, std::abs(clusters - classes));
    };
    choice.classes = classes;
    choice.best = *std::min_element(tried.begin(), tried.end(),
                                    [&](Index a, Index b) { return away(a) < away(b); });
    choice.warnings.clear();
    if (choice.best != classes)
        choice.warnings.push_back(text(
            classes, classes == 1 ? " class of the source holds" : " classes of the source hold",
            " spots of the target; of the numbers of clusters to try the nearest, ", choice.best,
            ", was chosen"));
    warn_at_edges(choice);
    for (const Index other : tried)
        if (other != choice.best && away(other) == away(choice.best))
            choice.warnings.push_back(text(other, " clusters are as near as ", choice.best));
}

/// The fit's labels, its `cuts` widest clusters (at most all) each cut in two across its longest
/// axis; the cut-off halves get the next numbers.
template <class W>
[[nodiscard]] std::vector<Label> cut_widest(const ClusterFit<W>& fit, const RowMatrix<W>& scores,
                                            Index cuts) {
    const auto spread = [&](std::size_t k) {
        return fit.covariances[k].trace() * static_cast<double>(fit.sizes[k]);
    };
    std::vector<std::size_t> widest(fit.covariances.size());
    std::iota(widest.begin(), widest.end(), std::size_t{0});
    std::stable_sort(widest.begin(), widest.end(),
                     [&](std::size_t a, std::size_t b) { return spread(a) > spread(b); });
    struct Cut {
        Vector<W> axis;
        Label number = left_out;  // of the half that is cut off
    };
    std::vector<Cut> of(widest.size());
    for (Index c = 0; c < cuts; ++c) {
        const std::size_t k = widest[static_cast<std::size_t>(c)];
        of[k] = {falling_eigen<W>(fit.covariances[k]).second.col(0),
                 static_cast<Label>(fit.clusters() + c)};
    }
    auto labels = fit.labels;
    for (Index i = 0; i < scores.rows(); ++i) {
        auto& label = labels[static_cast<std::size_t>(i)];
        const auto& [axis, number] = of[static_cast<std::size_t>(label)];
        if (number != left_out && (scores.row(i) - fit.means.row(label)).dot(axis) > 0)
            label = number;
    }
    return labels;
}

}  // namespace detail

/// SpatialGMM_MRF for several numbers of clusters, rising: each number's starts, and one more that
/// is the fit before it with as many of its widest clusters cut in two as are wanting, where it has
/// so many. Fits to fewer spots, as stability asks for, neither begin so nor count as the one
/// before.
template <std::floating_point Scalar = double>
[[nodiscard]] FitClusters warm_spatial_fits(SpatialGMM_MRF<Scalar> mixture, const RunOptions& run) {
    struct Before {
        ClusterFit<double> fit;
    };
    auto before = std::make_shared<Before>();
    return [mixture, run, before](const RowMatrix<double>& scores, const Graph& graph,
                                  Index clusters) mutable {
        mixture.options.clusters = clusters;
        auto fit = mixture.fit(scores, graph, run);
        const auto& last = before->fit;
        const Index spots = std::ssize(last.labels), cuts = clusters - last.clusters();
        if (scores.rows() < spots) return fit;
        if (scores.rows() == spots && cuts >= 1 && cuts <= last.clusters()) {
            const auto start = detail::shared_covariance_mixture(
                scores, detail::cut_widest(last, scores, cuts), clusters, 0, 0);
            auto warm = mixture.fit(scores, graph, start.labels, start.gaussians, run);
            warm.starts.insert(warm.starts.begin(), fit.starts.begin(), fit.starts.end());
            if (warm.log_likelihood > fit.log_likelihood)
                fit = std::move(warm);
            else
                fit.starts = std::move(warm.starts);
        }
        before->fit = fit;
        return fit;
    };
}

}  // namespace transst
