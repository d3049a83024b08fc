// A sample from whatever file or folder it lies in. HDF5 files need transst::hdf5.
#pragma once

#include <transst/io/file_marks.hpp>
#include <transst/io/space_ranger.hpp>
#include <transst/io/table.hpp>

#ifdef TRANSST_HAS_HDF5
#include <transst/hdf5/anndata.hpp>
#include <transst/hdf5/ten_x_h5.hpp>
#endif

namespace transst {
namespace detail {

/// Whether files in HDF5 can be read; the target transst::hdf5 says so.
#ifdef TRANSST_HAS_HDF5
inline constexpr bool has_hdf5 = true;
#else
inline constexpr bool has_hdf5 = false;
#endif

/// By its first bytes, or where these are gone by its name.
[[nodiscard]] inline bool is_hdf5(const std::filesystem::path& path) {
    const auto extension = path.extension();
    return begins_with(path, hdf5_mark) || extension == ".h5" || extension == ".h5ad" ||
           extension == ".hdf5";
}

[[nodiscard]] inline SampleFile read_hdf5_sample(const std::filesystem::path& path,
                                                 [[maybe_unused]] const ReadOptions& options) {
#ifdef TRANSST_HAS_HDF5
    const Hdf5File file(path);
    if (AnnDataFile::is_one(file)) return read_anndata_file(path, options);
    if (!ten_x_groups(file).empty()) return read_ten_x_h5_file(path, options);
    throw FileError(text(path.string(),
                         ": expected AnnData (obs, var, X) or what Cell Ranger writes (matrix), "
                         "found an HDF5 file with ",
                         in_words(file.names("/")), "; convert it to .h5ad"));
#else
    throw FileError(text(path.string(),
                         ": is an HDF5 file, and this was built without HDF5; install HDF5 "
                         "(Debian: libhdf5-dev) and build again"));
#endif
}

/// Of a folder of Space Ranger or Cell Ranger.
[[nodiscard]] inline SampleFile read_space_ranger(const std::filesystem::path& folder,
                                                  const ReadOptions& options) {
    const auto h5 = folder / "filtered_feature_bc_matrix.h5";
    // public archives keep matrix.mtx beside the folder spatial
    const bool bare = find_one_of(folder, {"matrix.mtx", "matrix.mtx.gz"}).has_value();
    const auto plain = bare ? folder : folder / "filtered_feature_bc_matrix";
    std::error_code ignored;
    const bool has_h5 = !bare && std::filesystem::exists(h5, ignored);
    const bool has_plain = std::filesystem::exists(plain, ignored);
    require<FileError>(has_h5 || has_plain || !std::filesystem::exists(folder / "binned_outputs"),
                       folder.string(),
                       ": holds Visium HD in bins of several sizes; name the folder of one, ",
                       (folder / "binned_outputs" / "square_016um").string());
    require<FileError>(has_h5 || has_plain, folder.string(),
                       ": expected filtered_feature_bc_matrix.h5 or the folder "
                       "filtered_feature_bc_matrix beside spatial, found neither");
    const auto positions = find_positions(folder);
    auto out = has_h5 && (has_hdf5 || !has_plain) ? read_hdf5_sample(h5, options)
                                                  : read_folder_file(plain, options);
    out.format = SampleFormat::space_ranger;
    const auto name = sample_name(folder);
    out.sample.name = name == "outs"
                          ? sample_name(std::filesystem::absolute(folder).lexically_normal() / "..")
                          : name;
    if (const auto cells = find_one_of(folder, {"cells.tsv", "cells.tsv.gz"}); cells && !bare)
        read_cells(*cells, options, out);
    if (!positions) return out;
    out.places = {"spatial", "array"};
    read_positions(*positions, options, out);
    return out;
}

/// A folder without a matrix that holds a file to be read by itself: that is likely meant.
inline void refuse_other_folder(const std::filesystem::path& folder) {
    if (find_one_of(folder, {"matrix.mtx", "matrix.mtx.gz"})) return;
    std::error_code ignored;
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
        if (const auto kind = entry.path().extension(); kind == ".h5ad" || kind == ".h5")
            files.push_back(entry.path().filename().string());
    std::sort(files.begin(), files.end());
    require<FileError>(files.empty(), folder.string(),
                       ": is a folder without matrix.mtx or filtered_feature_bc_matrix; name the "
                       "file in it: ",
                       in_words(files));
}

}  // namespace detail

/// Reads a sample, whichever of these `path` is:
///   a folder in the 10x layout          read_folder
///   a folder of Space or Cell Ranger    io/space_ranger.hpp; or the folder with its outs/
///   an .h5ad file                       read_anndata
///   a feature-barcode matrix in .h5     read_ten_x_h5
///   a table, cells × genes              read_table
/// Throws FileError with what was expected and found; InvalidArgument for its options.
[[nodiscard]] inline SampleFile read_sample_file(const std::filesystem::path& path,
                                                 const ReadOptions& options = {}) {
    detail::check_stretch(options, "read_sample");
    std::error_code ignored;
    require<FileError>(std::filesystem::exists(path, ignored), path.string(),
                       ": expected a folder or a file, found nothing");
    if (std::filesystem::is_directory(path, ignored)) {
        if (detail::is_space_ranger(path)) return detail::read_space_ranger(path, options);
        if (detail::is_space_ranger(path / "outs"))
            return detail::read_space_ranger(path / "outs", options);
        detail::refuse_other_folder(path);
        return read_folder_file(path, options);
    }
    require<FileError>(std::filesystem::is_regular_file(path, ignored), path.string(),
                       ": expected a folder or a file, found a pipe or device; write it to a file "
                       "first");
    if (detail::is_hdf5(path)) return detail::read_hdf5_sample(path, options);
    const auto name = path.filename().string();
    for (const char* part :
         {"matrix.mtx", "genes.tsv", "features.tsv", "barcodes.tsv", "cells.tsv"})
        require<FileError>(name != part && name != text(part, ".gz"), path.string(),
                           ": expected a folder, found one file of it; name the folder");
    require<FileError>(!detail::begins_with(path, detail::model_mark), path.string(),
                       ": this is a model, as 'transst fit' writes it, not a sample; 'transst "
                       "apply' takes it by --model");
    for (const char* other : {".h5ad.gz", ".h5.gz"})
        require<FileError>(!name.ends_with(other), path.string(),
                           ": HDF5 files are not read compressed; unpack it with gunzip");
    for (const char* other :
         {".rds", ".RDS", ".rda", ".RData", ".h5seurat", ".parquet", ".loom", ".zip", ".tar"})
        require<FileError>(path.extension() != other, path.string(), ": files in ", other,
                           " are not read here; convert it to .h5ad, or to a folder with "
                           "matrix.mtx, genes.tsv and barcodes.tsv");
    return read_table_file(path, options);
}

/// The sample alone, in memory.
[[nodiscard]] inline Sample<CompressedRows<float>> read_sample(const std::filesystem::path& path,
                                                               const ReadOptions& options = {}) {
    return detail::in_memory(read_sample_file(path, options).sample);
}

}  // namespace transst
