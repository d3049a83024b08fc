// Several sections in one sample: each is standardised by itself, and no spot neighbours a spot of
// another section, even where their coordinates overlap.
#include <transst/pipeline.hpp>
#include <transst/simulate/tissue.hpp>

#include <iostream>

int main() {
    auto sample = transst::TissueSimulation{{.height = 20, .width = 20, .genes = 100}}
                      .log_expression()
                      .source;
    // the left half and the right half become two sections, the right one put on top of the left
    // and brighter by 3 in every gene
    for (transst::Index i = 0; i < sample.rows(); ++i) {
        const bool right = sample.coordinates(i, 0) >= 10;
        sample.sections.push_back(right ? "B" : "A");
        if (!right) continue;
        sample.coordinates(i, 0) -= 10;
        sample.expression.row(i).array() += 3;
    }

    const auto fit = transst::Pipeline{}
                         .then(transst::Prepare{{.genes = 50}})
                         .then(transst::KnnGraph{{.neighbors = 4}})
                         .fit(sample);

    const auto& graph = fit.get<transst::Graph>();
    transst::Index across = 0;
    for (transst::Index i = 0; i < graph.nodes(); ++i)
        for (const auto j : graph.of(i))
            across += sample.sections[static_cast<std::size_t>(i)] !=
                      sample.sections[static_cast<std::size_t>(j)];
    std::cout << graph.entries() << " neighbours, " << across << " of another section\n";

    // StandardizeOver::section is the default: each section has means of its own
    const auto& prepared = fit.get<transst::Prepared>().target;
    std::cout << prepared.sections() << " x " << prepared.cols()
              << " means; those of B are larger by "
              << (prepared.mean().row(1) - prepared.mean().row(0)).mean()
              << " standard deviations\n";
    return across == 0 && prepared.sections() == 2 ? 0 : 1;
}
