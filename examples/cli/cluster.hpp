// What `transst cluster` and `transst apply` do, for the commands that call it.
#pragma once

#include <transst/cluster/choose_clusters.hpp>
#include <transst/preprocess/select_genes.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace transst_program {

/// Everything `transst cluster` and `transst apply` can be told; the defaults are the program's.
struct ClusterOptions {
    std::vector<std::string> sources;
    std::string model;                 ///< of `transst fit`, instead of sources; empty: none
    std::string model_checksum{};      ///< that it must have; empty: any
    std::vector<std::string> targets;  ///< several are clustered together, as sections
    std::string out;
    std::optional<std::string> report;
    std::vector<transst::Index> clusters;  ///< one, or those to choose among by the criterion
    std::string criterion = "auto";

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
    std::string trust = "auto", kappa = "auto";
    bool published = false;
    std::uint64_t seed = 1;
    int threads = 0;
    transst::Index memory = 0;  ///< bytes; 0: no limit
    bool force = false, quiet = false, verbose = false;

    /// What is read.
    [[nodiscard]] std::vector<std::string> inputs() const {
        std::vector<std::string> paths = sources;
        paths.insert(paths.end(), targets.begin(), targets.end());
        for (const auto* one : {&model, &gene_list})
            if (!one->empty()) paths.push_back(*one);
        return paths;
    }
};

inline const std::map<std::string, transst::GeneCriterion> gene_criteria{
    {"variance", transst::GeneCriterion::variance},
    {"coefficient-of-variation", transst::GeneCriterion::coefficient_of_variation},
    {"vst", transst::GeneCriterion::variance_stabilized},
    {"spark-x", transst::GeneCriterion::spark_x},
    {"morans-i", transst::GeneCriterion::morans_i}};

inline const std::map<std::string, transst::ClustersCriterion> clusters_criteria{
    {"bic", transst::ClustersCriterion::bic},
    {"mbic", transst::ClustersCriterion::mbic},
    {"hbic", transst::ClustersCriterion::hbic},
    {"icl", transst::ClustersCriterion::icl},
    {"stability", transst::ClustersCriterion::stability}};

/// Reads, fits, writes labels.tsv, fit.json, pictures and the rest. Throws transst::Error.
void cluster(const ClusterOptions& options);

/// Each source is named once, and named; what is said of sources is said once, or of each.
void check_sources(const ClusterOptions& options);

// The options that several commands have, in groups.

/// --quiet, --verbose, --seed, --threads, --memory.
void add_working_options(CLI::App& command, const std::shared_ptr<ClusterOptions>& options,
                         const char* scratch);

/// --ignore to --stretch-y.
void add_reading_options(CLI::App& command, ClusterOptions& options, const char* ignored,
                         const char* group);

/// --source-label-column to --source-expression.
void add_source_reading_options(CLI::App& command, ClusterOptions& options);

/// --genes, --gene-criterion, --gene-list.
void add_gene_options(CLI::App& command, ClusterOptions& options);

/// Throws where both a list of genes and how they are to be chosen are given.
void check_gene_options(const CLI::App& command);

/// --factors.
void add_factor_option(CLI::App& command, ClusterOptions& options);

inline constexpr const char* reading_group = "Reading";
inline constexpr const char* method_group = "Method";

}  // namespace transst_program
