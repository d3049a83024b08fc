// Information that two clusterings share.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/metrics/contingency.hpp>

#include <algorithm>
#include <cmath>
#include <span>

namespace transst {

/// Mutual information of two labellings of n spots over the arithmetic mean of their entropies
/// (Strehl & Ghosh, JMLR 2002; scikit-learn's default), in [0, 1]. Spots that are left_out of
/// either are skipped. One cluster in both gives 1, one cluster against several 0. Not corrected
/// for chance: many small clusters raise it.
/// Throws ShapeMismatch for unequal lengths, BadData where no spot is labelled in both.
template <class = void>
[[nodiscard]] double normalized_mutual_information(std::span<const Label> a,
                                                   std::span<const Label> b) {
    const auto table = detail::count_pairs(a, b, "normalized_mutual_information");
    if (table.first.size() == 1 && table.second.size() == 1) return 1;
    const auto n = static_cast<double>(table.total);
    const auto entropy = [n](const std::vector<Index>& counts) {
        double sum = 0;
        for (const Index count : counts) {
            const double share = static_cast<double>(count) / n;
            sum -= share * std::log(share);
        }
        return sum;
    };
    double information = 0;
    for (const auto& cell : table.cells) {
        const auto count = static_cast<double>(cell.count);
        const auto first = static_cast<double>(table.first[cell.first]);
        const auto second = static_cast<double>(table.second[cell.second]);
        information += count / n * std::log(count * n / (first * second));
    }
    const double mean = (entropy(table.first) + entropy(table.second)) / 2;
    return std::clamp(information / mean, 0.0, 1.0);
}

}  // namespace transst
