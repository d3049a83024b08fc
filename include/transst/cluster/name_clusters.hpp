// Names for clusters, from the source's classes. Ours; METHOD §7.
#pragma once

#include <transst/cluster/anchored_gmm_mrf.hpp>
#include <transst/matrix/group_sums.hpp>

#include <algorithm>
#include <cmath>

namespace transst {

/// The name that the source gives to a cluster.
struct ClusterName {
    Label source_class = left_out;  ///< left_out: no class explains it
    std::string name = "NA";        ///< of that class
    double confidence = 0;          ///< in [0, 1]
    bool novel = false;             ///< the source has shown nothing like it
};

/// The clusters' names, and each spot's class.
struct ClusterNames {
    std::vector<ClusterName> names;     ///< of the clusters (K)
    RowMatrix<double> class_posterior;  ///< spots × classes; what rows lack to 1 speaks for
                                        ///< clusters that no class stands for
};

/// Clusters bear the name of the class they stem from. A spot lies outside where it is further from
/// every class than all but 1 % of a class's own cells would be (the 99 % quantile of chi-square):
/// confidence is the mean responsibility of the cluster's spots, those outside counting as 0, and a
/// cluster is novel where most of its spots lie outside, or where it is a free component. But one
/// of which most lie within, and for most of these a class is likeliest that no cluster stems from,
/// has taken the place of that class, and bears its name. A spot's posterior over the classes is
/// its responsibilities.
template <class W>
[[nodiscard]] ClusterNames name_anchored(const AnchoredFit<W>& fit, const RowMatrix<W>& scores,
                                         const ClassDensities<W>& classes,
                                         std::span<const std::string> class_names,
                                         const RunOptions& run = {}) {
    const Index n = scores.rows(), count = fit.clusters();
    ClusterNames out{{}, RowMatrix<double>::Zero(n, std::ssize(class_names))};
    const detail::Whitening<W> whitening(classes.gaussians);
    // Wilson & Hilferty's approximation of the quantile
    const double df = static_cast<double>(scores.cols()), c = 2 / (9 * df);
    const double far = df * std::pow(1 - c + 2.326348 * std::sqrt(c), 3);
    struct Spots {
        Vector<double> sizes, outside, certainty;  // of each cluster
        Matrix<double> within;  // clusters × classes: likeliest, and not outside
        Spots& operator+=(const Spots& other) {
            sizes += other.sizes;
            outside += other.outside;
            certainty += other.certainty;
            within += other.within;
            return *this;
        }
    };
    const Vector<double> none = Vector<double>::Zero(count);
    const Spots nothing{none, none, none, Matrix<double>::Zero(count, whitening.clusters())};
    const auto spots =
        sum_lanes(Lanes(n), run.threads, nothing, [&](Spots& sums, Index from, Index to) {
            detail::for_each_block(from, to, [&](Index begin, Index rows) {
                RowMatrix<W> energies(rows, whitening.clusters());
                whitening.energies(scores.middleRows(begin, rows), energies);
                RowMatrix<W> away = energies;
                for (Index k = 0; k < away.cols(); ++k)
                    away.col(k).array() -= whitening.half_log_determinant(k);
                for (Index i = begin; i < begin + rows; ++i) {
                    const Label k = fit.labels[static_cast<std::size_t>(i)];
                    sums.sizes[k] += 1;
                    if (2 * away.row(i - begin).minCoeff() > far) {
                        sums.outside[k] += 1;
                        continue;
                    }
                    sums.certainty[k] += static_cast<double>(fit.responsibilities(i, k));
                    Index likeliest = 0;
                    energies.row(i - begin).minCoeff(&likeliest);
                    sums.within(k, likeliest) += 1;
                }
            });
        });
    for (Index k = 0; k < count; ++k) {
        const auto at = static_cast<std::size_t>(k);
        ClusterName cluster;
        cluster.source_class = fit.source_class[at];
        const bool outside = 2 * spots.outside[k] > spots.sizes[k];
        if (cluster.source_class == left_out && !outside && spots.sizes[k] > 0) {
            Index most = 0;
            spots.within.row(k).maxCoeff(&most);
            const auto& stem = fit.source_class;
            if (std::find(stem.begin(), stem.end(), static_cast<Label>(most)) == stem.end())
                cluster.source_class = static_cast<Label>(most);
        }
        cluster.novel = outside || cluster.source_class == left_out;
        if (cluster.source_class != left_out) {
            cluster.name = class_names[static_cast<std::size_t>(cluster.source_class)];
            if (spots.sizes[k] > 0) cluster.confidence = spots.certainty[k] / spots.sizes[k];
        }
        out.names.push_back(std::move(cluster));
    }
    const Lanes lanes(n);
    parallel_for(lanes.count(), run.threads, [&](Index lane) {
        for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i)
            for (Index k = 0; k < count; ++k)
                if (const Label of = out.names[static_cast<std::size_t>(k)].source_class;
                    of != left_out)
                    out.class_posterior(i, of) += static_cast<double>(fit.responsibilities(i, k));
    });
    return out;
}

