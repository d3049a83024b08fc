// Who neighbours whom: compressed rows, 64 bits.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/sort.hpp>
#include <transst/core/types.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace transst {

/// A graph of n nodes (spots). A directed one says whom each spot looks at, in the order it was
/// found; in an undirected one every edge is stored at both of its ends, and of(i) is rising.
struct Graph {
    std::vector<Index> starts{0};       ///< n + 1; those of node i are [starts[i], starts[i + 1])
    std::vector<Index> neighbors;       ///< node numbers
    bool directed = false;              ///< whether j in of(i) may hold without i in of(j)
    std::vector<std::int32_t> section;  ///< n codes, by first appearance; empty: one section

    /// n
    [[nodiscard]] Index nodes() const { return static_cast<Index>(starts.size()) - 1; }
    [[nodiscard]] Index rows() const { return nodes(); }  ///< n

    /// Entries stored: each edge of an undirected graph counts twice.
    [[nodiscard]] Index entries() const { return static_cast<Index>(neighbors.size()); }

    /// Number of neighbours of node i.
    [[nodiscard]] Index degree(Index i) const {
        return starts[static_cast<std::size_t>(i) + 1] - starts[static_cast<std::size_t>(i)];
    }

    /// Neighbours of node i.
    template <class Node = Index>
    [[nodiscard]] std::span<const Node> of(Index i) const {
        return {neighbors.data() + starts[static_cast<std::size_t>(i)],
                static_cast<std::size_t>(degree(i))};
    }

    /// 0 for a graph without nodes.
    [[nodiscard]] Index largest_degree() const {
        Index largest = 0;
        for (Index i = 0; i < nodes(); ++i) largest = std::max(largest, degree(i));
        return largest;
    }

    /// The undirected graph that joins i and j where either looks at the other.
    template <class Node = Index>
    [[nodiscard]] Graph symmetrized(int threads = 1) const {
        if (!directed) return *this;
        Graph own = *this;  // each node's neighbours sorted
        const Lanes lanes(nodes());
        const auto for_each_node = [&](auto&& visit) {
            parallel_for(lanes.count(), threads, [&](Index lane) {
                for (Index i = lanes.begin(lane); i < lanes.end(lane); ++i) visit(lane, i);
            });
        };
        for_each_node([&](Index, Index i) {
            const auto row = own.neighbors.begin() + starts[static_cast<std::size_t>(i)];
            detail::sort(row, row + degree(i));
        });

        // Followers that a node does not look at itself; walking the rows in order sorts them.
        std::vector<std::vector<std::pair<Node, Node>>> one_way(
            static_cast<std::size_t>(lanes.count()));
        for_each_node([&](Index lane, Index i) {
            for (const Index j : own.of(i))
                if (!std::binary_search(own.of(j).begin(), own.of(j).end(), i))
                    one_way[static_cast<std::size_t>(lane)].emplace_back(j, i);
        });
        std::vector<Index> follower_starts(starts.size(), 0);
        for (const auto& found : one_way)
            for (const auto& [j, i] : found) ++follower_starts[static_cast<std::size_t>(j) + 1];
        Graph out;
        out.section = section;
        out.starts.resize(starts.size());
        for (std::size_t i = 1; i < starts.size(); ++i) {
            follower_starts[i] += follower_starts[i - 1];
            out.starts[i] = starts[i] + follower_starts[i];
        }
        std::vector<Index> followers(static_cast<std::size_t>(follower_starts.back()));
        std::vector<Index> next(follower_starts.begin(), follower_starts.end() - 1);
        for (const auto& found : one_way)
            for (const auto& [j, i] : found)
                followers[static_cast<std::size_t>(next[static_cast<std::size_t>(j)]++)] = i;

        out.neighbors.resize(static_cast<std::size_t>(out.starts.back()));
        for_each_node([&](Index, Index i) {
            const auto at = static_cast<std::size_t>(i);
            std::merge(own.of(i).begin(), own.of(i).end(), followers.begin() + follower_starts[at],
                       followers.begin() + follower_starts[at + 1],
                       out.neighbors.begin() + out.starts[at]);
        });
        return out;
    }

    /// The same graph in which node p is called numbers[p] (n, each of 0 to n - 1 once; rows of a
    /// directed graph keep their order). Throws InvalidArgument where numbers are none of these.
    template <class Numbers>
    [[nodiscard]] Graph renumbered(const Numbers& numbers, int threads = 1) const {
        // Walked in the order of the old numbers, in which neighbours are likely to be near.
        const auto number = [&](Index p) {
            return static_cast<std::size_t>(numbers[static_cast<std::size_t>(p)]);
        };
        require(std::ssize(numbers) == nodes(), "Graph::renumbered: there are ", std::size(numbers),
                " numbers for ", nodes(), " nodes");
        std::vector<char> taken(starts.size() - 1, 0);
        for (const Index i : numbers)
            require(i >= 0 && i < nodes() && !std::exchange(taken[static_cast<std::size_t>(i)], 1),
                    "Graph::renumbered: ", i,
                    " is not the number of a node, or there twice; nodes "
                    "are numbered 0 to ",
                    nodes() - 1);
        Graph out;
        out.directed = directed;
        out.section.resize(section.size());
        for (std::size_t p = 0; p < section.size(); ++p)
            out.section[number(static_cast<Index>(p))] = section[p];
        out.starts.resize(starts.size());
        for (Index p = 0; p < nodes(); ++p) out.starts[number(p) + 1] = degree(p);
        for (std::size_t i = 1; i < starts.size(); ++i) out.starts[i] += out.starts[i - 1];
        out.neighbors.resize(neighbors.size());
        const Lanes lanes(nodes());
        parallel_for(lanes.count(), threads, [&](Index lane) {
            std::vector<Index> row;
            for (Index p = lanes.begin(lane); p < lanes.end(lane); ++p) {
                row.clear();
                for (const Index j : of(p)) row.push_back(numbers[static_cast<std::size_t>(j)]);
                if (!directed) detail::sort(row.begin(), row.end());
                std::copy(row.begin(), row.end(), out.neighbors.begin() + out.starts[number(p)]);
            }
        });
        return out;
    }

