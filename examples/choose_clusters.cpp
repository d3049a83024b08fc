// How many clusters: every number of a range is fitted, and the whole curve kept.
#include <transst/cluster/choose_clusters.hpp>
#include <transst/graph/knn_graph.hpp>
#include <transst/simulate/tissue.hpp>

#include <iostream>

int main() {
    // the true factors of a tissue of four classes stand for the scores that a fit would give
    const auto tissue =
        transst::TissueSimulation{{.height = 30, .width = 30, .genes = 20}}.log_expression();
    const transst::RowMatrix<double> scores = tissue.truth.factors(tissue.truth.source, Eigen::all);
    const auto graph = transst::KnnGraph{}.fit(tissue.source.coordinates);

    const std::vector<transst::Index> tried{2, 3, 4, 5, 6};
    const transst::RunOptions run{.threads = 2};
    const auto choice = transst::choose_clusters(
        scores, graph, tried, transst::ClustersCriterion::mbic,
        transst::warm_spatial_fits(transst::SpatialGMM_MRF{{.starts = 4}}, run), run);

    for (const auto& point : choice.curve)
        std::cout << point.clusters << " clusters: log-likelihood " << point.log_likelihood
                  << ", MBIC " << point.mbic << '\n';
    std::cout << "the best number is " << choice.best << '\n';
    for (const auto& warning : choice.warnings) std::cout << warning << '\n';
    return choice.best == 4 ? 0 : 1;
}
