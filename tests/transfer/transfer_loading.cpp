#include <transst/transfer/choose_lambda.hpp>

#include <Eigen/LU>
#include <Eigen/SVD>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A source's fit whose loading is a perturbed version of the target's own.
struct Problem {
    explicit Problem(std::uint64_t seed, Index n = 70, Index p = 20, Index q = 3) {
        RandomStream random(seed);
        const Matrix<double> loading = random.normal_matrix(p, q);
        x = random.normal_matrix(n, q) * loading.transpose() + random.normal_matrix(n, p);
        source.loading = loading + 0.3 * random.normal_matrix(p, q);
        source.noise_variance =
            Vector<double>::Constant(p, 1) + random.normal_matrix(p, 1).cwiseAbs();
        const Matrix<double> half = random.normal_matrix(q, 50);
        source.score_moment = half * half.transpose();
    }

    Matrix<double> x;
    PLDRFit<double> source;
};

Matrix<double> scores_of(const Matrix<double>& x, const Matrix<double>& w) {
    return x * w * (w.transpose() * w).inverse();
}

Matrix<double> penalty_of(const Problem& problem, Penalty kind, double lambda) {
    const auto& w0 = problem.source.loading;
    const Index q = w0.cols();
    const Matrix<double> v0 = scores_of(problem.x, w0);
    if (kind == Penalty::information) return lambda * problem.source.score_moment;
    const double unit =
        kind == Penalty::absolute ? 1 : (v0.transpose() * v0).trace() / static_cast<double>(q);
    return lambda * unit * Matrix<double>::Identity(q, q);
}

double objective(const Problem& problem, const Matrix<double>& v, const Matrix<double>& w,
                 const Matrix<double>& penalty) {
    const Matrix<double> moved = w - problem.source.loading;
    return (problem.x - v * w.transpose()).squaredNorm() +
           (moved * penalty * moved.transpose()).trace();
}

TransferLoading<double> transfer(double lambda, Penalty kind, Index most = 100,
                                 double tolerance = 1e-6) {
    return {{.lambda = lambda,
             .penalty = kind,
             .scores = Scores::least_squares,
             .max_iterations = most,
             .tolerance = tolerance}};
}

}  // namespace

TEST_CASE("every half step is the true objective and never rises") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const auto kind = GENERATE(Penalty::relative, Penalty::absolute, Penalty::information);
    const double lambda = GENERATE(0.0, 0.1, 1.0, 30.0);
    CAPTURE(seed, static_cast<int>(kind), lambda);
    const Problem problem(seed);
    const auto penalty = penalty_of(problem, kind, lambda);
    const auto fit = transfer(lambda, kind, 15, 0).fit(problem.x, problem.source);
    REQUIRE(fit.trace.size() == 30);
    Matrix<double> w = problem.source.loading, v;
    for (std::size_t i = 0; i < 15; ++i) {
        v = scores_of(problem.x, w);
        CHECK(fit.trace[2 * i] == Approx(objective(problem, v, w, penalty)).epsilon(1e-10));
        w = (problem.x.transpose() * v + problem.source.loading * penalty) *
            (v.transpose() * v + penalty).inverse();
        CHECK(fit.trace[2 * i + 1] == Approx(objective(problem, v, w, penalty)).epsilon(1e-10));
    }
    for (std::size_t i = 1; i < fit.trace.size(); ++i)
        CHECK(fit.trace[i] <= fit.trace[i - 1] * (1 + 1e-13));
    CHECK((fit.loading - w).norm() < 1e-9 * w.norm());
    CHECK((fit.scores - scores_of(problem.x, w)).norm() < 1e-9 * fit.scores.norm());
    CHECK(fit.reconstruction_error ==
          Approx((problem.x - v * w.transpose()).squaredNorm()).epsilon(1e-10));
    CHECK(fit.relative_change ==
          Approx((w - problem.source.loading).norm() / problem.source.loading.norm()));
    CHECK(fit.lambda == lambda);
}

