// Some rows or some genes of an expression matrix, without a copy of it.
#pragma once

#include <transst/matrix/rows.hpp>
#include <transst/matrix/stored_rows.hpp>

#include <span>

namespace transst {

namespace detail {

template <class Rows>
inline constexpr bool gives_dense = is_dense<BlockOf<Rows>>;

template <class Positions>
void check_positions(const Positions& chosen, Index limit, std::string_view caller,
                     std::string_view what) {
    for (const Index i : chosen)
        require(i >= 0 && i < limit, caller, ": ", what, " ", i, " does not exist; the matrix has ",
                limit, " ", what, "s, numbered from 0");
}

}  // namespace detail

/// The chosen rows of an expression matrix, in the order given; refers to the matrix.
template <ExpressionRows Rows>
class RowSubset {
public:
    using Scalar = typename Rows::Scalar;  ///< of the entries

    /// rows must outlive this. Throws InvalidArgument for a row that does not exist.
    RowSubset(const Rows& rows, std::vector<Index> chosen)
        : rows_(&rows), chosen_(std::move(chosen)) {
        detail::check_positions(chosen_, rows.rows(), "RowSubset", "row");
    }

    [[nodiscard]] Index rows() const { return static_cast<Index>(chosen_.size()); }  ///< n
    [[nodiscard]] Index cols() const { return rows_->cols(); }                       ///< p

    /// Rows [begin, end).
    [[nodiscard]] auto row_block(Index begin, Index end) const {
        if constexpr (detail::gives_dense<Rows>) {
            RowMatrix<Scalar> out(end - begin, cols());
            for_each_run(begin, end, [&](Index first, const auto& run) {
                out.middleRows(first - begin, run.rows()) = run;
            });
            return out;
        } else {
            OwnedSparseBlock<Scalar> out;
            for_each_run(begin, end, [&](Index, const auto& run) {
                for (Index i = 0; i < run.rows; ++i) {
                    for (auto e = run.starts[i]; e < run.starts[i + 1]; ++e) {
                        out.columns.push_back(static_cast<std::int32_t>(run.columns[e]));
                        out.values.push_back(run.values[e]);
                    }
                    out.end_row();
                }
            });
            return out;
        }
    }

private:
    /// Calls visit(i, block) for rows that follow one another in the matrix, from the i-th chosen
    /// on.
    template <class Visit>
    void for_each_run(Index begin, Index end, Visit&& visit) const {
        for (Index first = begin, next = begin; first < end; first = next) {
            for (++next; next < end && at(next) == at(next - 1) + 1;) ++next;
            const auto block = rows_->row_block(at(first), at(next - 1) + 1);
            visit(first, detail::view(block));
        }
    }
    [[nodiscard]] Index at(Index i) const { return chosen_[static_cast<std::size_t>(i)]; }

    const Rows* rows_;
    std::vector<Index> chosen_;
};

/// The chosen genes of an expression matrix, in the order given; refers to the matrix.
template <ExpressionRows Rows>
class GeneSubset {
public:
    using Scalar = typename Rows::Scalar;  ///< of the entries

    /// rows must outlive this. Throws InvalidArgument for a gene that does not exist or comes
    /// twice.
    GeneSubset(const Rows& rows, std::vector<Index> chosen)
        : rows_(&rows),
          chosen_(std::move(chosen)),
          position_(static_cast<std::size_t>(rows.cols()), std::int32_t{-1}) {
        detail::check_positions(chosen_, rows.cols(), "GeneSubset", "gene");
        for (std::size_t j = 0; j < chosen_.size(); ++j) {
            auto& place = position_[static_cast<std::size_t>(chosen_[j])];
            require(place < 0, "GeneSubset: gene ", chosen_[j], " is chosen twice");
            place = static_cast<std::int32_t>(j);
        }
    }

    [[nodiscard]] Index rows() const { return rows_->rows(); }                       ///< n
    [[nodiscard]] Index cols() const { return static_cast<Index>(chosen_.size()); }  ///< p

    /// Rows [begin, end).
    [[nodiscard]] auto row_block(Index begin, Index end) const {
        const auto whole = rows_->row_block(begin, end);
        if constexpr (detail::gives_dense<Rows>) {
            RowMatrix<Scalar> out(end - begin, cols());
            for (Index j = 0; j < cols(); ++j)
                out.col(j) = detail::view(whole).col(chosen_[static_cast<std::size_t>(j)]);
            return out;
        } else {
            OwnedSparseBlock<Scalar> out;
            const auto block = detail::view(whole);
            for (Index i = 0; i < block.rows; ++i) {
                for (auto e = block.starts[i]; e < block.starts[i + 1]; ++e) {
                    const auto place = position_[static_cast<std::size_t>(block.columns[e])];
                    if (place < 0) continue;
                    out.columns.push_back(place);
                    out.values.push_back(block.values[e]);
                }
                out.end_row();
            }
            return out;
        }
    }

private:
    const Rows* rows_;
    std::vector<Index> chosen_;
    std::vector<std::int32_t> position_;  ///< of each gene of the whole among the chosen, or −1
};

namespace detail {

/// The library's own matrix for what Rows hands out: sparse stays sparse, dense dense.
template <class Rows>
using Compact = std::conditional_t<gives_dense<Rows>, DenseRows<typename Rows::Scalar>,
                                   StoredRows<typename Rows::Scalar>>;

/// For `rows` rows of `genes` genes, none of which is there yet.
template <class Rows>
[[nodiscard]] Compact<Rows> compact_for(Index rows, Index genes, const RunOptions& run) {
    if constexpr (gives_dense<Rows>)
        return {RowMatrix<typename Rows::Scalar>(rows, genes)};
    else
        return Compact<Rows>(genes, run);
}

/// All rows of x, as rows `first` and on of a matrix made for `rows` of them. change(block) sees
/// each block of them before.
template <class X, class Change>
void copy_rows(const X& x, Compact<X>& to, Index first, Index rows, Change&& change) {
    constexpr Index step = 512;
    for (Index begin = 0; begin < x.rows(); begin += step) {
        const Index end = std::min(x.rows(), begin + step);
        auto block = x.row_block(begin, end);
        change(block);
        if constexpr (gives_dense<X>)
            to.values.middleRows(first + begin, end - begin) = block;
        else
            to.append(view(block), rows - first - end);
    }
}

}  // namespace detail

/// Rows `chosen` of x.
template <ExpressionRows Rows>
[[nodiscard]] RowSubset<Rows> select_rows(const Rows& x, std::vector<Index> chosen) {
    return RowSubset<Rows>(x, std::move(chosen));
}

/// Genes `chosen` of x.
template <ExpressionRows Rows>
[[nodiscard]] GeneSubset<Rows> select_genes(const Rows& x, std::vector<Index> chosen) {
    return GeneSubset<Rows>(x, std::move(chosen));
}

}  // namespace transst
