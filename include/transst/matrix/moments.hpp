// Sums of each gene over the cells, in one pass.
#pragma once

#include <transst/core/lanes.hpp>
#include <transst/core/run.hpp>
#include <transst/matrix/rows.hpp>

#include <cmath>
#include <span>
#include <vector>

namespace transst {

/// Number of cells, and for each of p genes the sum and the sum of squares over them.
struct GeneSums {
    double cells = 0;             ///< number of cells
    Vector<double> sum, squares;  ///< over the cells: p

    /// Sums over no cells.
    template <class W = double>
    [[nodiscard]] static GeneSums zero(Index genes) {
        return {0, Vector<W>::Zero(genes), Vector<W>::Zero(genes)};
    }

    /// Sums over the cells of both.
    template <class = void>
    GeneSums& operator+=(const GeneSums& other) {
        cells += other.cells;
        sum += other.sum;
        squares += other.squares;
        return *this;
    }

    /// Mean over the cells: p.
    template <class W = double>
    [[nodiscard]] Vector<W> mean() const {
        const Vector<W>& total = sum;
        return total / std::max(1.0, cells);
    }

    /// Variance with divisor n; exactly 0 for a gene that does not vary.
    template <class Scalar = double>
    [[nodiscard]] Vector<Scalar> variance() const {
        const Vector<Scalar>& total = squares;
        const Vector<Scalar> m = mean<Scalar>();
        Vector<Scalar> out = total / std::max(1.0, cells) - m.cwiseAbs2();
        for (Index j = 0; j < out.size(); ++j)
            if (out[j] <= 1e-12 * m[j] * m[j]) out[j] = 0;
        return out;
    }
};

/// Throws BadData, naming the first offending cell and gene, if x holds NaN or an infinity.
template <ExpressionRows X>
void refuse_non_finite(const X& x, std::string_view caller) {
    for_each_entry(x, 0, x.rows(), [&](Index i, Index j, auto value) {
        require<BadData>(std::isfinite(static_cast<double>(value)), caller, ": X(", i, ", ", j,
                         ") is ", static_cast<double>(value),
                         "; expression must be finite. Remove or impute that cell or gene");
    });
}

/// Sums over each group of rows, in one pass; group_of(row) is in [0, groups), or negative for a
/// row that is left out. Throws BadData if an entry is not finite.
template <ExpressionRows X, class GroupOf>
[[nodiscard]] std::vector<GeneSums> gene_sums_by(const X& x, Index groups, GroupOf&& group_of,
                                                 const RunOptions& run, std::string_view caller) {
    struct All {
        std::vector<GeneSums> of;
        All& operator+=(const All& other) {
            for (std::size_t g = 0; g < of.size(); ++g) of[g] += other.of[g];
            return *this;
        }
    };
    const All zero{
        std::vector<GeneSums>(static_cast<std::size_t>(groups), GeneSums::zero(x.cols()))};
    // lanes long enough that their accumulators stay small beside the data
    auto all = sum_lanes(Lanes(x.rows(), std::max<Index>(512, 8 * groups)), run.threads, zero,
                         [&](All& sums, Index begin, Index end) {
                             for (Index i = begin; i < end; ++i)
                                 if (const Index g = group_of(i); g >= 0)
                                     sums.of[static_cast<std::size_t>(g)].cells += 1;
                             for_each_entry(x, begin, end, [&](Index i, Index j, auto value) {
                                 const Index g = group_of(i);
                                 if (g < 0) return;
                                 const auto v = static_cast<double>(value);
                                 auto& own = sums.of[static_cast<std::size_t>(g)];
                                 own.sum[j] += v;
                                 own.squares[j] += v * v;
                             });
                         });
    for (const auto& sums : all.of)
        if (!std::isfinite(sums.squares.sum())) refuse_non_finite(x, caller);
    return std::move(all.of);
}

namespace detail {

/// The same by each row's code in [0, groups); one group where there are no codes.
template <ExpressionRows X>
[[nodiscard]] std::vector<GeneSums> gene_sums_by_code(const X& x, Index groups,
                                                      std::span<const std::int32_t> code,
                                                      const RunOptions& run,
                                                      std::string_view caller) {
    if constexpr (requires { x.sums_by(groups, code, run, caller); }) {
        return x.sums_by(groups, code, run, caller);
    } else {
        const auto group_of = [code](Index row) {
            return code.empty() ? Index{0} : Index{code[static_cast<std::size_t>(row)]};
        };
        return gene_sums_by(x, groups, group_of, run, caller);
    }
}

}  // namespace detail

/// Sums over all rows.
template <ExpressionRows X>
[[nodiscard]] GeneSums gene_sums(const X& x, const RunOptions& run, std::string_view caller) {
    return detail::gene_sums_by_code(x, 1, {}, run, caller).front();
}

/// ‖x_j‖² of each column (p). Throws BadData if an entry is not finite.
template <ExpressionRows X>
[[nodiscard]] Vector<double> column_square_norms(const X& x, const RunOptions& run,
                                                 std::string_view caller) {
    return gene_sums(x, run, caller).squares;
}

}  // namespace transst
