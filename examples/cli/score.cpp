// transst score: how good are the clusters of a labels.tsv?
#include "aligned.hpp"
#include "commands.hpp"
#include "markers.hpp"
#include "monitor.hpp"
#include "options.hpp"
#include "with_data.hpp"

#include <transst/io/read_sample.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/metrics/chaos.hpp>
#include <transst/metrics/confusion.hpp>
#include <transst/metrics/gearys_c.hpp>
#include <transst/metrics/normalized_mutual_information.hpp>
#include <transst/metrics/pas.hpp>
#include <transst/metrics/silhouette.hpp>
#include <transst/preprocess/prepare.hpp>
#include <transst/reduce/truncated_svd.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

namespace transst_program {
namespace {

using Json = nlohmann::ordered_json;
using transst::BadData;
using transst::Index;
using transst::Label;
using transst::left_out;
using transst::require;

struct ScoreOptions {
    std::string labels, truth, target;
    std::string cluster_column = "cluster", label_column = "label";
    std::vector<std::string> ignore;
    std::uint64_t seed = 1;
    int threads = 0;
    bool json = false;
};

using Words = std::vector<std::string>;

/// Columns, by name, of what is known about spots: obs of an .h5ad; a table with commas or tabs and
/// the spots' names in the column barcode, else the first one; or cells.tsv in a folder.
struct SpotTable {
    std::filesystem::path path;
    Words barcodes;
    std::map<std::string, Words> columns;

    SpotTable(const std::filesystem::path& place, const Words& needed, const Words& welcome = {})
        : path(place) {
        std::error_code ignored;
        if (std::filesystem::is_directory(place, ignored)) path = cells_in(place);
        if (std::filesystem::is_regular_file(path, ignored) && transst::detail::is_hdf5(path))
            read_anndata(needed, welcome);
        else
            read_text(needed, welcome);
        require<transst::FileError>(!barcodes.empty(), path.string(),
                                    ": there are no spots below the header");
    }

    [[nodiscard]] bool has(const std::string& name) const { return columns.count(name) > 0; }

    /// Numbers; NaN where one is missing.
    [[nodiscard]] std::vector<double> numbers(const std::string& name) const {
        std::vector<double> out;
        const auto& words = columns.at(name);
        for (std::size_t i = 0; i < words.size(); ++i) {
            const auto value = transst::is_missing(words[i])
                                   ? std::numeric_limits<double>::quiet_NaN()
                                   : transst::detail::parse_number<double>(words[i]);
            require<BadData>(value.has_value(), path.string(), ": the ", name, " of spot '",
                             barcodes[i], "' is '", words[i], "'; it must be a number, or NA");
            out.push_back(*value);
        }
        return out;
    }

private:
    /// Space Ranger's folders have theirs beside or below the counts.
    static std::filesystem::path cells_in(const std::filesystem::path& folder) {
        for (const char* inner : {"outs", "filtered_feature_bc_matrix"})
            if (const auto found =
                    transst::detail::find_one_of(folder / inner, {"cells.tsv", "cells.tsv.gz"}))
                return *found;
        return transst::detail::need_one_of(folder, {"cells.tsv", "cells.tsv.gz"});
    }

    void read_anndata([[maybe_unused]] const Words& needed, [[maybe_unused]] const Words& welcome) {
#ifdef TRANSST_HAS_HDF5
        const transst::detail::AnnDataFile data(path);
        barcodes = data.barcodes();
        const auto all = data.columns("obs");
        const auto has = [&](const std::string& name) {
            return std::find(all.begin(), all.end(), name) != all.end();
        };
        for (const auto& name : needed)
            require<transst::FileError>(has(name), path.string(), ": obs has no column ", name,
                                        ", only ", transst::detail::in_words(all),
                                        "; name one of these");
        for (const auto* names : {&needed, &welcome})
            for (const auto& name : *names)
                if (has(name)) columns[name] = data.column("obs", name);
#else
        throw transst::FileError(transst::text(path.string(),
                                               ": is an HDF5 file, and this was "
                                               "built without HDF5; name a table"));
#endif
    }

