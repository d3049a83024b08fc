// Rows of expression of any type behind one, so that an estimator is compiled once for each scalar
// and not for each matrix it may be given.
#pragma once

#include <transst/matrix/standardized.hpp>

#include <memory>

namespace transst::detail {

/// Refers to rows that live elsewhere; `S` is the type that products are computed in.
template <class S>
class AnyRows {
public:
    using Scalar = S;

    template <ExpressionRows X>
    explicit AnyRows(const X& x) : seen_(std::make_shared<Seen<X>>(x)) {}

    [[nodiscard]] Index rows() const { return seen_->rows(); }
    [[nodiscard]] Index cols() const { return seen_->cols(); }
    [[nodiscard]] auto row_block(Index begin, Index end) const { return seen_->block(begin, end); }
    [[nodiscard]] Index rows_of_block() const { return seen_->rows_of_block(); }
    [[nodiscard]] std::vector<GeneSums> sums_by(Index groups, std::span<const std::int32_t> group,
                                                const RunOptions& run,
                                                std::string_view caller) const {
        return seen_->sums_by(groups, group, run, caller);
    }

private:
    struct Any {
        virtual ~Any() = default;
        virtual Index rows() const = 0;
        virtual Index cols() const = 0;
        virtual Index rows_of_block() const = 0;
        virtual std::unique_ptr<AnyBlock<S>> block(Index begin, Index end) const = 0;
        virtual std::vector<GeneSums> sums_by(Index groups, std::span<const std::int32_t> group,
                                              const RunOptions& run,
                                              std::string_view caller) const = 0;
    };

    template <class X>
    struct Block final : AnyBlock<S> {
        Block(const X& x, Index begin, Index end) : owner(x.row_block(begin, end)) {}
        void multiply_into(const Panels<S>& a, S* u) const override {
            detail::multiply(view(owner), a, u);
        }
        void scatter_into(const S* c, Panels<S>& result) const override {
            detail::scatter(view(owner), c, result);
        }
        decltype(std::declval<const X&>().row_block(Index{}, Index{})) owner;
    };

    template <class X>
    struct Seen final : Any {
        explicit Seen(const X& rows_seen) : x(rows_seen) {}
        Index rows() const override { return x.rows(); }
        Index cols() const override { return x.cols(); }
        Index rows_of_block() const override { return block_rows(x); }
        std::unique_ptr<AnyBlock<S>> block(Index begin, Index end) const override {
            return std::make_unique<Block<X>>(x, begin, end);
        }
        std::vector<GeneSums> sums_by(Index groups, std::span<const std::int32_t> group,
                                      const RunOptions& run,
                                      std::string_view caller) const override {
            return gene_sums_by_code(x, groups, group, run, caller);
        }
        const X& x;
    };

    std::shared_ptr<const Any> seen_;
};

/// x behind one type; it must outlive what is returned.
template <class S, ExpressionRows X>
[[nodiscard]] AnyRows<S> any_rows(const X& x) {
    return AnyRows<S>(x);
}
template <class S, ExpressionRows Rows>
[[nodiscard]] Standardized<AnyRows<S>> any_rows(const Standardized<Rows>& x) {
    return {AnyRows<S>(x.raw()), x.mean(), x.inverse_scale(), x.section()};
}

}  // namespace transst::detail

namespace transst {

/// Rows behind one type are rows already.
template <class S>
[[nodiscard]] const detail::AnyRows<S>& as_rows(const detail::AnyRows<S>& x) {
    return x;
}

}  // namespace transst
