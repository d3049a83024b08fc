// A folder in the layout of 10x Genomics becomes a sample, and back.
//
//   matrix.mtx[.gz]                       genes × cells, MatrixMarket, integer or real
//   genes.tsv[.gz] or features.tsv[.gz]   id TAB symbol [TAB type]
//   barcodes.tsv[.gz]                     one per line
//   cells.tsv[.gz], may be absent         header; barcode, x, y, label, section and others, by name
#pragma once

#include <transst/io/matrix_market.hpp>
#include <transst/io/sample_file.hpp>

#include <initializer_list>
#include <limits>
#include <unordered_map>

namespace transst {

/// How write_folder writes.
struct WriteOptions {
    bool gzip = true;  ///< matrix.mtx.gz, else matrix.mtx; the tables are never compressed
};

namespace detail {

/// The one of these files that is there, if any; two would leave open which one is meant.
[[nodiscard]] inline std::optional<std::filesystem::path> find_one_of(
    const std::filesystem::path& folder, std::initializer_list<const char*> names) {
    std::optional<std::filesystem::path> found;
    for (const char* name : names) {
        const auto path = folder / name;
        if (std::error_code ignored; !std::filesystem::exists(path, ignored)) continue;
        require<FileError>(!found, folder.string(), ": expected one of ",
                           found ? found->filename().string() : "", " and ", name,
                           ", found both: remove one");
        found = path;
    }
    return found;
}

[[nodiscard]] inline std::filesystem::path need_one_of(const std::filesystem::path& folder,
                                                       std::initializer_list<const char*> names) {
    if (auto found = find_one_of(folder, names)) return *found;
    std::string list;
    for (const char* name : names) list += (list.empty() ? "" : ", ") + std::string(name);
    // the folder above is easily taken for the one that is meant
    std::error_code ignored;
    std::filesystem::path meant;  // the first by name: the order of a folder is any
    for (const auto& inner : std::filesystem::directory_iterator(folder, ignored))
        for (const char* name : names)
            if (std::filesystem::exists(inner.path() / name, ignored) &&
                (meant.empty() || inner.path() < meant))
                meant = inner.path();
    throw FileError(text(folder.string(), ": expected one of ", list, ", found none of them",
                         meant.empty() ? std::string()
                                       : text("; there is one in ", meant.filename().string(),
                                              ", name that folder")));
}

/// Remembers what was read where, and refuses what comes again.
class OnceOnly {
public:
    OnceOnly(const TextFile& file, std::string_view what) : file_(&file), what_(what) {}

