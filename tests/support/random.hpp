// Random problems for tests: matrices, labels, graphs.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/core/random.hpp>
#include <transst/graph/graph.hpp>

#include <Eigen/SparseCore>

namespace support {

using transst::Graph;
using transst::Index;
using transst::Label;
using transst::Matrix;
using transst::RandomStream;
using transst::RowMatrix;
using transst::Vector;

/// Non-negative with many zeros, as expression is.
inline RowMatrix<double> sparse_values(Index rows, Index cols, double share, std::uint64_t seed) {
    RandomStream random(seed);
    RowMatrix<double> x = RowMatrix<double>::Zero(rows, cols);
    for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < cols; ++j)
            if (random.uniform() < share) x(i, j) = 0.1 + random.gamma(2);
    return x;
}

inline std::vector<Label> labels(Index count, Index classes, std::uint64_t seed) {
    RandomStream random(seed);
    std::vector<Label> out;
    for (Index i = 0; i < count; ++i)
        out.push_back(static_cast<Label>(i < classes ? i : random.below(classes)));
    return out;
}

/// n cells from a factor model with class means, n × p.
inline RowMatrix<double> factor_data(const std::vector<Label>& classes, Index genes, Index factors,
                                     double noise, std::uint64_t seed) {
    RandomStream random(seed);
    const auto n = static_cast<Index>(classes.size());
    const Matrix<double> loading = random.normal_matrix(genes, factors);
    const Matrix<double> means = 2 * random.normal_matrix(100, factors);
    RowMatrix<double> z = random.normal_matrix(n, factors);
    for (Index i = 0; i < n; ++i) z.row(i) += means.row(classes[static_cast<std::size_t>(i)]);
    Vector<double> deviation(genes);
    for (double& d : deviation) d = noise * random.uniform(0.5, 1.5);
    return z * loading.transpose() + random.normal_matrix(n, genes) * deviation.asDiagonal();
}

/// Rows of x in the order given.
inline Matrix<double> rows_of(const Matrix<double>& x, const std::vector<Index>& order) {
    Matrix<double> out(static_cast<Index>(order.size()), x.cols());
    for (std::size_t i = 0; i < order.size(); ++i) out.row(static_cast<Index>(i)) = x.row(order[i]);
    return out;
}

/// Spots of a square grid, each the neighbour of those above, below, left and right.
inline Graph grid(Index height, Index width) {
    std::vector<std::pair<Index, Index>> edges;
    for (Index r = 0; r < height; ++r)
        for (Index c = 0; c < width; ++c) {
            const Index i = r * width + c;
            if (c + 1 < width) edges.emplace_back(i, i + 1);
            if (r + 1 < height) edges.emplace_back(i, i + width);
        }
    return Graph::from_edges(height * width, edges);
}

/// Each node looks at up to `most` others; some nodes may have no neighbour at all.
inline Graph random_graph(Index nodes, Index most, bool directed, std::uint64_t seed) {
    RandomStream random(seed);
    std::vector<std::pair<Index, Index>> edges;
    for (Index i = 0; i < nodes; ++i)
        for (Index e = random.below(most + 1); e > 0; --e)
            if (const Index j = random.below(nodes); j != i) edges.emplace_back(i, j);
    return Graph::from_edges(nodes, edges, directed);
}

}  // namespace support
