// transst fit: labelled sources in, a model of them out, for transst apply.
#include "model.hpp"

#include "commands.hpp"
#include "monitor.hpp"
#include "options.hpp"
#include "output_folder.hpp"
#include "reading.hpp"
#include "results.hpp"
#include "with_data.hpp"

#include <iomanip>
#include <iostream>

namespace transst_program {
namespace {

using transst::Index;
using transst::require;
using transst::text;
using transst::detail::counted;

std::string percent(double share) {
    return text(std::lround(100 * share), " %");
}

/// All that needs the files.
void read_and_fit(const ClusterOptions& options) {
    Stopwatch watch;
    Monitor monitor(options.verbose ? Show::everything
                    : options.quiet ? Show::nothing
                                    : Show::line);
    monitor.begin("reading");
    monitor.take_interrupts();
    const auto folder = std::filesystem::absolute(options.out).parent_path().string();
    const auto reading = reading_options(options, folder);
    std::vector<Tissue> sources;
    for (std::size_t s = 0; s < options.sources.size(); ++s)
        sources.push_back(read_source(options, reading, s).sample);

    auto run = monitor.run(options.seed, options.threads);
    run.matrix_bytes = reading.matrix_bytes;
    run.scratch = reading.scratch;
    // a part of a model is of no use: what would follow is not learned
    const auto go_on = [&] {
        require<transst::Stopped>(!monitor.interrupted(), "stopped on request");
    };
    run.progress = [&go_on, show = run.progress](const transst::Progress& report) {
        go_on();
        show(report);
    };
    const auto model = [&] {
        try {
            auto learned = learn_source(options, sources, run);
            go_on();
            return learned;
        } catch (const transst::Stopped&) {
            throw Interrupted("stopped on request; no model is written");
        }
    }();
    monitor.end();
    transst::write_model(options.out, model);
    if (options.quiet) return;
    std::cout << "learned   " << counted(model.pldr.factors(), "factor") << " of "
              << counted(model.labelled_cells, "labelled cell") << ", by "
              << counted(model.genes.size(), "gene") << '\n'
              << "classes   " << classes_in_words(model) << '\n'
              << "held out  " << accuracy_in_words(model) << '\n';
    for (const auto& warnings :
         {unknown_labels(options, sources), unlike_expression(values_of(sources))})
        for (const auto& warning : warnings) std::cout << "warning   " << warning << '\n';
    for (const auto* warnings : {&model.warnings, &model.pldr.warnings})
        for (const auto& warning : *warnings)
            std::cout << "warning   " << in_program_words(warning, model.class_names) << '\n';
    const auto info = transst::read_model_info(options.out);
    std::cout << "time      " << std::setprecision(3) << watch.lap() << " s, "
              << std::setprecision(4) << peak_megabytes() << " MB at most\n"
              << "model     " << options.out << ", " << (info.bytes + 500) / 1000
              << " kB, checksum " << info.checksum_text() << '\n';
}

void fit(const ClusterOptions& options) {
    require(!options.sources.empty(), "--source is missing; name one or more");
    check_sources(options);
    check_not_read("--out", options.out, options.inputs());
    check_output_file("--out", options.out, options.force);
    with_data([&] { read_and_fit(options); });
}

}  // namespace

std::shared_ptr<const SavedModel> read_saved_model(const std::string& path) {
    return std::make_shared<const SavedModel>(
        SavedModel{path, transst::read_model(path), transst::read_model_info(path)});
}

Json in_json(const SavedModel& saved) {
    const auto& model = saved.model;
    Json out{{"path", saved.path},
             {"checksum", saved.info.checksum_text()},
             {"format", saved.info.format},
             {"version", saved.info.version},
             {"sources", model.sources},
             {"ignore", model.prepare.ignore},
             {"factors", model.pldr.factors()},
             {"genes", model.genes.size()},
             {"gene_list", !model.prepare.gene_list.empty()},
             {"seed", model.seed}};
    for (const auto& [name, criterion] : gene_criteria)
        if (criterion == model.prepare.criterion) out["gene_criterion"] = name;
    return out;
}

std::string classes_in_words(const transst::SourceModel& model) {
    std::string out;
    for (std::size_t k = 0; k < model.class_names.size(); ++k)
        out += text(k > 0 ? ", " : "", model.class_names[k], " ", model.pldr.class_sizes[k]);
    return out;
}

std::string accuracy_in_words(const transst::SourceModel& model) {
    const auto& space = model.anchors.space;
    return text(
        "cells are named right in ", percent(space.accuracy()), " of cases by ",
        space.best == transst::ScoreSpace::discriminant ? "discriminant axes" : "all factors",
        "; the largest class has ", percent(space.largest_class_share));
}

void add_fit(CLI::App& program) {
    auto* command = program.add_subcommand(
        "fit", "Learn from labelled sources, and keep it for 'transst apply'");
    auto options = std::make_shared<ClusterOptions>();
    auto& o = *options;
    command
        ->add_option(
            "--source", o.sources,
            wrapped("File or folder with labelled cells or spots; may be given several times"))
        ->required()
        ->type_name("PATH");
    command->add_option("--out", o.out, wrapped("File for the model, cortex.transst say"))
        ->required()
        ->type_name("FILE");
    command->add_flag("--force", o.force, "Replace a file that is already there");
    add_working_options(*command, options, "beside --out");
    add_reading_options(*command, o, "Label left out; may be given several times", reading_group);
    add_source_reading_options(*command, o);
    add_gene_options(*command, o);
    add_factor_option(*command, o);
    command->footer(
        "Example:\n"
        "  transst fit --source atlas.h5ad --label-column cell_type --out atlas.transst\n"
        "  transst apply --model atlas.transst --target outs --clusters 3-12 --out out");
    command->callback([options, command] {
        require(!options->quiet || !options->verbose,
                "--quiet and --verbose contradict each other; leave out one of the two");
        check_gene_options(*command);
        fit(*options);
    });
}

}  // namespace transst_program
