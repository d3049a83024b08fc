// The factor model that PLDR fits and TransferLoading starts from:
//
//     x_i = W z_i + ε_i,   z_i | y_i = k ~ N(μ_k, Σ_k),   ε_i ~ N(0, Λ)
#pragma once

#include <transst/matrix/any_rows.hpp>

namespace transst {

/// The parameters of the factor model.
template <class Scalar>
struct FactorModel {
    Matrix<Scalar> loading;                   ///< W: p genes × q factors
    Vector<Scalar> noise_variance;            ///< diagonal of Λ: p
    Matrix<Scalar> means;                     ///< μ: K classes × q
    std::vector<Matrix<Scalar>> covariances;  ///< Σ: K of q × q

    [[nodiscard]] Index genes() const { return loading.rows(); }    ///< p
    [[nodiscard]] Index factors() const { return loading.cols(); }  ///< q
    [[nodiscard]] Index classes() const { return means.rows(); }    ///< K

    /// B with scores = X̃B: the generalised least squares estimate of z, Λ⁻¹W(W'Λ⁻¹W)⁻¹ (p × q).
    [[nodiscard]] Matrix<Wide<Scalar>> score_weights() const {
        const auto [a, m] = information();
        return detail::over_symmetric(a, m);
    }

    /// Covariance of the scores' error: (W'Λ⁻¹W)⁻¹ (q × q).
    [[nodiscard]] Matrix<Wide<Scalar>> score_noise() const {
        const auto m = information().second;
        return detail::solve_symmetric<Wide<Scalar>>(m, m.Identity(m.rows(), m.cols()));
    }

    /// Λ⁻¹W (p × q) and W'Λ⁻¹W (q × q).
    [[nodiscard]] std::pair<Matrix<Wide<Scalar>>, Matrix<Wide<Scalar>>> information() const {
        using W = Wide<Scalar>;
        const Matrix<W> loaded = loading.template cast<W>();
        Vector<W> weight = noise_variance.template cast<W>();
        for (W& w : weight) w = 1 / w;
        Matrix<W> a = detail::scaled_rows(loaded, weight);
        Matrix<W> m = detail::times(detail::transposed(loaded), a);
        return {std::move(a), std::move(m)};
    }

    /// Generalised least squares scores of x (n × p, standardised as the source was): n × q.
    /// Throws ShapeMismatch if x does not have the model's genes.
    template <class X>
    [[nodiscard]] RowMatrix<Scalar> transform(const X& x, const RunOptions& run = {}) const {
        const auto& rows = as_rows(x);
        require<ShapeMismatch>(rows.cols() == genes(), "FactorModel::transform: X has ",
                               rows.cols(), " genes, the model has ", genes(),
                               "; align the genes first");
        return project<Scalar>(detail::any_rows<Scalar>(rows), score_weights(), run);
    }
};

}  // namespace transst
