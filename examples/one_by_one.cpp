// The estimators without the pipeline, on Eigen matrices of your own: dense or sparse, float or
// double, each fit a value whose fields you can look at.
#include <transst/transst.hpp>

#include <Eigen/SparseCore>

#include <iostream>

int main() {
    const auto tissue =
        transst::TissueSimulation{{.height = 30, .width = 30, .genes = 300}}.log_expression();
    const Eigen::MatrixXd source = tissue.source.expression;  // cells × genes
    const Eigen::SparseMatrix<float, Eigen::RowMajor> target =
        tissue.target.expression.cast<float>().sparseView();  // spots × genes
    const auto classes = transst::code_labels(tissue.source.labels);
    const transst::RunOptions run{.seed = 1, .threads = 2};

    // standardize() copies nothing: mean and scale are applied as the matrix is swept over
    const auto model =
        transst::PLDR{{.factors = 10}}.fit(transst::standardize(source, run), classes.codes, run);
    const auto transfer =
        transst::TransferLoading{{.lambda = 1}}.fit(transst::standardize(target, run), model, run);
    const auto graph = transst::KnnGraph{{.neighbors = 5}}.fit(tissue.target.coordinates, {}, run);
    const auto regions = transst::SpatialGMM_MRF{{.clusters = 4}}.fit(transfer.scores, graph, run);

    std::cout << "PLDR: " << model.iterations << " iterations, log-likelihood "
              << model.log_likelihood << "\nloading moved by " << 100 * transfer.relative_change
              << " %\nclusters of";
    for (const auto size : regions.sizes) std::cout << ' ' << size;
    std::cout << " spots\n";
}
