#include <transst/reduce/pldr.hpp>

#include <Eigen/LU>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

/// Σ log N(x; Wμ, WΣW' + Λ), with the p × p covariance written out.
double direct_log_likelihood(const FactorModel<double>& model, const Matrix<double>& x,
                             const std::vector<Label>& labels) {
    double sum = 0;
    for (Index k = 0; k < model.classes(); ++k) {
        Matrix<double> covariance = model.loading * model.covariances[static_cast<std::size_t>(k)] *
                                    model.loading.transpose();
        covariance.diagonal() += model.noise_variance;
        const Eigen::LLT<Matrix<double>> llt(covariance);
        REQUIRE(llt.info() == Eigen::Success);
        const double log_determinant =
            2 * Matrix<double>(llt.matrixL()).diagonal().array().log().sum();
        const Vector<double> mean = model.loading * model.means.row(k).transpose();
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i] != k) continue;
            const Vector<double> r = x.row(static_cast<Index>(i)).transpose() - mean;
            sum -= 0.5 * (static_cast<double>(x.cols()) * std::log(2 * std::numbers::pi) +
                          log_determinant + r.dot(llt.solve(r)));
        }
    }
    return sum;
}

Matrix<double> centered(const Matrix<double>& x) {
    return x.rowwise() - x.colwise().mean();
}

/// `rounding` is relative; where noise all but vanishes the terms are far larger than their sum.
void check_never_falls(const std::vector<double>& trace, double rounding = 1e-11) {
    for (std::size_t i = 1; i < trace.size(); ++i) {
        CAPTURE(i, trace[i - 1], trace[i]);
        CHECK(trace[i] >= trace[i - 1] - rounding * std::abs(trace[i - 1]));
    }
}

template <class Scalar>
void check_canonical(const PLDRFit<Scalar>& fit, double close) {
    const Index q = fit.factors();
    Matrix<double> pooled = Matrix<double>::Zero(q, q);
    double cells = 0;
    for (std::size_t k = 0; k < fit.covariances.size(); ++k) {
        pooled +=
            static_cast<double>(fit.class_sizes[k]) * fit.covariances[k].template cast<double>();
        cells += static_cast<double>(fit.class_sizes[k]);
    }
    CHECK((pooled / cells - Matrix<double>::Identity(q, q)).norm() < close);
    const Matrix<double> w = fit.loading.template cast<double>();
    const Matrix<double> m =
        w.transpose() * fit.noise_variance.template cast<double>().cwiseInverse().asDiagonal() * w;
    Matrix<double> off = m;
    off.diagonal().setZero();
    CHECK(off.norm() < close * m.norm());
    for (Index j = 0; j + 1 < q; ++j) CHECK(m(j, j) >= m(j + 1, j + 1) * (1 - close));
    for (Index j = 0; j < q; ++j) {
        const double small = 1e-6 * w.col(j).cwiseAbs().maxCoeff();
        Index i = 0;
        while (std::abs(w(i, j)) <= small) ++i;
        CHECK(w(i, j) > 0);
    }
}

