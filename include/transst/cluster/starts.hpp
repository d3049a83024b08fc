// Where clustering starts: k-means++ and a Gaussian mixture with one shared covariance.
#pragma once

#include <transst/cluster/gaussians.hpp>
#include <transst/core/labels.hpp>
#include <transst/core/random.hpp>
#include <transst/graph/graph.hpp>

namespace transst {

/// Labels of n spots and the Gaussians they were drawn from.
template <class W>
struct MixtureStart {
    std::vector<Label> labels;  ///< n
    Gaussians<W> gaussians;     ///< one for each component
    double log_likelihood = 0;  ///< of the mixture, constants included
};

namespace detail {

/// K rows of `scores`, each drawn in proportion to its squared distance to those already drawn
/// (Arthur & Vassilvitskii 2007). Fewer distinct rows than K give some row twice.
template <class W>
[[nodiscard]] Matrix<W> draw_centers(const RowMatrix<W>& scores, Index clusters,
                                     RandomStream& random) {
    const Index n = scores.rows();
    Matrix<W> centers(clusters, scores.cols());
    std::vector<double> distance(static_cast<std::size_t>(n), std::numeric_limits<double>::max());
    Index drawn = random.below(n);
    for (Index k = 0;; ++k) {
        centers.row(k) = scores.row(drawn);
        if (k + 1 == clusters) return centers;
        double total = 0;
        for (Index i = 0; i < n; ++i) {
            auto& d = distance[static_cast<std::size_t>(i)];
            d = std::min(d, static_cast<double>((scores.row(i) - centers.row(k)).squaredNorm()));
            total += d;
        }
        drawn = total > 0 ? random.categorical(distance) : random.below(n);
    }
}

/// Lloyd's iterations from `centers`, at most `limit`; an empty cluster keeps its center.
template <class W>
[[nodiscard]] std::vector<Label> k_means(const RowMatrix<W>& scores, Matrix<W>& centers,
                                         Index limit) {
    const Index n = scores.rows(), count = centers.rows();
    std::vector<Label> labels(static_cast<std::size_t>(n), left_out);
    for (Index iteration = 0; iteration < limit; ++iteration) {
        const Vector<W> offsets = W(0.5) * centers.rowwise().squaredNorm();
        Matrix<W> sums = Matrix<W>::Zero(count, scores.cols());
        Vector<W> sizes = Vector<W>::Zero(count);
        bool changed = false;
        for_each_block(0, n, [&](Index begin, Index rows) {
            RowMatrix<W> near = scores.middleRows(begin, rows) * centers.transpose();
            near.rowwise() -= offsets.transpose();
            for (Index i = 0; i < rows; ++i) {
                Index best = 0;
                near.row(i).maxCoeff(&best);
                auto& label = labels[static_cast<std::size_t>(begin + i)];
                changed = changed || label != best;
                label = static_cast<Label>(best);
                sums.row(best) += scores.row(begin + i);
                sizes[best] += 1;
            }
        });
        if (!changed) break;
        for (Index k = 0; k < count; ++k)
            if (sizes[k] > 0) centers.row(k) = sums.row(k) / sizes[k];
    }
    return labels;
}

/// EM for a mixture whose components share one covariance (mclust's EEE), from given labels.
template <class W>
[[nodiscard]] MixtureStart<W> shared_covariance_mixture(const RowMatrix<W>& scores,
                                                        std::vector<Label> labels, Index clusters,
                                                        Index limit, double tolerance) {
    const Index n = scores.rows(), q = scores.cols();
    const W cells = static_cast<W>(n);
    const Vector<W> center = scores.colwise().mean().transpose();
    Matrix<W> total = Matrix<W>::Zero(q, q);
    for_each_block(0, n, [&](Index begin, Index rows) {
        const RowMatrix<W> d = scores.middleRows(begin, rows).rowwise() - center.transpose();
        total.noalias() += d.transpose() * d;
    });
    const W ridge = std::max(total.trace() / (cells * static_cast<W>(q)), W(1e-300)) * W(1e-6);

    Vector<W> weight = Vector<W>::Zero(clusters);
    Matrix<W> sums = Matrix<W>::Zero(clusters, q);  // of centred scores
    for (Index i = 0; i < n; ++i) {
        const Label k = labels[static_cast<std::size_t>(i)];
        weight[k] += 1;
        sums.row(k) += scores.row(i) - center.transpose();
    }
    MixtureStart<W> out{std::move(labels), {}, -std::numeric_limits<double>::infinity()};
    Matrix<W> means = Matrix<W>::Zero(clusters, q), covariance;
    const Index block = std::min(n, spot_block);
    Matrix<W> centered(block, q), whitened(block, q), joint(block, clusters);
    Eigen::Array<W, Eigen::Dynamic, 1> most(block), sum(block);
    Eigen::Array<Label, Eigen::Dynamic, 1> best(block);
    for (Index iteration = 0;; ++iteration) {
        covariance = total;
        for (Index k = 0; k < clusters; ++k) {
            if (weight[k] <= W(1e-10)) continue;
            means.row(k) = sums.row(k) / weight[k];
            covariance -= weight[k] * means.row(k).transpose() * means.row(k);
        }
        covariance = W(0.5) * (covariance + covariance.transpose()) / cells;
        covariance.diagonal().array() += ridge;
        if (iteration == limit) break;
        const Eigen::LLT<Matrix<W>> llt(covariance);
        const Matrix<W> root = llt.matrixL();
        const Matrix<W> inverse_root =
            root.template triangularView<Eigen::Lower>().solve(Matrix<W>::Identity(q, q));
        const Matrix<W> centers = means * inverse_root.transpose();
        const Vector<W> offsets = (weight.cwiseMax(W(1e-10)) / cells).array().log() -
                                  W(0.5) * centers.rowwise().squaredNorm().array();
        const W constant = -W(0.5) * static_cast<W>(q) * std::log(2 * std::numbers::pi_v<W>) -
                           root.diagonal().array().log().sum();
        weight.setZero();
        sums.setZero();
        W log_likelihood = 0;
        for_each_block(0, n, [&](Index begin, Index rows) {
            auto d = centered.topRows(rows), white = whitened.topRows(rows),
                 r = joint.topRows(rows);
            d = scores.middleRows(begin, rows).rowwise() - center.transpose();
            white.noalias() = d * inverse_root.transpose();
            r.noalias() = white * centers.transpose();
            // a column for each cluster: all the block's spots are done side by side
            best.head(rows).setZero();
            most.head(rows).setConstant(-std::numeric_limits<W>::infinity());
            for (Index k = 0; k < clusters; ++k) {
                r.col(k).array() += offsets[k];
                for (Index i = 0; i < rows; ++i)
                    if (r(i, k) > most[i]) {
                        most[i] = r(i, k);
                        best[i] = static_cast<Label>(k);
                    }
            }
            sum.head(rows).setZero();
            for (Index k = 0; k < clusters; ++k) {
                r.col(k) = (r.col(k).array() - most.head(rows)).exp();
                sum.head(rows) += r.col(k).array();
            }
            for (Index k = 0; k < clusters; ++k) r.col(k).array() /= sum.head(rows);
            for (Index i = 0; i < rows; ++i)
                out.labels[static_cast<std::size_t>(begin + i)] = best[i];
            log_likelihood += most.head(rows).sum() + sum.head(rows).log().sum() +
                              static_cast<W>(rows) * constant - W(0.5) * white.squaredNorm();
            weight += r.colwise().sum().transpose();
            sums.noalias() += r.transpose() * d;
        });
        const double before = out.log_likelihood;
        out.log_likelihood = static_cast<double>(log_likelihood);
        if (std::abs(out.log_likelihood - before) < tolerance * std::abs(before)) break;
    }
    means.rowwise() += center.transpose();
    out.gaussians = {means, std::vector<Matrix<W>>(static_cast<std::size_t>(clusters), covariance)};
    return out;
}

/// The `number`-th start for K clusters: k-means++, then at most `limit` iterations of the
/// shared-covariance mixture.
template <class W>
[[nodiscard]] MixtureStart<W> mixture_start(const RowMatrix<W>& scores, Index clusters,
                                            std::uint64_t seed, Index number, Index limit = 200) {
    RandomStream random(seed, 0x53544152u + static_cast<std::uint64_t>(number));
    Matrix<W> centers = draw_centers(scores, clusters, random);
    auto labels = k_means(scores, centers, 50);
    return shared_covariance_mixture(scores, std::move(labels), clusters, limit, 1e-6);
}

/// Each spot's scores averaged with its neighbours'.
template <class W>
[[nodiscard]] RowMatrix<W> average_with_neighbors(const RowMatrix<W>& scores, const Graph& graph) {
    RowMatrix<W> out = scores;
    for (Index i = 0; i < graph.nodes(); ++i) {
        for (const Index j : graph.of(i)) out.row(i) += scores.row(j);
        out.row(i) /= static_cast<W>(1 + graph.degree(i));
    }
    return out;
}

/// A start of another kind: k-means++ on averaged scores, which sees regions where mixture_start
/// sees spots. Starts of one kind alone tend to end in the same place.
template <class W>
[[nodiscard]] MixtureStart<W> smoothed_start(const RowMatrix<W>& scores,
                                             const RowMatrix<W>& averaged, Index clusters,
                                             std::uint64_t seed, Index number) {
    RandomStream random(seed, 0x534D4F4Fu + static_cast<std::uint64_t>(number));
    Matrix<W> centers = draw_centers(averaged, clusters, random);
    auto labels = k_means(averaged, centers, 50);
    return shared_covariance_mixture(scores, std::move(labels), clusters, 0, 0);
}

}  // namespace detail
}  // namespace transst