    void add(std::string_view word) {
        const auto [at, fresh] = lines_.emplace(word, file_->line());
        if (!fresh)
            file_->refuse("each ", what_, " once, found ", in_quotes(word), " again, as in line ",
                          at->second);
    }

private:
    const TextFile* file_;
    std::string_view what_;
    std::unordered_map<std::string, Index> lines_;
};

struct GeneTable {
    std::vector<std::string> ids, symbols;  // of the kept genes
    std::vector<std::int32_t> column_of;    // of each line of the file, −1 where it is left out
};

/// Only those features are kept that is_gene calls genes.
[[nodiscard]] inline GeneTable read_genes(const std::filesystem::path& path) {
    constexpr std::string_view wanted = "Gene Expression";
    TextFile file(path);
    OnceOnly once(file, "gene id");
    GeneTable table;
    std::vector<std::string> types;
    bool mixed = false;
    std::string_view line;
    std::vector<std::string_view> fields;
    while (file.next(line)) {
        if (line.empty()) continue;
        split_fields(line, fields);
        if (fields[0].empty()) file.fail(line, "a gene id at the start of the line");
        types.emplace_back(fields.size() > 2 ? fields[2] : wanted);
        mixed = mixed || types.back() != types.front();
        once.add(fields[0]);
        table.ids.emplace_back(fields[0]);
        table.symbols.emplace_back(fields[fields.size() > 1 ? 1 : 0]);
    }
    std::int32_t kept = 0;
    for (std::size_t g = 0; g < types.size(); ++g) {
        table.column_of.push_back(is_gene(types[g], mixed) ? kept : -1);
        if (table.column_of[g] < 0) continue;
        const auto to = static_cast<std::size_t>(kept++);
        if (to == g) continue;
        table.ids[to] = std::move(table.ids[g]);
        table.symbols[to] = std::move(table.symbols[g]);
    }
    if (kept == 0)
        file.refuse("genes, found none of type ", wanted,
                    types.empty() ? "" : ", but of type " + types.front());
    table.ids.resize(static_cast<std::size_t>(kept));
    table.symbols.resize(static_cast<std::size_t>(kept));
    return table;
}

[[nodiscard]] inline std::vector<std::string> read_barcodes(const std::filesystem::path& path) {
    TextFile file(path);
    OnceOnly once(file, "barcode");
    std::vector<std::string> barcodes;
    std::string_view line;
    while (file.next(line)) {
        if (line.empty()) continue;
        once.add(line);
        barcodes.emplace_back(line);
    }
    if (barcodes.empty()) file.refuse("barcodes, found none");
    return barcodes;
}

/// Fills labels, sections and coordinates; a column that is missing in every cell counts as absent.
inline void read_cells(const std::filesystem::path& path, const ReadOptions& options,
                       SampleFile& out) {
    auto& sample = out.sample;
    TextFile file(path);
    std::string_view line;
    std::vector<std::string_view> fields;
    file.next(line);
    split_fields(line, fields);
    const std::size_t columns = fields.size(), none = columns;
    const auto find = [&](std::string_view name) {
        const auto at = std::find(fields.begin(), fields.end(), name);
        if (at != fields.end() && std::find(at + 1, fields.end(), name) != fields.end())
            file.fail(line, "one column named ", name);
        return static_cast<std::size_t>(at - fields.begin());
    };
    const std::size_t barcode = find("barcode"), x = find("x"), y = find("y"),
                      section = find(options.section_column), label = find(options.label_column);
    if (barcode == none) file.fail(line, "a header line with a column named barcode");
    if ((x == none) != (y == none)) file.fail(line, "both columns x and y, or neither");
    const ReadOptions usual;
    if (label == none && !options.label_optional && options.label_column != usual.label_column)
        file.fail(line, "a column named ", options.label_column);
    if (section == none && !options.section_optional &&
        options.section_column != usual.section_column)
        file.fail(line, "a column named ", options.section_column);
    for (const auto& name : fields)
        if (name != "barcode") out.columns.emplace_back(name);

    const std::size_t n = sample.barcodes.size();
    std::unordered_map<std::string_view, std::size_t> row_of;
    for (std::size_t i = 0; i < n; ++i) row_of.emplace(sample.barcodes[i], i);
    OnceOnly once(file, "barcode");
    std::vector<bool> seen(n, false);
    std::vector<std::string> labels(n, "NA"), sections(n, "NA");
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    RowMatrix<double> coordinates = RowMatrix<double>::Constant(static_cast<Index>(n), 2, unknown);
    bool any_label = false, any_section = false, any_coordinate = false;
    const auto number = [&](std::string_view field) {
        if (is_missing(field)) return unknown;
        const auto value = parse_number<double>(field);
        if (!value || !std::isfinite(*value)) file.fail(field, "a finite coordinate, or NA");
        any_coordinate = true;
        return *value;
    };
    while (file.next(line)) {
        if (line.empty()) continue;
        split_fields(line, fields);
        if (fields.size() != columns)
            file.refuse(columns, " fields as in the first line, found ", fields.size());
        const auto at = row_of.find(fields[barcode]);
        if (at == row_of.end()) file.fail(fields[barcode], "a barcode of the barcodes file");
        once.add(fields[barcode]);
        const std::size_t i = at->second;
        seen[i] = true;
        if (x != none) {
            coordinates(static_cast<Index>(i), 0) = number(fields[x]) * options.stretch_x;
            coordinates(static_cast<Index>(i), 1) = number(fields[y]) * options.stretch_y;
        }
        if (label != none && !is_missing(fields[label])) {
            labels[i] = fields[label];
            any_label = true;
        }
        if (section != none && !is_missing(fields[section])) {
            sections[i] = fields[section];
            any_section = true;
        }
    }
    const auto missing = std::find(seen.begin(), seen.end(), false);
    if (missing != seen.end())
        file.refuse("all ", n, " barcodes of the barcodes file, found none that is ",
                    in_quotes(sample.barcodes[static_cast<std::size_t>(missing - seen.begin())]));
    if (any_label) sample.labels = std::move(labels);
    if (any_section) sample.sections = std::move(sections);
    if (any_coordinate) sample.coordinates = std::move(coordinates);
}

}  // namespace detail

/// Reads a folder in the layout above as n cells × p genes, in the order of its barcodes and genes
/// files. Values are what the matrix header's line `%transst: log expression` or `%transst: counts`
/// says; without one, whole numbers are counts and others log expression unless one is above 50.
/// Files may be gzip or not and end their lines with LF or CR LF. Of several feature types only
/// 'Gene Expression' is kept. In cells.tsv NA or nothing is missing; its lines may be in any order.
/// Values are kept as float: counts above 2²⁴ are rounded.
/// Memory: the result, and 4 bytes more per entry where those are not in the order of the cells.
/// Throws FileError with file, line and what was expected; InvalidArgument for its options.
[[nodiscard]] inline SampleFile read_folder_file(const std::filesystem::path& folder,
                                                 const ReadOptions& options = {}) {
    detail::check_stretch(options, "read_folder");
    std::error_code ignored;
    require<FileError>(std::filesystem::is_directory(folder, ignored), folder.string(),
                       ": expected a folder with matrix, genes and barcodes, found ",
                       std::filesystem::exists(folder, ignored) ? "something else" : "nothing");
    const auto matrix = detail::need_one_of(folder, {"matrix.mtx", "matrix.mtx.gz"});
    const auto genes = detail::need_one_of(
        folder, {"genes.tsv", "genes.tsv.gz", "features.tsv", "features.tsv.gz"});
    const auto barcodes = detail::need_one_of(folder, {"barcodes.tsv", "barcodes.tsv.gz"});
    const auto cells = detail::find_one_of(folder, {"cells.tsv", "cells.tsv.gz"});

    SampleFile out;
    auto& sample = out.sample;
    sample.name = detail::sample_name(folder);
    auto table = detail::read_genes(genes);
    sample.barcodes = detail::read_barcodes(barcodes);
    if (cells) detail::read_cells(*cells, options, out);
    auto read = detail::read_market(matrix, table.column_of, static_cast<Index>(table.ids.size()),
                                    static_cast<Index>(sample.barcodes.size()), options);
    sample.expression = std::move(read.rows);
    sample.values = read.values;
    out.rows = sample.rows();
    sample.genes = std::move(table.ids);
    sample.symbols = std::move(table.symbols);
    return out;
}

/// The sample alone, in memory.
[[nodiscard]] inline Sample<CompressedRows<float>> read_folder(const std::filesystem::path& folder,
                                                               const ReadOptions& options = {}) {
    return detail::in_memory(read_folder_file(folder, options).sample);
}

/// Writes matrix.mtx.gz (or matrix.mtx), genes.tsv, barcodes.tsv and cells.tsv into a folder, which
/// is made where it is missing; files of these names are replaced once all four are complete.
/// Numbers are written so that they read back the same. Coordinates are written as they are.
/// Cells without names become cell_1, cell_2, …
/// Throws BadData for names or values that could not be read back, ShapeMismatch, FileError.
template <class Expression>
void write_folder(const std::filesystem::path& folder, const Sample<Expression>& sample,
                  const WriteOptions& options = {}) {
    const auto x = as_rows(sample.expression);
    const auto check_size = [](std::string_view what, std::size_t size, Index wanted, bool needed) {
        require<ShapeMismatch>((size == 0 && !needed) || static_cast<Index>(size) == wanted,
                               "write_folder: ", what, " has ", size, " entries, expression needs ",
                               wanted);
    };
    check_size("genes", sample.genes.size(), x.cols(), true);
    check_size("symbols", sample.symbols.size(), x.cols(), false);
    check_size("barcodes", sample.barcodes.size(), x.rows(), false);
    check_size("labels", sample.labels.size(), x.rows(), false);
    check_size("sections", sample.sections.size(), x.rows(), false);
    const auto& at = sample.coordinates;
    require<ShapeMismatch>(at.size() == 0 || (at.rows() == x.rows() && at.cols() == 2),
                           "write_folder: coordinates are ", at.rows(), " x ", at.cols(),
                           ", expression needs ", x.rows(), " x 2");

    std::error_code error;
    std::filesystem::create_directories(folder, error);
    require<FileError>(!error, folder.string(), ": cannot be made: ", error.message());
    const char* const matrix_name = options.gzip ? "matrix.mtx.gz" : "matrix.mtx";
    // A reader could not know which of two is meant.
    for (const char* other : {options.gzip ? "matrix.mtx" : "matrix.mtx.gz", "genes.tsv.gz",
                              "features.tsv", "features.tsv.gz", "barcodes.tsv.gz", "cells.tsv.gz"})
        require<FileError>(!std::filesystem::exists(folder / other, error), folder.string(),
                           ": already holds ", other, ": remove it or write to another folder");

    detail::GzipOutput matrix(folder / matrix_name, options.gzip);
    detail::GzipOutput genes(folder / "genes.tsv", false);
    detail::GzipOutput barcodes(folder / "barcodes.tsv", false);
    detail::GzipOutput cells(folder / "cells.tsv", false);
    const auto add = [](detail::GzipOutput& out, std::string_view field, char end) {
        require<BadData>(field.find_first_of("\t\r\n") == std::string_view::npos,
                         "write_folder: ", detail::in_quotes(field),
                         " has a tab or a line end in it, which a table cannot hold");
        (out.text += field) += end;
    };
    for (std::size_t g = 0; g < sample.genes.size(); ++g) {
        add(genes, sample.genes[g], '\t');
        add(genes, sample.symbols.empty() ? sample.genes[g] : sample.symbols[g], '\n');
        genes.drain();
    }
    cells.text += "barcode\tx\ty\tlabel\tsection\n";
    for (Index i = 0; i < x.rows(); ++i) {
        const auto row = static_cast<std::size_t>(i);
        const auto field = [row](const std::vector<std::string>& all) {
            return all.empty() || is_missing(all[row]) ? std::string_view("NA") : all[row];
        };
        const auto barcode = sample.barcodes.empty() ? text("cell_", i + 1) : sample.barcodes[row];
        add(barcodes, barcode, '\n');
        add(cells, barcode, '\t');
        for (Index axis = 0; axis < 2; ++axis) {
            if (at.size() == 0 || std::isnan(at(i, axis)))
                cells.text += "NA";
            else
                detail::append_number(cells.text, at(i, axis));
            cells.text += '\t';
        }
        add(cells, field(sample.labels), '\t');
        add(cells, field(sample.sections), '\n');
        barcodes.drain();
        cells.drain();
    }
    detail::write_market(matrix, x, sample.values);
    for (auto* file : {&matrix, &genes, &barcodes, &cells}) file->finish();
    for (auto* file : {&matrix, &genes, &barcodes, &cells}) file->commit();
}

}  // namespace transst
