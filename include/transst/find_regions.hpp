// The target's regions, with as much of the source's knowledge as the target bears out.
//
// How relevant the source is is learned from the target, without labels of it (SourceRelevance):
//   anchored   the source's classes are priors of the target's mixture, in factors of the source;
//   guided     only which genes tell classes apart is taken from the source, where the regions
//              found with them are coherent;
//   adapted    the source's loading, adapted to the target, gives the factors: the paper's steps;
//   none       the source is not used.
// Anchored clusters that hold when the priors are taken away again, and in which all classes fit,
// are believed. Others must tell of the target about what its own and adapted ones do, or the next
// way is taken; guided and adapted ones more than its own do (regions/comparison.hpp). Where the
// genes are not coherent the loading is adapted; where they are, and tell no more, there is none.
// The three steps of the paper are a Pipeline; this is what the program does by default.
#pragma once

#include <transst/regions/adapted.hpp>
#include <transst/regions/anchored.hpp>
#include <transst/regions/guided.hpp>
#include <transst/transfer/choose_sources.hpp>

namespace transst {

/// Clusters a target with labelled sources, trusted as far as the target bears them out.
///
///     const auto fit = transst::FindRegions{{.clusters = 7}}.fit(sources, target, {.threads = 4});
struct FindRegions {
    static constexpr std::string_view name = "FindRegions";

    using Options = RegionsOptions;  ///< see there
    Options options{};

    /// sources: none or more, labelled, cells × genes each, of which the most relevant is used, and
    /// what makes it more so (ChooseSources); target: spots × genes, with coordinates, aligned by
    /// gene id. On a request to stop, the regions are the best so far. METHOD §7; the paper's steps
    /// are Pipeline's. Throws InvalidArgument for options out of range (clusters not in [1, spots],
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
        return finished(without_source(target, graph, run, clock));
    }

private:
    template <class Expression>
    void check(const Sample<Expression>& target) const {
        require(!options.try_clusters.empty() ||
                    (options.clusters >= 1 && options.clusters <= target.rows()),
                "FindRegions::fit: clusters = ", options.clusters, ", ", target.name, " has ",
                target.rows(),
                " spots; clusters must be at least 1 and at most the number of spots");
        if (!options.try_clusters.empty())
            detail::check_tried(options.try_clusters, target.rows(), "FindRegions::fit");
        detail::check_scales(options.scales, "FindRegions::fit");
        require(options.neighbors >= 1, "FindRegions::fit: neighbors = ", options.neighbors,
                "; it must be at least 1");
        require(!options.kappa || (*options.kappa > 0 && std::isfinite(*options.kappa)),
                "FindRegions::fit: kappa = ", options.kappa.value_or(0),
                "; it must be positive and finite");
        require(options.starts >= 1, "FindRegions::fit: starts = ", options.starts,
                "; it must be at least 1");
        require(!options.beta || (*options.beta >= 0 && std::isfinite(*options.beta)),
                "FindRegions::fit: beta = ", options.beta.value_or(0),
                "; it must be 0 or more, and finite");
        require(!options.lambda || *options.lambda >= 0,
                "FindRegions::fit: lambda = ", options.lambda.value_or(0),
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
                using Source = Sample<SourceExpression>;
                std::vector<std::string> decisions;
                detail::ChosenSources<Source> chosen{{sources.begin(), sources.end()}};
                if (sources.size() > 1 && !options.trust) {
                    run.begin("relevance of each source");
                    chosen = detail::ChooseSources<SourceExpression, TargetExpression>(
                                 target, nearest, options.prepare, options.factors, limits(), run)
                                 .choose(chosen.kept, decisions);
                    clock.end("relevance of each source");
                }
                const auto learn_from = [&](const std::vector<const Source*>& used) {
                    run.begin("prepare");
                    const auto prepared = Prepare{options.prepare}.fit(
                        std::span<const Source* const>(used), target, run);
                    clock.end("prepare");
                    RegionsFit out;
                    out.decisions = decisions;
                    describe(prepared, out);
                    check_factors(prepared);
                    detail::SourceInHand source(prepared, options.factors, options.scales, run,
                                                clock);
                    return apply(prepared.target, source, std::move(out));
                };
                auto out = learn_from(chosen.kept);
                if (chosen.kept.size() < 2 || chosen.most_relevant == nullptr || !out.space ||
                    detail::borne_out(*out.space, options) || run.stop.stop_requested())
                    return out;
                // each may be sound by itself, with classes cut otherwise
                decisions.push_back(
                    text("the cells of the ", chosen.kept.size(),
                         " sources together do not bear their classes out: of these only '",
                         chosen.most_relevant->name, "', the most relevant, is used"));
                try {
                    return learn_from({chosen.most_relevant});
                } catch (const Stopped&) {
                    return out;
                }
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
            if (!found_alone) alone = without_source(target, graph, run, clock);
            found_alone = true;
            return alone;
        };
        auto out = go(nearest, clock,
                      [&](const auto& rows, detail::SourceParts& source, RegionsFit&& described) {
                          return with_source(rows, source, std::move(described), nearest, graph,
                                             by_itself, run, clock);
                      });
        out.times = clock.times();
        if (out.trust != Trust::none) return finished(std::move(out));
        by_itself().times = clock.times();
        alone.space = out.space;
        alone.released_agreement = out.released_agreement;
        alone.information = out.information;
        alone.information_alone = out.information_alone;
        alone.relevance = out.relevance;
        alone.decisions.insert(alone.decisions.begin(), out.decisions.begin(), out.decisions.end());
        alone.class_names = std::move(out.class_names);
        alone.labelled_cells = out.labelled_cells;
        alone.common_genes = out.common_genes;
        for (const auto& warning : alone.warnings)  // both may have been warned of the same genes
            std::erase(out.warnings, warning);
        alone.warnings.insert(alone.warnings.begin(), out.warnings.begin(), out.warnings.end());
        return finished(std::move(alone));
    }

