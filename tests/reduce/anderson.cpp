#include <transst/reduce/anderson.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

TEST_CASE("a linear iteration is solved in as many steps as it has dimensions, and one") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const Index size = GENERATE(1, 2, 4);
    RandomStream random(seed);
    // θ ← Aθ + b, of spectral radius 0.99: plainly it takes hundreds of steps
    Matrix<double> a = random.normal_matrix(size, size);
    a = (a + a.transpose()).eval();
    a *=
        0.99 / Eigen::SelfAdjointEigenSolver<Matrix<double>>(a).eigenvalues().cwiseAbs().maxCoeff();
    const Vector<double> b = random.normal_matrix(size, 1);
    const Vector<double> exact = (Matrix<double>::Identity(size, size) - a).lu().solve(b);
    Vector<double> at = random.normal_matrix(size, 1), plain = at;
    const double far = (at - exact).norm();
    detail::Anderson<double> anderson(size);
    for (Index step = 0; step <= size; ++step) {
        at = anderson.propose(at, a * at + b);
        plain = a * plain + b;
        if (step == 0) CHECK(at == plain);  // nothing is known yet
    }
    CHECK((at - exact).norm() < 1e-6 * far);
    CHECK((plain - exact).norm() > 1e-3 * far);
}

TEST_CASE("a shallow memory still beats the plain iteration, and a restart forgets") {
    RandomStream random(4);
    const Index size = 12;
    const Vector<double> rates = Vector<double>::LinSpaced(size, 0.1, 0.98);
    const Vector<double> exact = random.normal_matrix(size, 1);
    const auto step = [&](const Vector<double>& x) -> Vector<double> {
        return exact + rates.asDiagonal() * (x - exact);
    };
    Vector<double> at = Vector<double>::Zero(size), plain = at;
    detail::Anderson<double> anderson(3);
    for (int i = 0; i < 60; ++i) {
        at = anderson.propose(at, step(at));
        plain = step(plain);
    }
    CHECK((at - exact).norm() < 0.1 * (plain - exact).norm());

    anderson.restart();
    const Vector<double> other = random.normal_matrix(size, 1);
    CHECK(anderson.propose(other, step(other)) == step(other));
    // at the fixed point there is nowhere to go
    anderson.restart();
    CHECK(anderson.propose(exact, exact) == exact);
    CHECK(anderson.propose(exact, exact).allFinite());
}
