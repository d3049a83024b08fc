// How well apart clusters lie in factor space.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/labels.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/random.hpp>
#include <transst/core/run.hpp>
#include <transst/core/sort.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace transst {

namespace detail {

/// Rows with a label, their clusters numbered anew without gaps, and the clusters' sizes.
struct ScoredSpots {
    RowMatrix<double> scores;
    std::vector<std::size_t> cluster;
    std::vector<Index> sizes;

    /// Mean over the spots of (b − a) / max(a, b), where distances(i, out) fills a spot's distance
    /// to each cluster; a spot alone in its cluster, or where a = b = 0, counts as 0.
    template <class Distances>
    [[nodiscard]] double mean(int threads, Distances&& distances) const {
        if (sizes.size() < 2) return 0;
        const Lanes lanes(scores.rows(), 64);
        const double total =
            sum_lanes(lanes, threads, 0.0, [&](double& sum, Index begin, Index end) {
                std::vector<double> to(sizes.size());
                for (Index i = begin; i < end; ++i) {
                    const std::size_t own = cluster[static_cast<std::size_t>(i)];
                    if (sizes[own] == 1) continue;
                    distances(i, to);
                    const double a = to[own];
                    to[own] = std::numeric_limits<double>::infinity();
                    const double b = *std::min_element(to.begin(), to.end());
                    if (a != b) sum += (b - a) / std::max(a, b);
                }
            });
        return total / static_cast<double>(scores.rows());
    }
};

/// At most `most` of the labelled rows, drawn by the seed.
template <class Scalar>
[[nodiscard]] ScoredSpots scored_spots(const RowMatrix<Scalar>& scores,
                                       std::span<const Label> labels, Index most,
                                       std::uint64_t seed, std::string_view who) {
    require<ShapeMismatch>(std::ssize(labels) == scores.rows(), who, ": there are ", labels.size(),
                           " labels, the scores have ", scores.rows(), " rows");
    std::vector<Index> kept;
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] != left_out) kept.push_back(static_cast<Index>(i));
    require<BadData>(!kept.empty(), who, ": none of the ", labels.size(),
                     " spots has a label; there is nothing to score");
    const auto count = static_cast<Index>(kept.size());
    if (count > most) {
        RandomStream random(seed);
        for (Index i = 0; i < most; ++i)
            std::swap(kept[static_cast<std::size_t>(i)],
                      kept[static_cast<std::size_t>(i + random.below(count - i))]);
        kept.resize(static_cast<std::size_t>(most));
        detail::sort(kept.begin(), kept.end());
    }
    ScoredSpots out;
    out.scores = scores(kept, Eigen::all).template cast<double>();
    require<BadData>(out.scores.allFinite(), who, ": a score is not finite; leave out its spot");
    std::vector<Label> names;
    for (const Index i : kept) names.push_back(labels[static_cast<std::size_t>(i)]);
    detail::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    out.sizes.assign(names.size(), 0);
    for (const Index i : kept) {
        const auto at =
            std::lower_bound(names.begin(), names.end(), labels[static_cast<std::size_t>(i)]);
        out.cluster.push_back(static_cast<std::size_t>(at - names.begin()));
        ++out.sizes[out.cluster.back()];
    }
    return out;
}

}  // namespace detail

/// The mean silhouette (Rousseeuw, J. Comput. Appl. Math. 1987) in [−1, 1]: of each spot
/// (b − a) / max(a, b), a the mean Euclidean distance to the other spots of its cluster, b that to
/// the spots of the nearest other cluster; 0 for a spot alone in its cluster, and where there is
/// only one cluster. scores: n × q; labels: n clusters, left_out skipped. Of more than `most` spots
/// as many are drawn by run.seed and scored among themselves (as scikit-learn's sample_size does):
/// time grows with most², memory with most.
/// Throws InvalidArgument where most < 1, ShapeMismatch where sizes differ, BadData where no spot
/// has a label or a score is not finite.
template <class Scalar>
[[nodiscard]] double silhouette(const RowMatrix<Scalar>& scores, std::span<const Label> labels,
                                const RunOptions& run = {}, Index most = 5000) {
    require(most >= 1, "silhouette: most = ", most, "; it must be at least 1");
    const auto spots = detail::scored_spots(scores, labels, most, run.seed, "silhouette");
    return spots.mean(run.threads, [&](Index i, std::vector<double>& to) {
        std::fill(to.begin(), to.end(), 0.0);
        for (Index j = 0; j < spots.scores.rows(); ++j)
            to[spots.cluster[static_cast<std::size_t>(j)]] +=
                (spots.scores.row(i) - spots.scores.row(j)).norm();
        const std::size_t own = spots.cluster[static_cast<std::size_t>(i)];
        for (std::size_t k = 0; k < to.size(); ++k)
            to[k] /= static_cast<double>(spots.sizes[k] - (k == own));
    });
}

/// The same of all spots, with a and b the distances to the clusters' centroids (Hruschka, de
/// Castro & Campello, ICDM 2004): time n K q, for any n. A spot's own centroid includes the spot,
/// so values are higher than the silhouette's.
template <class Scalar>
[[nodiscard]] double simplified_silhouette(const RowMatrix<Scalar>& scores,
                                           std::span<const Label> labels,
                                           const RunOptions& run = {}) {
    const auto spots =
        detail::scored_spots(scores, labels, scores.rows(), run.seed, "simplified_silhouette");
    std::remove_cvref_t<decltype(spots.scores)> centroids;
    centroids.setZero(std::ssize(spots.sizes), scores.cols());
    for (Index i = 0; i < spots.scores.rows(); ++i)
        centroids.row(static_cast<Index>(spots.cluster[static_cast<std::size_t>(i)])) +=
            spots.scores.row(i);
    for (Index k = 0; k < centroids.rows(); ++k)
        centroids.row(k) /= static_cast<double>(spots.sizes[static_cast<std::size_t>(k)]);
    return spots.mean(run.threads, [&](Index i, std::vector<double>& to) {
        for (Index k = 0; k < centroids.rows(); ++k)
            to[static_cast<std::size_t>(k)] = (spots.scores.row(i) - centroids.row(k)).norm();
    });
}

}  // namespace transst
