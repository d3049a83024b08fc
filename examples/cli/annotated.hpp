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

/// A copy of the target in `folder`, still to be committed. fit: the text of fit.json.
inline transst::AtomicFile annotated_target([[maybe_unused]] const std::string& target,
                                            const std::filesystem::path& folder,
                                            [[maybe_unused]] const Outcome& outcome,
                                            [[maybe_unused]] const std::string& fit) {
#ifdef TRANSST_HAS_HDF5
    transst::ClusterAnnotation what{.clusters = outcome.clusters.labels,
                                    .scores = outcome.scores,
                                    .notes = {{"version", transst::version}, {"fit", fit}}};
    for (transst::Index k = 0; k < outcome.clusters.clusters(); ++k)
        what.colors.emplace_back(transst::color_of(k));
    for (const auto& name : outcome.names) {
        what.names.push_back(name.name);
        what.novel.push_back(name.novel);
    }
    for (std::size_t i = 0; i < what.clusters.size() && !what.names.empty(); ++i) {
        const auto& name = outcome.names[static_cast<std::size_t>(what.clusters[i])];
        what.confidence.push_back(
            name.name == "NA"
                ? std::numeric_limits<double>::quiet_NaN()
                : outcome.class_posterior(static_cast<transst::Index>(i), name.source_class));
    }
    return transst::annotated_copy(target, folder / annotated_name, what);
#else
    return transst::AtomicFile(folder / annotated_name);  // such a target cannot be read
#endif
}

}  // namespace transst_program
