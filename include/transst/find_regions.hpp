// The target's regions, with as much of the source's knowledge as the target bears out.
//
// How relevant the source is is learned from the target, without labels of it (SourceRelevance):
//   anchored   the source's classes are priors of the target's mixture, in factors of the source,
//              and hold when they are taken away again;
//   guided     only which genes tell classes apart is taken from the source, where the regions
//              found with them are coherent;
//   adapted    the source's loading, adapted to the target, gives the factors: the paper's steps;
//   none       the source is not used.
// The three steps of the paper are a Pipeline; this is what the program does by default.
#pragma once

#include <transst/cluster/guided_gmm_mrf.hpp>
#include <transst/cluster/surroundings.hpp>
#include <transst/core/sort.hpp>
#include <transst/learn_source.hpp>
#include <transst/metrics/assortativity.hpp>
#include <transst/regions_fit.hpp>
#include <transst/transfer/choose_sources.hpp>

namespace transst {

/// Clusters a target with labelled sources, trusted as far as the target bears them out.
///
///     const auto fit = transst::FindRegions{{.clusters = 7}}.fit(sources, target, {.threads = 4});
struct FindRegions {
    static constexpr std::string_view name = "FindRegions";

    struct Options {
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
        double kappa = 1000;                      ///< pseudo-spots behind each class, when anchored
        Index starts = 5;                         ///< of a mixture without anchors; twice as many
                                                  ///< when adapted, every other smoothed
        std::optional<double> beta{};             ///< of the Potts field; nothing: estimated
        std::optional<Trust> trust{};             ///< decided by the caller; nothing: learned
        double lambda = 1;                        ///< of TransferLoading, relative, when adapted
        double anchored_from = 0.5;  ///< squared relevance above which the source explains more of
                                     ///< the target's classes than it leaves unexplained
        double used_from = 0.1;      ///< squared relevance, corrected for noise in the source's
                                     ///< profiles, above which the source is worth a look
        double contradicted_to = 1.0 / 3;  ///< share of the source's labels that may be wrong
        double released_from = 0.75;       ///< released_agreement above which anchors are believed
        double guided_from = 0.5;  ///< assortativity from which guided clusters are coherent
        double free_explained_from = 0.75;  ///< of what the target's own clusters explain, the part
                                            ///< that anchored ones must where some are free
                                            ///< components, or most spots lie in novel clusters
        double explained_from = 0.9;  ///< of what the target's own clusters explain, the part that
                                      ///< those in the adapted loading must
        bool allow_duplicates = false;  ///< of the same place in the same section
    } options{};

    /// sources: none or more, labelled, cells × genes each, of which those are used that say most
    /// of the target by themselves; target: spots × genes, with coordinates, aligned by gene id. On
    /// a request to stop, the regions are the best so far. METHOD §7; the paper's steps are
    /// Pipeline's. Throws InvalidArgument for options out of range (clusters not in [1, spots],
    /// factors not below spots, labelled cells and genes), ShapeMismatch where parts of a sample
    /// differ in size, BadData for what cannot be used (no labels, no common genes, values that are
    /// not finite, spots at one place), Stopped before there is anything to return.
    template <class SourceExpression, class TargetExpression>
    [[nodiscard]] RegionsFit fit(const std::vector<Sample<SourceExpression>>& sources,
                                 const Sample<TargetExpression>& target,
                                 const RunOptions& run = {}) const {
        if (sources.empty()) return fit(target, run);
        std::vector<const Sample<SourceExpression>*> seen;
        for (const auto& s : sources) seen.push_back(&s);
        return with_sources(std::span<const Sample<SourceExpression>* const>(seen), target, run);
    }

