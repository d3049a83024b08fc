// transst inspect: what does a file or folder hold, and what can it be used for?
#include "commands.hpp"
#include "from.hpp"
#include "model.hpp"
#include "options.hpp"
#include "samples.hpp"
#include "tables.hpp"
#include "with_data.hpp"

#include <transst/io/read_sample.hpp>

#include <nlohmann/json.hpp>

#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>

namespace transst_program {
namespace {

using transst::Index;
using transst::text;
using transst::detail::counted;
using Words = std::vector<std::string>;

constexpr std::size_t line_width = 80, indent = 10;

/// A line with a name in front; what is longer goes on below, indented by `hang`.
void say(const std::string& name, const std::string& words, std::size_t hang = indent) {
    std::string line = name + std::string(indent - std::min(indent, name.size()), ' ');
    std::istringstream in(words);
    bool first = true;
    for (std::string word; in >> word; first = false) {
        if (!first && line.size() + 1 + word.size() > line_width) {
            std::cout << line << '\n';
            line = std::string(hang, ' ') + word;
        } else {
            line += (first ? "" : " ") + word;
        }
    }
    std::cout << line << '\n';
}

std::string rounded(double value) {
    std::ostringstream out;
    out << std::setprecision(4) << value;
    return out.str();
}

/// The different values of one column.
struct Levels {
    std::vector<std::pair<std::string, Index>> cells{};  ///< of each level, most first
    Index missing = 0;
    bool numbers = true;  ///< all that are there

    explicit Levels(const Words& words) {
        std::map<std::string_view, Index> count;
        for (const auto& word : words)
            if (transst::is_missing(word))
                ++missing;
            else
                ++count[word];
        for (const auto& [level, number] : count) {
            cells.emplace_back(level, number);
            numbers = numbers && transst::detail::parse_number<double>(level).has_value();
        }
        std::stable_sort(cells.begin(), cells.end(),
                         [](const auto& a, const auto& b) { return a.second > b.second; });
    }

    /// Few enough to be classes.
    [[nodiscard]] bool could_be_labels() const {
        return cells.size() >= 2 && cells.size() <= 100 && cells.front().second > 1;
    }

