// transst demo: the main job on an embedded default.
#include "cluster.hpp"
#include "commands.hpp"
#include "monitor.hpp"
#include "options.hpp"
#include "output_folder.hpp"

#include <transst/io/folder.hpp>
#include <transst/simulate/tissue.hpp>

#include <iostream>

namespace transst_program {

void add_demo(CLI::App& program) {
    struct Options {
        std::string out = "transst-demo";
        std::uint64_t seed = 1;
        int threads = 0;
        bool force = false;
    };
    auto* command =
        program.add_subcommand("demo", "Simulate a tissue, cluster it, and say how well that went");
    auto options = std::make_shared<Options>();
    command
        ->add_option("--out", options->out,
                     wrapped("Folder to write to: source, target and result in it"))
        ->type_name("DIR")
        ->capture_default_str();
    command->add_flag("--force", options->force, "Replace what is already there");
    add_run_options(*command, options->seed, options->threads);
    command->footer("Example:\n  transst demo --out first-look");
    command->callback([options] {
        transst::require(!options->out.empty(), "--out is empty; name a folder");
        const std::filesystem::path out = options->out;
        const OutputFolder folder(out, {"source", "target", "result"}, options->force);
        const transst::TissueSimulation simulation{
            {.height = 80, .width = 80, .target_share = 0.5}};
        {
            const NewFolders source(out / "source"), target(out / "target");
            Monitor monitor(Show::line);
            const auto tissue = simulation.counts(monitor.run(options->seed, options->threads));
            monitor.begin("writing");
            transst::write_folder(out / "source", tissue.source);
            transst::write_folder(out / "target", tissue.target);
        }
        ClusterOptions job;
        job.sources = {(out / "source").string()};
        job.targets = {(out / "target").string()};
        job.out = (out / "result").string();
        job.clusters = {simulation.options.classes};
        job.factors = simulation.options.factors;
        job.seed = options->seed;
        job.threads = options->threads;
        job.force = options->force;
        cluster(job);
    });
}

}  // namespace transst_program