    void read_text(const Words& needed, const Words& welcome) {
        constexpr std::size_t longest_line = std::size_t{1} << 24;  // a table may have genes, too
        transst::detail::TextFile file(path, longest_line);
        transst::detail::OnceOnly once(file, "barcode");
        std::string_view line;
        file.next(line);
        transst::detail::FieldSplitter splitter(line.find('\t') != line.npos ? '\t' : ',');
        const auto& first = splitter.split(line);
        Words header(first.begin(), first.end());
        const std::string header_line(line);
        const bool more = file.next(line);
        const auto find = [&](const std::string& name) {
            return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) -
                                            header.begin());
        };
        const bool named = find("barcode") < header.size();
        // R leaves out the name of the names
        if (!named && more && splitter.split(line).size() == header.size() + 1)
            header.insert(header.begin(), "");
        const std::size_t width = header.size(), barcode = named ? find("barcode") : 0;
        std::map<std::string, std::size_t> places;
        for (const auto& name : needed) {
            if (find(name) == width)
                throw transst::FileError(
                    transst::text(path.string(), ":1: expected a header line with a column named ",
                                  name, ", found ", transst::detail::in_quotes(header_line)));
            places[name] = find(name);
        }
        for (const auto& name : welcome)
            if (find(name) < width) places[name] = find(name);
        if (!more) return;
        do {
            if (line.empty()) continue;
            const auto& fields = splitter.split(line);
            if (fields.size() != width)
                file.refuse(width, " fields as in the first line, found ", fields.size());
            once.add(fields[barcode]);
            barcodes.emplace_back(fields[barcode]);
            for (const auto& [name, at] : places) columns[name].emplace_back(fields[at]);
        } while (file.next(line));
    }
};

/// Each word of `barcodes` in `among`, or −1.
std::vector<Index> find_barcodes(const Words& barcodes, const Words& among) {
    std::unordered_map<std::string_view, Index> row;
    for (const auto& barcode : among) row.emplace(barcode, std::ssize(row));
    std::vector<Index> out;
    for (const auto& barcode : barcodes) {
        const auto at = row.find(barcode);
        out.push_back(at == row.end() ? -1 : at->second);
    }
    return out;
}

/// Where several targets were clustered together, barcodes that several have begin with the
/// target's name.
Words named(const Words& barcodes, const std::string& target) {
    Words out;
    for (const auto& barcode : barcodes) out.push_back(target + ":" + barcode);
    return out;
}

bool found_none(const std::vector<Index>& row) {
    return std::count(row.begin(), row.end(), -1) == std::ssize(row);
}

/// Clusters in the order of their numbers, where all of them are numbers.
transst::LabelCoding code_clusters(const Words& words) {
    auto coding = transst::code_labels(words);
    std::vector<std::pair<Index, Label>> numbers;
    for (Label k = 0; k < coding.classes(); ++k) {
        const auto number =
            transst::detail::parse_number<Index>(coding.names[static_cast<std::size_t>(k)]);
        if (!number) return coding;
        numbers.emplace_back(*number, k);
    }
    std::sort(numbers.begin(), numbers.end());
    const auto old = coding;
    std::vector<Label> place(numbers.size());
    for (std::size_t k = 0; k < numbers.size(); ++k) {
        const auto was = static_cast<std::size_t>(numbers[k].second);
        coding.names[k] = old.names[was];
        place[was] = static_cast<Label>(k);
    }
    for (Label& code : coding.codes)
        if (code != left_out) code = place[static_cast<std::size_t>(code)];
    return coding;
}

