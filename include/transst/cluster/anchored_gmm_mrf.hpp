// Anchored clustering: the source's classes as priors of the target's mixture, with a Potts field
// on top. Ours; METHOD §7.
#pragma once

#include <transst/cluster/cluster_fit.hpp>
#include <transst/cluster/mean_field.hpp>
#include <transst/cluster/starts.hpp>
#include <transst/core/side_by_side.hpp>

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
            found = more ? with_free_components(field, v, prior, wanted, run) : field.fit(prior);
            if (std::ssize(active) > wanted) {
                Index least = 0;
                found.weights.minCoeff(&least);
                leave_out(least, active, out.absent);
            } else if (const auto empty = first_empty(found, std::ssize(active), run);
                       empty && options.clusters > 0) {
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

    [[nodiscard]] static std::vector<Index> spots_of(const RowMatrix<W>& responsibilities,
                                                     int threads) {
        std::vector<Index> out(static_cast<std::size_t>(responsibilities.cols()), 0);
        for (const Label k : detail::most_likely(responsibilities, threads))
            ++out[static_cast<std::size_t>(k)];
        return out;
    }

    /// The class to make room for what the source does not know: one that no spot belongs to, of
    /// several that of least weight. Nothing where no class has spots, or after a request to stop.
    [[nodiscard]] static std::optional<Index> first_empty(const detail::MeanFieldFit<W>& found,
                                                          Index classes, const RunOptions& run) {
        if (run.stop.stop_requested()) return {};
        const auto spots = spots_of(found.responsibilities, run.threads);
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

    /// Components beyond the classes start at spots that the classes explain badly, and are hardly
    /// drawn anywhere: their prior is worth d + 2 spots of a class's spread. Of many draws the one
    /// that has come furthest after a few iterations goes on; should it leave classes without spots
    /// or free components with hardly any, the next two do, and the one that leaves fewest so.
    [[nodiscard]] detail::MeanFieldFit<W> with_free_components(const detail::MeanField<W>& field,
                                                               const RowMatrix<W>& v,
                                                               detail::MixturePrior<W> prior,
                                                               Index wanted,
                                                               const RunOptions& run) const {
        const Index n = v.rows(), d = v.cols(), anchored = prior.at.clusters();
        const detail::Whitening<W> whitening(prior.at);
        Vector<W> worst(n);
        detail::for_each_block(0, n, [&](Index begin, Index rows) {
            RowMatrix<W> energy(rows, anchored);
            whitening.energies(v.middleRows(begin, rows), energy);
            for (Index i = 0; i < rows; ++i) worst[begin + i] = energy.row(i).minCoeff();
        });
        const W floor = worst.minCoeff();
        Matrix<W> shared = Matrix<W>::Zero(d, d);
        for (const auto& c : prior.at.covariances) shared += c / static_cast<W>(anchored);
        prior.at.means.conservativeResize(wanted, d);
        prior.at.covariances.resize(static_cast<std::size_t>(wanted), shared);
        prior.kappa.conservativeResize(wanted);
        prior.nu.conservativeResize(wanted);
        prior.kappa.tail(wanted - anchored).setConstant(W(0.01));
        prior.nu.tail(wanted - anchored).setConstant(static_cast<W>(d + 2));

        constexpr Index draws = 20, few_iterations = 10, furthest = 3;
        auto brief = field_options();
        brief.max_iterations = std::min(few_iterations, options.max_iterations);
        // classes without spots, and free components with hardly any
        const auto failures = [&](const detail::MeanFieldFit<W>& fit, int threads) -> Index {
            const auto spots = spots_of(fit.responsibilities, threads);
            return std::count(spots.begin(), spots.begin() + anchored, 0) +
                   std::count_if(spots.begin() + anchored, spots.end(),
                                 [&](Index size) { return size < d + 2; });
        };
        struct Draw {
            Index number = 0;
            double objective = 0;
            Index failures = 0;

            [[nodiscard]] bool before(const Draw& other) const {
                return std::pair(-objective, number) < std::pair(-other.objective, other.number);
            }
        };
        struct Begun {
            Draw draw;
            detail::MixturePrior<W> prior;
            detail::MeanFieldFit<W> fit;
        };
        const auto begun = [&](Index number, const RunOptions& inner) {
            Begun out{{number}, prior, {}};
            draw_spots(v, worst, floor, anchored,
                       RandomStream(run.seed, 0x46524545 + static_cast<std::uint64_t>(number)),
                       out.prior.at.means);
            out.fit = field.with(brief, inner).fit(out.prior);
            out.draw.objective = out.fit.objective;
            out.draw.failures = failures(out.fit, inner.threads);
            return out;
        };
        std::optional<Begun> best;
        std::vector<Draw> all;
        std::mutex comparing;
        detail::side_by_side(name, draws, n, run, [&](Index i, const RunOptions& inner) {
            using Reported = std::optional<double>;
            if (i > 0 && run.stop.stop_requested()) return Reported{};
            Begun next = begun(i, inner);
            const std::lock_guard lock(comparing);
            all.push_back(next.draw);
            if (!best || next.draw.before(best->draw)) best = std::move(next);
            return Reported{all.back().objective};
        });
        std::sort(all.begin(), all.end(),
                  [](const Draw& one, const Draw& other) { return one.before(other); });
        const auto least = std::min_element(
            all.begin(), all.end(),
            [](const Draw& one, const Draw& other) { return one.failures < other.failures; });
        std::vector<Draw> tried(all.begin(), all.begin() + std::min(furthest, std::ssize(all)));
        if (least - all.begin() >= furthest) tried.push_back(*least);
        detail::MeanFieldFit<W> found;
        Index fewest = wanted + 1;
        for (const Draw& draw : tried) {
            const bool first = draw.number == tried.front().number;
            if (fewest == 0 || (!first && run.stop.stop_requested())) break;
            if (!first) best = begun(draw.number, run);
            auto fit = field.fit(best->prior, std::move(best->fit.responsibilities));
            const Index failed = failures(fit, run.threads);
            if (failed >= fewest) continue;
            fewest = failed;
            found = std::move(fit);
        }
        return found;
    }

    /// Draws the free components' means among the spots, those that lie far from the classes and
    /// from one another first of all.
    static void draw_spots(const RowMatrix<W>& v, const Vector<W>& worst, W floor, Index anchored,
                           RandomStream random, Matrix<W>& means) {
        std::vector<double> weight(static_cast<std::size_t>(v.rows()));
        for (Index i = 0; i < v.rows(); ++i)
            weight[static_cast<std::size_t>(i)] = static_cast<double>(worst[i] - floor);
        for (Index k = anchored; k < means.rows(); ++k) {
            const Index drawn = *std::max_element(weight.begin(), weight.end()) > 0
                                    ? random.categorical(weight)
                                    : random.below(v.rows());
            means.row(k) = v.row(drawn);
            for (Index i = 0; i < v.rows(); ++i) {
                auto& w = weight[static_cast<std::size_t>(i)];
                w = std::min(w, static_cast<double>((v.row(i) - v.row(drawn)).squaredNorm()));
            }
        }
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
