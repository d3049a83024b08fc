// What Space Ranger and Cell Ranger leave in their folder outs/.
//
//   filtered_feature_bc_matrix.h5 or filtered_feature_bc_matrix/     the counts
//   spatial/tissue_positions.csv, or tissue_positions_list.csv (before version 2, no header)
//   cells.tsv, may be absent: labels and sections, as in folders in the 10x layout
//
// spatial/scalefactors_json.json is not needed: places are in pixels of the full image.
#pragma once

#include <transst/io/folder.hpp>
#include <transst/io/separated.hpp>

#include <array>
#include <unordered_map>

namespace transst::detail {

/// True for folders that are laid out so.
[[nodiscard]] inline bool is_space_ranger(const std::filesystem::path& folder) {
    std::error_code ignored;
    for (const char* name :
         {"filtered_feature_bc_matrix.h5", "filtered_feature_bc_matrix", "binned_outputs"})
        if (std::filesystem::exists(folder / name, ignored)) return true;
    for (const char* name :
         {"tissue_positions.csv", "tissue_positions_list.csv", "tissue_positions.parquet"})
        if (std::filesystem::exists(folder / "spatial" / name, ignored)) return true;
    return false;
}

/// The file with the places; nothing where there is no folder spatial.
[[nodiscard]] inline std::optional<std::filesystem::path> find_positions(
    const std::filesystem::path& folder) {
    const auto spatial = folder / "spatial";
    std::error_code ignored;
    // some keep a copy by the older name for older programs
    for (const char* name : {"tissue_positions.csv", "tissue_positions_list.csv"})
        if (std::filesystem::exists(spatial / name, ignored)) return spatial / name;
    require<FileError>(
        !std::filesystem::exists(spatial / "tissue_positions.parquet", ignored), spatial.string(),
        ": the positions are in a parquet file, which is not read here; convert it: python -c "
        "\"import pandas as p; p.read_parquet('tissue_positions.parquet').to_csv("
        "'tissue_positions.csv', index=False)\"");
    require<FileError>(!std::filesystem::exists(spatial, ignored), spatial.string(),
                       ": expected tissue_positions.csv or tissue_positions_list.csv, found "
                       "neither");
    return std::nullopt;
}

/// Gives the spots their places: pixels of the full image, x to the right and y down, or with
/// spatial_key "array" the array's columns and rows. Spots of the matrix that do not lie on tissue
/// are left out.
inline void read_positions(const std::filesystem::path& path, const ReadOptions& options,
                           SampleFile& out) {
    auto& sample = out.sample;
    require(options.spatial_key == "spatial" || options.spatial_key == "array",
            "the spatial key is '", options.spatial_key,
            "'; for a folder of Space Ranger it must be spatial (pixels) or array (the array's "
            "columns and rows)");
    std::array<std::string, 6> names{"barcode",   "in_tissue",          "array_row",
                                     "array_col", "pxl_row_in_fullres", "pxl_col_in_fullres"};
    std::array<std::size_t, 6> at{0, 1, 2, 3, 4, 5};
    TextFile file(path);
    FieldSplitter splitter(',');
    std::string_view line;
    bool more = file.next(line);
    const std::size_t width = splitter.split(line).size();
    if (const auto& header = splitter.split(line); header[0] == names[0]) {
        for (std::size_t j = 0; j < names.size(); ++j) {
            at[j] = static_cast<std::size_t>(std::find(header.begin(), header.end(), names[j]) -
                                             header.begin());
            if (at[j] == width) file.fail(line, "a column named ", names[j]);
        }
        more = file.next(line);
    } else if (width != names.size()) {
        file.fail(line,
                  "six fields: barcode, in tissue, row and column on the array and in pixels");
    }
    std::unordered_map<std::string_view, std::size_t> row_of;
    for (std::size_t i = 0; i < sample.barcodes.size(); ++i) row_of.emplace(sample.barcodes[i], i);
    const bool array = options.spatial_key == "array";
    std::vector<bool> seen(sample.barcodes.size()), in_tissue(seen);
    RowMatrix<double> places(std::ssize(sample.barcodes), 2);
    OnceOnly once(file, "barcode");
    for (; more; more = file.next(line)) {
        if (line.empty()) continue;
        const auto& fields = splitter.split(line);
        if (fields.size() != width)
            file.refuse(width, " fields as in the first line, found ", fields.size());
        once.add(fields[at[0]]);
        const auto found = row_of.find(fields[at[0]]);
        if (found == row_of.end()) continue;  // a spot without tissue, most often
        const std::size_t i = found->second;
        const auto tissue = fields[at[1]];
        if (tissue != "0" && tissue != "1") file.fail(tissue, "0 or 1 for in_tissue");
        seen[i] = true;
        in_tissue[i] = tissue == "1";
        for (const int axis : {0, 1}) {  // x from the column, y from the row
            const auto field = fields[at[(array ? 3u : 5u) - static_cast<unsigned>(axis)]];
            const auto value = parse_number<double>(field);
            if (!value || !std::isfinite(*value)) file.fail(field, "a finite position");
            places(static_cast<Index>(i), axis) =
                *value * (axis == 0 ? options.stretch_x : options.stretch_y);
        }
    }
    const auto missing = std::find(seen.begin(), seen.end(), false);
    if (missing != seen.end())
        file.refuse("the positions of all ", seen.size(), " spots of the matrix, found none of ",
                    in_quotes(sample.barcodes[static_cast<std::size_t>(missing - seen.begin())]));
    if (sample.coordinates.rows() == 0) sample.coordinates = std::move(places);
    keep_cells(in_tissue, options, out);
    if (sample.barcodes.empty()) file.refuse("spots on tissue, found none");
}

}  // namespace transst::detail
