// The leading singular vectors of expression, by randomised block Lanczos iteration.
#pragma once

#include <transst/core/random.hpp>
#include <transst/matrix/any_rows.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

namespace transst {

namespace detail {

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
    for (Index j = 0; j < columns.cols(); ++j)
        if (signs[j] < 0) columns.col(j) *= W(-1);
    return signs;
}

/// Orthonormal columns that span `block` beside `basis` (orthonormal): where nothing of a column is
/// left, another is drawn.
template <class W>
[[nodiscard]] Matrix<W> orthonormal_beside(const Matrix<W>& basis, Matrix<W> block,
                                           RandomStream& random) {
    // takes the directions out of columns [begin, begin + count) of the block
    const auto leave = [&](const auto& directions, Index begin, Index count) {
        auto columns = block.middleCols(begin, count);
        Matrix<W> along = times(transposed(directions), columns);
        along *= W(-1);
        add_product(columns, directions, along);
    };
    Vector<W> norms(block.cols());
    for (Index j = 0; j < block.cols(); ++j) norms[j] = block.col(j).norm();
    // twice each, since what is left may be rounding for the most part; and once more at the end,
    // since dividing by a small norm makes that large
    const auto leave_twice = [&](const auto& directions, Index begin, Index count) {
        leave(directions, begin, count);
        leave(directions, begin, count);
    };
    leave_twice(basis, 0, block.cols());
    for (Index j = 0; j < block.cols(); ++j) {
        leave_twice(block.leftCols(j), j, 1);
        auto column = block.col(j);
        W norm = norms[j];
        for (int drawn = 0; drawn < 3 && !(column.norm() > W(1e-12) * norm); ++drawn) {
            for (Index i = 0; i < block.rows(); ++i) column[i] = static_cast<W>(random.normal());
            norm = column.norm();
            for (int twice = 0; twice < 2; ++twice) {
                leave(basis, j, 1);
                leave(block.leftCols(j), j, 1);
            }
        }
        column /= column.norm();
    }
    leave(basis, 0, block.cols());
    for (Index j = 0; j < block.cols(); ++j) {
        leave_twice(block.leftCols(j), j, 1);
        block.col(j) /= block.col(j).norm();
    }
    return block;
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
        Matrix<Wide<Scalar>> basis;        ///< p × m, orthonormal: what X'X has been applied to
        Matrix<Wide<Scalar>> projected;    ///< m × m: X'X within the basis
        Matrix<Wide<Scalar>> next;         ///< p × any, orthonormal: beside the basis, to come
    } state{};                             ///< after the last iteration
};

/// Randomised truncated SVD by block Lanczos iterations, with full orthogonalisation (Musco &
/// Musco, NeurIPS 2015) and thick restarts (Wu & Simon, SIAM J. Matrix Anal. Appl. 2000): one sweep
/// over X an iteration, never a full decomposition.
///
///     const auto svd = transst::TruncatedSVD{{.factors = 15}}.fit(transst::standardize(x));
template <std::floating_point Scalar = double>
struct TruncatedSVD {
    static constexpr std::string_view name = "TruncatedSVD";

    struct Options {
        Index factors = 15;          ///< q, below min(n, p)
        Index oversampling = 1;      ///< further columns of a block, at least; blocks are filled up
                                     ///< to a multiple of 8, which costs a sweep nothing
        Index max_iterations = 100;  ///< at most so many
        double tolerance = 1e-8;     ///< relative change of every leading singular value
    } options{};

    /// x: n × p (Expression or Standardized). Throws InvalidArgument if factors is not in
    /// [1, min(n, p)) or oversampling is negative, BadData if an entry is not finite.
    template <class X>
    [[nodiscard]] SVDFit<Scalar> fit(const X& x, const RunOptions& run = {}) const {
        const auto& seen = as_rows(x);
        const auto rows = detail::any_rows<Scalar>(seen);
        const Index width = check(rows);
        SVDFit<Scalar> fit;
        auto& state = fit.state;
        state.square_norm = column_square_norms(rows, run, "TruncatedSVD::fit").sum();
        state.now = Vector<W>::Zero(options.factors);
        state.basis.resize(rows.cols(), 0);
        RandomStream random(run.seed, 0x535644);
        const Matrix<W> start = random.normal_matrix(rows.cols(), width).template cast<W>();
        state.next = detail::orthonormal_beside(state.basis, start, random);
        iterate(rows, width, fit, run);
        return fit;
    }

    /// Goes on from a fit of the same x, with the same factors, oversampling and seed, that was to
    /// be less exact: finds what the above would have found, bit for bit, in fewer sweeps. Throws
    /// InvalidArgument as above, ShapeMismatch where `from` has other shapes.
    template <class X>
    [[nodiscard]] SVDFit<Scalar> fit(const X& x, SVDFit<Scalar> from,
                                     const RunOptions& run = {}) const {
        const auto& seen = as_rows(x);
        const auto rows = detail::any_rows<Scalar>(seen);
        const Index width = check(rows);
        require<ShapeMismatch>(
            from.state.basis.rows() == rows.cols() && from.scores.rows() == rows.rows() &&
                from.scores.cols() == options.factors,
            "TruncatedSVD::fit: the fit to go on from is of ", from.scores.rows(), " × ",
            from.state.basis.rows(), " with ", from.scores.cols(), " factors, X is ", rows.rows(),
            " × ", rows.cols(), " and factors = ", options.factors);
        if (!ended(from, run)) iterate(rows, width, from, run);
        return from;
    }

private:
    using W = Wide<Scalar>;

