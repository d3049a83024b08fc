// A tissue by itself: without a labelled source its factors are its leading singular vectors.
#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/pipeline.hpp>
#include <transst/simulate/tissue.hpp>

#include <iostream>

int main() {
    const auto tissue =
        transst::TissueSimulation{{.height = 30, .width = 30, .genes = 200}}.log_expression();
    const auto& sample = tissue.source;  // its labels are not looked at

    const auto fit = transst::Pipeline{}
                         .then(transst::Prepare{{.genes = 100}})
                         .then(transst::TruncatedSVD{{.factors = 10}})
                         .then(transst::KnnGraph{})
                         .then(transst::SpatialGMM_MRF{{.clusters = 4, .starts = 4}})
                         .fit(sample, {.threads = 2});

    const auto& regions = fit.get<transst::ClusterFit>();
    const auto truth = transst::code_labels(sample.labels);
    std::cout << "ARI " << transst::adjusted_rand_index(regions.labels, truth.codes)
              << ", spots of each region:";
    for (const auto size : regions.sizes) std::cout << ' ' << size;
    std::cout << '\n';
}
