// The genes that tell the source's classes apart guide the target's clusters.
#pragma once

#include <transst/cluster/guided_gmm_mrf.hpp>
#include <transst/metrics/assortativity.hpp>
#include <transst/regions/in_hand.hpp>

namespace transst::detail {

/// Whether the source's informative genes guide the clusters, or else which way comes next: its
/// loading where they are not coherent in the target, none where they are and yet tell no more of
/// it than its own clusters do.
template <class Rows>
[[nodiscard]] Trust guided(const InHand<Rows>& in) {
    const auto& information = in.source.information();
    in.run.begin("guided mixtures");
    const auto fit_guided = [&](Index clusters) {
        return GuidedGMM_MRF{
            {.clusters = clusters, .starts = in.options.starts, .beta = in.options.beta}}
            .fit(in.target, information, in.graph, in.run);
    };
    std::string of_number;
    Index wanted = in.options.clusters;
    if (!in.options.try_clusters.empty()) {
        wanted = number_of_clusters(in.options, own_scores(in.target, in.options.factors, in.run),
                                    in.graph, free_fits(in.options, false, in.run), in.run, in.out);
        of_number =
            "the number of clusters was chosen in the target's own factors, not in those that "
            "were clustered";
    }
    auto found = fit_guided(wanted);
    if (in.out.clusters_choice)
        of_number += pass_over_empty(found, *in.out.clusters_choice, in.options.try_clusters,
                                     in.run, fit_guided);
    const double coherence = assortativity(found.labels, in.graph);
    in.out.scores = std::move(found.scores);
    in.out.clusters = std::move(found);
    in.clock.end("guided mixtures");
    const bool coherent = coherence >= in.options.guided_from;
    in.out.decisions.push_back(text(
        "in the genes that tell the source's classes apart, neighbours share their cluster "
        "beyond chance (assortativity) to ",
        rounded(coherence),
        coherent || in.options.trust ? "" : ": too little for these genes to guide the clusters"));
    if (!in.options.trust && !coherent) {
        in.out.decisions.push_back(
            "the source's loading, adapted to the target, gives the factors");
        return Trust::adapted;
    }
    if (!in.options.trust && !in.against_alone.ahead(in.out)) return Trust::none;
    in.out.decisions.push_back("these genes guide the clusters");
    if (!of_number.empty()) in.out.decisions.push_back(of_number);
    return Trust::guided;
}

}  // namespace transst::detail
