// What `transst cluster` does, for the commands that call it.
#pragma once

#include <transst/cluster/choose_clusters.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace transst_program {

/// Everything `transst cluster` can be told; the defaults are the program's.
struct ClusterOptions {
    std::vector<std::string> sources;
    std::string target, out;
    std::optional<std::string> report;
    std::vector<transst::Index> clusters;  ///< one, or those to choose among by the criterion
    std::string criterion = "mbic";

    std::vector<std::string> ignore;
    std::string label_column = "label", section_column = "section", spatial_key = "spatial";
    std::string layer;                ///< empty: chosen
    std::string expression = "auto";  ///< or counts, log
    /// The same of the sources, where they differ: one word for all of them, or one for each.
    std::vector<std::string> source_label_column, source_section_column, source_spatial_key,
        source_layer, source_expression;
    double stretch_x = 1, stretch_y = 1;

    transst::Index genes = 2000;
    std::string gene_criterion = "variance", genes_from = "target", standardize = "section";
    std::string gene_list;
    transst::Index factors = 15;
    std::string lambda = "1", penalty = "relative", scores = "generalized";
    std::optional<transst::Index> neighbors;  ///< nothing: the method's own
    std::string neighborhood = "nearest";
    double radius = 0;
    bool allow_duplicates = false;
    std::string beta = "auto", field = "modes";
    std::optional<transst::Index> starts;  ///< nothing: the method's own

    std::string method = "trust";  ///< or paper
    std::string trust = "auto";
    double kappa = 1000;
    bool published = false;
    std::uint64_t seed = 1;
    int threads = 0;
    transst::Index memory = 0;  ///< bytes; 0: no limit
    bool force = false, quiet = false, verbose = false;
};

inline const std::map<std::string, transst::ClustersCriterion> clusters_criteria{
    {"bic", transst::ClustersCriterion::bic},
    {"mbic", transst::ClustersCriterion::mbic},
    {"hbic", transst::ClustersCriterion::hbic},
    {"icl", transst::ClustersCriterion::icl},
    {"stability", transst::ClustersCriterion::stability}};

/// Reads, fits, writes labels.tsv, fit.json and clusters.svg. Throws transst::Error.
void cluster(const ClusterOptions& options);

}  // namespace transst_program