/// What is known of the spots of the labels file.
struct Spots {
    explicit Spots(const ScoreOptions& options)
        : table(options.labels, {options.cluster_column}, {"x", "y", "section"}),
          clusters(code_clusters(table.columns.at(options.cluster_column))) {
        require<BadData>(clusters.classes() > 0, table.path.string(),
                         ": no spot has a cluster in the column ", options.cluster_column);
        if (table.has("section")) sections = table.columns.at("section");
        if (!table.has("x") || !table.has("y")) return;
        const auto x = table.numbers("x"), y = table.numbers("y");
        coordinates.resize(std::ssize(x), 2);
        placed = clusters.codes;
        for (std::size_t i = 0; i < x.size(); ++i) {
            coordinates.row(static_cast<Index>(i)) << x[i], y[i];
            if (!std::isfinite(x[i]) || !std::isfinite(y[i])) placed[i] = left_out;
        }
        if (std::count(placed.begin(), placed.end(), left_out) == std::ssize(placed))
            coordinates.resize(0, 0);
    }

    [[nodiscard]] bool have_places() const { return coordinates.rows() > 0; }

    SpotTable table;
    transst::LabelCoding clusters;
    Words sections;                          // or empty
    transst::RowMatrix<double> coordinates;  // or 0 × 0
    std::vector<Label> placed;               // clusters of the spots whose place is known
};

/// Against labels that are known.
void score_truth(const ScoreOptions& options, const Spots& spots, Json& out) {
    const SpotTable truth(options.truth, {options.label_column});
    const auto& words = truth.columns.at(options.label_column);
    auto row = find_barcodes(spots.table.barcodes, truth.barcodes);
    // a file may lie in the folder that gave the name
    for (const auto& place : {truth.path, std::filesystem::absolute(truth.path).parent_path()})
        if (found_none(row))
            row = find_barcodes(spots.table.barcodes,
                                named(truth.barcodes, transst::detail::sample_name(place)));
    Words labels;
    for (const Index i : row) labels.push_back(i < 0 ? "NA" : words[static_cast<std::size_t>(i)]);
    const auto classes = transst::code_labels(labels, options.ignore);
    Index compared = 0;
    for (std::size_t i = 0; i < labels.size(); ++i)
        compared += spots.clusters.codes[i] != left_out && classes.codes[i] != left_out;
    require<BadData>(!found_none(row), options.truth, ": none of its barcodes is in ",
                     spots.table.path.string(), "; name the truth of the same spots");
    require<BadData>(compared > 0, options.truth, ": no spot of ", spots.table.path.string(),
                     " has a label in the column ", options.label_column,
                     options.ignore.empty() ? "" : " that is not ignored");
    for (const auto& label : options.ignore)
        if (std::find(words.begin(), words.end(), label) == words.end())
            std::cerr << "transst: --ignore '" << label << "': no spot has this label\n";

    const std::span<const Label> a = spots.clusters.codes, b = classes.codes;
    const auto table = transst::confusion_table(a, b);
    out["compared"] = compared;
    out["ari"] = transst::adjusted_rand_index(a, b);
    out["nmi"] = transst::normalized_mutual_information(a, b);
    out["accuracy"] = table.accuracy();
    Json rows = Json::array(), names = Json::array(), matches = Json::array();
    for (Index k = 0; k < table.counts.rows(); ++k) {
        const auto at = static_cast<std::size_t>(k);
        Json counts = Json::array();
        for (Index c = 0; c < table.counts.cols(); ++c) counts.push_back(table.counts(k, c));
        names.push_back(spots.clusters.names[at]);
        rows.push_back(std::move(counts));
        if (table.match[at] == left_out)
            matches.push_back(nullptr);
        else
            matches.push_back(classes.names[static_cast<std::size_t>(table.match[at])]);
    }
    const auto last = classes.names.begin() + table.counts.cols();
    out["confusion"] = {{"clusters", names},
                        {"classes", Words(classes.names.begin(), last)},
                        {"counts", rows},
                        {"best_match", matches}};
}

/// Against where the spots lie.
void score_places(const Spots& spots, const transst::RunOptions& run, Json& out) {
    out["chaos"] = transst::chaos(spots.coordinates, spots.placed, spots.sections, run);
    out["pas"] = transst::pas(spots.coordinates, spots.placed, spots.sections, run);
}

