// How expression is seen: cells or spots in rows, genes in columns, handed out block by block.
//
// A type is an expression matrix when it has `Scalar`, `rows()`, `cols()` and
// `row_block(begin, end)`; the block is a SparseBlock, an OwnedSparseBlock, a LoadedBlock or a
// dense Eigen object with end − begin rows. Everything that touches expression goes through these
// blocks (sweep.hpp), so that any such type, a file larger than memory included, works in every
// estimator. row_block is called from several threads at once.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/types.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

// Those who have sparse matrices of Eigen's include <Eigen/SparseCore>.
namespace Eigen {
template <class Derived>
class SparseCompressedBase;
template <class Value, int Options, class StorageIndex>
class SparseMatrix;
}  // namespace Eigen

namespace transst {

/// A block of compressed rows: those of row i are entries [starts[i], starts[i + 1]) of `columns`
/// and `values`. Does not own them.
template <class Value, class Offset, class Column>
struct SparseBlock {
    Index rows = 0;                   ///< in the block
    const Offset* starts = nullptr;   ///< rows + 1
    const Column* columns = nullptr;  ///< of each entry, rising within a row
    const Value* values = nullptr;    ///< of each entry
};

/// A block of compressed rows made for the occasion: by a subset, or from a file.
template <class Value, class Column = std::int32_t>
struct OwnedSparseBlock {
    std::vector<Index> starts{0};  ///< rows + 1
    std::vector<Column> columns;   ///< of each entry, rising within a row
    std::vector<Value> values{};   ///< of each entry

    /// To be called after the entries of each row have been appended.
    void end_row() { starts.push_back(static_cast<Index>(columns.size())); }
};

/// A block of compressed rows that may lie in memory already, or was read for the occasion.
template <class Value, class Column = std::int32_t>
struct LoadedBlock {
    SparseBlock<Value, Index, Column> lying{};  ///< where nothing had to be read
    OwnedSparseBlock<Value, Column> read{};     ///< what was
    bool was_read = false;                      ///< which of the two it is
};

/// What makes a type an expression matrix: `Scalar`, the numbers of rows and columns, and blocks of
/// rows, each a SparseBlock, an OwnedSparseBlock or a dense Eigen object. Blocks are asked for by
/// several threads at once.
template <class X>
concept ExpressionRows = requires(const X& x, Index i) {
    typename X::Scalar;
    { x.rows() } -> std::convertible_to<Index>;
    { x.cols() } -> std::convertible_to<Index>;
    x.row_block(i, i);
};

/// The library's own sparse matrix: 64-bit offsets, narrow column numbers.
template <class Value, class Column = std::int32_t>
struct CompressedRows {
    using Scalar = Value;  ///< of the entries

    Index genes = 0;                ///< p
    std::vector<Index> starts{0};   ///< n + 1
    std::vector<Column> columns{};  ///< rising within a row
    std::vector<Value> values{};    ///< of each entry

    [[nodiscard]] Index rows() const { return static_cast<Index>(starts.size()) - 1; }  ///< n
    [[nodiscard]] Index cols() const { return genes; }                                  ///< p
    /// Entries stored.
    [[nodiscard]] Index non_zeros() const { return static_cast<Index>(values.size()); }
    /// Rows [begin, end).
    [[nodiscard]] SparseBlock<Value, Index, Column> row_block(Index begin, Index end) const {
        return {end - begin, starts.data() + begin, columns.data(), values.data()};
    }
};

/// The library's own dense matrix, for expression without zeros.
template <class Value>
struct DenseRows {
    using Scalar = Value;  ///< of the entries

    RowMatrix<Value> values;  ///< n × p

    [[nodiscard]] Index rows() const { return values.rows(); }  ///< n
    [[nodiscard]] Index cols() const { return values.cols(); }  ///< p
    /// Rows [begin, end).
    [[nodiscard]] auto row_block(Index begin, Index end) const {
        return values.middleRows(begin, end - begin);
    }
};

namespace detail {

/// Row-major Eigen sparse matrices as they are; others are converted once.
template <class Value, class StorageIndex>
class EigenSparseRows {
public:
    using Scalar = Value;

    template <class Derived>
    explicit EigenSparseRows(const Eigen::SparseCompressedBase<Derived>& x)
        : rows_(x.rows()), cols_(x.cols()) {
        const Derived* seen = &x.derived();
        if constexpr (Derived::IsRowMajor) {
            if (x.isCompressed()) {
                point_at(*seen);
                return;
            }
        }
        auto copy =
            std::make_shared<Eigen::SparseMatrix<Value, Eigen::RowMajor, StorageIndex>>(*seen);
        copy->makeCompressed();
        point_at(*copy);
        owned_ = std::move(copy);
    }

    [[nodiscard]] Index rows() const { return rows_; }
    [[nodiscard]] Index cols() const { return cols_; }
    [[nodiscard]] SparseBlock<Value, StorageIndex, StorageIndex> row_block(Index begin,
                                                                           Index end) const {
        return {end - begin, starts_ + begin, columns_, values_};
    }

private:
    template <class Sparse>
    void point_at(const Sparse& x) {
        starts_ = x.outerIndexPtr();
        columns_ = x.innerIndexPtr();
        values_ = x.valuePtr();
    }

    Index rows_, cols_;
    const StorageIndex* starts_ = nullptr;
    const StorageIndex* columns_ = nullptr;
    const Value* values_ = nullptr;
    std::shared_ptr<const void> owned_;
};

/// Dense Eigen objects of either order; expressions without memory of their own are evaluated once.
template <class Value, int Order>
class EigenDenseRows {
public:
    using Scalar = Value;
    using Plain = Eigen::Matrix<Value, Eigen::Dynamic, Eigen::Dynamic, Order>;
    using Block = Eigen::Map<const Plain, Eigen::Unaligned, Eigen::OuterStride<>>;