    [[nodiscard]] std::string in_words() const {
        constexpr std::size_t most = 12;
        std::string out;
        if (numbers && cells.size() > most) {
            double least = std::numeric_limits<double>::infinity(), largest = -least;
            for (const auto& level : cells) {
                const auto value = *transst::detail::parse_number<double>(level.first);
                least = std::min(least, value);
                largest = std::max(largest, value);
            }
            out = text("numbers, ", rounded(least), " to ", rounded(largest));
        } else {
            out = counted(cells.size(), "level");
            if (could_be_labels() || cells.size() == 1)
                for (std::size_t i = 0; i < std::min(cells.size(), most); ++i)
                    out += text(i == 0 ? ": " : ", ", cells[i].first, " ", cells[i].second);
            if (could_be_labels() && cells.size() > most) out += ", …";
        }
        return missing > 0 ? text(out, "; missing ", missing) : out;
    }
};

using Columns = std::vector<std::pair<std::string, Levels>>;

/// Those of a cells.tsv.
Columns read_columns(const std::filesystem::path& path) {
    transst::detail::TextFile file(path);
    std::string_view line;
    std::vector<std::string_view> fields;
    file.next(line);
    transst::detail::split_fields(line, fields);
    const Words names(fields.begin(), fields.end());
    std::vector<Words> words(names.size());
    while (file.next(line)) {
        if (line.empty()) continue;
        transst::detail::split_fields(line, fields);
        for (std::size_t j = 0; j < std::min(fields.size(), names.size()); ++j)
            words[j].emplace_back(fields[j]);
    }
    Columns out;
    for (std::size_t j = 0; j < names.size(); ++j)
        if (names[j] != "barcode") out.emplace_back(names[j], Levels(words[j]));
    return out;
}

/// What is known about the cells.
Columns columns_of(const std::filesystem::path& path, const transst::SampleFile& file,
                   const transst::ReadOptions& options) {
    Columns out;
#ifdef TRANSST_HAS_HDF5
    if (file.format == transst::SampleFormat::anndata) {
        const transst::detail::AnnDataFile data(path);
        for (const auto& name : file.columns)
            out.emplace_back(name, Levels(data.column("obs", name)));
        return out;
    }
#endif
    if (file.format == transst::SampleFormat::table) {
        if (!file.sample.labels.empty())
            out.emplace_back(options.label_column, Levels(file.sample.labels));
        if (!file.sample.sections.empty())
            out.emplace_back(options.section_column, Levels(file.sample.sections));
        return out;
    }
    for (const auto& folder : {path, path / "outs", path / "filtered_feature_bc_matrix"})
        if (const auto cells = transst::detail::find_one_of(folder, {"cells.tsv", "cells.tsv.gz"}))
            return read_columns(*cells);
    return out;
}

/// How wide the spots of a Space Ranger folder are, in pixels; 0 where that is not known.
double spot_diameter(const std::filesystem::path& path) {
    for (const auto& folder : {path, path / "outs"}) {
        std::ifstream file(folder / "spatial" / "scalefactors_json.json");
        const auto scales = nlohmann::json::parse(file, nullptr, false);
        if (scales.is_object() && scales.contains("spot_diameter_fullres") &&
            scales["spot_diameter_fullres"].is_number())
            return scales["spot_diameter_fullres"];
    }
    return 0;
}

/// As a shell takes it.
std::string quoted(const std::string& word) {
    if (word.find_first_of(" '\"\\$&;()<>|*?`!#~") == word.npos && !word.empty()) return word;
    std::string out = "'";
    for (const char c : word) c == '\'' ? out += "'\\''" : out += c;
    return out + "'";
}

/// At most three.
std::string some(const Words& names) {
    const Words first(names.begin(), names.begin() + std::min<Index>(3, std::ssize(names)));
    std::string out;
    for (const auto& name : first) out += (out.empty() ? "" : ", ") + name;
    return names.size() > first.size() ? out + ", …" : out;
}

/// And their symbols, where these say more.
std::string some_genes(const Words& genes, const Words& symbols) {
    return some(genes) + (symbols.empty() || symbols == genes ? "" : "; symbols " + some(symbols));
}

void inspect_model(const std::string& path) {
    const auto saved = read_saved_model(path);
    const auto& model = saved->model;
    say("format", text("model of transst fit, format ", saved->info.format, ", written by transst ",
                       saved->info.version, ", checksum ", saved->info.checksum_text()));
    say("sources", text(transst::detail::in_words(model.sources), ": ",
                        counted(model.labelled_cells, "labelled cell"),
                        model.placed ? ", placed" : ", without places"));
    say("classes", classes_in_words(model));
    say("genes", text(model.genes.size(), ": ", some_genes(model.genes, model.symbols)));
    say("factors", text(model.pldr.factors()));
    say("held out", accuracy_in_words(model));
    say("target", "no: a model is applied to one");
    say("source", text("in its place: transst apply --model ", quoted(path)));
}

/// Each with its values.
void say_columns(const Columns& columns) {
    std::size_t widest = 0;
    for (const auto& [name, levels] : columns) widest = std::max(widest, name.size());
    widest = std::min<std::size_t>(widest, 24);
    for (std::size_t j = 0; j < columns.size(); ++j) {
        const auto& [name, levels] = columns[j];
        const std::string padding(widest - std::min(widest, name.size()) + 2, ' ');
        say((j == 0 ? "columns   " : "          ") + name + padding, levels.in_words(),
            indent + widest + 2);
    }
}

/// A part of fit.json as it is read, not written; empty where it is missing.
std::string said(const nlohmann::json& fit, const char* part) {
    const auto value = fit.contains(part) ? fit.at(part) : nlohmann::json();
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_array()) return value.is_null() ? "" : value.dump();
    Words each;
    for (const auto& one : value)
        each.push_back(one.is_string() ? one.get<std::string>() : one.dump());
    return each.empty() ? "" : transst::detail::in_words(each);
}

void inspect_fit(const std::string& path) {
    const auto fit = fit_json_in(path);
    transst::require<transst::FileError>(
        !fit.is_null(), path,
        ": expected the fit.json of a run, found something else or a part of it; name a whole one");
    const auto& options = fit["options"];
    const std::string command = options.contains("model") ? "apply" : "cluster";
    say("format", text("fit.json of transst ", command, ", version ", said(fit, "version"),
                       said(fit, "stopped") == "true" ? ", stopped before its end" : ""));
    std::string run = text("target ", said(options, "target"));
    for (const char* name : {"sources", "model", "clusters", "method", "trust", "seed"})
        if (const auto value = said(options, name); !value.empty())
            run += text("; ", name, " ", value);
    say("run", run + (said(options, "published") == "true" ? "; published" : ""));
    if (fit.contains("decisions"))
        for (const auto& choice : fit["decisions"])
            say(&choice == &fit["decisions"].front() ? "choices" : "",
                choice.is_string() ? choice.get<std::string>() : choice.dump(), indent + 2);
    if (fit.contains("ari") && fit["ari"].is_number())
        say("ARI", rounded(fit["ari"].get<double>()) + " against the target's own labels");
    say("again", text("transst ", command, " --from ", quoted(path),
                      " --out DIR, from the folder where it was started"));
    say("target", "no: it says how one was clustered");
    say("source", "no");
}

/// A table that transst cluster left. words: what it holds; use: what reads it.
void inspect_result(const std::string& path, const std::string& words, const std::string& use) {
    const auto columns = read_columns(path);
    say("format", words);
    say_columns(columns);
    say("read by", use);
    say("target", "no: it has no expression; a target is what was clustered");
    say("source", "no: it has no expression");
}

/// The genomes of an older 10x file, of which one is read at a time; empty for all other files.
std::vector<std::pair<std::string, std::string>> genomes_in(
    [[maybe_unused]] const std::string& path) {
    std::vector<std::pair<std::string, std::string>> out;  // with their sizes
#ifdef TRANSST_HAS_HDF5
    using namespace transst::detail;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored) || !is_hdf5(path)) return out;
    const Hdf5File file(path);
    const auto groups = ten_x_groups(file);
    if (AnnDataFile::is_one(file) || groups.size() < 2 || file.has("matrix/features")) return out;
    for (const auto& genome : groups) {
        const auto shape = Hdf5Dataset(file, genome + "/shape").numbers<Index>();
        if (shape.size() != 2) file.fail(genome + "/shape", "expected two numbers");
        out.emplace_back(genome, text(counted(shape[1], "cell"), " x ", counted(shape[0], "gene")));
    }
