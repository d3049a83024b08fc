// What `transst cluster` does, for the commands that call it.
#pragma once

#include <transst/core/types.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace transst_program {

/// Everything `transst cluster` can be told; the defaults are the program's.
struct ClusterOptions {
    std::vector<std::string> sources;
    std::string target, out;
    transst::Index clusters = 0;

    std::vector<std::string> ignore;
    std::string label_column = "label";
    double stretch_x = 1, stretch_y = 1;

    transst::Index genes = 2000;
    std::string gene_criterion = "variance", genes_from = "target", standardize = "section";
    transst::Index factors = 15;
    std::string lambda = "1", penalty = "relative", scores = "generalized";
    transst::Index neighbors = 5;
    bool allow_duplicates = false;
    std::string beta = "auto";
    transst::Index starts = 10;

    bool published = false;
    std::uint64_t seed = 1;
    int threads = 0;
    bool force = false, quiet = false;
};

/// Reads, fits, writes labels.tsv, fit.json and clusters.svg. Throws transst::Error.
void cluster(const ClusterOptions& options);

}  // namespace transst_program
