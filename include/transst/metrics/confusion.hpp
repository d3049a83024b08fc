// Which cluster holds which class, and the best one-to-one matching.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/labels.hpp>
#include <transst/core/types.hpp>

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

namespace transst {

/// For each row of a gain matrix the column it is matched with, each column at most once, such that
/// the sum of the gains is as large as can be; min(rows, cols) rows are matched, the others get -1.
/// The Hungarian algorithm with potentials (Kuhn 1955, Munkres 1957), O(rows² · cols).
/// Throws BadData for a gain that is not finite.
template <class W = double>
[[nodiscard]] std::vector<Index> best_matching(const Matrix<std::type_identity_t<W>>& gain) {
    require<BadData>(gain.allFinite(), "best_matching: a gain is not finite");
    if (gain.rows() > gain.cols()) {
        std::vector<Index> out(static_cast<std::size_t>(gain.rows()), -1);
        const auto rows_of = best_matching(gain.transpose());
        for (std::size_t j = 0; j < rows_of.size(); ++j)
            out[static_cast<std::size_t>(rows_of[j])] = static_cast<Index>(j);
        return out;
    }
    // Rows join one by one along a shortest augmenting path in the reduced costs
    // −gain(i, j) − u(i) − v(j) ≥ 0. Column n is where a path starts.
    const Index m = gain.rows(), n = gain.cols();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Vector<W> u = Vector<W>::Zero(m), v = Vector<W>::Zero(n + 1);
    std::vector<Index> row_of(static_cast<std::size_t>(n) + 1, -1);
    std::vector<Index> came_from(row_of.size(), n);
    std::vector<double> shortest(row_of.size());
    std::vector<char> reached(row_of.size());
    const auto at = [](Index j) { return static_cast<std::size_t>(j); };
    for (Index i = 0; i < m; ++i) {
        std::fill(shortest.begin(), shortest.end(), infinity);
        std::fill(reached.begin(), reached.end(), 0);
        Index column = n;
        row_of[at(n)] = i;
        do {
            reached[at(column)] = 1;
            const Index row = row_of[at(column)];
            double step = infinity;
            Index next = n;
            for (Index j = 0; j < n; ++j) {
                if (reached[at(j)] != 0) continue;
                const double cost = -gain(row, j) - u(row) - v(j);
                if (cost < shortest[at(j)]) {
                    shortest[at(j)] = cost;
                    came_from[at(j)] = column;
                }
                if (shortest[at(j)] < step) {
                    step = shortest[at(j)];
                    next = j;
                }
            }
            for (Index j = 0; j <= n; ++j) {
                if (reached[at(j)] != 0) {
                    u(row_of[at(j)]) += step;
                    v(j) -= step;
                } else {
                    shortest[at(j)] -= step;
                }
            }
            column = next;
        } while (row_of[at(column)] >= 0);
        for (; column != n; column = came_from[at(column)])
            row_of[at(column)] = row_of[at(came_from[at(column)])];
    }
    std::vector<Index> out(static_cast<std::size_t>(m), -1);
    for (Index j = 0; j < n; ++j)
        if (row_of[at(j)] >= 0) out[at(row_of[at(j)])] = j;
    return out;
}

/// Clusters against classes, and which cluster stands for which class.
struct Confusion {
    Matrix<Index> counts;      ///< clusters × classes
    std::vector<Label> match;  ///< the class of each cluster, or left_out where none is left for it
    Index total = 0;           ///< spots counted
    Index matched = 0;         ///< of these, spots whose cluster is matched with their class

    /// Share of the spots whose cluster is matched with their class.
    [[nodiscard]] double accuracy() const {
        return static_cast<double>(matched) / static_cast<double>(total);
    }
};

/// The table of n spots' clusters against their classes, both numbered from 0, and the one-to-one
/// matching that covers most spots. Spots that are left_out of either are skipped; a cluster
/// matched with a class that it shares no spot with is left unmatched.
/// Throws ShapeMismatch for unequal lengths; BadData for a negative label or where no spot is
/// labelled in both; InvalidArgument for more than 10,000 clusters or classes.
template <class Count = Index>
[[nodiscard]] Confusion confusion_table(std::span<const Label> clusters,
                                        std::span<const Label> classes) {
    constexpr std::string_view who = "confusion_table";
    require<ShapeMismatch>(clusters.size() == classes.size(), who, ": there are clusters of ",
                           clusters.size(), " spots, but classes of ", classes.size());
    Label last_cluster = left_out, last_class = left_out;
    for (std::size_t i = 0; i < clusters.size(); ++i) {
        if (clusters[i] == left_out || classes[i] == left_out) continue;
        require<BadData>(std::min(clusters[i], classes[i]) >= 0, who, ": spot ", i,
                         " (counted from 0) has the labels ", clusters[i], " and ", classes[i],
                         "; labels are 0, 1, ..., or left_out");
        last_cluster = std::max(last_cluster, clusters[i]);
        last_class = std::max(last_class, classes[i]);
    }
    require<BadData>(last_cluster != left_out, who, ": none of the ", clusters.size(),
                     " spots is labelled in both; there is nothing to compare");
    require(std::max(last_cluster, last_class) < 10'000, who, ": a label is ",
            std::max(last_cluster, last_class), "; the table holds labels below 10000");

    Confusion out;
    Matrix<Count> counts = Matrix<Count>::Zero(last_cluster + 1, last_class + 1);
    for (std::size_t i = 0; i < clusters.size(); ++i) {
        if (clusters[i] == left_out || classes[i] == left_out) continue;
        ++counts(clusters[i], classes[i]);
        ++out.total;
    }
    for (const Index j : best_matching(counts.template cast<double>()))
        out.match.push_back(j < 0 ? left_out : static_cast<Label>(j));
    for (std::size_t k = 0; k < out.match.size(); ++k) {
        if (out.match[k] == left_out) continue;
        const Index shared = counts(static_cast<Index>(k), out.match[k]);
        if (shared == 0) out.match[k] = left_out;
        out.matched += shared;
    }
    out.counts = std::move(counts);
    return out;
}

}  // namespace transst