/// Against what the spots express.
void score_expression(const ScoreOptions& options, const Spots& spots,
                      const transst::RunOptions& run, Json& out) {
    using namespace transst;
    constexpr std::size_t markers_each = 20;
    const auto target = read_sample(options.target);
    auto row = find_barcodes(target.barcodes, spots.table.barcodes);
    if (found_none(row))
        row = find_barcodes(named(target.barcodes, target.name), spots.table.barcodes);
    require<BadData>(!found_none(row), options.target, ": none of its barcodes is in ",
                     spots.table.path.string(), "; name the target that was clustered");
    std::vector<Label> labels;
    for (const Index i : row)
        labels.push_back(i < 0 ? left_out : spots.clusters.codes[static_cast<std::size_t>(i)]);
    require<BadData>(std::any_of(labels.begin(), labels.end(), [](Label k) { return k >= 0; }),
                     options.target, ": none of its spots has a cluster in ",
                     spots.table.path.string());

    const auto prepared =
        Prepare{}.fit(std::span<const Sample<CompressedRows<float>>* const>{}, target, run);
    const Index factors =
        std::min<Index>({15, prepared.target.rows() - 1, prepared.target.cols() - 1});
    if (factors > 0) {
        const auto svd = TruncatedSVD<>{{.factors = factors}}.fit(prepared.target, run);
        out["silhouette"] = silhouette(svd.scores, std::span<const Label>(labels), run);
    }
    if (!spots.have_places()) return;

    const auto x = log_normalize(target, run);
    const auto markers = Markers{}.fit(x, labels, spots.clusters.classes(), run);
    std::set<Index> chosen;
    for (const auto& tests : markers.clusters) {
        auto order = tests.best_first();
        order.resize(std::min(order.size(), markers_each));
        for (const Index gene : order)
            if (tests.z[gene] > 0 && tests.q_value[gene] < largest_q) chosen.insert(gene);
    }
    std::vector<Index> kept;  // spots with a place
    Words sections;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto at = static_cast<std::size_t>(row[i]);
        if (row[i] < 0 || !spots.coordinates.row(row[i]).allFinite()) continue;
        kept.push_back(static_cast<Index>(i));
        if (!spots.sections.empty()) sections.push_back(spots.sections[at]);
    }
    if (chosen.empty() || kept.size() < 2) return;
    RowMatrix<double> at(std::ssize(kept), 2);
    for (Index i = 0; i < at.rows(); ++i)
        at.row(i) =
            spots.coordinates.row(row[static_cast<std::size_t>(kept[static_cast<std::size_t>(i)])]);
    const Index neighbors = std::min<Index>(KnnGraph{}.options.neighbors, at.rows() - 1);
    const auto graph =
        KnnGraph{{.neighbors = neighbors, .allow_duplicates = true}}.fit(at, sections, run);

    std::vector<Index> column(static_cast<std::size_t>(x.cols()), -1);
    Index genes = 0;
    for (const Index gene : chosen) column[static_cast<std::size_t>(gene)] = genes++;
    Matrix<double> values = Matrix<double>::Zero(x.rows(), genes);
    for_each_entry(x, 0, x.rows(), [&](Index i, Index j, auto value) {
        if (column[static_cast<std::size_t>(j)] >= 0)
            values(i, column[static_cast<std::size_t>(j)]) = static_cast<double>(value);
    });
    double morans = 0, gearys = 0;
    for (Index g = 0; g < genes; ++g) {
        const Vector<double> own = values.col(g)(kept);
        morans += morans_i(own, graph) / static_cast<double>(genes);
        gearys += gearys_c(own, graph) / static_cast<double>(genes);
    }
    out["markers"] = genes;
    out["markers_morans_i"] = morans;
    out["markers_gearys_c"] = gearys;
}

