// What clusters tell of their spots' scores.
#pragma once

#include <transst/core/algebra.hpp>
#include <transst/core/errors.hpp>
#include <transst/core/labels.hpp>

#include <cmath>
#include <cstdint>
#include <span>

namespace transst {

/// How much a spot's cluster tells of its scores, in nats: −½ log Λ, by Wilks' ratio Λ of the
/// determinants of scatter within clusters and of all (Wilks, Biometrika 1932), both within
/// sections, less what is due to chance, as far as degrees of freedom tell. It is the mutual
/// information where clusters are Gaussians of one covariance, and heeds all axes of the scores
/// alike, whatever these vary along them; so factors must be few for the number of spots. scores:
/// n × q; labels: n, in [0, clusters); section: n numbers from 0 on, or none where there is one
/// section; averaged: of how many rows each row of the scores is the mean, which leaves n /
/// averaged independent ones. 0 where clusters tell nothing. Throws ShapeMismatch where sizes
/// differ, InvalidArgument for a number out of range.
template <class W>
[[nodiscard]] double cluster_information(const RowMatrix<W>& scores,
                                         const std::vector<Label>& labels, Index clusters,
                                         std::span<const std::int32_t> section = {},
                                         double averaged = 1) {
    constexpr std::string_view who = "cluster_information";
    const Index n = scores.rows(), q = scores.cols();
    require<ShapeMismatch>(n == std::ssize(labels) && (section.empty() || n == std::ssize(section)),
                           who, ": scores have ", n, " rows, there are ", labels.size(),
                           " labels and ", section.size(),
                           " sections; there must be as many of each, or no sections");
    require(averaged >= 1, who, ": averaged = ", averaged, "; it must be 1 or more");
    const auto section_of = [&](Index i) {
        return section.empty() ? Index{0} : Index{section[static_cast<std::size_t>(i)]};
    };
    Index sections = 1;
    for (Index i = 0; i < n; ++i) {
        const Label label = labels[static_cast<std::size_t>(i)];
        require(label >= 0 && label < clusters, who, ": label ", label, " is not in [0, ", clusters,
                ")");
        require(section_of(i) >= 0, who, ": section ", section_of(i), " is below 0");
        sections = std::max(sections, section_of(i) + 1);
    }
    struct Scatter {
        Matrix<W> sum;           // of squares and products
        double log_freedom = 0;  // of independent rows, less the groups that have any
    };
    RowMatrix<W> residuals = scores;
    const auto scatter = [&](Index groups, const auto& group_of) {
        Matrix<W> means = Matrix<W>::Zero(groups, q);
        Vector<W> sizes = Vector<W>::Zero(groups);
        for (Index i = 0; i < n; ++i) {
            means.row(group_of(i)) += residuals.row(i);
            sizes[group_of(i)] += 1;
        }
        double freedom = static_cast<double>(n) / averaged;
        for (Index g = 0; g < groups; ++g)
            if (sizes[g] > 0) {
                means.row(g) /= sizes[g];
                freedom -= 1;
            }
        for (Index i = 0; i < n; ++i) residuals.row(i) -= means.row(group_of(i));
        Scatter out{Matrix<W>::Zero(q, q), freedom > 0 ? std::log(freedom) : -INFINITY};
        detail::add_product(out.sum, detail::transposed(residuals), residuals);
        out.sum = detail::symmetric_part(std::move(out.sum));
        return out;
    };
    Scatter all = scatter(sections, section_of);
    Scatter within = scatter(sections * clusters, [&](Index i) {
        return section_of(i) * clusters + labels[static_cast<std::size_t>(i)];
    });
    const W variance = all.sum.trace() / static_cast<W>(std::max<Index>(q, 1));
    if (!(variance > 0) || !std::isfinite(within.log_freedom)) return 0;
    for (Scatter* one : {&all, &within}) one->sum.diagonal().array() += variance * W(1e-9);
    const double ratio = static_cast<double>(detail::Cholesky<W>(all.sum).log_determinant() -
                                             detail::Cholesky<W>(within.sum).log_determinant());
    const double chance = static_cast<double>(q) * (all.log_freedom - within.log_freedom);
    return std::max(0.0, (ratio - chance) / 2);
}

}  // namespace transst
