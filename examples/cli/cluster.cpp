// transst cluster and transst apply: labelled sources, or a model of them, and a spatial target in,
// the target's regions out.
#include "cluster.hpp"

#include "commands.hpp"
#include "model.hpp"
#include "monitor.hpp"
#include "options.hpp"
#include "output_folder.hpp"
#include "png.hpp"
#include "reading.hpp"
#include "results.hpp"
#include "with_data.hpp"

#include <transst/graph/lattice_graph.hpp>
#include <transst/graph/radius_graph.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>

#include <array>
#include <charconv>
#include <iomanip>
#include <iostream>
#include <map>
#include <set>

namespace transst_program {
namespace {

using transst::Index;
using transst::require;
using transst::detail::counted;
using transst::detail::in_words;

/// Beyond this a weight is no longer told from inf, and its products need not be finite.
constexpr double largest_lambda = 1e12;
/// So many pseudo-spots hold a class where it is in any target.
constexpr double largest_kappa = 1e12;

const std::vector<std::string> expression_kinds{"auto", "counts", "log"};

constexpr auto result_files = {"labels.tsv",    "fit.json",     "clusters.svg", "markers.tsv",
                               "posterior.tsv", "clusters.png", annotated_name};

/// Ids or symbols, one a line; empty lines and what surrounds a name are passed over.
std::vector<std::string> read_gene_list(const std::string& path) {
    std::error_code ignored;
    require<transst::FileError>(std::filesystem::exists(path, ignored), "--gene-list: ", path,
                                ": expected a file with a gene a line, found nothing");
    transst::detail::TextFile file(path);
    std::vector<std::string> genes;
    std::set<std::string> seen;
    for (std::string_view line; file.next(line);) {
        const auto begin = line.find_first_not_of(" \t");
        if (begin == line.npos) continue;
        genes.emplace_back(line.substr(begin, line.find_last_not_of(" \t") + 1 - begin));
        if (!seen.insert(genes.back()).second) genes.pop_back();
    }
    require<transst::BadData>(!genes.empty(), "--gene-list: ", path,
                              ": there are no genes in it; name one a line");
    return genes;
}

/// "7", "3-9" or "3,5,7".
std::vector<Index> parse_clusters(const std::string& word) {
    const auto refuse = [&] {
        throw transst::InvalidArgument(transst::text(
            "--clusters is '", word,
            "'; it must be a whole number of 1 or more, a range 3-9 or a list 3,5,7"));
    };
    std::vector<Index> out;
    std::string_view rest = word;
    while (true) {
        const auto comma = rest.find(',');
        const std::string_view part = rest.substr(0, comma);
        const auto dash = part.find('-');
        const auto first = transst::detail::parse_number<Index>(part.substr(0, dash));
        const auto last =
            dash == part.npos ? first : transst::detail::parse_number<Index>(part.substr(dash + 1));
        if (!first || !last || *first < 1) refuse();
        require(*first <= *last, "--clusters is '", word,
                "': the range is empty; put the smaller number first");
        require(*last - *first < 1000, "--clusters is '", word,
                "'; that is too many numbers to try");
        for (Index k = *first; k <= *last; ++k) {
            require(std::find(out.begin(), out.end(), k) == out.end(), "--clusters is '", word,
                    "': ", k, " is there twice; leave one out");
            out.push_back(k);
        }
        if (comma == rest.npos) break;
        rest.remove_prefix(comma + 1);
    }
    std::ranges::sort(out);
    return out;
}

/// Whether a file is `place`, or in it.
bool lies_in(const std::filesystem::path& file, const std::filesystem::path& place) {
    const auto inner = std::filesystem::weakly_canonical(file),
               outer = std::filesystem::weakly_canonical(place);
    return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first ==
           outer.end();
}

/// Nothing is to be read twice.
void check_different(const char* option, const std::vector<std::string>& paths) {
    for (auto at = paths.begin(); at != paths.end(); ++at)
        require(std::none_of(paths.begin(), at,
                             [&](const auto& other) { return same_file(*at, other); }),
                option, " ", *at, " is given twice; leave one out");
}

/// What can be refused without having looked at a file.
void check_options(const ClusterOptions& options) {
    for (const auto& target : options.targets)
        require(!target.empty(), "--target is empty; name a folder or file");
    check_different("--target", options.targets);
    require(options.model.empty() || options.sources.empty(),
            "--model and --source exclude each other; leave out one of the two");
    check_sources(options);
    for (const char* file : result_files)
        check_not_read("--out", std::filesystem::path(options.out) / file, options.inputs());
    require(!options.clusters.empty(), "--clusters is missing");
    require(!options.sources.empty() || !options.model.empty() || options.genes_from == "target",
            "--genes-from ", options.genes_from,
            " goes with --source; give that too, or leave out --genes-from");
    require(!options.sources.empty() || !options.model.empty() || options.trust == "auto" ||
                options.trust == "none",
            "--trust ", options.trust, " goes with --source; give that too, or leave out --trust");
    require(!options.sources.empty() || !options.model.empty() || options.kappa == "auto",
            "--kappa goes with --source; give that too, or leave out --kappa");
    if (options.lambda != "auto") {
        const double lambda = parse_number("--lambda", options.lambda);
        require(lambda <= largest_lambda || std::isinf(lambda), "--lambda is '", options.lambda,
                "'; it must be at most ", largest_lambda,
                ", or inf to keep the source's loading as it is");
    }
    require(options.radius >= 0, "--radius is ", options.radius,
            "; it must be 0 or more, where 0 looks for one");
    if (options.kappa != "auto") {
        const auto kappa = transst::detail::parse_number<double>(options.kappa);
        require(kappa && *kappa > 0 && *kappa <= largest_kappa, "--kappa is '", options.kappa,
                "'; it must be a number above 0 and at most ", largest_kappa, ", or auto");
    }
    if (options.beta != "auto")
        require(std::isfinite(parse_number("--beta", options.beta)), "--beta is '", options.beta,
                "'; it must be finite");
}

/// There must be as many spots as clusters are asked for.
void check_clusters(const Tissue& target, const ClusterOptions& options) {
    const Index most = *std::max_element(options.clusters.begin(), options.clusters.end());
    const Index spots = target.rows();
    require<transst::BadData>(most <= spots, in_words(options.targets),
                              spots == 1 ? ": there is " : ": there are ", counted(spots, "spot"),
                              ", fewer than --clusters ", most, "; ask for at most so many");
}

/// What both commands have, but for where knowledge comes from.
void add_target_options(CLI::App& command, const std::shared_ptr<ClusterOptions>& options) {
    auto& o = *options;
    const auto* pictures =
        has_png ? "clusters.svg, clusters.png" : "clusters.svg (not .png: built without librsvg)";
    command
        .add_option("--target", o.targets,
                    wrapped("The spots to cluster: a 10x or Space Ranger folder, .h5ad, .h5 or "
                            "table ('transst inspect PATH' says what is in it). Several sections, "
                            "which get common clusters, may lie in one, told apart by "
                            "--section-column, or be given one by one"))
        ->required()
        ->type_name("PATH");
    command
        .add_option_function<std::string>(
            "--clusters",
            [options](const std::string& word) { options->clusters = parse_clusters(word); },
            wrapped("Number of clusters; a range 3-9 or a list 3,5,7 to choose among"))
        ->required()
        ->type_name("K");
    command
        .add_option("--out", o.out,
                    wrapped(transst::text(
                        "Folder for labels.tsv, ", pictures,
                        ", markers.tsv, posterior.tsv, fit.json and, where the target is one "
                        ".h5ad, a copy with the clusters in it, target.h5ad")))
        ->required()
        ->type_name("DIR");
    // what main.cpp puts an earlier run's options in the place of, here for the help
    command
        .add_option_function<std::string>(
            "--from", [](const std::string&) {},
            wrapped("fit.json of an earlier run, whose options are taken but for those given "
                    "anew"))
        ->type_name("FILE");
    command.add_flag("--force", o.force, "Replace results that are already there");
    command
        .add_option("--report", o.report,
                    wrapped("File for a page with all of it, to be opened in a browser"))
        ->type_name("FILE");
    add_working_options(command, options, "in --out");
}

void add_duplicates_option(CLI::App& command, ClusterOptions& o, const char* group) {
    command
        .add_flag("--allow-duplicates", o.allow_duplicates,
                  "Accept spots that lie at the same place")
        ->group(group);
}

/// Who neighbours whom, and how clusters are sought.
void add_cluster_options(CLI::App& command, ClusterOptions& o, bool paper) {
    const auto add = [&](const char* name, auto& value, const char* help) {
        return add_option(command, name, value, help)->group(method_group);
    };
    const auto at_least_1 = whole_number<Index>(1);
    command
        .add_option("--neighbors", o.neighbors,
                    wrapped(paper ? "Nearest neighbours of a spot [6, with --method paper 5]"
                                  : "Nearest neighbours of a spot [6]"))
        ->transform(at_least_1)
        ->group(method_group);
    add("--neighborhood", o.neighborhood,
        "Who neighbours whom: nearest, radius, or the square or hexagonal lattice of whole x "
        "(column) and y (row)")
        ->option_text("NAME=" + o.neighborhood)
        ->check(CLI::IsMember({"nearest", "radius", "square", "hexagonal"}));
    add("--radius", o.radius,
        "Of --neighborhood radius, in the places' unit (of Space Ranger pixels); 0: such that the "
        "median spot has 4 to 6 neighbours")
        ->transform(finite_number());
    add("--beta", o.beta,
        "Smoothness in space, 0 or more; 0: each spot by itself; auto: estimated");
    command
        .add_option(
            "--starts", o.starts,
            wrapped(paper ? "Starts of a mixture without anchors, twice as many where adapted [5, "
                            "with --method paper 10]"
                          : "Starts of a mixture without anchors, twice as many where adapted [5]"))
        ->transform(at_least_1)
        ->group(method_group);
    add("--criterion", o.criterion,
        "By which the number of clusters is chosen: bic, mbic, hbic, icl or stability; auto: as "
        "many as classes of the source hold spots where these anchor the clusters, else mbic")
        ->option_text("NAME=" + o.criterion)
        ->check(CLI::IsMember({"auto", "bic", "mbic", "hbic", "icl", "stability"}));
}

void add_trust_options(CLI::App& command, ClusterOptions& o, const char* group) {
    add_option(command, "--trust", o.trust,
               "How far: anchored (its classes are priors), adapted (its loading), guided (its "
               "informative "
               "genes), none; auto: learned from the target")
        ->option_text("NAME=" + o.trust)
        ->check(CLI::IsMember({"auto", "anchored", "adapted", "guided", "none"}))
        ->group(group);
    add_option(command, "--kappa", o.kappa,
               "Spots that each class is worth when it anchors; auto: 1000, or 10 for classes by "
               "which less of the target is explained")
        ->group(group);
}

/// Options that say something only beside others.
void check_given(const CLI::App& command, const ClusterOptions& options) {
    require(!options.quiet || !options.verbose,
            "--quiet and --verbose contradict each other; leave out one of the two");
    require(command.count("--radius") == 0 || options.neighborhood == "radius",
            "--radius goes with --neighborhood radius; give that too, or leave out --radius");
    require(command.count("--neighbors") == 0 || options.neighborhood == "nearest",
            "--neighbors goes with --neighborhood nearest, not ", options.neighborhood,
            "; leave out one of the two");
}

}  // namespace

void check_sources(const ClusterOptions& options) {
    const auto& sources = options.sources;
    for (const auto& source : sources)
        require(!source.empty(), "--source is empty; name a folder or file, or leave it out");
    check_different("--source", sources);
    const auto check = [&](const char* name, const std::vector<std::string>& words) {
        require(words.empty() || !sources.empty(), name,
                " goes with --source; give that too, or leave out ", name);
        require(words.size() <= 1 || words.size() == sources.size(), name, " is given ",
                words.size(), " times for ", counted(sources.size(), "source"),
                "; give it once for all of them, or once for each");
    };
    check("--source-label-column", options.source_label_column);
    check("--source-section-column", options.source_section_column);
    check("--source-spatial-key", options.source_spatial_key);
    check("--source-layer", options.source_layer);
    check("--source-expression", options.source_expression);
}

Index parse_memory(const std::string& word) {
    constexpr std::string_view units = "KMGT";
    double bytes = 0;
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, bytes);
    std::string unit(stop, end);
    std::erase(unit, ' ');
    for (char& c : unit) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (unit.ends_with('B')) unit.pop_back();
    const auto power = units.find(unit);
    const bool known = error == std::errc{} && unit.size() == 1 && power != units.npos;
    if (known) bytes *= std::pow(1000.0, static_cast<double>(power) + 1);
    require(known && bytes >= 1e6 && bytes < 1e15, "--memory is '", word,
            "'; it must be a size of 1MB or more, such as 500MB or 2GB");
    return static_cast<Index>(bytes);
}

