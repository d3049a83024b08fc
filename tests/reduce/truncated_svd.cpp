#include <transst/reduce/truncated_svd.hpp>

#include <Eigen/SVD>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

Matrix<double> standardized_densely(const Matrix<double>& x) {
    Matrix<double> d = x.rowwise() - x.colwise().mean();
    for (Index j = 0; j < d.cols(); ++j) {
        const double deviation = std::sqrt(d.col(j).squaredNorm() / static_cast<double>(d.rows()));
        if (deviation > 0) d.col(j) /= deviation;
    }
    return d;
}

/// Compares with the full decomposition of the same matrix.
template <class Scalar>
void compare(const SVDFit<Scalar>& fit, const Matrix<double>& x, double close) {
    const Index q = fit.loading.cols();
    const Eigen::BDCSVD<Matrix<double>> full(x, Eigen::ComputeThinU | Eigen::ComputeThinV);
    const Vector<double> expected = full.singularValues().head(q);
    const Vector<double> found = fit.singular_values.template cast<double>();
    const Matrix<double> v = fit.loading.template cast<double>();
    const Matrix<double> u = fit.scores.template cast<double>();
    CHECK((found - expected).cwiseAbs().maxCoeff() < close * expected[0]);
    CHECK((v.transpose() * v - Matrix<double>::Identity(q, q)).norm() < 10 * close);
    CHECK((u - x * v).norm() < 10 * close * x.norm());
    // the best rank-q residual
    const double residual = (x - u * v.transpose()).squaredNorm();
    const double least = full.singularValues().tail(full.singularValues().size() - q).squaredNorm();
    CHECK(residual == Approx(least).epsilon(10 * close));
    CHECK(fit.trace.back() == Approx(expected.squaredNorm()).epsilon(10 * close));
    for (Index j = 0; j < q; ++j) {
        Index i = 0;
        while (std::abs(v(i, j)) < 1e-7) ++i;
        CHECK(v(i, j) > 0);
    }
}

}  // namespace

TEST_CASE("singular vectors agree with the full decomposition") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    const auto [n, p, q] = GENERATE(
        std::tuple<Index, Index, Index>{60, 40, 3}, std::tuple<Index, Index, Index>{30, 90, 5},
        std::tuple<Index, Index, Index>{25, 12, 11}, std::tuple<Index, Index, Index>{700, 35, 4});
    CAPTURE(seed, n, p, q);
    const auto x = support::factor_data(support::labels(n, 3, seed), p, 4, 1, seed);
    const TruncatedSVD svd{{.factors = q, .max_iterations = 2000, .tolerance = 1e-13}};
    const auto fit = svd.fit(x);
    CHECK(fit.converged);
    compare(fit, x, 1e-7);
    compare(svd.fit(standardize(x)), standardized_densely(x), 1e-7);
}

TEST_CASE("the leading subspace is the right one") {
    const auto x = support::factor_data(support::labels(200, 3, 4), 60, 3, 0.3, 4);
    const Eigen::BDCSVD<Matrix<double>> full(x, Eigen::ComputeThinV);
    const Matrix<double> v = full.matrixV().leftCols(3);
    const auto fit = TruncatedSVD{{.factors = 3}}.fit(x);
    CHECK((v - fit.loading * (fit.loading.transpose() * v)).norm() < 1e-6);
}

TEST_CASE("singular values never fall, and are right where they lie close together") {
    // noise alone: the basis is restarted many times before 15 values of 300 have settled
    const Matrix<double> x = RandomStream(8).normal_matrix(400, 300);
    const TruncatedSVD svd{{.factors = 15, .max_iterations = 1000, .tolerance = 1e-12}};
    const auto fit = svd.fit(x);
    CHECK(fit.converged);
    CHECK(fit.iterations > 10);
    compare(fit, x, 1e-7);
    for (std::size_t i = 1; i < fit.trace.size(); ++i)
        CHECK(fit.trace[i] >= fit.trace[i - 1] * (1 - 1e-12));
    const auto& basis = fit.state.basis;
    CHECK(basis.cols() <= 128);
    CHECK((basis.transpose() * basis - Matrix<double>::Identity(basis.cols(), basis.cols()))
              .cwiseAbs()
              .maxCoeff() < 1e-12);
    CHECK((fit.state.next.transpose() * basis).cwiseAbs().maxCoeff() < 1e-12);
    // from a fit that ended just where a restart is due, too
    for (const Index most : {7, 8, 9, 14}) {
        const auto first = TruncatedSVD{{.factors = 15, .max_iterations = most}}.fit(x);
        CHECK(svd.fit(x, first).trace == fit.trace);
    }
}

