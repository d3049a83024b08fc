// The target's regions in the genes that tell the source's classes apart. Ours.
#pragma once

#include <transst/cluster/free_gmm_mrf.hpp>
#include <transst/core/side_by_side.hpp>
#include <transst/core/sort.hpp>
#include <transst/matrix/standardized.hpp>
#include <transst/metrics/confusion.hpp>
#include <transst/reduce/autocorrelation_factors.hpp>
#include <transst/reduce/truncated_svd.hpp>

namespace transst {

namespace detail {

/// The fit at `middle` with the mean of all fits' responsibilities, clusters matched with its own;
/// the largest cluster first.
template <class Fit>
[[nodiscard]] Fit consensus(std::vector<Fit>& fits, std::size_t middle, int threads) {
    const auto& own = fits[middle].responsibilities;
    auto sum = own;
    sum.setZero();
    for (const auto& fit : fits) {
        const auto match = best_matching(times(transposed(own), fit.responsibilities));
        for (Index k = 0; k < own.cols(); ++k)
            sum.col(k) += fit.responsibilities.col(match[static_cast<std::size_t>(k)]);
    }
    MeanFieldFit<double> mean;
    mean.responsibilities = sum / static_cast<double>(fits.size());
    Fit& kept = fits[middle];
    mean.gaussians = {std::move(kept.means), std::move(kept.covariances)};
    mean.beta = kept.beta;
    mean.objective = kept.log_likelihood;
    mean.trace = std::move(kept.trace);
    mean.beta_trace = std::move(kept.beta_trace);
    mean.iterations = kept.iterations;
    mean.converged = kept.converged;
    return free_fit(mean, kept.stopped, threads);
}

}  // namespace detail

/// What GuidedGMM_MRF::fit finds.
struct GuidedFit : ClusterFit<double> {
    RowMatrix<double> scores;  ///< spots × factors, of the way in whose space the clusters lie
};

/// Only which genes matter is taken from the source; what is made of them is the target's own:
/// factors that are smooth in space, and a mixture on those. How many genes and factors are best is
/// not known: all the ways in the options are taken, and the mean of their responsibilities is
/// returned, clusters matched with those of the way that agrees best with the others, in whose
/// space the clusters' means and covariances lie. Where the ways disagree about a small cluster it
/// may end without spots.
struct GuidedGMM_MRF {
    static constexpr std::string_view name = "GuidedGMM_MRF";

    struct Options {
        Index clusters = 7;                            ///< K
        std::vector<double> gene_shares{.05, .1, .2};  ///< of the genes, the most informative
        std::vector<Index> factors{8, 12, 16, 20};     ///< of those genes, before the K − 1 most
                                                       ///< autocorrelated directions are kept
        Index starts = 5;                              ///< of each mixture
        std::optional<double> beta{};                  ///< of the field; nothing: estimated
    } options{};

