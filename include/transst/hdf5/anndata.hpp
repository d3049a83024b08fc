// AnnData files (.h5ad) become samples.
// The format: anndata.readthedocs.io/en/latest/fileformat-prose.html
#pragma once

#include <transst/hdf5/matrix.hpp>
#include <transst/io/numbers.hpp>

#include <initializer_list>

namespace transst {
namespace detail {

/// What lies in an AnnData file. Tables are "obs", "var" and "raw/var".
class AnnDataFile {
public:
    explicit AnnDataFile(const std::filesystem::path& path) : file_(path) {
        for (const char* table : {"obs", "var"})
            if (!file_.has_group(table))
                file_.fail(table, "expected a group, found ",
                           file_.has(table) ? "a table as anndata wrote it before 0.7; read the "
                                              "file with a newer anndata and write it again"
                                            : "nothing");
        barcodes_ = index("obs");
    }

    /// True for files that have what the others have not.
    [[nodiscard]] static bool is_one(const Hdf5File& file) {
        return file.has("obs") && file.has("var");
    }

    [[nodiscard]] const Hdf5File& file() const { return file_; }
    [[nodiscard]] const std::vector<std::string>& barcodes() const { return barcodes_; }

    /// Names of the columns of a table, in its order.
    [[nodiscard]] std::vector<std::string> columns(const std::string& table) const {
        std::vector<std::string> out;
        const auto ordered = file_.word_attribute(table, "column-order");
        const auto own = index_name(table);
        for (const auto& name : ordered ? *ordered : file_.names(table))
            if (name != own && name != "__categories" && file_.has(table + "/" + name))
                out.push_back(name);
        return out;
    }

    /// The names of a table's rows.
    [[nodiscard]] std::vector<std::string> index(const std::string& table) const {
        return words(table, index_name(table));
    }

    /// A column as words: numbers as they are written, what is missing as "NA".
    [[nodiscard]] std::vector<std::string> column(const std::string& table,
                                                  const std::string& name) const {
        auto out = words(table, name);
        const auto rows = table == "obs" ? barcodes_.size() : index(table).size();
        if (out.size() != rows)
            file_.fail(table + "/" + name, "expected ", rows, " values, found ", out.size());
        return out;
    }

    /// The matrices that there are: "X", "raw", and the layers' names.
    [[nodiscard]] std::vector<std::string> layers() const {
        std::vector<std::string> out;
        if (has_matrix("X")) out.emplace_back("X");
        if (has_matrix("raw/X")) out.emplace_back("raw");
        if (file_.has_group("layers"))
            for (const auto& name : file_.names("layers")) out.push_back(name);
        return out;
    }

    /// Where in the file a matrix lies that is called so, or an error that names those there are.
    [[nodiscard]] std::string matrix_called(const std::string& layer) const {
        for (const auto& at : {layer == "raw" ? std::string("raw/X") : layer, "layers/" + layer})
            if ((at == "X" || at == "raw/X" || at.starts_with("layers/")) && has_matrix(at))
                return at;
        file_.fail(layer, "there is no matrix of this name, only ", in_words(layers()),
                   "; name one of these");
    }

    /// Cells × genes of a matrix and how it lies there.
    [[nodiscard]] Hdf5Matrix matrix(const std::string& at, Index genes) const {
        Hdf5Matrix out{.name = at, .cells = std::ssize(barcodes_), .genes = genes};
        if (!file_.has_group(at)) return out;
        auto format = file_.word_attribute(at, "encoding-type");
        if (!format) format = file_.word_attribute(at, "h5sparse_format");
        const std::string name = format && !format->empty() ? format->front() : "";
        if (!name.starts_with("csr") && !name.starts_with("csc"))
            file_.fail(at, "expected a matrix that is dense, csr or csc, found '", name, "'");
        out.by_cell = name.starts_with("csr");
        auto shape = file_.number_attribute(at, "shape");
        if (!shape) shape = file_.number_attribute(at, "h5sparse_shape");
        if (shape && *shape != std::vector<Index>{out.cells, out.genes})
            file_.fail(at, "expected ", out.cells, " cells x ", out.genes, " genes, found ",
                       shape->empty() ? 0 : shape->front(), " x ",
                       shape->empty() ? 0 : shape->back());
        return out;
    }

