// What `transst cluster` leaves behind: labels.tsv, fit.json, clusters.svg, and a few lines to read.
#pragma once

#include "cluster.hpp"

#include <transst/cluster/criteria.hpp>
#include <transst/io/atomic_file.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/pipeline.hpp>
#include <transst/report/tissue_svg.hpp>
#include <transst/version.hpp>

#include <nlohmann/json.hpp>

#include <charconv>
#include <chrono>
#include <iomanip>
#include <ostream>

#include <sys/resource.h>

namespace transst_program {

using Json = nlohmann::ordered_json;

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

/// Infinity has no number in JSON.
inline Json number(double value) {
    if (std::isinf(value)) return "inf";
    return value;
}

/// Collects what the run was and what came of it.
class Summary {
public:
    void add_time(const std::string& stage, double seconds) { times_[stage] = seconds; }

    template <class Fit, class Sample>
    void describe(const ClusterOptions& options, const Fit& fit, const std::vector<Sample>& sources,
                  const Sample& target) {
        using namespace transst;
        const auto& prepared = fit.template get<Prepared>();
        const auto& clusters = fit.template get<ClusterFit>();
        describe_options(options);
        for (const auto& time : fit.times()) add_time(time.step, time.seconds);

        Json source_sizes = Json::array();
        for (const auto& s : sources)
            source_sizes.push_back({{"name", s.name}, {"cells", s.rows()}, {"genes", s.cols()},
                                    {"non_zeros", s.expression.non_zeros()}});
        sizes_ = {{"sources", source_sizes},
                  {"labelled_cells", prepared.labels.size()},
                  {"classes", prepared.class_names},
                  {"target",
                   {{"spots", target.rows()}, {"genes", target.cols()},
                    {"non_zeros", target.expression.non_zeros()}, {"sections", prepared.target_sections}}},
                  {"common_genes", prepared.common_genes},
                  {"genes_used", prepared.genes.size()}};
        warn(prepared.warnings);

        Json steps;
        if constexpr (Fit::template has<PLDRFit>()) {
            const auto& pldr = fit.template get<PLDRFit>();
            const auto& transfer = fit.template get<TransferFit>();
            steps["pldr"] = trace_of(pldr);
            steps["pldr"]["log_likelihood"] = pldr.log_likelihood;
            steps["pldr"]["class_sizes"] = pldr.class_sizes;
            steps["transfer"] = trace_of(transfer);
            steps["transfer"]["lambda"] = number(transfer.lambda);
            steps["transfer"]["relative_change"] = transfer.relative_change;
            for (const auto& point : transfer.lambda_curve)
                steps["transfer"]["lambda_curve"].push_back(
                    {{"lambda", number(point.lambda)}, {"error", point.error}});
            lambda_ = transfer.lambda;
            for (const auto& warning : pldr.warnings)
                warnings_.push_back(with_class_name(warning, prepared.class_names));
            warn(transfer.warnings);
        } else {
            const auto& svd = fit.template get<SVDFit>();
            steps["svd"] = trace_of(svd);
            steps["svd"]["singular_values"] =
                std::vector<double>(svd.singular_values.begin(), svd.singular_values.end());
        }
        steps["clusters"] = trace_of(clusters);
        steps["clusters"]["beta"] = clusters.beta;
        steps["clusters"]["beta_trace"] = clusters.beta_trace;
        steps["clusters"]["starts"] = clusters.starts;
        steps["clusters"]["sizes"] = clusters.sizes;
        steps["clusters"]["log_likelihood"] = clusters.log_likelihood;
        const auto criteria = information_criteria(clusters);
        steps["clusters"]["criteria"] = {
            {"bic", criteria.bic}, {"mbic", criteria.mbic}, {"hbic", criteria.hbic}};
        warn(clusters.warnings);
        steps_ = std::move(steps);
        beta_ = clusters.beta;
        clusters_ = clusters.clusters();
        genes_ = std::ssize(prepared.genes);

        if (!target.labels.empty()) {
            const auto truth = code_labels(target.labels, options.ignore);
            if (truth.classes() > 0)
                ari_ = adjusted_rand_index(std::span<const Label>(clusters.labels), truth.codes);
        }
        spots_ = target.rows();
        labelled_ = std::ssize(prepared.labels);
    }

    template <class Sample, class Clusters>
    void write(const std::filesystem::path& folder, const Sample& target, const Clusters& clusters,
               const ClusterOptions& options, Stopwatch& watch) {
        watch.lap();
        const auto labels = labels_table(target, clusters);
        const auto picture = draw(target, clusters, options);
        add_time("write", watch.lap());
        Json fit{{"program", "transst"}, {"version", transst::version}, {"options", options_},
                 {"sizes", sizes_}};
        if (ari_) fit["ari"] = *ari_;
        fit["lambda"] = lambda_ ? number(*lambda_) : Json(nullptr);
        fit["beta"] = beta_;
        fit["steps"] = steps_;
        fit["warnings"] = warnings_;
        fit["seconds"] = times_;
        fit["peak_memory_mb"] = peak_megabytes();
        // names from the file system need not be UTF-8
        const auto json = fit.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
        transst::AtomicFile labels_file(folder / "labels.tsv"),
            picture_file(folder / "clusters.svg"), json_file(folder / "fit.json");
        labels_file.write(labels);
        picture_file.write(picture);
        json_file.write(json);
        for (auto* file : {&labels_file, &picture_file, &json_file}) file->commit();
    }

