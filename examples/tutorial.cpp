// The tutorial (docs/tutorial.md) as one program: from a matrix of counts to named regions.
#include <transst/cluster/name_clusters.hpp>
#include <transst/markers/markers.hpp>
#include <transst/pipeline.hpp>
#include <transst/simulate/tissue.hpp>

#include <Eigen/SparseCore>

#include <iostream>

using Counts = Eigen::SparseMatrix<float, Eigen::RowMajor>;

/// What an experiment leaves behind. Here a simulator stands in for it.
struct Measured {
    Counts counts;                                   // spots × genes
    std::vector<std::string> genes, labels;          // the genes' ids; each spot's class
    Eigen::Matrix<double, Eigen::Dynamic, 2> place;  // of each spot
};

Measured measured(const transst::Sample<>& sample) {
    Measured out{Counts(sample.rows(), sample.cols()), sample.genes, sample.labels,
                 sample.coordinates};
    transst::for_each_entry(
        sample.expression, 0, sample.rows(),
        [&](auto spot, auto gene, float count) { out.counts.insert(spot, gene) = count; });
    return out;
}

int main() {
    const auto simulated =
        transst::TissueSimulation{{.height = 40, .width = 40, .genes = 300}}.counts();
    const Measured reference = measured(simulated.source), tissue = measured(simulated.target);

    transst::Sample<Counts> source;
    source.expression = reference.counts;  // cells × genes, as counted
    source.genes = reference.genes;
    source.labels = reference.labels;  // a word for each cell; "NA" where it has none
    source.name = "reference";         // for messages

    transst::Sample<Counts> target;
    target.expression = tissue.counts;  // spots × genes
    target.genes = tissue.genes;        // in any order; matched with the source's by id
    target.coordinates = tissue.place;  // spots × 2, in any unit
    target.name = "tissue";

    const auto factors = transst::Pipeline{}
                             .then(transst::Prepare{{.genes = 200}})
                             .then(transst::PLDR{{.factors = 10}})
                             .then(transst::TransferLoading{{.lambda = 1}});

    const auto regions_of = factors.then(transst::KnnGraph{{.neighbors = 6}})
                                .then(transst::SpatialGMM_MRF{{.clusters = 4}});

    const auto fit = regions_of.fit(source, target, {.seed = 1, .threads = 2});

    const auto& prepared = fit.get<transst::Prepared>();
    std::cout << prepared.genes.size() << " of " << prepared.common_genes << " genes, "
              << prepared.class_names.size() << " classes\n";

    const auto& model = fit.get<transst::PLDRFit>();
    std::cout << "the source's log-likelihood rose from " << model.trace.front() << " to "
              << model.log_likelihood << '\n';

    const auto& regions = fit.get<transst::ClusterFit>();
    for (std::size_t spot = 0; spot < 3; ++spot)
        std::cout << "spot " << spot << " is in region " << regions.labels[spot]
                  << ", with certainty "
                  << regions.responsibilities.row(static_cast<transst::Index>(spot)).maxCoeff()
                  << '\n';
    for (const auto& warning : regions.warnings) std::cout << warning << '\n';

    const auto named = transst::name_by_profile(prepared.source, prepared.labels,
                                                prepared.class_names, prepared.target, regions);
    for (std::size_t k = 0; k < named.names.size(); ++k)
        std::cout << "region " << k << ": " << regions.sizes[k] << " spots, most like "
                  << named.names[k].name << " (" << named.names[k].confidence << ")\n";

    const auto markers =
        transst::Markers{}.fit(transst::log_normalize(target), regions.labels, regions.clusters());
    for (std::size_t k = 0; k < markers.clusters.size(); ++k)
        std::cout << "region " << k << " is best told by "
                  << target.genes[static_cast<std::size_t>(markers.clusters[k].best_first()[0])]
                  << '\n';
}
