// Library size taken out of counts: x ← log1p(10⁴ x / Σ_genes x), cell by cell. Zero stays zero.
#pragma once

#include <transst/matrix/moments.hpp>
#include <transst/preprocess/sample.hpp>

#include <array>

namespace transst {

namespace detail {

/// log1p(factor · count) of one cell. Most counts are small and whole: each of those is worked out
/// once.
template <class Scalar>
class CellLogs {
public:
    explicit CellLogs(double factor) : factor_(factor) {}

    Scalar operator()(double count) {
        if (!(count >= 0 && count < static_cast<double>(known_.size()))) return compute(count);
        const auto whole = static_cast<std::size_t>(count);
        if (static_cast<double>(whole) != count) return compute(count);
        Scalar& log = known_[whole];
        if (log == 0 && count > 0) log = compute(count);
        return log;
    }

private:
    [[nodiscard]] Scalar compute(double count) const {
        return static_cast<Scalar>(std::log1p(count * factor_));
    }

    double factor_;
    std::array<Scalar, 32> known_{};
};

}  // namespace detail

/// Log-normalised view of counts: blocks are normalised as they are handed out, the matrix is not
/// copied. Cells without counts stay zero.
template <ExpressionRows Rows>
class LogNormalized {
public:
    /// Values are computed in the counts' type if that is floating, else in float.
    using Scalar = std::conditional_t<std::floating_point<typename Rows::Scalar>,
                                      typename Rows::Scalar, float>;

    /// rows: n × p. factor: n multipliers before log1p; empty: the values are taken as they are.
    LogNormalized(Rows rows, std::vector<double> factor)
        : rows_(std::move(rows)), factor_(std::move(factor)) {}

    [[nodiscard]] Index rows() const { return rows_.rows(); }  ///< n
    [[nodiscard]] Index cols() const { return rows_.cols(); }  ///< p

    /// Whether a row has no counts.
    [[nodiscard]] bool empty(Index row) const {
        return !factor_.empty() && factor_[static_cast<std::size_t>(row)] == 0;
    }

    /// Rows [begin, end).
    [[nodiscard]] auto row_block(Index begin, Index end) const {
        const auto whole = rows_.row_block(begin, end);
        const auto& block = detail::view(whole);
        if constexpr (detail::is_dense<detail::BlockOf<Rows>>) {
            RowMatrix<Scalar> out(block.rows(), block.cols());
            for (Index i = 0; i < out.rows(); ++i)
                normalize(begin + i, [&](auto&& value) {
                    for (Index j = 0; j < out.cols(); ++j) out(i, j) = value(block(i, j));
                });
            return out;
        } else {
            const auto first = block.starts[0], last = block.starts[block.rows];
            OwnedSparseBlock<Scalar> out;
            out.columns.assign(block.columns + first, block.columns + last);
            out.values.resize(out.columns.size());
            Scalar* to = out.values.data();
            for (Index i = 0; i < block.rows; ++i) {
                normalize(begin + i, [&](auto&& value) {
                    for (auto e = block.starts[i]; e < block.starts[i + 1]; ++e)
                        *to++ = value(block.values[e]);
                });
                out.starts.push_back(static_cast<Index>(block.starts[i + 1] - first));
            }
            return out;
        }
    }

private:
    /// visit(value), value(entry) being what becomes of an entry of the row.
    template <class Visit>
    void normalize(Index row, Visit&& visit) const {
        if (factor_.empty()) {
            visit([](auto entry) { return static_cast<Scalar>(entry); });
        } else {
            detail::CellLogs<Scalar> log(factor_[static_cast<std::size_t>(row)]);
            visit([&](auto entry) { return log(static_cast<double>(entry)); });
        }
    }

    Rows rows_;
    std::vector<double> factor_;
};

/// Sum over the genes of every cell (n). Throws BadData, naming cell and gene, for a count that is
/// negative or not finite.
template <ExpressionRows Rows>
[[nodiscard]] std::vector<double> library_sizes(const Rows& counts, std::string_view name,
                                                const RunOptions& run = {}) {
    std::vector<double> sizes(static_cast<std::size_t>(counts.rows()), 0.0);
    const Lanes lanes(counts.rows());
    parallel_for(lanes.count(), run.threads, [&](Index lane) {
        for_each_entry(
            counts, lanes.begin(lane), lanes.end(lane), [&](Index i, Index j, auto value) {
                const auto v = static_cast<double>(value);
                require<BadData>(v >= 0 && std::isfinite(v), name, ": the count of cell ", i,
                                 ", gene ", j, " (numbered from 0) is ", v,
                                 "; counts must be 0 or more. If these are log expression, say so");
                sizes[static_cast<std::size_t>(i)] += v;
            });
    });
    return sizes;
}

namespace detail {

/// Whether a row has nothing but zeros (n).
template <ExpressionRows Rows>
[[nodiscard]] std::vector<char> rows_of_zeros(const Rows& x, const RunOptions& run) {
    std::vector<char> zero(static_cast<std::size_t>(x.rows()), 1);
    const Lanes lanes(x.rows());
    parallel_for(lanes.count(), run.threads, [&](Index lane) {
        transst::for_each_entry(x, lanes.begin(lane), lanes.end(lane),
                                [&](Index i, Index, auto value) {
                                    if (value != 0) zero[static_cast<std::size_t>(i)] = 0;
                                });
    });
    return zero;
}

}  // namespace detail

/// Log-normalised view of a sample's counts, which must outlive it; log expression is passed on as
/// it is. `empty_cells`, if given, receives the number of cells without counts. Throws BadData as
/// library_sizes, or for log expression that is not finite.
template <class Expression>
[[nodiscard]] auto log_normalize(const Sample<Expression>& sample, const RunOptions& run = {},
                                 Index* empty_cells = nullptr) {
    auto rows = as_rows(sample.expression);
    std::vector<double> factor;
    if (empty_cells) *empty_cells = 0;
    if (sample.values == Values::counts) {
        factor = library_sizes(rows, sample.name, run);
        for (double& f : factor) {
            if (f == 0 && empty_cells) ++*empty_cells;
            f = f > 0 ? 1e4 / f : 0;
        }
    }
    return LogNormalized<decltype(rows)>(std::move(rows), std::move(factor));
}

}  // namespace transst
