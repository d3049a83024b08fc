// transst study: experiments that anyone can run again.
#include "study.hpp"

#include "aligned.hpp"
#include "commands.hpp"
#include "monitor.hpp"
#include "options.hpp"
#include "output_folder.hpp"

#include <transst/core/lanes.hpp>
#include <transst/io/atomic_file.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>

#include <iomanip>
#include <iostream>
#include <mutex>
#include <sstream>

namespace transst_program {
namespace {

using transst::Index;
using transst::text;
using Words = std::vector<std::string>;

std::string fixed(double value, int digits) {
    std::ostringstream out;
    out << std::fixed << std::setprecision(digits) << value;
    return out.str();
}

StudyRow run_method(const Trial& trial, const Method& method, const Problem& problem) {
    ClusterOptions options = problem.options;
    const auto truth = transst::code_labels(problem.target.labels, options.ignore);
    StudyRow row{trial.panel, trial.setting, method.name, trial.seed};
    const auto judge = [&](const std::vector<transst::Label>& labels) {
        row.ari = transst::adjusted_rand_index(labels, truth.codes);
    };
    if (method.labels) {
        judge(method.labels(problem));
        return row;
    }
    options.seed = trial.seed;
    options.threads = 1;  // trials run beside one another
    if (method.change) method.change(options);
    const std::vector<Tissue> none;
    const auto& sources = method.alone ? none : problem.sources;
    const bool paper = options.published || options.method == "paper";
    const transst::RunOptions run{.seed = options.seed, .threads = options.threads};
    const Outcome outcome = paper ? cluster_as_paper(options, sources, problem.target, run)
                                  : cluster_with_trust(options, sources, problem.target, run);
    judge(outcome.clusters.labels);
    row.relevance = outcome.relevance;
    if (outcome.steps.contains("trust"))
        row.trust = outcome.steps["trust"]["trust"].get<std::string>();
    return row;
}

/// The rows in the order of the plan, whatever the number of threads.
std::vector<StudyRow> run_trials(const StudyPlan& plan, int threads) {
    std::vector<std::vector<StudyRow>> of_trial(plan.trials.size());
    std::mutex mutex;
    Index done = 0;
    Monitor monitor(Show::line);
    const auto run = monitor.run(1, threads);
    transst::parallel_for(std::ssize(plan.trials), threads, [&](Index i) {
        const auto at = static_cast<std::size_t>(i);
        const Trial& trial = plan.trials[at];
        const Problem problem = trial.make();
        for (const auto& method : trial.methods)
            of_trial[at].push_back(run_method(trial, method, problem));
        const std::scoped_lock lock(mutex);
        run.report("trials", ++done, std::ssize(plan.trials), 0);
    });
    std::vector<StudyRow> rows;
    for (auto& some : of_trial) rows.insert(rows.end(), some.begin(), some.end());
    return rows;
}

template <class Values, class Value>
std::size_t place_of(Values& values, const Value& value) {
    const auto at = std::find(values.begin(), values.end(), value);
    const auto place = static_cast<std::size_t>(at - values.begin());
    if (at == values.end()) values.push_back(value);
    return place;
}

StudySummary summarize(const std::vector<StudyRow>& rows) {
    StudySummary out;
    for (const auto& row : rows) {
        place_of(out.methods, row.method);
        place_of(out.settings, std::pair(row.panel, row.setting));
    }
    out.means.assign(out.settings.size(), std::vector<StudyMean>(out.methods.size()));
    out.relevance.resize(out.settings.size());
    std::vector<int> with_relevance(out.settings.size(), 0);
    for (const auto& row : rows) {
        const auto s = place_of(out.settings, std::pair(row.panel, row.setting));
        auto& mean = out.means[s][place_of(out.methods, row.method)];
        mean.mean += row.ari;
        ++mean.rows;
        if (row.relevance) {
            out.relevance[s] = out.relevance[s].value_or(0) + *row.relevance;
            ++with_relevance[s];
        }
    }
    for (std::size_t s = 0; s < out.means.size(); ++s) {
        if (out.relevance[s]) *out.relevance[s] /= with_relevance[s];
        for (auto& mean : out.means[s])
            if (mean.rows > 0) mean.mean /= mean.rows;
    }
    for (const auto& row : rows) {
        auto& mean = out.means[place_of(out.settings, std::pair(row.panel, row.setting))]
                              [place_of(out.methods, row.method)];
        mean.deviation += (row.ari - mean.mean) * (row.ari - mean.mean);
    }
    for (auto& some : out.means)
        for (auto& mean : some)
            mean.deviation = mean.rows > 1 ? std::sqrt(mean.deviation / (mean.rows - 1)) : 0;
    return out;
}

void print(std::ostream& out, const StudyPlan& plan, const StudySummary& summary) {
    const bool relevance = std::any_of(summary.relevance.begin(), summary.relevance.end(),
                                       [](const auto& r) { return r.has_value(); });
    std::vector<Words> lines{{plan.panel_name, plan.setting_name}};
    for (const auto& method : summary.methods) lines[0].push_back(method);
    if (relevance) lines[0].push_back("relevance");
    for (std::size_t s = 0; s < summary.settings.size(); ++s) {
        Words& line =
            lines.emplace_back(Words{summary.settings[s].first, summary.settings[s].second});
        for (const auto& mean : summary.means[s]) {
            std::string word = mean.rows == 0 ? "-" : fixed(mean.mean, 3);
            if (mean.rows > 1) word += " ± " + fixed(mean.deviation, 3);
            line.push_back(std::move(word));
        }
        if (relevance) line.push_back(summary.relevance[s] ? fixed(*summary.relevance[s], 2) : "-");
    }
    print_aligned(out, lines, [](std::size_t c) { return c < 2; });
}

/// Where each method has lost 0.05 of its best ARI.
void print_thresholds(std::ostream& out, const StudyPlan& plan, const StudySummary& summary) {
    constexpr double lost = 0.05;
    Words panels;
    for (const auto& [panel, setting] : summary.settings) place_of(panels, panel);
    out << '\n';
    for (const auto& panel : panels)
        for (std::size_t m = 0; m < summary.methods.size(); ++m) {
            double best = -1;
            for (std::size_t s = 0; s < summary.settings.size(); ++s)
                if (summary.settings[s].first == panel)
                    best = std::max(best, summary.means[s][m].mean);
            std::string found = "never";
            for (std::size_t s = summary.settings.size(); s-- > 0;)
                if (summary.settings[s].first == panel && summary.means[s][m].mean < best - lost)
                    found = text("at ", plan.setting_name, " ", summary.settings[s].second);
            out << panel << ", " << summary.methods[m] << ": best mean ARI " << fixed(best, 3)
                << "; first more than " << fixed(lost, 2) << " below it " << found << '\n';
        }
}

std::string table_of(const std::string& study, const std::vector<StudyRow>& rows) {
    std::ostringstream out;
    out << "study\tpanel\tsetting\tmethod\tseed\tari\trelevance\ttrust\n";
    for (const auto& row : rows)
        out << study << '\t' << row.panel << '\t' << row.setting << '\t' << row.method << '\t'
            << row.seed << '\t' << fixed(row.ari, 6) << '\t'
            << (row.relevance ? fixed(*row.relevance, 6) : "NA") << '\t' << row.trust << '\n';
    return out.str();
}

void study(const StudyOptions& options) {
    const auto& studies = all_studies();
    const auto chosen = std::find_if(studies.begin(), studies.end(),
                                     [&](const Study& s) { return options.name == s.name; });
    if (chosen == studies.end()) {
        std::string names;
        for (const auto& s : studies) names += (names.empty() ? "" : ", ") + std::string(s.name);
        throw transst::InvalidArgument(
            text("there is no study '", options.name, "'; there are ", names));
    }
    const std::filesystem::path out = options.out;
    const std::string tsv = options.name + ".tsv", svg = options.name + ".svg";
    std::optional<OutputFolder> folder;
    if (!options.out.empty())
        folder.emplace(out, std::initializer_list<const char*>{tsv.c_str(), svg.c_str()},
                       options.force);

    const StudyPlan plan = chosen->plan(options);
    const auto rows = run_trials(plan, options.threads);
    const auto summary = summarize(rows);
    int seeds = 0;
    for (const auto& trial : plan.trials) seeds = std::max(seeds, static_cast<int>(trial.seed));
    std::cout << plan.title << "\nARI"
              << (seeds > 1 ? text(", mean ± standard deviation over seeds 1 to ", seeds)
                            : text(", seed 1"))
              << "\n\n";
    print(std::cout, plan, summary);
    if (plan.threshold) print_thresholds(std::cout, plan, summary);
    if (!folder) return;
    transst::write_file(out / tsv, table_of(options.name, rows));
    transst::write_file(out / svg, study_svg(plan, summary));
}

}  // namespace

void add_study(CLI::App& program) {
    auto* command = program.add_subcommand(
        "study", "Run a study again: its table, and with --out its rows and a picture");
    auto options = std::make_shared<StudyOptions>();
    command->add_option("NAME", options->name, wrapped("Of the study, see below"))->required();
    command->add_flag("--quick", options->quick, wrapped("In seconds: fewer settings, one seed"));
    command->add_option("--out", options->out, wrapped("Folder for NAME.tsv and NAME.svg"))
        ->type_name("DIR")
        ->check([](const std::string& word) {
            return word.empty() ? std::string("is empty; name a folder") : std::string();
        });
    command->add_flag("--force", options->force, "Replace results that are already there");
    command
        ->add_option("--seeds", options->seeds, wrapped("Repeats, of seeds 1, 2, … [5, quick 1]"))
        ->transform(whole_number(1));
    command
        ->add_option("--data", options->data,
                     wrapped("Folder with dlpfc/, her2/, starmap_mpfc/, osmfish/, scrna_blood/ and "
                             "scrna_breast/: needed by real-tissue and halves, added to "
                             "relevance, sensitivity and missing-classes, not used by others"))
        ->type_name("DIR");
    add_option(*command, "--threads", options->threads, "At most so many; 0: all the machine has");
    std::string footer = "Studies:\n";
    for (const auto& study : all_studies()) {
        const std::string name = study.name;
        footer += "  " + name + std::string(19 - name.size(), ' ') + study.what + "\n";
    }
    command->footer(footer + "\nExample:\n  transst study label-noise --quick --out studies");
    command->callback([options] { study(*options); });
}

}  // namespace transst_program
