// What `transst cluster` and `transst apply` leave behind: labels.tsv, fit.json, pictures, and a
// few lines to read.
#pragma once

#include "annotated.hpp"
#include "markers.hpp"
#include "options.hpp"
#include "outcome.hpp"
#include "png.hpp"
#include "report.hpp"
#include "tables.hpp"

#include <transst/cluster/criteria.hpp>
#include <transst/io/atomic_file.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/report/tissue_svg.hpp>
#include <transst/version.hpp>

#include <charconv>
#include <chrono>
#include <iomanip>
#include <ostream>
#include <sys/resource.h>

namespace transst_program {

/// Seconds since the last lap.
class Stopwatch {
public:
    double lap() {
        const auto now = std::chrono::steady_clock::now();
        const std::chrono::duration<double> took = now - last_;
        last_ = now;
        return took.count();
    }

private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// The most memory this process has held, in megabytes.
inline double peak_megabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return static_cast<double>(usage.ru_maxrss) / 1e6;
#else
    return static_cast<double>(usage.ru_maxrss) / 1e3;
#endif
}

/// Collects what the run was and what came of it.
class Summary {
public:
    /// Stages of one name are summed.
    void add_time(const std::string& stage, double seconds) {
        times_[stage] = times_.value(stage, 0.0) + seconds;
    }

    /// A file or folder that was read.
    void add_source(const std::string& path, const transst::SampleFile& file) {
        sources_read_.push_back(input(path, file));
    }
    void add_target(const std::string& path, const transst::SampleFile& file) {
        targets_read_.push_back(input(path, file));
    }

    void describe(const ClusterOptions& options, const Outcome& outcome,
                  const std::vector<Tissue>& sources, const Tissue& target, bool stopped) {
        using namespace transst;
        describe_options(options);
        for (const auto& time : outcome.times) add_time(time.step, time.seconds);
        const auto& clusters = outcome.clusters;

        if (!outcome.model.is_null()) model_ = outcome.model;
        Json source_sizes = Json::array();
        if (model_)
            for (const auto& name : model_->at("sources")) source_sizes.push_back({{"name", name}});
        for (const auto& s : sources)
            source_sizes.push_back({{"name", s.name},
                                    {"cells", s.rows()},
                                    {"genes", s.cols()},
                                    {"non_zeros", s.expression.non_zeros()}});
        sizes_ = {{"sources", source_sizes},
                  {"labelled_cells", outcome.labelled_cells},
                  {"classes", outcome.class_names},
                  {"target",
                   {{"spots", target.rows()},
                    {"genes", target.cols()},
                    {"non_zeros", target.expression.non_zeros()},
                    {"sections", outcome.target_sections}}},
                  {"common_genes", outcome.common_genes},
                  {"genes_used", outcome.genes}};

        steps_ = outcome.steps;
        auto& step = steps_["clusters"] = trace_of(clusters);
        step["averaged_scores"] = outcome.averaged;
        step["beta"] = clusters.beta;
        step["beta_trace"] = clusters.beta_trace;
        step["starts"] = clusters.starts;
        step["sizes"] = clusters.sizes;
        step["log_likelihood"] = clusters.log_likelihood;
        const auto criteria = information_criteria(clusters);
        step["criteria"] = {
            {"bic", criteria.bic}, {"mbic", criteria.mbic}, {"hbic", criteria.hbic}};
        if (outcome.clusters_choice) {
            for (const auto& [name, criterion] : clusters_criteria)
                if (criterion == outcome.clusters_choice->criterion) step["criterion"] = name;
            if (outcome.clusters_choice->classes)
                step["classes_with_spots"] = *outcome.clusters_choice->classes;
            for (const auto& point : outcome.clusters_choice->curve)
                step["curve"].push_back({{"clusters", point.clusters},
                                         {"log_likelihood", point.log_likelihood},
                                         {"bic", point.bic},
                                         {"mbic", point.mbic},
                                         {"hbic", point.hbic},
                                         {"icl", point.icl},
                                         {"stability", point.stability},
                                         {"empty", point.empty}});
        }
        for (std::size_t k = 0; k < outcome.names.size(); ++k)
            step["names"].push_back({{"cluster", k + 1},
                                     {"name", outcome.names[k].name},
                                     {"confidence", outcome.names[k].confidence},
                                     {"novel", outcome.names[k].novel}});
        warn(outcome.warnings);
        for (const auto& words : clusters.warnings)
            warn({in_program_words(words, outcome.class_names)});
        decisions_ = outcome.decisions;
        stopped_ = stopped;
        lambda_ = outcome.lambda;
        relevance_ = outcome.relevance;
        beta_ = clusters.beta;
        clusters_ = clusters.clusters();
        genes_ = outcome.genes;
        names_ = outcome.names;
        cluster_sizes_ = clusters.sizes;

        if (!target.labels.empty()) {
            const auto truth = code_labels(target.labels, options.ignore);
            if (truth.classes() > 0)
                ari_ = adjusted_rand_index(std::span<const Label>(clusters.labels), truth.codes);
        }
        spots_ = target.rows();
        labelled_ = outcome.labelled_cells;
    }

