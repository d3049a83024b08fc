// From a folder in the 10x layout to regions. The folder is made here, by the simulator; give two
// folders of your own as arguments to use those.
#include <transst/io/folder.hpp>
#include <transst/transst.hpp>

#include <filesystem>
#include <iostream>
#include <unistd.h>

int main(int argc, char** argv) {
    std::filesystem::path folder, source_folder, target_folder;
    if (argc == 3) {
        source_folder = argv[1];
        target_folder = argv[2];
    } else {
        folder = std::filesystem::temp_directory_path() /
                 ("transst_read_10x_" + std::to_string(::getpid()));
        source_folder = folder / "source";
        target_folder = folder / "target";
        const auto tissue =
            transst::TissueSimulation{{.height = 30, .width = 30, .genes = 300}}.counts();
        transst::write_folder(source_folder, tissue.source);
        transst::write_folder(target_folder, tissue.target);
    }
    const auto source = transst::read_folder(source_folder);
    const auto target = transst::read_folder(target_folder);
    const auto fit = transst::Pipeline{}
                         .then(transst::Prepare{})
                         .then(transst::PLDR{{.factors = 10}})
                         .then(transst::TransferLoading{})
                         .then(transst::KnnGraph{})
                         .then(transst::SpatialGMM_MRF{{.clusters = 4}})
                         .fit(source, target);
    const auto& regions = fit.get<transst::ClusterFit>();
    for (std::size_t i = 0; i < 5; ++i)
        std::cout << target.barcodes[i] << " is in cluster " << regions.labels[i] + 1 << '\n';
    if (!folder.empty()) std::filesystem::remove_all(folder);
}
