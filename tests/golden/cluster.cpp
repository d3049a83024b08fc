#include "table.hpp"

#include <transst/cluster/criteria.hpp>
#include <transst/cluster/spatial_gmm_mrf.hpp>

using namespace transst;
using golden::difference;
using golden::Set;
using golden::tolerance;

namespace {

constexpr auto criteria_table = "kselect_K_pp_LL_BIC_MBIC_HBIC_iters";

/// The recorded problem: scores, directed graph, and for each K the start.
struct Problem {
    explicit Problem(const Set& from)
        : set(from),
          scores(from.table("adaptw_lam0.1_v")),
          graph(Graph::from_neighbors(from.table("graph_knn_ids").cast<Index>(), 1)) {}

    [[nodiscard]] ClusterFit<double> fit(Index clusters, Index most = 99) const {
        auto options = SpatialGMM_MRF<double>::Options::published();
        options.clusters = clusters;
        options.max_iterations = most;
        const auto start = prefix(clusters) + "start_";
        return SpatialGMM_MRF<double>{options}.fit(
            scores, graph, set.labels(start + "labels"),
            Gaussians<double>{set.table(start + "mu"), set.stack(start + "Sigma")});
    }

    [[nodiscard]] static std::string prefix(Index clusters) {
        return "spgmm_K" + std::to_string(clusters) + "_";
    }

    Set set;
    RowMatrix<double> scores;
    Graph graph;
};

void compare(const Set& set, const std::string& prefix, const ClusterFit<double>& fit) {
    CAPTURE(prefix);
    CHECK(fit.labels == set.labels(prefix + "labels"));
    CHECK(difference(fit.means, set.table(prefix + "mu")) < tolerance);
    CHECK(difference(fit.covariances, set.stack(prefix + "Sigma")) < tolerance);
    CHECK(difference(fit.responsibilities, set.table(prefix + "R")) < tolerance);
    const auto figures = set.table(prefix + "iters_loglik_hbeta");
    CHECK(static_cast<double>(fit.iterations) == figures(0, 0));
    CHECK(difference(fit.log_likelihood, figures(0, 1)) < tolerance);
    CHECK(fit.beta_trace.back() == figures(0, 2));
}

void one_iteration(const Set& set) {
    const Problem problem(set);
    const auto recorded = set.table(criteria_table);
    for (Index row = 0; row < recorded.rows(); ++row) {
        const auto clusters = static_cast<Index>(recorded(row, 0));
        compare(set, Problem::prefix(clusters) + "iter1_", problem.fit(clusters, 1));
    }
}

void at_the_stop(const Set& set) {
    const Problem problem(set);
    const auto recorded = set.table(criteria_table);
    for (Index row = 0; row < recorded.rows(); ++row) {
        const auto clusters = static_cast<Index>(recorded(row, 0));
        CAPTURE(clusters);
        const auto fit = problem.fit(clusters);
        CHECK(fit.converged);
        compare(set, Problem::prefix(clusters) + "conv_", fit);

        const auto trace = set.table(Problem::prefix(clusters) + "trace");
        REQUIRE(static_cast<Index>(fit.trace.size()) == trace.rows());
        for (std::size_t i = 0; i < fit.trace.size(); ++i) {
            CAPTURE(i);
            CHECK(difference(fit.trace[i], trace(static_cast<Index>(i), 1)) < tolerance);
            CHECK(fit.beta_trace[i] == trace(static_cast<Index>(i), 2));
        }

        const auto criteria = information_criteria(fit);
        CHECK(static_cast<double>(criteria.parameters) == recorded(row, 1));
        CHECK(difference(criteria.bic, recorded(row, 3)) < tolerance);
        CHECK(difference(criteria.mbic, recorded(row, 4)) < tolerance);
        CHECK(difference(criteria.hbic, recorded(row, 5)) < tolerance);
        CHECK(static_cast<double>(fit.iterations) == recorded(row, 6));
    }
}

}  // namespace

TRANSST_GOLDEN("spatial mixture after 1 iteration", one_iteration)
TRANSST_GOLDEN("spatial mixture at its stop, with BIC, MBIC and HBIC", at_the_stop)
