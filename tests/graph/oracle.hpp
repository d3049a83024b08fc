// Neighbours the plain way, and places to find them at.
#pragma once

#include <transst/core/random.hpp>
#include <transst/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace oracle {

using transst::Index;
using Points = transst::RowMatrix<double>;

inline double squared_distance(const Points& x, Index i, Index j) {
    double sum = 0;
    for (Index d = 0; d < x.cols(); ++d) {
        const double difference = x(i, d) - x(j, d);
        sum += difference * difference;
    }
    return sum;
}

/// All others of i's section by (distance, number).
inline std::vector<std::pair<double, Index>> others(const Points& x,
                                                    const std::vector<std::string>& sections,
                                                    Index i) {
    std::vector<std::pair<double, Index>> out;
    for (Index j = 0; j < x.rows(); ++j) {
        if (j == i || (!sections.empty() && sections[static_cast<std::size_t>(i)] !=
                                                sections[static_cast<std::size_t>(j)]))
            continue;
        out.emplace_back(squared_distance(x, i, j), j);
    }
    return out;
}

inline std::vector<Index> nearest(const Points& x, const std::vector<std::string>& sections,
                                  Index i, Index count) {
    auto all = others(x, sections, i);
    const auto kept = std::min(static_cast<Index>(all.size()), count);
    std::partial_sort(all.begin(), all.begin() + kept, all.end());
    std::vector<Index> out;
    for (Index m = 0; m < kept; ++m) out.push_back(all[static_cast<std::size_t>(m)].second);
    return out;
}

inline Points square(Index height, Index width, double step = 1) {
    Points x(height * width, 2);
    for (Index i = 0; i < x.rows(); ++i)
        x.row(i) << step * static_cast<double>(i % width), step * static_cast<double>(i / width);
    return x;
}

/// Visium's: odd rows are shifted by half a step.
inline Points hexagonal(Index height, Index width, double step = 1) {
    Points x(height * width, 2);
    for (Index i = 0; i < x.rows(); ++i) {
        const Index row = i / width;
        x.row(i) << step * (static_cast<double>(i % width) + (row % 2 == 1 ? 0.5 : 0.0)),
            step * std::sqrt(0.75) * static_cast<double>(row);
    }
    return x;
}

inline Points random(Index rows, Index dims, std::uint64_t seed) {
    transst::RandomStream stream(seed);
    Points x(rows, dims);
    for (Index i = 0; i < rows; ++i)
        for (Index d = 0; d < dims; ++d) x(i, d) = stream.uniform(-3, 5);
    return x;
}

}  // namespace oracle