/// Mean of each group and gene, less the mean of all: p × groups. x: rows × p, of: group of each
/// row, in [0, groups).
template <class Rows>
[[nodiscard]] Matrix<double> centered_profiles(const Standardized<Rows>& x,
                                               std::span<const Label> of, Index groups,
                                               const RunOptions& run = {}) {
    const auto group_of = [&](Index row) { return of[static_cast<std::size_t>(row)]; };
    Vector<double> sizes = Vector<double>::Zero(groups);
    for (const Label k : of) sizes[k] += 1;
    auto means = group_sums(x, groups, group_of, run);
    for (Index k = 0; k < groups; ++k) means.col(k) /= std::max(sizes[k], 1.0);
    const Vector<double> of_all = detail::times(means, sizes) / sizes.sum();
    for (Index k = 0; k < groups; ++k) means.col(k) -= of_all;
    return means;
}

/// Clusters found without anchors bear the name of the class whose mean profile over the genes
/// theirs correlates with best; that correlation is the confidence. A cluster of which no class
/// explains a tenth is novel, and no class speaks for its spots. of_class: centered_profiles of the
/// source's K classes (p × K); target: spots × p.
template <class Rows, class W = double>
[[nodiscard]] ClusterNames name_by_profile(const Matrix<std::type_identity_t<W>>& of_class,
                                           std::span<const std::string> class_names,
                                           const Standardized<Rows>& target,
                                           const ClusterFit<std::type_identity_t<W>>& clusters,
                                           const RunOptions& run = {}) {
    const Index classes = std::ssize(class_names), count = clusters.clusters();
    require<ShapeMismatch>(of_class.rows() == target.cols() && of_class.cols() == classes,
                           "name_by_profile: the profiles are ", of_class.rows(), " genes x ",
                           of_class.cols(), " classes, the target has ", target.cols(),
                           " genes and there are ", classes, " names");
    const Matrix<W> of_cluster = centered_profiles(target, clusters.labels, count, run);
    ClusterNames out{{}, RowMatrix<double>::Zero(target.rows(), classes)};
    for (Index k = 0; k < count; ++k) {
        Vector<W> alike = Vector<W>::Zero(classes);
        for (Index c = 0; c < classes; ++c) {
            const double scale = of_cluster.col(k).norm() * of_class.col(c).norm();
            if (scale > 0) alike[c] = of_cluster.col(k).dot(of_class.col(c)) / scale;
        }
        Index best = 0;
        ClusterName cluster;
        const double most = alike.maxCoeff(&best);
        constexpr double least_explained = 0.1;  // of the variance: a squared correlation
        const bool empty = clusters.sizes[static_cast<std::size_t>(k)] == 0,
                   known = most > 0 && most * most >= least_explained;
        cluster.novel = !known && !empty;
        if (known && !empty) {
            cluster.source_class = static_cast<Label>(best);
            cluster.name = class_names[static_cast<std::size_t>(best)];
            cluster.confidence = std::min(1.0, most);
        }
        out.names.push_back(std::move(cluster));
        if (!known) continue;
        alike = alike.cwiseMax(0);
        const Vector<W> responsibility = clusters.responsibilities.col(k);
        detail::add_product(out.class_posterior, responsibility,
                            detail::transposed(Vector<W>(alike / alike.sum())));
    }
    return out;
}

/// The same from the source itself: labelled cells × p with labels in [0, K).
template <class SourceRows, class TargetRows>
[[nodiscard]] ClusterNames name_by_profile(const Standardized<SourceRows>& source,
                                           std::span<const Label> labels,
                                           std::span<const std::string> class_names,
                                           const Standardized<TargetRows>& target,
                                           const ClusterFit<double>& clusters,
                                           const RunOptions& run = {}) {
    return name_by_profile(centered_profiles(source, labels, std::ssize(class_names), run),
                           class_names, target, clusters, run);
}

}  // namespace transst
