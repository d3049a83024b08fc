// What FindRegions may be told.
#pragma once

#include <transst/cluster/choose_clusters.hpp>
#include <transst/preprocess/prepare.hpp>
#include <transst/transfer/trust.hpp>

#include <optional>

namespace transst {

/// Options of FindRegions.
struct RegionsOptions {
    Index clusters = 7;                            ///< K
    std::vector<Index> try_clusters{};             ///< if not empty, K is chosen among these
    std::optional<ClustersCriterion> criterion{};  ///< by which; nothing: as many as the
                                                   ///< classes that hold spots where they
                                                   ///< anchor the clusters, else mbic
    Prepare::Options prepare{};                    ///< genes and standardising
    Index factors = 15;                            ///< q
    std::optional<Graph> graph{};  ///< of the Potts field; nothing: the nearest neighbours
    Index neighbors = 6;           ///< of the Potts field
    std::vector<Index> scales{0, 6, 18, 36};  ///< neighbours that scores are averaged over
    std::optional<double> kappa{};            ///< pseudo-spots behind each class, when anchored;
                                              ///< nothing: 1000, or 10 for those that the target
                                              ///< does not bear out
    Index starts = 5;                         ///< of a mixture without anchors, which draws four
                                              ///< times as many; twice as many when adapted,
                                              ///< every other smoothed
    std::optional<double> beta{};             ///< of the Potts field; nothing: estimated
    std::optional<Trust> trust{};             ///< decided by the caller; nothing: learned
    std::optional<double> lambda{};  ///< of TransferLoading, relative, when adapted; nothing: from
                                     ///< a grid, by bi-cross-validation, or 1 where half of the
                                     ///< spots or genes are no more than factors
    double anchored_from = 0.5;      ///< squared relevance above which the source explains more of
                                     ///< the target's classes than it leaves unexplained; where
                                     ///< it would but for noise, anchored clusters are tried
    double used_from = 0.1;          ///< squared relevance, corrected for noise in the source's
                                     ///< profiles, above which the source is worth a look
    double contradicted_to = 1.0 / 3;  ///< share of the source's labels that may be wrong
    double released_from = 0.75;       ///< released_agreement from which clusters hold without
                                       ///< the anchors
    double believed_from = 0.95;       ///< of what clusters hardly drawn to the source's classes
                                       ///< explain, the part that those drawn to them must
    double guided_from = 0.5;          ///< assortativity from which guided clusters are coherent
    double information_from = 0.8;     ///< of what the target's own clusters tell of its factors,
                                       ///< and adapted ones, the part that anchored ones must, the
                                       ///< classes being knowledge beside; of free components all.
                                       ///< Asked where noise hides the source's relevance, they do
                                       ///< not hold without anchors, classes are doubted, some are
                                       ///< free components, or most spots lie in novel ones
    double borrowed_from = 1.05;       ///< that part where only genes or a loading are borrowed:
                                       ///< what tells as much is not worth the risk
    bool allow_duplicates = false;     ///< of the same place in the same section
};

}  // namespace transst
