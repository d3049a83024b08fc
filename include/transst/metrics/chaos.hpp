// How scattered clusters lie: distances within clusters.
#pragma once

#include <transst/metrics/labelled_spots.hpp>

#include <cmath>
#include <unordered_map>

namespace transst {

namespace detail {

/// Each axis to mean 0 and standard deviation 1 (divisor n − 1), within each section; an axis that
/// does not vary to 0.
template <class Row = Index, class W>
void standardize_axes(LabelledSpots<W>& spots) {
    std::unordered_map<std::string_view, std::vector<Row>> rows;
    for (Index i = 0; i < spots.size(); ++i)
        rows[spots.sections.empty() ? std::string_view{}
                                    : spots.sections[static_cast<std::size_t>(i)]]
            .push_back(i);
    for (const auto& [section, chosen] : rows) {
        const auto count = static_cast<double>(chosen.size());
        for (Index d = 0; d < spots.coordinates.cols(); ++d) {
            double mean = 0, squares = 0, largest = 0;
            for (const Index i : chosen) mean += spots.coordinates(i, d) / count;
            for (const Index i : chosen) {
                double& x = spots.coordinates(i, d);
                largest = std::max(largest, std::abs(x));
                x -= mean;
                squares += x * x;
            }
            const double deviation = std::sqrt(squares / std::max(1.0, count - 1));
            const bool varies = deviation > 1e-12 * largest;
            for (const Index i : chosen)
                spots.coordinates(i, d) = varies ? spots.coordinates(i, d) / deviation : 0;
        }
    }
}

}  // namespace detail

/// CHAOS, spatial continuity (Shang & Zhou, Nature Communications 2022, and their code): the sum
/// over all spots of the distance to the nearest other spot of the same cluster, divided by the
/// number of spots n; lower is smoother. Distances are between standardised coordinates: each axis
/// with mean 0 and standard deviation 1 (divisor n − 1). A spot alone in its cluster adds nothing.
/// coordinates: n × 2 or n × 3; labels: n clusters; sections: n names or none; with several, each
/// is standardised by itself and nearest spots are of the same section. Spots that are left_out are
/// left out. Throws ShapeMismatch for other sizes, BadData for coordinates that are not finite or
/// where no spot has a label.
template <class W = double>
[[nodiscard]] double chaos(const detail::CoordinatesOf<W>& coordinates,
                           std::span<const Label> labels,
                           std::span<const std::string> sections = {}, const RunOptions& run = {}) {
    auto spots = detail::labelled_spots<W>(coordinates, labels, sections, "chaos");
    if (spots.size() == 1) return 0;
    detail::standardize_axes(spots);
    std::vector<std::string> groups;
    for (std::size_t i = 0; i < spots.labels.size(); ++i)
        groups.push_back(
            text(spots.labels[i], ' ', spots.sections.empty() ? "" : spots.sections[i]));
    const Graph graph = spots.nearest(1, groups, run);
    double sum = 0;
    for (Index i = 0; i < graph.nodes(); ++i)
        for (const Index j : graph.of(i))
            sum += (spots.coordinates.row(i) - spots.coordinates.row(j)).norm();
    return sum / static_cast<double>(spots.size());
}

}  // namespace transst
