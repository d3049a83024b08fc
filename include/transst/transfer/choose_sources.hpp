// Which of several sources to learn from.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/preprocess/prepare.hpp>
#include <transst/transfer/trust.hpp>

namespace transst::detail {

/// Of several sources those that are good for most, each by itself, and those that explain half
/// as much as the best: one that says less of the target costs genes that it lacks, and blurs
/// factors and classes. Sources of which that cannot be told, with fewer than two classes or
/// hardly any cells, stay. What is left out is said in `decisions`.
template <class SourceExpression, class TargetExpression, class Found = std::optional<Relevance>>
[[nodiscard]] std::vector<const Sample<SourceExpression>*> choose_sources(
    std::span<const Sample<SourceExpression>* const> sources,
    const Sample<TargetExpression>& target, const Graph& nearest, const Prepare::Options& prepare,
    Index factors, const TrustLimits& limits, const RunOptions& run,
    std::vector<std::string>& decisions) {
    std::vector<const Sample<SourceExpression>*> kept(sources.begin(), sources.end());
    std::vector<Found> found;
    Trust most = Trust::none;
    double best = 0;
    // as measured: noise in a source's profiles blurs the others', too, and labels that mean
    // nothing make profiles of nothing but noise
    const auto explained = [](const Relevance& relevance) {
        return TrustLimits::explained(relevance.correlation);
    };
    for (const auto* source : sources) {
        if (run.stop.stop_requested()) return kept;
        found.emplace_back();
        if (code_labels(source->labels, prepare.ignore).classes() < 2) continue;
        const Sample<SourceExpression>* const one[] = {source};
        try {
            const auto prepared = Prepare{prepare}.fit(
                std::span<const Sample<SourceExpression>* const>(one), target, run);
            const Index classes = std::ssize(prepared.class_names);
            if (classes < 2 || prepared.source.rows() <= factors) continue;
            found.back() = SourceRelevance<>{{.factors = factors}}.fit(
                prepared.source, prepared.labels, classes, prepared.target, nearest, run);
            most = std::min(most, limits.worth(*found.back()));
            best = std::max(best, explained(*found.back()));
        } catch (const BadData&) {
            // what no other source makes up for is said when all are prepared
        }
    }
    kept.clear();
    for (std::size_t s = 0; s < sources.size(); ++s)
        if (!found[s] || limits.worth(*found[s]) == most || 2 * explained(*found[s]) >= best)
            kept.push_back(sources[s]);
        else
            decisions.push_back(text("source '", sources[s]->name, "' is left out: its relevance, ",
                                     in_words(*found[s]), ", is less than that of others"));
    return kept;
}

}  // namespace transst::detail
