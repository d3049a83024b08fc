// The target's .h5ad with what was found in it, for scanpy and squidpy to go on with.
#pragma once

#include "outcome.hpp"

#include <transst/io/read_sample.hpp>
#include <transst/report/palette.hpp>
#include <transst/version.hpp>

#ifdef TRANSST_HAS_HDF5
#include <transst/hdf5/annotate.hpp>
#endif

namespace transst_program {

inline constexpr const char* annotated_name = "target.h5ad";

/// A copy of the target in `folder`, still to be committed, in which cells that were left out have
/// no cluster. fit: the text of fit.json.
inline transst::AtomicFile annotated_target([[maybe_unused]] const std::string& path,
                                            [[maybe_unused]] const transst::SampleFile& target,
                                            const std::filesystem::path& folder,
                                            [[maybe_unused]] const Outcome& outcome,
                                            [[maybe_unused]] const std::string& fit) {
#ifdef TRANSST_HAS_HDF5
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    const auto cells = static_cast<std::size_t>(target.rows);
    const auto row_of = [&](transst::Index spot) {
        return target.kept.empty() ? spot : target.kept[static_cast<std::size_t>(spot)];
    };
    const transst::Index spots = target.sample.rows(), factors = outcome.scores.cols();
    transst::ClusterAnnotation what{
        .clusters = std::vector<transst::Label>(cells, transst::left_out),
        .notes = {{"version", transst::version}, {"fit", fit}}};
    if (outcome.scores.size() > 0)
        what.scores = transst::RowMatrix<double>::Constant(target.rows, factors, unknown);
    if (!outcome.names.empty()) what.confidence.assign(cells, unknown);
    for (transst::Index k = 0; k < outcome.clusters.clusters(); ++k)
        what.colors.emplace_back(transst::color_of(k));
    for (const auto& name : outcome.names) {
        what.names.push_back(name.name);
        what.novel.push_back(name.novel);
    }
    for (transst::Index i = 0; i < spots; ++i) {
        const auto row = static_cast<std::size_t>(row_of(i));
        what.clusters[row] = outcome.clusters.labels[static_cast<std::size_t>(i)];
        if (outcome.scores.size() > 0) what.scores.row(row_of(i)) = outcome.scores.row(i);
        if (const auto confidence = confidence_of(outcome, i)) what.confidence[row] = *confidence;
    }
    return transst::annotated_copy(path, folder / annotated_name, what);
#else
    return transst::AtomicFile(folder / annotated_name);  // such a target cannot be read
#endif
}

}  // namespace transst_program