    /// Refuses what cannot be fitted; returns the columns of a block.
    template <class Rows>
    [[nodiscard]] Index check(const Rows& rows) const {
        const Index least = std::min<Index>(rows.rows(), rows.cols());
        require(options.factors >= 1 && options.factors < least,
                "TruncatedSVD::fit: factors = ", options.factors, ", X is ", rows.rows(), " × ",
                rows.cols(), "; factors must be at least 1 and below ", least);
        require(options.oversampling >= 0,
                "TruncatedSVD::fit: oversampling = ", options.oversampling,
                "; it must be 0 or more");
        return std::min((options.factors + options.oversampling + 7) / 8 * 8, least);
    }

    /// Whether the iterations end with the last one done; says so in the fit.
    [[nodiscard]] bool ended(SVDFit<Scalar>& fit, const RunOptions& run) const {
        const auto& state = fit.state;
        const W floor = std::numeric_limits<Scalar>::epsilon() *
                        static_cast<W>(std::sqrt(std::max(state.square_norm, 0.0)));
        fit.converged = state.next.cols() == 0 ||
                        ((state.now - state.before).cwiseAbs().array() <=
                         static_cast<W>(options.tolerance) * state.now.array() + floor)
                            .all();
        fit.stopped = run.stop.stop_requested();
        return fit.converged || fit.stopped || fit.iterations >= options.max_iterations;
    }

    template <class Rows>
    void iterate(const Rows& rows, Index width, SVDFit<Scalar>& fit, const RunOptions& run) const {
        constexpr Index most_blocks = 8, kept_blocks = 3;
        const Index q = options.factors;
        auto& [square_norm, before, now, basis, projected, next] = fit.state;
        for (;;) {
            if (basis.cols() + next.cols() > most_blocks * width) {
                const auto [values, vectors] = detail::falling_eigen<W>(projected);
                const Index kept = kept_blocks * width;
                basis = detail::times(basis, vectors.leftCols(kept));
                projected.setZero(kept, kept);
                for (Index j = 0; j < kept; ++j) projected(j, j) = values[j];
            }
            const Matrix<W> product = multiply(rows, next, run);
            const Index old = basis.cols(), grown = old + next.cols();
            basis.conservativeResize(Eigen::NoChange, grown);
            basis.rightCols(next.cols()) = next;
            const Matrix<W> column = detail::times(detail::transposed(basis), product);
            projected.conservativeResize(grown, grown);
            for (Index j = 0; j < next.cols(); ++j)
                for (Index i = 0; i < grown; ++i)
                    projected(i, old + j) = projected(old + j, i) =
                        i < old ? column(i, j) : W(0.5) * (column(i, j) + column(old + j, i - old));

            before = std::move(now);
            now = detail::falling_eigenvalues(projected);
            now.conservativeResize(q);
            for (W& value : now) value = std::sqrt(std::max(value, W(0)));
            fit.trace.push_back(static_cast<double>(now.squaredNorm()));
            fit.iterations = std::ssize(fit.trace);
            run.report("TruncatedSVD", fit.iterations, options.max_iterations, fit.trace.back());

            RandomStream random(run.seed, 0x535644 + static_cast<std::uint64_t>(fit.iterations));
            next = detail::orthonormal_beside<W>(
                basis, product.leftCols(std::min({width, product.cols(), rows.cols() - grown})),
                random);
            if (ended(fit, run)) {
                const auto vectors = detail::falling_eigen(projected).second;
                finish(rows, detail::times(basis, vectors.leftCols(q)), fit, run);
                return;
            }
        }
    }

    /// Singular values are the scores' norms: of X'X they would be noise below √ε of the largest.
    template <class Rows>
    static void finish(const Rows& rows, Matrix<W> loading, SVDFit<Scalar>& fit,
                       const RunOptions& run) {
        detail::fix_signs<W>(loading);
        const RowMatrix<Scalar> scores = project<Scalar>(rows, loading, run);
        const Vector<W> norms = scores.template cast<W>().colwise().norm().transpose();
        std::vector<Index> order(static_cast<std::size_t>(norms.size()));
        std::iota(order.begin(), order.end(), Index{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](Index a, Index b) { return norms[a] > norms[b]; });
        fit.loading = loading(Eigen::all, order).template cast<Scalar>();
        fit.scores = scores(Eigen::all, order);
        fit.singular_values = norms(order).template cast<Scalar>();
    }

    /// X'XB.
    template <class Rows>
    [[nodiscard]] static Matrix<W> multiply(const Rows& rows, const Matrix<W>& b,
                                            const RunOptions& run) {
        return sweep<Scalar>(rows, b, b.cols(), NoState{}, run,
                             [](NoState&, Index, RowBlock<Scalar> u, RowBlock<Scalar> c) { c = u; })
            .product;
    }
};

// TruncatedSVD{{…}} is double: Clang before 17 does not see that by itself.
TruncatedSVD()->TruncatedSVD<>;
TruncatedSVD(TruncatedSVD<>::Options)->TruncatedSVD<>;

}  // namespace transst
