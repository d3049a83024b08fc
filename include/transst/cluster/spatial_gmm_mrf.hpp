// SpatialGMM_MRF: clusters that are smooth in space
// (Liu et al., BMC Bioinformatics 2025, step 3).
//
//     v_i | y_i = k ~ N(μ_k, Σ_k),   P(y) ∝ exp(−β Σ_{i~j} 1(y_i ≠ y_j))
#pragma once

#include <transst/cluster/cluster_fit.hpp>
#include <transst/cluster/mean_field.hpp>
#include <transst/cluster/potts.hpp>
#include <transst/cluster/starts.hpp>

namespace transst {

/// Gaussian mixture with a Markov random field on the labels.
///
/// An iteration finds the labels by iterated conditional modes, the responsibilities given the
/// neighbours' labels, then means, covariances and β. The log pseudo-likelihood never falls: labels
/// that would lower it are not taken over. The best of several starts by it is returned. With
/// Field::mean the labels keep their probabilities, and the trace is of the bound that they climb.
///
///     const auto fit = transst::SpatialGMM_MRF{{.clusters = 7}}.fit(scores, graph);
template <std::floating_point Scalar = double>
struct SpatialGMM_MRF {
    static constexpr std::string_view name = "SpatialGMM_MRF";
    using W = Wide<Scalar>;

    struct Options {
        Index clusters = 7;                      ///< K, at least 1 and at most n
        Field field = Field::conditional_modes;  ///< how the labels are found
        Beta beta_by = Beta::pseudo_likelihood;  ///< Beta::grid only with conditional modes
        double beta = 1;               ///< where β starts, and stays when fixed; per edge. 0 with
                                       ///< Beta::fixed is the plain mixture with equal weights
        double beta_max = 3;           ///< β is sought in [0, beta_max]
        Index starts = 10;             ///< every other from scores averaged with the neighbours'
        Index max_iterations = 200;    ///< at most so many
        Index max_sweeps = 50;         ///< of the field, in an iteration
        double tolerance = 1e-6;       ///< relative change of the log pseudo-likelihood; with
                                       ///< Field::mean the mean change of the responsibilities
        bool published_steps = false;  ///< the published code's iteration, see published()

        /// The published code: β = 2 always (half of it per directed neighbour), the graph as it
        /// is, all labels renewed at once, no regularisation, one start.
        [[nodiscard]] static Options published() {
            return {.beta_by = Beta::grid,
                    .beta = 2,
                    .starts = 1,
                    .max_iterations = 99,
                    .max_sweeps = 49,
                    .tolerance = 1e-5,
                    .published_steps = true};
        }
    } options{};

    /// scores: n × q. graph: n nodes; a directed one is symmetrised first (but not by the published
    /// steps). Throws ShapeMismatch if graph and scores disagree, InvalidArgument for options out
    /// of range or K > n, BadData if a score is not finite.
    [[nodiscard]] ClusterFit<Scalar> fit(const RowMatrix<Scalar>& scores, const Graph& graph,
                                         const RunOptions& run = {}) const {
        check(scores, graph);
        const RowMatrix<W> v = scores.template cast<W>();
        const bool as_is = options.published_steps || !graph.directed;
        const Graph undirected = as_is ? Graph{} : graph.symmetrized();
        const Graph& used = as_is ? graph : undirected;

        // starts are independent, so they run side by side; each alone uses one thread
        const Index count = options.starts;
        const bool side_by_side = count > 1;
        RunOptions inner = run;
        if (side_by_side) inner.threads = 1;
        RunOptions silent = inner;
        silent.progress = nullptr;  // the first start speaks for all of them
        const RowMatrix<W> averaged =
            count > 1 ? detail::average_with_neighbors(v, used) : RowMatrix<W>();
        std::vector<Result> results(static_cast<std::size_t>(count));
        parallel_for(count, side_by_side ? run.threads : 1, [&](Index s) {
            if (s > 0 && run.stop.stop_requested()) return;
            auto start = s % 2 == 0
                             ? detail::mixture_start(v, options.clusters, run.seed, s)
                             : detail::smoothed_start(v, averaged, options.clusters, run.seed, s);
            results[static_cast<std::size_t>(s)] =
                fit_one(v, used, std::move(start), s == 0 ? inner : silent);
        });
        std::size_t best = 0;
        for (std::size_t s = 1; s < results.size(); ++s)
            if (results[s].log_likelihood > results[best].log_likelihood) best = s;
        std::vector<double> finals;
        for (const auto& r : results)
            if (r.iterations > 0) finals.push_back(r.log_likelihood);
        return finish(std::move(results[best]), std::move(finals), run);
    }