    /// Throws BadData, its message starting with `who`, unless this is a graph: compressed rows
    /// whose entries are nodes, none its own neighbour or named twice; every edge at both ends
    /// unless directed; no edge between sections.
    template <class = void>
    void check(std::string_view who) const {
        require<BadData>(!starts.empty() && starts.front() == 0 && starts.back() == entries() &&
                             std::is_sorted(starts.begin(), starts.end()),
                         who, ": the graph's starts must rise from 0 to its number of entries, ",
                         entries());
        require<BadData>(section.empty() || static_cast<Index>(section.size()) == nodes(), who,
                         ": the graph has ", nodes(), " nodes, but ", section.size(),
                         " sections; give one for each node, or none");
        std::vector<Index> seen(starts.size() - 1, -1);
        for (Index i = 0; i < nodes(); ++i) {
            for (const Index j : of(i)) {
                require<BadData>(j >= 0 && j < nodes(), who, ": the graph's node ", i,
                                 " has the neighbour ", j, "; nodes are numbered 0 to ",
                                 nodes() - 1);
                require<BadData>(j != i, who, ": the graph's node ", i, " is its own neighbour");
                const auto at = static_cast<std::size_t>(j);
                require<BadData>(seen[at] != i, who, ": the graph's node ", i,
                                 " names the neighbour ", j, " twice");
                seen[at] = i;
                require<BadData>(
                    section.empty() || section[at] == section[static_cast<std::size_t>(i)], who,
                    ": the graph joins nodes ", i, " and ", j, " of different sections");
            }
        }
        if (directed) return;
        for (Index i = 0; i < nodes(); ++i) {
            require<BadData>(std::is_sorted(of(i).begin(), of(i).end()), who,
                             ": the neighbours of node ", i, " must rise; set directed = true and ",
                             "use symmetrized()");
        }
        for (Index i = 0; i < nodes(); ++i) {
            for (const Index j : of(i)) {
                require<BadData>(std::binary_search(of(j).begin(), of(j).end(), i), who,
                                 ": the graph has an edge from ", i, " to ", j,
                                 " but not back; set directed = true, or use symmetrized()");
            }
        }
    }

    /// A graph from its edges, in any order and direction; an edge given twice counts once.
    /// Undirected unless `directed`. Throws BadData for an edge that leaves [0, nodes) or is a
    /// loop.
    template <class Node = Index>
    [[nodiscard]] static Graph from_edges(Index nodes,
                                          std::span<const std::pair<Index, Index>> edges,
                                          bool directed = false) {
        require(nodes >= 0, "Graph::from_edges: nodes = ", nodes, "; it cannot be negative");
        for (const auto& [a, b] : edges) {
            require<BadData>(std::min(a, b) >= 0 && std::max(a, b) < nodes,
                             "Graph::from_edges: the edge from ", a, " to ", b,
                             " leaves the nodes, which are numbered 0 to ", nodes - 1);
            require<BadData>(a != b, "Graph::from_edges: node ", a, " cannot be its own neighbour");
        }
        std::vector<std::pair<Node, Node>> sorted(edges.begin(), edges.end());
        detail::sort(sorted.begin(), sorted.end());
        sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
        Graph out;
        out.directed = true;
        out.starts.assign(static_cast<std::size_t>(nodes) + 1, 0);
        out.neighbors.reserve(sorted.size());
        for (const auto& [a, b] : sorted) {
            ++out.starts[static_cast<std::size_t>(a) + 1];
            out.neighbors.push_back(b);
        }
        for (std::size_t i = 1; i < out.starts.size(); ++i) out.starts[i] += out.starts[i - 1];
        return directed ? out : out.symmetrized();
    }

    /// A directed graph from recorded neighbours: ids is n × k, row i naming those of node i, the
    /// nodes numbered from `first`. Throws BadData as check() does.
    template <class Derived>
    [[nodiscard]] static Graph from_neighbors(const Eigen::DenseBase<Derived>& ids,
                                              Index first = 0) {
        static_assert(std::is_integral_v<typename Derived::Scalar>, "node numbers are integers");
        Graph out;
        out.directed = true;
        out.neighbors.reserve(static_cast<std::size_t>(ids.size()));
        for (Index i = 0; i < ids.rows(); ++i) {
            for (Index j = 0; j < ids.cols(); ++j)
                out.neighbors.push_back(static_cast<Index>(ids(i, j)) - first);
            out.starts.push_back(out.entries());
        }
        out.check("Graph::from_neighbors");
        return out;
    }
};

}  // namespace transst
