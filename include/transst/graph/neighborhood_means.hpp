// Scores averaged over each spot's surroundings, at several scales.
#pragma once

#include <transst/core/lanes.hpp>
#include <transst/graph/knn_graph.hpp>

namespace transst {

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
    require<ShapeMismatch>(nearest.nodes() == scores.rows(), "neighborhood_means: the graph has ",
                           nearest.nodes(), " nodes, the scores have ", scores.rows(), " rows");
    require(!scales.empty() && scales.front() >= 0 && std::is_sorted(scales.begin(), scales.end()),
            "neighborhood_means: scales must be numbers of neighbours, 0 or more, in rising order");
    const Index q = scores.cols();
    RowMatrix<Scalar> out(scores.rows(), q * std::ssize(scales));
    const Lanes lanes(scores.rows());
    parallel_for(lanes.count(), run.threads, [&](Index lane) {
        std::vector<Wide<Scalar>> buffer(static_cast<std::size_t>(q));
        Eigen::Map<Eigen::Matrix<Wide<Scalar>, 1, Eigen::Dynamic>> sum(buffer.data(), q);
        for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) {
            sum = scores.row(i).template cast<Wide<Scalar>>();
            const auto neighbors = nearest.of(i);
            std::size_t taken = 0;
            for (std::size_t s = 0; s < scales.size(); ++s) {
                for (; taken < neighbors.size() && taken < static_cast<std::size_t>(scales[s]);
                     ++taken)
                    sum += scores.row(neighbors[taken]).template cast<Wide<Scalar>>();
                out.row(i).segment(static_cast<Index>(s) * q, q) =
                    (sum / static_cast<Wide<Scalar>>(taken + 1)).template cast<Scalar>();
            }
        }
    });
    return out;
}

}  // namespace transst
