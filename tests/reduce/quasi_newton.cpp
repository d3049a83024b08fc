#include <transst/reduce/quasi_newton.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

Vector<double> unchanged(const Vector<double>& v) {
    return v;
}

}  // namespace

TEST_CASE("quasi-Newton: the last step is what its change of the gradient calls for") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    RandomStream random(seed);
    const Index size = 7;
    const Matrix<double> root = random.normal_matrix(size, size);
    const Matrix<double> curvature = root * root.transpose() + Matrix<double>::Identity(size, size);
    detail::QuasiNewton<double> memory(3);
    for (int i = 0; i < 5; ++i) {
        const Vector<double> step = random.normal_matrix(size, 1);
        memory.remember(step, curvature * step);
        const Vector<double> back = memory.direction(curvature * step, unchanged);
        CHECK((back - step).norm() < 1e-10 * step.norm());
    }
    // and it is a metric: symmetric and positive
    const Vector<double> a = random.normal_matrix(size, 1), b = random.normal_matrix(size, 1);
    CHECK(a.dot(memory.direction(b, unchanged)) ==
          Approx(b.dot(memory.direction(a, unchanged))).epsilon(1e-10));
    CHECK(a.dot(memory.direction(a, unchanged)) > 0);
}

TEST_CASE("quasi-Newton: an ill-conditioned maximum is found in a few steps") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    RandomStream random(seed);
    const Index size = 12;
    const Vector<double> curvature = Vector<double>::LinSpaced(size, 0.01, 1);
    const Vector<double> best = random.normal_matrix(size, 1);
    const auto gradient = [&](const Vector<double>& x) -> Vector<double> {
        return curvature.asDiagonal() * (best - x);
    };
    Vector<double> at = Vector<double>::Zero(size), plain = at;
    detail::QuasiNewton<double> memory(8);
    for (int i = 0; i < 60; ++i) {
        const Vector<double> slope = gradient(at);
        const Vector<double> next = at + memory.direction(slope, unchanged);
        memory.remember(next - at, slope - gradient(next));
        at = next;
        plain += gradient(plain);
    }
    CHECK((at - best).norm() < 1e-6 * best.norm());
    CHECK((plain - best).norm() > 1e-2 * best.norm());
}

TEST_CASE("quasi-Newton: nothing is learned from steps over which the gradient rises") {
    const Vector<double> step = Vector<double>::Ones(3);
    const auto halved = [](const Vector<double>& v) -> Vector<double> { return v / 2; };
    detail::QuasiNewton<double> memory(2);
    memory.remember(step, -step);
    memory.remember(step, Vector<double>::Zero(3));
    CHECK(memory.empty());
    CHECK(memory.direction(step, halved) == step / 2);
    memory.remember(step, 4 * step);
    CHECK_FALSE(memory.empty());
    CHECK((memory.direction(step, halved) - step / 4).norm() < 1e-15);
    memory.forget();
    CHECK(memory.empty());
    CHECK(memory.direction(step, halved) == step / 2);
}
