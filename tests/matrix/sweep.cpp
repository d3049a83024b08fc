#include "kinds.hpp"

#include <transst/matrix/any_rows.hpp>

#include <support/catch.hpp>

using namespace transst;

namespace {

struct Sum {
    double value = 0;
    Index rows = 0;
    Sum& operator+=(const Sum& other) {
        value += other.value;
        rows += other.rows;
        return *this;
    }
};

/// C = U's columns over and over, squared and shifted by the row's number: what a sweep may do.
template <class S, class X>
Swept<S, Sum> run_sweep(const X& x, const Matrix<double>& a, Index outputs, int threads = 1) {
    return sweep<S>(x, a, outputs, Sum{}, {.threads = threads},
                    [&](Sum& sum, Index begin, RowBlock<S> u, RowBlock<S> c) {
                        sum.rows += u.rows();
                        sum.value += static_cast<double>(u.sum());
                        for (Index i = 0; i < c.rows(); ++i)
                            for (Index o = 0; o < outputs; ++o) {
                                const S own = a.cols() > 0 ? u(i, o % a.cols()) : S(1);
                                c(i, o) = own + static_cast<S>((begin + i) % 7);
                            }
                    });
}

/// The same written out.
Matrix<double> expected_product(const Matrix<double>& x, const Matrix<double>& a, Index outputs) {
    const Matrix<double> u = x * a;
    Matrix<double> c(x.rows(), outputs);
    for (Index i = 0; i < x.rows(); ++i)
        for (Index o = 0; o < outputs; ++o)
            c(i, o) = (a.cols() > 0 ? u(i, o % a.cols()) : 1) + static_cast<double>(i % 7);
    return x.transpose() * c;
}

double relative(const Matrix<double>& found, const Matrix<double>& expected) {
    REQUIRE(found.rows() == expected.rows());
    REQUIRE(found.cols() == expected.cols());
    return expected.size() == 0 ? 0 : (found - expected).norm() / std::max(1.0, expected.norm());
}

}  // namespace

TEST_CASE("a sweep gives both products, whatever the type") {
    const auto x = kinds::eighths(67, 23, 0.4, 1);
    const Matrix<double> a = RandomStream(2).normal_matrix(23, 5);
    kinds::each(x, [&](const char* kind, const auto& matrix) {
        CAPTURE(kind);
        const auto& rows = as_rows(matrix);
        CHECK(rows.rows() == 67);
        CHECK(rows.cols() == 23);
        const auto swept = run_sweep<double>(rows, a, 3);
        CHECK(relative(swept.product, expected_product(x, a, 3)) < 1e-13);
        CHECK(swept.state.value == Approx((x * a).sum()).epsilon(1e-12));
        CHECK(swept.state.rows == 67);
        CHECK(relative(project<double>(rows, a), x * a) < 1e-13);
        CHECK(relative(run_sweep<float>(rows, a, 3).product, expected_product(x, a, 3)) < 1e-5);

        // behind the one type that estimators see: the same bits
        const auto behind = detail::any_rows<double>(rows);
        CHECK(run_sweep<double>(behind, a, 3).product == swept.product);
        CHECK(column_square_norms(behind, {}, "test") == column_square_norms(rows, {}, "test"));
    });
}

TEST_CASE("standardised rows behind one type have the same bits") {
    const auto x = kinds::compressed<float>(kinds::eighths(67, 23, 0.4, 1));
    const Matrix<double> a = RandomStream(2).normal_matrix(23, 5),
                         mean = RandomStream(3).normal_matrix(2, 23);
    std::vector<std::int32_t> section(67, 0);
    for (std::size_t i = 30; i < section.size(); ++i) section[i] = 1;
    const Standardized rows(x, mean, Vector<double>::LinSpaced(23, 0.5, 2), section);
    const auto behind = detail::any_rows<double>(rows);
    CHECK(run_sweep<double>(behind, a, 3).product == run_sweep<double>(rows, a, 3).product);
    CHECK(column_square_norms(behind, {}, "test") == column_square_norms(rows, {}, "test"));
    auto broken = x;
    broken.values[5] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(column_square_norms(detail::any_rows<double>(broken), {}, "test"), BadData);
}

TEST_CASE("a sweep over whole numbers") {
    const RowMatrix<double> x = (8 * kinds::eighths(67, 23, 0.4, 1)).eval();
    const Matrix<double> a = RandomStream(2).normal_matrix(23, 5);
    kinds::each_integer(x, [&](const char* kind, const auto& matrix) {
        CAPTURE(kind);
        const auto& rows = as_rows(matrix);
        CHECK(relative(run_sweep<double>(rows, a, 3).product, expected_product(x, a, 3)) < 1e-13);
        CHECK(relative(run_sweep<float>(rows, a, 3).product, expected_product(x, a, 3)) < 1e-5);
        CHECK(relative(run_sweep<double>(standardize(matrix), a, 3).product,
                       expected_product(kinds::standardized_densely(x), a, 3)) < 1e-12);
    });
}

