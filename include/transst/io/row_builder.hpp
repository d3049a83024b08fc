// Compressed rows from entries that arrive one by one, in any order.
#pragma once

#include <transst/matrix/rows.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

namespace transst::detail {

/// Entries that come row by row are put in their place at once; otherwise each one's row is kept
/// too (4 bytes more for its 8) until all are there.
class RowBuilder {
public:
    RowBuilder(Index rows, Index cols) {
        built_.genes = cols;
        built_.starts.assign(static_cast<std::size_t>(rows) + 1, 0);
    }

    [[nodiscard]] Index size() const { return built_.non_zeros(); }
    [[nodiscard]] bool full() const { return built_.values.size() == built_.values.capacity(); }

    void reserve(Index entries) {
        const auto size = static_cast<std::size_t>(entries);
        built_.columns.reserve(size);
        built_.values.reserve(size);
        if (scattered_) rows_.reserve(size);
    }

    void add(Index row, std::int32_t column, float value) {
        if (row < last_row_ && !scattered_) scatter();
        last_row_ = row;
        if (scattered_) rows_.push_back(static_cast<std::int32_t>(row));
        ++built_.starts[static_cast<std::size_t>(row) + 1];  // how many, until finish()
        built_.columns.push_back(column);
        built_.values.push_back(value);
    }

    /// The matrix, with rising columns in each row.
    [[nodiscard]] CompressedRows<float> finish() {
        auto& starts = built_.starts;
        std::partial_sum(starts.begin(), starts.end(), starts.begin());
        if (scattered_) gather();
        for (std::size_t row = 0; row + 1 < starts.size(); ++row)
            sort_row(starts[row], starts[row + 1]);
        return std::move(built_);
    }

private:
    /// From now on each entry's row is kept: first of those that came in order.
    void scatter() {
        scattered_ = true;
        rows_.reserve(built_.values.capacity());
        for (std::size_t row = 0; row + 1 < built_.starts.size(); ++row)
            rows_.insert(rows_.end(), static_cast<std::size_t>(built_.starts[row + 1]),
                         static_cast<std::int32_t>(row));
    }

    /// Counting sort by row, in place: each entry is swapped to the next free place of its row.
    void gather() {
        const auto& starts = built_.starts;
        std::vector<Index> free(starts.begin(), starts.end() - 1);
        for (std::size_t row = 0; row < free.size(); ++row) {
            while (free[row] < starts[row + 1]) {
                const auto here = static_cast<std::size_t>(free[row]);
                const auto home = static_cast<std::size_t>(rows_[here]);
                const auto there = static_cast<std::size_t>(free[home]++);
                if (home == row) continue;
                std::swap(rows_[here], rows_[there]);
                std::swap(built_.columns[here], built_.columns[there]);
                std::swap(built_.values[here], built_.values[there]);
            }
        }
        rows_ = {};
    }

    void sort_row(Index begin, Index end) {
        const auto columns = built_.columns.begin() + begin;
        const auto values = built_.values.begin() + begin;
        const Index count = end - begin;
        if (std::is_sorted(columns, columns + count)) return;
        if (std::is_sorted(columns, columns + count, std::greater<>())) {
            std::reverse(columns, columns + count);
            std::reverse(values, values + count);
            return;
        }
        row_.clear();
        for (Index e = 0; e < count; ++e) row_.emplace_back(columns[e], values[e]);
        std::sort(row_.begin(), row_.end());
        for (Index e = 0; e < count; ++e)
            std::tie(columns[e], values[e]) = row_[static_cast<std::size_t>(e)];
    }

    CompressedRows<float> built_;
    std::vector<std::int32_t> rows_;  // of each entry, once they are scattered
    bool scattered_ = false;
    Index last_row_ = 0;
    std::vector<std::pair<std::int32_t, float>> row_;  // of one row, while it is sorted
};

/// Row and column of an entry that is there twice; columns must be sorted.
[[nodiscard]] inline std::optional<std::pair<Index, Index>> find_duplicate(
    const CompressedRows<float>& x) {
    for (Index row = 0; row < x.rows(); ++row) {
        const auto begin = x.columns.begin() + x.starts[static_cast<std::size_t>(row)];
        const auto end = x.columns.begin() + x.starts[static_cast<std::size_t>(row) + 1];
        const auto at = std::adjacent_find(begin, end);
        if (at != end) return std::pair<Index, Index>{row, *at};
    }
    return std::nullopt;
}

}  // namespace transst::detail
