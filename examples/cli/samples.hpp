// Whether what was read can be a source or a target, in words.
#pragma once

#include <transst/io/read_sample.hpp>

namespace transst_program {

/// The option that names another of these, and which there are.
inline std::string another(const char* option, std::span<const std::string> names) {
    return names.empty()
               ? std::string{}
               : transst::text("; name one with ", option, ": ", transst::detail::in_words(names));
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
    return {};
}

/// Why a sample cannot be a source; empty where it can.
inline std::string lacks_as_source(const transst::SampleFile& file,
                                   const transst::ReadOptions& options) {
    using transst::SampleFormat;
    if (!file.sample.labels.empty()) return {};
    const std::string none = "there are no labels; a source needs ";
    switch (file.format) {
        case SampleFormat::ten_x_h5:
            return none +
                   "a folder with this file, called filtered_feature_bc_matrix.h5, and a "
                   "cells.tsv with the columns barcode and " +
                   options.label_column;
        case SampleFormat::anndata:
            return none + "the column " + options.label_column + " of obs" +
                   another("--label-column", file.columns);
        case SampleFormat::table:
            return none + "the column " + options.label_column +
                   " (a table has cells in rows, genes in columns)";
        default:
            return none + "a cells.tsv with labels in the column " + options.label_column;
    }
}

}  // namespace transst_program
