// transst cluster, the program's own way: trust learned from the target; and what transst fit keeps
// of a source for it. Both stand here because the compiler then makes the estimators once.
#include "model.hpp"
#include "outcome.hpp"

#include <transst/find_regions.hpp>

namespace transst_program {

Outcome cluster_with_trust(const ClusterOptions& options, const std::vector<Tissue>& sources,
                           const Tissue& target, const transst::RunOptions& run,
                           const SavedModel* model) {
    using namespace transst;
    FindRegions find;
    auto& o = find.options;
    o.try_clusters = options.clusters.size() > 1 ? options.clusters : std::vector<Index>{};
    o.clusters = options.clusters.front();
    if (options.criterion != "auto") o.criterion = clusters_criteria.at(options.criterion);
    if (!model) {
        o.prepare = prepare_options(options);
        o.factors = options.factors;
    }
    o.graph = own_graph(options, target, run);
    if (options.neighbors) o.neighbors = *options.neighbors;
    if (options.starts) o.starts = *options.starts;
    if (options.kappa != "auto") o.kappa = parse_number("--kappa", options.kappa);
    o.allow_duplicates = options.allow_duplicates;
    if (options.beta != "auto") o.beta = parse_number("--beta", options.beta);
    if (options.trust == "anchored") o.trust = Trust::anchored;
    if (options.trust == "adapted") o.trust = Trust::adapted;
    if (options.trust == "guided") o.trust = Trust::guided;
    if (options.trust == "none") o.trust = Trust::none;
    auto fit = model ? find.fit(model->model, target, run) : find.fit(sources, target, run);

    Outcome out;
    if (model) out.model = in_json(*model);
    out.clusters = std::move(fit.clusters);
    out.scores = std::move(fit.scores);
    if (model || !sources.empty()) {
        if (fit.trust != Trust::none) out.names = std::move(fit.names);
        if (fit.relevance->known) out.relevance = fit.relevance->correlation;
        // the weight of the source's loading, where that was taken: as it is, or adapted
        if (fit.trust == Trust::anchored) out.lambda = std::numeric_limits<double>::infinity();
        if (fit.transfer) out.lambda = fit.transfer->lambda;
        out.steps["trust"] = {{"trust", to_text(fit.trust)},
                              {"relevance", out.relevance ? Json(*out.relevance) : Json(nullptr)},
                              {"source_reliability", fit.relevance->source_reliability},
                              {"target_reliability", fit.relevance->target_reliability}};
        if (fit.space)
            out.steps["trust"]["held_out_accuracy"] = {
                {"discriminant", fit.space->discriminant_accuracy},
                {"factors", fit.space->factors_accuracy},
                {"largest_class", fit.space->largest_class_share}};
        if (fit.space) out.steps["trust"]["contradicted_labels"] = fit.space->contradicted_share;
        if (fit.released_agreement)
            out.steps["trust"]["released_agreement"] = *fit.released_agreement;
        if (fit.information) {
            out.steps["trust"]["information"] = *fit.information;
            out.steps["trust"]["information_alone"] = *fit.information_alone;
        }
        for (std::size_t k = 0; k < fit.kappa.size(); ++k)
            if (const auto& name = fit.class_names[k];
                std::count(fit.absent_classes.begin(), fit.absent_classes.end(), name) == 0)
                out.steps["trust"]["kappa"][name] = fit.kappa[k];
        out.steps["trust"]["own_axes"] = fit.own_axes;
        out.steps["trust"]["absent_classes"] = fit.absent_classes;
        out.steps["trust"]["doubted_classes"] = fit.doubted_classes;
    }
    out.averaged = fit.averaged;
    if (fit.pldr) out.steps["pldr"] = pldr_step(*fit.pldr);
    if (fit.transfer) out.steps["transfer"] = transfer_step(*fit.transfer);
    out.class_posterior = std::move(fit.class_posterior);
    out.class_names = std::move(fit.class_names);
    out.target_sections = std::move(fit.target_sections);
    out.labelled_cells = fit.labelled_cells;
    out.common_genes = fit.common_genes;
    out.genes = std::ssize(fit.genes);
    out.clusters_choice = std::move(fit.clusters_choice);
    out.decisions = std::move(fit.decisions);
    if (o.graph) out.warnings = graph_warnings(options, target, *o.graph);
    for (auto& warning : fit.warnings)
        out.warnings.push_back(in_program_words(warning, out.class_names));
    out.times = std::move(fit.times);
    return out;
}

transst::SourceModel learn_source(const ClusterOptions& options, const std::vector<Tissue>& sources,
                                  const transst::RunOptions& run) {
    return transst::LearnSource{{.prepare = prepare_options(options), .factors = options.factors}}
        .fit(sources, run);
}

}  // namespace transst_program
