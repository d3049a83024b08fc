#include "support/catch.hpp"

#include <transst/core/algebra.hpp>
#include <transst/core/random.hpp>

#include <Eigen/LU>

using namespace transst;
using namespace transst::detail;

namespace {

Matrix<double> drawn(Index rows, Index cols, std::uint64_t seed) {
    return RandomStream(seed, 1).normal_matrix(rows, cols);
}

/// Entry by entry.
Matrix<double> product_of(const Matrix<double>& a, const Matrix<double>& b) {
    Matrix<double> out = Matrix<double>::Zero(a.rows(), b.cols());
    for (Index i = 0; i < a.rows(); ++i)
        for (Index j = 0; j < b.cols(); ++j)
            for (Index k = 0; k < a.cols(); ++k) out(i, j) += a(i, k) * b(k, j);
    return out;
}

double apart(const Matrix<double>& a, const Matrix<double>& b) {
    REQUIRE(a.rows() == b.rows());
    REQUIRE(a.cols() == b.cols());
    return a.size() == 0 ? 0 : (a - b).cwiseAbs().maxCoeff();
}

Matrix<double> positive(Index q, std::uint64_t seed) {
    const Matrix<double> a = drawn(q, q + 3, seed);
    return a * a.transpose();
}

}  // namespace

TEST_CASE("products are the same however the entries lie") {
    const auto [rows, inner, cols] = GENERATE(
        std::tuple<Index, Index, Index>{1, 1, 1}, std::tuple<Index, Index, Index>{1, 7, 5},
        std::tuple<Index, Index, Index>{6, 1, 4}, std::tuple<Index, Index, Index>{5, 8, 1},
        std::tuple<Index, Index, Index>{40, 17, 33}, std::tuple<Index, Index, Index>{3, 0, 2},
        std::tuple<Index, Index, Index>{0, 4, 3});
    CAPTURE(rows, inner, cols);
    const Matrix<double> a = drawn(rows, inner, 1), b = drawn(inner, cols, 2),
                         expected = product_of(a, b);
    const RowMatrix<double> a_rows = a, b_rows = b;
    const Matrix<double> a_turned = a.transpose(), b_turned = b.transpose();
    CHECK(apart(times(a, b), expected) < 1e-12);
    CHECK(apart(times(a_rows, b), expected) < 1e-12);
    CHECK(apart(times(a, b_rows), expected) < 1e-12);
    CHECK(apart(times(a_rows, b_rows), expected) < 1e-12);
    CHECK(apart(times(transposed(a_turned), b), expected) < 1e-12);
    CHECK(apart(times(a, transposed(b_turned)), expected) < 1e-12);
    CHECK(apart(times(transposed(a_turned), transposed(b_turned)), expected) < 1e-12);

    // parts of wider ones, added to parts of others
    Matrix<double> wide = Matrix<double>::Ones(rows + 2, cols + 3);
    RowMatrix<double> wide_rows = wide;
    Matrix<double> a_wide = Matrix<double>::Zero(rows + 1, inner + 1);
    a_wide.block(1, 1, rows, inner) = a;
    add_product(wide.block(1, 2, rows, cols), a_wide.block(1, 1, rows, inner), b);
    add_product(wide_rows.block(1, 2, rows, cols), a_wide.block(1, 1, rows, inner), b);
    Matrix<double> expected_wide = Matrix<double>::Ones(rows + 2, cols + 3);
    expected_wide.block(1, 2, rows, cols) += expected;
    CHECK(apart(wide, expected_wide) < 1e-12);
    CHECK(apart(wide_rows, expected_wide) < 1e-12);

    // one row and one column of matrices of either order
    if (rows > 2 && cols > 2) {
        CHECK(apart(times(a.row(2), b), expected.row(2)) < 1e-12);
        CHECK(apart(times(a_rows.row(2), b), expected.row(2)) < 1e-12);
        CHECK(apart(times(a, b.col(1)), expected.col(1)) < 1e-12);
        CHECK(apart(times(a, b_rows.col(1)), expected.col(1)) < 1e-12);
        CHECK(apart(times(a, Vector<double>(b.col(1))), expected.col(1)) < 1e-12);
    }
}

TEST_CASE("a Cholesky factor solves and knows its determinant") {
    const Index q = GENERATE(1, 2, 15);
    const Matrix<double> a = positive(q, 3), b = drawn(q, 4, 4), s = positive(q, 5);
    const Cholesky<double> root(a);
    CHECK(root.positive());
    CHECK(apart(product_of(root.root(), root.root().transpose()), a) < 1e-10);
    CHECK(apart(product_of(a, root.solve(b)), b) < 1e-8);
    CHECK(apart(product_of(root.root(), root.solve_root(b)), b) < 1e-8);
    CHECK(apart(product_of(root.root().transpose(), root.solve_transposed_root(b)), b) < 1e-8);
    CHECK(apart(product_of(product_of(root.root(), root.whiten(s)), root.root().transpose()), s) <
          1e-8);
    CHECK(apart(product_of(a, root.inverse()), Matrix<double>::Identity(q, q)) < 1e-8);
    CHECK(root.log_determinant() == Approx(std::log(a.determinant())).epsilon(1e-9));
    Matrix<double> indefinite = a;
    indefinite(q - 1, q - 1) = -1;
    CHECK_FALSE(Cholesky<double>(indefinite).positive());
}

TEST_CASE("symmetric systems are solved, singular ones too where they can be") {
    const Matrix<double> a = positive(6, 6), b = drawn(6, 3, 7);
    CHECK(apart(product_of(a, solve_symmetric(a, b)), b) < 1e-9);
    CHECK(apart(product_of(over_symmetric<double>(b.transpose(), a), a), b.transpose()) < 1e-9);
    Matrix<double> singular = a;
    singular.row(2).setZero();
    singular.col(2).setZero();
    Matrix<double> right = b;
    right.row(2).setZero();
    CHECK(apart(product_of(singular, solve_symmetric(singular, right)), right) < 1e-9);
}

TEST_CASE("eigenvalues fall, and of one matrix against another the vectors whiten it") {
    const Matrix<double> a = drawn(7, 7, 8), symmetric = symmetric_part(a), b = positive(7, 9);
    CHECK(apart(symmetric, 0.5 * (a + a.transpose())) == 0);
    const auto [values, vectors] = falling_eigen(symmetric);
    CHECK(apart(product_of(symmetric, vectors), scaled_columns(vectors, values)) < 1e-10);
    CHECK(apart(falling_eigenvalues(symmetric), values) < 1e-10);
    const auto [against, axes] = falling_eigen_against(symmetric, b);
    for (Index j = 1; j < 7; ++j) {
        CHECK(values[j] <= values[j - 1]);
        CHECK(against[j] <= against[j - 1]);
    }
    CHECK(apart(product_of(symmetric, axes), scaled_columns(product_of(b, axes), against)) < 1e-8);
    CHECK(apart(product_of(axes.transpose(), product_of(b, axes)), Matrix<double>::Identity(7, 7)) <
          1e-8);
    CHECK(apart(scaled_rows(a, values), values.asDiagonal() * a) < 1e-12);
}