void print(std::ostream& out, const Json& scores) {
    const auto line = [&](const char* key, const char* name, const char* meaning) {
        if (scores.contains(key))
            out << std::left << std::setw(12) << name << std::right << std::fixed
                << std::setprecision(4) << std::setw(8) << scores[key].get<double>() << "  "
                << meaning << '\n';
    };
    out << "spots       " << scores["spots"] << " in "
        << transst::detail::counted(scores["clusters"].get<Index>(), "cluster");
    if (scores.contains("compared")) out << ", " << scores["compared"] << " with a known label";
    out << '\n';
    line("ari", "ARI", "adjusted Rand index; 1: the same, 0: by chance");
    line("nmi", "NMI", "normalised mutual information; 1: the same");
    line("accuracy", "accuracy", "share of spots on the best matching");
    line("chaos", "CHAOS", "scatter of the clusters; lower is smoother");
    line("pas", "PAS", "share of spots among strangers; lower is smoother");
    line("silhouette", "silhouette", "in factors of the target's own; higher is further apart");
    line("markers_morans_i", "Moran's I",
         "mean over the clusters' best markers; higher is smoother");
    line("markers_gearys_c", "Geary's C", "of the same; lower is smoother");
    if (!scores.contains("confusion")) return;
    const auto& table = scores["confusion"];
    std::vector<Words> lines{{"cluster"}};
    for (const auto& name : table["classes"]) lines[0].push_back(name.get<std::string>());
    lines[0].push_back("best match");
    for (std::size_t k = 0; k < table["clusters"].size(); ++k) {
        Words fields{table["clusters"][k].get<std::string>()};
        for (const auto& count : table["counts"][k])
            fields.push_back(std::to_string(count.get<Index>()));
        const auto& match = table["best_match"][k];
        fields.push_back(match.is_null() ? "-" : match.get<std::string>());
        lines.push_back(std::move(fields));
    }
    out << '\n';
    const std::size_t last = lines[0].size() - 1;
    print_aligned(out, lines, [last](std::size_t c) { return c == 0 || c == last; });
}

void score(const ScoreOptions& options) {
    Monitor monitor(Show::line);
    monitor.begin("reading");
    const auto run = monitor.run(options.seed, options.threads);
    const Spots spots(options);
    require<BadData>(
        spots.have_places() || !options.truth.empty() || !options.target.empty(), options.labels,
        ": there are no coordinates in columns x and y; give --truth or --target to score by");
    Json scores{{"spots", std::ssize(spots.clusters.codes) -
                              std::count(spots.clusters.codes.begin(), spots.clusters.codes.end(),
                                         left_out)},
                {"clusters", spots.clusters.classes()}};
    monitor.begin("scoring");
    if (!options.truth.empty()) score_truth(options, spots, scores);
    if (spots.have_places()) score_places(spots, run, scores);
    if (!options.target.empty()) score_expression(options, spots, run, scores);
    monitor.end();
    if (options.json)
        std::cout << scores.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    else
        print(std::cout, scores);
}

}  // namespace

void add_score(CLI::App& program) {
    auto* command = program.add_subcommand(
        "score", "Score the clusters of a labels.tsv: ARI, NMI, smoothness and others");
    auto options = std::make_shared<ScoreOptions>();
    auto& o = *options;
    command
        ->add_option(
            "--labels", o.labels,
            wrapped("Table with the columns barcode and cluster, and x and y for CHAOS and "
                    "PAS; or an .h5ad with clusters in obs"))
        ->required()
        ->type_name("FILE");
    command
        ->add_option(
            "--truth", o.truth,
            wrapped("Known labels: a table with the spots' names in the column barcode, or "
                    "the first; an .h5ad; or a folder with a cells.tsv"))
        ->type_name("PATH");
    command
        ->add_option("--target", o.target,
                     wrapped("File or folder that was clustered: scores what the clusters express"))
        ->type_name("PATH");
    command
        ->add_option("--ignore", o.ignore,
                     wrapped("Known label that is left out; may be given several times"))
        ->type_name("LABEL");
    add_option(*command, "--cluster-column", o.cluster_column, "Column with the clusters");
    add_option(*command, "--label-column", o.label_column, "Column with the known labels");
    command->add_flag("--json", o.json, "Print JSON");
    add_run_options(*command, o.seed, o.threads);
    command->footer(
        "Example:\n"
        "  transst score --labels result/labels.tsv --truth 151674 --ignore undetermined");
    command->callback([options] {
        require(!options->labels.empty(), "--labels is empty; name a file");
        with_data([&] { score(*options); });
    });
}

}  // namespace transst_program