    /// A model of the source in its place, which brings genes, factors and scales with it. Genes of
    /// the model that the target lacks, or that do not vary there, are left out, and said in
    /// warnings. Throws BadData where there are no more of them, or of spots, than factors,
    /// and as above.
    template <class Expression>
    [[nodiscard]] RegionsFit fit(const SourceModel& model, const Sample<Expression>& target,
                                 const RunOptions& run = {}) const {
        FindRegions same = *this;
        same.options.prepare = model.prepare;
        same.options.factors = model.pldr.factors();
        same.options.scales = model.scales;
        return same.with_knowledge(target, run, [&](const Graph&, StepClock& clock, auto&& apply) {
            run.begin("prepare");
            const auto prepared = Prepare{model.prepare}.fit_target(
                {model.genes, model.symbols, "the model"}, target, run);
            RegionsFit out;
            describe(prepared, out);
            out.class_names = model.class_names;
            out.labelled_cells = model.labelled_cells;
            const Index found = std::ssize(prepared.genes), factors = model.pldr.factors();
            require<BadData>(found > factors, target.name, " has ", found, " of the model's ",
                             model.genes.size(), " genes, too few for its ", factors,
                             " factors; take a target of the same species and kind of gene id, or "
                             "learn a model from genes that it has");
            require<BadData>(target.rows() > factors, target.name, " has ", target.rows(),
                             " spots, too few for the model's ", factors,
                             " factors; learn a model with fewer");
            const SourceModel known = model.with_genes(prepared.asked_for);
            clock.end("prepare");
            detail::KnownSource source(known);
            return apply(prepared.target, source, std::move(out));
        });
    }

    /// One source: labelled cells × genes. The rest as above.
    template <class SourceExpression, class TargetExpression>
    [[nodiscard]] RegionsFit fit(const Sample<SourceExpression>& source,
                                 const Sample<TargetExpression>& target,
                                 const RunOptions& run = {}) const {
        const Sample<SourceExpression>* const seen[] = {&source};
        return with_sources(std::span<const Sample<SourceExpression>* const>(seen), target, run);
    }

    /// The target alone (spots × genes): a spatial mixture of the factors of its truncated SVD,
    /// the baseline that every transfer is held against. Throws as above.
    template <class TargetExpression>
    [[nodiscard]] RegionsFit fit(const Sample<TargetExpression>& target,
                                 const RunOptions& run = {}) const {
        check(target);
        StepClock clock;
        const Graph graph = spot_graph(target, run, clock);
        return with_choice_described(without_source(target, graph, run, clock));
    }

private:
    using Scores64 = RowMatrix<double>;

    template <class Expression>
    void check(const Sample<Expression>& target) const {
        require(!options.try_clusters.empty() ||
                    (options.clusters >= 1 && options.clusters <= target.rows()),
                "FindRegions::fit: clusters = ", options.clusters, ", ", target.name, " has ",
                target.rows(),
                " spots; clusters must be at least 1 and at most the number of spots");
        detail::check_scales(options.scales, "FindRegions::fit");
        require(options.neighbors >= 1, "FindRegions::fit: neighbors = ", options.neighbors,
                "; it must be at least 1");
        require(options.kappa > 0, "FindRegions::fit: kappa = ", options.kappa,
                "; it must be positive");
        require(options.starts >= 1, "FindRegions::fit: starts = ", options.starts,
                "; it must be at least 1");
        require(options.lambda >= 0, "FindRegions::fit: lambda = ", options.lambda,
                "; it must be 0 or more");
    }

    template <class Expression>
    [[nodiscard]] Graph spot_graph(const Sample<Expression>& target, const RunOptions& run,
                                   StepClock& clock) const {
        run.begin("neighbours");
        if (options.graph) {
            options.graph->check("FindRegions::fit");
            require<ShapeMismatch>(options.graph->nodes() == target.rows(),
                                   "FindRegions::fit: graph has ", options.graph->nodes(),
                                   " nodes, ", target.name, " has ", target.rows(), " spots");
        }
        Graph graph = options.graph ? options.graph->symmetrized()
                                    : KnnGraph{{.neighbors = options.neighbors,
                                                .allow_duplicates = options.allow_duplicates}}
                                          .fit(target.coordinates, target.sections, run);
        clock.end("neighbours");
        return graph;
    }

    template <class SourceExpression, class TargetExpression>
    [[nodiscard]] RegionsFit with_sources(std::span<const Sample<SourceExpression>* const> sources,
                                          const Sample<TargetExpression>& target,
                                          const RunOptions& run) const {
        return with_knowledge(
            target, run, [&](const Graph& nearest, StepClock& clock, auto&& apply) {
                RegionsFit out;
                std::vector<const Sample<SourceExpression>*> kept(sources.begin(), sources.end());
                if (sources.size() > 1 && !options.trust) {
                    run.begin("relevance of each source");
                    kept = detail::choose_sources(sources, target, nearest, options.prepare,
                                                  options.factors, limits(), run, out.decisions);
                    clock.end("relevance of each source");
                }
                run.begin("prepare");
                const auto prepared = Prepare{options.prepare}.fit(
                    std::span<const Sample<SourceExpression>* const>(kept), target, run);
                clock.end("prepare");
                describe(prepared, out);
                check_factors(prepared);
                detail::SourceInHand source(prepared, options.factors, options.scales, run, clock);
                return apply(prepared.target, source, std::move(out));
            });
    }

