// Which genes to keep.
#pragma once

#include <transst/core/sort.hpp>
#include <transst/matrix/moments.hpp>

#include <algorithm>
#include <numeric>

namespace transst {

/// By what genes are ranked, the largest first.
enum class GeneCriterion {
    variance,                  ///< of log expression
    coefficient_of_variation,  ///< standard deviation over mean; favours the rarest genes
    variance_stabilized,       ///< of counts, beyond what their mean explains (VST)
    spark_x,                   ///< dependence of the counts on place (SparkX)
    morans_i                   ///< of log expression, between the 6 nearest spots
};

/// On whose cells the criterion is computed.
enum class GenesFrom {
    target,
    source,
    both  ///< mean of the two samples' ranks
};

/// Variance or coefficient of variation (p), which the sums tell; genes that do not vary get −1.
template <class = void>
[[nodiscard]] Vector<double> gene_scores(const GeneSums& sums, GeneCriterion criterion) {
    Vector<double> score = sums.variance();
    const Vector<double> mean = sums.mean();
    for (Index j = 0; j < score.size(); ++j) {
        if (score[j] <= 0)
            score[j] = -1;
        else if (criterion == GeneCriterion::coefficient_of_variation)
            score[j] = std::sqrt(score[j]) / std::max(std::abs(mean[j]), 1e-300);
    }
    return score;
}

/// Rank of every gene (0 is the largest score; ties by column).
template <class = void>
[[nodiscard]] Vector<double> falling_ranks(const Vector<double>& score) {
    std::vector<Index> order(static_cast<std::size_t>(score.size()));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](Index a, Index b) { return score[a] > score[b]; });
    Vector<double> rank(score.size());
    for (std::size_t r = 0; r < order.size(); ++r) rank[order[r]] = static_cast<double>(r);
    return rank;
}

/// Columns of the `count` genes of largest score, rising; genes with a negative score (that do not
/// vary) are never kept.
template <class = void>
[[nodiscard]] std::vector<Index> top_genes(const Vector<double>& score, Index count) {
    std::vector<Index> order;
    for (Index j = 0; j < score.size(); ++j)
        if (score[j] >= 0) order.push_back(j);
    std::stable_sort(order.begin(), order.end(),
                     [&](Index a, Index b) { return score[a] > score[b]; });
    if (std::ssize(order) > count) order.resize(static_cast<std::size_t>(count));
    detail::sort(order.begin(), order.end());
    return order;
}

}  // namespace transst
