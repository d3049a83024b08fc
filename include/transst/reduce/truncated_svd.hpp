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

    /// What a further fit needs to go on from here.
    struct State {
        double square_norm = 0;            ///< of X: the sum of its squared entries
        Vector<Wide<Scalar>> before, now;  ///< leading singular values of the last two iterations
        Matrix<Wide<Scalar>> product;      ///< X'XB of the last iteration's basis B
    } state{};                             ///< after the last iteration
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
        const auto& rows = as_rows(x);
        const Index width = check(rows);
        SVDFit<Scalar> fit;
        fit.state.square_norm = column_square_norms(rows, run, "TruncatedSVD::fit").sum();
        fit.state.now = Vector<W>::Zero(options.factors);
        const Matrix<W> start =
            RandomStream(run.seed, 0x535644).normal_matrix(rows.cols(), width).template cast<W>();
        iterate(rows, orthonormal(start), fit, run);
        return fit;
    }

    /// Goes on from a fit of the same x, with the same factors and seed, that was to be less exact:
    /// finds what the above would have found, bit for bit, in fewer sweeps. Throws InvalidArgument
    /// as above, ShapeMismatch where `from` has other shapes.
    template <class X>
    [[nodiscard]] SVDFit<Scalar> fit(const X& x, SVDFit<Scalar> from,
                                     const RunOptions& run = {}) const {
        const auto& rows = as_rows(x);
        const Index width = check(rows);
        require<ShapeMismatch>(
            from.state.product.rows() == rows.cols() && from.state.product.cols() == width &&
                from.scores.rows() == rows.rows() && from.scores.cols() == options.factors,
            "TruncatedSVD::fit: the fit to go on from is of ", from.scores.rows(), " × ",
            from.state.product.rows(), " with ", from.scores.cols(), " factors, X is ", rows.rows(),
            " × ", rows.cols(), " and factors = ", options.factors);
        if (!ended(from, run)) iterate(rows, orthonormal(from.state.product), from, run);
        return from;
    }

private:
    using W = Wide<Scalar>;

    /// Refuses what cannot be fitted; returns the number of columns to iterate with.
    template <class Rows>
    [[nodiscard]] Index check(const Rows& rows) const {
        const Index least = std::min<Index>(rows.rows(), rows.cols());
        require(options.factors >= 1 && options.factors < least,
                "TruncatedSVD::fit: factors = ", options.factors, ", X is ", rows.rows(), " × ",
                rows.cols(), "; factors must be at least 1 and below ", least);
        return std::min(options.factors + options.oversampling, least);
    }

    /// Whether the iterations end with the last one done; says so in the fit.
    [[nodiscard]] bool ended(SVDFit<Scalar>& fit, const RunOptions& run) const {
        const auto& [square_norm, before, now, product] = fit.state;
        const W floor = std::numeric_limits<Scalar>::epsilon() *
                        static_cast<W>(std::sqrt(std::max(square_norm, 0.0)));
        fit.converged = ((now - before).cwiseAbs().array() <=
                         static_cast<W>(options.tolerance) * now.array() + floor)
                            .all();
        fit.stopped = run.stop.stop_requested();
        return fit.converged || fit.stopped || fit.iterations >= options.max_iterations;
    }

    template <class Rows>
    void iterate(const Rows& rows, Matrix<W> basis, SVDFit<Scalar>& fit,
                 const RunOptions& run) const {
        const Index q = options.factors, width = basis.cols();
        for (;; basis = orthonormal(fit.state.product)) {
            auto swept = sweep<Scalar>(
                rows, basis, width, detail::Gram<W>{Matrix<W>::Zero(width, width)}, run,
                [](detail::Gram<W>& gram, Index, RowBlock<Scalar> u, RowBlock<Scalar> c) {
                    c = u;
                    const Matrix<W> wide = u.template cast<W>();
                    gram.sum.noalias() += wide.transpose() * wide;
                });
            const auto [values, vectors] = detail::falling_eigen<W>(swept.state.sum);
            fit.state.before = std::move(fit.state.now);
            fit.state.now = values.head(q).cwiseMax(0).cwiseSqrt();
            fit.state.product = std::move(swept.product);
            fit.trace.push_back(static_cast<double>(fit.state.now.squaredNorm()));
            fit.iterations = std::ssize(fit.trace);
            run.report("TruncatedSVD", fit.iterations, options.max_iterations, fit.trace.back());
            if (!ended(fit, run)) continue;
            Matrix<W> loading = basis * vectors.leftCols(q);
            detail::fix_signs<W>(loading);
            fit.loading = loading.template cast<Scalar>();
            fit.singular_values = fit.state.now.template cast<Scalar>();
            fit.scores = project<Scalar>(rows, loading, run);
            return;
        }
    }

    [[nodiscard]] static Matrix<Wide<Scalar>> orthonormal(const Matrix<Wide<Scalar>>& a) {
        const Eigen::HouseholderQR<Matrix<Wide<Scalar>>> qr(a);
        return qr.householderQ() * Matrix<Wide<Scalar>>::Identity(a.rows(), a.cols());
    }
};

// TruncatedSVD{{…}} is double: Clang before 17 does not see that by itself.
TruncatedSVD()->TruncatedSVD<>;
TruncatedSVD(TruncatedSVD<>::Options)->TruncatedSVD<>;

}  // namespace transst