TEST_CASE("a sweep of every width") {
    const Index width = GENERATE(0, 1, 8, 9, 16, 17, 24, 32, 33, 70);
    const Index outputs = GENERATE(0, 1, 8, 9, 16, 17, 24, 32, 33, 70);
    const auto dense = kinds::eighths(150, 19, 0.5, 3);
    const auto sparse = kinds::compressed<double>(dense);
    const Matrix<double> a = RandomStream(4).normal_matrix(19, width);
    const auto expected = expected_product(dense, a, outputs);
    CAPTURE(width, outputs);
    const auto one = run_sweep<double>(as_rows(dense), a, outputs);
    const auto other = run_sweep<double>(sparse, a, outputs);
    CHECK(one.product.cols() == outputs);
    if (outputs > 0) {
        CHECK(relative(one.product, expected) < 1e-13);
        CHECK(relative(other.product, expected) < 1e-13);
    }
    CHECK(one.state.value == Approx((dense * a).sum()).epsilon(1e-11).margin(1e-9));
    CHECK(other.state.value == Approx((dense * a).sum()).epsilon(1e-11).margin(1e-9));
    const auto lazily = run_sweep<double>(standardize(sparse), a, outputs);
    if (outputs > 0)
        CHECK(relative(lazily.product,
                       expected_product(kinds::standardized_densely(dense), a, outputs)) < 1e-12);
}

TEST_CASE("a sweep has the same bits for any number of threads") {
    const Index rows = GENERATE(1, 511, 1500, 5000);
    const auto dense = support::sparse_values(rows, 12, 0.4, 5);
    const auto sparse = kinds::compressed<float>(dense);
    const Matrix<double> a = RandomStream(6).normal_matrix(12, 9);
    const auto check = [&](const auto& x) {
        const auto one = run_sweep<double>(x, a, 11, 1);
        const auto narrow = run_sweep<float>(x, a, 11, 1);
        for (const int threads : {1, 2, 7}) {
            const auto other = run_sweep<double>(x, a, 11, threads);
            CHECK(one.product == other.product);
            CHECK(one.state.value == other.state.value);
            CHECK(narrow.product == run_sweep<float>(x, a, 11, threads).product);
        }
        CHECK(relative(narrow.product, one.product) < 1e-5);
    };
    check(as_rows(dense));
    check(sparse);
    check(standardize(sparse));
    CHECK(relative(run_sweep<double>(as_rows(dense), a, 11, 7).product,
                   expected_product(dense, a, 11)) < 1e-12);
}

TEST_CASE("float sums over many rows lose nothing") {
    // a million rows of 0.1: a plain float sum would be off by a per cent
    const RowMatrix<float> x = RowMatrix<float>::Constant(1'000'000, 1, 0.1f);
    const auto swept = sweep<float>(as_rows(x), Matrix<double>(1, 0), 1, NoState{}, {},
                                    [](NoState&, Index, auto, RowBlock<float> c) { c.setOnes(); });
    CHECK(swept.product(0, 0) == Approx(1e6 * static_cast<double>(0.1f)).epsilon(1e-5));
}

TEST_CASE("a sweep over nothing") {
    CompressedRows<double> nothing;
    nothing.genes = 4;
    const auto swept = run_sweep<double>(nothing, Matrix<double>::Zero(4, 2), 3);
    CHECK(swept.product == Matrix<double>::Zero(4, 3));
    CHECK(swept.state.rows == 0);
}

TEST_CASE("a sweep refuses an A of another size") {
    const RowMatrix<double> x = kinds::eighths(5, 4, 0.5, 1);
    const Matrix<double> a = Matrix<double>::Zero(3, 2);
    CHECK_THROWS_AS(project<double>(as_rows(x), a), ShapeMismatch);
    CHECK_THROWS_WITH(project<double>(as_rows(x), a),
                      support::contains("A has 3 rows, X has 4 genes"));
}

TEST_CASE("an error on a thread of a sweep arrives") {
    const auto x = kinds::eighths(4000, 3, 0.5, 1);
    const auto run = [&] {
        (void)sweep<double>(as_rows(x), Matrix<double>(3, 0), 1, NoState{}, {.threads = 2},
                            [](NoState&, Index begin, auto, auto) {
                                if (begin > 2000) throw BadData("no further");
                            });
    };
    CHECK_THROWS_WITH(run(), "no further");
}
