// The two products of a row block, and nothing else: U = X_b A and result += X_b' C.
//
// Few columns (q factors), many genes. The factors of one gene lie together, padded to a width the
// compiler knows, so that each non-zero costs one contiguous multiply-add in registers. More than
// 32 columns are cut into panels; a block of rows stays in cache between panels and products.
#pragma once

#include <transst/matrix/rows.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace transst::detail {

/// Column widths of the panels that `columns` columns are cut into.
struct PanelCut {
    static constexpr Index widest = 32;
    Index columns = 0;

    [[nodiscard]] Index count() const { return (columns + widest - 1) / widest; }
    /// Width of panel i, padded to a multiple of 8.
    [[nodiscard]] Index width(Index i) const {
        return std::min(widest, (columns - i * widest + 7) / 8 * 8);
    }
    /// All panels side by side.
    [[nodiscard]] Index padded() const { return (columns + 7) / 8 * 8; }
};

/// Calls run(std::integral_constant<int, W>) for the panel width W.
template <class Run>
void with_width(Index width, Run&& run) {
    switch (width) {
        case 8:
            return run(std::integral_constant<int, 8>{});
        case 16:
            return run(std::integral_constant<int, 16>{});
        case 24:
            return run(std::integral_constant<int, 24>{});
        default:
            return run(std::integral_constant<int, 32>{});
    }
}

/// Memory that starts with a line of the cache: a gene's factors then lie in no more of them than
/// they fill.
template <class T>
struct CacheAligned {
    using value_type = T;
    static constexpr std::align_val_t line{64};

    CacheAligned() = default;
    template <class Other>
    CacheAligned(const CacheAligned<Other>&) {}
    [[nodiscard]] T* allocate(std::size_t count) {
        return static_cast<T*>(::operator new(count * sizeof(T), line));
    }
    void deallocate(T* values, std::size_t) { ::operator delete(values, line); }
    [[nodiscard]] bool operator==(const CacheAligned&) const { return true; }
};

/// A genes × columns matrix cut into panels, each genes × width and row-major.
template <class S>
class Panels {
public:
    Panels() = default;
    Panels(Index genes, Index columns)
        : genes_(genes),
          cut_{columns},
          values_(static_cast<std::size_t>(genes * cut_.padded()), S(0)) {}

    template <class Derived>
    explicit Panels(const Eigen::MatrixBase<Derived>& a) : Panels(a.rows(), a.cols()) {
        for (Index i = 0; i < cut_.count(); ++i)
            matrix(i).leftCols(used(i)) =
                a.middleCols(i * PanelCut::widest, used(i)).template cast<S>();
    }

    [[nodiscard]] const PanelCut& cut() const { return cut_; }
    [[nodiscard]] S* panel(Index i) { return values_.data() + genes_ * i * PanelCut::widest; }
    [[nodiscard]] const S* panel(Index i) const {
        return values_.data() + genes_ * i * PanelCut::widest;
    }

    /// Adds what has gathered to `total`, of the same sizes, and starts again from zero.
    template <class Total>
    void flush_into(Panels<Total>& total) {
        total += *this;
        std::fill(values_.begin(), values_.end(), S(0));
    }

    /// Of the same sizes.
    template <class Other>
    Panels& operator+=(const Panels<Other>& other) {
        const auto size = static_cast<Index>(values_.size());
        Eigen::Map<Vector<S>>(values_.data(), size) +=
            Eigen::Map<const Vector<Other>>(other.values_.data(), size).template cast<S>();
        return *this;
    }

    /// The matrix that was cut: genes × columns.
    [[nodiscard]] Matrix<S> whole() const {
        Matrix<S> out(genes_, cut_.columns);
        for (Index i = 0; i < cut_.count(); ++i)
            out.middleCols(i * PanelCut::widest, used(i)) =
                Eigen::Map<const RowMatrix<S>>(panel(i), genes_, cut_.width(i)).leftCols(used(i));
        return out;
    }

private:
    [[nodiscard]] Index used(Index i) const {
        return std::min(PanelCut::widest, cut_.columns - i * PanelCut::widest);
    }
    [[nodiscard]] Eigen::Map<RowMatrix<S>> matrix(Index i) {
        return {panel(i), genes_, cut_.width(i)};
    }

    template <class Other>
    friend class Panels;

    Index genes_ = 0;
    PanelCut cut_;
    std::vector<S, CacheAligned<S>> values_;
};

/// Asks for memory that is needed soon. Always inlined: GCC drops calls of functions that do
/// nothing else.
[[gnu::always_inline]] inline void fetch([[maybe_unused]] const void* address) {
#ifdef __GNUC__
    __builtin_prefetch(address);
#endif
}

