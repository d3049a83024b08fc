// Anchored clustering: the source's classes as priors of the target's mixture, with a Potts field
// on top. Ours; METHOD §7.
#pragma once

#include <transst/cluster/cluster_fit.hpp>
#include <transst/cluster/free_components.hpp>

#include <optional>

namespace transst {

/// Where the source's classes lie in the space of the scores.
template <class W>
struct ClassDensities {
    Gaussians<W> gaussians;  ///< K classes in d dimensions
    Vector<W> sizes;         ///< labelled cells of each class (K)
};

/// Means and covariances of labelled scores (n × d; left_out rows are skipped): one covariance for
/// all classes if `shared`, else one for each, drawn towards the pooled one by d + 2 pseudo-cells.
template <class W>
[[nodiscard]] ClassDensities<W> class_densities(const RowMatrix<W>& scores,
                                                std::span<const Label> labels, Index classes,
                                                bool shared) {
    require<ShapeMismatch>(std::ssize(labels) == scores.rows(), "class_densities: labels has ",
                           labels.size(), " entries, scores have ", scores.rows(), " rows");
    const Index n = scores.rows(), d = scores.cols();
    auto sums = detail::WeightedSums<W>::zero(classes, d);
    RowMatrix<W> weights;
    detail::for_each_block(0, n, [&](Index begin, Index rows) {
        weights = RowMatrix<W>::Zero(rows, classes);
        for (Index i = 0; i < rows; ++i)
            if (const Label k = labels[static_cast<std::size_t>(begin + i)]; k != left_out)
                weights(i, k) = 1;
        sums.add(scores.middleRows(begin, rows), weights);
    });
    ClassDensities<W> out{{Matrix<W>::Zero(classes, d), {}}, sums.weight};
    Matrix<W> pooled = Matrix<W>::Zero(d, d);
    std::vector<Matrix<W>> scatter;
    for (Index k = 0; k < classes; ++k) {
        const W size = std::max(sums.weight[k], W(1));
        out.gaussians.means.row(k) = sums.first.row(k) / size;
        scatter.push_back(sums.second(k));
        detail::add_outer(scatter.back(), -sums.weight[k], out.gaussians.means.row(k));
        pooled += scatter.back();
    }
    pooled /= std::max(sums.weight.sum(), W(1));
    // scores that all lie in a subspace still need an invertible covariance
    pooled.diagonal().array() += std::max(pooled.trace() / static_cast<W>(d) * W(1e-9),
                                          std::numeric_limits<W>::min() * W(1e20));
    const W prior = static_cast<W>(d + 2);
    for (Index k = 0; k < classes; ++k)
        out.gaussians.covariances.push_back(
            shared ? pooled
                   : Matrix<W>((scatter[static_cast<std::size_t>(k)] + prior * pooled) /
                               (sums.weight[k] + prior)));
    return out;
}

/// What AnchoredGMM_MRF::fit finds: clusters that stem from classes of the source.
template <class Scalar>
struct AnchoredFit : ClusterFit<Scalar> {
    std::vector<Label> source_class;  ///< of each cluster (K); left_out: a free component
    std::vector<Label> absent;        ///< classes found to be missing in the target
};

/// Each component starts at a class of the source and is drawn towards it as by `kappa` spots.
/// Where the source has more classes than clusters are asked for, those with the least weight are
/// left out one by one; where a number was asked for, those that no spot belongs to are, too. Where
/// fewer are left, free components are added, which are to leave spots to each of them.
template <std::floating_point Scalar = double>
struct AnchoredGMM_MRF {
    static constexpr std::string_view name = "AnchoredGMM_MRF";
    using W = Wide<Scalar>;

