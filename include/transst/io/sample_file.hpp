// What every reader of samples is told, and what it gives back.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/matrix/stored_rows.hpp>
#include <transst/preprocess/sample.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

namespace transst {

/// How samples are read, whatever the format.
struct ReadOptions {
    double stretch_x = 1;  ///< x is multiplied by it, > 0
    double stretch_y = 1;  ///< y is multiplied by it, > 0: √3 for array positions of Visium
    std::string label_column = "label";      ///< column with the labels
    bool label_optional = false;             ///< a column of another name may be absent, too
    std::string section_column = "section";  ///< column with the sections
    bool section_optional = false;           ///< a column of another name may be absent, too
    std::string spatial_key = "spatial";     ///< AnnData: obsm with the places. Space Ranger:
                                             ///< spatial (pixels) or array (rows and columns)
    std::string layer{};  ///< AnnData: X, raw or a layer's name; 10x HDF5: a genome. Empty: chosen
    std::optional<Values> values{};  ///< what the numbers are; nothing: what they look like
    std::int64_t matrix_bytes = 0;   ///< as RunOptions: what is beyond goes to a scratch file. The
                                     ///< matrix must then be sorted by cell, or dense. 0: no limit
    std::string scratch{};           ///< folder of the scratch file; empty: the system's
};

namespace detail {

/// Whether a feature of this type is a gene. Of a file of one type that is so unless Cell Ranger
/// has it for something else; "" is a file without types.
[[nodiscard]] constexpr bool is_gene(std::string_view type, bool mixed) {
    if (mixed) return type == "Gene Expression";
    for (const std::string_view other : {"Antibody Capture", "Antigen Capture", "Custom",
                                         "CRISPR Guide Capture", "Multiplexing Capture"})
        if (type == other) return false;
    return true;
}

}  // namespace detail

/// What a sample was read from.
enum class SampleFormat {
    ten_x_folder,  ///< read_folder
    space_ranger,  ///< a folder of Space or Cell Ranger
    ten_x_h5,      ///< read_ten_x_h5
    anndata,       ///< read_anndata
    table          ///< read_table
};

/// "10x folder" and so on, as messages say it.
[[nodiscard]] constexpr std::string_view to_text(SampleFormat format) {
    switch (format) {
        case SampleFormat::ten_x_folder:
            return "10x folder";
        case SampleFormat::space_ranger:
            return "Space Ranger folder";
        case SampleFormat::ten_x_h5:
            return "10x HDF5 file";
        case SampleFormat::anndata:
            return "AnnData file";
        case SampleFormat::table:
            break;
    }
    return "table";
}

/// A sample and where in its file it was found.
struct SampleFile {
    Sample<StoredRows<float>> sample{};                ///< what it holds
    SampleFormat format = SampleFormat::ten_x_folder;  ///< which it is
    std::string matrix{};                ///< that was read: "layers/counts"; empty: there is one
    std::vector<std::string> layers{};   ///< what ReadOptions::layer may name
    std::vector<std::string> columns{};  ///< what is known about the cells, by name
    std::vector<std::string> places{};   ///< what ReadOptions::spatial_key may name
    Index rows = 0;                      ///< cells that it holds, those left out included
    std::vector<Index> kept{};           ///< which of them are here, rising; empty: all. Spots that
                                         ///< do not lie on tissue are left out

    /// Spots left out.
    [[nodiscard]] Index off_tissue() const { return kept.empty() ? 0 : rows - std::ssize(kept); }
};

namespace detail {

/// How matrices are stored that are read so.
[[nodiscard]] inline RunOptions storage(const ReadOptions& options) {
    return {.matrix_bytes = options.matrix_bytes, .scratch = options.scratch};
}

/// The same sample, as the readers that return nothing but samples hand it out.
[[nodiscard]] inline Sample<CompressedRows<float>> in_memory(Sample<StoredRows<float>> from) {
    return {.expression = std::move(from.expression).in_memory(),
            .genes = std::move(from.genes),
            .symbols = std::move(from.symbols),
            .barcodes = std::move(from.barcodes),
            .labels = std::move(from.labels),
            .sections = std::move(from.sections),
            .coordinates = std::move(from.coordinates),
            .values = from.values,
            .name = std::move(from.name)};
}

/// Log expression stays below: even log2 of a million is 20.
inline constexpr float largest_logarithm = 50;

/// Which matrix would do.
enum class Wanted { counts, expression, anything };

/// Looks at every value while it is read, to tell counts from log expression.
struct ValueScan {
    bool whole = true;
    float least = 0, most = 0;  // zeros, which are not visited, included

