// The leading singular vectors of expression, by randomised subspace iteration.
#pragma once

#include <transst/core/random.hpp>
#include <transst/matrix/standardized.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

namespace transst {

namespace detail {

/// A symmetric matrix as a sweep's state.
template <class W>
struct Gram {
    Matrix<W> sum;
    Gram& operator+=(const Gram& other) {
        sum += other.sum;
        return *this;
    }
};

/// Flips each column so that its first entry that is not (nearly) zero is positive; returns the
/// signs.
template <class W>
Vector<W> fix_signs(Matrix<W>& columns) {
    Vector<W> signs = Vector<W>::Ones(columns.cols());
    for (Index j = 0; j < columns.cols(); ++j) {
        const W small = columns.col(j).cwiseAbs().maxCoeff() * W(1e-8);
        for (Index i = 0; i < columns.rows(); ++i) {
            if (std::abs(columns(i, j)) <= small) continue;
            if (columns(i, j) < 0) signs[j] = W(-1);
            break;
        }
    }
    columns = columns * signs.asDiagonal();
    return signs;
}

/// Eigenvalues and vectors of a symmetric matrix, largest first.
template <class W>
[[nodiscard]] std::pair<Vector<W>, Matrix<W>> falling_eigen(const Matrix<W>& symmetric) {
    const Eigen::SelfAdjointEigenSolver<Matrix<W>> solver(symmetric);
    return {solver.eigenvalues().reverse(), solver.eigenvectors().rowwise().reverse()};
}

}  // namespace detail

/// What TruncatedSVD::fit finds of X (n × p): X ≈ scores · loading', scores = X · loading.
template <class Scalar>
struct SVDFit {
    Matrix<Scalar> loading;          ///< p × q: right singular vectors, first entries positive
    RowMatrix<Scalar> scores;        ///< n × q: left singular vectors times singular values
    Vector<Scalar> singular_values;  ///< q, falling
    std::vector<double> trace;       ///< Σ of the q leading squared singular values found
    Index iterations = 0;            ///< done
    bool converged = false;          ///< within the tolerance, before max_iterations
    bool stopped = false;            ///< on request
};

/// Randomised truncated SVD (Halko, Martinsson & Tropp, SIAM Review 2011, algorithm 4.4): one
/// sweep over X an iteration, never a full decomposition.
///
///     const auto svd = transst::TruncatedSVD{{.factors = 15}}.fit(transst::standardize(x));
template <std::floating_point Scalar = double>
struct TruncatedSVD {
    static constexpr std::string_view name = "TruncatedSVD";

    struct Options {
        Index factors = 15;          ///< q, below min(n, p)
        Index oversampling = 10;     ///< further columns that speed up convergence
        Index max_iterations = 100;  ///< at most so many
        double tolerance = 1e-8;     ///< relative change of every leading singular value
    } options{};

    /// x: n × p (Expression or Standardized). Throws InvalidArgument if factors is not in
    /// [1, min(n, p)), BadData if an entry is not finite.
    template <class X>
    [[nodiscard]] SVDFit<Scalar> fit(const X& x, const RunOptions& run = {}) const {
        using W = Wide<Scalar>;
        const auto& rows = as_rows(x);
        const Index least = std::min<Index>(rows.rows(), rows.cols());
        require(options.factors >= 1 && options.factors < least,
                "TruncatedSVD::fit: factors = ", options.factors, ", X is ", rows.rows(), " × ",
                rows.cols(), "; factors must be at least 1 and below ", least);
        const double norms = column_square_norms(rows, run, "TruncatedSVD::fit").sum();

        const Index q = options.factors, width = std::min(q + options.oversampling, least);
        Matrix<W> basis =
            RandomStream(run.seed, 0x535644).normal_matrix(rows.cols(), width).template cast<W>();
        basis = orthonormal(basis);
        SVDFit<Scalar> fit;
        Vector<W> previous = Vector<W>::Zero(q);
        for (;;) {
            auto swept = sweep<Scalar>(
                rows, basis, width, detail::Gram<W>{Matrix<W>::Zero(width, width)}, run,
                [](detail::Gram<W>& gram, Index, RowBlock<Scalar> u, RowBlock<Scalar> c) {
                    c = u;
                    const Matrix<W> wide = u.template cast<W>();
                    gram.sum.noalias() += wide.transpose() * wide;
                });
            const auto [values, vectors] = detail::falling_eigen<W>(swept.state.sum);
            const Vector<W> singular = values.head(q).cwiseMax(0).cwiseSqrt();
            fit.trace.push_back(static_cast<double>(singular.squaredNorm()));
            fit.iterations = std::ssize(fit.trace);
            run.report("TruncatedSVD", fit.iterations, options.max_iterations, fit.trace.back());
            const W floor = std::numeric_limits<Scalar>::epsilon() *
                            static_cast<W>(std::sqrt(std::max(norms, 0.0)));
            fit.converged = ((singular - previous).cwiseAbs().array() <=
                             static_cast<W>(options.tolerance) * singular.array() + floor)
                                .all();
            fit.stopped = run.stop.stop_requested();
            if (fit.converged || fit.stopped || fit.iterations >= options.max_iterations) {
                Matrix<W> loading = basis * vectors.leftCols(q);
                detail::fix_signs<W>(loading);
                fit.loading = loading.template cast<Scalar>();
                fit.singular_values = singular.template cast<Scalar>();
                fit.scores = project<Scalar>(rows, loading, run);
                return fit;
            }
            previous = singular;
            basis = orthonormal(swept.product);
        }
    }

private:
    [[nodiscard]] static Matrix<Wide<Scalar>> orthonormal(const Matrix<Wide<Scalar>>& a) {
        const Eigen::HouseholderQR<Matrix<Wide<Scalar>>> qr(a);
        return qr.householderQ() * Matrix<Wide<Scalar>>::Identity(a.rows(), a.cols());
    }
};

// TruncatedSVD{{…}} is double: Clang before 17 does not see that by itself.
TruncatedSVD()->TruncatedSVD<>;
TruncatedSVD(TruncatedSVD<>::Options)->TruncatedSVD<>;

}  // namespace transst
