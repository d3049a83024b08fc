// transst demo: the main job on an embedded default.
#include "cluster.hpp"
#include "commands.hpp"
#include "options.hpp"

#include <transst/io/folder.hpp>
#include <transst/simulate/tissue.hpp>

#include <iostream>

namespace transst_program {

void add_demo(CLI::App& program) {
    struct Options {
        std::string out = "transst-demo";
        std::uint64_t seed = 1;
        int threads = 0;
    };
    auto* command = program.add_subcommand(
        "demo", wrapped("Simulate a tissue, cluster it, and say how well that went"));
    auto options = std::make_shared<Options>();
    command
        ->add_option("--out", options->out,
                     wrapped("Folder to write to; the last demo there is replaced"))
        ->type_name("DIR")
        ->capture_default_str();
    add_run_options(*command, options->seed, options->threads);
    command->callback([options] {
        transst::require(!options->out.empty(), "--out is empty; name a folder");
        const std::filesystem::path out = options->out;
        const transst::TissueSimulation simulation{
            {.height = 80, .width = 80, .target_share = 0.5}};
        const auto tissue = simulation.counts({.seed = options->seed, .threads = options->threads});
        transst::write_folder(out / "source", tissue.source);
        transst::write_folder(out / "target", tissue.target);
        ClusterOptions job;
        job.sources = {(out / "source").string()};
        job.target = (out / "target").string();
        job.out = (out / "result").string();
        job.clusters = {simulation.options.classes};
        job.factors = simulation.options.factors;
        job.seed = options->seed;
        job.threads = options->threads;
        job.force = true;
        cluster(job);
    });
}

}  // namespace transst_program