    [[nodiscard]] detail::TrustLimits limits() const {
        return {options.anchored_from, options.used_from};
    }

    /// go(nearest, clock, apply) hands apply the target's rows, what is known of the source and a
    /// fit that says what was prepared; where the source is not trusted the target is clustered
    /// alone.
    template <class Expression, class Go>
    [[nodiscard]] RegionsFit with_knowledge(const Sample<Expression>& target, const RunOptions& run,
                                            Go&& go) const {
        check(target);
        StepClock clock;
        const Graph graph = spot_graph(target, run, clock);
        const Graph nearest = detail::nearest_spots(target.coordinates, target.sections,
                                                    longest_scale(), options.allow_duplicates, run);
        clock.end("neighbours");
        RegionsFit alone;
        bool found_alone = false;
        const auto by_itself = [&]() -> RegionsFit& {
            if (!std::exchange(found_alone, true))
                alone = without_source(target, graph, run, clock);
            return alone;
        };
        auto out = go(nearest, clock,
                      [&](const auto& rows, detail::SourceParts& source, RegionsFit&& described) {
                          return with_source(rows, source, std::move(described), nearest, graph,
                                             by_itself, run, clock);
                      });
        out.times = clock.times();
        if (out.trust != Trust::none) return with_choice_described(std::move(out));
        by_itself().times = clock.times();
        alone.space = out.space;
        alone.released_agreement = out.released_agreement;
        alone.explained = out.explained;
        alone.explained_alone = out.explained_alone;
        alone.relevance = out.relevance;
        alone.source_reliability = out.source_reliability;
        alone.decisions.insert(alone.decisions.begin(), out.decisions.begin(), out.decisions.end());
        alone.class_names = std::move(out.class_names);
        alone.labelled_cells = out.labelled_cells;
        alone.common_genes = out.common_genes;
        for (const auto& warning : alone.warnings)  // both may have been warned of the same genes
            std::erase(out.warnings, warning);
        alone.warnings.insert(alone.warnings.begin(), out.warnings.begin(), out.warnings.end());
        return with_choice_described(std::move(alone));
    }

    template <class SourceRows, class TargetRows>
    void check_factors(const Prepared<SourceRows, TargetRows>& prepared) const {
        detail::check_factors(options.factors, prepared.source.rows(), prepared.target.rows(),
                              prepared.target.cols(), "FindRegions::fit");
    }

    [[nodiscard]] Index longest_scale() const {
        return std::max(options.scales.back(), SourceRelevance<>::Options{}.neighbors);
    }