#endif
    return out;
}

void inspect_genomes(const std::string& path,
                     const std::vector<std::pair<std::string, std::string>>& genomes) {
    say("format", text(transst::to_text(transst::SampleFormat::ten_x_h5),
                       " of several genomes, each with its own cells"));
    for (const auto& genome : genomes)
        say(genome == genomes.front() ? "genomes" : "", genome.first + ": " + genome.second);
    say("matrix", "that of one genome, which --layer names");
    say("again",
        text("transst inspect ", quoted(path), " --layer ", quoted(genomes.front().first)));
}

void inspect(const std::string& path, const transst::ReadOptions& options) {
    if (transst::is_model_file(path)) return inspect_model(path);
    if (transst::detail::begins_with(path, "{")) return inspect_fit(path);
    if (transst::detail::begins_with(path, text(labels_header, "\n")))
        return inspect_result(path,
                              "labels.tsv: the clusters of a target's spots; the confidence is "
                              "that of the spot in its cluster's name",
                              "transst score --labels " + quoted(path));
    if (transst::detail::begins_with(path, text(markers_header, "\n")))
        return inspect_result(path, "markers.tsv: the genes that set clusters apart",
                              "no command; transst score --target tests genes itself");
    if (options.layer.empty())
        if (const auto genomes = genomes_in(path); !genomes.empty())
            return inspect_genomes(path, genomes);
    const auto file = transst::read_sample_file(path, options);
    const auto& sample = file.sample;
    const auto& x = sample.expression;
    const auto columns = columns_of(path, file, options);
    const double share = 100 * static_cast<double>(x.non_zeros()) /
                         (static_cast<double>(x.rows()) * static_cast<double>(x.cols()));
    say("format", std::string(to_text(file.format)));
    std::string matrix =
        sample.values == transst::Values::counts ? "counts" : "log expression, taken as it is";
    if (!file.matrix.empty()) matrix = file.matrix + ": " + matrix;
    if (file.layers.size() > 1)
        matrix += "; --layer can name " + transst::detail::in_words(file.layers);
    say("matrix", matrix);
    say("size", text(counted(x.rows(), "cell"), " x ", counted(x.cols(), "gene"), ", ",
                     counted(x.non_zeros(), "non-zero"), " (", rounded(share), " %)",
                     file.off_tissue() > 0 ? text("; ", counted(file.off_tissue(), "more spot"),
                                                  " off the tissue left out")
                                           : ""));
    say("cells", some(sample.barcodes));
    say("genes", some_genes(sample.genes, sample.symbols));
    if (columns.empty()) say("columns", "none: nothing is known about the cells");
    say_columns(columns);
    std::string places = "none";
    if (sample.coordinates.rows() > 0) {
        const auto& at = sample.coordinates;
        const auto range = [&](int axis) {
            double least = std::numeric_limits<double>::infinity(), largest = -least;
            for (Index i = 0; i < at.rows(); ++i)
                if (std::isfinite(at(i, axis))) {
                    least = std::min(least, at(i, axis));
                    largest = std::max(largest, at(i, axis));
                }
            return text(rounded(least), " to ", rounded(largest));
        };
        places = text("x ", range(0), ", y ", range(1));
        if (const double width = spot_diameter(path);
            width > 0 && options.spatial_key == transst::ReadOptions{}.spatial_key)
            places += text(" in pixels, spots ", rounded(width), " wide");
        const auto sections = Levels(sample.sections).cells.size();
        if (sections > 1) places += text(" in ", sections, " sections");
    }
    if (file.places.size() > 1)
        places += "; --spatial-key can name " + transst::detail::in_words(file.places);
    say("places", places);

    // what the file needs to be told apart from its name
    const transst::ReadOptions usual;
    const auto told = [&](const std::string& dashes) {
        std::string out;
        const auto tell = [&](const char* option, const std::string& value,
                              const std::string& other) {
            if (value != other) out += text(" ", dashes, option, " ", quoted(value));
        };
        tell("layer", options.layer, usual.layer);
        tell("section-column", options.section_column, usual.section_column);
        tell("spatial-key", options.spatial_key, usual.spatial_key);
        if (options.values)
            tell("expression", options.values == transst::Values::counts ? "counts" : "log", "");
        tell("label-column", options.label_column, usual.label_column);
        return out;
    };
    const auto lacking = lacks_as_target(file, options);
    say("target",
        lacking.empty() ? text("yes: --target ", quoted(path), told("--")) : "no: " + lacking);

    Words candidates;  // words before numbers
    for (const bool numbers : {false, true})
        for (const auto& [name, levels] : columns)
            if (levels.could_be_labels() && levels.numbers == numbers && name != "x" && name != "y")
                candidates.push_back(name);
    const auto unlabelled = lacks_as_source(file, options);
    if (unlabelled.empty())
        say("source", text("yes: --source ", quoted(path), told("--source-")));
    else if (!candidates.empty())
        say("source", text("yes, told which column has the labels: --source-label-column ",
                           candidates.size() == 1 ? "" : "and one of ",
                           transst::detail::in_words(candidates)));
    else
        say("source", "no: " + unlabelled);
}

}  // namespace

