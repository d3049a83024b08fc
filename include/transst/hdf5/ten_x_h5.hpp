// Feature-barcode matrices in HDF5, as Cell Ranger and Space Ranger write them, become samples.
//
//   newer (version 3)  matrix/{barcodes, data, indices, indptr, shape, features/{id, name, …}}
//   older (version 2)  GENOME/{barcodes, data, indices, indptr, shape, genes, gene_names}
#pragma once

#include <transst/hdf5/matrix.hpp>

namespace transst {
namespace detail {

/// The groups that hold matrices: "matrix", or the genomes.
[[nodiscard]] inline std::vector<std::string> ten_x_groups(const Hdf5File& file) {
    std::vector<std::string> out;
    for (const auto& name : file.names("/"))
        if (file.has_group(name) && file.has(name + "/barcodes") && file.has(name + "/indptr"))
            out.push_back(name);
    return out;
}

}  // namespace detail

/// Reads filtered_feature_bc_matrix.h5 or its like as n cells × p genes, in the file's order. Of
/// several feature types only 'Gene Expression' is kept; of several genomes only options.layer, if
/// given. The file knows neither labels nor places.
/// Values are judged as read_anndata does; those below 0 are refused.
/// Throws FileError with file, object and remedy.
[[nodiscard]] inline SampleFile read_ten_x_h5_file(const std::filesystem::path& path,
                                                   const ReadOptions& options = {}) {
    const detail::Hdf5File file(path);
    const auto groups = detail::ten_x_groups(file);
    require<FileError>(!groups.empty(), path.string(),
                       ": expected a group matrix, as Cell Ranger writes it, found ",
                       detail::in_words(file.names("/")));
    const bool newer = file.has("matrix/features");
    std::string group = groups.front();
    SampleFile out{.format = SampleFormat::ten_x_h5};
    auto& sample = out.sample;
    sample.name = path.stem().string();

    if (!newer) {
        out.layers = groups;
        if (!options.layer.empty()) group = options.layer;
        if (std::find(groups.begin(), groups.end(), group) == groups.end())
            file.fail(group, "there is no such genome, only ", detail::in_words(groups));
        if (groups.size() > 1 && options.layer.empty())
            file.fail("/", "expected one genome, found ", detail::in_words(groups),
                      "; choose one with --layer");
    }
    const std::string features = newer ? group + "/features" : group;
    const auto words = [&](const std::string& name) {
        return file.has(features + "/" + name)
                   ? detail::Hdf5Dataset(file, features + "/" + name).words()
                   : std::vector<std::string>{};
    };
    sample.barcodes = detail::Hdf5Dataset(file, group + "/barcodes").words();
    sample.genes = detail::Hdf5Dataset(file, features + (newer ? "/id" : "/genes")).words();
    sample.symbols = words(newer ? "name" : "gene_names");
    auto types = words("feature_type");
    auto genomes = words("genome");
    const auto all = static_cast<Index>(sample.genes.size());
    for (auto* column : {&sample.symbols, &types, &genomes})
        if (!column->empty() && std::ssize(*column) != all)
            file.fail(features, "expected as many names, types and genomes as ids, ", all,
                      ", found ", column->size());
    const auto shape = detail::Hdf5Dataset(file, group + "/shape").numbers<Index>();
    if (shape != std::vector<Index>{all, std::ssize(sample.barcodes)})
        file.fail(group + "/shape", "expected ", all, " genes and ", sample.barcodes.size(),
                  " cells, found other numbers: the file is damaged");

    // which features are genes, as in folders; and of which genome
    const bool mixed = std::any_of(types.begin(), types.end(),
                                   [&](const auto& type) { return type != types.front(); });
    detail::Hdf5Matrix matrix{.name = group, .cells = shape[1], .genes = all};
    std::size_t kept = 0;
    for (std::size_t g = 0; g < static_cast<std::size_t>(all); ++g) {
        const bool keep =
            detail::is_gene(types.empty() ? "" : types[g], mixed) &&
            (!newer || options.layer.empty() || (!genomes.empty() && genomes[g] == options.layer));
        matrix.column_of.push_back(keep ? static_cast<std::int32_t>(kept) : -1);
        if (!keep) continue;
        sample.genes[kept] = sample.genes[g];
        if (!sample.symbols.empty()) sample.symbols[kept] = sample.symbols[g];
        ++kept;
    }
    if (newer) {
        std::sort(genomes.begin(), genomes.end());
        genomes.erase(std::unique(genomes.begin(), genomes.end()), genomes.end());
        std::erase(genomes, "");  // antibodies have none
        out.layers = genomes;
    }
    if (kept == 0) {
        std::sort(types.begin(), types.end());
        types.erase(std::unique(types.begin(), types.end()), types.end());
        file.fail(features, "expected genes of type Gene Expression",
                  options.layer.empty() ? "" : " of the genome " + options.layer,
                  ", found none; there are the types ", detail::in_words(types),
                  " and the genomes ", detail::in_words(out.layers));
    }
    sample.genes.resize(kept);
    if (!sample.symbols.empty()) sample.symbols.resize(kept);
    detail::refuse_repeated(file, features, "gene id", sample.genes, "");
    detail::refuse_repeated(file, group + "/barcodes", "barcode", sample.barcodes, "");
    if (sample.barcodes.empty()) file.fail(group + "/barcodes", "there are no cells");

    detail::ValueScan scan;
    const auto wanted = options.values == Values::log_expression ? detail::Wanted::anything
                                                                 : detail::Wanted::expression;
    auto rows = detail::read_matrix(file, matrix, wanted, scan, detail::storage(options));
    if (!rows) file.fail(group + "/data", "expected counts, 0 or more, found values below 0");
    sample.expression = std::move(*rows);
    sample.values = scan.values(options, path);
    out.rows = sample.rows();
    out.matrix = group;
    return out;
}

/// The sample alone, in memory.
[[nodiscard]] inline Sample<CompressedRows<float>> read_ten_x_h5(const std::filesystem::path& path,
                                                                 const ReadOptions& options = {}) {
    return detail::in_memory(read_ten_x_h5_file(path, options).sample);
}

}  // namespace transst
