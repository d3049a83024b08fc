// A Potts mixture without anchors, by mean field: what the target says by itself.
#pragma once

#include <transst/cluster/cluster_information.hpp>
#include <transst/cluster/mean_field.hpp>
#include <transst/cluster/starts.hpp>
#include <transst/core/side_by_side.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>

#include <mutex>
#include <optional>

namespace transst::detail {

/// How thoroughly the best of several starts is sought.
struct FreeStarts {
    Index number = 5;     ///< four times as many are drawn, without the field, which is cheap
    Index limit = 200;    ///< iterations of each without the field, at most
    Index brief = 12;     ///< with the field, of all that differ (short runs of EM: Biernacki,
                          ///< Celeux & Govaert 2003)
    Index finalists = 2;  ///< so many of those, the furthest, go on to their end
    double averaged = 1;  ///< of how many spots each row of the scores is the mean
};

/// Mixtures without the field from `number` starts side by side, of at most `limit` iterations: the
/// most likely first, and of those that are alike only the first. A request to stop leaves some
/// out, never all.
template <class W>
[[nodiscard]] std::vector<MixtureStart<W>> drawn_mixtures(const RowMatrix<W>& scores,
                                                          Index clusters, Index number, Index limit,
                                                          const RunOptions& run) {
    constexpr double alike = 0.95;  // adjusted Rand index
    std::vector<MixtureStart<W>> drawn(static_cast<std::size_t>(number));
    parallel_for(number, run.threads, [&](Index s) {
        if (s > 0 && run.stop.stop_requested()) return;
        drawn[static_cast<std::size_t>(s)] = mixture_start(scores, clusters, run.seed, s, limit);
    });
    std::erase_if(drawn, [](const auto& start) { return start.labels.empty(); });
    std::stable_sort(drawn.begin(), drawn.end(), [](const auto& x, const auto& y) {
        return x.log_likelihood > y.log_likelihood;
    });
    std::vector<MixtureStart<W>> out;
    for (auto& next : drawn)
        if (std::none_of(out.begin(), out.end(), [&](const auto& other) {
                return adjusted_rand_index(other.labels, next.labels) >= alike;
            }))
            out.push_back(std::move(next));
    return out;
}

/// The best of several starts by its objective. Which of them ends highest shows after a few
/// iterations with the field, and not before: the likeliest mixtures without it seldom do. Averaged
/// scores share their noise with their neighbours', patches of which components of their own
/// covariance take for clusters: of those that come furthest the one that tells most is the best.
template <class W>
[[nodiscard]] MeanFieldFit<W> free_mixture(const RowMatrix<W>& scores, const Graph& graph,
                                           Index clusters, const FreeStarts& starts,
                                           std::optional<double> beta, const RunOptions& run) {
    const MixturePrior<W> prior = weak_prior(scores, clusters, run.threads);
    const auto drawn = drawn_mixtures(scores, clusters, 4 * starts.number, starts.limit, run);
    const MeanFieldOptions whole{.beta_by = beta ? Beta::fixed : Beta::pseudo_likelihood,
                                 .beta = beta.value_or(1)};
    const MeanField<W> to_the_end(scores, graph, whole, run);
    MeanFieldOptions options = whole;
    options.max_iterations = starts.brief;
    struct Begun {
        Index number;
        MeanFieldFit<W> fit;
    };
    std::vector<Begun> furthest;  // the best first; no more of them are kept
    std::mutex comparing;
    side_by_side(
        "mixture", std::ssize(drawn), scores.rows(), run,
        [&](Index s, const RunOptions& inner) -> std::optional<double> {
            if (s > 0 && run.stop.stop_requested()) return {};
            const auto& labels = drawn[static_cast<std::size_t>(s)].labels;
            Begun next{s, to_the_end.with(options, inner).fit(prior, one_hot<W>(labels, clusters))};
            const double objective = next.fit.objective;
            const std::lock_guard lock(comparing);
            const auto place =
                std::find_if(furthest.begin(), furthest.end(), [&](const Begun& other) {
                    const double least = other.fit.objective;
                    return objective > least || (objective == least && s < other.number);
                });
            furthest.insert(place, std::move(next));
            if (std::ssize(furthest) > starts.finalists) furthest.pop_back();
            return objective;
        });
    const auto worth = [&](const MeanFieldFit<W>& fit) {
        return starts.averaged > 1
                   ? cluster_information(scores, most_likely(fit.responsibilities, run.threads),
                                         clusters, {}, starts.averaged)
                   : fit.objective;
    };
    std::optional<MeanFieldFit<W>> best;
    double most = 0;
    for (Begun& one : furthest) {
        if (best && run.stop.stop_requested()) break;
        auto found = to_the_end.fit(prior, std::move(one.fit.responsibilities));
        const double next = worth(found);
        if (best && next <= most) continue;
        most = next;
        best = std::move(found);
    }
    return std::move(*best);
}

/// What was found as a fit of its own: the largest cluster first.
template <class = void>
[[nodiscard]] ClusterFit<double> free_fit(const MeanFieldFit<double>& found, bool stopped,
                                          int threads) {
    ClusterFit<double> out;
    std::vector<Label> none;
    put_largest_first(out, found, {}, none, threads);
    out.stopped = stopped;
    if (!out.converged && !out.stopped)
        out.warnings.push_back(text("the mixture did not converge in ", out.iterations,
                                    " iterations; its labels may still move"));
    return out;
}

/// The best of several starts, as a fit of its own.
template <class = void>
[[nodiscard]] ClusterFit<double> free_clusters(const RowMatrix<double>& scores, const Graph& graph,
                                               Index clusters, const FreeStarts& starts,
                                               std::optional<double> beta, const RunOptions& run) {
    const auto found = free_mixture(scores, graph, clusters, starts, beta, run);
    auto out = free_fit(found, run.stop.stop_requested(), run.threads);
    if (!beta) warn_at_cap(out.beta, MeanFieldOptions{}.beta_max, out.warnings);
    return out;
}

/// What becomes of a partition when nothing but the scores and the field holds it.
template <class = void>
[[nodiscard]] std::vector<Label> released(const RowMatrix<double>& scores, const Graph& graph,
                                          const ClusterFit<double>& held,
                                          std::optional<double> beta, const RunOptions& run) {
    const MeanField<double> field(
        scores, graph,
        {.beta_by = beta ? Beta::fixed : Beta::pseudo_likelihood, .beta = beta.value_or(1)}, run);
    const auto found =
        field.fit(weak_prior(scores, held.clusters(), run.threads), held.responsibilities);
    return most_likely(found.responsibilities, run.threads);
}

/// The partition that agrees best with the others (largest mean adjusted Rand index).
template <class Labels>
[[nodiscard]] std::size_t medoid(const std::vector<Labels>& partitions) {
    std::size_t best = 0;
    double most = -2;
    for (std::size_t a = 0; a < partitions.size(); ++a) {
        double sum = 0;
        for (const auto& other : partitions) sum += adjusted_rand_index(partitions[a], other);
        if (sum > most) {
            most = sum;
            best = a;
        }
    }
    return best;
}

}  // namespace transst::detail
