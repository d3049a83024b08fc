// What is found of a target's regions, and why it was found in this way.
#pragma once

#include <transst/cluster/choose_clusters.hpp>
#include <transst/cluster/name_clusters.hpp>
#include <transst/cluster/score_space.hpp>
#include <transst/reduce/pldr.hpp>
#include <transst/transfer/transfer_loading.hpp>
#include <transst/transfer/trust.hpp>

#include <optional>

namespace transst {

/// What one way to use the source finds.
struct FoundRegions {
    ClusterFit<double> clusters;        ///< of the spots
    std::vector<ClusterName> names;     ///< of the clusters (K)
    RowMatrix<double> class_posterior;  ///< spots × classes, see name_anchored, name_by_profile;
                                        ///< 0 × 0 without trust
    RowMatrix<double> scores;  ///< spots × factors that were clustered; where guided, those of the
                               ///< way that agrees best with the others
    std::vector<std::string> absent_classes;  ///< of the source, left without spots of the target,
                                              ///< or with fewest where clusters are fewer
    std::vector<double> kappa;  ///< pseudo-spots behind each of class_names, as asked for or
                                ///< learned; empty where they do not anchor
    std::vector<std::string> doubted_classes;  ///< of the source, that the target does not bear out
    Index own_axes = 0;         ///< of the scores, along which the target's own clusters differ
    Index free_components = 0;  ///< clusters that stem from no class, where these anchor
    std::optional<TransferFit<double>> transfer;  ///< of the adapted way
};

/// What FindRegions::fit finds.
struct RegionsFit : FoundRegions {
    std::vector<std::string> class_names;      ///< of the source
    bool averaged = false;                     ///< the target's own scores, with the neighbours'
    Trust trust = Trust::none;                 ///< the way that was taken
    std::optional<Relevance> relevance;        ///< of the source, if there is one
    std::optional<ScoreSpaceChoice> space;     ///< where anchoring was tried
    std::optional<double> released_agreement;  ///< ARI of anchored clusters with what becomes of
                                               ///< them without anchors, where anchoring was tried
    std::optional<double> information, information_alone;  ///< that clusters of the source and of
                                                           ///< the target alone have of its own
                                                           ///< factors, in nats a spot, where
                                                           ///< compared; see cluster_information
    std::optional<PLDRFit<double>> pldr;                   ///< of the anchored and the adapted way
    std::optional<ClustersChoice> clusters_choice;  ///< where several numbers were tried; its
                                                    ///< fit is empty, `clusters` being that
    std::vector<std::string> decisions;             ///< what was chosen and why, in words
    std::vector<std::string> warnings;              ///< beside those of clusters

    std::vector<StepTime> times;  ///< of the steps, in order

    std::vector<std::string> genes, symbols;   ///< seen, as Prepared has them (p)
    std::vector<std::string> target_sections;  ///< names
    Index labelled_cells = 0;                  ///< of all sources
    Index common_genes = 0;                    ///< before selection
};

}  // namespace transst
