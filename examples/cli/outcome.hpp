// What a run of `transst cluster` came to, whichever way it went.
#pragma once

#include "cluster.hpp"

#include <transst/cluster/choose_clusters.hpp>
#include <transst/cluster/name_clusters.hpp>
#include <transst/preprocess/prepare.hpp>

#include <nlohmann/json.hpp>

#include <optional>

namespace transst_program {

using Json = nlohmann::ordered_json;
using Tissue = transst::Sample<transst::StoredRows<float>>;

struct Outcome {
    transst::ClusterFit<double> clusters;
    std::vector<transst::ClusterName> names;  ///< K; empty without a source
    transst::RowMatrix<double> scores;        ///< spots × factors that were clustered; or 0 × 0
    transst::RowMatrix<double> class_posterior;  ///< spots × classes; 0 × 0 without trust
    std::vector<std::string> class_names, target_sections;
    transst::Index labelled_cells = 0, common_genes = 0, genes = 0;
    std::optional<double> lambda, relevance;
    std::optional<transst::ClustersChoice> clusters_choice;
    bool averaged = false;  ///< scores, with the neighbours'
    Json model;             ///< what fit.json says of the model that was applied; null: none was
    Json steps = Json::object();
    std::vector<std::string> decisions, warnings;
    std::vector<transst::StepTime> times;
};

struct SavedModel;

/// The source trusted as far as the target bears it out (transst::FindRegions). model: of the
/// sources, in their place.
Outcome cluster_with_trust(const ClusterOptions& options, const std::vector<Tissue>& sources,
                           const Tissue& target, const transst::RunOptions& run,
                           const SavedModel* model = nullptr);

/// The paper's three steps, or the published code's (transst::Pipeline).
Outcome cluster_as_paper(const ClusterOptions& options, const std::vector<Tissue>& sources,
                         const Tissue& target, const transst::RunOptions& run);

/// The options that both ways share.
transst::Prepare::Options prepare_options(const ClusterOptions& options);

/// The target's neighbours by --neighborhood; nothing where that is each method's own default.
std::optional<transst::Graph> own_graph(const ClusterOptions& options, const Tissue& target,
                                        const transst::RunOptions& run);

/// What looks wrong with a graph that own_graph made, in words: hardly any edges, or rows that a
/// hexagonal lattice does not join.
std::vector<std::string> graph_warnings(const ClusterOptions& options, const Tissue& target,
                                        const transst::Graph& graph);

/// The number of --lambda or --beta, 0 or more, "inf" included; anything else is a usage error.
double parse_number(const std::string& option, const std::string& word);

/// Infinity has no number in JSON.
inline Json number(double value) {
    if (std::isinf(value)) return "inf";
    return value;
}

/// What is known about a spot that speaks for its cluster's name; nothing without a name.
[[nodiscard]] inline std::optional<double> confidence_of(const Outcome& outcome,
                                                         transst::Index spot) {
    const auto k =
        static_cast<std::size_t>(outcome.clusters.labels[static_cast<std::size_t>(spot)]);
    if (outcome.names.empty() || outcome.names[k].name == "NA") return std::nullopt;
    return outcome.class_posterior(spot, outcome.names[k].source_class);
}

template <class Step>
[[nodiscard]] Json trace_of(const Step& step) {
    return {{"converged", step.converged}, {"iterations", step.iterations}, {"trace", step.trace}};
}

/// PLDR's and TransferLoading's steps in fit.json.
template <class PLDRFit>
[[nodiscard]] Json pldr_step(const PLDRFit& pldr) {
    Json step = trace_of(pldr);
    step["log_likelihood"] = pldr.log_likelihood;
    step["class_sizes"] = pldr.class_sizes;
    return step;
}
template <class TransferFit>
[[nodiscard]] Json transfer_step(const TransferFit& transfer) {
    Json step = trace_of(transfer);
    step["lambda"] = number(transfer.lambda);
    step["relative_change"] = transfer.relative_change;
    for (const auto& point : transfer.lambda_curve)
        step["lambda_curve"].push_back({{"lambda", number(point.lambda)}, {"error", point.error}});
    return step;
}

/// A fit's warning as the program says it: classes, there numbered, have names here, and options
/// that the program does not have are not recommended.
[[nodiscard]] std::string in_program_words(std::string warning,
                                           const std::vector<std::string>& names);

}  // namespace transst_program