    struct Options {
        Index clusters = 0;                      ///< K; 0: as many as the source has classes
        double kappa = 1000;                     ///< pseudo-spots behind each class, > 0
        std::vector<double> kappa_of_class{};    ///< behind each by itself; if empty, `kappa`
        Beta beta_by = Beta::pseudo_likelihood;  ///< or fixed
        double beta = 1;            ///< where β starts, and stays when fixed; per edge
        double beta_max = 1.5;      ///< β is sought in [0, beta_max]
        Index max_iterations = 60;  ///< at most so many
        double tolerance = 1e-4;    ///< mean change of the responsibilities
    } options{};

    /// scores: n × d, in the space of the densities. graph: n nodes (symmetrised if directed).
    /// Throws ShapeMismatch, InvalidArgument (clusters negative or > n, kappa ≤ 0, one of
    /// kappa_of_class ≤ 0 or not one for each class) or BadData (a score that is not finite).
    [[nodiscard]] AnchoredFit<Scalar> fit(const RowMatrix<Scalar>& scores, const Graph& graph,
                                          const ClassDensities<W>& classes,
                                          const RunOptions& run = {}) const {
        check(scores, graph, classes);
        const RowMatrix<W> v = scores.template cast<W>();
        const Graph undirected = graph.directed ? graph.symmetrized() : Graph{};
        const Graph& edges = graph.directed ? undirected : graph;
        const detail::MeanField<W> field(v, edges, field_options(), run);
        const Index wanted = options.clusters > 0 ? options.clusters : classes.gaussians.clusters();

        std::vector<Label> active(static_cast<std::size_t>(classes.gaussians.clusters()));
        std::iota(active.begin(), active.end(), Label{0});
        AnchoredFit<Scalar> out;
        detail::MeanFieldFit<W> found;
        bool only_classes = true;  // what they hold by themselves no free component is to take
        for (;;) {
            const auto prior = anchors(classes, active);
            const bool more = !only_classes && std::ssize(active) < wanted;
            found = more ? detail::FreeComponents<W>(field, field_options(), v, prior, wanted, name,
                                                     run)
                               .fit()
                         : field.fit(prior);
            if (std::ssize(active) > wanted) {
                Index least = 0;
                found.weights.minCoeff(&least);
                leave_out(least, active, out.absent);
            } else if (const auto empty = options.clusters > 0
                                              ? first_empty(found, std::ssize(active), run)
                                              : std::nullopt) {
                leave_out(*empty, active, out.absent);
            } else if (more || std::ssize(active) == wanted) {
                break;
            } else {
                only_classes = false;
            }
        }
        active.resize(static_cast<std::size_t>(wanted), left_out);
        finish(out, found, active, run);
        return out;
    }

private:
    void check(const RowMatrix<Scalar>& scores, const Graph& graph,
               const ClassDensities<W>& classes) const {
        const Index n = scores.rows();
        require<ShapeMismatch>(graph.nodes() == n, "AnchoredGMM_MRF::fit: graph has ",
                               graph.nodes(), " nodes, scores have ", n,
                               " rows; there must be one node a spot");
        require<ShapeMismatch>(classes.gaussians.factors() == scores.cols(),
                               "AnchoredGMM_MRF::fit: the classes lie in ",
                               classes.gaussians.factors(), " dimensions, the scores have ",
                               scores.cols());
        require(classes.gaussians.clusters() >= 1, "AnchoredGMM_MRF::fit: there are no classes");
        require(options.clusters >= 0 && options.clusters <= n,
                "AnchoredGMM_MRF::fit: clusters = ", options.clusters, ", there are ", n,
                " spots; clusters must be at most their number");
        require(options.kappa > 0, "AnchoredGMM_MRF::fit: kappa = ", options.kappa,
                "; it must be positive");
        require(options.kappa_of_class.empty() ||
                    std::ssize(options.kappa_of_class) == classes.gaussians.clusters(),
                "AnchoredGMM_MRF::fit: kappa_of_class has ", options.kappa_of_class.size(),
                " entries, there are ", classes.gaussians.clusters(),
                " classes; there must be one for each, or none");
        for (const double kappa : options.kappa_of_class)
            require(kappa > 0, "AnchoredGMM_MRF::fit: kappa_of_class has ", kappa,
                    "; each must be positive");
        require(options.beta >= 0 && options.beta_max > 0,
                "AnchoredGMM_MRF::fit: beta = ", options.beta, " and beta_max = ", options.beta_max,
                "; they must not be negative");
        require(options.beta_by != Beta::grid,
                "AnchoredGMM_MRF::fit: beta_by is grid, which goes with conditional modes only; it "
                "must be pseudo_likelihood or fixed");
        for (Index i = 0; i < n; ++i)
            require<BadData>(scores.row(i).allFinite(), "AnchoredGMM_MRF::fit: the scores of spot ",
                             i, " are not finite; remove that spot");
    }