/// Genes come in no order, and beyond a few thousand of them their strips of factors lie in a far
/// cache: each is asked for so many non-zeros before it is needed.
constexpr Index fetch_ahead = 16;

/// U = X_b A, U being block rows × cut.padded(), row-major.
template <class S, class Value, class Offset, class Column>
void multiply(const SparseBlock<Value, Offset, Column>& block, const Panels<S>& a, S* u) {
    const Index stride = a.cut().padded();
    for (Index p = 0; p < a.cut().count(); ++p)
        with_width(a.cut().width(p), [&](auto width) {
            constexpr int w = decltype(width)::value;
            using Strip = Eigen::Array<S, w, 1>;
            const S* panel = a.panel(p);
            const Index fetched = static_cast<Index>(block.starts[block.rows]) - fetch_ahead;
            for (Index i = 0; i < block.rows; ++i) {
                Strip sum = Strip::Zero();
                for (Offset e = block.starts[i]; e < block.starts[i + 1]; ++e) {
                    if (static_cast<Index>(e) < fetched)
                        fetch(panel + Index{block.columns[e + fetch_ahead]} * w);
                    sum += static_cast<S>(block.values[e]) *
                           Eigen::Map<const Strip>(panel + Index{block.columns[e]} * w);
                }
                Eigen::Map<Strip>(u + i * stride + p * PanelCut::widest) = sum;
            }
        });
}

/// result += X_b' C, C being block rows × cut.padded(), row-major.
template <class S, class Value, class Offset, class Column>
void scatter(const SparseBlock<Value, Offset, Column>& block, const S* c, Panels<S>& result) {
    const Index stride = result.cut().padded();
    for (Index p = 0; p < result.cut().count(); ++p)
        with_width(result.cut().width(p), [&](auto width) {
            constexpr int w = decltype(width)::value;
            using Strip = Eigen::Array<S, w, 1>;
            S* panel = result.panel(p);
            const Index fetched = static_cast<Index>(block.starts[block.rows]) - fetch_ahead;
            for (Index i = 0; i < block.rows; ++i) {
                const Strip row = Eigen::Map<const Strip>(c + i * stride + p * PanelCut::widest);
                for (Offset e = block.starts[i]; e < block.starts[i + 1]; ++e) {
                    if (static_cast<Index>(e) < fetched)
                        fetch(panel + Index{block.columns[e + fetch_ahead]} * w);
                    Eigen::Map<Strip>(panel + Index{block.columns[e]} * w) +=
                        static_cast<S>(block.values[e]) * row;
                }
            }
        });
}

template <class S, class Derived>
void multiply(const Eigen::MatrixBase<Derived>& block, const Panels<S>& a, S* u) {
    const Index stride = a.cut().padded();
    for (Index p = 0; p < a.cut().count(); ++p) {
        const Index w = a.cut().width(p);
        Eigen::Map<RowMatrix<S>, Eigen::Unaligned, Eigen::OuterStride<>>(
            u + p * PanelCut::widest, block.rows(), w, Eigen::OuterStride<>(stride))
            .noalias() =
            block.template cast<S>() * Eigen::Map<const RowMatrix<S>>(a.panel(p), block.cols(), w);
    }
}

template <class S, class Derived>
void scatter(const Eigen::MatrixBase<Derived>& block, const S* c, Panels<S>& result) {
    const Index stride = result.cut().padded();
    for (Index p = 0; p < result.cut().count(); ++p) {
        const Index w = result.cut().width(p);
        Eigen::Map<RowMatrix<S>>(result.panel(p), block.cols(), w).noalias() +=
            block.transpose().template cast<S>() *
            Eigen::Map<const RowMatrix<S>, Eigen::Unaligned, Eigen::OuterStride<>>(
                c + p * PanelCut::widest, block.rows(), w, Eigen::OuterStride<>(stride));
    }
}

/// A block of rows of which nothing is known but these products, see any_rows.hpp.
template <class S>
class AnyBlock {
public:
    virtual ~AnyBlock() = default;
    virtual void multiply_into(const Panels<S>& a, S* u) const = 0;
    virtual void scatter_into(const S* c, Panels<S>& result) const = 0;
};

template <class S>
[[nodiscard]] const AnyBlock<S>& view(const std::unique_ptr<AnyBlock<S>>& block) {
    return *block;
}
template <class S>
void multiply(const AnyBlock<S>& block, const Panels<S>& a, S* u) {
    block.multiply_into(a, u);
}
template <class S>
void scatter(const AnyBlock<S>& block, const S* c, Panels<S>& result) {
    block.scatter_into(c, result);
}

}  // namespace transst::detail
