// Whether what was read can be a source or a target, in words.
#pragma once

#include <transst/io/read_sample.hpp>

#include <algorithm>

namespace transst_program {

/// The option that names another of these, and which there are.
inline std::string another(const char* option, std::span<const std::string> names) {
    return names.empty()
               ? std::string{}
               : transst::text("; name one with ", option, ": ", transst::detail::in_words(names));
}

/// What --expression says of the numbers; nothing: they speak for themselves.
inline std::optional<transst::Values> values_called(const std::string& word) {
    if (word == "counts") return transst::Values::counts;
    if (word == "log") return transst::Values::log_expression;
    return std::nullopt;
}

/// Why the column of sections cannot be used; empty where it can. A cell that is used must have
/// its section: those without one need not lie together.
inline std::string lacks_sections(const transst::Sample<transst::StoredRows<float>>& sample,
                                  const std::string& column, bool labelled_only) {
    std::size_t missing = 0, first = 0;
    for (std::size_t i = 0; i < sample.sections.size(); ++i) {
        if (!transst::is_missing(sample.sections[i])) continue;
        if (labelled_only && transst::is_missing(sample.labels[i])) continue;
        if (missing++ == 0) first = i;
    }
    if (missing == 0) return {};
    return transst::text("the column ", column, " has no section for ",
                         transst::detail::counted(missing, "cell"), ", '", sample.barcodes[first],
                         missing == 1 ? "'" : "' the first",
                         "; fill it in, or leave such cells out");
}

/// Why a sample cannot be a target; empty where it can.
inline std::string lacks_as_target(const transst::SampleFile& file,
                                   const transst::ReadOptions& options) {
    using transst::SampleFormat;
    const auto& sample = file.sample;
    if (sample.coordinates.rows() != sample.rows()) {
        const std::string none = "there are no coordinates; a target needs ";
        switch (file.format) {
            case SampleFormat::ten_x_folder:
                return none + "a cells.tsv with the columns barcode, x and y";
            case SampleFormat::space_ranger:
                return none +
                       "spatial/tissue_positions.csv in this folder, or a cells.tsv with "
                       "the columns barcode, x and y";
            case SampleFormat::ten_x_h5:
                return none +
                       "the folder that Space Ranger wrote, with this file and spatial in "
                       "it; name that";
            case SampleFormat::anndata:
                return none + "obsm['" + options.spatial_key + "'], spots x 2" +
                       (options.spatial_key == transst::ReadOptions{}.spatial_key
                            ? ", or columns x and y in obs"
                            : "") +
                       another("--spatial-key", file.places);
            case SampleFormat::table:
                return none + "the columns x and y (a table has cells in rows, genes in columns)";
        }
    }
    for (transst::Index i = 0; i < sample.rows(); ++i)
        if (!sample.coordinates.row(i).allFinite())
            return transst::text("spot '", sample.barcodes[static_cast<std::size_t>(i)],
                                 "' has no x or y; find them, or leave the spot out");
    return lacks_sections(sample, options.section_column, false);
}

/// Why a sample cannot be a source; empty where it can.
inline std::string lacks_as_source(const transst::SampleFile& file,
                                   const transst::ReadOptions& options) {
    using transst::SampleFormat;
    if (!file.sample.labels.empty())
        return lacks_sections(file.sample, options.section_column, true);
    const std::string none = "there are no labels; a source needs ";
    switch (file.format) {
        case SampleFormat::ten_x_h5:
            return none +
                   "a folder with this file, called filtered_feature_bc_matrix.h5, and a "
                   "cells.tsv with the columns barcode and " +
                   options.label_column;
        case SampleFormat::anndata:
            return none + "the column " + options.label_column + " of obs" +
                   another("--source-label-column", file.columns);
        case SampleFormat::table:
            return none + "the column " + options.label_column +
                   " (a table has cells in rows, genes in columns)";
        default:
            return none + "a cells.tsv with labels in the column " + options.label_column;
    }
}

}  // namespace transst_program