bool mentions(const std::vector<std::string>& warnings, const std::string& part) {
    return std::any_of(warnings.begin(), warnings.end(),
                       [&](const std::string& w) { return w.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("the log-likelihood is the true one and never falls") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const auto [n, p, q, classes] = GENERATE(std::tuple<Index, Index, Index, Index>{80, 20, 3, 3},
                                             std::tuple<Index, Index, Index, Index>{40, 70, 4, 2},
                                             std::tuple<Index, Index, Index, Index>{200, 12, 2, 5},
                                             std::tuple<Index, Index, Index, Index>{60, 15, 14, 1},
                                             std::tuple<Index, Index, Index, Index>{50, 9, 1, 4});
    const bool accelerate = GENERATE(false, true);
    CAPTURE(seed, n, p, q, classes, accelerate);
    const auto labels = support::labels(n, classes, seed);
    const Matrix<double> x =
        centered(support::factor_data(labels, p, std::min<Index>(q, 4), 1, seed));
    const auto fit = PLDR{{.factors = q, .max_iterations = 60, .accelerate = accelerate}}.fit(
        x, labels, {.seed = seed});
    // with nearly as many factors as genes some noise variances all but vanish
    const double rounding = q == 14 ? 1e-7 : 1e-10;
    check_never_falls(fit.trace, rounding);
    CHECK(fit.log_likelihood == fit.trace.back());
    CHECK(std::ssize(fit.trace) == fit.iterations + 1);
    CHECK(fit.log_likelihood == Approx(direct_log_likelihood(fit, x, labels)).epsilon(rounding));
    check_canonical(fit, 1e-8);
}

TEST_CASE("sparse, standardised lazily: the true log-likelihood too") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    const auto labels = support::labels(120, 3, seed);
    const auto dense = support::sparse_values(120, 25, 0.3, seed);
    const Eigen::SparseMatrix<float, Eigen::RowMajor> sparse = dense.cast<float>().sparseView();
    Matrix<double> x = centered(Matrix<double>(sparse.cast<double>()));
    for (Index j = 0; j < x.cols(); ++j) x.col(j) /= x.col(j).norm() / std::sqrt(120.0);
    const auto fit = PLDR{{.factors = 4, .max_iterations = 40}}.fit(standardize(sparse), labels);
    check_never_falls(fit.trace);
    CHECK(fit.log_likelihood == Approx(direct_log_likelihood(fit, x, labels)).epsilon(1e-9));
    const auto same = PLDR{{.factors = 4, .max_iterations = 40}}.fit(x, labels);
    CHECK(same.trace.back() == Approx(fit.trace.back()).epsilon(1e-4));
}

TEST_CASE("plain steps are a fixed point where the gradient is zero") {
    const auto labels = support::labels(150, 3, 5);
    const Matrix<double> x = centered(support::factor_data(labels, 10, 2, 1, 5));
    const auto fit =
        PLDR{{.factors = 2, .max_iterations = 20000, .tolerance = 1e-15}}.fit(x, labels);
    FactorModel<double> model = fit;
    const double most = direct_log_likelihood(model, x, labels);
    const double h = 1e-4;
    const auto slope = [&](double& parameter) {
        const double kept = parameter;
        parameter = kept + h;
        const double up = direct_log_likelihood(model, x, labels);
        parameter = kept - h;
        const double down = direct_log_likelihood(model, x, labels);
        parameter = kept;
        CHECK(up <= most + 1e-6);
        CHECK(down <= most + 1e-6);
        return (up - down) / (2 * h);
    };
    for (Index j = 0; j < 10; ++j) {
        CHECK(std::abs(slope(model.noise_variance[j])) < 0.05);
        for (Index f = 0; f < 2; ++f) CHECK(std::abs(slope(model.loading(j, f))) < 0.05);
    }
    for (Index k = 0; k < 3; ++k)
        for (Index f = 0; f < 2; ++f) CHECK(std::abs(slope(model.means(k, f))) < 0.05);
}

TEST_CASE("the canonical form is the same model") {
    const auto labels = support::labels(90, 3, 2);
    const Matrix<double> x = centered(support::factor_data(labels, 18, 3, 1, 2));
    const auto free = PLDR{{.factors = 3, .max_iterations = 15, .canonical = false}}.fit(x, labels);
    const auto fixed = PLDR{{.factors = 3, .max_iterations = 15}}.fit(x, labels);
    CHECK(free.trace == fixed.trace);
    check_canonical(fixed, 1e-9);
    const double before = direct_log_likelihood(free, x, labels);
    CHECK(direct_log_likelihood(fixed, x, labels) == Approx(before).epsilon(1e-11));
    // Σ⟨zz'⟩ turns with z: W S W' stays
    CHECK((free.loading * free.score_moment * free.loading.transpose() -
           fixed.loading * fixed.score_moment * fixed.loading.transpose())
              .norm() <
          1e-8 * (free.loading * free.score_moment * free.loading.transpose()).norm());
}

TEST_CASE("scores are generalised least squares") {
    const auto labels = support::labels(60, 2, 3);
    const Matrix<double> x = centered(support::factor_data(labels, 12, 2, 1, 3));
    const auto fit = PLDR{{.factors = 2}}.fit(x, labels);
    const Matrix<double> a = fit.noise_variance.cwiseInverse().asDiagonal() * fit.loading;
    const Matrix<double> noise = (fit.loading.transpose() * a).inverse();
    CHECK((fit.transform(x) - x * a * noise).norm() < 1e-9 * x.norm());
    CHECK((fit.score_noise() - noise).norm() < 1e-10);
    CHECK_THROWS_AS(fit.transform(Matrix<double>(x.leftCols(11))), ShapeMismatch);
    CHECK_THROWS_WITH(fit.transform(Matrix<double>(x.leftCols(11))),
                      support::contains("X has 11 genes, the model has 12"));
}

TEST_CASE("the order of the cells does not matter") {
    const auto labels = support::labels(90, 3, 7);
    const Matrix<double> x = centered(support::factor_data(labels, 15, 3, 1, 7));
    const auto order = RandomStream(9).permutation(90);
    std::vector<Label> turned;
    for (const Index i : order) turned.push_back(labels[static_cast<std::size_t>(i)]);
    const PLDR pldr{{.factors = 3, .max_iterations = 2000, .tolerance = 1e-12}};
    const auto one = pldr.fit(x, labels);
    const auto other = pldr.fit(support::rows_of(x, order), turned);
    CHECK(one.log_likelihood == Approx(other.log_likelihood).epsilon(1e-9));
    CHECK((one.loading - other.loading).norm() < 1e-3 * one.loading.norm());
    CHECK((one.means - other.means).norm() < 1e-3 * one.means.norm());
}

TEST_CASE("cells left out are as if they were not there") {
    auto labels = support::labels(100, 3, 4);
    Matrix<double> x = support::factor_data(labels, 14, 2, 1, 4);
    std::vector<Index> kept;
    std::vector<Label> rest;
    for (Index i = 0; i < 100; ++i) {
        if (i % 4 == 3) {
            labels[static_cast<std::size_t>(i)] = left_out;
            x.row(i).setConstant(1e6);
            continue;
        }
        kept.push_back(i);
        rest.push_back(labels[static_cast<std::size_t>(i)]);
    }
    const PLDR pldr{{.factors = 2, .max_iterations = 30}};
    const auto one = pldr.fit(x, labels);
    const auto other = pldr.fit(support::rows_of(x, kept), rest);
    REQUIRE(one.trace.size() == other.trace.size());
    for (std::size_t i = 0; i < one.trace.size(); ++i)
        CHECK(one.trace[i] == Approx(other.trace[i]).epsilon(1e-10));
    CHECK((one.loading - other.loading).norm() < 1e-6 * one.loading.norm());
    CHECK(one.class_sizes == other.class_sizes);

    // through a standardised view as well
    const auto chosen = pldr.fit(standardize(x), labels);
    CHECK(chosen.class_sizes == one.class_sizes);
    check_never_falls(chosen.trace);
}

TEST_CASE("thin classes share a covariance") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const bool accelerate = GENERATE(false, true);
    auto labels = support::labels(80, 2, seed);
    labels[5] = 2;                          // a class of one cell
    labels[6] = labels[7] = labels[8] = 3;  // and one of three, fewer than q + 1
    const Matrix<double> x = centered(support::factor_data(labels, 16, 3, 1, seed));
    const auto fit =
        PLDR{{.factors = 3, .max_iterations = 80, .accelerate = accelerate}}.fit(x, labels);
    CHECK(fit.class_sizes[2] == 1);
    CHECK(mentions(fit.warnings, "class 2 has 1 cell, fewer than factors + 1 = 4"));
    CHECK(mentions(fit.warnings, "class 3 has 3 cells"));
    CHECK_FALSE(mentions(fit.warnings, "class 0"));
    CHECK(fit.covariances[2] == fit.covariances[3]);
    CHECK(fit.loading.allFinite());
    CHECK(fit.means.allFinite());
    for (const auto& c : fit.covariances) CHECK(c.llt().info() == Eigen::Success);
    check_never_falls(fit.trace);
    check_canonical(fit, 1e-8);
    CHECK(fit.log_likelihood == Approx(direct_log_likelihood(fit, x, labels)).epsilon(1e-10));
}