    /// by_itself(): the fit of the target alone.
    template <class Rows, class ByItself>
    [[nodiscard]] RegionsFit with_source(const Standardized<Rows>& target,
                                         detail::SourceParts& source, RegionsFit out,
                                         const Graph& nearest, const Graph& graph,
                                         ByItself&& by_itself, const RunOptions& run,
                                         StepClock& clock) const {
        const auto& witness = source.witness();
        run.begin("relevance");
        const Relevance relevance = SourceRelevance<>{}.fit(witness, target, nearest, run);
        clock.end("relevance");
        out.relevance = relevance.correlation;
        out.source_reliability = relevance.reliability;
        const std::string found =
            std::ssize(source.class_names()) < 2
                ? "the source has a single class, whose relevance cannot be told"
                : text("relevance of the source ", detail::in_words(relevance));
        out.trust = options.trust.value_or(limits().worth(relevance));
        if (options.trust)
            out.decisions.push_back(text(found, "; trust was set to '", to_text(out.trust), "'"));
        else if (out.trust == Trust::anchored)
            out.decisions.push_back(text(found, ": its classes anchor the target's clusters"));
        else if (out.trust == Trust::adapted)
            out.decisions.push_back(text(found, ": its classes are not taken over"));
        else
            out.decisions.push_back(text(found,
                                         ": the source is not trusted; the target is clustered "
                                         "alone"));
        const bool half_relevant = out.trust == Trust::adapted && !options.trust;
        if (out.trust == Trust::anchored) {
            // what correlates so well gives good factors, whatever is wrong with its classes
            const auto warned = out.warnings.size();
            if (!anchored(target, source, nearest, graph, run, clock, out)) {
                out.trust = Trust::adapted;
                out.warnings.resize(warned);
                out.clusters_choice.reset();
            } else if (!options.trust && looks_elsewhere(out) &&
                       !explains_enough(target, options.free_explained_from, by_itself, graph, run,
                                        clock, out)) {
                out.trust = Trust::none;
                out.warnings.resize(warned);
                return out;
            }
        }
        if (out.trust == Trust::guided || half_relevant) {
            const auto warned = out.warnings.size();
            const bool coherent = guided(target, source, graph, run, out);
            clock.end("guided mixtures");
            if (coherent || options.trust) {
                out.trust = Trust::guided;
            } else {
                out.warnings.resize(warned);
                out.clusters_choice.reset();
            }
        }
        if (out.trust == Trust::adapted) {
            const auto warned = out.warnings.size();
            adapted(target, source, graph, run, out);
            clock.end("adapted mixture");
            if (!options.trust && !explains_enough(target, options.explained_from, by_itself, graph,
                                                   run, clock, out)) {
                out.trust = Trust::none;
                out.warnings.resize(warned);
                return out;
            }
        }
        if (out.trust == Trust::anchored || out.trust == Trust::adapted) {
            out.pldr = source.pldr();
            out.warnings.insert(out.warnings.end(), out.pldr->warnings.begin(),
                                out.pldr->warnings.end());
        }
        if (out.trust == Trust::adapted || out.trust == Trust::guided) {
            const auto& profiles = source.profiles();
            run.begin("names");
            auto named = name_by_profile(profiles, source.class_names(), target, out.clusters, run);
            out.names = std::move(named.names);
            out.class_posterior = std::move(named.class_posterior);
        }
        return out;
    }

    /// Whether much of the target is not as the source's classes are: free components may have
    /// taken what these do not fit quite, or they have shared it out among themselves.
    template <class = void>
    [[nodiscard]] static bool looks_elsewhere(const RegionsFit& out) {
        Index novel = 0;
        for (std::size_t k = 0; k < out.names.size(); ++k) {
            if (out.names[k].source_class == left_out) return true;
            if (out.names[k].novel) novel += out.clusters.sizes[k];
        }
        return 2 * novel > std::ssize(out.clusters.labels);
    }

    template <class SourceRows, class TargetRows>
    static void describe(const Prepared<SourceRows, TargetRows>& prepared, RegionsFit& out) {
        out.class_names = prepared.class_names;
        out.genes = prepared.genes;
        out.symbols = prepared.symbols;
        out.target_sections = prepared.target_sections;
        out.labelled_cells = std::ssize(prepared.labels);
        out.common_genes = prepared.common_genes;
        out.warnings = prepared.warnings;
    }

    // --- anchored ---------------------------------------------------------------------------

