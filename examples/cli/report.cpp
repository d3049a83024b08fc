#include "report.hpp"

#include "markers.hpp"

#include <transst/report/html_report.hpp>
#include <transst/version.hpp>

#include <map>

namespace transst_program {
namespace {

using transst::Index;
using transst::ReportCurve;
using transst::text;
using transst::detail::rounded;

/// How much of the page the genes may take, in values, and the most genes of a cluster.
constexpr Index most_values = Index{1} << 23, most_genes = 50;

/// A value of fit.json as it is read, not written.
std::string plain(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_number_float()) {
        std::string out;
        append_rounded(out, value.get<double>());
        return out;
    }
    if (!value.is_array()) return value.dump();
    std::string out;
    for (const auto& item : value) out += (out.empty() ? "" : ", ") + plain(item);
    return out.empty() ? "none" : out;
}

/// Its numbers, "inf" among them.
double value_of(const Json& value) {
    if (value.is_number()) return value.get<double>();
    return std::numeric_limits<double>::quiet_NaN();
}

ReportCurve trace(std::string title, std::string y_title, const Json& values, Index iterations) {
    ReportCurve out{
        .title = std::move(title), .x_title = "iteration", .y_title = std::move(y_title)};
    for (const auto& value : values) out.y.push_back(value_of(value));
    // some begin with where they started from
    if (std::ssize(out.y) == iterations + 1)
        for (Index i = 0; i <= iterations; ++i) out.x.push_back(std::to_string(i));
    return out;
}

std::vector<ReportCurve> curves_of(const Json& fit) {
    std::vector<ReportCurve> out;
    const auto& steps = fit.at("steps");
    if (const auto& clusters = steps.at("clusters"); clusters.contains("curve")) {
        const auto criterion =
            clusters.value("criterion", fit.at("options").at("criterion").get<std::string>());
        ReportCurve curve{
            .title = "Number of clusters", .x_title = "clusters", .y_title = criterion};
        bool passed_over = false;
        for (const auto& point : clusters.at("curve")) {
            passed_over = passed_over || point.value("empty", 0) > 0;
            if (point.at("clusters").get<std::size_t>() == clusters.at("sizes").size())
                curve.chosen = std::ssize(curve.y);
            curve.x.push_back(plain(point.at("clusters")));
            curve.y.push_back(value_of(point.at(criterion)));
        }
        const bool by_classes = clusters.contains("classes_with_spots");
        if (by_classes)
            curve.note = text("Chosen since ", plain(clusters.at("classes_with_spots")),
                              " classes of the source hold spots of the target; the curve is of ",
                              criterion, ".");
        else
            curve.note =
                text("By ", criterion, ", of which the ",
                     criterion == "stability" ? "largest" : "smallest", " is the best",
                     passed_over ? " among numbers that leave no cluster without spots." : ".");
        out.push_back(std::move(curve));
    }
    if (steps.contains("transfer") && steps.at("transfer").contains("lambda_curve")) {
        ReportCurve curve{
            .title = "λ, the weight of the source’s loading",
            .x_title = "λ",
            .y_title = "error",
            .note = "Error on what was held out of the target; the smallest is best."};
        for (const auto& point : steps.at("transfer").at("lambda_curve")) {
            if (point.at("lambda") == steps.at("transfer").at("lambda"))
                curve.chosen = std::ssize(curve.y);
            const auto& lambda = point.at("lambda");
            curve.x.push_back(lambda.is_number() ? rounded(lambda.get<double>()) : "∞");
            curve.y.push_back(value_of(point.at("error")));
        }
        out.push_back(std::move(curve));
    }
    const std::map<std::string, std::pair<std::string, std::string>> named{
        {"pldr", {"Factors of the source (PLDR)", "log-likelihood"}},
        {"svd", {"Factors (TruncatedSVD)", "explained sum of squares"}},
        {"transfer", {"Loading adapted to the target", "objective"}},
        {"clusters", {"Mixture", "log pseudo-likelihood"}}};
    for (const auto& [step, what] : steps.items()) {
        if (!what.contains("trace") || what.at("trace").size() < 2) continue;
        const auto at = named.find(step);
        const auto& [title, objective] =
            at == named.end() ? std::pair{step, std::string("objective")} : at->second;
        auto curve = trace(title, objective, what.at("trace"), what.at("iterations").get<Index>());
        curve.note = text(std::string(1, static_cast<char>(std::toupper(objective.front()))),
                          objective.substr(1),
                          what.at("converged").get<bool>() ? "; converged." : "; not converged.");
        out.push_back(std::move(curve));
    }
    if (const auto& clusters = steps.at("clusters"); clusters.at("beta_trace").size() > 1) {
        auto curve = trace("β, smoothness in space", "β", clusters.at("beta_trace"), 0);
        curve.note = "Each agreeing neighbour multiplies a label’s odds by exp β.";
        out.push_back(std::move(curve));
    }
    return out;
}

/// The best markers of each cluster, as many as the page can hold, and their values.
void add_markers(const Tissue& target, const transst::MarkersFit& tests,
                 const transst::RunOptions& run, transst::HtmlReport& page) {
    const Index most = std::clamp<Index>(
        most_values / std::max<Index>(1, target.rows() * std::ssize(tests.clusters)), 2,
        most_genes);
    std::map<Index, Index> place;  // in the page, of a gene of the target
    for (std::size_t k = 0; k < tests.clusters.size(); ++k) {
        const auto& t = tests.clusters[k];
        for (const Index gene : best_markers(t, most)) {
            const Index at = place.try_emplace(gene, std::ssize(place)).first->second;
            page.markers.push_back({static_cast<transst::Label>(k), at, t.log_fold_change[gene],
                                    t.fraction_in[gene], t.fraction_out[gene], t.auc[gene],
                                    t.log_q[gene]});
        }
    }
    std::vector<std::vector<float>> values(
        place.size(), std::vector<float>(static_cast<std::size_t>(target.rows()), 0));
    const auto log_expression = transst::log_normalize(target, run);
    const transst::Lanes lanes(target.rows());
    transst::parallel_for(lanes.count(), run.threads, [&](Index lane) {
        transst::for_each_entry(
            log_expression, lanes.begin(lane), lanes.end(lane), [&](Index i, Index j, auto value) {
                if (const auto at = place.find(j); at != place.end())
                    values[static_cast<std::size_t>(at->second)][static_cast<std::size_t>(i)] =
                        value;
            });
    });
    page.genes.resize(place.size());
    for (const auto& [gene, at] : place) {
        const auto g = static_cast<std::size_t>(gene);
        page.genes[static_cast<std::size_t>(at)] = transst::ReportGene::of(
            target.genes[g], target.symbols.empty() ? "" : target.symbols[g],
            values[static_cast<std::size_t>(at)]);
    }
}

}  // namespace