    template <class Derived>
    explicit EigenDenseRows(const Eigen::DenseBase<Derived>& x) : rows_(x.rows()), cols_(x.cols()) {
        if constexpr ((Derived::Flags & Eigen::DirectAccessBit) != 0) {
            if (x.derived().innerStride() == 1) {
                values_ = x.derived().data();
                stride_ = x.derived().outerStride();
                return;
            }
        }
        auto copy = std::make_shared<Plain>(x.derived());
        values_ = copy->data();
        stride_ = copy->outerStride();
        owned_ = std::move(copy);
    }

    [[nodiscard]] Index rows() const { return rows_; }
    [[nodiscard]] Index cols() const { return cols_; }
    [[nodiscard]] Block row_block(Index begin, Index end) const {
        const Index step = Order == Eigen::RowMajor ? stride_ : 1;
        return Block(values_ + begin * step, end - begin, cols_, Eigen::OuterStride<>(stride_));
    }

private:
    Index rows_, cols_;
    const Value* values_ = nullptr;
    Index stride_ = 0;
    std::shared_ptr<const void> owned_;
};

}  // namespace detail

namespace detail {

/// Refers to an expression matrix that lives elsewhere.
template <ExpressionRows X>
class RowsView {
public:
    using Scalar = typename X::Scalar;

    explicit RowsView(const X& x) : x_(&x) {}
    [[nodiscard]] Index rows() const { return x_->rows(); }
    [[nodiscard]] Index cols() const { return x_->cols(); }
    [[nodiscard]] auto row_block(Index begin, Index end) const { return x_->row_block(begin, end); }

private:
    const X* x_;
};

}  // namespace detail

/// Sees x as an expression matrix: Eigen's dense and sparse types, and any ExpressionRows type.
/// The result refers to x, which must outlive it. Sparse column-major matrices (Eigen's default
/// order) are converted once; row-major ones are used where they lie.
template <ExpressionRows X>
[[nodiscard]] auto as_rows(const X& x) {
    return detail::RowsView<X>(x);
}

/// Eigen's sparse matrices.
template <class Derived>
[[nodiscard]] auto as_rows(const Eigen::SparseCompressedBase<Derived>& x) {
    return detail::EigenSparseRows<typename Derived::Scalar, typename Derived::StorageIndex>(x);
}

/// Eigen's dense matrices, maps, references and blocks.
template <class Derived>
[[nodiscard]] auto as_rows(const Eigen::DenseBase<Derived>& x) {
    return detail::EigenDenseRows < typename Derived::Scalar,
           Derived::IsRowMajor ? Eigen::RowMajor : Eigen::ColMajor > (x);
}

/// What as_rows accepts.
template <class X>
concept Expression = requires(const X& x) {
    as_rows(x);
};

namespace detail {

template <class Value, class Offset, class Column>
[[nodiscard]] SparseBlock<Value, Offset, Column> view(const SparseBlock<Value, Offset, Column>& b) {
    return b;
}

template <class Value, class Column>
[[nodiscard]] SparseBlock<Value, Index, Column> view(const OwnedSparseBlock<Value, Column>& b) {
    return {static_cast<Index>(b.starts.size()) - 1, b.starts.data(), b.columns.data(),
            b.values.data()};
}

template <class Value, class Column>
[[nodiscard]] SparseBlock<Value, Index, Column> view(const LoadedBlock<Value, Column>& b) {
    return b.was_read ? view(b.read) : b.lying;
}

template <class Derived>
[[nodiscard]] const Derived& view(const Eigen::MatrixBase<Derived>& b) {
    return b.derived();
}

template <class Block>
inline constexpr bool is_dense = requires(const Block& b) {
    b.outerStride();
};

template <class Rows>
using BlockOf = std::remove_cvref_t<decltype(view(
    std::declval<const std::remove_cvref_t<decltype(std::declval<const Rows&>().row_block(
        Index{}, Index{}))>&>()))>;

/// Calls visit(row within the block, column, value) for every stored entry.
template <class Value, class Offset, class Column, class Visit>
void for_each_entry(const SparseBlock<Value, Offset, Column>& block, Visit&& visit) {
    for (Index i = 0; i < block.rows; ++i)
        for (Offset e = block.starts[i]; e < block.starts[i + 1]; ++e)
            visit(i, static_cast<Index>(block.columns[e]), block.values[e]);
}

template <class Derived, class Visit>
void for_each_entry(const Eigen::MatrixBase<Derived>& block, Visit&& visit) {
    if constexpr (Derived::IsRowMajor) {
        for (Index i = 0; i < block.rows(); ++i)
            for (Index j = 0; j < block.cols(); ++j) visit(i, j, block(i, j));
    } else {
        for (Index j = 0; j < block.cols(); ++j)
            for (Index i = 0; i < block.rows(); ++i) visit(i, j, block(i, j));
    }
}

}  // namespace detail

/// Calls visit(row, column, value) for every stored entry of rows [begin, end), block by block.
template <ExpressionRows X, class Visit>
void for_each_entry(const X& x, Index begin, Index end, Visit&& visit) {
    constexpr Index step = 256;
    for (Index b = begin; b < end; b += step) {
        const auto block = x.row_block(b, std::min(end, b + step));
        detail::for_each_entry(detail::view(block),
                               [&](Index i, Index j, auto value) { visit(b + i, j, value); });
    }
}

}  // namespace transst
