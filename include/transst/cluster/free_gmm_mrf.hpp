// A Potts mixture without anchors, by mean field: what the target says by itself.
#pragma once

#include <transst/cluster/mean_field.hpp>
#include <transst/cluster/starts.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>

#include <optional>

namespace transst::detail {

/// How thoroughly the best of several starts is sought.
struct FreeStarts {
    Index number = 5;
    Index cut_short = 0;  ///< to so many iterations each, of which only the best goes on (short
                          ///< runs of EM: Biernacki, Celeux & Govaert 2003); 0: all run to their
                          ///< end, which finds the same more surely
};

/// Mixtures without the field from `number` starts side by side, of at most `limit` iterations: the
/// most likely first. A request to stop leaves some out, never all.
template <class W>
[[nodiscard]] std::vector<MixtureStart<W>> drawn_mixtures(const RowMatrix<W>& scores,
                                                          Index clusters, Index number, Index limit,
                                                          const RunOptions& run) {
    std::vector<MixtureStart<W>> drawn(static_cast<std::size_t>(number));
    parallel_for(number, run.threads, [&](Index s) {
        if (s > 0 && run.stop.stop_requested()) return;
        drawn[static_cast<std::size_t>(s)] = mixture_start(scores, clusters, run.seed, s, limit);
    });
    std::erase_if(drawn, [](const auto& start) { return start.labels.empty(); });
    std::stable_sort(drawn.begin(), drawn.end(), [](const auto& x, const auto& y) {
        return x.log_likelihood > y.log_likelihood;
    });
    return drawn;
}

/// The best of several starts by its objective.
template <class W>
[[nodiscard]] MeanFieldFit<W> free_mixture(const RowMatrix<W>& scores, const Graph& graph,
                                           Index clusters, const FreeStarts& starts,
                                           std::optional<double> beta, const RunOptions& run) {
    const MixturePrior<W> prior = weak_prior(scores, clusters, run.threads);
    // Starts are independent and run side by side, each on one thread. Mixtures without the field
    // are cheap: of four times as many the best go on.
    const bool brief = starts.cut_short > 0;
    RunOptions inner = run;
    if (starts.number > 1) inner.threads = 1;
    RunOptions silent = inner;
    silent.progress = nullptr;  // the first start speaks for all of them
    const auto drawn = drawn_mixtures(scores, clusters, 4 * starts.number, brief ? 30 : 200, run);
    MeanFieldOptions options{.beta_by = beta ? Beta::fixed : Beta::pseudo_likelihood,
                             .beta = beta.value_or(1)};
    if (brief) options.max_iterations = starts.cut_short;
    const MeanField<W> first(scores, graph, options, brief ? silent : inner),
        other = first.with(options, silent);
    std::vector<MeanFieldFit<W>> fits(
        std::min(drawn.size(), static_cast<std::size_t>(starts.number)));
    parallel_for(std::ssize(fits), starts.number > 1 ? run.threads : 1, [&](Index s) {
        const auto at = static_cast<std::size_t>(s);
        fits[at] = (s == 0 ? first : other).fit(prior, one_hot<W>(drawn[at].labels, clusters));
    });
    std::size_t best = 0;
    for (std::size_t s = 1; s < fits.size(); ++s)
        if (fits[s].objective > fits[best].objective) best = s;
    if (!brief) return std::move(fits[best]);
    options.max_iterations = MeanFieldOptions{}.max_iterations;
    return first.with(options, run).fit(prior, std::move(fits[best].responsibilities));
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
