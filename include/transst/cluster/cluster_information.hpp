// What clusters tell of their spots' scores.
#pragma once

#include <transst/cluster/group_residuals.hpp>
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
    auto all = detail::group_residuals(scores, sections, section_of);
    const auto within = detail::group_residuals(
        std::move(all.rows), sections * clusters,
        [&](Index i) { return section_of(i) * clusters + labels[static_cast<std::size_t>(i)]; });
    const double rows = static_cast<double>(n) / averaged;  // independent ones
    const double freedom = rows - static_cast<double>(within.groups);
    const W variance = all.scatter.trace() / static_cast<W>(std::max<Index>(q, 1));
    if (!(variance > 0) || !(freedom > 0)) return 0;
    const auto log_determinant = [&](Matrix<W> scatter) {
        scatter.diagonal().array() += variance * W(1e-9);
        return detail::Cholesky<W>(scatter).log_determinant();
    };
    const double ratio =
        static_cast<double>(log_determinant(all.scatter) - log_determinant(within.scatter));
    const double chance = static_cast<double>(q) *
                          (std::log(rows - static_cast<double>(all.groups)) - std::log(freedom));
    return std::max(0.0, (ratio - chance) / 2);
}

}  // namespace transst