    /// As above, from one start of the caller's own: labels (n, in [0, K)) and Gaussians.
    [[nodiscard]] ClusterFit<Scalar> fit(const RowMatrix<Scalar>& scores, const Graph& graph,
                                         std::vector<Label> labels, const Gaussians<W>& gaussians,
                                         const RunOptions& run = {}) const {
        check(scores, graph);
        require<ShapeMismatch>(
            std::ssize(labels) == scores.rows() && gaussians.clusters() == options.clusters &&
                gaussians.factors() == scores.cols() &&
                std::ssize(gaussians.covariances) == options.clusters,
            "SpatialGMM_MRF::fit: the start has ", labels.size(), " labels, ", gaussians.clusters(),
            " clusters and ", gaussians.factors(), " factors; the scores have ", scores.rows(),
            " rows and ", scores.cols(), " factors, and clusters = ", options.clusters);
        for (const Label k : labels)
            require(k >= 0 && k < options.clusters, "SpatialGMM_MRF::fit: a label of the start is ",
                    k, "; it must be in [0, ", options.clusters, ")");
        for (std::size_t k = 0; k < gaussians.covariances.size(); ++k)
            require(gaussians.means.allFinite() && gaussians.covariances[k].allFinite() &&
                        detail::Cholesky<W>(gaussians.covariances[k]).positive(),
                    "SpatialGMM_MRF::fit: the start's covariance of cluster ", k,
                    " is not positive definite, or a mean is not finite");
        const RowMatrix<W> v = scores.template cast<W>();
        const bool as_is = options.published_steps || !graph.directed;
        const Graph undirected = as_is ? Graph{} : graph.symmetrized();
        auto result =
            fit_one(v, as_is ? graph : undirected, {std::move(labels), gaussians, 0}, run);
        std::vector<double> finals{result.log_likelihood};
        return finish(std::move(result), std::move(finals), run);
    }

private:
    struct Result {
        std::vector<Label> labels;
        Gaussians<W> gaussians;
        RowMatrix<W> responsibilities;
        double beta = 0;
        double log_likelihood = -std::numeric_limits<double>::infinity();
        std::vector<double> trace, beta_trace;
        std::vector<char> regularized;
        Index iterations = 0;    ///< done
        bool converged = false;  ///< within the tolerance, before max_iterations
        bool held_back = false;  // the next step would have lowered the log pseudo-likelihood
    };

    void check(const RowMatrix<Scalar>& scores, const Graph& graph) const {
        const Index n = scores.rows();
        require<ShapeMismatch>(graph.nodes() == n, "SpatialGMM_MRF::fit: graph has ", graph.nodes(),
                               " nodes, scores have ", n, " rows; there must be one node a spot");
        require(options.clusters >= 1 && options.clusters <= n,
                "SpatialGMM_MRF::fit: clusters = ", options.clusters, ", there are ", n,
                " spots; clusters must be at least 1 and at most the number of spots");
        require(options.starts >= 1, "SpatialGMM_MRF::fit: starts = ", options.starts,
                "; it must be at least 1");
        require(options.max_iterations >= 1,
                "SpatialGMM_MRF::fit: max_iterations = ", options.max_iterations,
                "; it must be at least 1");
        require(options.beta_max > 0 && std::isfinite(options.beta_max),
                "SpatialGMM_MRF::fit: beta_max = ", options.beta_max, "; it must be positive");
        require(options.beta >= 0 && std::isfinite(options.beta),
                "SpatialGMM_MRF::fit: beta = ", options.beta, "; it must be 0 or more");
        require(options.field == Field::conditional_modes ||
                    (options.beta_by != Beta::grid && !options.published_steps),
                "SpatialGMM_MRF::fit: field = Field::mean has neither Beta::grid nor the published "
                "steps; choose another beta_by, or Field::conditional_modes");
        for (Index i = 0; i < n; ++i)
            require<BadData>(scores.row(i).allFinite(), "SpatialGMM_MRF::fit: the scores of spot ",
                             i, " are not finite; remove that spot");
    }

