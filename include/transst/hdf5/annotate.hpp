// What clustering found, written into a copy of the AnnData file that was clustered.
#pragma once

#include <transst/hdf5/anndata.hpp>
#include <transst/io/atomic_file.hpp>

#include <fstream>

namespace transst {

/// What annotated_copy adds; n is the number of cells of the file, K of clusters.
struct ClusterAnnotation {
    std::vector<Label> clusters;        ///< n, in [0, K), or left_out: obs transst_cluster, from
                                        ///< "1" on
    std::vector<std::string> names{};   ///< K, "NA" where none: obs transst_name; or empty
    std::vector<double> confidence{};   ///< n, NaN where none: obs transst_confidence; or empty
    std::vector<bool> novel{};          ///< K: obs transst_novel; or empty
    std::vector<std::string> colors{};  ///< K, "#RRGGBB": uns transst_cluster_colors; or empty
    RowMatrix<double> scores{};         ///< n × q, NaN where left out: obsm X_transst; or 0 × 0
    std::vector<std::pair<std::string, std::string>> notes{};  ///< name and text: uns transst
};

namespace detail {

/// Writes elements as anndata 0.8 and later read them; older files may hold such elements too.
class AnnDataWriter {
public:
    explicit AnnDataWriter(const std::filesystem::path& path, std::string shown)
        : file_(path, Hdf5Access::write), shown_(std::move(shown)) {}

    /// A group that is there afterwards: what it holds is kept.
    void dictionary(const std::string& at) {
        if (!file_.has_group(at)) new_group(at, "dict", "0.1.0");
    }

    void words(const std::string& at, const std::vector<std::string>& all) {
        remove(at);
        const Hdf5Id type = word_type();
        const hsize_t size = all.size();
        const Hdf5Id space(H5Screate_simple(1, &size, nullptr), H5Sclose);
        std::vector<const char*> out;
        for (const auto& word : all) out.push_back(word.c_str());
        put(at, type, type, space, out.data(), "string-array");
    }

    void word(const std::string& at, const std::string& all) {
        remove(at);
        const Hdf5Id type = word_type(), space(H5Screate(H5S_SCALAR), H5Sclose);
        const char* const out = all.c_str();
        put(at, type, type, space, &out, "string");
    }

    void numbers(const std::string& at, const std::vector<double>& all) {
        array(at, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {all.size()}, all.data());
    }

    void numbers(const std::string& at, const RowMatrix<double>& all) {
        array(at, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
              {static_cast<hsize_t>(all.rows()), static_cast<hsize_t>(all.cols())}, all.data());
    }

    /// Whether, as h5py writes it.
    void truths(const std::string& at, const std::vector<std::int8_t>& all) {
        const Hdf5Id type = truth_type();
        array(at, type, type, {all.size()}, all.data());
    }

    /// Codes of levels, −1 where missing.
    void categories(const std::string& at, const std::vector<Label>& codes,
                    const std::vector<std::string>& levels) {
        remove(at);
        new_group(at, "categorical", "0.2.0");
        const Hdf5Id type = truth_type(), space(H5Screate(H5S_SCALAR), H5Sclose);
        const std::int8_t no = 0;
        attribute(at, "ordered", type, type, space, &no);
        words(at + "/categories", levels);
        array(at + "/codes", H5T_STD_I32LE, H5T_NATIVE_INT32, {codes.size()}, codes.data());
    }

    /// The columns of obs, in their order.
    [[nodiscard]] std::vector<std::string> columns() const {
        return file_.word_attribute("obs", "column-order").value_or(std::vector<std::string>{});
    }

    void set_columns(const std::vector<std::string>& order) {
        if (H5Aexists_by_name(file_.id(), "obs", "column-order", H5P_DEFAULT) > 0)
            need(H5Adelete_by_name(file_.id(), "obs", "column-order", H5P_DEFAULT));
        const Hdf5Id type = word_type();
        const hsize_t size = order.size();
        const Hdf5Id space(H5Screate_simple(1, &size, nullptr), H5Sclose);
        std::vector<const char*> out;
        for (const auto& name : order) out.push_back(name.c_str());
        attribute("obs", "column-order", type, type, space, out.data());
    }

    void remove(const std::string& at) {
        if (file_.has(at)) need(H5Ldelete(file_.id(), at.c_str(), H5P_DEFAULT));
    }

    void finish() { need(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL)); }

private:
    void need(herr_t done) const {
        require<FileError>(done >= 0, shown_,
                           ": cannot be written: HDF5 refuses; is the disk full?");
    }

    [[nodiscard]] static Hdf5Id word_type() {
        Hdf5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
        H5Tset_size(type, H5T_VARIABLE);
        H5Tset_cset(type, H5T_CSET_UTF8);
        return type;
    }