    void write(const std::filesystem::path& folder, const transst::SampleFile& target_file,
               const Outcome& outcome, const ClusterOptions& options,
               const transst::RunOptions& run, Stopwatch& watch) {
        watch.lap();
        const Tissue& target = target_file.sample;
        const auto labels = labels_table(target, outcome);
        const auto posterior = posterior_table(target, outcome);
        const auto picture = draw(target, outcome);
        const Png png = png_of_svg(picture);
        if (has_png && !png.content)
            warn({"clusters.png was not written (" + png.reason + "); clusters.svg was"});
        drawn_ = png.content.has_value();
        std::vector<std::string> names;
        for (const auto& name : names_) names.push_back(name.name);
        const auto tests = find_markers(target, outcome, run);
        const auto markers = markers_table(target, tests, names);
        add_time("write", watch.lap());
        Json fit{{"program", "transst"},
                 {"version", transst::version},
                 {"options", options_},
                 {"inputs", inputs()},
                 {"sizes", sizes_}};
        if (model_) fit["model"] = *model_;
        fit["stopped"] = stopped_;
        if (ari_) fit["ari"] = *ari_;
        fit["lambda"] = lambda_ ? number(*lambda_) : Json(nullptr);
        fit["beta"] = beta_;
        if (relevance_) fit["relevance"] = *relevance_;
        fit["decisions"] = decisions_;
        fit["warnings"] = warnings_;
        fit["steps"] = steps_;
        fit["seconds"] = times_;
        fit["peak_memory_mb"] = peak_megabytes();
        // names from the file system need not be UTF-8
        const auto json = fit.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
        std::vector<transst::AtomicFile> files;
        const auto put_at = [&](const std::filesystem::path& path, const std::string& content) {
            files.emplace_back(path);
            files.back().write(content);
        };
        const auto put = [&](const char* name, const std::string& content) {
            put_at(folder / name, content);
        };
        put("labels.tsv", labels);
        put("clusters.svg", picture);
        if (png.content) put("clusters.png", *png.content);
        if (has_markers_) put("markers.tsv", markers);
        if (!posterior.empty()) put("posterior.tsv", posterior);
        put("fit.json", json);
        annotated_ =
            options.targets.size() == 1 && target_file.format == transst::SampleFormat::anndata;
        if (annotated_)
            files.push_back(
                annotated_target(options.targets.front(), target_file, folder, outcome, json));
        if (options.report)
            put_at(*options.report,
                   report_page(fit, target, outcome, tests, {.threads = run.threads}));
        for (auto& file : files) file.commit();
        // those of an earlier run would not belong to these labels
        std::error_code ignored;
        if (posterior.empty()) std::filesystem::remove(folder / "posterior.tsv", ignored);
        if (!has_markers_) std::filesystem::remove(folder / "markers.tsv", ignored);
        if (!annotated_) std::filesystem::remove(folder / annotated_name, ignored);
        if (!png.content) std::filesystem::remove(folder / "clusters.png", ignored);
    }

