// MatrixMarket files: genes × cells in the file, cells × genes here.
// Boisvert, Pozo & Remington: The Matrix Market Exchange Formats (NISTIR 5935, 1996).
#pragma once

#include <transst/io/gzip_output.hpp>
#include <transst/io/numbers.hpp>
#include <transst/io/row_builder.hpp>
#include <transst/io/sample_file.hpp>
#include <transst/io/text_file.hpp>

#include <cctype>
#include <span>

namespace transst::detail {

/// Comment lines in the header that say what the values are.
inline constexpr std::string_view log_expression_mark = "%transst: log expression";
inline constexpr std::string_view counts_mark = "%transst: counts";

/// Values of at most this size keep their meaning when they are written as integers.
inline constexpr double largest_integer = 9007199254740992.0;  // 2⁵³

struct MarketHeader {
    bool integers = false;
    std::optional<Values> values{};  ///< where it says so, or the options do
    Index rows = 0, cols = 0, entries = 0;
};

[[nodiscard]] inline std::string lower_case(std::string_view word) {
    std::string out(word);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

[[nodiscard]] inline MarketHeader read_market_header(TextFile& file,
                                                     std::optional<Values> told = {}) {
    MarketHeader header{.values = told};
    std::string_view line;
    file.next(line);
    std::string_view rest = line;
    const auto banner = take_word(rest);
    if (lower_case(banner) != "%%matrixmarket" || lower_case(take_word(rest)) != "matrix")
        file.fail(line, "a line that starts with %%MatrixMarket matrix");
    const auto format = take_word(rest);
    if (lower_case(format) != "coordinate") file.fail(format, "the sparse format, coordinate");
    const auto field = take_word(rest);
    header.integers = lower_case(field) == "integer";
    if (!header.integers && lower_case(field) != "real")
        file.fail(field, "a matrix of integer or real values");
    const auto symmetry = take_word(rest);
    if (lower_case(symmetry) != "general")
        file.fail(symmetry, "a matrix whose entries are all written out, general");

    while (file.next(line)) {
        if (!told && line == log_expression_mark) header.values = Values::log_expression;
        if (!told && line == counts_mark) header.values = Values::counts;
        rest = line;
        const auto first = take_word(rest);
        if (first.empty() || first.starts_with('%')) continue;
        const auto rows = parse_number<Index>(first);
        const auto cols = parse_number<Index>(take_word(rest));
        const auto entries = parse_number<Index>(take_word(rest));
        if (!rows || !cols || !entries || *rows < 0 || *cols < 0 || *entries < 0 ||
            !take_word(rest).empty())
            file.fail(line, "the numbers of genes, cells and entries");
        header.rows = *rows;
        header.cols = *cols;
        header.entries = *entries;
        return header;
    }
    file.refuse("the numbers of genes, cells and entries next, found the end of the file");
}

struct MarketMatrix {
    StoredRows<float> rows;
    Values values = Values::counts;
};

/// One entry as nearly all are written: three whole numbers with a blank between. False, with
/// nothing said about the line, where it is anything else.
[[nodiscard]] inline bool plain_entry(std::string_view line, Index& gene, Index& cell,
                                      Index& count) {
    const char* at = line.data();
    const char* const end = at + line.size();
    const auto take = [&](Index& number) {
        const char* const begin = at;
        Index sum = 0;
        for (; at != end && *at >= '0' && *at <= '9'; ++at) sum = 10 * sum + (*at - '0');
        number = sum;
        return at != begin && at - begin <= 9;
    };
    const auto blank = [&] { return at != end && *at++ == ' '; };
    return line.size() <= 32 && take(gene) && blank() && take(cell) && blank() && take(count) &&
           at == end;
}

/// An entry however it is written; refuses what is none.
[[nodiscard]] inline float read_entry(const TextFile& file, std::string_view line,
                                      const MarketHeader& header, Index& gene, Index& cell) {
    std::string_view rest = line;
    const auto first = parse_number<Index>(take_word(rest));
    const auto second = parse_number<Index>(take_word(rest));
    const auto word = take_word(rest);
    if (!first || *first < 1 || *first > header.rows)
        file.fail(line, "a gene number from 1 to ", header.rows);
    if (!second || *second < 1 || *second > header.cols)
        file.fail(line, "a cell number from 1 to ", header.cols, " after the gene number");
    const auto value = parse_number<float>(word);
    if (!value || !std::isfinite(*value)) file.fail(line, "a finite number after gene and cell");
    if (header.integers && *value != std::trunc(*value))
        file.fail(word, "an integer, as the first line says");
    if (*value < 0 && header.values != Values::log_expression)
        file.fail(word, "a count, 0 or more (a matrix on a log scale has the header line ",
                  log_expression_mark, ")");
    if (!take_word(rest).empty()) file.fail(line, "three numbers: gene, cell and value");
    gene = *first;
    cell = *second;
    return *value;
}

/// Reads genes × cells as cells × kept genes. column_of (as many as the file has genes) gives each
/// gene's column, rising, or −1 where it is left out. Explicit zeros are dropped.
/// Throws FileError with file and line.
[[nodiscard]] inline MarketMatrix read_market(const std::filesystem::path& path,
                                              std::span<const std::int32_t> column_of, Index kept,
                                              Index cells, const ReadOptions& options = {}) {
    TextFile file(path);
    const MarketHeader header = read_market_header(file, options.values);
    const auto genes = static_cast<Index>(column_of.size());
    if (header.rows != genes || header.cols != cells)
        file.refuse(genes, " genes x ", cells, " cells as in the tables beside the matrix, found ",
                    header.rows, " x ", header.cols,
                    header.rows == cells && header.cols == genes ? ": transpose it" : "");
    if (static_cast<double>(header.entries) >
        static_cast<double>(genes) * static_cast<double>(cells))
        file.refuse("at most genes x cells entries, found ", header.entries);

    RowBuilder builder(cells, kept, storage(options));
    ValueScan scan;
    std::string_view line;
    Index read = 0;
    while (file.next(line)) {
        Index gene = 0, cell = 0, count = 0;
        float value = 0;
        if (plain_entry(line, gene, cell, count) && read < header.entries && gene >= 1 &&
            gene <= genes && cell >= 1 && cell <= cells) {
            value = static_cast<float>(count);
        } else {
            if (line.find_first_not_of(" \t") == line.npos) continue;
            if (read == header.entries)
                file.fail(line, "nothing after ", header.entries, " entries as the header says");
            value = read_entry(file, line, header, gene, cell);
        }
        ++read;
        const std::int32_t column = column_of[static_cast<std::size_t>(gene - 1)];
        if (value == 0 || column < 0) continue;
        scan.add(value);
        if (builder.full()) {
            // The header may be wrong: what is reserved follows from what was read so far.
            const auto guess = static_cast<double>(builder.size()) / file.share_read();
            builder.reserve(std::min(header.entries, Index{1024} + 2 * static_cast<Index>(guess)));
        }
        if (!builder.takes(cell - 1))
            file.refuse(
                "entries in the order of the cells, since they do not fit into the memory "
                "allowed, found one of cell ",
                cell, " behind others; allow more, or sort the file");
        builder.add(cell - 1, column, value);
    }
    if (read != header.entries)
        file.refuse(header.entries, " entries as the header says, found the end of the file after ",
                    read);

    MarketMatrix out{builder.finish(), header.values.value_or(scan.values())};
    if (const auto& twice = builder.duplicate()) {
        const auto [cell, column] = *twice;
        const auto gene = std::find(column_of.begin(), column_of.end(), column);
        throw FileError(text(path.string(), ": expected each entry once, found gene ",
                             gene - column_of.begin() + 1, " of cell ", cell + 1, " twice"));
    }
    return out;
}

/// Writes n × p as p genes × n cells, sorted by cell and gene, in the shortest text that reads
/// back the same. Throws BadData for values that cannot be read back.
template <ExpressionRows X>
void write_market(GzipOutput& out, const X& x, Values values) {
    Index entries = 0;
    bool integers = true;
    transst::for_each_entry(x, 0, x.rows(), [&](Index cell, Index gene, auto value) {
        require<BadData>(std::isfinite(value), "write_folder: the value of cell ", cell + 1,
                         " and gene ", gene + 1, " is ", value, "; it must be finite");
        require<BadData>(value >= 0 || values == Values::log_expression,
                         "write_folder: the value of cell ", cell + 1, " and gene ", gene + 1,
                         " is ", value, "; counts must be 0 or more");
        entries += value != 0;
        integers = integers && value == std::trunc(value) && std::abs(value) <= largest_integer;
    });

    out.text += "%%MatrixMarket matrix coordinate ";
    out.text += integers ? "integer general\n" : "real general\n";
    if (values == Values::log_expression) (out.text += log_expression_mark) += '\n';
    if (values == Values::counts && !integers) (out.text += counts_mark) += '\n';
    out.text += text(x.cols(), " ", x.rows(), " ", entries, "\n");
    // Row by row, so that genes rise within a cell whatever the order in memory.
    for (Index row = 0; row < x.rows(); ++row) {
        transst::for_each_entry(x, row, row + 1, [&](Index cell, Index gene, auto value) {
            if (value == 0) return;
            append_number(out.text, gene + 1);
            out.text += ' ';
            append_number(out.text, cell + 1);
            out.text += ' ';
            if (integers)
                append_number(out.text, static_cast<std::int64_t>(value));
            else
                append_number(out.text, value);
            out.text += '\n';
        });
        out.drain();
    }
}

}  // namespace transst::detail