    [[nodiscard]] static Hdf5Id truth_type() {
        Hdf5Id type(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
        const std::int8_t no = 0, yes = 1;
        H5Tenum_insert(type, "FALSE", &no);
        H5Tenum_insert(type, "TRUE", &yes);
        return type;
    }

    void attribute(const std::string& at, const char* name, hid_t type, hid_t from, hid_t space,
                   const void* value) {
        const Hdf5Id made(H5Acreate_by_name(file_.id(), at.c_str(), name, type, space, H5P_DEFAULT,
                                            H5P_DEFAULT, H5P_DEFAULT),
                          H5Aclose);
        need(made.valid() ? H5Awrite(made, from, value) : -1);
    }

    void encode(const std::string& at, const char* encoding, const char* version) {
        const Hdf5Id type = word_type(), space(H5Screate(H5S_SCALAR), H5Sclose);
        attribute(at, "encoding-type", type, type, space, &encoding);
        attribute(at, "encoding-version", type, type, space, &version);
    }

    void new_group(const std::string& at, const char* encoding, const char* version) {
        const Hdf5Id made(H5Gcreate2(file_.id(), at.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                          H5Gclose);
        need(made.valid() ? 0 : -1);
        encode(at, encoding, version);
    }

    void array(const std::string& at, hid_t type, hid_t from, const std::vector<hsize_t>& shape,
               const void* values) {
        remove(at);
        const Hdf5Id space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                           H5Sclose);
        put(at, type, from, space, values, "array");
    }

    void put(const std::string& at, hid_t type, hid_t from, hid_t space, const void* values,
             const char* encoding) {
        const Hdf5Id made(
            H5Dcreate2(file_.id(), at.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
            H5Dclose);
        need(made.valid() ? H5Dwrite(made, from, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) : -1);
        encode(at, encoding, "0.2.0");
    }

    Hdf5File file_;
    std::string shown_;
};

}  // namespace detail

/// A copy of an .h5ad file with what was found, as scanpy and squidpy look for it; whatever an
/// earlier run added to it is replaced. The original is only read. The copy gets its name `to` by
/// commit() of what is returned; without it, nothing is left.
/// Throws ShapeMismatch where sizes disagree, FileError.
[[nodiscard]] inline AtomicFile annotated_copy(const std::filesystem::path& from,
                                               const std::filesystem::path& to,
                                               const ClusterAnnotation& what) {
    const std::size_t cells = detail::AnnDataFile(from).barcodes().size();
    const auto clusters =
        what.clusters.empty()
            ? std::size_t{0}
            : static_cast<std::size_t>(
                  1 + *std::max_element(what.clusters.begin(), what.clusters.end()));
    const auto size = [](std::string_view name, std::size_t found, std::size_t wanted) {
        require<ShapeMismatch>(found == wanted, "annotated_copy: ", name, " has ", found,
                               " entries, it must have ", wanted);
    };
    size("clusters", what.clusters.size(), cells);
    if (!what.confidence.empty()) size("confidence", what.confidence.size(), cells);
    const std::size_t all =
        std::max({clusters, what.names.size(), what.novel.size(), what.colors.size()});
    if (!what.names.empty()) size("names", what.names.size(), all);
    if (!what.novel.empty()) size("novel", what.novel.size(), all);
    if (!what.colors.empty()) size("colors", what.colors.size(), all);
    if (what.scores.size() > 0) size("scores", static_cast<std::size_t>(what.scores.rows()), cells);

    AtomicFile copy(to);
    std::ifstream original(from, std::ios::binary);
    std::vector<char> block(std::size_t{1} << 20);
    while (original.read(block.data(), static_cast<std::streamsize>(block.size())) ||
           original.gcount() > 0)
        copy.write({block.data(), static_cast<std::size_t>(original.gcount())});
    require<FileError>(original.eof(), from.string(), ": cannot be read to its end");

    detail::AnnDataWriter out(copy.temporary(), to.string());
    auto columns = out.columns();
    for (const char* name : {"cluster", "name", "confidence", "novel"}) {
        std::erase(columns, text("transst_", name));
        out.remove(text("obs/transst_", name));
    }
    for (const char* at : {"obsm/X_transst", "uns/transst", "uns/transst_cluster_colors"})
        out.remove(at);
    std::vector<std::string> levels;
    for (std::size_t k = 0; k < all; ++k) levels.push_back(std::to_string(k + 1));
    out.categories("obs/transst_cluster", what.clusters, levels);
    columns.emplace_back("transst_cluster");
    if (!what.names.empty()) {
        const auto coding = code_labels(what.names);  // clusters may share a name
        std::vector<Label> codes;
        for (const Label k : what.clusters)
            codes.push_back(k == left_out ? left_out : coding.codes[static_cast<std::size_t>(k)]);
        out.categories("obs/transst_name", codes, coding.names);
        columns.emplace_back("transst_name");
    }
    if (!what.confidence.empty()) {
        out.numbers("obs/transst_confidence", what.confidence);
        columns.emplace_back("transst_confidence");
    }
    if (!what.novel.empty()) {
        std::vector<std::int8_t> novel;
        for (const Label k : what.clusters)
            novel.push_back(k != left_out && what.novel[static_cast<std::size_t>(k)]);
        out.truths("obs/transst_novel", novel);
        columns.emplace_back("transst_novel");
    }
    out.set_columns(columns);
    if (what.scores.size() > 0) {
        out.dictionary("obsm");
        out.numbers("obsm/X_transst", what.scores);
    }
    out.dictionary("uns");
    if (!what.colors.empty()) out.words("uns/transst_cluster_colors", what.colors);
    if (!what.notes.empty()) {
        out.dictionary("uns/transst");
        for (const auto& [name, words] : what.notes) out.word("uns/transst/" + name, words);
    }
    out.finish();
    return copy;
}

}  // namespace transst
