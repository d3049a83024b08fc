// Spots that have both a place and a cluster.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/graph/knn_graph.hpp>

#include <span>

namespace transst::detail {

/// The spots that a spatial score is about, m of them.
template <class W>
struct LabelledSpots {
    RowMatrix<W> coordinates;
    std::vector<Label> labels;
    std::vector<std::string> sections;  ///< m, or empty

    [[nodiscard]] Index size() const { return coordinates.rows(); }

    /// Where each spot's neighbours are sought. All spots in one place or few are no error here.
    [[nodiscard]] Graph nearest(Index neighbors, std::span<const std::string> groups,
                                const RunOptions& run) const {
        return KnnGraph{{.neighbors = std::min(neighbors, size() - 1),
                         .symmetric = false,
                         .allow_duplicates = true}}
            .fit(coordinates, groups, run);
    }
};

/// Leaves out the spots that are left_out. Throws ShapeMismatch where sizes differ; BadData where
/// no spot remains, or for a coordinate of those that is not finite.
template <class W = double>
[[nodiscard]] LabelledSpots<W> labelled_spots(const CoordinatesOf<W>& coordinates,
                                              std::span<const Label> labels,
                                              std::span<const std::string> sections,
                                              std::string_view who) {
    require<ShapeMismatch>(std::ssize(labels) == coordinates.rows(), who, ": there are ",
                           labels.size(), " labels, but coordinates of ", coordinates.rows(),
                           " spots");
    require<ShapeMismatch>(sections.empty() || sections.size() == labels.size(), who,
                           ": there are ", labels.size(), " labels, but sections of ",
                           sections.size(), " spots; give one for each spot, or none");
    std::vector<Index> kept;
    LabelledSpots<W> out;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] == left_out) continue;
        kept.push_back(static_cast<Index>(i));
        out.labels.push_back(labels[i]);
        if (!sections.empty()) out.sections.push_back(sections[i]);
    }
    require<BadData>(!kept.empty(), who, ": none of the ", labels.size(),
                     " spots has a label; there is nothing to score");
    out.coordinates.resize(std::ssize(kept), coordinates.cols());
    for (Index i = 0; i < out.size(); ++i)
        for (Index d = 0; d < coordinates.cols(); ++d)
            out.coordinates(i, d) = coordinates(kept[static_cast<std::size_t>(i)], d);
    check_coordinates(out.coordinates, who);
    return out;
}

}  // namespace transst::detail