    void print(std::ostream& out, const std::filesystem::path& folder,
               const ClusterOptions& options) const {
        using transst::detail::counted;
        double seconds = 0;
        for (const auto& [stage, took] : times_.items()) seconds += took.template get<double>();
        const Json read = inputs();
        // a folder has one matrix and says what it holds
        for (const auto& input : read)
            if (input.contains("matrix"))
                out << (&input == &read.front() ? "read      " : "          ")
                    << input["path"].get<std::string>() << ": "
                    << input["matrix"].get<std::string>() << ", "
                    << input["values"].get<std::string>() << '\n';
        for (const auto& input : read)
            if (input.contains("left_out_off_tissue"))
                out << "left out  "
                    << counted(input["left_out_off_tissue"].get<transst::Index>(), "spot") << " of "
                    << input["path"].get<std::string>() << " off the tissue\n";
        const auto empty = std::count(cluster_sizes_.begin(), cluster_sizes_.end(), 0);
        out << "spots     " << spots_ << " in " << counted(clusters_ - empty, "cluster");
        if (empty > 0) out << " (of " << clusters_ << ", the others have none)";
        out << ", by " << counted(genes_, "gene");
        if (!names_.empty()) {  // else the source was not used
            out << " and " << counted(labelled_, "labelled cell");
            if (model_) out << " of a model";
        }
        out << '\n';
        for (std::size_t i = 0; i < decisions_.size(); ++i)
            out << (i == 0 ? "choices   " : "          ") << folded(decisions_[i]) << '\n';
        if (lambda_ && !relevance_) out << "lambda    " << *lambda_ << '\n';
        out << "beta      " << std::setprecision(4) << beta_ << '\n';
        if (ari_)
            out << "ARI       " << std::fixed << std::setprecision(3) << *ari_
                << " against the target's own labels\n"
                << std::defaultfloat;
        const bool named = std::any_of(names_.begin(), names_.end(), [](const auto& cluster) {
            return cluster.name != "NA" || cluster.novel;
        });
        for (std::size_t k = 0; named && k < names_.size(); ++k) {
            out << (k == 0 ? "names     " : "          ") << k + 1 << " ";
            if (cluster_sizes_[k] == 0)
                out << "no spots";
            else if (names_[k].name == "NA")
                out << "novel: like no class of the source";
            else
                out << names_[k].name << ", confidence of the name " << std::setprecision(2)
                    << names_[k].confidence << (names_[k].novel ? ", novel" : "");
            out << '\n';
        }
        for (const auto& warning : warnings_) out << "warning   " << warning << '\n';
        out << "time      " << std::setprecision(3) << seconds << " s, " << std::setprecision(4)
            << peak_megabytes() << " MB at most\n"
            << "picture   " << (folder / "clusters.svg").string() << (drawn_ ? " and .png" : "")
            << '\n'
            << "labels    " << (folder / "labels.tsv").string() << '\n';
        if (has_markers_) out << "markers   " << (folder / "markers.tsv").string() << '\n';
        if (annotated_) out << "AnnData   " << (folder / annotated_name).string() << '\n';
        out << "all else  " << (folder / "fit.json").string() << '\n';
        if (options.report) out << "report    " << *options.report << '\n';
    }

    /// False where a stop was requested before they were found.
    [[nodiscard]] bool has_markers() const { return has_markers_; }

    void warn(const std::vector<std::string>& words) {
        warnings_.insert(warnings_.end(), words.begin(), words.end());
    }

private:
    [[nodiscard]] static Json input(const std::string& path, const transst::SampleFile& file) {
        Json out{{"path", path},
                 {"format", transst::to_text(file.format)},
                 {"values",
                  file.sample.values == transst::Values::counts ? "counts" : "log expression"}};
        if (!file.matrix.empty()) out["matrix"] = file.matrix;
        if (file.off_tissue() > 0) out["left_out_off_tissue"] = file.off_tissue();
        return out;
    }
    /// All that was read, targets last.
    [[nodiscard]] Json inputs() const {
        Json out = sources_read_;
        out.insert(out.end(), targets_read_.begin(), targets_read_.end());
        return out;
    }

