#include <transst/transfer/choose_lambda.hpp>

#include <Eigen/LU>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using Numbers = std::vector<Index>;

PLDRFit<double> source_of(const Matrix<double>& loading, std::uint64_t seed) {
    PLDRFit<double> out;
    out.loading = loading;
    out.noise_variance = Vector<double>::Ones(loading.rows());
    const Matrix<double> half = RandomStream(seed).normal_matrix(loading.cols(), 50);
    out.score_moment = half * half.transpose();
    return out;
}

Matrix<double> scores_of(const Matrix<double>& x, const Matrix<double>& w) {
    return x * w * (w.transpose() * w).inverse();
}

/// Alternating least squares with everything written out.
Matrix<double> dense_fit(const Matrix<double>& x, const PLDRFit<double>& source, Penalty kind,
                         double lambda, Index iterations) {
    Matrix<double> w = source.loading;
    if (std::isinf(lambda)) return w;
    const Index q = w.cols();
    const Matrix<double> v0 = scores_of(x, w);
    const Matrix<double> penalty =
        kind == Penalty::information
            ? Matrix<double>(lambda * source.score_moment)
            : Matrix<double>(
                  lambda *
                  (kind == Penalty::absolute ? 1.0 : v0.squaredNorm() / static_cast<double>(q)) *
                  Matrix<double>::Identity(q, q));
    for (Index i = 0; i < iterations; ++i) {
        const Matrix<double> v = scores_of(x, w);
        w = (x.transpose() * v + source.loading * penalty) *
            (v.transpose() * v + penalty).inverse();
    }
    return w;
}

double dense_error(const Matrix<double>& x, const PLDRFit<double>& source, Penalty kind,
                   double lambda, Index iterations, const Numbers& spots, const Numbers& genes) {
    const auto halves = [](const Numbers& all) {
        const auto middle = all.begin() + std::ssize(all) / 2;
        return std::array<Numbers, 2>{Numbers(all.begin(), middle), Numbers(middle, all.end())};
    };
    const auto of_spots = halves(spots), of_genes = halves(genes);
    double error = 0;
    for (std::size_t s = 0; s < 2; ++s) {
        const Matrix<double> w =
            dense_fit(x(of_spots[1 - s], Eigen::all), source, kind, lambda, iterations);
        for (std::size_t g = 0; g < 2; ++g) {
            const Matrix<double> v =
                scores_of(x(of_spots[s], of_genes[1 - g]), w(of_genes[1 - g], Eigen::all));
            const Matrix<double> there = w(of_genes[g], Eigen::all);
            error += (x(of_spots[s], of_genes[g]) - v * there.transpose()).squaredNorm();
        }
    }
    return error;
}

TransferLoading<double> transfer(Penalty kind, Index iterations) {
    return {{.penalty = kind,
             .scores = Scores::least_squares,
             .max_iterations = iterations,
             .tolerance = 0}};
}

}  // namespace

TEST_CASE("bi-cross-validation is what a dense computation gives") {
    const auto kind = GENERATE(Penalty::relative, Penalty::absolute, Penalty::information);
    const std::uint64_t seed = GENERATE(1u, 2u);
    RandomStream random(seed);
    const Index n = 41, p = 17, q = 3;  // odd, so that the halves differ
    const Matrix<double> loading = random.normal_matrix(p, q);
    const Matrix<double> x =
        random.normal_matrix(n, q) * loading.transpose() + random.normal_matrix(n, p);
    const auto source = source_of(loading + 0.3 * random.normal_matrix(p, q), seed);
    const auto spots = random.permutation(n), genes = random.permutation(p);
    const std::vector<double> grid{0, 0.1, 1, 10, infinity};
    const auto found = bi_cross_validation_error(transfer(kind, 6), x, source, grid, spots, genes);
    REQUIRE(found.size() == grid.size());
    for (std::size_t l = 0; l < grid.size(); ++l)
        CHECK(found[l] ==
              Approx(dense_error(x, source, kind, grid[l], 6, spots, genes)).epsilon(1e-9));
    // each λ by itself is the same
    for (std::size_t l = 0; l < grid.size(); ++l)
        CHECK(bi_cross_validation_error(transfer(kind, 6), x, source, {grid[l]}, spots, genes)[0] ==
              Approx(found[l]).epsilon(1e-12));
    for (const int threads : {2, 7})
        CHECK(bi_cross_validation_error(transfer(kind, 6), x, source, grid, spots, genes,
                                        {.threads = threads}) == found);
}