    [[nodiscard]] Result fit_one(const RowMatrix<W>& v, const Graph& graph, MixtureStart<W> start,
                                 const RunOptions& run) const {
        return options.published_steps        ? published_fit(v, graph, std::move(start), run)
               : options.field == Field::mean ? mean_field_fit(v, graph, start, run)
                                              : monotone_fit(v, graph, std::move(start), run);
    }

    [[nodiscard]] Result mean_field_fit(const RowMatrix<W>& v, const Graph& graph,
                                        const MixtureStart<W>& start, const RunOptions& run) const {
        const detail::MeanField<W> field(
            v, graph,
            {options.beta_by, options.beta, options.beta_max, options.max_iterations,
             options.max_sweeps, options.tolerance},
            run);
        auto found = field.fit(detail::weak_prior(v, options.clusters, run.threads),
                               detail::one_hot<W>(start.labels, options.clusters));
        Result out;
        out.labels = detail::most_likely(found.responsibilities, run.threads);
        out.gaussians = std::move(found.gaussians);
        out.responsibilities = std::move(found.responsibilities);
        out.beta = found.beta;
        out.log_likelihood = found.objective;
        out.trace = std::move(found.trace);
        out.beta_trace = std::move(found.beta_trace);
        out.regularized.assign(static_cast<std::size_t>(options.clusters), 0);
        out.iterations = found.iterations;
        out.converged = found.converged;
        return out;
    }

    /// Unary energies of all spots: n × K.
    static void unary_energies(const RowMatrix<W>& v, const Gaussians<W>& g, RowMatrix<W>& unary,
                               const RunOptions& run) {
        const detail::Whitening<W> whitening(g);
        unary.resize(v.rows(), g.clusters());
        const Lanes lanes(v.rows());
        parallel_for(lanes.count(), run.threads, [&](Index lane) {
            detail::for_each_block(lanes.begin(lane), lanes.end(lane), [&](Index b, Index rows) {
                whitening.energies(v.middleRows(b, rows), unary.middleRows(b, rows));
            });
        });
    }

    /// What a look at all spots, given their neighbours' labels, finds.
    struct Expectation {
        detail::WeightedSums<W> sums;
        detail::PseudoLikelihood beta;
        Expectation& operator+=(const Expectation& other) {
            sums += other.sums;
            beta += other.beta;
            return *this;
        }
    };

