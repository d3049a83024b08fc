// Many p values at once: the false discovery rate.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/sort.hpp>
#include <transst/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace transst {

/// Logarithms of the q values of m p values whose natural logarithms these are: the least false
/// discovery rate at which each test is called, q₍ᵣ₎ = min over s ≥ r of p₍ₛ₎ m / s, at most 1
/// (Benjamini & Hochberg, J. R. Stat. Soc. B 1995). Throws BadData for a p value above 1 or NaN.
template <class = void>
[[nodiscard]] Vector<double> log_benjamini_hochberg(const Vector<double>& log_p) {
    const Index m = log_p.size();
    std::vector<Index> order(static_cast<std::size_t>(m));
    std::iota(order.begin(), order.end(), Index{0});
    for (const Index i : order)
        require<BadData>(log_p[i] <= 0, "benjamini_hochberg: p value ", i, " (counted from 0) is ",
                         std::exp(log_p[i]), "; p values lie between 0 and 1");
    detail::sort(order.begin(), order.end(), [&](Index a, Index b) { return log_p[a] < log_p[b]; });
    Vector<double> out(m);
    double least = 0;
    for (Index rank = m; rank > 0; --rank) {
        const Index i = order[static_cast<std::size_t>(rank - 1)];
        const double factor = static_cast<double>(m) / static_cast<double>(rank);
        least = std::min(least, log_p[i] + std::log(factor));
        out[i] = least;
    }
    return out;
}

namespace detail {

/// Entry by entry; Eigen's own exp never reaches 0.
template <class = void>
[[nodiscard]] Vector<double> exponentials(const Vector<double>& logs) {
    return logs.unaryExpr([](double x) { return std::exp(x); });
}

}  // namespace detail

/// The q values of m p values. Throws BadData for one outside [0, 1] or NaN.
template <class = void>
[[nodiscard]] Vector<double> benjamini_hochberg(const Vector<double>& p) {
    const Vector<double> logs = p.unaryExpr([](double x) { return std::log(x); });
    return detail::exponentials(log_benjamini_hochberg(logs));
}

}  // namespace transst
