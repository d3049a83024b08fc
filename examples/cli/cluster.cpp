// transst cluster: labelled sources and a spatial target in, the target's regions out.
#include "cluster.hpp"

#include "commands.hpp"
#include "options.hpp"
#include "output_folder.hpp"
#include "results.hpp"

#include <transst/io/folder.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/pipeline.hpp>
#include <transst/transfer/choose_lambda.hpp>

#include <charconv>
#include <iomanip>
#include <iostream>

namespace transst_program {
namespace {

using transst::Index;
using transst::require;

/// A number of 0 or more, "inf" included; anything else is a usage error.
double parse_number(const std::string& option, const std::string& word) {
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    require(error == std::errc{} && end == word.data() + word.size() && value >= 0, option, " is '",
            word, "'; it must be a number of 0 or more");
    return value;
}

struct Steps {
    transst::Prepare prepare;
    transst::PLDR<> pldr;
    transst::TruncatedSVD<> svd;
    transst::TransferLoading<> transfer;
    transst::KnnGraph graph;
    transst::SpatialGMM_MRF<> mixture;
};

Steps make_steps(const ClusterOptions& options) {
    using namespace transst;
    Steps s;
    if (options.published) {
        s.prepare.options = Prepare::Options::published();
        s.pldr.options = PLDR<>::Options::published();
        s.transfer.options = TransferLoading<>::Options::published();
        s.graph.options = KnnGraph::Options::published();
        s.mixture.options = SpatialGMM_MRF<>::Options::published();
    } else {
        s.prepare.options.standardize =
            options.standardize == "all" ? StandardizeOver::all : StandardizeOver::section;
        s.transfer.options.penalty = options.penalty == "absolute"      ? Penalty::absolute
                                     : options.penalty == "information" ? Penalty::information
                                                                        : Penalty::relative;
        s.transfer.options.scores =
            options.scores == "least-squares" ? Scores::least_squares : Scores::generalized;
        s.mixture.options.starts = options.starts;
        if (options.beta != "auto") {
            s.mixture.options.beta_by = Beta::fixed;
            s.mixture.options.beta = parse_number("--beta", options.beta);
            require(std::isfinite(s.mixture.options.beta), "--beta is '", options.beta,
                    "'; it must be finite");
        }
    }
    s.prepare.options.genes = options.genes;
    s.prepare.options.criterion = options.gene_criterion == "variance"
                                      ? GeneCriterion::variance
                                      : GeneCriterion::coefficient_of_variation;
    s.prepare.options.genes_from = options.genes_from == "target"   ? GenesFrom::target
                                   : options.genes_from == "source" ? GenesFrom::source
                                                                    : GenesFrom::both;
    s.prepare.options.ignore = options.ignore;
    s.pldr.options.factors = s.svd.options.factors = options.factors;
    require(options.lambda != "auto" || options.published, "--lambda is 'auto'; without --published it "
            "must be a number of 0 or more, or inf");
    if (options.lambda != "auto") s.transfer.options.lambda = parse_number("--lambda", options.lambda);
    s.graph.options.neighbors = options.neighbors;
    s.graph.options.allow_duplicates = options.allow_duplicates;
    s.mixture.options.clusters = options.clusters;
    return s;
}

/// What the target must have beyond what reading checks.
template <class Sample>
void check_target(const Sample& target, const ClusterOptions& options) {
    require<transst::BadData>(target.coordinates.rows() == target.rows(), options.target,
                              ": there are no coordinates; a target needs a cells.tsv with the "
                              "columns barcode, x and y");
    require<transst::BadData>(options.clusters <= target.rows(), options.target, ": there are ",
                              target.rows(), " spots, fewer than --clusters ", options.clusters);
    for (Index i = 0; i < target.rows(); ++i)
        require<transst::BadData>(target.coordinates.row(i).allFinite(), options.target, ": spot '",
                                  target.barcodes[static_cast<std::size_t>(i)],
                                  "' has no x or y; find them, or leave the spot out of the folder");
}

/// The same of a source.
template <class Sample>
void check_source(const Sample& source, const std::string& path, const ClusterOptions& options) {
    require<transst::BadData>(!source.labels.empty(), path,
                              ": there are no labels; a source needs a cells.tsv with labels in the "
                              "column ", options.label_column);
    require<transst::BadData>(transst::code_labels(source.labels, options.ignore).classes() > 0, path,
                              ": --ignore leaves no labelled cell; keep at least one label");
}

/// A label to ignore that nothing has is likely misspelt.
template <class Sample>
std::vector<std::string> unknown_labels(const std::vector<Sample>& sources, const Sample& target,
                                        const ClusterOptions& options) {
    std::vector<std::string> warnings;
    for (const auto& label : options.ignore) {
        const auto has = [&](const Sample& sample) {
            return std::find(sample.labels.begin(), sample.labels.end(), label) !=
                   sample.labels.end();
        };
        if (!has(target) && std::none_of(sources.begin(), sources.end(), has))
            warnings.push_back(transst::text("--ignore '", label, "': no cell has this label"));
    }
    return warnings;
}

}  // namespace

void cluster(const ClusterOptions& options) {
    const Steps steps = make_steps(options);
    require(!options.target.empty(), "--target is empty; name a folder");
    for (const auto& source : options.sources)
        require(!source.empty(), "--source is empty; name a folder, or leave it out");
    Stopwatch watch;
    const std::filesystem::path out = options.out;
    const OutputFolder folder(out, {"labels.tsv", "fit.json", "clusters.svg"}, options.force);

    // what reads badly is refused before anything is computed
    using Sample = transst::Sample<transst::CompressedRows<float>>;
    const transst::FolderOptions reading{.stretch_x = options.stretch_x,
                                         .stretch_y = options.stretch_y,
                                         .label_column = options.label_column};
    auto reading_target = reading;
    reading_target.label_optional = !options.sources.empty();
    const Sample target = transst::read_folder(options.target, reading_target);
    check_target(target, options);
    std::vector<Sample> sources;
    for (const auto& path : options.sources) {
        sources.push_back(transst::read_folder(path, reading));
        check_source(sources.back(), path, options);
    }
    Summary summary;
    summary.add_time("read", watch.lap());
    summary.warn(unknown_labels(sources, target, options));

    const transst::RunOptions run{.seed = options.seed, .threads = options.threads};
    const auto report = [&](const auto& fit) {
        summary.describe(options, fit, sources, target);
        summary.write(out, target, fit.template get<transst::ClusterFit>(), options, watch);
        if (!options.quiet) summary.print(std::cout, out);
    };
    // the graph first: it is quick, and refuses coordinates before anything long begins
    const auto begin = transst::Pipeline{}.then(steps.graph).then(steps.prepare);
    if (sources.empty())
        report(begin.then(steps.svd).then(steps.mixture).fit(target, run));
    else if (options.published && options.lambda == "auto")
        report(begin.then(steps.pldr)
                   .then(transst::ChooseLambda<>{transst::ChooseLambda<>::Options::published()})
                   .then(steps.mixture).fit(sources, target, run));
    else
        report(begin.then(steps.pldr).then(steps.transfer)
                   .then(steps.mixture).fit(sources, target, run));
}

void add_cluster(CLI::App& program) {
    auto* command = program.add_subcommand(
        "cluster", wrapped("Find the target's regions, with what labelled sources know"));
    auto options = std::make_shared<ClusterOptions>();
    auto& o = *options;
    const auto add = [&](const char* group, const char* name, auto& value, const char* help) {
        return add_option(*command, name, value, help)->group(group);
    };
    const auto at_least_1 = whole_number<Index>(1);
    command->add_option("--source", o.sources,
                        wrapped("Folder with labelled cells or spots; may be given several times"))
        ->type_name("DIR");
    command->add_option("--target", o.target, "Folder with the spots to cluster")
        ->required()
        ->type_name("DIR");
    command->add_option("--clusters", o.clusters, "Number of clusters")
        ->required()
        ->transform(at_least_1)
        ->type_name("K");
    command->add_option("--out", o.out, wrapped("Folder for labels.tsv, fit.json and clusters.svg"))
        ->required()
        ->type_name("DIR");
    command->add_flag("--force", o.force, "Replace results that are already there");
    command->add_flag("--quiet", o.quiet, "Print nothing but errors");
    add_run_options(*command, o.seed, o.threads);

    const char* reading = "Reading";
    command->add_option("--ignore", o.ignore,
                        wrapped("Label left out of the source and of the ARI; may be given several "
                                "times"))
        ->type_name("LABEL")
        ->group(reading);
    add(reading, "--label-column", o.label_column, "Column of cells.tsv with the labels");
    add(reading, "--stretch-x", o.stretch_x, "Multiply x by this")->transform(finite_number(true));
    add(reading, "--stretch-y", o.stretch_y,
        "Multiply y by this: 1.7320508 for array rows of Visium")
        ->transform(finite_number(true));
    command->add_flag("--allow-duplicates", o.allow_duplicates,
                      "Accept spots that lie at the same place")
        ->group(reading);

    const char* method = "Method";
    add(method, "--genes", o.genes, "At most so many, the most variable")->transform(at_least_1);
    add(method, "--gene-criterion", o.gene_criterion, "By what genes are ranked")
        ->check(CLI::IsMember({"variance", "coefficient-of-variation"}));
    add(method, "--genes-from", o.genes_from, "Whose cells rank the genes")
        ->check(CLI::IsMember({"target", "source", "both"}));
    add(method, "--standardize", o.standardize,
        "Genes to mean 0, variance 1 within each section, or over all cells")
        ->check(CLI::IsMember({"section", "all"}));
    add(method, "--factors", o.factors, "Number of factors")->transform(at_least_1);
    add(method, "--lambda", o.lambda,
        "Weight of the source's loading, 0 or more, or inf; auto with --published: chosen by its "
        "criterion");
    add(method, "--penalty", o.penalty, "What lambda multiplies")
        ->check(CLI::IsMember({"relative", "absolute", "information"}));
    add(method, "--scores", o.scores, "How factor scores are computed")
        ->check(CLI::IsMember({"generalized", "least-squares"}));
    add(method, "--neighbors", o.neighbors, "Nearest neighbours of a spot")->transform(at_least_1);
    add(method, "--beta", o.beta, "Smoothness in space, 0 or more; auto: estimated");
    add(method, "--starts", o.starts, "Starts of the mixture")->transform(at_least_1);
    command->add_flag("--published", o.published, "Do as the published code does, errors included")
        ->group(method);
    command->footer(
        "Examples:\n"
        "  transst cluster --source 151673 --target 151674 --stretch-y 1.7320508 \\\n"
        "      --clusters 7 --out result\n"
        "  transst cluster --source B1 --source C1 --target A1 --ignore undetermined \\\n"
        "      --clusters 5 --out A1-regions");
    command->callback([options, command] {
        const auto given = [&](const char* name) { return command->count(name) > 0; };
        if (options->published) {
            for (const char* name : {"--standardize", "--penalty", "--scores", "--beta", "--starts"})
                require(!given(name), name, " cannot be given with --published, which sets it; leave "
                        "out one of the two");
            // the published code chooses lambda itself, unless told
            if (!given("--lambda")) options->lambda = "auto";
        }
        cluster(*options);
    });
}

}  // namespace transst_program
