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
    const Index q = scores.cols();
    for (Index iteration = 0; iteration < limit; ++iteration) {
        Vector<W> offsets(count);
        for (Index k = 0; k < count; ++k) offsets[k] = W(-0.5) * centers.row(k).squaredNorm();
        Matrix<W> sums = Matrix<W>::Zero(count, q);
        Vector<W> sizes = Vector<W>::Zero(count);
        bool changed = false;
        for_each_block(0, n, [&](Index begin, Index rows) {
            RowMatrix<W> near(rows, count);
            for (Index i = 0; i < rows; ++i) near.row(i) = offsets.transpose();
            add_product(near, scores.middleRows(begin, rows), transposed(centers));
            for (Index i = 0; i < rows; ++i) {
                Index best = 0;
                for (Index k = 1; k < count; ++k)
                    if (near(i, k) > near(i, best)) best = k;
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
    Vector<W> center = Vector<W>::Zero(q);
    for (Index i = 0; i < n; ++i) center += scores.row(i).transpose();
    center /= cells;
    const Index block = std::min(n, spot_block);
    Matrix<W> centered(block, q), whitened(block, q), joint(block, clusters);
    const auto center_block = [&](Index begin, Index rows) {
        for (Index a = 0; a < q; ++a)
            for (Index i = 0; i < rows; ++i) centered(i, a) = scores(begin + i, a) - center[a];
    };
    Matrix<W> total = Matrix<W>::Zero(q, q);
    for_each_block(0, n, [&](Index begin, Index rows) {
        center_block(begin, rows);
        const auto d = centered.topRows(rows);
        add_product(total, transposed(d), d);
    });
    const W ridge = std::max(total.trace() / (cells * static_cast<W>(q)), W(1e-300)) * W(1e-6);

    Vector<W> weight = Vector<W>::Zero(clusters);
    Matrix<W> sums = Matrix<W>::Zero(clusters, q);  // of centred scores
    for (Index i = 0; i < n; ++i) {
        const Label k = labels[static_cast<std::size_t>(i)];
        weight[k] += 1;
        for (Index a = 0; a < q; ++a) sums(k, a) += scores(i, a) - center[a];
    }
    MixtureStart<W> out{std::move(labels), {}, -std::numeric_limits<double>::infinity()};
    Matrix<W> means = Matrix<W>::Zero(clusters, q), covariance;
    Matrix<W> most(block, 1), sum(block, 1);
    std::vector<Label> best(static_cast<std::size_t>(block));
    for (Index iteration = 0;; ++iteration) {
        covariance = total;
        for (Index k = 0; k < clusters; ++k) {
            if (weight[k] <= W(1e-10)) continue;
            means.row(k) = sums.row(k) / weight[k];
            add_outer(covariance, -weight[k], means.row(k));
        }
        covariance = symmetric_part(std::move(covariance)) / cells;
        covariance.diagonal().array() += ridge;
        if (iteration == limit) break;
        const Cholesky<W> root(covariance);
        const Matrix<W> inverse_root = root.solve_root(Matrix<W>::Identity(q, q));
        const Matrix<W> centers = times(means, transposed(inverse_root));
        Vector<W> offsets(clusters);
        for (Index k = 0; k < clusters; ++k)
            offsets[k] = std::log(std::max(weight[k], W(1e-10)) / cells) -
                         W(0.5) * centers.row(k).squaredNorm();
        const W constant = -W(0.5) * (static_cast<W>(q) * std::log(2 * std::numbers::pi_v<W>) +
                                      root.log_determinant());
        weight.setZero();
        sums.setZero();
        W log_likelihood = 0;
        for_each_block(0, n, [&](Index begin, Index rows) {
            center_block(begin, rows);
            const auto d = centered.topRows(rows);
            whitened.setZero();
            auto white = whitened.topRows(rows);
            add_product(white, d, transposed(inverse_root));
            // a column for each cluster: all the block's spots are done side by side
            const auto of = [&](Index k) { return column_of(joint, k, rows); };
            for (Index k = 0; k < clusters; ++k) of(k).setConstant(offsets[k]);
            auto r = joint.topRows(rows);
            add_product(r, white, transposed(centers));
            auto largest = column_of(most, 0, rows), total_of = column_of(sum, 0, rows);
            largest = of(0);
            std::fill(best.begin(), best.end(), Label{0});
            for (Index k = 1; k < clusters; ++k)
                for (Index i = 0; i < rows; ++i)
                    if (joint(i, k) > most(i, 0)) {
                        most(i, 0) = joint(i, k);
                        best[static_cast<std::size_t>(i)] = static_cast<Label>(k);
                    }
            total_of.setZero();
            for (Index k = 0; k < clusters; ++k) {
                auto one = of(k);
                one -= largest;
                one = one.exp();
                total_of += one;
            }
            for (Index k = 0; k < clusters; ++k) {
                auto one = of(k);
                one /= total_of;
                weight[k] += one.sum();
            }
            std::copy_n(best.begin(), rows, out.labels.begin() + begin);
            log_likelihood += largest.sum() + static_cast<W>(rows) * constant;
            for (Index i = 0; i < rows; ++i) log_likelihood += std::log(sum(i, 0));
            for (Index a = 0; a < q; ++a)
                log_likelihood -= W(0.5) * column_of(whitened, a, rows).matrix().squaredNorm();
            add_product(sums, transposed(r), d);
        });
        const double before = out.log_likelihood;
        out.log_likelihood = static_cast<double>(log_likelihood);
        if (std::abs(out.log_likelihood - before) < tolerance * std::abs(before)) break;
    }
    for (Index a = 0; a < q; ++a) means.col(a).array() += center[a];
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

/// Of how many spots such a mean is, on average.
template <class = void>
[[nodiscard]] double averaged_over(const Graph& graph) {
    return 1 + static_cast<double>(graph.entries()) / static_cast<double>(graph.nodes());
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