TEST_CASE("blocks stay orthonormal where little or nothing is left to find") {
    const auto [n, p, q, fall] = GENERATE(std::tuple<Index, Index, Index, double>{40, 130, 20, 1},
                                          std::tuple<Index, Index, Index, double>{30, 300, 15, 0.4},
                                          std::tuple<Index, Index, Index, double>{60, 40, 15, 0.7},
                                          std::tuple<Index, Index, Index, double>{20, 30, 5, 0.1});
    CAPTURE(n, p, q, fall);
    RandomStream random(4);
    const Index rank = std::min(n, p);
    const auto orthonormal = [&](Index rows) {
        return Matrix<double>(
            Eigen::JacobiSVD<Matrix<double>>(random.normal_matrix(rows, rank), Eigen::ComputeThinU)
                .matrixU());
    };
    Vector<double> values(rank);
    for (Index k = 0; k < rank; ++k) values[k] = std::pow(fall, static_cast<double>(k));
    if (fall == 1) values.setLinSpaced(1, 0.1);
    const Matrix<double> x = orthonormal(n) * values.asDiagonal() * orthonormal(p).transpose();
    const auto fit = TruncatedSVD{{.factors = q, .tolerance = 1e-12}}.fit(x);
    CHECK(fit.converged);
    const auto& basis = fit.state.basis;
    const auto& next = fit.state.next;
    Matrix<double> all(p, basis.cols() + next.cols());
    all << basis, next;
    CHECK((all.transpose() * all - Matrix<double>::Identity(all.cols(), all.cols()))
              .cwiseAbs()
              .maxCoeff() < 1e-10);
    CHECK((fit.singular_values - values.head(q)).cwiseAbs().maxCoeff() < 1e-8);
    // small ones are their scores' norms, not noise of X'X
    for (Index k = 0; k < q; ++k)
        CHECK(fit.singular_values[k] == Approx(fit.scores.col(k).norm()).margin(1e-15));
    CHECK(std::is_sorted(fit.singular_values.data(), fit.singular_values.data() + q,
                         std::greater<>()));
}

TEST_CASE("sparse and dense, float and double agree in a decomposition") {
    const auto dense = support::sparse_values(150, 50, 0.2, 6);
    const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = dense.sparseView();
    const TruncatedSVD svd{{.factors = 4, .max_iterations = 1000, .tolerance = 1e-12}};
    const auto one = svd.fit(dense), other = svd.fit(sparse);
    CHECK((one.singular_values - other.singular_values).norm() < 1e-9 * one.singular_values[0]);
    compare(svd.fit(standardize(sparse)), standardized_densely(dense), 1e-6);
    const TruncatedSVD<float> narrow{{.factors = 4, .max_iterations = 1000, .tolerance = 1e-6}};
    compare(narrow.fit(sparse), dense, 1e-3);
}

TEST_CASE("a matrix of low rank, and one of zeros") {
    const auto exact = support::factor_data(support::labels(40, 2, 1), 20, 2, 0, 1);
    const auto fit = TruncatedSVD{{.factors = 5}}.fit(exact);
    CHECK(fit.loading.allFinite());
    CHECK(fit.singular_values.tail(3).norm() < 1e-6 * fit.singular_values[0]);
    CHECK((exact - fit.scores * fit.loading.transpose()).norm() < 1e-6 * exact.norm());
    const auto nothing =
        TruncatedSVD{{.factors = 2}}.fit(Matrix<double>(Matrix<double>::Zero(9, 7)));
    CHECK(nothing.converged);
    CHECK(nothing.loading.allFinite());
    CHECK(nothing.singular_values.norm() == 0);
}

TEST_CASE("a decomposition has the same bits for any number of threads") {
    const auto x = support::sparse_values(3000, 30, 0.3, 2);
    const TruncatedSVD svd{{.factors = 4}};
    const auto one = svd.fit(x, {.seed = 3, .threads = 1});
    for (const int threads : {2, 7}) {
        const auto other = svd.fit(x, {.seed = 3, .threads = threads});
        CHECK(one.loading == other.loading);
        CHECK(one.scores == other.scores);
        CHECK(one.trace == other.trace);
    }
}

TEST_CASE("what cannot be decomposed is refused in words") {
    Matrix<double> x = support::sparse_values(10, 8, 0.5, 1);
    const auto fit = [&](Index q) { return TruncatedSVD{{.factors = q}}.fit(x); };
    CHECK_NOTHROW(fit(7));
    CHECK_THROWS_AS(fit(8), InvalidArgument);
    CHECK_THROWS_WITH(fit(8),
                      "TruncatedSVD::fit: factors = 8, X is 10 × 8; factors must be at least "
                      "1 and below 8");
    CHECK_THROWS_AS(fit(0), InvalidArgument);
    CHECK_THROWS_WITH((TruncatedSVD{{.factors = 2, .oversampling = -3}}.fit(x)),
                      support::contains("oversampling = -3"));
    x(3, 5) = std::nan("");
    CHECK_THROWS_AS(fit(2), BadData);
    CHECK_THROWS_WITH(fit(2), support::contains("X(3, 5) is nan"));
    x(3, 5) = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(fit(2), support::contains("X(3, 5) is inf"));
}

TEST_CASE("a decomposition goes on from a coarser one as if it had not ended") {
    const auto x = support::factor_data(support::labels(300, 3, 5), 40, 4, 1, 5);
    const auto at = [](double tolerance, Index most = 1000) {
        return TruncatedSVD{{.factors = 4, .max_iterations = most, .tolerance = tolerance}};
    };
    const double coarse = GENERATE(1.0, 1e-2, 1e-6, 1e-10);
    const Index most = GENERATE(1, 3, 1000);
    const auto fine = at(1e-8).fit(x, {.seed = 3});
    const auto first = at(coarse, most).fit(x, {.seed = 3});
    const auto second = at(1e-8).fit(x, first, {.seed = 3, .threads = 2});
    if (first.iterations > fine.iterations) {  // it was the more exact one: it stays
        CHECK(second.iterations == first.iterations);
        CHECK(second.scores == first.scores);
    } else {
        CHECK(second.trace == fine.trace);
        CHECK(second.iterations == fine.iterations);
        CHECK(second.converged);
        CHECK(second.loading == fine.loading);
        CHECK(second.scores == fine.scores);
        CHECK(second.singular_values == fine.singular_values);
    }
    CHECK_THROWS_AS(at(1e-8).fit(Matrix<double>(x.leftCols(39)), first), ShapeMismatch);
    CHECK_THROWS_AS(TruncatedSVD{{.factors = 5}}.fit(x, first), ShapeMismatch);
}
