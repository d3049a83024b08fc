#include <transst/reduce/factor_coordinates.hpp>
#include <transst/reduce/pldr.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

/// Four classes, the last two so thin that PLDR has them share a covariance.
struct Start {
    std::vector<Index> cells{40, 30, 6, 3};
    detail::Ties ties{{0, 1, 2, 2}, 3};
    std::vector<Label> labels;
    Matrix<double> x;
    FactorModel<double> model;

    explicit Start(std::uint64_t seed) {
        const Index genes = 9, factors = 3;
        for (std::size_t k = 0; k < cells.size(); ++k)
            labels.insert(labels.end(), static_cast<std::size_t>(cells[k]), static_cast<Label>(k));
        x = support::factor_data(labels, genes, factors, 1, seed);
        x.rowwise() -= x.colwise().mean().eval();
        RandomStream random(seed);
        model.loading = random.normal_matrix(genes, factors);
        model.noise_variance = random.normal_matrix(genes, 1).array().square() + 0.5;
        model.means = random.normal_matrix(4, factors);
        for (std::size_t k = 0; k < cells.size(); ++k) {
            const Matrix<double> root = random.normal_matrix(factors, factors);
            model.covariances.push_back(root * root.transpose() +
                                        Matrix<double>::Identity(factors, factors));
        }
        model.covariances[3] = model.covariances[2];
    }

    [[nodiscard]] PLDRFit<double> after(const FactorModel<double>& from, Index iterations) const {
        return PLDR{
            {.max_iterations = iterations, .tolerance = 0, .canonical = false, .accelerate = false}}
            .fit(x, labels, from);
    }
};

}  // namespace

TEST_CASE("a factor model's coordinates lead back to it") {
    const Start start(GENERATE(1u, 2u));
    const detail::FactorCoordinates<double> coordinates(start.cells, start.ties, 1e-9);
    auto back = start.model;
    for (auto& c : back.covariances) c.setZero();
    back.loading.setZero();
    REQUIRE(coordinates.to_model(coordinates.of(start.model), back));
    CHECK((back.loading - start.model.loading).norm() == 0);
    CHECK((back.noise_variance - start.model.noise_variance).norm() < 1e-12);
    CHECK((back.means - start.model.means).norm() == 0);
    for (std::size_t k = 0; k < 4; ++k)
        CHECK((back.covariances[k] - start.model.covariances[k]).norm() < 1e-12);
    // what is not a number is no model, and noise does not fall below its floor
    Vector<double> broken = coordinates.of(start.model);
    broken[2] = std::nan("");
    CHECK_FALSE(coordinates.to_model(broken, back));
    const detail::FactorCoordinates<double> noisy(start.cells, start.ties, 1e3);
    REQUIRE(noisy.to_model(noisy.of(start.model), back));
    CHECK((back.noise_variance.array() == 1e3).all());
}

TEST_CASE("the gradient is that of the log-likelihood, by differences") {
    const Start start(GENERATE(1u, 2u));
    const detail::FactorCoordinates<double> coordinates(start.cells, start.ties, 1e-9);
    const auto here = start.after(start.model, 0), next = start.after(start.model, 1);
    const Vector<double> gradient = coordinates.gradient(start.model, next, here.score_moment);
    const Vector<double> place = coordinates.of(start.model);
    const auto log_likelihood = [&](const Vector<double>& at) {
        auto model = start.model;
        REQUIRE(coordinates.to_model(at, model));
        return start.after(model, 0).log_likelihood;
    };
    const Index square = 9, shared = place.size() - square;  // the last class's, and its double's
    for (Index i = 0; i < place.size(); ++i) {
        // the part of a triangular factor above its diagonal is no coordinate
        if (const Index in = i - (place.size() - 4 * square); in >= 0 && in % 9 % 3 < in % 9 / 3) {
            CHECK(gradient[i] == 0);
            continue;
        }
        const bool twin = i >= shared - square;
        const Index other = i >= shared ? i - square : i + square;
        Vector<double> up = place, down = place;
        const double step = 1e-5;
        up[i] += step;
        down[i] -= step;
        if (twin) {
            up[other] += step;
            down[other] -= step;
        }
        const double slope = gradient[i] + (twin ? gradient[other] : 0);
        INFO("coordinate " << i);
        CHECK(slope == Approx((log_likelihood(up) - log_likelihood(down)) / (2 * step))
                           .epsilon(1e-6)
                           .margin(1e-4));
    }
}

TEST_CASE("in the metric a step uphill is EM's own, where that is linear") {
    const Start start(GENERATE(1u, 2u));
    const detail::FactorCoordinates<double> coordinates(start.cells, start.ties, 1e-9);
    const auto here = start.after(start.model, 0), next = start.after(start.model, 1);
    const auto metric = [&](const Vector<double>& v) {
        return coordinates.precondition(start.model, here.score_moment, v);
    };
    const Vector<double> step = metric(coordinates.gradient(start.model, next, here.score_moment));
    const Index p = 9, q = 3, classes = 4;
    const Matrix<double> loading = Eigen::Map<const Matrix<double>>(step.data(), p, q);
    const Matrix<double> means =
        Eigen::Map<const Matrix<double>>(step.data() + p * q + p, classes, q);
    CHECK((loading - (next.loading - start.model.loading)).norm() < 1e-9);
    CHECK((means - (next.means - start.model.means)).norm() < 1e-9);

    // a metric is symmetric and positive; of a triangular factor only what it has counts
    RandomStream random(5);
    const auto some = [&] {
        Vector<double> v = random.normal_matrix(step.size(), 1);
        for (Index k = 0; k < classes; ++k) {
            Eigen::Map<Matrix<double>> root(v.data() + p * q + p + classes * q + k * q * q, q, q);
            root.triangularView<Eigen::StrictlyUpper>().setZero();
        }
        return v;
    };
    const Vector<double> a = some(), b = some();
    CHECK(a.dot(metric(b)) == Approx(b.dot(metric(a))).epsilon(1e-10));
    CHECK(a.dot(metric(a)) > 0);
}

TEST_CASE("quasi-Newton steps get where EM gets, in a fifth of the iterations") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const auto labels = support::labels(300, 3, seed);
    Matrix<double> x = support::factor_data(labels, 40, 3, 4, seed);
    x.rowwise() -= x.colwise().mean().eval();
    PLDR<> pldr{{.factors = 6, .max_iterations = 500, .tolerance = 0, .accelerate = false}};
    const auto plain = pldr.fit(x, labels);
    pldr.options.accelerate = true;
    pldr.options.max_iterations = 100;
    const auto fast = pldr.fit(x, labels);
    CHECK(fast.log_likelihood > plain.log_likelihood);
}