    [[nodiscard]] bool has_matrix(const std::string& at) const {
        // where X is None, a dataset without dimensions may stand for it
        return file_.has_dataset(at) ? Hdf5Dataset(file_, at).dimensions() > 0
                                     : file_.has(at + "/data");
    }

    /// Keys of obsm whose arrays have two columns.
    [[nodiscard]] std::vector<std::string> places() const {
        std::vector<std::string> out;
        if (!file_.has_group("obsm")) return out;
        for (const auto& key : file_.names("obsm"))
            if (file_.has_dataset("obsm/" + key)) {
                const Hdf5Dataset set(file_, "obsm/" + key);
                if (set.dimensions() == 2 && set.cols() == 2) out.push_back(key);
            }
        return out;
    }

private:
    [[nodiscard]] std::string index_name(const std::string& table) const {
        if (const auto name = file_.word_attribute(table, "_index"); name && name->size() == 1)
            return name->front();
        return file_.has(table + "/_index") ? "_index" : "index";
    }

    /// A column in any of the ways that anndata has.
    [[nodiscard]] std::vector<std::string> words(const std::string& table,
                                                 const std::string& name) const {
        const std::string at = table + "/" + name, old = table + "/__categories/" + name;
        if (!file_.has_group(at))
            return file_.has(old) ? categories(at, table + "/__categories", name) : plain_words(at);
        if (file_.has(at + "/codes")) return categories(at + "/codes", at, "categories");
        if (file_.has(at + "/values") && file_.has(at + "/mask")) {
            auto out = plain_words(at + "/values");
            const auto missing = Hdf5Dataset(file_, at + "/mask").numbers<std::int8_t>();
            for (std::size_t i = 0; i < std::min(out.size(), missing.size()); ++i)
                if (missing[i] != 0) out[i] = "NA";
            return out;
        }
        file_.fail(at, "is stored in a way that is not known here; keep it as words or numbers");
    }

    /// Levels are a column themselves, of a group.
    [[nodiscard]] std::vector<std::string> categories(const std::string& codes_at,
                                                      const std::string& group,
                                                      const std::string& name) const {
        const auto levels = words(group, name);
        const auto codes = Hdf5Dataset(file_, codes_at).numbers<Index>();
        std::vector<std::string> out;
        out.reserve(codes.size());
        for (const Index code : codes) {
            if (code < -1 || code >= std::ssize(levels))
                file_.fail(codes_at, "expected numbers from -1 to ", std::ssize(levels) - 1,
                           ", found ", code);
            out.push_back(code < 0 ? "NA" : levels[static_cast<std::size_t>(code)]);
        }
        return out;
    }

    [[nodiscard]] std::vector<std::string> plain_words(const std::string& at) const {
        const Hdf5Dataset set(file_, at);
        std::vector<std::string> out;
        if (!set.has_numbers()) {
            out = set.words();
            for (auto& word : out)
                if (word == "nan") word = "NA";  // what pandas makes of missing words
        } else if (set.kind() == H5T_ENUM) {     // h5py's kind of bool
            for (const auto truth : set.numbers<std::int8_t>())
                out.emplace_back(truth != 0 ? "True" : "False");
        } else if (set.kind() == H5T_INTEGER) {
            for (const Index value : set.numbers<Index>()) out.push_back(std::to_string(value));
        } else {
            for (const double value : set.numbers<double>()) {
                out.emplace_back();
                if (std::isnan(value))
                    out.back() = "NA";
                else
                    append_number(out.back(), value);
            }
        }
        return out;
    }