    /// Turns energies (n × K) into responsibilities, in place, and gathers their moments.
    [[nodiscard]] static Expectation expect(const RowMatrix<W>& v, const Graph& graph,
                                            std::span<const Label> labels, double beta,
                                            RowMatrix<W>& energy, const RunOptions& run) {
        const Index clusters = energy.cols();
        std::vector<W> less_by;  // e^−βd, for d agreeing neighbours fewer
        for (Index d = 0; d <= graph.largest_degree(); ++d)
            less_by.push_back(static_cast<W>(std::exp(-beta * static_cast<double>(d))));
        return sum_lanes(
            Lanes(v.rows()), run.threads,
            Expectation{detail::WeightedSums<W>::zero(clusters, v.cols()), {}},
            [&](Expectation& found, Index begin, Index end) {
                std::vector<Index> counts(static_cast<std::size_t>(clusters));
                Eigen::Array<W, 1, Eigen::Dynamic> prior(clusters), joint(clusters);
                detail::for_each_block(begin, end, [&](Index b, Index rows) {
                    for (Index i = b; i < b + rows; ++i) {
                        detail::count_labels(graph, labels, i, counts);
                        for (Index k = 0; k < clusters; ++k)
                            prior[k] = static_cast<W>(beta) *
                                       static_cast<W>(counts[static_cast<std::size_t>(k)]);
                        joint = prior - energy.row(i).array();
                        const W most = joint.maxCoeff();
                        joint = (joint - most).exp();
                        const W sum = joint.sum();
                        energy.row(i) = (joint / sum).matrix();
                        const Index most_agree = *std::max_element(counts.begin(), counts.end());
                        W normalizer = 0;
                        for (const Index c : counts)
                            normalizer += less_by[static_cast<std::size_t>(most_agree - c)];
                        found.sums.objective += most -
                                                static_cast<W>(beta) * static_cast<W>(most_agree) +
                                                std::log(sum / normalizer);
                        double agreement = 0;
                        for (Index k = 0; k < clusters; ++k)
                            agreement += static_cast<double>(energy(i, k)) *
                                         static_cast<double>(counts[static_cast<std::size_t>(k)]);
                        found.beta.add_agreement(agreement);
                        found.beta.add_pattern(counts);
                    }
                    found.sums.add(v.middleRows(b, rows), energy.middleRows(b, rows));
                });
            });
    }

    [[nodiscard]] double next_beta(const detail::PseudoLikelihood& criterion, double now) const {
        switch (options.beta_by) {
            case Beta::pseudo_likelihood:
                return criterion.maximize(options.beta_max);
            case Beta::grid:
                return criterion.maximize_on_grid();
            case Beta::fixed:
                break;
        }
        return now;
    }

    [[nodiscard]] Result monotone_fit(const RowMatrix<W>& v, const Graph& graph,
                                      MixtureStart<W> start, const RunOptions& run) const {
        const W constant = W(-0.5) * static_cast<W>(v.size()) * std::log(2 * std::numbers::pi_v<W>);
        Result best;
        best.labels = std::move(start.labels);
        Gaussians<W> gaussians = std::move(start.gaussians);
        double beta = options.beta;
        std::vector<char> regularized(static_cast<std::size_t>(options.clusters), 0);
        RowMatrix<W> energy;
        while (best.iterations < options.max_iterations) {
            const auto evaluate = [&](const std::vector<Label>& labels) {
                Expectation found = expect(v, graph, labels, beta, energy, run);
                found.sums.objective += constant;
                return found;
            };
            auto labels = best.labels;
            unary_energies(v, gaussians, energy, run);
            detail::iterate_conditional_modes(graph, energy, static_cast<W>(beta), labels,
                                              options.max_sweeps, run.threads);
            Expectation found = evaluate(labels);
            const bool first = best.trace.empty();
            if (!first && found.sums.objective < best.log_likelihood && labels != best.labels) {
                // with the labels kept this is a plain EM step, which cannot fall
                labels = best.labels;
                unary_energies(v, gaussians, energy, run);
                found = evaluate(labels);
            }
            const double objective = static_cast<double>(found.sums.objective);
            const double gain = objective - best.log_likelihood;
            best.converged = !first && std::abs(gain) <= options.tolerance * std::abs(objective);
            // a regularised cluster, or rounding, can still lose: then the state before stands
            if (!first && gain < 0) {
                best.held_back = !best.converged;
                break;
            }
            best.labels = std::move(labels);
            best.responsibilities.swap(energy);
            best.beta = beta;
            best.log_likelihood = objective;
            best.trace.push_back(objective);
            best.beta_trace.push_back(beta);
            best.regularized = regularized;
            ++best.iterations;
            run.report("SpatialGMM_MRF", best.iterations, options.max_iterations, objective);
            Gaussians<W> next = detail::maximize(found.sums, gaussians, regularized);
            best.gaussians = std::move(gaussians);
            gaussians = std::move(next);
            beta = next_beta(found.beta, beta);
            if (best.converged || run.stop.stop_requested()) break;
        }
        return best;
    }