    void print(std::ostream& out, const std::filesystem::path& folder) const {
        double seconds = 0;
        for (const auto& [stage, took] : times_.items()) seconds += took.template get<double>();
        out << "spots     " << spots_ << " in " << clusters_ << " clusters, by " << genes_ << " genes";
        if (labelled_ > 0) out << " and " << labelled_ << " labelled cells";
        out << '\n';
        if (lambda_) out << "lambda    " << *lambda_ << '\n';
        out << "beta      " << std::setprecision(4) << beta_ << '\n';
        if (ari_) out << "ARI       " << std::fixed << std::setprecision(3) << *ari_
                      << " against the target's own labels\n" << std::defaultfloat;
        for (const auto& warning : warnings_) out << "warning   " << warning << '\n';
        out << "time      " << std::setprecision(3) << seconds << " s, "
            << std::setprecision(4) << peak_megabytes() << " MB at most\n"
            << "picture   " << (folder / "clusters.svg").string() << '\n'
            << "labels    " << (folder / "labels.tsv").string() << '\n'
            << "all else  " << (folder / "fit.json").string() << '\n';
    }

    void warn(const std::vector<std::string>& words) {
        warnings_.insert(warnings_.end(), words.begin(), words.end());
    }

private:
    /// Classes are numbered in a fit's words; here they have names.
    [[nodiscard]] static std::string with_class_name(std::string warning,
                                                     const std::vector<std::string>& names) {
        constexpr std::string_view before = "class ";
        if (!warning.starts_with(before)) return warning;
        std::size_t k = 0;
        const char* const digits = warning.data() + before.size();
        const auto end = std::from_chars(digits, warning.data() + warning.size(), k).ptr;
        if (end == digits || k >= names.size()) return warning;
        return warning.replace(before.size(), static_cast<std::size_t>(end - digits),
                               "'" + names[k] + "'");
    }

    template <class Step>
    [[nodiscard]] static Json trace_of(const Step& step) {
        return {{"converged", step.converged}, {"iterations", step.iterations}, {"trace", step.trace}};
    }

    void describe_options(const ClusterOptions& o) {
        options_ = {{"sources", o.sources}, {"target", o.target}, {"clusters", o.clusters},
                    {"ignore", o.ignore}, {"label_column", o.label_column},
                    {"stretch_x", o.stretch_x}, {"stretch_y", o.stretch_y}, {"genes", o.genes},
                    {"gene_criterion", o.gene_criterion}, {"genes_from", o.genes_from},
                    {"standardize", o.published ? "all" : o.standardize}, {"factors", o.factors},
                    {"lambda", o.lambda}, {"penalty", o.published ? "absolute" : o.penalty},
                    {"scores", o.published ? "least-squares" : o.scores},
                    {"neighbors", o.neighbors}, {"allow_duplicates", o.allow_duplicates},
                    {"beta", o.published ? "2" : o.beta}, {"starts", o.published ? 1 : o.starts},
                    {"published", o.published}, {"seed", o.seed}, {"threads", o.threads}};
    }

    template <class Sample, class Clusters>
    [[nodiscard]] static std::string labels_table(const Sample& target, const Clusters& clusters) {
        std::string out = "barcode\tsection\tx\ty\tcluster\n";
        std::string name = target.name;  // of a folder, which may be called anything
        for (char& c : name)
            if (static_cast<unsigned char>(c) < ' ') c = ' ';
        const auto coordinate = [&](double value) {
            char digits[32];
            out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
        };
        for (transst::Index i = 0; i < target.rows(); ++i) {
            const auto at = static_cast<std::size_t>(i);
            out += target.barcodes[at];
            out += '\t';
            out += target.sections.empty() ? name : target.sections[at];
            out += '\t';
            coordinate(target.coordinates(i, 0));
            out += '\t';
            coordinate(target.coordinates(i, 1));
            out += '\t' + std::to_string(clusters.labels[at] + 1) + '\n';
        }
        return out;
    }

    template <class Sample, class Clusters>
    [[nodiscard]] static std::string draw(const Sample& target, const Clusters& clusters,
                                          const ClusterOptions& options) {
        std::vector<std::string> names;
        for (transst::Index k = 1; k <= options.clusters; ++k) names.push_back("cluster " + std::to_string(k));
        return transst::tissue_svg(target.coordinates, clusters.labels, names,
                                   {.title = target.name, .sections = target.sections});
    }

    Json options_, sizes_, steps_, times_ = Json::object();
    std::vector<std::string> warnings_;
    std::optional<double> ari_, lambda_;
    double beta_ = 0;
    transst::Index spots_ = 0, labelled_ = 0, clusters_ = 0, genes_ = 0;
};

}  // namespace transst_program
