#include "support/catch.hpp"

#include <transst/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <set>

using namespace transst;

// All seeds are fixed, so that a test here fails always or never. The bounds leave what one draw of
// a hundred thousand from the right distribution would exceed.

namespace {

/// Five standard errors.
constexpr double many = 5;

struct Moments {
    double mean, variance, third, fourth;
};

/// Mean, and central moments; third and fourth standardised.
Moments moments(const std::vector<double>& draws) {
    const auto n = static_cast<double>(draws.size());
    double mean = 0, second = 0, third = 0, fourth = 0;
    for (const double x : draws) mean += x / n;
    for (const double x : draws) {
        const double d = x - mean;
        second += d * d / n;
        third += d * d * d / n;
        fourth += d * d * d * d / n;
    }
    return {mean, second, third / std::pow(second, 1.5), fourth / (second * second)};
}

std::vector<double> draw(std::size_t count, const std::function<double()>& next) {
    std::vector<double> out(count);
    for (double& x : out) x = next();
    return out;
}

/// √n times Kolmogorov's distance; above 2.3 with probability 1e-4.
double kolmogorov(std::vector<double> draws, const std::function<double(double)>& distribution) {
    std::sort(draws.begin(), draws.end());
    const auto n = static_cast<double>(draws.size());
    double largest = 0;
    for (std::size_t i = 0; i < draws.size(); ++i) {
        const double f = distribution(draws[i]);
        largest =
            std::max({largest, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
    }
    return std::sqrt(n) * largest;
}

/// Pearson's χ², cells of fewer than ten expected joined with the next, against its bound: true
/// where it is within five standard deviations of its mean.
bool fits(const std::vector<Index>& draws, const std::function<double(Index)>& chance) {
    const auto n = static_cast<double>(draws.size());
    const Index largest = *std::max_element(draws.begin(), draws.end());
    std::vector<double> seen(static_cast<std::size_t>(largest) + 1, 0);
    for (const Index x : draws) ++seen[static_cast<std::size_t>(x)];
    double statistic = 0, expected = 0, observed = 0, remaining = n;
    int cells = 0;
    for (Index x = 0; x <= largest; ++x) {
        expected += n * chance(x);
        observed += seen[static_cast<std::size_t>(x)];
        if (expected < 10 || remaining - expected < 10) continue;
        statistic += (observed - expected) * (observed - expected) / expected;
        remaining -= expected;
        expected = observed = 0;
        ++cells;
    }
    // The last cell holds the whole upper tail.
    statistic += (observed - remaining) * (observed - remaining) / remaining;
    CAPTURE(statistic, cells);
    CHECK(cells >= 1);
    return statistic < cells + many * std::sqrt(2.0 * cells) + many;
}

double log_factorial(Index n) {
    return std::lgamma(static_cast<double>(n) + 1);
}

}  // namespace

TEST_CASE("Philox gives Random123's known answers") {
    using Block = std::array<std::uint32_t, 4>;
    CHECK(philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
          Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
    static_assert(philox({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5);
}

TEST_CASE("a stream is the block function over its position") {
    RandomStream stream(0x299f31d0'a4093822u, 0x03707344'13198a2eu);
    for (std::uint32_t position = 0; position < 3; ++position) {
        const auto block = philox({position, 0, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0});
        CHECK(stream.bits() == (block[0] | std::uint64_t{block[1]} << 32));
        CHECK(stream.bits() == (block[2] | std::uint64_t{block[3]} << 32));
    }
}

TEST_CASE("streams of other seeds and other numbers differ") {
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 30; ++seed)
        for (std::uint64_t number = 0; number < 30; ++number) {
            RandomStream stream(seed, number);
            seen.insert(stream.bits());
            seen.insert(stream.bits());
        }
    CHECK(seen.size() == 1800);
    CHECK(RandomStream(1).bits() != RandomStream(1ull << 32).bits());
    CHECK(RandomStream(1, 1).bits() != RandomStream(1, 1ull << 32).bits());
}

TEST_CASE("uniform draws") {
    RandomStream stream(1);
    const auto draws = draw(100'000, [&] { return stream.uniform(); });
    CHECK(*std::min_element(draws.begin(), draws.end()) > 0);
    CHECK(*std::max_element(draws.begin(), draws.end()) < 1);
    CHECK(kolmogorov(draws, [](double x) { return x; }) < 2.3);
    double lag = 0;
    for (std::size_t i = 1; i < draws.size(); ++i) lag += (draws[i] - 0.5) * (draws[i - 1] - 0.5);
    CHECK(std::abs(lag * 12 / std::sqrt(100'000.0)) < many);
    for (const double x : draw(1000, [&] { return stream.uniform(-3, 2); })) {
        CHECK(x > -3);
        CHECK(x < 2);
    }
}

TEST_CASE("whole numbers below a limit") {
    RandomStream stream(2);
    std::vector<Index> draws(70'000);
    for (Index& x : draws) x = stream.below(7);
    CHECK(fits(draws, [](Index) { return 1.0 / 7; }));
    CHECK(*std::max_element(draws.begin(), draws.end()) == 6);
    CHECK(stream.below(1) == 0);
    // Of a limit that does not divide 2⁶⁴ by far: the bare remainder would put 9/16 in this half.
    const Index half = Index{3} << 60;
    double below_half = 0;
    for (int i = 0; i < 10'000; ++i) below_half += stream.below(2 * half) < half;
    CHECK(std::abs(below_half - 5000) < many * 50);
}

TEST_CASE("normal draws") {
    RandomStream stream(3);
    const auto draws = draw(100'000, [&] { return stream.normal(); });
    CHECK(kolmogorov(draws, [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }) < 2.3);
    const auto m = moments(draws);
    const double root = std::sqrt(100'000.0);
    CHECK(std::abs(m.mean) < many / root);
    CHECK(std::abs(m.variance - 1) < many * std::sqrt(2.0) / root);
    CHECK(std::abs(m.third) < many * std::sqrt(6.0) / root);
    CHECK(std::abs(m.fourth - 3) < many * std::sqrt(24.0) / root);
    double lag = 0;  // Box & Muller make them in pairs
    for (std::size_t i = 1; i < draws.size(); i += 2) lag += draws[i] * draws[i - 1];
    CHECK(std::abs(lag / std::sqrt(50'000.0)) < many);
}

TEST_CASE("a normal matrix is filled row by row") {
    RandomStream one(4), other(4);
    const auto matrix = one.normal_matrix(3, 5);
    for (Index i = 0; i < 3; ++i)
        for (Index j = 0; j < 5; ++j) CHECK(matrix(i, j) == other.normal());
}

TEST_CASE("gamma draws") {
    const double shape = GENERATE(0.05, 0.5, 1.0, 2.5, 40.0);
    CAPTURE(shape);
    RandomStream stream(5);
    const auto draws = draw(100'000, [&] { return stream.gamma(shape); });
    const auto m = moments(draws);
    const double root = std::sqrt(100'000.0);
    CHECK(std::abs(m.mean - shape) < many * std::sqrt(shape) / root);
    CHECK(std::abs(m.variance - shape) < many * shape * std::sqrt(2 + 6 / shape) / root);
    if (shape == 1.0) CHECK(kolmogorov(draws, [](double x) { return -std::expm1(-x); }) < 2.3);
    if (shape == 0.5)
        CHECK(kolmogorov(draws, [](double x) { return std::erf(std::sqrt(x)); }) < 2.3);
    if (shape == 2.5) {
        CHECK(kolmogorov(draws, [](double x) {
                  const double root_x = std::sqrt(x);
                  return std::erf(root_x) - std::exp(-x) / std::sqrt(std::numbers::pi) *
                                                (2 * root_x + 4.0 / 3 * x * root_x);
              }) < 2.3);
    }
}

TEST_CASE("Poisson draws") {
    const double mean = GENERATE(0.01, 0.7, 4.0, 11.99, 12.01, 60.0, 3000.0);
    CAPTURE(mean);
    RandomStream stream(6);
    std::vector<Index> draws(40'000);
    for (Index& x : draws) x = stream.poisson(mean);
    CHECK(fits(draws, [&](Index x) {
        return std::exp(static_cast<double>(x) * std::log(mean) - mean - log_factorial(x));
    }));
    CHECK(stream.poisson(0) == 0);
}

TEST_CASE("binomial draws") {
    const Index trials = GENERATE(1, 24, 25, 100, 5000);
    const double chance = GENERATE(0.02, 0.5, 0.93);
    CAPTURE(trials, chance);
    RandomStream stream(7);
    std::vector<Index> draws(20'000);
    for (Index& x : draws) x = stream.binomial(trials, chance);
    CHECK(*std::max_element(draws.begin(), draws.end()) <= trials);
    CHECK(fits(draws, [&](Index x) {
        return std::exp(log_factorial(trials) - log_factorial(x) - log_factorial(trials - x) +
                        static_cast<double>(x) * std::log(chance) +
                        static_cast<double>(trials - x) * std::log1p(-chance));
    }));
    CHECK(stream.binomial(trials, 0) == 0);
    CHECK(stream.binomial(trials, 1) == trials);
    CHECK(stream.binomial(0, chance) == 0);
}

TEST_CASE("categorical draws") {
    const std::vector<double> weights{0, 3, 0, 1, 4, 2, 0};
    RandomStream stream(8);
    std::vector<Index> draws(50'000);
    for (Index& x : draws) x = stream.categorical(weights);
    std::vector<double> seen(7, 0);
    for (const Index x : draws) ++seen[static_cast<std::size_t>(x)];
    for (std::size_t i = 0; i < 7; ++i) {
        const double expected = 5000 * weights[i];
        CHECK(std::abs(seen[i] - expected) <= many * std::sqrt(expected));
    }
    CHECK(stream.categorical(std::vector<double>{0, 0, 1e-300}) == 2);
}

TEST_CASE("permutations") {
    RandomStream stream(9);
    std::vector<Index> seen(24, 0), draws;
    for (int i = 0; i < 24'000; ++i) {
        auto order = stream.permutation(4);
        // Its rank among all: Lehmer's code.
        Index rank = 0;
        for (std::size_t a = 0; a < 4; ++a) {
            Index smaller = 0;
            for (std::size_t b = a + 1; b < 4; ++b) smaller += order[b] < order[a];
            rank = rank * static_cast<Index>(4 - a) + smaller;
        }
        draws.push_back(rank);
    }
    CHECK(*std::max_element(draws.begin(), draws.end()) == 23);
    CHECK(fits(draws, [](Index) { return 1.0 / 24; }));
    CHECK(stream.permutation(0).empty());
    auto order = stream.permutation(1000);
    std::sort(order.begin(), order.end());
    for (Index i = 0; i < 1000; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}
