// How two labellings of the same spots overlap.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/labels.hpp>
#include <transst/core/sort.hpp>
#include <transst/core/types.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace transst::detail {

/// The non-zero cells of a contingency table and its margins: at most n of each, however many
/// labels there are. Labels themselves are forgotten.
struct Contingency {
    Index total = 0;            ///< spots labelled in both
    std::vector<Index> first;   ///< spots of each label of the first labelling, all positive
    std::vector<Index> second;  ///< the same of the second
    struct Cell {
        std::size_t first, second;  ///< which labels
        Index count;                ///< spots with both, positive
    };
    std::vector<Cell> cells;
};

/// Spots left out of either labelling are skipped. Throws ShapeMismatch where the lengths differ,
/// BadData where no spot remains.
template <class Id = Label>
[[nodiscard]] Contingency count_pairs(std::span<const Label> a, std::span<const Label> b,
                                      std::string_view who) {
    require<ShapeMismatch>(a.size() == b.size(), who, ": the first labelling has ", a.size(),
                           " spots, the second ", b.size(), "; they must be the same spots");
    std::vector<std::pair<Id, Id>> pairs;
    pairs.reserve(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != left_out && b[i] != left_out) pairs.emplace_back(a[i], b[i]);
    require<BadData>(!pairs.empty(), who, ": none of the ", a.size(),
                     " spots is labelled in both; there is nothing to compare");
    detail::sort(pairs.begin(), pairs.end());

    std::vector<Id> seconds;
    seconds.reserve(pairs.size());
    for (const auto& pair : pairs) seconds.push_back(pair.second);
    detail::sort(seconds.begin(), seconds.end());
    seconds.erase(std::unique(seconds.begin(), seconds.end()), seconds.end());

    Contingency table;
    table.total = static_cast<Index>(pairs.size());
    table.second.assign(seconds.size(), 0);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const bool new_first = i == 0 || pairs[i].first != pairs[i - 1].first;
        if (new_first) table.first.push_back(0);
        if (new_first || pairs[i].second != pairs[i - 1].second) {
            const auto at = std::lower_bound(seconds.begin(), seconds.end(), pairs[i].second);
            table.cells.push_back(
                {table.first.size() - 1, static_cast<std::size_t>(at - seconds.begin()), 0});
        }
        ++table.first.back();
        ++table.cells.back().count;
        ++table.second[table.cells.back().second];
    }
    return table;
}

}  // namespace transst::detail
