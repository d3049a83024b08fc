// Compressed rows from entries that arrive one by one, in any order.
#pragma once

#include <transst/matrix/stored_rows.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

namespace transst::detail {

/// Entries that come row by row are put in their place at once; otherwise each one's row is kept
/// too (4 bytes more for its 8) until all are there. Where memory is limited, rows that are
/// complete are handed over to StoredRows, and the entries must come row by row.
class RowBuilder {
public:
    RowBuilder(Index rows, Index cols, const RunOptions& run = {})
        : counts_(static_cast<std::size_t>(rows), 0),
          cols_(cols),
          most_(run.matrix_bytes / entry_bytes),
          stored_(cols, run) {}

    [[nodiscard]] Index size() const { return std::ssize(values_); }
    [[nodiscard]] Index capacity() const { return static_cast<Index>(values_.capacity()); }
    [[nodiscard]] bool full() const { return size() == capacity(); }

    void reserve(Index entries) {
        const auto size = static_cast<std::size_t>(most_ > 0 ? std::min(entries, most_) : entries);
        columns_.reserve(size);
        values_.reserve(size);
        if (scattered_) rows_.reserve(size);
    }

    /// Whether memory allows for an entry of this row now.
    [[nodiscard]] bool takes(Index row) const {
        return most_ == 0 || (row >= last_row_ && !scattered_) ||
               (row >= handed_ && size() < most_ / 2);
    }

    void add(Index row, std::int32_t column, float value) {
        if (row < last_row_ && !scattered_) scatter();
        if (most_ > 0 && row > last_row_ && !scattered_ && size() >= std::max(most_ / 4, fewest_))
            hand_over(row);
        last_row_ = row;
        if (scattered_) rows_.push_back(static_cast<std::int32_t>(row));
        ++counts_[static_cast<std::size_t>(row)];
        columns_.push_back(column);
        values_.push_back(value);
    }

    /// The matrix, with rising columns in each row.
    [[nodiscard]] StoredRows<float> finish() {
        if (handed_ == 0 && (most_ == 0 || size() <= most_)) {
            auto rows = close(std::ssize(counts_));
            return StoredRows<float>(std::move(rows));
        }
        hand_over(std::ssize(counts_));
        return std::move(stored_);
    }

    /// Row and column of an entry that came twice, once finish() was called.
    [[nodiscard]] const std::optional<std::pair<Index, Index>>& duplicate() const {
        return duplicate_;
    }

    /// Row and column of an entry that is there twice; columns must be sorted.
    [[nodiscard]] static std::optional<std::pair<Index, Index>> find_duplicate(
        const CompressedRows<float>& x) {
        for (Index row = 0; row < x.rows(); ++row) {
            const auto begin = x.columns.begin() + x.starts[static_cast<std::size_t>(row)];
            const auto end = x.columns.begin() + x.starts[static_cast<std::size_t>(row) + 1];
            const auto at = std::adjacent_find(begin, end);
            if (at != end) return std::pair<Index, Index>{row, *at};
        }
        return std::nullopt;
    }

private:
    static constexpr Index entry_bytes = 8, fewest_ = 4096;

    void hand_over(Index end) {
        const Index capacity = static_cast<Index>(values_.capacity());
        const auto rows = close(end);
        stored_.append(rows.row_block(0, rows.rows()));
        reserve(capacity);
    }

    /// Rows [handed_, end), which are complete, as a matrix.
    [[nodiscard]] CompressedRows<float> close(Index end) {
        CompressedRows<float> out{.genes = cols_};
        for (Index row = handed_; row < end; ++row)
            out.starts.push_back(out.starts.back() + counts_[static_cast<std::size_t>(row)]);
        out.columns = std::exchange(columns_, {});
        out.values = std::exchange(values_, {});
        if (scattered_) gather(out);
        for (Index row = 0; row < out.rows(); ++row)
            sort_row(out, out.starts[static_cast<std::size_t>(row)],
                     out.starts[static_cast<std::size_t>(row) + 1]);
        if (!duplicate_) {
            duplicate_ = find_duplicate(out);
            if (duplicate_) duplicate_->first += handed_;
        }
        handed_ = end;
        return out;
    }

    /// From now on each entry's row is kept: first of those that came in order.
    void scatter() {
        scattered_ = true;
        rows_.reserve(values_.capacity());
        for (std::size_t row = static_cast<std::size_t>(handed_); row < counts_.size(); ++row)
            rows_.insert(rows_.end(), static_cast<std::size_t>(counts_[row]),
                         static_cast<std::int32_t>(row));
    }

    /// Counting sort by row, in place: each entry is swapped to the next free place of its row.
    void gather(CompressedRows<float>& x) {
        const auto& starts = x.starts;
        const auto first = static_cast<std::size_t>(handed_);
        std::vector<Index> free(starts.begin(), starts.end() - 1);
        for (std::size_t row = 0; row < free.size(); ++row) {
            while (free[row] < starts[row + 1]) {
                const auto here = static_cast<std::size_t>(free[row]);
                const auto home = static_cast<std::size_t>(rows_[here]) - first;
                const auto there = static_cast<std::size_t>(free[home]++);
                if (home == row) continue;
                std::swap(rows_[here], rows_[there]);
                std::swap(x.columns[here], x.columns[there]);
                std::swap(x.values[here], x.values[there]);
            }
        }
        rows_ = {};
    }

    void sort_row(CompressedRows<float>& x, Index begin, Index end) {
        const auto columns = x.columns.begin() + begin;
        const auto values = x.values.begin() + begin;
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

    std::vector<Index> counts_;  // of each row's entries
    Index cols_;
    Index most_;  // entries that fit into the memory allowed; 0: all
    StoredRows<float> stored_;
    Index handed_ = 0;  // rows that went to stored_
    std::vector<std::int32_t> columns_;
    std::vector<float> values_;
    std::vector<std::int32_t> rows_;  // of each entry, once they are scattered
    bool scattered_ = false;
    Index last_row_ = 0;
    std::optional<std::pair<Index, Index>> duplicate_;
    std::vector<std::pair<std::int32_t, float>> row_;  // of one row, while it is sorted
};

}  // namespace transst::detail