void add_inspect(CLI::App& program) {
    struct Options {
        std::string path, expression = "auto";
        transst::ReadOptions reading{.label_optional = true, .section_optional = true};
    };
    auto* command = program.add_subcommand(
        "inspect", "Say what a file or folder holds, and what it can be used for");
    auto options = std::make_shared<Options>();
    auto& o = *options;
    command
        ->add_option("PATH", o.path,
                     wrapped("Folder in the 10x layout or of Space Ranger; .h5ad; "
                             "filtered_feature_bc_matrix.h5; or a table (.tsv or .csv, gzip or "
                             "not): cells in rows, genes in columns, and columns label, x, y and "
                             "section if known; or a model of 'transst fit'; or fit.json, "
                             "labels.tsv or markers.tsv of a run"))
        ->required()
        ->type_name("");
    add_option(*command, "--label-column", o.reading.label_column, "Column with the labels");
    add_option(*command, "--section-column", o.reading.section_column, "Column with the sections");
    add_option(*command, "--spatial-key", o.reading.spatial_key,
               "Where places are: of an .h5ad in obsm; of a Space Ranger folder, spatial or array");
    command
        ->add_option("--layer", o.reading.layer,
                     wrapped("Matrix of an .h5ad, X, raw or a layer's name; genome of an .h5"))
        ->type_name("NAME");
    add_option(*command, "--expression", o.expression,
               "What its numbers are: counts, log, or auto: what they look like")
        ->option_text("NAME=" + o.expression)
        ->check(CLI::IsMember({"auto", "counts", "log"}));
    command->footer(
        "Example:\n"
        "  transst inspect tissue.h5ad\n"
        "\n"
        "Whole numbers of 0 or more are counts, others log expression unless one is\n"
        "above 50; of an .h5ad the first of X, layers/counts and raw/X that holds counts\n"
        "is used.");
    command->callback([options] {
        transst::require(!options->path.empty(), "PATH is empty; name a folder or file");
        options->reading.values = values_called(options->expression);
        with_data([&] { inspect(options->path, options->reading); });
    });
}

}  // namespace transst_program
