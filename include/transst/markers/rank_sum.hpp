// The Wilcoxon rank-sum test from its counts: normal approximation, ties and continuity corrected.
#pragma once

#include <transst/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace transst {

/// What the test says of one group of values against another.
struct RankSumTest {
    double auc = 0.5;  ///< P(a value of the first is larger) + ½ P(equal) = U / (n₁ n₂)
    double z = 0;      ///< positive where the first group's values are larger
    double p = 1;      ///< two-sided; 0 where it is less than a double can hold
    double log_p = 0;  ///< its natural logarithm, always finite
};

/// log erfc(x) for x ≥ 0, where erfc(x) itself has long become 0, too: beyond x = 20 by the
/// asymptotic series (Abramowitz & Stegun 7.1.23), relative error below 1e-14.
[[nodiscard]] inline double log_erfc(double x) {
    if (x < 20) return std::log(std::erfc(x));
    double sum = 1, term = 1;
    for (int m = 1; m <= 6; ++m) sum += term *= -(2 * m - 1) / (2 * x * x);
    return -x * x - std::log(x * std::sqrt(std::numbers::pi)) + std::log(sum);
}

namespace detail {

/// Σ (t³ − t) over a value's ties.
[[nodiscard]] inline double tie_term(Index count) {
    const auto t = static_cast<double>(count);
    return t * (t * t - 1);
}

/// (n³ − n) − Σ (t³ − t) over all ties, of which one is of `zeros` values and the others sum to
/// `ties`. Written so that nothing cancels where nearly all of the n values are zero.
[[nodiscard]] inline double untied(Index count, Index zeros, double ties) {
    const auto n = static_cast<double>(count), z = static_cast<double>(zeros);
    return (n - z) * (n * n + n * z + z * z - 1) - ties;
}

/// The test of n₁ values against n₂ where twice U is `twice_u` and `untied` is as above.
[[nodiscard]] inline RankSumTest rank_sum_test(Index twice_u, Index n1, Index n2, double untied,
                                               bool continuity) {
    if (n1 == 0 || n2 == 0) return {};
    const auto a = static_cast<double>(n1), b = static_cast<double>(n2), n = a + b;
    RankSumTest out;
    out.auc = static_cast<double>(twice_u) / (2 * a * b);
    if (untied <= 0) return out;
    const auto beyond = static_cast<double>(twice_u - n1 * n2) / 2;
    const double size = std::max(0.0, std::abs(beyond) - (continuity ? 0.5 : 0.0));
    out.z = std::copysign(size / std::sqrt(a * b / 12 * (untied / (n * (n - 1)))), beyond);
    const double x = std::abs(out.z) / std::numbers::sqrt2;
    out.p = std::erfc(x);
    out.log_p = log_erfc(x);
    return out;
}

}  // namespace detail

}  // namespace transst