    /// target: spots × p, standardised; information: what each gene says about the classes (p), see
    /// class_information; graph: of the spots, undirected. Throws ShapeMismatch where they do not
    /// fit, InvalidArgument for options out of range.
    template <class Rows, class W = double>
    [[nodiscard]] GuidedFit fit(const Standardized<Rows>& target, const Vector<double>& information,
                                const Graph& graph, const RunOptions& run = {}) const {
        const Index p = target.cols();
        check(target.rows(), p, information, graph);
        std::vector<Index> order(static_cast<std::size_t>(p));
        std::iota(order.begin(), order.end(), Index{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](Index a, Index b) { return information[a] > information[b]; });
        std::vector<Index> spots(static_cast<std::size_t>(target.rows()));
        std::iota(spots.begin(), spots.end(), Index{0});
        const Index shares = std::ssize(options.gene_shares),
                    ways = shares * std::ssize(options.factors);
        std::vector<RowMatrix<W>> of_genes(static_cast<std::size_t>(shares));
        using Reported = std::optional<double>;
        const auto reduce = [&](Index s, const RunOptions& inner) -> Reported {
            const double share = options.gene_shares[static_cast<std::size_t>(s)];
            const Index genes =
                std::clamp<Index>(static_cast<Index>(share * static_cast<double>(p)), 2, p);
            std::vector<Index> chosen(order.begin(), order.begin() + genes);
            detail::sort(chosen.begin(), chosen.end());
            const Index most =
                std::min({*std::max_element(options.factors.begin(), options.factors.end()),
                          target.rows() - 1, genes - 1});
            of_genes[static_cast<std::size_t>(s)] =
                TruncatedSVD<>{{.factors = most, .max_iterations = 100, .tolerance = 1e-6}}
                    .fit(copy_part(target, spots, chosen, inner), inner)
                    .scores;
            return std::nullopt;
        };
        detail::side_by_side(name, shares, target.rows(), run, reduce);
        std::vector<ClusterFit<W>> fits(static_cast<std::size_t>(ways));
        std::vector<RowMatrix<W>> scores(fits.size());
        const auto cluster = [&](Index way, const RunOptions& inner) -> Reported {
            const auto at = static_cast<std::size_t>(way);
            if (way > 0 && run.stop.stop_requested()) return std::nullopt;
            const auto& all = of_genes[at / options.factors.size()];
            const Index factors =
                std::min(options.factors[at % options.factors.size()], all.cols());
            scores[at] = autocorrelation_factors(RowMatrix<W>(all.leftCols(factors)), graph,
                                                 std::max<Index>(1, options.clusters - 1));
            fits[at] = detail::free_clusters(
                scores[at], graph, options.clusters,
                {.number = options.starts, .limit = 30, .brief = 6, .finalists = 1}, options.beta,
                inner);
            return fits[at].log_likelihood;
        };
        detail::side_by_side(name, ways, target.rows(), run, cluster);
        // those that a request to stop left out
        std::erase_if(fits, [](const auto& fit) { return fit.labels.empty(); });
        std::erase_if(scores, [](const auto& v) { return v.size() == 0; });
        std::vector<decltype(fits.front().labels)> partitions;
        for (const auto& fit : fits) partitions.push_back(fit.labels);
        const std::size_t middle = detail::medoid(partitions);
        GuidedFit out{detail::consensus(fits, middle, run.threads), std::move(scores[middle])};
        if (!options.beta)
            detail::warn_at_cap(out.beta, detail::MeanFieldOptions{}.beta_max, out.warnings);
        return out;
    }

private:
    template <class = void>
    void check(Index spots, Index genes, const Vector<double>& information,
               const Graph& graph) const {
        require<ShapeMismatch>(information.size() == genes, "GuidedGMM_MRF::fit: information has ",
                               information.size(), " entries, the target ", genes, " genes");
        require<ShapeMismatch>(graph.nodes() == spots, "GuidedGMM_MRF::fit: graph has ",
                               graph.nodes(), " nodes, the target ", spots, " spots");
        require(!graph.directed, "GuidedGMM_MRF::fit: graph is directed; symmetrise it");
        require(genes >= 2 && spots >= 2, "GuidedGMM_MRF::fit: the target has ", spots,
                " spots and ", genes, " genes; there must be two or more of each");
        require(options.clusters >= 1 && options.clusters <= spots,
                "GuidedGMM_MRF::fit: clusters = ", options.clusters, ", the target has ", spots,
                " spots; clusters must be at least 1 and at most the number of spots");
        require(!options.gene_shares.empty() && !options.factors.empty(),
                "GuidedGMM_MRF::fit: gene_shares and factors must not be empty");
        for (const double share : options.gene_shares)
            require(share > 0 && share <= 1, "GuidedGMM_MRF::fit: gene_shares holds ", share,
                    "; a share must be above 0 and at most 1");
        for (const Index factors : options.factors)
            require(factors >= 1, "GuidedGMM_MRF::fit: factors holds ", factors,
                    "; it must be at least 1");
        require(options.starts >= 1, "GuidedGMM_MRF::fit: starts = ", options.starts,
                "; it must be at least 1");
    }
};

}  // namespace transst
