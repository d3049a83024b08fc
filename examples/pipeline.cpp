// The whole method in one expression, on a simulated tissue.
#include <transst/transst.hpp>

#include <iostream>

int main() {
    const auto tissue = transst::TissueSimulation{{.noise = 5}}.log_expression();

    const auto fit = transst::Pipeline{}
                         .then(transst::Prepare{{.genes = 2000}})
                         .then(transst::PLDR{{.factors = 10}})
                         .then(transst::TransferLoading{})
                         .then(transst::KnnGraph{{.neighbors = 5}})
                         .then(transst::SpatialGMM_MRF{{.clusters = 4}})
                         .fit(tissue.source, tissue.target, {.seed = 42, .threads = 2});

    const auto& regions = fit.get<transst::ClusterFit>();
    const auto truth = transst::code_labels(tissue.target.labels);
    std::cout << "ARI " << transst::adjusted_rand_index(regions.labels, truth.codes) << ", beta "
              << regions.beta << ", source's log-likelihood "
              << fit.get<transst::PLDRFit>().log_likelihood << '\n';
}
