// K Gaussians in factor space: densities of all spots as one matrix product, and their moments.
#pragma once

#include <transst/core/algebra.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/run.hpp>

#include <limits>
#include <numbers>

namespace transst {

/// Means and covariances of K clusters in q dimensions.
template <class W>
struct Gaussians {
    Matrix<W> means;                     ///< K × q
    std::vector<Matrix<W>> covariances;  ///< K of q × q

    [[nodiscard]] Index clusters() const { return means.rows(); }  ///< K
    [[nodiscard]] Index factors() const { return means.cols(); }   ///< q
};

namespace detail {

/// Rows of spots handled at a time: scores, products and energies of a block stay in cache.
inline constexpr Index spot_block = 256;

/// Walks rows [begin, end) in blocks: visit(first, rows).
template <class Visit>
void for_each_block(Index begin, Index end, Visit&& visit) {
    for (Index b = begin; b < end; b += spot_block) visit(b, std::min(spot_block, end - b));
}

/// Negative log densities less (q/2) log 2π: ½ log|Σ_k| + ½ (v − μ_k)'Σ_k⁻¹(v − μ_k).
/// With Σ_k = L_k L_k', all K whitenings stand side by side in one q × Kq factor.
template <class W>
class Whitening {
public:
    explicit Whitening(const Gaussians<W>& g)
        : factors_(g.factors()),
          stacked_(factors_, factors_ * g.clusters()),
          shift_(factors_ * g.clusters()),
          half_log_determinant_(g.clusters()) {
        for (Index k = 0; k < g.clusters(); ++k) {
            const Cholesky<W> root(g.covariances[static_cast<std::size_t>(k)]);
            const Matrix<W> inverse =
                root.solve_root(Matrix<W>::Identity(factors_, factors_));  // of the root
            for (Index a = 0; a < factors_; ++a) {
                W shift = 0;
                for (Index b = 0; b < factors_; ++b) {
                    stacked_(b, k * factors_ + a) = inverse(a, b);
                    shift += inverse(a, b) * g.means(k, b);
                }
                shift_[k * factors_ + a] = shift;
            }
            half_log_determinant_[k] = W(0.5) * root.log_determinant();
        }
    }

    [[nodiscard]] Index clusters() const { return half_log_determinant_.size(); }
    /// ½ log|Σ_k|
    [[nodiscard]] W half_log_determinant(Index k) const { return half_log_determinant_[k]; }

    /// Energies of a block of scores (rows × q) into `energy` (rows × K).
    template <class Scores, class Energy>
    void energies(const Scores& scores, Energy&& energy) const {
        const Index rows = scores.rows();
        RowMatrix<W> white(rows, stacked_.cols());
        for (Index i = 0; i < rows; ++i) white.row(i) = -shift_.transpose();
        add_product(white, scores, stacked_);
        for (Index i = 0; i < rows; ++i) {
            const W* at = white.data() + i * white.cols();
            for (Index k = 0; k < clusters(); ++k, at += factors_)
                energy(i, k) = half_log_determinant_[k] +
                               W(0.5) * Eigen::Map<const Vector<W>>(at, factors_).squaredNorm();
        }
    }

private:
    Index factors_;
    Matrix<W> stacked_;  // L_k⁻ᵀ, side by side
    Vector<W> shift_;    // L_k⁻¹ μ_k
    Vector<W> half_log_determinant_;
};

/// Weighted sums of spots: N_k, Σ R v and Σ R vv'.
template <class W>
struct WeightedSums {
    Vector<W> weight;    // K
    Matrix<W> first;     // K × q
    Matrix<W> products;  // K × q(q + 1)/2: Σ R v_a v_b for a ≤ b, row by row of the triangle
    W objective = 0;

    [[nodiscard]] static WeightedSums zero(Index clusters, Index factors) {
        return {Vector<W>::Zero(clusters), Matrix<W>::Zero(clusters, factors),
                Matrix<W>::Zero(clusters, factors * (factors + 1) / 2)};
    }

