// Sources as the program's commands read them.
#pragma once

#include "cluster.hpp"
#include "samples.hpp"

#include <transst/core/labels.hpp>

namespace transst_program {

/// As the options say; a target's labels need not be there. scratch: folder for matrices beyond
/// memory. Each of the inputs, and what is prepared of it, may take its part of half of --memory,
/// since what is computed needs some too.
inline transst::ReadOptions reading_options(const ClusterOptions& options, std::string scratch) {
    return {.stretch_x = options.stretch_x,
            .stretch_y = options.stretch_y,
            .label_column = options.label_column,
            .label_optional = !options.sources.empty(),
            .section_column = options.section_column,
            .spatial_key = options.spatial_key,
            .layer = options.layer,
            .matrix_bytes = options.memory / (4 * (std::ssize(options.sources) + 1)),
            .scratch = std::move(scratch)};
}

/// A source, refused if it cannot be one.
inline transst::SampleFile read_source(const std::string& path, transst::ReadOptions reading,
                                       const ClusterOptions& options) {
    reading.label_optional = false;
    reading.section_optional = true;
    auto source = transst::read_sample_file(path, reading);
    const auto lacking = lacks_as_source(source, reading);
    transst::require<transst::BadData>(lacking.empty(), path, ": ", lacking);
    transst::require<transst::BadData>(
        transst::code_labels(source.sample.labels, options.ignore).classes() > 0, path,
        ": --ignore leaves no labelled cell; keep at least one label");
    return source;
}

/// A label to ignore that no sample has is likely misspelt.
template <class Sample>
std::vector<std::string> unknown_labels(std::vector<const Sample*> samples,
                                        const ClusterOptions& options) {
    std::vector<std::string> warnings;
    for (const auto& label : options.ignore)
        if (std::none_of(samples.begin(), samples.end(), [&](const Sample* sample) {
                return std::find(sample->labels.begin(), sample->labels.end(), label) !=
                       sample->labels.end();
            }))
            warnings.push_back(transst::text("--ignore '", label, "': no cell has this label"));
    return warnings;
}

}  // namespace transst_program
