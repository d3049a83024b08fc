// How many spots lie among strangers.
#pragma once

#include <transst/metrics/labelled_spots.hpp>

namespace transst {

/// PAS, the proportion of abnormal spots (Shang & Zhou, Nature Communications 2022, and their
/// code): the share of spots whose cluster differs from that of more than half (at least six) of
/// their ten nearest spots; lower is smoother. Equal distances are decided by lower number.
/// coordinates: n × 2 or n × 3; labels: n clusters; sections: n names or none; nearest spots are of
/// the same section, and all of it where that has no more than `neighbors` others. Spots that are
/// left_out are left out. Throws InvalidArgument where neighbors < 1; ShapeMismatch for other
/// sizes; BadData for coordinates that are not finite or where no spot has a label.
template <class W = double>
[[nodiscard]] double pas(const detail::CoordinatesOf<W>& coordinates, std::span<const Label> labels,
                         std::span<const std::string> sections = {}, const RunOptions& run = {},
                         Index neighbors = 10) {
    require(neighbors >= 1, "pas: neighbors = ", neighbors, "; it must be at least 1");
    const auto spots = detail::labelled_spots<W>(coordinates, labels, sections, "pas");
    if (spots.size() == 1) return 0;
    const Graph graph = spots.nearest(neighbors, spots.sections, run);
    Index abnormal = 0;
    for (Index i = 0; i < graph.nodes(); ++i) {
        const auto differs = std::ranges::count_if(graph.of(i), [&](Index j) {
            return spots.labels[static_cast<std::size_t>(j)] !=
                   spots.labels[static_cast<std::size_t>(i)];
        });
        abnormal += 2 * differs > graph.degree(i);
    }
    return static_cast<double>(abnormal) / static_cast<double>(spots.size());
}

}  // namespace transst
