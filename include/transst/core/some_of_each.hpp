// A sample of labelled cells that keeps its rare classes.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/core/random.hpp>
#include <transst/core/sort.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace transst {

/// Cells with a label in [0, classes), rising; labels: n, left_out for none. Of more than `most`
/// about so many: of each class its share, but no fewer than 100 while it has them.
template <class = void>
[[nodiscard]] std::vector<Index> some_of_each(std::span<const Label> labels, Index classes,
                                              Index most, RandomStream& random) {
    std::vector<Index> sizes(static_cast<std::size_t>(classes), 0), cells;
    for (Index i = 0; i < std::ssize(labels); ++i) {
        const Label k = labels[static_cast<std::size_t>(i)];
        if (k == left_out) continue;
        cells.push_back(i);
        ++sizes[static_cast<std::size_t>(k)];
    }
    const Index n = std::ssize(cells);
    if (n <= most) return cells;
    std::vector<Index> wanted, some;
    for (const Index size : sizes) wanted.push_back(std::max<Index>(100, size * most / n));
    for (const Index at : random.permutation(n)) {
        const Index cell = cells[static_cast<std::size_t>(at)];
        if (wanted[static_cast<std::size_t>(labels[static_cast<std::size_t>(cell)])]-- > 0)
            some.push_back(cell);
    }
    detail::sort(some.begin(), some.end());
    return some;
}

}  // namespace transst
