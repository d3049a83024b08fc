// Rows less the mean of their group.
#pragma once

#include <transst/core/algebra.hpp>

namespace transst::detail {

/// What is left of rows once the mean of their group is taken away.
template <class W>
struct GroupResiduals {
    RowMatrix<W> rows;  ///< n × q
    Matrix<W> scatter;  ///< q × q: the sum of their squares and products
    Index groups = 0;   ///< that have rows
};

/// group_of(i): the group of row i, in [0, groups).
template <class W, class GroupOf>
[[nodiscard]] GroupResiduals<W> group_residuals(RowMatrix<W> rows, Index groups,
                                                GroupOf&& group_of) {
    const Index n = rows.rows(), q = rows.cols();
    Matrix<W> means = Matrix<W>::Zero(groups, q);
    Vector<W> sizes = Vector<W>::Zero(groups);
    for (Index i = 0; i < n; ++i) {
        means.row(group_of(i)) += rows.row(i);
        sizes[group_of(i)] += 1;
    }
    GroupResiduals<W> out{std::move(rows), Matrix<W>::Zero(q, q), 0};
    for (Index g = 0; g < groups; ++g)
        if (sizes[g] > 0) {
            means.row(g) /= sizes[g];
            ++out.groups;
        }
    for (Index i = 0; i < n; ++i) out.rows.row(i) -= means.row(group_of(i));
    add_product(out.scatter, transposed(out.rows), out.rows);
    out.scatter = symmetric_part(std::move(out.scatter));
    return out;
}

}  // namespace transst::detail
