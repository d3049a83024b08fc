// A model that `transst fit` wrote, as the other commands see it.
#pragma once

#include "outcome.hpp"

#include <transst/io/model_file.hpp>

#include <memory>

namespace transst_program {

struct SavedModel {
    std::string path;
    transst::SourceModel model;
    transst::ModelFileInfo info;
};

/// transst::LearnSource with the program's options.
transst::SourceModel learn_source(const ClusterOptions& options, const std::vector<Tissue>& sources,
                                  const transst::RunOptions& run);

/// Throws transst::FileError.
std::shared_ptr<const SavedModel> read_saved_model(const std::string& path);

/// For fit.json: which file it was, and what it was learned from and how.
Json in_json(const SavedModel& model);

/// "L1 273, L2 253, …": each class and its cells.
std::string classes_in_words(const transst::SourceModel& model);

/// How well held-out cells of the source are named.
std::string accuracy_in_words(const transst::SourceModel& model);

}  // namespace transst_program