    /// Below its first line a choice is indented by two more, and none passes column 80.
    [[nodiscard]] static std::string folded(const std::string& words) {
        constexpr std::size_t indent = 12;
        std::string out;
        for (const char c : wrapped(words, 80 - indent)) {
            out += c;
            if (c == '\n') out.append(indent, ' ');
        }
        return out;
    }

    /// The number, or those tried.
    [[nodiscard]] static Json clusters_json(const ClusterOptions& o) {
        if (o.clusters.size() == 1) return o.clusters.front();
        return o.clusters;
    }

    [[nodiscard]] transst::MarkersFit find_markers(const Tissue& target, const Outcome& outcome,
                                                   const transst::RunOptions& run) {
        const auto& sizes = outcome.clusters.sizes;
        try {
            return transst::Markers{}.fit(transst::log_normalize(target, run),
                                          outcome.clusters.labels, outcome.clusters.clusters(),
                                          {.threads = run.threads, .stop = run.stop});
        } catch (const transst::Stopped&) {
            has_markers_ = false;
            warn({"the run was stopped before the markers were found"});
            transst::MarkersFit none;
            for (const auto size : sizes)
                none.clusters.push_back(
                    transst::GeneTests::zero(target.cols(), static_cast<transst::Index>(size),
                                             target.rows() - static_cast<transst::Index>(size)));
            return none;
        }
    }

    /// Every option in force; those of the other method are not.
    void describe_options(const ClusterOptions& o) {
        const bool paper = o.published || o.method == "paper";
        const bool applied = !o.model.empty();
        if (applied)
            options_["model"] = o.model;
        else
            options_["sources"] = o.sources;
        const auto add = [&](std::initializer_list<std::pair<const char*, Json>> more) {
            for (const auto& [name, value] : more) options_[name] = value;
        };
        add({{"target", o.targets.size() == 1 ? Json(o.targets.front()) : Json(o.targets)},
             {"clusters", clusters_json(o)}});
        if (!applied) add({{"method", paper ? "paper" : o.method}, {"published", o.published}});
        add({{"ignore", o.ignore},
             {"label_column", o.label_column},
             {"section_column", o.section_column},
             {"spatial_key", o.spatial_key},
             {"layer", o.layer.empty() ? "chosen" : o.layer},
             {"expression", o.expression},
             {"stretch_x", o.stretch_x},
             {"stretch_y", o.stretch_y},
             {"allow_duplicates", o.allow_duplicates}});
        if (!applied)
            add({{"standardize", o.published ? "all" : o.standardize}, {"factors", o.factors}});
        add({{"neighborhood", o.neighborhood},
             {"starts", o.published ? 1 : o.starts.value_or(paper ? 10 : 5)},
             {"seed", o.seed},
             {"threads", transst::resolve_threads(o.threads)}});
        const auto of_sources = [&](const char* name, const std::vector<std::string>& words) {
            if (!words.empty()) options_[name] = words;
        };
        of_sources("source_label_column", o.source_label_column);
        of_sources("source_section_column", o.source_section_column);
        of_sources("source_spatial_key", o.source_spatial_key);
        of_sources("source_layer", o.source_layer);
        of_sources("source_expression", o.source_expression);
        if (o.memory > 0) options_["memory"] = o.memory;
        if (o.clusters.size() > 1) options_["criterion"] = o.criterion;
        if (!applied) add_gene_choice(options_, o);
        if (o.neighborhood == "nearest")
            options_["neighbors"] = o.neighbors.value_or(paper ? 5 : 6);
        if (o.neighborhood == "radius") options_["radius"] = o.radius;
        // the published code counts an edge at both of its ends
        options_["beta"] = o.published ? "2, half of it for each directed neighbour" : o.beta;
        if (paper && !o.sources.empty()) {
            options_["lambda"] = o.lambda;
            options_["penalty"] = o.published ? "absolute" : o.penalty;
            options_["scores"] = o.published ? "least-squares" : o.scores;
        }
        if (paper) {
            options_["field"] = o.field;
        } else {
            options_["trust"] = o.trust;
            options_["kappa"] = o.kappa;
        }
    }