std::string report_page(const Json& fit, const Tissue& target, const Outcome& outcome,
                        const transst::MarkersFit& tests, const transst::RunOptions& run) {
    using transst::detail::grouped_digits;
    transst::HtmlReport page;
    page.title = target.name;
    page.program = text("transst ", transst::version);
    page.barcodes = target.barcodes;
    page.sections = target.sections;
    page.stopped = fit.at("stopped").get<bool>();

    std::string sources;
    for (const auto& source : fit.at("sizes").at("sources"))
        sources += (sources.empty() ? "" : ", ") + source.at("name").get<std::string>();
    page.subtitle = sources.empty() ? "Regions of the tissue, found in it alone"
                                    : "Regions of the tissue, with what is known from " + sources;

    const auto fact = [&](const char* what, std::string value) {
        page.facts.emplace_back(what, std::move(value));
    };
    double seconds = 0;
    for (const auto& [step, took] : fit.at("seconds").items()) {
        seconds += took.get<double>();
        page.times.push_back({step, took.get<double>()});
    }
    const Index clusters = outcome.clusters.clusters();
    fact("Spots", grouped_digits(target.rows()));
    fact("Clusters", std::to_string(clusters));
    fact("Genes used", grouped_digits(outcome.genes));
    if (outcome.labelled_cells > 0) fact("Labelled cells", grouped_digits(outcome.labelled_cells));
    if (const auto& steps = fit.at("steps"); steps.contains("trust"))
        fact("Source is", plain(steps.at("trust").at("trust")) == "none"
                              ? "not used"
                              : plain(steps.at("trust").at("trust")));
    if (fit.contains("relevance")) fact("Relevance", rounded(fit.at("relevance").get<double>()));
    if (outcome.lambda && !outcome.relevance) fact("λ", rounded(*outcome.lambda));
    fact("β", rounded(fit.at("beta").get<double>()));
    if (fit.contains("ari")) fact("ARI", rounded(fit.at("ari").get<double>()));
    fact("Time", rounded(seconds) + " s");
    fact("Memory", grouped_digits(std::lround(fit.at("peak_memory_mb").get<double>())) + " MB");

    for (const auto& [option, value] : fit.at("options").items()) {
        std::string name = option;
        std::replace(name.begin(), name.end(), '_', ' ');
        page.options.emplace_back(std::move(name), plain(value));
    }
    page.decisions = fit.at("decisions").get<std::vector<std::string>>();
    page.warnings = fit.at("warnings").get<std::vector<std::string>>();
    page.curves = curves_of(fit);

    for (const auto& name : outcome.names) {
        const bool known = name.name != "NA";
        page.clusters.push_back({known ? name.name : "",
                                 known ? name.confidence : std::numeric_limits<double>::quiet_NaN(),
                                 name.novel});
        if (known) page.confidence.resize(static_cast<std::size_t>(target.rows()));
    }
    for (std::size_t i = 0; i < page.confidence.size(); ++i)
        page.confidence[i] = confidence_of(outcome, static_cast<Index>(i))
                                 .value_or(std::numeric_limits<double>::quiet_NaN());
    if (!target.labels.empty()) {
        auto known = transst::code_labels(
            target.labels, fit.at("options").at("ignore").get<std::vector<std::string>>());
        if (known.classes() > 0) {
            page.known = std::move(known.codes);
            page.known_names = std::move(known.names);
        }
    }
    add_markers(target, tests, run, page);
    return transst::html_report(target.coordinates, outcome.clusters.labels, clusters, page);
}

}  // namespace transst_program