TEST_CASE("every class thin, and classes of one cell only") {
    const Index n = GENERATE(6, 12);
    std::vector<Label> labels;
    for (Index i = 0; i < n; ++i) labels.push_back(static_cast<Label>(i % 6));
    const Matrix<double> x = centered(support::factor_data(labels, 20, 3, 1, 8));
    const auto fit = PLDR{{.factors = 4, .max_iterations = 100}}.fit(x, labels);
    CHECK(fit.warnings.size() >= 6);
    CHECK(fit.loading.allFinite());
    for (const auto& c : fit.covariances) CHECK(c.allFinite());
    check_never_falls(fit.trace);
}

TEST_CASE("genes that do not vary, or vary exactly with the factors") {
    const auto labels = support::labels(70, 2, 3);
    Matrix<double> x = support::factor_data(labels, 12, 2, 1, 3);
    SECTION("a constant gene") {
        x.col(4).setConstant(7);
    }
    SECTION("a gene of zeros") {
        x.col(4).setZero();
    }
    SECTION("a gene twice") {
        x.col(4) = x.col(5);
    }
    SECTION("no noise at all") {
        x = support::factor_data(labels, 12, 2, 0, 3);
    }
    const auto fit = PLDR{{.factors = 2, .max_iterations = 200}}.fit(standardize(x), labels);
    CHECK(fit.loading.allFinite());
    CHECK(fit.noise_variance.allFinite());
    CHECK(fit.noise_variance.minCoeff() > 0);
    CHECK(std::isfinite(fit.log_likelihood));
    check_never_falls(fit.trace, 1e-7);
}