    /// Whether the anchored clusters are to be believed; if not, `out` has no clusters yet.
    template <class Rows>
    [[nodiscard]] bool anchored(const Standardized<Rows>& target, detail::SourceParts& source,
                                const Graph& nearest, const Graph& graph, const RunOptions& run,
                                StepClock& clock, RegionsFit& out) const {
        if (!source.placed())
            out.decisions.push_back(
                "scores are not averaged over neighbours: that takes coordinates of all labelled "
                "source cells");
        const SourceAnchors& anchors = source.anchors();
        const auto& described = anchors.classes;
        out.space = anchors.space;
        const bool discriminant = out.space->best == ScoreSpace::discriminant;
        out.decisions.push_back(
            text("source cells held out are named right in ",
                 detail::rounded(100 * out.space->discriminant_accuracy),
                 " % of cases by discriminant axes", source.placed() ? " at several scales" : "",
                 ", in ", detail::rounded(100 * out.space->factors_accuracy),
                 " % by all factors; the ", discriminant ? "former" : "latter", " are used"));
        if (!options.trust && out.space->accuracy() <= out.space->largest_class_share) {
            out.decisions.push_back(
                "that is no better than always naming the largest class: the "
                "source's classes are not taken over");
            return false;
        }

        if (out.space->contradicted_share > 0)
            out.decisions.push_back(
                text(detail::rounded(100 * out.space->contradicted_share),
                     " % of the source's labels are contradicted by their "
                     "cells' expression",
                     source.placed() ? "; those that neighbours do not share are" : " and",
                     " left out"));
        if (!options.trust && out.space->contradicted_share > options.contradicted_to) {
            out.decisions.push_back("these are too many: the source's classes are not taken over");
            return false;
        }
        const Scores64 v =
            neighborhood_means(source.pldr().transform(target, run), nearest,
                               std::span<const Index>(source.scales()), described.weights, run);
        const auto fit_anchored = [&](const Scores64& scores, const Graph& among, Index clusters) {
            return AnchoredGMM_MRF<>{
                {.clusters = clusters,
                 .kappa = options.kappa,
                 .beta_by = options.beta ? Beta::fixed : Beta::pseudo_likelihood,
                 .beta = options.beta.value_or(1)}}
                .fit(scores, among, described.densities, run);
        };
        run.begin("anchored mixture");
        const auto occupied = [](const ClusterFit<double>& found) {
            return std::ssize(found.sizes) - std::count(found.sizes.begin(), found.sizes.end(), 0);
        };
        const bool by_classes = !options.try_clusters.empty() && !options.criterion;
        const Index wanted = number_of_clusters(
            v, graph, fit_anchored, run, out, by_classes ? occupied(fit_anchored(v, graph, 0)) : 0);
        auto fit = fit_anchored(v, graph, wanted);
        clock.end("anchored mixture");
        if (!options.trust && occupied(fit) < wanted) {
            out.decisions.push_back(text("anchored to the source's classes only ", occupied(fit),
                                         " of ", wanted,
                                         " clusters hold spots: they are not taken over"));
            return false;
        }
        run.begin("released mixture");
        out.released_agreement =
            adjusted_rand_index(fit.labels, detail::released(v, graph, fit, options.beta, run));
        clock.end("released mixture");
        const std::string held =
            text("released from the anchors, the clusters stay as they are to an agreement of ",
                 detail::rounded(*out.released_agreement));
        if (!options.trust && !fit.stopped && *out.released_agreement < options.released_from) {
            out.decisions.push_back(text(
                held, ", less than ", detail::rounded(options.released_from),
                ": the target does not bear the source's classes out; they are not taken over"));
            return false;
        }
        out.decisions.push_back(held);
        for (const Label k : fit.absent)
            out.absent_classes.push_back(source.class_names()[static_cast<std::size_t>(k)]);
        for (const auto& absent : out.absent_classes)
            out.decisions.push_back(
                text("class '", absent,
                     "' was left out: fewest spots of the target, or none, belong to it"));
        auto named = name_anchored(fit, v, described.densities, source.class_names(), run);
        out.names = std::move(named.names);
        out.class_posterior = std::move(named.class_posterior);
        out.clusters = std::move(fit);
        out.scores = v;
        return true;
    }

    /// K as asked for, or the best of those to try: the nearest to `classes`, where those are
    /// given.
    template <class Scores>
    [[nodiscard]] Index number_of_clusters(const Scores& scores, const Graph& graph,
                                           const FitClusters& fit, const RunOptions& run,
                                           RegionsFit& out, Index classes = 0) const {
        if (options.try_clusters.empty()) return options.clusters;
        auto choice =
            choose_clusters(scores, graph, options.try_clusters,
                            options.criterion.value_or(ClustersCriterion::mbic), fit, run);
        if (classes > 0) detail::choose_by_classes(choice, options.try_clusters, classes);
        out.clusters_choice = std::move(choice);
        return out.clusters_choice->best;
    }

    /// The clusters: as many as asked for, or those with the best number of those to try.
    template <class Scores>
    [[nodiscard]] ClusterFit<double> best_clusters(const Scores& scores, const Graph& graph,
                                                   const FitClusters& fit, const RunOptions& run,
                                                   RegionsFit& out) const {
        const Index wanted = number_of_clusters(scores, graph, fit, run, out);
        if (out.clusters_choice) return std::move(out.clusters_choice->fit);
        return fit(scores, graph, wanted);
    }