double parse_number(const std::string& option, const std::string& word) {
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    require(error == std::errc{} && end == word.data() + word.size() && value >= 0, option, " is '",
            word, "'; it must be a number of 0 or more",
            option == "--lambda" ? ", inf or auto" : ", or auto");
    return value;
}

transst::Prepare::Options prepare_options(const ClusterOptions& options) {
    using namespace transst;
    auto out = options.published ? Prepare::Options::published() : Prepare::Options{};
    if (!options.published)
        out.standardize =
            options.standardize == "all" ? StandardizeOver::all : StandardizeOver::section;
    out.genes = options.genes;
    out.criterion = gene_criteria.at(options.gene_criterion);
    if (!options.gene_list.empty()) out.gene_list = read_gene_list(options.gene_list);
    out.genes_from = options.genes_from == "target"   ? GenesFrom::target
                     : options.genes_from == "source" ? GenesFrom::source
                                                      : GenesFrom::both;
    out.ignore = options.ignore;
    return out;
}

std::optional<transst::Graph> own_graph(const ClusterOptions& options, const Tissue& target,
                                        const transst::RunOptions& run) {
    using namespace transst;
    if (options.neighborhood == "radius")
        return RadiusGraph{{.radius = options.radius, .allow_duplicates = options.allow_duplicates}}
            .fit(target.coordinates, target.sections, run);
    if (options.neighborhood == "nearest") return std::nullopt;
    // the lattice is that of the file, before it was stretched
    RowMatrix<double> places = target.coordinates;
    places.col(0) = (places.col(0) / options.stretch_x).array().round();
    places.col(1) = (places.col(1) / options.stretch_y).array().round();
    for (Index i = 0; i < places.rows(); ++i)
        require<BadData>(
            std::abs(places(i, 0) * options.stretch_x - target.coordinates(i, 0)) < 1e-6 &&
                std::abs(places(i, 1) * options.stretch_y - target.coordinates(i, 1)) < 1e-6,
            in_words(options.targets), ": spot '", target.barcodes[static_cast<std::size_t>(i)],
            "' does not lie on an array; --neighborhood ", options.neighborhood,
            " needs whole numbers for x (column) and y (row)");
    return LatticeGraph{
        {.lattice = options.neighborhood == "square" ? Lattice::square : Lattice::hexagonal}}
        .fit(places, target.sections, run);
}

