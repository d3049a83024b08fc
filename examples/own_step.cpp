// A pipeline step of your own: its parameters say what it needs, its return type what it makes.
// Here the scores are averaged over each spot's neighbours before they are clustered.
#include <transst/transst.hpp>

#include <iostream>

struct SmoothScores {
    double own_weight = 1;

    transst::TransferFit<double> operator()(const transst::TransferFit<double>& transfer,
                                            const transst::Graph& graph) const {
        auto smooth = transfer;
        for (transst::Index i = 0; i < graph.nodes(); ++i) {
            smooth.scores.row(i) *= own_weight;
            for (const auto j : graph.of(i)) smooth.scores.row(i) += transfer.scores.row(j);
            smooth.scores.row(i) /= own_weight + static_cast<double>(graph.degree(i));
        }
        return smooth;
    }
};

int main() {
    const auto tissue = transst::TissueSimulation{{.noise = 10, .target_share = 0.5}}.counts();
    const auto truth = transst::code_labels(tissue.target.labels);
    const auto ari = [&](const auto& fit) {
        return transst::adjusted_rand_index(fit.template get<transst::ClusterFit>().labels,
                                            truth.codes);
    };
    const auto until_graph = transst::Pipeline{}
                                 .then(transst::Prepare{})
                                 .then(transst::PLDR{{.factors = 10}})
                                 .then(transst::TransferLoading{})
                                 .then(transst::KnnGraph{});
    const transst::SpatialGMM_MRF mixture{{.clusters = 4}};
    const auto plain = until_graph.then(mixture).fit(tissue.source, tissue.target);
    const auto smooth = until_graph.then(SmoothScores{.own_weight = 2})
                            .then(mixture)
                            .fit(tissue.source, tissue.target);
    std::cout << "ARI " << ari(plain) << " as it is, " << ari(smooth) << " with smoothed scores\n";
}