    /// Says how many clusters were chosen for the fit that is returned.
    template <class Fit>
    [[nodiscard]] static Fit with_choice_described(Fit out) {
        if (!out.clusters_choice) return out;
        auto& choice = *out.clusters_choice;
        choice.fit = {};  // those that were returned are in out.clusters
        out.decisions.push_back(text(detail::counted(choice.best, "cluster"),
                                     choice.best == 1 ? " was" : " were", " chosen out of ",
                                     choice.curve.size(), " numbers tried"));
        if (choice.classes)
            out.decisions.back() +=
                text(", the source's classes that hold spots being ", *choice.classes);
        out.warnings.insert(out.warnings.end(), choice.warnings.begin(), choice.warnings.end());
        const bool novel = std::any_of(out.names.begin(), out.names.end(),
                                       [](const auto& name) { return name.novel; });
        if (choice.classes && novel)
            out.warnings.push_back(
                "some clusters are novel: the target may have regions that the source lacks, and "
                "which share a cluster; try more clusters than classes");
        return out;
    }

    /// The mixture without anchors, as choose_clusters asks for it.
    template <class = void>
    [[nodiscard]] FitClusters fit_free(const RunOptions& run) const {
        return [this, run](const Scores64& scores, const Graph& graph, Index clusters) {
            return detail::free_clusters(scores, graph, clusters, {options.starts}, options.beta,
                                         run);
        };
    }

    /// Scores of the target by itself, the first of variance 1.
    template <class Rows>
    [[nodiscard]] Scores64 own_scores(const Standardized<Rows>& target,
                                      const RunOptions& run) const {
        const auto svd = TruncatedSVD<>{{.factors = options.factors}}.fit(target, run);
        const double scale = svd.singular_values[0] / std::sqrt(static_cast<double>(target.rows()));
        return scale > 0 ? Scores64(svd.scores / scale) : svd.scores;
    }

    // --- guided and adapted -----------------------------------------------------------------

    /// Whether the clusters found in the source's informative genes are coherent.
    template <class Rows>
    [[nodiscard]] bool guided(const Standardized<Rows>& target, detail::SourceParts& source,
                              const Graph& graph, const RunOptions& run, RegionsFit& out) const {
        const auto& information = source.information();
        run.begin("guided mixtures");
        const Index wanted =
            options.try_clusters.empty()
                ? options.clusters
                : number_of_clusters(own_scores(target, run), graph, fit_free(run), run, out);
        const auto fit_guided = [&](Index clusters) {
            return GuidedGMM_MRF{
                {.clusters = clusters, .starts = options.starts, .beta = options.beta}}
                .fit(target, information, graph, run);
        };
        auto found = fit_guided(wanted);
        if (out.clusters_choice) {
            const auto whole = [](const GuidedFit& fit) {
                return std::count(fit.sizes.begin(), fit.sizes.end(), 0) == 0;
            };
            std::string passed_over;
            if (!whole(found))
                for (Index fewer = wanted - 1; fewer >= 1 && !run.stop.stop_requested(); --fewer) {
                    if (std::find(options.try_clusters.begin(), options.try_clusters.end(),
                                  fewer) == options.try_clusters.end())
                        continue;
                    if (auto other = fit_guided(fewer); whole(other)) {
                        passed_over =
                            text("; of ", wanted, " some had no spots, of ", fewer, " none");
                        found = std::move(other);
                        out.clusters_choice->best = fewer;
                        break;
                    }
                }
            out.decisions.push_back(
                text("the number of clusters was chosen in the target's own factors, not in those "
                     "that were clustered",
                     passed_over));
        }
        const double coherence = assortativity(found.labels, graph);
        out.scores = std::move(found.scores);
        out.clusters = std::move(found);
        const bool coherent = coherence >= options.guided_from;
        out.decisions.push_back(text(
            "in the genes that tell the source's classes apart, neighbours share their cluster "
            "beyond chance (assortativity) to ",
            detail::rounded(coherence),
            options.trust ? ""
            : coherent    ? ": these genes guide the clusters"
                          : ": too little for these genes to guide the "
                            "clusters; the source's loading, adapted to the "
                            "target, gives the factors"));
        return coherent;
    }