TEST_CASE("at the stop the objective has no slope") {
    const auto kind = GENERATE(Penalty::relative, Penalty::absolute, Penalty::information);
    const double lambda = GENERATE(0.05, 1.0);
    const Problem problem(4);
    const auto penalty = penalty_of(problem, kind, lambda);
    const auto fit = transfer(lambda, kind, 20000, 1e-15).fit(problem.x, problem.source);
    const Matrix<double> v = fit.scores;
    const Matrix<double> residual = problem.x - v * fit.loading.transpose();
    const Matrix<double> slope_v = -2 * residual * fit.loading;
    const Matrix<double> slope_w =
        -2 * residual.transpose() * v + 2 * (fit.loading - problem.source.loading) * penalty;
    CHECK(slope_v.norm() < 1e-4 * problem.x.squaredNorm());
    CHECK(slope_w.norm() < 1e-4 * problem.x.squaredNorm());
    // and no step in a random direction lowers it
    const double least = objective(problem, v, fit.loading, penalty);
    RandomStream random(7);
    for (int i = 0; i < 50; ++i) {
        const Matrix<double> dv = 1e-3 * random.normal_matrix(v.rows(), v.cols());
        const Matrix<double> dw = 1e-3 * random.normal_matrix(fit.loading.rows(), v.cols());
        CHECK(objective(problem, v + dv, fit.loading + dw, penalty) >= least * (1 - 1e-9));
    }
}

TEST_CASE("without a penalty it is the principal subspace") {
    const auto kind = GENERATE(Penalty::relative, Penalty::absolute, Penalty::information);
    const Problem problem(5);
    const auto fit = transfer(0, kind, 20000, 1e-14).fit(problem.x, problem.source);
    const Eigen::BDCSVD<Matrix<double>> svd(problem.x, Eigen::ComputeThinV);
    const double least = svd.singularValues().tail(17).squaredNorm();
    CHECK(fit.reconstruction_error == Approx(least).epsilon(1e-6));
    const Matrix<double> v = svd.matrixV().leftCols(3);
    CHECK((fit.loading - v * (v.transpose() * fit.loading)).norm() < 1e-3 * fit.loading.norm());
}

TEST_CASE("an infinite penalty keeps the source's loading") {
    const auto kind = GENERATE(Penalty::relative, Penalty::absolute, Penalty::information);
    const Problem problem(6);
    const auto fit = transfer(infinity, kind).fit(problem.x, problem.source);
    CHECK(fit.loading == problem.source.loading);
    CHECK(fit.relative_change == 0);
    CHECK(fit.converged);
    CHECK((fit.scores - scores_of(problem.x, problem.source.loading)).norm() <
          1e-10 * fit.scores.norm());
    const auto nearly = transfer(1e12, kind).fit(problem.x, problem.source);
    CHECK((nearly.loading - fit.loading).norm() < 1e-6 * fit.loading.norm());
    // the more penalty, the nearer to the source
    double before = infinity;
    for (const double lambda : {0.0, 0.1, 1.0, 10.0, 100.0}) {
        const auto one = transfer(lambda, kind, 5000, 1e-13).fit(problem.x, problem.source);
        CHECK(one.relative_change < before);
        before = one.relative_change;
    }
}

TEST_CASE("the relative penalty knows no scale") {
    Problem problem(7);
    const auto one = transfer(0.5, Penalty::relative, 30, 0).fit(problem.x, problem.source);
    problem.x *= 10;
    const auto ten = transfer(0.5, Penalty::relative, 30, 0).fit(problem.x, problem.source);
    CHECK((one.loading - ten.loading).norm() < 1e-9 * one.loading.norm());
    CHECK((10 * one.scores - ten.scores).norm() < 1e-9 * ten.scores.norm());
    // as many spots again tell the same
    Matrix<double> twice(2 * problem.x.rows(), problem.x.cols());
    twice << problem.x, problem.x;
    const auto doubled = transfer(0.5, Penalty::relative, 30, 0).fit(twice, problem.source);
    CHECK((doubled.loading - ten.loading).norm() < 1e-9 * ten.loading.norm());
    // the absolute one is the relative one in other units
    const double unit = penalty_of(problem, Penalty::relative, 0.5)(0, 0);
    const auto absolute = transfer(unit, Penalty::absolute, 30, 0).fit(problem.x, problem.source);
    CHECK((absolute.loading - ten.loading).norm() < 1e-9 * ten.loading.norm());
}

TEST_CASE("generalised scores weigh genes by their noise") {
    const Problem problem(8);
    auto step = transfer(1, Penalty::relative);
    step.options.scores = Scores::generalized;
    const auto fit = step.fit(problem.x, problem.source);
    const Matrix<double> a =
        problem.source.noise_variance.cwiseInverse().asDiagonal() * fit.loading;
    CHECK((fit.scores - problem.x * a * (fit.loading.transpose() * a).inverse()).norm() <
          1e-9 * fit.scores.norm());
}