std::vector<std::string> graph_warnings(const ClusterOptions& options, const Tissue& target,
                                        const transst::Graph& graph) {
    std::vector<std::string> warnings;
    if (options.neighborhood == "nearest") return warnings;
    const bool hexagonal = options.neighborhood == "hexagonal";
    Index alone = 0, fewer = 0;
    std::map<std::string_view, std::array<Index, 2>> parities;  // of each section
    for (Index i = 0; i < graph.nodes(); ++i) {
        alone += graph.degree(i) == 0;
        if (!hexagonal) continue;
        const auto& at = target.coordinates;
        const bool odd =
            std::llround(at(i, 0) / options.stretch_x + at(i, 1) / options.stretch_y) % 2 != 0;
        const auto section = target.sections.empty() ? std::string_view{}
                                                     : target.sections[static_cast<std::size_t>(i)];
        ++parities[section][odd ? 1 : 0];
    }
    for (const auto& [section, spots] : parities) fewer += std::min(spots[0], spots[1]);
    if (10 * alone > graph.nodes())
        warnings.push_back(transst::text(
            "--neighborhood ", options.neighborhood, ": ", alone, " of ",
            counted(graph.nodes(), "spot"), alone == 1 ? " has" : " have",
            " no neighbour, and nothing is smoothed there; ",
            options.neighborhood != "radius" ? "see whether x is the column and y the row"
            : options.radius > 0             ? "give a larger --radius, or leave it out"
                                             : "give a --radius, or use --neighborhood nearest"));
    if (10 * fewer > graph.nodes())
        warnings.push_back(transst::text(
            "--neighborhood hexagonal: x + y is even at some spots of a section and odd at others "
            "(",
            fewer, " of ", graph.nodes(),
            "), which are not joined; on a hexagonal array it is one of the two: if this is a "
            "square one, say --neighborhood square"));
    return warnings;
}

