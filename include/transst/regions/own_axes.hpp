// Axes for what is none of the source's classes. Ours.
#pragma once

#include <transst/reduce/discriminant_axes.hpp>
#include <transst/regions/in_hand.hpp>

namespace transst::detail {

/// The target's scores in a space, of its factors z.
template <class Rows>
[[nodiscard]] RowMatrix<double> scores_in(const InHand<Rows>& in,
                                          const DescribedClasses<double>& described,
                                          const RowMatrix<double>& z) {
    return neighborhood_means(z, in.nearest, std::span<const Index>(in.source.scales()),
                              described.weights, in.run);
}

/// The classes in as many axes more as there are more clusters than classes, if these are told
/// by discriminant axes: those show nothing of what no class is. The axes are those along which
/// the target's own clusters differ. Nothing where there are none.
template <class Rows>
[[nodiscard]] std::optional<DescribedClasses<double>> own_axes(
    const InHand<Rows>& in, const DescribedClasses<double>& described, const RowMatrix<double>& z,
    Index wanted, RegionsFit& fit) {
    const Index missing = wanted - std::ssize(in.source.class_names());
    if (missing <= 0 || described.means.size() == 0) return {};
    const RegionsFit* own = in.against_alone.own(fit);
    if (own == nullptr || occupied(own->clusters) < 2) return {};
    in.run.begin("axes of the target's own");
    const auto spots = evenly_spaced(in.target.rows());
    std::vector<Label> labels;
    std::vector<std::int32_t> section;
    for (const Index i : spots) {
        labels.push_back(own->clusters.labels[static_cast<std::size_t>(i)]);
        if (in.target.sections() > 1)
            section.push_back(in.target.section()[static_cast<std::size_t>(i)]);
    }
    const auto means = neighborhood_means(z, in.nearest, std::span<const Index>(in.source.scales()),
                                          std::span<const Index>(spots), in.run);
    const Matrix<double> more = discriminant_axes_beyond<double>(
        described.weights, means, labels, own->clusters.clusters(), missing, section);
    if (in.run.stop.stop_requested() || more.cols() == 0) return {};
    return with_axes(described, more);
}

}  // namespace transst::detail