    WeightedSums& operator+=(const WeightedSums& other) {
        weight += other.weight;
        first += other.first;
        products += other.products;
        objective += other.objective;
        return *this;
    }

    /// Adds a block of scores (rows × q) with weights (rows × K). The products of a spot's scores
    /// are the same for all clusters: one matrix product does them all.
    template <class Scores, class Weights>
    void add(const Scores& scores, const Weights& r) {
        const Index q = scores.cols(), rows = scores.rows();
        weight += column_sums(r);
        add_product(first, transposed(r), scores);
        Matrix<W> v = scores;
        Matrix<W> pairs(rows, products.cols());
        for (Index a = 0, at = 0; a < q; ++a)
            for (Index b = a; b < q; ++b, ++at)
                column_of(pairs, at, rows) = column_of(v, a, rows) * column_of(v, b, rows);
        add_product(products, transposed(r), pairs);
    }

    /// Σ R vv' of cluster k: q × q.
    [[nodiscard]] Matrix<W> second(Index k) const {
        const Index q = first.cols();
        Matrix<W> out(q, q);
        for (Index a = 0, at = 0; a < q; ++a)
            for (Index b = a; b < q; ++b, ++at) out(a, b) = out(b, a) = products(k, at);
        return out;
    }
};

/// Maximum likelihood from weighted sums. A cluster with fewer than q + 2 spots, or whose
/// covariance has all but collapsed in some direction, gets an inverse-Wishart prior worth q + 2
/// pseudo-spots on the pooled covariance (and an empty one keeps its mean); `regularized` says so.
template <class W>
[[nodiscard]] Gaussians<W> maximize(const WeightedSums<W>& sums, const Gaussians<W>& before,
                                    std::vector<char>& regularized) {
    const Index count = sums.weight.size(), q = sums.first.cols();
    Gaussians<W> g{before.means, {}};
    Matrix<W> pooled = Matrix<W>::Zero(q, q);
    std::vector<Matrix<W>> scatter;
    for (Index k = 0; k < count; ++k) {
        const W weight = sums.weight[k];
        if (weight > W(1e-10)) g.means.row(k) = sums.first.row(k) / weight;
        Matrix<W> s = Matrix<W>::Zero(q, q);
        if (weight > W(1e-10)) {
            s = sums.second(k);
            add_outer(s, -weight, g.means.row(k));
        }
        scatter.push_back(std::move(s));
        pooled += scatter.back();
    }
    pooled /= std::max(sums.weight.sum(), W(1));
    // spots that all lie in a subspace, or in one point, still need an invertible pooled
    // covariance; what is left of equal numbers after the subtraction above is rounding, of either
    // sign
    W size = 0;
    for (Index k = 0; k < count; ++k) size += sums.second(k).trace();
    const W spread =
        std::max(W(1e-9) * pooled.trace(), W(1e-12) * size / std::max(sums.weight.sum(), W(1)));
    pooled.diagonal().array() += std::max(spread / static_cast<W>(q), W(1e-200));
    const Cholesky<W> root(pooled);
    regularized.assign(static_cast<std::size_t>(count), 0);
    for (Index k = 0; k < count; ++k) {
        const W weight = sums.weight[k];
        const auto& s = scatter[static_cast<std::size_t>(k)];
        bool thin = weight < static_cast<W>(q + 2);
        if (!thin) thin = falling_eigenvalues<W>(root.whiten(s / weight))[q - 1] < W(1e-6);
        const W prior = thin ? static_cast<W>(q + 2) : 0;
        Matrix<W> covariance = s;
        if (thin) covariance += prior * pooled;
        covariance /= weight + prior;
        g.covariances.push_back(std::move(covariance));
        regularized[static_cast<std::size_t>(k)] = thin;
    }
    return g;
}

}  // namespace detail
}  // namespace transst
