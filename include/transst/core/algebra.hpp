// Products, solves and eigenvectors of dense matrices, each compiled once.
//
// Every Eigen expression is a type of its own, and a product or a decomposition of a new type costs
// a compiler as much as a page of code. Here they see nothing but where the entries lie.
#pragma once

#include <transst/core/types.hpp>

#include <Eigen/Cholesky>

// Eigen/Eigenvalues holds those of all matrices and includes LU, SVD and geometry: together a tenth
// of what transst.hpp costs a compiler. Only those of symmetric matrices are used here. Eigen after
// 3.4 does not give them alone, and LAPACK's take their place only in the whole.
#if EIGEN_VERSION_AT_LEAST(3, 4, 90) || defined(EIGEN_USE_LAPACKE)
#include <Eigen/Eigenvalues>
#else
#include <Eigen/Householder>
#include <Eigen/Jacobi>
#include <Eigen/src/Eigenvalues/SelfAdjointEigenSolver.h>
#endif

#include <utility>

namespace transst::detail {

/// A matrix by where its entries lie: in a Matrix, a RowMatrix, a Vector, or in part of one.
template <class W>
struct DenseView {
    using Scalar = std::remove_const_t<W>;
    W* data;
    Index rows, cols;
    Index down, right;  // steps from an entry to that below it, and to that on its right

    [[nodiscard]] DenseView transposed() const { return {data, cols, rows, right, down}; }
    /// Whether the entries of a column follow one another, as those of no more than one row do.
    [[nodiscard]] bool by_columns() const { return down == 1 || rows <= 1; }
};

template <class Dense>
using ScalarOf = typename std::remove_cvref_t<Dense>::Scalar;

/// Of what Eigen keeps in memory, to be read.
template <class Dense>
    requires requires(const Dense& m) {
        m.innerStride();
    }
[[nodiscard]] DenseView<const ScalarOf<Dense>> view_of(const Dense& m) {
    const Index inner = m.innerStride(), outer = m.outerStride();
    return {m.data(), m.rows(), m.cols(), Dense::IsRowMajor ? outer : inner,
            Dense::IsRowMajor ? inner : outer};
}
template <class W>
[[nodiscard]] DenseView<const W> view_of(const DenseView<const W>& view) {
    return view;
}

/// A', without a copy.
template <class Dense>
[[nodiscard]] DenseView<const ScalarOf<Dense>> transposed(const Dense& a) {
    return view_of(a).transposed();
}

template <class W>
void add_product_of(W* sum, const DenseView<const W>& place, DenseView<const W> a,
                    DenseView<const W> b) {
    if (!place.by_columns())  // the rows follow one another: the transpose is a matrix of columns
        return add_product_of(sum, place.transposed(), b.transposed(), a.transposed());
    const bool turn_a = !a.by_columns(), turn_b = !b.by_columns();
    if (turn_a) a = a.transposed();
    if (turn_b) b = b.transposed();
    using Stride = Eigen::OuterStride<>;
    Eigen::Map<Matrix<W>, Eigen::Unaligned, Stride> out(sum, place.rows, place.cols,
                                                        Stride(place.right));
    const Eigen::Map<const Matrix<W>, Eigen::Unaligned, Stride> left(a.data, a.rows, a.cols,
                                                                     Stride(a.right)),
        right(b.data, b.rows, b.cols, Stride(b.right));
    if (turn_a && turn_b)
        out.noalias() += left.transpose() * right.transpose();
    else if (turn_a)
        out.noalias() += left.transpose() * right;
    else if (turn_b)
        out.noalias() += left * right.transpose();
    else
        out.noalias() += left * right;
}

/// sum += AB. The sum shares no entry with A or B; each is what view_of or transposed takes or is.
template <class Sum, class A, class B>
void add_product(Sum&& sum, const A& a, const B& b) {
    add_product_of<ScalarOf<Sum>>(sum.data(), view_of(sum), view_of(a), view_of(b));
}

/// AB.
template <class A, class B>
[[nodiscard]] Matrix<ScalarOf<A>> times(const A& a, const B& b) {
    using W = ScalarOf<A>;
    const DenseView<const W> left = view_of(a), right = view_of(b);
    Matrix<W> out = Matrix<W>::Zero(left.rows, right.cols);
    add_product_of<W>(out.data(), view_of(out), left, right);
    return out;
}

/// Av.
template <class A, class W>
[[nodiscard]] Vector<W> times(const A& a, const Vector<W>& v) {
    const auto left = view_of(a);
    Vector<W> out = Vector<W>::Zero(left.rows);
    add_product_of<W>(out.data(), view_of(out), left, view_of(v));
    return out;
}

/// sum += weight · vv'; v is a row or a column.
template <class W, class V>
void add_outer(Matrix<W>& sum, W weight, const V& v) {
    for (Index a = 0; a < v.size(); ++a)
        for (Index b = 0; b < v.size(); ++b) sum(b, a) += weight * v[a] * v[b];
}

/// 1'A.
template <class A>
[[nodiscard]] Vector<ScalarOf<A>> column_sums(const A& a) {
    return times(transposed(a), Vector<ScalarOf<A>>::Ones(a.rows()).eval());
}

/// The chosen rows, in the order given.
template <class Dense>
[[nodiscard]] Dense rows_at(const Dense& m, const std::vector<Index>& chosen) {
    return m(chosen, Eigen::all);
}

/// Divides row i by its sum, unless that is 0.
template <class Dense>
void normalize_row(Dense& m, Index i) {
    const auto sum = m.row(i).sum();
    if (sum > 0) m.row(i) /= sum;
}

/// The first `rows` entries of a column, as numbers side by side.
template <class W>
[[nodiscard]] Eigen::Map<Eigen::Array<W, Eigen::Dynamic, 1>> column_of(Matrix<W>& m, Index column,
                                                                       Index rows) {
    return {m.data() + column * m.rows(), rows};
}

/// diag(by) A.
template <class W>
[[nodiscard]] Matrix<W> scaled_rows(Matrix<W> a, const Vector<W>& by) {
    for (Index j = 0; j < a.cols(); ++j) a.col(j).array() *= by.array();
    return a;
}

/// A diag(by).
template <class W>
[[nodiscard]] Matrix<W> scaled_columns(Matrix<W> a, const Vector<W>& by) {
    for (Index j = 0; j < a.cols(); ++j) a.col(j) *= by[j];
    return a;
}

/// (A + A') / 2.
template <class W>
[[nodiscard]] Matrix<W> symmetric_part(Matrix<W> a) {
    for (Index j = 0; j < a.cols(); ++j)
        for (Index i = 0; i < j; ++i) a(i, j) = a(j, i) = W(0.5) * (a(i, j) + a(j, i));
    return a;
}

/// LL' of a symmetric matrix, of which the lower half is read.
template <class W>
class Cholesky {
public:
    explicit Cholesky(const Matrix<W>& symmetric) : llt_(symmetric) {}