    /// The paper's steps 2 and 3.
    template <class Rows>
    void adapted(const Standardized<Rows>& target, detail::SourceParts& source, const Graph& graph,
                 const RunOptions& run, RegionsFit& out) const {
        const auto& pldr = source.pldr();
        run.begin("adapted mixture");
        out.transfer = TransferLoading<>{{.lambda = options.lambda}}.fit(target, pldr, run);
        out.warnings.insert(out.warnings.end(), out.transfer->warnings.begin(),
                            out.transfer->warnings.end());
        const Scores64& v = out.transfer->scores;
        SpatialGMM_MRF<> mixture{{.clusters = options.clusters, .starts = 2 * options.starts}};
        if (options.beta) {
            mixture.options.beta_by = Beta::fixed;
            mixture.options.beta = *options.beta;
        }
        out.clusters = best_clusters(v, graph, warm_spatial_fits(mixture, run), run, out);
        out.scores = v;
    }

    /// Whether the clusters explain that part of what those that the target has by itself explain
    /// of its expression: a loading that is mostly noise, or classes that the target does not have,
    /// miss much. True where that is not known: after a request to stop, or where the target cannot
    /// be clustered alone.
    template <class Rows, class ByItself>
    [[nodiscard]] bool explains_enough(const Standardized<Rows>& target, double part,
                                       ByItself&& by_itself, const Graph& graph,
                                       const RunOptions& run, StepClock& clock,
                                       RegionsFit& out) const {
        const auto explained = [&](const ClusterFit<double>& clusters) {
            return class_information(target, clusters.labels, clusters.clusters(), run).mean();
        };
        if (run.stop.stop_requested()) return true;
        try {
            const RegionsFit& alone = by_itself();
            if (run.stop.stop_requested()) return true;
            // more clusters explain more: held against as many
            const Index clusters = out.clusters.clusters();
            out.explained_alone = explained(alone.clusters.clusters() == clusters
                                                ? alone.clusters
                                                : fit_free(run)(alone.scores, graph, clusters));
        } catch (const Stopped&) {
            return true;
        } catch (const Error& error) {
            out.warnings.push_back(
                text("the clusters are not held against the target's own: ", error.what()));
            return true;
        }
        out.explained = explained(out.clusters);
        clock.end("comparison");
        const bool enough = *out.explained >= part * *out.explained_alone;
        out.decisions.push_back(text("the clusters so found explain ",
                                     detail::rounded(100 * *out.explained),
                                     " % of a gene's variance, those of the target alone ",
                                     detail::rounded(100 * *out.explained_alone), " %",
                                     enough ? "" : ": much is missed, the latter are taken"));
        return enough;
    }

    // --- none -------------------------------------------------------------------------------

    /// Whether the kinds that spots are of without the field say little of regions, if there is to
    /// be one; as many kinds as clusters, in the middle of those tried.
    template <class = void>
    [[nodiscard]] bool mixed(const Scores64& scores, const Graph& graph,
                             const RunOptions& run) const {
        auto tried = options.try_clusters;
        detail::sort(tried.begin(), tried.end());
        const Index kinds = tried.empty() ? options.clusters : tried[tried.size() / 2];
        if (kinds < 2 || kinds > scores.rows() || options.beta == 0.0) return false;
        const Index draws = std::min<Index>(4 * options.starts, 20);
        const auto drawn = detail::drawn_mixtures(scores, kinds, draws, 200, run);
        return surroundings(drawn.front().labels, kinds, graph, run).mixed();
    }

    template <class Expression>
    [[nodiscard]] RegionsFit without_source(const Sample<Expression>& target, const Graph& graph,
                                            const RunOptions& run, StepClock& clock) const {
        run.begin("prepare");
        const std::vector<const Sample<Expression>*> nobody;
        const auto prepared = Prepare{options.prepare}.fit(
            std::span<const Sample<Expression>* const>(nobody), target, run);
        RegionsFit out;
        describe(prepared, out);
        check_factors(prepared);
        clock.end("prepare");
        run.begin("TruncatedSVD");
        Scores64 v = own_scores(prepared.target, run);
        clock.end("TruncatedSVD");
        run.begin("mixture");
        if (mixed(v, graph, run)) {
            v = detail::average_with_neighbors(v, graph);
            out.averaged = true;
            out.decisions.push_back(
                "spots that are alike are told better by the spots two steps away than by their "
                "neighbours: single spots say little of their region, and their scores are "
                "averaged "
                "with the neighbours'");
        }
        out.clusters = best_clusters(v, graph, fit_free(run), run, out);
        out.scores = v;
        clock.end("mixture");
        out.times = clock.times();
        out.names.assign(static_cast<std::size_t>(out.clusters.clusters()), ClusterName{});
        return out;
    }
};

}  // namespace transst