TEST_CASE("all expression zero") {
    const auto labels = support::labels(20, 2, 3);
    const auto fit = PLDR{{.factors = 2}}.fit(Matrix<double>(Matrix<double>::Zero(20, 6)), labels);
    CHECK(fit.loading.allFinite());
    CHECK(fit.noise_variance.allFinite());
    CHECK(fit.means.allFinite());
    CHECK(std::isfinite(fit.log_likelihood));
}

TEST_CASE("float and double find the same") {
    const auto labels = support::labels(300, 3, 6);
    const auto x = support::factor_data(labels, 20, 3, 1, 6);
    const auto wide =
        PLDR{{.factors = 3, .max_iterations = 300, .tolerance = 1e-9}}.fit(standardize(x), labels);
    const RowMatrix<float> narrow_x = x.cast<float>();
    const auto narrow = PLDR<float>{{.factors = 3, .max_iterations = 300, .tolerance = 1e-9}}.fit(
        standardize(narrow_x), labels);
    CHECK(narrow.log_likelihood == Approx(wide.log_likelihood).epsilon(1e-5));
    CHECK((narrow.loading.cast<double>() - wide.loading).norm() < 0.02 * wide.loading.norm());
    check_canonical(narrow, 1e-4);
}

TEST_CASE("a supervised fit has the same bits for any number of threads") {
    const auto labels = support::labels(2500, 4, 1);
    const auto x = support::sparse_values(2500, 30, 0.3, 1);
    const PLDR pldr{{.factors = 4, .max_iterations = 12}};
    const auto view = standardize(x);
    const auto one = pldr.fit(view, labels, {.seed = 4, .threads = 1});
    for (const int threads : {1, 2, 7}) {
        const auto other = pldr.fit(view, labels, {.seed = 4, .threads = threads});
        CHECK(one.trace == other.trace);
        CHECK(one.loading == other.loading);
        CHECK(one.means == other.means);
        CHECK(one.covariances == other.covariances);
        CHECK(one.noise_variance == other.noise_variance);
    }
}

TEST_CASE("a fit starts from where another stood") {
    const auto labels = support::labels(90, 3, 7);
    const Matrix<double> x = centered(support::factor_data(labels, 15, 3, 1, 7));
    using Options = PLDR<double>::Options;
    const auto steps = [&](Index count) {
        return PLDR<double>{Options{.factors = 3,
                                    .max_iterations = count,
                                    .tolerance = 0,
                                    .canonical = false,
                                    .accelerate = false}};
    };
    const auto half = steps(4).fit(x, labels), whole = steps(9).fit(x, labels);
    const auto rest = steps(5).fit(x, labels, half);
    CHECK(rest.trace.front() == Approx(half.trace.back()).epsilon(1e-12));
    CHECK(rest.log_likelihood == Approx(whole.log_likelihood).epsilon(1e-12));
    CHECK((rest.loading - whole.loading).norm() < 1e-8 * whole.loading.norm());
    CHECK_THROWS_AS(steps(1).fit(Matrix<double>(x.leftCols(14)), labels, half), ShapeMismatch);
}