    /// Whether the matrix is positive definite; else nothing below means anything.
    [[nodiscard]] bool positive() const { return llt_.info() == Eigen::Success; }

    /// L, zero above the diagonal.
    [[nodiscard]] Matrix<W> root() const {
        Matrix<W> out = llt_.matrixLLT();
        for (Index j = 1; j < out.cols(); ++j) out.col(j).head(j).setZero();
        return out;
    }
    [[nodiscard]] W log_determinant() const {
        W sum = 0;
        for (Index j = 0; j < llt_.rows(); ++j) sum += std::log(llt_.matrixLLT()(j, j));
        return 2 * sum;
    }
    /// (LL')⁻¹B.
    [[nodiscard]] Matrix<W> solve(Matrix<W> b) const {
        llt_.matrixL().solveInPlace(b);
        llt_.matrixU().solveInPlace(b);
        return b;
    }
    /// L⁻¹B.
    [[nodiscard]] Matrix<W> solve_root(Matrix<W> b) const {
        llt_.matrixL().solveInPlace(b);
        return b;
    }
    /// L'⁻¹B.
    [[nodiscard]] Matrix<W> solve_transposed_root(Matrix<W> b) const {
        llt_.matrixU().solveInPlace(b);
        return b;
    }
    /// L⁻¹BL'⁻¹ of a symmetric B.
    [[nodiscard]] Matrix<W> whiten(Matrix<W> b) const {
        llt_.matrixL().solveInPlace(b);
        b.transposeInPlace();
        llt_.matrixL().solveInPlace(b);
        return b;
    }
    [[nodiscard]] Matrix<W> inverse() const {
        return solve(Matrix<W>::Identity(llt_.rows(), llt_.rows()));
    }

private:
    Eigen::LLT<Matrix<W>> llt_;
};

/// A⁻¹B of a symmetric A, which may be singular.
template <class W>
[[nodiscard]] Matrix<W> solve_symmetric(const Matrix<W>& a, const Matrix<W>& b) {
    return Eigen::LDLT<Matrix<W>>(a).solve(b);
}

/// BA⁻¹ of a symmetric A, which may be singular.
template <class W>
[[nodiscard]] Matrix<W> over_symmetric(const Matrix<W>& b, const Matrix<W>& a) {
    Matrix<W> out = solve_symmetric<W>(a, b.transpose());
    out.transposeInPlace();
    return out;
}

/// Eigenvalues and vectors of a symmetric matrix, largest first.
template <class W>
[[nodiscard]] std::pair<Vector<W>, Matrix<W>> falling_eigen(const Matrix<W>& symmetric,
                                                            int what = Eigen::ComputeEigenvectors) {
    const Eigen::SelfAdjointEigenSolver<Matrix<W>> solver(symmetric, what);
    const Index q = symmetric.rows();
    std::pair<Vector<W>, Matrix<W>> out{Vector<W>(q), {}};
    for (Index j = 0; j < q; ++j) out.first[j] = solver.eigenvalues()[q - 1 - j];
    if (what != Eigen::ComputeEigenvectors) return out;
    out.second.resize(q, q);
    for (Index j = 0; j < q; ++j) out.second.col(j) = solver.eigenvectors().col(q - 1 - j);
    return out;
}

template <class W>
[[nodiscard]] Vector<W> falling_eigenvalues(const Matrix<W>& symmetric) {
    return falling_eigen(symmetric, Eigen::EigenvaluesOnly).first;
}

/// Of A against a positive definite B: Av = λBv with V'BV = I, largest first.
template <class W>
[[nodiscard]] std::pair<Vector<W>, Matrix<W>> falling_eigen_against(const Matrix<W>& a,
                                                                    const Matrix<W>& b) {
    const Cholesky<W> root(b);
    auto out = falling_eigen(symmetric_part(root.whiten(a)));
    out.second = root.solve_transposed_root(std::move(out.second));
    return out;
}

}  // namespace transst::detail