std::string in_program_words(std::string warning, const std::vector<std::string>& names) {
    // the library's options are not the program's
    if (const auto at = warning.find("; raise max_iterations"); at != warning.npos)
        warning.erase(at);
    if (warning.starts_with("gene_list: ")) return "--gene-list" + warning.substr(9);
    constexpr std::string_view before = "class ";
    if (!warning.starts_with(before)) return warning;
    std::size_t k = 0;
    const char* const digits = warning.data() + before.size();
    const auto end = std::from_chars(digits, warning.data() + warning.size(), k).ptr;
    if (end == digits || k >= names.size()) return warning;
    return warning.replace(before.size(), static_cast<std::size_t>(end - digits),
                           "'" + names[k] + "'");
}

namespace {

/// All that needs the files.
void read_and_cluster(const ClusterOptions& options) {
    Stopwatch watch;
    const std::filesystem::path out = options.out;
    // what reads badly is refused before anything is computed
    Monitor monitor(options.verbose ? Show::everything
                    : options.quiet ? Show::nothing
                                    : Show::line);
    monitor.begin("reading");
    monitor.take_interrupts();
    const auto unless_stopped = [&] {
        if (monitor.interrupted()) throw Interrupted("stopped on request; nothing is written");
    };
    const auto model = options.model.empty() ? nullptr : read_saved_model(options.model);
    if (model && !options.model_checksum.empty())
        require<transst::BadData>(model->info.checksum_text() == options.model_checksum,
                                  "--from: ", options.model,
                                  " is another model than in that run: "
                                  "expected the checksum ",
                                  options.model_checksum, ", found ", model->info.checksum_text(),
                                  "; give --model anew if this one is meant");
    const auto reading = reading_options(options, options.out);
    auto run = monitor.run(options.seed, options.threads);
    run.matrix_bytes = reading.matrix_bytes;
    run.scratch = reading.scratch;
    Summary summary;
    std::vector<std::string> warnings;
    const auto target_file = [&] {
        const auto seen = [&](const std::string& path, const transst::SampleFile& file) {
            summary.add_target(path, file);
            unless_stopped();
        };
        try {
            return read_targets(options, reading, run, seen, warnings);
        } catch (const transst::Stopped&) {
            throw Interrupted("stopped on request; nothing is written");
        }
    }();
    summary.warn(warnings);
    const Tissue& target = target_file.sample;
    check_clusters(target, options);
    std::vector<Tissue> sources;
    for (std::size_t s = 0; s < options.sources.size(); ++s) {
        auto source = read_source(options, reading, s);
        summary.add_source(options.sources[s], source);
        sources.push_back(std::move(source.sample));
        unless_stopped();
    }
    summary.add_time("read", watch.lap());
    summary.warn(unknown_labels(options, sources, &target));
    for (const auto& source : options.sources)
        for (const auto& path : options.targets)
            if (same_file(source, path))
                summary.warn({source + " is source and target: its own labels are used"});
    auto values = values_of(sources);
    values.insert(values.begin(), {"target " + target.name, target.values});
    if (model)
        for (std::size_t s = 0; s < model->model.sources.size(); ++s)
            values.push_back(
                {"the model's source " + model->model.sources[s], model->model.values[s]});
    summary.warn(unlike_expression(values));
    const bool paper = options.published || options.method == "paper";
    const Outcome outcome = [&] {
        try {
            return paper ? cluster_as_paper(options, sources, target, run)
                         : cluster_with_trust(options, sources, target, run, model.get());
        } catch (const transst::Stopped&) {
            throw Interrupted("stopped on request, before there were clusters; nothing is written");
        }
    }();
    const bool stopped = monitor.interrupted();
    monitor.begin("writing");
    summary.describe(options, outcome, sources, target, stopped);
    summary.write(out, target_file, outcome, options, run, watch);
    const bool interrupted = monitor.interrupted();
    monitor.end();
    if (!options.quiet) summary.print(std::cout, out, options);
    if (interrupted)
        throw Interrupted(
            stopped ? "stopped on request; what had been found by then is in " + out.string()
            : summary.has_markers()
                ? "interrupted when the fit had ended; the results are whole"
                : "stopped on request before the markers were found; all else is in " +
                      out.string());
}

}  // namespace

