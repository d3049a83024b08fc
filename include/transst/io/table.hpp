// One table, cells in rows and genes in columns, becomes a sample.
//
//   cell,label,x,y,section,GENE1,GENE2,…
//   cell_1,L1,10.5,3,A,0,2,…
//
// Commas or tabs, gzip or not. The first column is the cells' names, whatever it is called, or has
// no name at all (as R writes it). label, x, y and section may stand anywhere or be absent; every
// other column is a gene.
#pragma once

#include <transst/io/numbers.hpp>
#include <transst/io/row_builder.hpp>
#include <transst/io/sample_file.hpp>
#include <transst/io/separated.hpp>

#include <limits>

namespace transst {

/// Reads a table in the layout above as n cells × p genes. The columns of labels and sections are
/// those that the options name; NA or nothing is missing in them and in x and y. Whole numbers of 0
/// or more are counts, others log expression unless one is above 50 (see read_anndata).
/// Throws FileError with file, line and what was expected; InvalidArgument for its options.
[[nodiscard]] inline SampleFile read_table_file(const std::filesystem::path& path,
                                                const ReadOptions& options = {}) {
    detail::check_stretch(options, "read_table");
    constexpr std::size_t longest_line = std::size_t{1} << 24;
    constexpr std::string_view layout =
        "a table has cells in rows, genes in columns, and columns label, x, y and section if known";
    detail::TextFile file(path, longest_line);
    std::string_view line;
    file.next(line);
    detail::FieldSplitter splitter(line.find('\t') != line.npos ? '\t' : ',');
    const auto& first = splitter.split(line);
    if (first.size() < 2)
        file.fail(line, "a header of names between commas or tabs",
                  line.find(';') == line.npos ? "" : ", not semicolons", " (", layout, ")");
    std::vector<std::string> header(first.begin(), first.end());
    if (!file.next(line)) file.refuse("cells below the header, found the end of the file");
    // R leaves out the name of the names
    if (splitter.split(line).size() == header.size() + 1) header.insert(header.begin(), "");

    SampleFile out{.format = SampleFormat::table};
    auto& sample = out.sample;
    sample.name = path.stem().stem().string();
    const ReadOptions usual;
    const std::size_t width = header.size(), none = width;
    std::size_t label = none, section = none, x = none, y = none;
    std::vector<std::int32_t> gene_of(width, -1);
    for (std::size_t j = 1; j < width; ++j) {
        const auto& name = header[j];
        auto* known = name == options.label_column     ? &label
                      : name == options.section_column ? &section
                      : name == "x"                    ? &x
                      : name == "y"                    ? &y
                                                       : nullptr;
        if (known != nullptr || name == usual.label_column || name == usual.section_column)
            out.columns.push_back(name);
        if (known != nullptr) {
            if (*known != none) file.fail(name, "one column of each name");
            *known = j;
        } else if (name != usual.label_column && name != usual.section_column) {
            gene_of[j] = static_cast<std::int32_t>(sample.genes.size());
            sample.genes.push_back(name);
        }
    }
    for (const char* place : {"x", "y"})
        if (header[0] == place && (x == none) != (y == none))
            file.refuse("the cells' names in the first column, found ", place);
    if ((x == none) != (y == none)) file.refuse("both columns x and y, or neither");
    if (label == none && !options.label_optional && options.label_column != usual.label_column)
        file.refuse("a column named ", options.label_column, " in the header");
    if (section == none && !options.section_optional &&
        options.section_column != usual.section_column)
        file.refuse("a column named ", options.section_column, " in the header");
    if (sample.genes.empty()) file.refuse("columns of genes, found none (", layout, ")");
    if (const auto twice = detail::find_repeated(sample.genes))
        throw FileError(text(path.string(), ":1: expected each gene once, found ",
                             detail::in_quotes(twice->name), " twice"));

    // how many cells there are is known at the end
    detail::ValueScan scan;
    CompressedRows<float> rows;
    rows.genes = std::ssize(sample.genes);
    std::vector<double> places;
    const auto place = [&](std::string_view field) {
        if (is_missing(field)) return std::numeric_limits<double>::quiet_NaN();
        const auto value = detail::parse_number<double>(field);
        if (!value || !std::isfinite(*value)) file.fail(field, "a finite coordinate, or NA");
        return *value;
    };
    do {
        if (line.empty()) continue;
        const auto& fields = splitter.split(line);
        if (fields.size() != width)
            file.refuse(width, " fields as in the header, found ", fields.size());
        if (fields[0].empty()) file.refuse("a name of the cell in the first column, found none");
        sample.barcodes.emplace_back(fields[0]);
        if (label != none) sample.labels.emplace_back(fields[label]);
        if (section != none) sample.sections.emplace_back(fields[section]);
        if (x != none) {
            places.push_back(place(fields[x]) * options.stretch_x);
            places.push_back(place(fields[y]) * options.stretch_y);
        }
        for (std::size_t j = 1; j < width; ++j) {
            if (gene_of[j] < 0) continue;
            const auto value = detail::parse_number<float>(fields[j]);
            if (!value || !std::isfinite(*value))
                file.fail(fields[j], "a finite number for the gene ", header[j], " (", layout, ")");
            if (*value == 0) continue;
            scan.add(*value);
            if (*value < 0 && options.values != Values::log_expression)
                file.fail(fields[j], "counts or log expression, 0 or more, for the gene ",
                          header[j]);
            rows.columns.push_back(gene_of[j]);
            rows.values.push_back(*value);
        }
        rows.starts.push_back(rows.non_zeros());
    } while (file.next(line));
    sample.expression = StoredRows<float>(std::move(rows));
    if (const auto twice = detail::find_repeated(sample.barcodes))
        throw FileError(text(path.string(), ": expected each cell once, found ",
                             detail::in_quotes(twice->name), " twice"));
    sample.labels = detail::unless_all_missing(std::move(sample.labels));
    sample.sections = detail::unless_all_missing(std::move(sample.sections));
    const auto finite = [](double value) { return std::isfinite(value); };
    if (std::any_of(places.begin(), places.end(), finite))
        sample.coordinates = Eigen::Map<RowMatrix<double>>(places.data(), sample.rows(), 2);
    sample.values = scan.values(options, path);
    out.rows = sample.rows();
    return out;
}

/// The sample alone, in memory.
[[nodiscard]] inline Sample<CompressedRows<float>> read_table(const std::filesystem::path& path,
                                                              const ReadOptions& options = {}) {
    return detail::in_memory(read_table_file(path, options).sample);
}

}  // namespace transst