TEST_CASE("a small target prefers a source that matches, and not one that does not") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u);
    RandomStream random(seed);
    const Index n = 24, p = 80, q = 3;
    const Matrix<double> loading = random.normal_matrix(p, q);
    const Matrix<double> x =
        random.normal_matrix(n, q) * loading.transpose() + 2.5 * random.normal_matrix(n, p);
    const auto matched = ChooseLambda{}.fit(x, source_of(loading, seed), {.seed = seed});
    CHECK(matched.lambda > 0);
    const auto& curve = matched.lambda_curve;
    REQUIRE(curve.size() == 11);
    CHECK(curve.front().lambda == 0);
    CHECK(curve.front().error > 1.02 * curve.back().error);

    const Index many = 300;
    const Matrix<double> large =
        random.normal_matrix(many, q) * loading.transpose() + 0.5 * random.normal_matrix(many, p);
    const auto apart =
        ChooseLambda{}.fit(large, source_of(random.normal_matrix(p, q), seed), {.seed = seed});
    CHECK(apart.lambda < 0.1);
    CHECK(apart.lambda_curve.back().error > 1.5 * apart.lambda_curve.front().error);
}

TEST_CASE("halves of the spots with fewer spots than factors still give finite errors") {
    RandomStream random(3);
    const Matrix<double> loading = random.normal_matrix(30, 4);
    const Matrix<double> x = random.normal_matrix(6, 4) * loading.transpose();
    const auto fit = ChooseLambda{}.fit(x, source_of(loading, 1));
    for (const auto& point : fit.lambda_curve) {
        CAPTURE(point.lambda);
        if (point.lambda > 0) CHECK(std::isfinite(point.error));
    }
    CHECK(fit.loading.allFinite());
    CHECK(fit.lambda > 0);
}

TEST_CASE("bi-cross-validation: what cannot be done is refused in words") {
    RandomStream random(1);
    const Matrix<double> x = random.normal_matrix(20, 7);
    const auto source = source_of(random.normal_matrix(7, 2), 1);
    const auto spots = random.permutation(20), genes = random.permutation(7);
    const auto error = [&](const Matrix<double>& data, const PLDRFit<double>& from,
                           const Numbers& s, const Numbers& g,
                           const std::vector<double>& grid = {0, 1}) {
        return bi_cross_validation_error(transfer(Penalty::relative, 5), data, from, grid, s, g);
    };
    CHECK(error(x, source, spots, genes).size() == 2);
    CHECK_THROWS_AS(error(x, source, random.permutation(19), genes), ShapeMismatch);
    CHECK_THROWS_WITH(error(x, source, spots, random.permutation(6)),
                      support::contains("spots has 20 and genes 6 entries, X is 20 × 7"));
    CHECK_THROWS_WITH(error(x, source_of(random.normal_matrix(7, 3), 1), spots, genes),
                      support::contains("half of the 7 genes must be more than the 3 factors"));
    CHECK_THROWS_AS(error(x, source_of(random.normal_matrix(8, 2), 1), spots, genes),
                    ShapeMismatch);
    CHECK_THROWS_AS(error(x, source, spots, genes, {-1}), InvalidArgument);
    CHECK_THROWS_AS(error(x, source, spots, genes, {std::nan("")}), InvalidArgument);
    auto broken = x;
    broken(3, 3) = std::nan("");
    CHECK_THROWS_AS(error(broken, source, spots, genes), BadData);
    CHECK_THROWS_AS(ChooseLambda<>{{.grid = {}}}.fit(x, source), InvalidArgument);
    for (const double wrong : {-0.1, std::nan("")})
        CHECK_THROWS_WITH((ChooseLambda<>{{.grid = {1, wrong}}}.fit(x, source)),
                          support::contains("ChooseLambda::fit: grid holds " + text(wrong)));
}
