// Neighbours on a lattice, from array rows and columns.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/run.hpp>
#include <transst/core/sort.hpp>
#include <transst/core/types.hpp>
#include <transst/graph/graph.hpp>
#include <transst/graph/sections.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace transst {

/// Who neighbours whom on the array.
enum class Lattice {
    square,    ///< four: the same row or column, one step away (Spatial Transcriptomics)
    hexagonal  ///< six: (row, column ± 2) and (row ± 1, column ± 1) (10x Visium)
};

/// The graph of a full h × w square lattice with four neighbours; node r·w + c is at row r,
/// column c. Throws InvalidArgument where height or width < 1.
template <class = void>
[[nodiscard]] Graph square_lattice(Index height, Index width) {
    require(height >= 1 && width >= 1, "square_lattice: ", height, " x ", width,
            "; there must be at least one row and one column");
    Graph graph;
    graph.starts.reserve(static_cast<std::size_t>(height * width) + 1);
    graph.neighbors.reserve(static_cast<std::size_t>(4 * height * width));
    for (Index r = 0; r < height; ++r) {
        for (Index c = 0; c < width; ++c) {
            const Index i = r * width + c;
            if (r > 0) graph.neighbors.push_back(i - width);
            if (c > 0) graph.neighbors.push_back(i - 1);
            if (c + 1 < width) graph.neighbors.push_back(i + 1);
            if (r + 1 < height) graph.neighbors.push_back(i + width);
            graph.starts.push_back(graph.entries());
        }
    }
    return graph;
}

/// Joins spots that are neighbours on the array, whatever their distance on the slide.
///
///     const auto graph = LatticeGraph{{.lattice = Lattice::hexagonal}}.fit(rows, columns);
struct LatticeGraph {
    struct Options {
        Lattice lattice = Lattice::square;  ///< of the array
    };
    Options options{};

    /// rows, columns: of n spots on the array; on Visium's, row and column are both even or both
    /// odd. sections: n names, or none. The graph is undirected; spots may be alone in it.
    /// Throws ShapeMismatch, and BadData for two spots at one place of a section.
    template <class Number = Index>
    [[nodiscard]] Graph fit(std::span<const Index> rows, std::span<const Index> columns,
                            std::span<const std::string> sections = {},
                            const RunOptions& run = {}) const {
        constexpr std::string_view who = "LatticeGraph::fit";
        require<ShapeMismatch>(rows.size() == columns.size(), who, ": ", rows.size(),
                               " array rows, but ", columns.size(), " array columns");
        require<BadData>(!rows.empty(), who, ": there are no spots");
        const auto n = static_cast<Index>(rows.size());
        const auto grouped = detail::group_sections(n, sections, who);

        std::vector<Place<Number>> places(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            // Far from where a step to a neighbour would overflow.
            constexpr Index largest = std::numeric_limits<Index>::max() / 2;
            require<BadData>(std::max(rows[i], columns[i]) <= largest &&
                                 std::min(rows[i], columns[i]) >= -largest,
                             who, ": spot ", i, " (counted from 0) is at array row ", rows[i],
                             ", column ", columns[i], "; that is too far out");
            places[i] = {grouped.codes.empty() ? 0 : grouped.codes[i], rows[i], columns[i],
                         static_cast<Index>(i)};
        }
        detail::sort(places.begin(), places.end());
        for (std::size_t p = 1; p < places.size(); ++p) {
            const auto &a = places[p - 1], &b = places[p];
            require<BadData>(!a.same(b), who, ": spots ", a.spot, " and ", b.spot,
                             " (counted from 0) are both at array row ", a.row, ", column ",
                             a.column, "; name their sections, or leave one out");
        }

        constexpr std::array<std::array<Number, 2>, 4> square{{{-1, 0}, {0, -1}, {0, 1}, {1, 0}}};
        constexpr std::array<std::array<Number, 2>, 6> hexagonal{
            {{-1, -1}, {-1, 1}, {0, -2}, {0, 2}, {1, -1}, {1, 1}}};
        using Steps = std::span<const std::array<Number, 2>>;
        const Steps steps = options.lattice == Lattice::square ? Steps(square) : Steps(hexagonal);
        std::vector<std::array<Number, 6>> found(rows.size());
        std::vector<Index> degree(rows.size(), 0);
        const Lanes lanes(n);
        parallel_for(lanes.count(), run.threads, [&](Index lane) {
            for (Index p = lanes.begin(lane); p < lanes.end(lane); ++p) {
                const auto& place = places[static_cast<std::size_t>(p)];
                const auto i = static_cast<std::size_t>(place.spot);
                for (const auto& [down, right] : steps) {
                    const Place<Number> wanted{place.section, place.row + down,
                                               place.column + right, -1};
                    const auto at = std::lower_bound(places.begin(), places.end(), wanted);
                    if (at == places.end() || !at->same(wanted)) continue;
                    found[i][static_cast<std::size_t>(degree[i]++)] = at->spot;
                }
                detail::sort(found[i].begin(), found[i].begin() + degree[i]);
            }
        });
        Graph graph;
        graph.section = grouped.codes;
        graph.starts.reserve(rows.size() + 1);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            graph.neighbors.insert(graph.neighbors.end(), found[i].begin(),
                                   found[i].begin() + degree[i]);
            graph.starts.push_back(graph.entries());
        }
        return graph;
    }

    /// The same from coordinates that are array positions: n × 2, x the column and y the row.
    /// Throws as above, and BadData for coordinates that are not whole numbers.
    template <class Number = Index, class W = double>
    [[nodiscard]] Graph fit(const Eigen::Ref<const RowMatrix<std::type_identity_t<W>>>& coordinates,
                            std::span<const std::string> sections = {},
                            const RunOptions& run = {}) const {
        require<ShapeMismatch>(coordinates.cols() == 2, "LatticeGraph::fit: the coordinates are ",
                               coordinates.rows(), " x ", coordinates.cols(),
                               "; array positions have two columns, x and y");
        std::vector<Number> rows, columns;
        for (Index i = 0; i < coordinates.rows(); ++i) {
            const double x = coordinates(i, 0), y = coordinates(i, 1);
            // Also false for NaN; whole numbers beyond 2^53 cannot be told apart.
            require<BadData>(std::abs(x) < 0x1p53 && std::abs(y) < 0x1p53 && x == std::floor(x) &&
                                 y == std::floor(y),
                             "LatticeGraph::fit: spot ", i, " (counted from 0) lies at (", x, ", ",
                             y,
                             "); array positions are whole numbers: use KnnGraph or RadiusGraph");
            columns.push_back(static_cast<Number>(x));
            rows.push_back(static_cast<Number>(y));
        }
        return fit(rows, columns, sections, run);
    }

private:
    template <class Number>
    struct Place {
        std::int32_t section = 0;
        Number row = 0, column = 0;
        Number spot = 0;
        auto operator<=>(const Place&) const = default;

        [[nodiscard]] bool same(const Place& other) const {
            return section == other.section && row == other.row && column == other.column;
        }
    };
};

}  // namespace transst