    Hdf5File file_;
    std::vector<std::string> barcodes_;
};

/// Ids and symbols of the genes of "var" or "raw/var". Names of columns as scanpy, Cell Ranger and
/// CELLxGENE have them.
inline void read_gene_names(const AnnDataFile& data, const std::string& table,
                            Sample<StoredRows<float>>& sample) {
    const auto columns = data.columns(table);
    const auto find = [&](std::initializer_list<const char*> names) -> std::vector<std::string> {
        for (const char* name : names)
            if (std::find(columns.begin(), columns.end(), name) != columns.end())
                return data.column(table, name);
        return {};
    };
    sample.genes = data.index(table);
    sample.symbols =
        find({"gene_symbols", "gene_symbol", "gene_names", "gene_name", "feature_name", "symbol"});
    // the safer name, where it is one
    auto ids = find({"gene_ids", "gene_id", "ensembl_id"});
    const bool usable =
        !ids.empty() && !find_repeated(ids) &&
        std::none_of(ids.begin(), ids.end(), [](const auto& id) { return is_missing(id); });
    if (usable) {
        if (sample.symbols.empty()) sample.symbols = std::move(sample.genes);
        sample.genes = std::move(ids);
    }
    refuse_repeated(data.file(), table, "gene", sample.genes,
                    "; call var_names_make_unique() and write the file again");
}

/// Leaves out the cells that the column in_tissue of obs, where there is one, says lie beside it.
inline void leave_out_off_tissue(const AnnDataFile& data, const ReadOptions& options,
                                 SampleFile& out) {
    const std::string name = "in_tissue";
    if (!data.file().has("obs/" + name)) return;
    const auto words = data.column("obs", name);
    std::vector<bool> wanted(words.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
        wanted[i] = words[i] == "1" || words[i] == "True";
        if (!wanted[i] && words[i] != "0" && words[i] != "False")
            data.file().fail("obs/" + name, "expected 0 or 1, or False or True, found '", words[i],
                             "' for cell '", out.sample.barcodes[i],
                             "'; put one of these there, or call the column otherwise");
    }
    if (std::find(wanted.begin(), wanted.end(), true) == wanted.end())
        data.file().fail("obs/" + name,
                         "expected spots on tissue, found none; take the column "
                         "out if it means something else");
    keep_cells(wanted, options, out);
}

/// Columns of obs and the array of obsm become labels, sections and coordinates.
inline void read_annotation(const AnnDataFile& data, const ReadOptions& options,
                            const std::vector<std::string>& columns,
                            Sample<StoredRows<float>>& sample) {
    const auto column = [&](const std::string& name, const std::string& usual, bool optional) {
        if (std::find(columns.begin(), columns.end(), name) != columns.end()) {
            auto words = unless_all_missing(data.column("obs", name));
            for (auto& word : words)  // a tab or a line's end would break every table of results
                for (char& c : word)
                    if (static_cast<unsigned char>(c) < ' ') c = ' ';
            return words;
        }
        if (!optional && name != usual)
            data.file().fail("obs", "there is no column ", name, ", only ", in_words(columns),
                             "; name one of these");
        return std::vector<std::string>{};
    };
    const ReadOptions usual;
    sample.labels = column(options.label_column, usual.label_column, options.label_optional);
    sample.sections =
        column(options.section_column, usual.section_column, options.section_optional);
    auto& places = sample.coordinates;
    const std::string at = "obsm/" + options.spatial_key;
    if (data.file().has(at)) {
        const Hdf5Dataset set(data.file(), at);
        if (set.dimensions() != 2 || set.cols() != 2 || set.rows() != sample.rows())
            data.file().fail(at, "expected ", sample.rows(), " rows x 2 columns, x and y, found ",
                             set.rows(), " x ", set.cols(),
                             "; keep two columns, or name another key");
        places.resize(set.rows(), 2);
        set.read(0, set.rows(), places.data());
    } else if (options.spatial_key == usual.spatial_key && data.file().has_dataset("obs/x") &&
               data.file().has_dataset("obs/y")) {
        // where cells.tsv and tables have them
        const Hdf5Dataset x(data.file(), "obs/x"), y(data.file(), "obs/y");
        if (!x.has_numbers() || !y.has_numbers()) return;
        if (x.rows() != sample.rows() || y.rows() != sample.rows())
            data.file().fail("obs/x", "expected ", sample.rows(), " numbers, and in obs/y, found ",
                             x.rows(), " and ", y.rows());
        places.resize(sample.rows(), 2);
        const auto across = x.numbers<double>(), down = y.numbers<double>();
        places.col(0) = Eigen::VectorXd::Map(across.data(), sample.rows());
        places.col(1) = Eigen::VectorXd::Map(down.data(), sample.rows());
    } else {
        return;
    }
    places.col(0) *= options.stretch_x;
    places.col(1) *= options.stretch_y;
    // what is not finite is unknown
    places = places.array().isFinite().select(places, std::numeric_limits<double>::quiet_NaN());
}

}  // namespace detail

/// Reads an .h5ad file of anndata 0.7 or newer as n cells × p genes.
///
/// Which matrix: options.layer, if given: X, raw or a layer's name. Otherwise the first of X,
/// layers/counts and raw/X that holds counts (whole numbers, 0 or more); if none does, X, or raw/X
/// where X goes below 0, as scaled expression does. What is not counts is taken for log expression,
/// unless a value is above 50, which no logarithm of expression is: then it is normalised as counts
/// are; options.values overrules, and where that is log expression X comes before raw/X and
/// layers/counts. Spots that obs["in_tissue"] says lie beside the tissue are left out. Gene ids are
/// var's column gene_ids where there is one, else its index; symbols are its column gene_symbols,
/// gene_names, feature_name or alike. Labels and sections are columns of obs, coordinates
/// obsm[options.spatial_key], n × 2, or where there is no obsm["spatial"] the columns x and y of
/// obs. Memory: the result. Not for several threads at once: HDF5 itself is not. Throws FileError
/// with file, object and remedy; InvalidArgument for its options.
[[nodiscard]] inline SampleFile read_anndata_file(const std::filesystem::path& path,
                                                  const ReadOptions& options = {}) {
    using detail::Wanted;
    detail::check_stretch(options, "read_anndata");
    const detail::AnnDataFile data(path);
    SampleFile out{.format = SampleFormat::anndata};
    out.layers = data.layers();
    out.columns = data.columns("obs");
    out.places = data.places();
    auto& sample = out.sample;
    sample.name = path.stem().string();
    sample.barcodes = data.barcodes();
    detail::refuse_repeated(data.file(), "obs", "cell", sample.barcodes,
                            "; call obs_names_make_unique() and write the file again");
    require<FileError>(!sample.barcodes.empty(), path.string(), ": obs: there are no cells");
    const Index genes = std::ssize(data.index("var"));
    const Index raw_genes = data.has_matrix("raw/X") ? std::ssize(data.index("raw/var")) : 0;

    detail::ValueScan scan;
    const auto found = [&](const std::string& at, Wanted wanted) {
        const auto matrix = data.matrix(at, at == "raw/X" ? raw_genes : genes);
        auto rows =
            detail::read_matrix(data.file(), matrix, wanted, scan, detail::storage(options));
        if (rows) {
            sample.expression = std::move(*rows);
            out.matrix = at;
        }
        return rows.has_value();
    };
    const auto found_one_of = [&](std::initializer_list<const char*> all, Wanted wanted) {
        return std::any_of(all.begin(), all.end(), [&](const char* at) {
            return data.has_matrix(at) && found(at, wanted);
        });
    };
    if (!options.layer.empty()) {
        found(data.matrix_called(options.layer), Wanted::anything);
    } else if ((options.values == Values::log_expression ||
                !found_one_of({"X", "layers/counts", "raw/X"}, Wanted::counts)) &&
               !found_one_of({"X", "raw/X", "layers/counts"}, Wanted::expression)) {
        if (out.layers.empty()) data.file().fail("X", "expected expression, found none");
        data.file().fail("X",
                         "expected counts or log expression, found values below 0, as "
                         "scaling makes them; name another matrix with --layer, or insist with "
                         "--layer X. There are ",
                         detail::in_words(out.layers));
    }
    sample.values = scan.values(options, path);
    out.rows = sample.rows();
    detail::read_gene_names(data, out.matrix == "raw/X" ? "raw/var" : "var", sample);
    detail::read_annotation(data, options, out.columns, sample);
    detail::leave_out_off_tissue(data, options, out);
    return out;
}

/// The sample alone, in memory.
[[nodiscard]] inline Sample<CompressedRows<float>> read_anndata(const std::filesystem::path& path,
                                                                const ReadOptions& options = {}) {
    return detail::in_memory(read_anndata_file(path, options).sample);
}

}  // namespace transst
