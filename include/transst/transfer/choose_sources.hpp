// Which of several sources to learn from.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/preprocess/prepare.hpp>
#include <transst/transfer/trust.hpp>

namespace transst::detail {

/// The sources to learn from.
template <class Source>
struct ChosenSources {
    std::vector<const Source*> kept;
    const Source* most_relevant = nullptr;  ///< of those, if its classes would anchor clusters
};

/// Of several sources those that are good for most, each by itself, and those that explain half
/// as much as the best: one that says less of the target costs genes that it lacks, and blurs
/// factors and classes. One that has less than half as many of the target's genes as the most
/// relevant is left out, too, since the genes are those that all have. Sources of which it cannot
/// be told, with fewer than two classes or hardly any cells, stay. What is left out is said in
/// `decisions`.
template <class SourceExpression, class TargetExpression>
[[nodiscard]] ChosenSources<Sample<SourceExpression>> choose_sources(
    std::span<const Sample<SourceExpression>* const> sources,
    const Sample<TargetExpression>& target, const Graph& nearest, const Prepare::Options& prepare,
    Index factors, const TrustLimits& limits, const RunOptions& run,
    std::vector<std::string>& decisions) {
    struct Found {
        Relevance relevance;
        Index common_genes;  // with the target

        // as measured: noise in a source's profiles blurs the others', too, and labels that mean
        // nothing make profiles of nothing but noise
        [[nodiscard]] double explained() const {
            return TrustLimits::explained(relevance.correlation);
        }
    };
    std::vector<std::optional<Found>> found(sources.size());
    Trust most = Trust::none;
    std::size_t best = sources.size();
    for (std::size_t s = 0; s < sources.size(); ++s) {
        if (run.stop.stop_requested()) return {{sources.begin(), sources.end()}};
        if (code_labels(sources[s]->labels, prepare.ignore).classes() < 2) continue;
        const Sample<SourceExpression>* const one[] = {sources[s]};
        try {
            const auto prepared = Prepare{prepare}.fit(
                std::span<const Sample<SourceExpression>* const>(one), target, run);
            const Index classes = std::ssize(prepared.class_names);
            if (classes < 2 || prepared.source.rows() <= factors) continue;
            found[s] = {
                SourceRelevance<>{{.factors = factors}}.fit(prepared.source, prepared.labels,
                                                            classes, prepared.target, nearest, run),
                prepared.common_genes};
            most = std::min(most, limits.worth(found[s]->relevance));
            if (best == sources.size() || found[s]->explained() > found[best]->explained())
                best = s;
        } catch (const BadData&) {
            // what no other source makes up for is said when all are prepared
        }
    }
    ChosenSources<Sample<SourceExpression>> out;
    if (most == Trust::anchored) out.most_relevant = sources[best];
    for (std::size_t s = 0; s < sources.size(); ++s) {
        const auto leave_out = [&](const auto&... why) {
            decisions.push_back(text("source '", sources[s]->name, "' is left out: ", why...));
        };
        if (found[s] && limits.worth(found[s]->relevance) != most &&
            2 * found[s]->explained() < found[best]->explained())
            leave_out("its relevance, ", in_words(found[s]->relevance),
                      ", is less than that of others");
        else if (found[s] && 2 * found[s]->common_genes < found[best]->common_genes)
            leave_out("it has ", found[s]->common_genes, " of the target's genes, '",
                      sources[best]->name, "' ", found[best]->common_genes);
        else
            out.kept.push_back(sources[s]);
    }
    return out;
}

}  // namespace transst::detail
