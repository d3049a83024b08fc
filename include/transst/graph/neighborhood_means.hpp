// Scores averaged over each spot's surroundings, at several scales.
#pragma once

#include <transst/core/algebra.hpp>
#include <transst/core/lanes.hpp>
#include <transst/graph/knn_graph.hpp>

namespace transst {

namespace detail {

/// Averages one spot's scores with its neighbours', as neighborhood_means says.
template <class Scalar>
class NeighborhoodMean {
public:
    NeighborhoodMean(const RowMatrix<Scalar>& scores, const Graph& nearest,
                     std::span<const Index> scales)
        : scores_(scores), nearest_(nearest), scales_(scales), sum_(scores.cols()) {}

    template <class Row>
    void operator()(Index spot, Row&& out) {
        const Index q = scores_.cols();
        sum_ = scores_.row(spot).template cast<Wide<Scalar>>();
        const auto neighbors = nearest_.of(spot);
        std::size_t taken = 0;
        for (std::size_t s = 0; s < scales_.size(); ++s) {
            for (; taken < neighbors.size() && taken < static_cast<std::size_t>(scales_[s]);
                 ++taken)
                sum_ += scores_.row(neighbors[taken]).template cast<Wide<Scalar>>();
            out.segment(static_cast<Index>(s) * q, q) =
                (sum_ / static_cast<Wide<Scalar>>(taken + 1)).template cast<Scalar>();
        }
    }

private:
    const RowMatrix<Scalar>& scores_;
    const Graph& nearest_;
    std::span<const Index> scales_;
    Eigen::Matrix<Wide<Scalar>, 1, Eigen::Dynamic> sum_;
};

template <class Scalar>
void check_neighborhoods(const RowMatrix<Scalar>& scores, const Graph& nearest,
                         std::span<const Index> scales) {
    require<ShapeMismatch>(nearest.nodes() == scores.rows(), "neighborhood_means: the graph has ",
                           nearest.nodes(), " nodes, the scores have ", scores.rows(), " rows");
    require(!scales.empty() && scales.front() >= 0 && std::is_sorted(scales.begin(), scales.end()),
            "neighborhood_means: scales must be numbers of neighbours, 0 or more, in rising order");
}

/// Means of the spots spot_of(i), i in [0, count).
template <class Scalar, class SpotOf>
[[nodiscard]] RowMatrix<Scalar> means_of_spots(const RowMatrix<Scalar>& scores,
                                               const Graph& nearest, std::span<const Index> scales,
                                               Index count, SpotOf&& spot_of,
                                               const RunOptions& run) {
    check_neighborhoods(scores, nearest, scales);
    RowMatrix<Scalar> out(count, scores.cols() * std::ssize(scales));
    const Lanes lanes(count);
    parallel_for(lanes.count(), run.threads, [&](Index lane) {
        NeighborhoodMean<Scalar> mean(scores, nearest, scales);
        for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) mean(spot_of(i), out.row(i));
    });
    return out;
}

}  // namespace detail

/// For each scale k, the mean of every spot's scores and those of its k nearest neighbours; the
/// scales stand side by side: n × (q · scales). scores: n × q. nearest: a directed graph with each
/// spot's neighbours in order of distance (KnnGraph with symmetric = false); where a spot has fewer
/// than k, all of them count. scales: rising, from 0 (the spot alone).
/// Throws ShapeMismatch if graph and scores differ in size, InvalidArgument if scales do not rise.
template <class Scalar>
[[nodiscard]] RowMatrix<Scalar> neighborhood_means(const RowMatrix<Scalar>& scores,
                                                   const Graph& nearest,
                                                   std::span<const Index> scales,
                                                   const RunOptions& run = {}) {
    return detail::means_of_spots(
        scores, nearest, scales, scores.rows(), [](Index i) { return i; }, run);
}

/// The same of some spots, by their numbers: a row for each.
template <class Scalar>
[[nodiscard]] RowMatrix<Scalar> neighborhood_means(const RowMatrix<Scalar>& scores,
                                                   const Graph& nearest,
                                                   std::span<const Index> scales,
                                                   std::span<const Index> spots,
                                                   const RunOptions& run = {}) {
    return detail::means_of_spots(
        scores, nearest, scales, std::ssize(spots),
        [&](Index i) { return spots[static_cast<std::size_t>(i)]; }, run);
}

/// The means of all spots times weights ((q · scales) × d): n × d, as the product of the whole
/// would be, which is never held.
template <class Scalar>
[[nodiscard]] RowMatrix<Scalar> neighborhood_means(const RowMatrix<Scalar>& scores,
                                                   const Graph& nearest,
                                                   std::span<const Index> scales,
                                                   const Matrix<Scalar>& weights,
                                                   const RunOptions& run = {}) {
    detail::check_neighborhoods(scores, nearest, scales);
    const Index n = scores.rows(), columns = scores.cols() * std::ssize(scales);
    require<ShapeMismatch>(weights.rows() == columns, "neighborhood_means: weights has ",
                           weights.rows(), " rows, the means have ", columns, " columns");
    RowMatrix<Scalar> out(n, weights.cols());
    // a multiple of the rows that a product handles together, so that cuts do not show in the bits
    constexpr Index step = 480;
    const Index blocks = std::max<Index>(1, n / step);  // the last takes what is left over
    parallel_for(blocks, run.threads, [&](Index block) {
        detail::NeighborhoodMean<Scalar> mean(scores, nearest, scales);
        const Index begin = block * step, rows = (block + 1 == blocks ? n : begin + step) - begin;
        RowMatrix<Scalar> means(rows, columns);
        for (Index i = 0; i < rows; ++i) mean(begin + i, means.row(i));
        out.middleRows(begin, rows).setZero();
        detail::add_product(out.middleRows(begin, rows), means, weights);
    });
    return out;
}

}  // namespace transst