    /// The published code's steps (METHOD §8): all labels renewed at once from the old ones, the
    /// responsibilities from the energies before the last renewal, β estimated and not used.
    [[nodiscard]] Result published_fit(const RowMatrix<W>& v, const Graph& graph,
                                       MixtureStart<W> start, const RunOptions& run) const {
        Result now;
        now.labels = std::move(start.labels);
        now.gaussians = std::move(start.gaussians);
        now.beta = options.beta / 2;  // counted at both ends of an edge
        now.regularized.assign(static_cast<std::size_t>(options.clusters), 0);
        double before = -10000;
        RowMatrix<W> unary, energy;
        std::vector<Index> counts(static_cast<std::size_t>(options.clusters));
        const auto n = v.rows();
        for (now.iterations = 1;; ++now.iterations) {
            unary_energies(v, now.gaussians, unary, run);
            double last = std::numeric_limits<double>::infinity();
            for (Index sweep = 0; sweep < options.max_sweeps; ++sweep) {
                energy = unary;
                std::vector<Label> renewed(now.labels.size());
                double total = 0;
                for (Index i = 0; i < n; ++i) {
                    add_published_prior(graph, now.labels, i, now.beta, energy, counts);
                    Index least = 0;
                    total += static_cast<double>(energy.row(i).minCoeff(&least));
                    renewed[static_cast<std::size_t>(i)] = static_cast<Label>(least);
                }
                now.labels = std::move(renewed);
                if (total - last > 1e-5 || last - total < 1e-5) break;
                last = total;
            }
            now.responsibilities.resize(n, options.clusters);
            now.log_likelihood = 0;
            for (Index i = 0; i < n; ++i) {
                const W most = -energy.row(i).minCoeff();
                const auto joint = (-energy.row(i).array() - most).exp();
                const W sum = joint.sum();
                now.responsibilities.row(i) = (joint / sum).matrix();
                now.log_likelihood += static_cast<double>(most + std::log(sum));
            }
            detail::PseudoLikelihood criterion;
            for (Index i = 0; i < n; ++i) {
                detail::count_labels(graph, now.labels, i, counts);
                double agreement = 0;
                for (Index k = 0; k < options.clusters; ++k)
                    agreement += static_cast<double>(now.responsibilities(i, k)) *
                                 static_cast<double>(counts[static_cast<std::size_t>(k)]);
                criterion.add_agreement(agreement);
                criterion.add_pattern(counts);
            }
            now.trace.push_back(now.log_likelihood);
            now.beta_trace.push_back(criterion.maximize_on_grid(0.5));
            maximize_published(v, now);
            run.report("SpatialGMM_MRF", now.iterations, options.max_iterations,
                       now.log_likelihood);
            now.converged =
                std::abs(now.log_likelihood - before) < options.tolerance * std::abs(before);
            if (now.converged || now.iterations == options.max_iterations ||
                run.stop.stop_requested())
                break;
            before = now.log_likelihood;
        }
        return now;
    }

    /// energy(i, k) −= log P(y_i = k | neighbours' labels; β).
    static void add_published_prior(const Graph& graph, std::span<const Label> labels, Index i,
                                    double beta, RowMatrix<W>& energy, std::vector<Index>& counts) {
        detail::count_labels(graph, labels, i, counts);
        const auto most = static_cast<double>(*std::max_element(counts.begin(), counts.end()));
        double sum = 0;
        for (const Index c : counts) sum += std::exp(beta * (static_cast<double>(c) - most));
        for (std::size_t k = 0; k < counts.size(); ++k)
            energy(i, static_cast<Index>(k)) -=
                static_cast<W>(beta * (static_cast<double>(counts[k]) - most) - std::log(sum));
    }

