// The factor model that PLDR fits and TransferLoading starts from:
//
//     x_i = W z_i + ε_i,   z_i | y_i = k ~ N(μ_k, Σ_k),   ε_i ~ N(0, Λ)
#pragma once

#include <transst/matrix/sweep.hpp>

#include <Eigen/Cholesky>

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
        using W = Wide<Scalar>;
        const Matrix<W> loaded = loading.template cast<W>();
        const Matrix<W> a = noise_variance.template cast<W>().cwiseInverse().asDiagonal() * loaded;
        const Matrix<W> m = loaded.transpose() * a;
        return m.ldlt().solve(a.transpose()).transpose();
    }

    /// Covariance of the scores' error: (W'Λ⁻¹W)⁻¹ (q × q).
    [[nodiscard]] Matrix<Wide<Scalar>> score_noise() const {
        using W = Wide<Scalar>;
        const Matrix<W> loaded = loading.template cast<W>();
        const Matrix<W> m = loaded.transpose() *
                            noise_variance.template cast<W>().cwiseInverse().asDiagonal() * loaded;
        return m.ldlt().solve(Matrix<W>::Identity(m.rows(), m.cols()));
    }

    /// Generalised least squares scores of x (n × p, standardised as the source was): n × q.
    /// Throws ShapeMismatch if x does not have the model's genes.
    template <class X>
    [[nodiscard]] RowMatrix<Scalar> transform(const X& x, const RunOptions& run = {}) const {
        const auto& rows = as_rows(x);
        require<ShapeMismatch>(rows.cols() == genes(), "FactorModel::transform: X has ",
                               rows.cols(), " genes, the model has ", genes(),
                               "; align the genes first");
        return project<Scalar>(rows, score_weights(), run);
    }
};

}  // namespace transst