TEST_CASE("sparse and float targets, standardised lazily") {
    Problem problem(9, 90, 20, 3);
    const auto dense = support::sparse_values(90, 20, 0.4, 9);
    const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = dense.sparseView();
    Matrix<double> plain = dense.rowwise() - dense.colwise().mean();
    for (Index j = 0; j < 20; ++j) plain.col(j) /= plain.col(j).norm() / std::sqrt(90.0);
    const auto step = transfer(0.5, Penalty::relative, 10, 0);
    const auto expected = step.fit(plain, problem.source);
    const auto found = step.fit(standardize(sparse), problem.source);
    CHECK((found.loading - expected.loading).norm() < 1e-9 * expected.loading.norm());
    CHECK((found.scores - expected.scores).norm() < 1e-9 * expected.scores.norm());

    PLDRFit<float> narrow;
    narrow.loading = problem.source.loading.cast<float>();
    narrow.noise_variance = problem.source.noise_variance.cast<float>();
    const TransferLoading<float> single{{.lambda = 0.5,
                                         .penalty = Penalty::relative,
                                         .scores = Scores::least_squares,
                                         .max_iterations = 10,
                                         .tolerance = 0}};
    const auto rough = single.fit(standardize(sparse), narrow);
    CHECK((rough.loading.cast<double>() - expected.loading).norm() <
          1e-3 * expected.loading.norm());
}

TEST_CASE("the split criterion is what it says") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    const auto kind = GENERATE(Penalty::relative, Penalty::absolute, Penalty::information);
    const Problem problem(seed, 71, 18, 3);  // an odd number of spots
    const std::vector<double> grid{0, 0.1, 1, 10, infinity};
    const auto order = RandomStream(seed, 5).permutation(71);
    const auto step = transfer(0, kind, 200, 1e-9);
    const auto together = split_error(step, problem.x, problem.source, grid, order);
    REQUIRE(together.size() == grid.size());
    const auto x1 = support::rows_of(problem.x, {order.begin(), order.begin() + 35});
    const auto x2 = support::rows_of(problem.x, {order.begin() + 35, order.end()});
    for (std::size_t i = 0; i < grid.size(); ++i) {
        CAPTURE(grid[i]);
        CHECK(together[i] ==
              Approx(split_error(step, problem.x, problem.source, {grid[i]}, order)[0])
                  .epsilon(1e-9));
        // from the halves' own fits: the error of the V that the last W came from
        const auto halves = transfer(grid[i], kind, 200, 1e-9);
        const auto one = halves.fit(x1, problem.source), two = halves.fit(x2, problem.source);
        // V before the last half step
        const auto earlier = [&](const Matrix<double>& x, const TransferFit<double>& fit) {
            Problem half = problem;
            half.x = x;
            const auto penalty =
                std::isinf(grid[i]) ? Matrix<double>() : penalty_of(half, kind, grid[i]);
            Matrix<double> w = problem.source.loading, v;
            for (Index step_number = 0; step_number < fit.iterations; ++step_number) {
                v = scores_of(x, w);
                if (penalty.size() > 0)
                    w = (x.transpose() * v + problem.source.loading * penalty) *
                        (v.transpose() * v + penalty).inverse();
            }
            return v;
        };
        const double expected = (x1 - earlier(x1, one) * two.loading.transpose()).squaredNorm() +
                                (x2 - earlier(x2, two) * one.loading.transpose()).squaredNorm();
        CHECK(together[i] == Approx(expected).epsilon(1e-8));
    }
}