    /// How the genes were chosen.
    static void add_gene_choice(Json& to, const ClusterOptions& o) {
        if (o.gene_list.empty()) {
            to["genes"] = o.genes;
            to["gene_criterion"] = o.gene_criterion;
            to["genes_from"] = o.genes_from;
        } else {
            to["gene_list"] = o.gene_list;
        }
    }

    static void append_number(std::string& out, double value) {
        char digits[32];
        out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }

    [[nodiscard]] static std::string labels_table(const Tissue& target, const Outcome& outcome) {
        std::string out = std::string(labels_header) + '\n';
        // folders, and sections of an .h5ad, may be called anything
        const auto in_a_cell = [](std::string words) {
            for (char& c : words)
                if (static_cast<unsigned char>(c) < ' ') c = ' ';
            return words;
        };
        for (transst::Index i = 0; i < target.rows(); ++i) {
            const auto at = static_cast<std::size_t>(i);
            const auto k = static_cast<std::size_t>(outcome.clusters.labels[at]);
            out += target.barcodes[at];
            out += '\t';
            out += in_a_cell(target.sections.empty() ? target.name : target.sections[at]);
            for (int axis = 0; axis < 2; ++axis) {
                out += '\t';
                append_number(out, target.coordinates(i, axis));
            }
            out += '\t' + std::to_string(k + 1) + '\t';
            if (const auto confidence = confidence_of(outcome, i)) {
                out += outcome.names[k].name + '\t';
                append_rounded(out, *confidence);
                out += '\t';
            } else {
                out += "NA\tNA\t";
            }
            out += outcome.names.empty() ? "NA\n" : outcome.names[k].novel ? "yes\n" : "no\n";
        }
        return out;
    }

    /// Every spot's posterior over the source's classes; empty where the source was not trusted.
    [[nodiscard]] static std::string posterior_table(const Tissue& target, const Outcome& outcome) {
        if (outcome.class_posterior.rows() != target.rows()) return {};
        std::string out = "barcode";
        for (const auto& name : outcome.class_names) out += '\t' + name;
        out += '\n';
        for (transst::Index i = 0; i < target.rows(); ++i) {
            out += target.barcodes[static_cast<std::size_t>(i)];
            for (transst::Index k = 0; k < outcome.class_posterior.cols(); ++k) {
                out += '\t';
                append_rounded(out, outcome.class_posterior(i, k));
            }
            out += '\n';
        }
        return out;
    }

    [[nodiscard]] static std::string draw(const Tissue& target, const Outcome& outcome) {
        std::vector<std::string> names;
        for (std::size_t k = 0; k < outcome.clusters.sizes.size(); ++k) {
            names.push_back(std::to_string(k + 1));
            if (!outcome.names.empty() && outcome.names[k].name != "NA")
                names.back() += " " + outcome.names[k].name;
        }
        return transst::tissue_svg(target.coordinates, outcome.clusters.labels, names,
                                   {.title = target.name, .sections = target.sections});
    }

    std::vector<transst::ClusterName> names_;
    std::vector<transst::Index> cluster_sizes_;
    std::vector<std::string> decisions_;
    std::optional<double> relevance_;
    std::optional<Json> model_;
    Json options_ = Json::object(), sizes_, steps_, times_ = Json::object(),
         sources_read_ = Json::array(), targets_read_ = Json::array();
    bool annotated_ = false;  // a copy of the target was written
    bool drawn_ = false;      // in pixels, too
    bool has_markers_ = true;
    std::vector<std::string> warnings_;
    std::optional<double> ari_, lambda_;
    double beta_ = 0;
    bool stopped_ = false;
    transst::Index spots_ = 0, labelled_ = 0, clusters_ = 0, genes_ = 0;
};

}  // namespace transst_program
