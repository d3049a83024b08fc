// Sets of nodes without an edge among them: what one set does can be done all at once.
#pragma once

#include <transst/core/types.hpp>
#include <transst/graph/graph.hpp>

#include <vector>

namespace transst {

/// Cuts the nodes of an undirected graph into sets without neighbours: each node, in order, goes
/// into the first set that holds none of its own. At most largest_degree() + 1 sets; a square
/// lattice gives the checkerboard. Numbers rise within a set.
template <class = void>
[[nodiscard]] std::vector<std::vector<Index>> color_nodes(const Graph& graph) {
    std::vector<std::vector<Index>> sets;
    std::vector<std::size_t> color(static_cast<std::size_t>(graph.nodes()));
    std::vector<Index> taken_by(static_cast<std::size_t>(graph.largest_degree()) + 2, -1);
    for (Index i = 0; i < graph.nodes(); ++i) {
        for (const Index j : graph.of(i))
            if (j < i) taken_by[color[static_cast<std::size_t>(j)]] = i;
        std::size_t first = 0;
        while (taken_by[first] == i) ++first;
        color[static_cast<std::size_t>(i)] = first;
        if (first == sets.size()) sets.emplace_back();
        sets[first].push_back(i);
    }
    return sets;
}

}  // namespace transst