TEST_CASE("lambda is chosen where the criterion is least") {
    const Problem problem(3);
    const std::vector<double> grid{0, 0.01, 0.1, 1, 10, infinity};
    ChooseLambda<double>::Options options;
    options.grid = grid;
    options.new_split_each = GENERATE(false, true);
    const auto fit = ChooseLambda<double>{options}.fit(problem.x, problem.source, {.seed = 11});
    REQUIRE(fit.lambda_curve.size() == grid.size());
    std::size_t best = 0;
    for (std::size_t i = 0; i < grid.size(); ++i) {
        CHECK(fit.lambda_curve[i].lambda == grid[i]);
        CHECK(std::isfinite(fit.lambda_curve[i].error));
        if (fit.lambda_curve[i].error < fit.lambda_curve[best].error) best = i;
    }
    CHECK(fit.lambda == grid[best]);
    auto alone = options.transfer;
    alone.lambda = grid[best];
    const auto same = TransferLoading<double>{alone}.fit(problem.x, problem.source, {.seed = 11});
    CHECK(fit.loading == same.loading);
    CHECK(fit.scores == same.scores);
    const auto again =
        ChooseLambda<double>{options}.fit(problem.x, problem.source, {.seed = 11, .threads = 7});
    for (std::size_t i = 0; i < grid.size(); ++i)
        CHECK(fit.lambda_curve[i].error == again.lambda_curve[i].error);

    // beyond the ends of a grid there may be better, but not below 0
    const auto among = [&](std::vector<double> tried) {
        options.grid = std::move(tried);
        return ChooseLambda<double>{options}.fit(problem.x, problem.source, {.seed = 11});
    };
    const auto ends = among({0, infinity});
    CHECK(ends.warnings.size() == (ends.lambda == 0 ? 0u : 1u));
    const auto kept = among({infinity, 1e9});
    REQUIRE(kept.warnings.size() == 1);
    CHECK_THAT(kept.warnings[0],
               support::contains(std::isinf(kept.lambda) ? "between 1e+09" : "is the smallest"));
    CHECK(among({1, 1}).warnings.empty());
    const auto edge = among({2, 1});
    REQUIRE(edge.warnings.size() == 1);
    CHECK(edge.warnings[0] == (edge.lambda == 2 ? "the best lambda, 2, is the largest tried"
                                                : "the best lambda, 1, is the smallest tried"));

    options.grid.clear();
    CHECK_THROWS_AS(ChooseLambda<double>{options}.fit(problem.x, problem.source), InvalidArgument);
    CHECK_THROWS_WITH(ChooseLambda<double>{options}.fit(problem.x, problem.source),
                      support::contains("grid is empty"));
}

TEST_CASE("a transfer has the same bits for any number of threads") {
    const Problem problem(2, 2600, 20, 3);
    const auto step = transfer(0.3, Penalty::relative, 20, 0);
    const auto one = step.fit(problem.x, problem.source);
    for (const int threads : {2, 7}) {
        const auto other = step.fit(problem.x, problem.source, {.threads = threads});
        CHECK(one.loading == other.loading);
        CHECK(one.scores == other.scores);
        CHECK(one.trace == other.trace);
    }
}

TEST_CASE("a transfer that is stopped, or has too few iterations, says so") {
    const Problem problem(2);
    const auto few = transfer(0.3, Penalty::relative, 2, 0).fit(problem.x, problem.source);
    CHECK_FALSE(few.converged);
    REQUIRE(few.warnings.size() == 1);
    CHECK_THAT(few.warnings[0], support::contains("did not converge in 2 iterations"));
    std::stop_source stop;
    stop.request_stop();
    const auto fit = transfer(0.3, Penalty::relative, 50, 0)
                         .fit(problem.x, problem.source, {.stop = stop.get_token()});
    CHECK(fit.stopped);
    CHECK(fit.iterations == 1);
    CHECK(fit.scores.allFinite());
}

TEST_CASE("what cannot be transferred is refused in words") {
    Problem problem(1);
    const auto fit = [&](double lambda, const Matrix<double>& x) {
        return transfer(lambda, Penalty::relative).fit(x, problem.source);
    };
    CHECK_THROWS_AS(fit(-1, problem.x), InvalidArgument);
    CHECK_THROWS_WITH(fit(-1, problem.x), support::contains("lambda = -1; it must be 0 or more"));
    CHECK_THROWS_AS(fit(std::nan(""), problem.x), InvalidArgument);
    CHECK_THROWS_AS(transfer(1, Penalty::relative, 0).fit(problem.x, problem.source),
                    InvalidArgument);
    CHECK_THROWS_WITH(transfer(1, Penalty::relative, 0).fit(problem.x, problem.source),
                      support::contains("max_iterations = 0; it must be at least 1"));
    CHECK_THROWS_AS(fit(1, problem.x.leftCols(19)), ShapeMismatch);
    CHECK_THROWS_WITH(fit(1, problem.x.leftCols(19)),
                      support::contains("X has 19 genes, the source's loading has 20"));
    CHECK_THROWS_AS(fit(1, problem.x.topRows(3)), ShapeMismatch);
    CHECK_THROWS_WITH(fit(1, problem.x.topRows(3)), support::contains("X has 3 spots"));
    CHECK_THROWS_AS(split_error(transfer(0, Penalty::relative), problem.x, problem.source, {0},
                                std::vector<Index>{0, 1}),
                    ShapeMismatch);
    problem.x(5, 6) = infinity;
    CHECK_THROWS_AS(fit(1, problem.x), BadData);
    CHECK_THROWS_WITH(fit(1, problem.x), support::contains("X(5, 6) is inf"));
}