void cluster(const ClusterOptions& options) {
    check_options(options);
    const std::filesystem::path out = options.out;
    const OutputFolder folder(out, result_files, options.force);
    if (options.report) {
        check_output_file("--report", *options.report, options.force);
        for (const char* file : result_files)
            require(!same_file(*options.report, out / file), "--report: ", *options.report,
                    " is one of the results; name another file");
        const auto inputs = options.inputs();
        std::error_code ignored;
        const bool page = std::filesystem::path(*options.report).extension() == ".html" ||
                          !std::filesystem::exists(*options.report, ignored);
        for (const auto& input : inputs)
            require(page || !lies_in(*options.report, input), "--report: ", *options.report, " is ",
                    input == *options.report ? "" : "in ", input,
                    ", which is read; name another file");
    }
    with_data([&] { read_and_cluster(options); });
}

void add_working_options(CLI::App& command, const std::shared_ptr<ClusterOptions>& options,
                         const char* scratch) {
    command.add_flag("--quiet", options->quiet, "Print nothing but errors");
    command.add_flag("--verbose", options->verbose,
                     wrapped("Print a line for each stage and iteration on stderr"));
    add_run_options(command, options->seed, options->threads);
    command
        .add_option_function<std::string>(
            "--memory",
            [options](const std::string& word) { options->memory = parse_memory(word); },
            wrapped(transst::text(
                "Matrices too large for this, 2GB say, are kept in scratch files ", scratch)))
        ->type_name("SIZE");
}

