// transst simulate: a labelled source and a spatial target whose truth is known.
#include "commands.hpp"
#include "monitor.hpp"
#include "options.hpp"
#include "output_folder.hpp"

#include <transst/io/folder.hpp>
#include <transst/simulate/tissue.hpp>

#include <iostream>

namespace transst_program {
namespace {

struct SimulateOptions {
    std::string out;
    std::uint64_t seed = 1;
    int threads = 0;
    bool force = false;
    std::string counts = "gaussian";
    transst::TissueSimulation simulation{};
};

void simulate(const SimulateOptions& options) {
    using transst::require;
    const std::filesystem::path out = options.out;
    const auto files = {"matrix.mtx.gz", "genes.tsv", "barcodes.tsv", "cells.tsv"};
    require(!out.empty(), "--out is empty; name a folder");
    const OutputFolder source(out / "source", files, options.force);
    const OutputFolder target(out / "target", files, options.force);
    Monitor monitor(Show::line);
    const auto run = monitor.run(options.seed, options.threads);
    const auto write = [&](const auto& tissue) {
        monitor.begin("writing");
        transst::write_folder(out / "source", tissue.source);
        transst::write_folder(out / "target", tissue.target);
        monitor.end();
        std::cout << "source  " << tissue.source.rows() << " labelled cells × "
                  << tissue.source.cols() << " genes  " << (out / "source").string() << '\n'
                  << "target  " << tissue.target.rows() << " spots × " << tissue.target.cols()
                  << " genes           " << (out / "target").string() << '\n';
    };
    if (options.counts == "gaussian")
        write(options.simulation.log_expression<float>(run));
    else
        write(options.simulation.counts(run));
}

}  // namespace

void add_simulate(CLI::App& program) {
    auto* command = program.add_subcommand(
        "simulate", "Write a simulated tissue: DIR/source (labelled) and DIR/target (spatial)");
    auto options = std::make_shared<SimulateOptions>();
    auto& s = options->simulation.options;
    command->add_option("--out", options->out, "Folder to write to")->required()->type_name("DIR");
    command
        ->add_option("--counts", options->counts,
                     wrapped("gaussian: real-valued log expression; negative-binomial: counts"))
        ->option_text("NAME=" + options->counts)
        ->check(CLI::IsMember({"gaussian", "negative-binomial"}));
    add_run_options(*command, options->seed, options->threads);
    command->add_flag("--force", options->force, "Replace what the folder already holds");

    const auto add = [&](const char* name, auto& value, const char* help) {
        add_option(*command, name, value, help)->group("Tissue");
    };
    add("--height", s.height, "Rows of spots");
    add("--width", s.width, "Columns of spots");
    add("--genes", s.genes, "Genes");
    add("--factors", s.factors, "Factors");
    add("--classes", s.classes, "Classes");
    add("--beta", s.beta, "Interaction of the Potts field of labels");
    add("--sweeps", s.sweeps, "Sweeps of its sampler");
    add("--separation", s.separation, "Distance between class means, on axes of their own");
    add("--spread", s.spread, "Upper bound of the class variances");
    add("--noise", s.noise, "Upper bound of the genes' noise variances");
    add("--target-share", s.target_share, "Share of the spots that becomes the target");
    add("--loading-seed", s.loading_seed, "Of the loading alone, shared by repeats");
    const char* counts = "Counts (with --counts negative-binomial)";
    const auto add_count = [&](const char* name, auto& value, const char* help) {
        add_option(*command, name, value, help)->group(counts);
    };
    add_count("--library-size", s.library_size, "Median counts of a spot");
    add_count("--library-spread", s.library_spread, "Standard deviation of their logarithm");
    add_count("--gene-spread", s.gene_spread, "Standard deviation of the genes' levels");
    add_count("--contrast", s.contrast, "Effect of expression on log means");
    add_count("--dispersion", s.dispersion, "Variance = mean + dispersion · mean²");
    add_count("--dropout", s.dropout, "Probability that a count is lost");
    command->footer("Example:\n  transst simulate --out tissue --seed 7 --noise 5");
    command->callback([options, command, counts] {
        for (const auto* option : command->get_options())
            transst::require(option->count() == 0 || option->get_group() != counts ||
                                 options->counts != "gaussian",
                             option->get_name(),
                             " goes with --counts negative-binomial; give that too, or leave out ",
                             option->get_name());
        simulate(*options);
    });
}

}  // namespace transst_program
