// Sums of expression over groups of rows.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/matrix/standardized.hpp>

namespace transst {

/// Σ of the (standardised) rows of each group: p × groups. group_of(row) is in [0, groups), or
/// left_out. One pass over x.
template <std::floating_point Scalar = double, class X, class GroupOf>
[[nodiscard]] Matrix<Wide<Scalar>> group_sums(const X& x, Index groups, GroupOf&& group_of,
                                              const RunOptions& run = {}) {
    const auto& rows = as_rows(x);
    return sweep<Scalar>(rows, Matrix<Wide<Scalar>>(rows.cols(), 0), groups, NoState{}, run,
                         [&](NoState&, Index begin, RowBlock<Scalar>, RowBlock<Scalar> c) {
                             for (Index i = 0; i < c.rows(); ++i)
                                 if (const Index g = group_of(begin + i); g != left_out)
                                     c(i, g) = 1;
                         })
        .product;
}

}  // namespace transst
