// transst cluster --method paper and --published: the three steps of the paper as a pipeline.
#include "outcome.hpp"

#include <transst/pipeline.hpp>

namespace transst_program {
namespace {

using namespace transst;

struct Steps {
    Prepare prepare;
    PLDR<> pldr;
    TruncatedSVD<> svd;
    TransferLoading<> transfer;
    ChooseLambda<> choose_lambda;
    KnnGraph graph;
    SpatialGMM_MRF<> mixture;
};

Steps make_steps(const ClusterOptions& options) {
    Steps s;
    if (options.published) {
        s.pldr.options = PLDR<>::Options::published();
        s.transfer.options = TransferLoading<>::Options::published();
        s.choose_lambda.options = ChooseLambda<>::Options::published();
        s.graph.options = KnnGraph::Options::published();
        s.mixture.options = SpatialGMM_MRF<>::Options::published();
    } else {
        s.transfer.options.penalty = options.penalty == "absolute"      ? Penalty::absolute
                                     : options.penalty == "information" ? Penalty::information
                                                                        : Penalty::relative;
        s.transfer.options.scores =
            options.scores == "least-squares" ? Scores::least_squares : Scores::generalized;
        s.choose_lambda.options.transfer = s.transfer.options;
        if (options.field == "mean") s.mixture.options.field = Field::mean;
        if (options.starts) s.mixture.options.starts = *options.starts;
        if (options.beta != "auto") {
            s.mixture.options.beta_by = Beta::fixed;
            s.mixture.options.beta = parse_number("--beta", options.beta);
        }
    }
    s.prepare.options = prepare_options(options);
    s.pldr.options.factors = s.svd.options.factors = options.factors;
    if (options.lambda != "auto")
        s.transfer.options.lambda = parse_number("--lambda", options.lambda);
    if (options.neighbors) s.graph.options.neighbors = *options.neighbors;
    s.graph.options.allow_duplicates = options.allow_duplicates;
    s.mixture.options.clusters = options.clusters.front();
    return s;
}

/// The graph of --neighborhood, or the method's own.
struct Neighbors {
    static constexpr std::string_view name = "neighbours";
    const ClusterOptions* options;
    const KnnGraph* nearest;

    Graph operator()(const Tissue& target, const RunOptions& run) const {
        if (auto own = own_graph(*options, target, run)) return std::move(*own);
        return nearest->fit(target.coordinates, target.sections, run);
    }
};

/// The last step, the number of clusters chosen first where several are to be tried.
template <class Fit>
Outcome finish(const Fit& fit, const Steps& steps, const ClusterOptions& options,
               const Tissue& target, const RunOptions& run) {
    const auto& prepared = fit.template get<Prepared>();
    const auto& graph = fit.template get<Graph>();
    const auto& scores = fit.scored().scores;
    Outcome out;
    out.warnings = graph_warnings(options, target, graph);
    out.warnings.insert(out.warnings.end(), prepared.warnings.begin(), prepared.warnings.end());
    out.class_names = prepared.class_names;
    out.target_sections = prepared.target_sections;
    out.labelled_cells = std::ssize(prepared.labels);
    out.common_genes = prepared.common_genes;
    out.genes = std::ssize(prepared.genes);
    out.times = fit.times();
    const auto warn = [&](const auto& words) {
        for (const auto& w : words)
            out.warnings.push_back(in_program_words(w, prepared.class_names));
    };

    StepClock clock;
    SpatialGMM_MRF<> mixture = steps.mixture;
    if (options.clusters.size() > 1) {
        const auto tried = options.published
                               ? FitClusters([&](const auto& v, const Graph& g, Index clusters) {
                                     auto other = mixture;
                                     other.options.clusters = clusters;
                                     return other.fit(v, g, run);
                                 })
                               : warm_spatial_fits(mixture, run);
        const auto criterion =
            clusters_criteria.at(options.criterion == "auto" ? "mbic" : options.criterion);
        out.clusters_choice =
            choose_clusters(scores, graph, options.clusters, criterion, tried, run);
        out.clusters = std::move(out.clusters_choice->fit);
        out.decisions.push_back(transst::detail::choice_in_words(*out.clusters_choice));
        warn(out.clusters_choice->warnings);
        clock.end("number of clusters");
    } else {
        out.clusters = mixture.fit(scores, graph, run);
        clock.end("SpatialGMM_MRF");
    }
    out.scores = scores;
    out.times.insert(out.times.end(), clock.times().begin(), clock.times().end());

    if constexpr (Fit::template has<PLDRFit>()) {
        const auto& pldr = fit.template get<PLDRFit>();
        const auto& transfer = fit.template get<TransferFit>();
        out.steps["pldr"] = pldr_step(pldr);
        out.steps["transfer"] = transfer_step(transfer);
        out.lambda = transfer.lambda;
        warn(pldr.warnings);
        warn(transfer.warnings);
        auto named = name_by_profile(prepared.source, prepared.labels, prepared.class_names,
                                     prepared.target, out.clusters, run);
        out.names = std::move(named.names);
        out.class_posterior = std::move(named.class_posterior);
    } else {
        const auto& svd = fit.template get<SVDFit>();
        out.steps["svd"] = trace_of(svd);
        out.steps["svd"]["singular_values"] =
            std::vector<double>(svd.singular_values.begin(), svd.singular_values.end());
    }
    return out;
}

}  // namespace

Outcome cluster_as_paper(const ClusterOptions& options, const std::vector<Tissue>& sources,
                         const Tissue& target, const RunOptions& run) {
    const Steps steps = make_steps(options);
    // the graph first: it is quick, and refuses coordinates before anything long begins
    const auto begin = Pipeline{}.then(Neighbors{&options, &steps.graph}).then(steps.prepare);
    if (sources.empty())
        return finish(begin.then(steps.svd).fit(target, run), steps, options, target, run);
    const auto factors = begin.then(steps.pldr);
    if (options.lambda == "auto")
        return finish(factors.then(steps.choose_lambda).fit(sources, target, run), steps, options,
                      target, run);
    return finish(factors.then(steps.transfer).fit(sources, target, run), steps, options, target,
                  run);
}

}  // namespace transst_program