    /// Weighted means and covariances about the new means, as they come.
    static void maximize_published(const RowMatrix<W>& v, Result& now) {
        const auto& r = now.responsibilities;
        for (Index k = 0; k < r.cols(); ++k) {
            const Vector<W> of_spots = r.col(k);
            const W weight = of_spots.sum();
            const Vector<W> mean = detail::times(detail::transposed(v), of_spots) / weight;
            Matrix<W> away = v;
            for (Index a = 0; a < v.cols(); ++a) away.col(a).array() -= mean[a];
            now.gaussians.means.row(k) = mean.transpose();
            now.gaussians.covariances[static_cast<std::size_t>(k)] =
                detail::times(detail::transposed(detail::scaled_rows(away, of_spots)), away) /
                weight;
        }
    }

    /// Clusters in falling order of size (the published steps leave them as they are).
    [[nodiscard]] ClusterFit<Scalar> finish(Result result, std::vector<double> starts,
                                            const RunOptions& run) const {
        const Index clusters = options.clusters;
        std::vector<Index> sizes(static_cast<std::size_t>(clusters), 0);
        for (const Label k : result.labels) ++sizes[static_cast<std::size_t>(k)];
        std::vector<Index> order(sizes.size());
        std::iota(order.begin(), order.end(), Index{0});
        if (!options.published_steps)
            std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
                return sizes[static_cast<std::size_t>(a)] > sizes[static_cast<std::size_t>(b)];
            });
        std::vector<Label> place(sizes.size());
        ClusterFit<Scalar> fit;
        fit.responsibilities =
            detail::columns_in_order<Scalar>(result.responsibilities, order, run.threads);
        fit.means.resize(clusters, result.gaussians.factors());
        for (Index to = 0; to < clusters; ++to) {
            const Index from = order[static_cast<std::size_t>(to)];
            const auto at = static_cast<std::size_t>(from);
            place[at] = static_cast<Label>(to);
            fit.means.row(to) = result.gaussians.means.row(from).template cast<Scalar>();
            fit.covariances.push_back(result.gaussians.covariances[at].template cast<Scalar>());
            fit.sizes.push_back(sizes[at]);
            if (result.regularized[at] != 0)
                fit.warnings.push_back(
                    text("cluster ", to + 1, " (", sizes[at],
                         " spots) is too thin for a covariance of its own; it was "
                         "drawn towards the pooled one"));
            else if (sizes[at] > 0 && sizes[at] < fit.means.cols() + 2)
                fit.warnings.push_back(
                    text("cluster ", to + 1, " (", sizes[at],
                         " spots) has fewer spots than factors + 2 = ", fit.means.cols() + 2,
                         ", too few for a covariance of its own"));
        }
        for (const Label k : result.labels)
            fit.labels.push_back(place[static_cast<std::size_t>(k)]);
        fit.beta = result.beta;
        fit.log_likelihood = result.log_likelihood;
        fit.trace = std::move(result.trace);
        fit.beta_trace = std::move(result.beta_trace);
        fit.starts = std::move(starts);
        fit.iterations = result.iterations;
        fit.converged = result.converged;
        fit.stopped = run.stop.stop_requested();
        if (options.beta_by == Beta::pseudo_likelihood)
            detail::warn_at_cap(fit.beta, options.beta_max, fit.warnings);
        if (result.held_back)
            fit.warnings.push_back(text("SpatialGMM_MRF ended after ", fit.iterations,
                                        " iterations, before it converged: a cluster too thin for "
                                        "a covariance of its own kept the log pseudo-likelihood "
                                        "from rising; try fewer clusters or factors"));
        else if (!fit.converged && !fit.stopped)
            fit.warnings.push_back(text("SpatialGMM_MRF did not converge in ",
                                        options.max_iterations,
                                        " iterations; raise max_iterations or tolerance"));
        return fit;
    }
};

// SpatialGMM_MRF{{…}} is double: Clang before 17 does not see that by itself.
SpatialGMM_MRF()->SpatialGMM_MRF<>;
SpatialGMM_MRF(SpatialGMM_MRF<>::Options)->SpatialGMM_MRF<>;

}  // namespace transst
