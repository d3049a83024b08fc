// Agreement of two clusterings, corrected for chance.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/metrics/contingency.hpp>

#include <span>

namespace transst {

/// The adjusted Rand index of two labellings of n spots (Hubert & Arabie, J. Classification 1985):
/// 1 where they agree up to names, 0 on average for independent ones, possibly negative. Spots that
/// are left_out of either are skipped. Where chance leaves nothing to correct (one cluster in both,
/// or every spot its own in both) they agree, and it is 1; one cluster against several gives 0.
/// Throws ShapeMismatch for unequal lengths, BadData where no spot is labelled in both.
template <class = void>
[[nodiscard]] double adjusted_rand_index(std::span<const Label> a, std::span<const Label> b) {
    const auto table = detail::count_pairs(a, b, "adjusted_rand_index");
    // Pairs of spots, exact below 2^53: up to a hundred million spots.
    const auto pairs = [](Index count) {
        return static_cast<double>(count) * static_cast<double>(count - 1) / 2;
    };
    double together = 0, in_first = 0, in_second = 0;
    for (const auto& cell : table.cells) together += pairs(cell.count);
    for (const Index count : table.first) in_first += pairs(count);
    for (const Index count : table.second) in_second += pairs(count);
    const double all = pairs(table.total);
    if (in_first == in_second && (in_first == 0 || in_first == all)) return 1;
    const double expected = in_first * (in_second / all);
    return (together - expected) / ((in_first + in_second) / 2 - expected);
}

}  // namespace transst