void add_reading_options(CLI::App& command, ClusterOptions& o, const char* ignored,
                         const char* group) {
    const auto add = [&](const char* name, auto& value, const char* help) {
        return add_option(command, name, value, help)->group(group);
    };
    command.add_option("--ignore", o.ignore, wrapped(ignored))->type_name("LABEL")->group(group);
    add("--label-column", o.label_column, "Column of the cells (obs, cells.tsv) with the labels");
    add("--section-column", o.section_column, "Column with the sections, where there are several");
    add("--spatial-key", o.spatial_key,
        "Where places are: of an .h5ad in obsm; of a Space Ranger folder, spatial (pixels) or "
        "array (array columns and rows)");
    command
        .add_option("--layer", o.layer,
                    wrapped("Matrix of an .h5ad, X, raw or a layer's name [the first of X, counts "
                            "and raw that holds counts, else X]; genome of an .h5"))
        ->type_name("NAME")
        ->group(group);
    add("--expression", o.expression,
        "What its numbers are: counts, log (taken as they are), or auto: counts where they are "
        "whole or one is above 50, else log")
        ->option_text("NAME=" + o.expression)
        ->check(CLI::IsMember(expression_kinds));
    add("--stretch-x", o.stretch_x, "Multiply x by this")->transform(finite_number(true));
    add("--stretch-y", o.stretch_y,
        "Multiply y by this: 1.7320508075688772 for array rows of Visium")
        ->transform(finite_number(true));
}