    void add(float value) {
        whole = whole && value == std::trunc(value);
        least = std::min(least, value);
        most = std::max(most, value);
    }

    [[nodiscard]] bool fits(Wanted wanted) const {
        return wanted == Wanted::anything || (least >= 0 && (whole || wanted != Wanted::counts));
    }

    /// Whole numbers are counts, others log expression, unless they are too large for that: such
    /// are normalised like counts. What goes below 0 can only be on a log scale.
    [[nodiscard]] Values values() const {
        return least >= 0 && (whole || most > largest_logarithm) ? Values::counts
                                                                 : Values::log_expression;
    }

    /// What the options say, else the same. Throws FileError for counts below 0.
    [[nodiscard]] Values values(const ReadOptions& options,
                                const std::filesystem::path& path) const {
        require<FileError>(least >= 0 || options.values != Values::counts, path.string(),
                           ": the numbers are said to be counts, and one is ", least,
                           "; counts are 0 or more: say log expression, or name another matrix");
        return options.values.value_or(values());
    }
};

/// Leaves out the cells that are not wanted.
inline void keep_cells(const std::vector<bool>& wanted, const ReadOptions& options,
                       SampleFile& file) {
    std::vector<Index> kept;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (wanted[i]) kept.push_back(static_cast<Index>(i));
    if (kept.size() == wanted.size()) return;
    auto& sample = file.sample;
    StoredRows<float> rows(sample.expression.cols(), storage(options));
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const auto row = sample.expression.row_block(kept[i], kept[i] + 1);
        rows.append(view(row), std::ssize(kept) - static_cast<Index>(i) - 1);
        for (auto* words : {&sample.barcodes, &sample.labels, &sample.sections})
            if (!words->empty()) (*words)[i] = (*words)[static_cast<std::size_t>(kept[i])];
    }
    sample.expression = std::move(rows);
    for (auto* words : {&sample.barcodes, &sample.labels, &sample.sections})
        if (!words->empty()) words->resize(kept.size());
    if (sample.coordinates.rows() > 0)
        sample.coordinates = RowMatrix<double>(sample.coordinates(kept, Eigen::all));
    file.kept = std::move(kept);
}

/// A name that stands twice, and where.
struct Repeated {
    std::string name;
    Index first, again;
};

[[nodiscard]] inline std::optional<Repeated> find_repeated(std::span<const std::string> names) {
    std::vector<std::size_t> order(names.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return names[a] != names[b] ? names[a] < names[b] : a < b;
    });
    for (std::size_t i = 0; i + 1 < order.size(); ++i)
        if (names[order[i]] == names[order[i + 1]])
            return Repeated{names[order[i]], static_cast<Index>(order[i]),
                            static_cast<Index>(order[i + 1])};
    return std::nullopt;
}

inline void check_stretch(const ReadOptions& options, std::string_view who) {
    for (const double stretch : {options.stretch_x, options.stretch_y})
        require(std::isfinite(stretch) && stretch > 0, who,
                ": stretch_x and stretch_y must be positive, got ", stretch);
}

/// Labels or sections; a column that is missing in every cell counts as absent.
[[nodiscard]] inline std::vector<std::string> unless_all_missing(std::vector<std::string> words) {
    if (std::all_of(words.begin(), words.end(), [](const auto& w) { return is_missing(w); }))
        words.clear();
    for (auto& word : words)
        if (word.empty()) word = "NA";
    return words;
}

/// The name of a file or folder, as messages and tables show it.
[[nodiscard]] inline std::string sample_name(const std::filesystem::path& path) {
    const auto whole = std::filesystem::absolute(path).lexically_normal();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

}  // namespace detail
}  // namespace transst
