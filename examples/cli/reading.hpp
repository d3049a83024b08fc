// Sources and targets as the program's commands read them.
#pragma once

#include "outcome.hpp"
#include "samples.hpp"

#include <functional>

namespace transst_program {

/// As the options say; a target's labels need not be there. scratch: folder for matrices beyond
/// memory. Each of the inputs, and what is prepared of it, may take its part of half of --memory,
/// since what is computed needs some too.
[[nodiscard]] transst::ReadOptions reading_options(const ClusterOptions& options,
                                                   std::string scratch);

/// Source number s, refused if it cannot be one. Read as the target is, but for what was said of
/// sources.
[[nodiscard]] transst::SampleFile read_source(const ClusterOptions& options,
                                              const transst::ReadOptions& reading, std::size_t s);

/// The target, or several as one of several sections. seen(path, file) is called for each once it
/// is read. Throws Stopped if a stop is requested while several are joined.
[[nodiscard]] transst::SampleFile read_targets(
    const ClusterOptions& options, const transst::ReadOptions& reading,
    const transst::RunOptions& run,
    const std::function<void(const std::string&, const transst::SampleFile&)>& seen,
    std::vector<std::string>& warnings);

// What is to be warned of, in words. target: nullptr where there is none.

/// A label to ignore that no sample has is likely misspelt.
[[nodiscard]] std::vector<std::string> unknown_labels(const ClusterOptions& options,
                                                      const std::vector<Tissue>& sources,
                                                      const Tissue* target = nullptr);

/// What a sample is called in a warning, and what its entries are.
struct SampleValues {
    std::string name;
    transst::Values values;
};

[[nodiscard]] std::vector<SampleValues> values_of(const std::vector<Tissue>& sources);

/// A logarithm that was taken elsewhere need not be the one taken here. One or more samples: they
/// are compared with the first.
[[nodiscard]] std::vector<std::string> unlike_expression(const std::vector<SampleValues>& samples);

}  // namespace transst_program