void add_source_reading_options(CLI::App& command, ClusterOptions& o) {
    const auto add = [&](const char* name, auto& value, const char* help) {
        return command.add_option(name, value, wrapped(help))
            ->type_name("NAME")
            ->option_text("NAME ...")
            ->group("Reading of sources that differ (each once for all of them, or once for each)");
    };
    add("--source-label-column", o.source_label_column, "Their column with the labels");
    add("--source-section-column", o.source_section_column, "Their column with the sections");
    add("--source-spatial-key", o.source_spatial_key, "Where their places are");
    add("--source-layer", o.source_layer, "Their matrix, or genome");
    add("--source-expression", o.source_expression, "What their numbers are: counts, log or auto")
        ->check(CLI::IsMember(expression_kinds));
}

void add_gene_options(CLI::App& command, ClusterOptions& o) {
    const auto add = [&](const char* name, auto& value, const char* help) {
        return add_option(command, name, value, help)->group(method_group);
    };
    add("--genes", o.genes, "At most so many, the most variable")
        ->transform(whole_number<Index>(1));
    add("--gene-criterion", o.gene_criterion,
        "By what genes are ranked: variance, coefficient-of-variation, vst, spark-x or morans-i")
        ->option_text("NAME=" + o.gene_criterion)
        ->check(
            CLI::IsMember({"variance", "coefficient-of-variation", "vst", "spark-x", "morans-i"}));
    command
        .add_option("--gene-list", o.gene_list,
                    wrapped("File with the genes to use, ids or symbols, one a line; instead of "
                            "--genes and --gene-criterion"))
        ->type_name("FILE")
        ->group(method_group);
}

void check_gene_options(const CLI::App& command) {
    for (const char* name : {"--genes", "--gene-criterion"})
        require(command.count(name) == 0 || command.count("--gene-list") == 0, name,
                " and --gene-list exclude each other; leave out one of the two");
}

void add_factor_option(CLI::App& command, ClusterOptions& o) {
    add_option(command, "--factors", o.factors, "Number of factors")
        ->transform(whole_number<Index>(1))
        ->group(method_group);
}

