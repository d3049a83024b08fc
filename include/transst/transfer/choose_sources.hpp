// Which of several sources to learn from. Ours.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/core/sort.hpp>
#include <transst/preprocess/prepare.hpp>
#include <transst/transfer/trust.hpp>

namespace transst::detail {

/// The sources to learn from.
template <class Source>
struct ChosenSources {
    std::vector<const Source*> kept;        ///< in the order in which they were given
    const Source* most_relevant = nullptr;  ///< of those, if its classes would anchor clusters
};

/// Of several sources the most relevant, and of the others, the most relevant first, those that
/// make it more relevant, by two standard errors: more cells of the same classes do, as the noise
/// in their profiles is less, while what says less of the target, or cuts its classes otherwise,
/// blurs factors and classes, and costs genes that it lacks. One whose classes are new for the most
/// part is kept for these. Left out in any case is one that is good for less and explains less than
/// half as much as the most relevant, or has less than half as many of the target's genes, since
/// the genes are those that all have. Those of which nothing can be told, with fewer than two
/// classes or hardly any cells, come last; where that is all, they are kept.
template <class SourceExpression, class TargetExpression>
class ChooseSources {
public:
    using Source = Sample<SourceExpression>;
    using Sources = std::vector<const Source*>;

    /// All is referred to.
    ChooseSources(const Sample<TargetExpression>& target, const Graph& nearest,
                  const Prepare::Options& prepare, Index factors, const TrustLimits& limits,
                  const RunOptions& run)
        : target_(target),
          nearest_(nearest),
          prepare_(prepare),
          factors_(factors),
          limits_(limits),
          run_(run) {}

    /// Of two or more. What is left out is said in `decisions`; after a request to stop, nothing.
    [[nodiscard]] ChosenSources<Source> choose(const Sources& sources,
                                               std::vector<std::string>& decisions) const {
        std::vector<Candidate> candidates;
        for (const Source* one : sources) {
            candidates.push_back(
                {one, code_labels(one->labels, prepare_.ignore).names, seen({one})});
            if (run_.stop.stop_requested()) return {sources};
        }
        std::stable_sort(candidates.begin(), candidates.end(),
                         [](const Candidate& one, const Candidate& other) {
                             return one.relevance() > other.relevance();
                         });
        const Candidate& best = candidates.front();
        if (!best.alone.relevance.known) return {sources};
        Sources kept{best.source};
        std::vector<std::string> covered = best.classes, why;
        Relevance reached = best.alone.relevance;
        for (std::size_t at = 1; at < candidates.size(); ++at) {
            const Candidate& next = candidates[at];
            const auto leave_out = [&](const auto&... words) {
                why.push_back(text("source '", next.source->name, "' is left out: ", words...));
            };
            const bool known_alone = next.alone.relevance.known;
            if (known_alone && says_little(next.alone, best.alone)) {
                leave_out("its relevance, ", in_words(next.alone.relevance),
                          ", is less than that of others");
                continue;
            }
            if (known_alone && 2 * next.alone.common_genes < best.alone.common_genes) {
                leave_out("it has ", next.alone.common_genes, " of the target's genes, '",
                          best.source->name, "' ", best.alone.common_genes);
                continue;
            }
            kept.push_back(next.source);
            Relevance together = seen(kept).relevance;
            if (run_.stop.stop_requested()) return {sources};
            if (together.known && !brings_classes(next, covered) &&
                !clearly_more(together, reached)) {
                kept.pop_back();
                leave_out("the sources are not clearly more relevant with it (",
                          rounded(together.correlation), ") than without (",
                          rounded(reached.correlation), ")");
                continue;
            }
            if (together.known) reached = std::move(together);
            covered.insert(covered.end(), next.classes.begin(), next.classes.end());
        }
        decisions.insert(decisions.end(), why.begin(), why.end());
        const auto place = [&](const Source* one) {
            return std::find(sources.begin(), sources.end(), one);
        };
        detail::sort(kept.begin(), kept.end(), [&](const Source* one, const Source* other) {
            return place(one) < place(other);
        });
        const bool anchors = limits_.worth(best.alone.relevance) == Trust::anchored;
        return {std::move(kept), anchors ? best.source : nullptr};
    }

private:
    struct Seen {
        // its correlation is taken as measured: noise in one source's profiles blurs the others',
        // too, and labels that mean nothing make profiles of nothing but noise
        Relevance relevance{.known = false};
        Index common_genes = 0;  // with the target
    };
    struct Candidate {
        const Source* source;
        std::vector<std::string> classes;
        Seen alone;

        [[nodiscard]] double relevance() const {
            return alone.relevance.known ? alone.relevance.correlation : -INFINITY;
        }
    };

    /// What sources say together; not known where it cannot be told.
    [[nodiscard]] Seen seen(const Sources& sources) const {
        try {
            const auto prepared =
                Prepare{prepare_}.fit(std::span<const Source* const>(sources), target_, run_);
            const Index classes = std::ssize(prepared.class_names);
            if (classes < 2 || prepared.source.rows() <= factors_) return {};
            return {SourceRelevance<>{{.factors = factors_}}.fit(
                        prepared.source, prepared.labels, classes, prepared.target, nearest_, run_),
                    prepared.common_genes};
        } catch (const BadData&) {
            // what no other source makes up for is said when all are prepared
            return {};
        }
    }

    /// By two standard errors of the difference, half of the genes by half: they are cut alike.
    [[nodiscard]] static bool clearly_more(const Relevance& one, const Relevance& other) {
        const std::size_t count = std::min(one.halves.size(), other.halves.size());
        double sum = 0, squares = 0;
        for (std::size_t h = 0; h < count; ++h) {
            const double more = one.halves[h] - other.halves[h];
            sum += more;
            squares += more * more;
        }
        const auto n = static_cast<double>(count);
        const double variance = (squares - sum * sum / n) / std::max(1.0, n - 1);
        return sum / n > 2 * std::sqrt(std::max(0.0, variance) / n);
    }

    /// Whether most of its classes are none of those.
    [[nodiscard]] static bool brings_classes(const Candidate& candidate,
                                             const std::vector<std::string>& covered) {
        const auto brought = std::count_if(
            candidate.classes.begin(), candidate.classes.end(), [&](const std::string& name) {
                return std::find(covered.begin(), covered.end(), name) == covered.end();
            });
        return 2 * brought > std::ssize(candidate.classes);
    }

    /// Whether it is good for less than the best, and explains less than half as much. Where labels
    /// mean nothing, others by the same names are still as relevant with it.
    [[nodiscard]] bool says_little(const Seen& one, const Seen& best) const {
        const auto explained = [](const Seen& seen) {
            return TrustLimits::explained(seen.relevance.correlation);
        };
        return limits_.worth(one.relevance) != limits_.worth(best.relevance) &&
               2 * explained(one) < explained(best);
    }

    const Sample<TargetExpression>& target_;
    const Graph& nearest_;
    const Prepare::Options& prepare_;
    const Index factors_;
    const TrustLimits limits_;
    const RunOptions& run_;
};

}  // namespace transst::detail