    static void leave_out(Index at, std::vector<Label>& active, std::vector<Label>& absent) {
        absent.push_back(active[static_cast<std::size_t>(at)]);
        active.erase(active.begin() + at);
    }

    /// The class to make room for what the source does not know: one that no spot belongs to, of
    /// several that of least weight. Nothing where no class has spots, or after a request to stop.
    [[nodiscard]] static std::optional<Index> first_empty(const detail::MeanFieldFit<W>& found,
                                                          Index classes, const RunOptions& run) {
        if (run.stop.stop_requested()) return {};
        const auto spots = detail::spots_of(
            detail::most_likely(found.responsibilities, run.threads), found.gaussians.clusters());
        std::vector<Index> empty;
        for (Index k = 0; k < classes; ++k)
            if (spots[static_cast<std::size_t>(k)] == 0) empty.push_back(k);
        if (empty.empty() || std::ssize(empty) == classes) return {};
        return *std::min_element(empty.begin(), empty.end(), [&](Index a, Index b) {
            return found.weights[a] < found.weights[b];
        });
    }

    [[nodiscard]] detail::MixturePrior<W> anchors(const ClassDensities<W>& classes,
                                                  const std::vector<Label>& active) const {
        const Index d = classes.gaussians.factors(), count = std::ssize(active);
        detail::MixturePrior<W> prior;
        prior.at.means.resize(count, d);
        prior.kappa.resize(count);
        for (Index k = 0; k < count; ++k) {
            const Label from = active[static_cast<std::size_t>(k)];
            prior.kappa[k] =
                static_cast<W>(options.kappa_of_class.empty()
                                   ? options.kappa
                                   : options.kappa_of_class[static_cast<std::size_t>(from)]);
            prior.at.means.row(k) = classes.gaussians.means.row(from);
            prior.at.covariances.push_back(
                classes.gaussians.covariances[static_cast<std::size_t>(from)]);
        }
        prior.nu = prior.kappa.array() + static_cast<W>(d + 2);
        return prior;
    }

    [[nodiscard]] detail::MeanFieldOptions field_options() const {
        return {options.beta_by,        options.beta, options.beta_max,
                options.max_iterations, 20,           options.tolerance};
    }

    void finish(AnchoredFit<Scalar>& out, const detail::MeanFieldFit<W>& found,
                const std::vector<Label>& classes, const RunOptions& run) const {
        detail::put_largest_first(out, found, classes, out.source_class, run.threads);
        out.stopped = run.stop.stop_requested();
        if (options.beta_by == Beta::pseudo_likelihood)
            detail::warn_at_cap(out.beta, options.beta_max, out.warnings);
        if (!out.converged && !out.stopped)
            out.warnings.push_back(text("AnchoredGMM_MRF did not converge in ",
                                        options.max_iterations,
                                        " iterations; raise max_iterations or tolerance"));
    }
};

// AnchoredGMM_MRF{{…}} is double: Clang before 17 does not see that by itself.
AnchoredGMM_MRF()->AnchoredGMM_MRF<>;
AnchoredGMM_MRF(AnchoredGMM_MRF<>::Options)->AnchoredGMM_MRF<>;

}  // namespace transst