void add_cluster(CLI::App& program) {
    auto* command = program.add_subcommand(
        "cluster", "Find the target's regions, with what labelled sources know");
    auto options = std::make_shared<ClusterOptions>();
    auto& o = *options;
    const auto add = [&](const char* group, const char* name, auto& value, const char* help) {
        return add_option(*command, name, value, help)->group(group);
    };
    command
        ->add_option(
            "--source", o.sources,
            wrapped("File or folder with labelled cells or spots; may be given several times"))
        ->type_name("PATH");
    add_target_options(*command, options);
    const char* reading = "Reading (of sources and target alike)";
    add_reading_options(*command, o,
                        "Label left out of the source and of the ARI; may be given several times",
                        reading);
    add_duplicates_option(*command, o, reading);
    add_source_reading_options(*command, o);
    add_gene_options(*command, o);
    add(method_group, "--genes-from", o.genes_from,
        "Whose cells rank the genes: those of the target, the source or both")
        ->option_text("NAME=" + o.genes_from)
        ->check(CLI::IsMember({"target", "source", "both"}));
    add(method_group, "--standardize", o.standardize,
        "Genes to mean 0, variance 1 within each section, or over all cells (all)")
        ->option_text("NAME=" + o.standardize)
        ->check(CLI::IsMember({"section", "all"}));
    add_factor_option(*command, o);
    add_cluster_options(*command, o, true);
    add(method_group, "--method", o.method,
        "trust: the sources are trusted as far as the target bears them out; paper: the paper's "
        "three "
        "steps")
        ->option_text("NAME=" + o.method)
        ->check(CLI::IsMember({"trust", "paper"}));
    add_trust_options(*command, o, "Method trust");

    const char* paper = "Method paper (each of these implies it)";
    add(paper, "--lambda", o.lambda,
        "Weight of the source's loading, 0 or more, or inf; auto: chosen on the target");
    add(paper, "--penalty", o.penalty, "What lambda multiplies: relative, absolute or information")
        ->option_text("NAME=" + o.penalty)
        ->check(CLI::IsMember({"relative", "absolute", "information"}));
    add(paper, "--scores", o.scores, "How factor scores are computed: generalized or least-squares")
        ->option_text("NAME=" + o.scores)
        ->check(CLI::IsMember({"generalized", "least-squares"}));
    add(paper, "--field", o.field,
        "How labels are found: iterated conditional modes, or mean (the mean field)")
        ->option_text("NAME=" + o.field)
        ->check(CLI::IsMember({"modes", "mean"}));
    command->add_flag("--published", o.published, "Do as the published code does, errors included")
        ->group(paper);
    command->footer(
        "Examples:\n"
        "  transst cluster --source 151673 --target 151674 --clusters 7 \\\n"
        "      --stretch-y 1.7320508075688772 --out result\n"
        "  transst cluster --source B1 --source C1 --target A1 --ignore undetermined \\\n"
        "      --clusters 5 --out A1-regions\n"
        "  transst cluster --source atlas.h5ad --source-label-column cell_type \\\n"
        "      --target outs --clusters 3-12 --out regions --report regions.html\n"
        "  transst cluster --source A1 --target B1 --target C1 --clusters 5 --out B1-C1");
    command->callback([options, command] {
        const auto given = [&](const char* name) { return command->count(name) > 0; };
        check_given(*command, *options);
        check_gene_options(*command);
        if (options->published) {
            for (const char* name : {"--standardize", "--penalty", "--scores", "--field", "--beta",
                                     "--starts", "--neighborhood"})
                require(!given(name), name,
                        " cannot be given with --published, which sets it; leave "
                        "out one of the two");
            // the published code chooses lambda itself, unless told
            if (!given("--lambda")) options->lambda = "auto";
        }
        for (const char* name : {"--lambda", "--penalty", "--scores"})
            require(!given(name) || !options->sources.empty(), name,
                    " goes with --source; give that too, or leave out ", name);
        const bool of_paper = options->method == "paper" || options->published ||
                              given("--lambda") || given("--penalty") || given("--scores") ||
                              given("--field");
        if (of_paper) {
            for (const char* name : {"--trust", "--kappa"})
                require(!given(name), name,
                        " belongs to --method trust, and --published, --lambda, --penalty, "
                        "--scores and --field to --method paper; leave out one of the two");
            require(options->method != "trust" || !given("--method"),
                    "--method trust has no --published, --lambda, --penalty, --scores or "
                    "--field; leave these out, or say --method paper");
            options->method = "paper";
        }
        cluster(*options);
    });
}

void add_apply(CLI::App& program) {
    auto* command = program.add_subcommand(
        "apply", "Find the target's regions, with a model that 'transst fit' learned");
    auto options = std::make_shared<ClusterOptions>();
    auto& o = *options;
    command->add_option("--model", o.model, "Of the source, as 'transst fit' wrote it")
        ->required()
        ->type_name("FILE");
    command->add_option("--model-checksum", o.model_checksum)->group("");  // from.cpp gives it
    add_target_options(*command, options);
    add_reading_options(*command, o, "Label left out of the ARI; may be given several times",
                        reading_group);
    add_duplicates_option(*command, o, reading_group);
    add_cluster_options(*command, o, false);
    add_trust_options(*command, o, method_group);
    command->footer(
        "Example:\n"
        "  transst fit --source 151673 --stretch-y 1.7320508075688772 --out 673.transst\n"
        "  transst apply --model 673.transst --target 151674 --clusters 7 \\\n"
        "      --stretch-y 1.7320508075688772 --out result");
    command->callback([options, command] {
        require(!options->model.empty(), "--model is empty; name a file that transst fit wrote");
        check_given(*command, *options);
        cluster(*options);
    });
}

}  // namespace transst_program