    /// What was chosen, and what was asked for in vain.
    [[nodiscard]] RegionsFit finished(RegionsFit out) const {
        if (options.kappa && out.trust != Trust::anchored)
            out.warnings.push_back(
                text("kappa = ", *options.kappa, " has no effect: no class anchors a cluster"));
        if (options.criterion && options.try_clusters.empty())
            out.warnings.push_back(
                "the criterion has no effect: one number of clusters was asked for, and none "
                "chosen");
        return detail::with_choice_described(std::move(out));
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
        out.relevance = relevance;
        const std::string found =
            std::ssize(source.class_names()) < 2
                ? "the source has a single class, whose relevance cannot be told"
            : !relevance.known
                ? "the relevance of the source cannot be told: of two of its classes the target "
                  "must have five spots each, by four genes or more"
                : text("relevance of the source ", detail::in_words(relevance));
        out.trust = options.trust.value_or(limits().worth(relevance));
        const bool half_relevant = out.trust == Trust::adapted && !options.trust;
        if (half_relevant && limits().may_anchor(relevance)) out.trust = Trust::anchored;
        if (options.trust)
            out.decisions.push_back(text(found, "; trust was set to '", to_text(out.trust), "'"));
        else if (out.trust == Trust::anchored)
            out.decisions.push_back(text(found,
                                         ": its classes anchor the target's clusters, if these ",
                                         half_relevant ? "tell enough" : "hold"));
        else if (out.trust == Trust::adapted)
            out.decisions.push_back(text(found, ": its classes are not taken over"));
        else
            out.decisions.push_back(text(found,
                                         ": the source is not trusted; the target is clustered "
                                         "alone"));
        detail::Comparison<Rows> against_alone(options, target, graph, by_itself, run, clock);
        const detail::InHand<Rows> in{options, target, source,        nearest, graph,
                                      run,     clock,  against_alone, out};
        const auto warned = out.warnings.size();
        const auto give_up_for = [&](Trust next) {
            out.trust = next;
            out.warnings.resize(warned);
            detail::give_up(out);
            if (next == Trust::none) out.decisions.push_back("the target is clustered alone");
        };
        std::optional<RegionsFit> adapted_better;  // than anchors in doubt
        if (out.trust == Trust::anchored) {
            // what correlates so well gives good factors, whatever is wrong with its classes
            if (!detail::anchored(in)) {
                give_up_for(Trust::adapted);
            } else if (half_relevant || (!options.trust && detail::looks_elsewhere(in))) {
                // where noise or their release leaves them in doubt, neither way goes first
                const bool proven = !half_relevant && detail::stay_released(in, out);
                if (!against_alone.enough(out)) {
                    give_up_for(Trust::adapted);
                } else if ((adapted_better = detail::adapted_tells_more(
                                in, proven ? against_alone.part_of(out) : 1))) {
                    if (half_relevant)
                        out.decisions.push_back(
                            "in the source's loading, adapted to the target, clusters tell more, "
                            "and the former are given up");
                    give_up_for(Trust::adapted);
                }
            }
        }
        const bool undecided = half_relevant && out.clusters.labels.empty();
        const bool several = out.target_sections.size() > 1;
        if (undecided && several && !adapted_better) {
            out.decisions.push_back(
                "other ways to use such a source take differences of the target's sections for "
                "regions, and are not tried where there are several");
            give_up_for(Trust::none);
            return out;
        }
        if (out.trust == Trust::guided || (undecided && !several)) {
            const Trust next = detail::guided(in);
            if (next == Trust::guided)
                out.trust = next;
            else
                give_up_for(adapted_better ? Trust::adapted : next);
        }
        if (adapted_better && out.clusters.labels.empty())
            detail::take_over(out, std::move(*adapted_better));
        if (out.trust == Trust::adapted && out.clusters.labels.empty()) {
            detail::adapted(in);
            clock.end("adapted mixture");
            if (!options.trust && !against_alone.ahead(out)) {
                give_up_for(Trust::none);
                return out;
            }
            out.decisions.push_back("the source's loading, adapted to the target, is used");
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
        auto scores = detail::own_scores(prepared.target, options.factors, run);
        clock.end("TruncatedSVD");
        run.begin("mixture");
        detail::cluster_alone(options, std::move(scores), graph, run, out);
        clock.end("mixture");
        out.times = clock.times();
        out.names.assign(static_cast<std::size_t>(out.clusters.clusters()), ClusterName{});
        return out;
    }
};

}  // namespace transst
