// What a source teaches is learned once, kept in a file, and applied to one target after the other,
// in which the source itself has no part.
#include <transst/find_regions.hpp>
#include <transst/io/model_file.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/simulate/tissue.hpp>

#include <filesystem>
#include <iostream>

int main() {
    const auto tissue = transst::TissueSimulation{{.genes = 200}}.log_expression();
    const std::filesystem::path file = "tissue.transst";

    transst::write_model(file, transst::LearnSource{{.factors = 10}}.fit(tissue.source));

    const transst::SourceModel model = transst::read_model(file);
    const auto fit = transst::FindRegions{{.clusters = 4}}.fit(model, tissue.target);

    std::cout << "learned from " << model.labelled_cells << " cells of " << model.class_names.size()
              << " classes, " << std::filesystem::file_size(file) / 1000 << " kB\n"
              << "ARI "
              << transst::adjusted_rand_index(transst::code_labels(tissue.target.labels).codes,
                                              fit.clusters.labels)
              << ", " << to_text(fit.trust) << '\n';
    std::filesystem::remove(file);
}