TEST_CASE("a fit starts from a decomposition that is there already") {
    const auto labels = support::labels(120, 3, 8);
    const auto x = support::factor_data(labels, 30, 4, 1, 8);
    const PLDR pldr{{.factors = 3}};
    const auto svd = pldr.start_svd().fit(x, {.seed = 2});
    const auto alone = pldr.fit(x, labels, {.seed = 2}),
               given = pldr.fit(x, labels, svd, {.seed = 2});
    CHECK(given.trace == alone.trace);
    CHECK(given.loading == alone.loading);
    CHECK_THROWS_WITH((PLDR{{.factors = 4}}.fit(x, labels, svd)),
                      support::contains("the SVD is of 120 × 30 with 3 factors"));
}

TEST_CASE("stopping, progress and too few iterations") {
    const auto labels = support::labels(90, 3, 7);
    const Matrix<double> x = centered(support::factor_data(labels, 15, 3, 1, 7));
    std::stop_source stop;
    std::vector<double> seen;
    const auto fit =
        PLDR{{.factors = 3, .tolerance = 0}}.fit(x, labels,
                                                 {.progress =
                                                      [&](const Progress& now) {
                                                          if (now.stage != "PLDR") return;
                                                          seen.push_back(now.objective);
                                                          if (now.iteration == 3)
                                                              stop.request_stop();
                                                      },
                                                  .stop = stop.get_token()});
    CHECK(fit.stopped);
    CHECK_FALSE(fit.converged);
    CHECK(fit.iterations == 3);
    CHECK(seen.back() == fit.log_likelihood);
    CHECK(fit.log_likelihood == Approx(direct_log_likelihood(fit, x, labels)).epsilon(1e-10));

    const auto few = PLDR{{.factors = 3, .max_iterations = 3, .tolerance = 1e-14}}.fit(x, labels);
    CHECK_FALSE(few.converged);
    CHECK(mentions(few.warnings, "did not converge in 3 iterations"));
}

TEST_CASE("what cannot be fitted is refused in words") {
    auto labels = support::labels(10, 2, 1);
    Matrix<double> x = support::factor_data(labels, 8, 2, 1, 1);
    using Options = PLDR<double>::Options;
    const auto fit = [&](const Options& options) { return PLDR<double>{options}.fit(x, labels); };
    CHECK_THROWS_AS(fit({.factors = 8}), InvalidArgument);
    CHECK_THROWS_WITH(fit({.factors = 8}), support::contains("factors = 8"));
    CHECK_THROWS_WITH(fit({.factors = 8}), support::contains("at least 1 and below 8"));
    CHECK_THROWS_AS(fit({.factors = 0}), InvalidArgument);
    CHECK_THROWS_AS(fit({.factors = 2, .max_iterations = -1}), InvalidArgument);
    CHECK_THROWS_WITH(fit({.factors = 2, .max_iterations = -1}),
                      support::contains("max_iterations = -1; it must not be negative"));

    const PLDR two{{.factors = 2}};
    auto wrong = labels;
    wrong.pop_back();
    CHECK_THROWS_AS(two.fit(x, wrong), ShapeMismatch);
    CHECK_THROWS_WITH(two.fit(x, wrong), support::contains("labels has 9 entries, X has 10 rows"));
    wrong = std::vector<Label>(10, 0);
    wrong[4] = 2;
    CHECK_THROWS_AS(two.fit(x, wrong), InvalidArgument);
    CHECK_THROWS_WITH(two.fit(x, wrong), support::contains("class 1 of 3 has no cells"));
    wrong[4] = -5;
    CHECK_THROWS_WITH(two.fit(x, wrong), support::contains("a label is -5"));
    // all left out: no cells to fit
    CHECK_THROWS_AS(two.fit(x, std::vector<Label>(10, left_out)), InvalidArgument);

    x(2, 7) = std::nan("");
    CHECK_THROWS_AS(two.fit(x, labels), BadData);
    CHECK_THROWS_WITH(two.fit(x, labels), support::contains("X(2, 7) is nan"));
}
