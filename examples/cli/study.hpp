// The studies of `transst study`: what they have in common.
//
// A study is a plan of trials. A trial makes one problem (sources and a target whose labels are
// known) and clusters it by several methods; each gives one row with its ARI.
#pragma once

#include "outcome.hpp"

#include <transst/simulate/tissue.hpp>

#include <functional>

namespace transst_program {

struct StudyOptions {
    std::string name, out, data;
    bool quick = false, force = false;
    int seeds = 0;  ///< repeats, of seeds 1, 2, …; 0: the study's own number
    int threads = 0;
};

struct Problem {
    std::vector<Tissue> sources;
    Tissue target;
    ClusterOptions options{};
    std::optional<transst::TissueTruth> truth{};  ///< of simulated tissue
};

/// One way to cluster: what it changes in the options of `transst cluster`.
struct Method {
    std::string name;
    std::function<void(ClusterOptions&)> change{};
    bool alone = false;                                                   ///< without the sources
    std::function<std::vector<transst::Label>(const Problem&)> labels{};  ///< without the program
};

struct Trial {
    std::string panel, setting;
    std::uint64_t seed = 1;
    std::vector<Method> methods;
    std::function<Problem()> make;
};

struct StudyPlan {
    std::string title;
    std::string panel_name, setting_name;
    bool ordered = false;    ///< settings follow one another: they are joined by lines
    bool threshold = false;  ///< settings get worse: where the ARI begins to suffer is said
    std::vector<Trial> trials{};

    /// The same trial for every seed; make(seed) gives the problem.
    void add(const std::string& panel, const std::string& setting, int seeds,
             const std::vector<Method>& methods,
             const std::function<Problem(std::uint64_t)>& make) {
        for (int s = 1; s <= seeds; ++s) {
            const auto seed = static_cast<std::uint64_t>(s);
            trials.push_back({panel, setting, seed, methods, [make, seed] { return make(seed); }});
        }
    }
};

struct StudyRow {
    std::string panel, setting, method;
    std::uint64_t seed = 1;
    double ari = 0;
    std::optional<double> relevance{};  ///< of the source, where the method learns it
    std::string trust = "NA";           ///< what it came to
};

/// The rows of one panel, setting and method.
struct StudyMean {
    double mean = 0, deviation = 0;  ///< of the ARI
    int rows = 0;
};

/// Rows put together, everything in order of appearance.
struct StudySummary {
    std::vector<std::string> methods;
    std::vector<std::pair<std::string, std::string>> settings;  ///< panel and setting
    std::vector<std::vector<StudyMean>> means;                  ///< settings × methods
    std::vector<std::optional<double>> relevance;               ///< of the settings, mean
};

struct Study {
    const char *name, *what;
    StudyPlan (*plan)(const StudyOptions&);
};

/// All of them, in the order of their numbers.
[[nodiscard]] const std::vector<Study>& all_studies();

/// A chart of the means, with bars of one standard deviation. Text of an SVG file.
[[nodiscard]] std::string study_svg(const StudyPlan& plan, const StudySummary& summary);

}  // namespace transst_program
