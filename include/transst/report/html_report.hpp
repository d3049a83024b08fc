// A page with everything about a clustering: one file, which asks nothing of the network.
#pragma once

#include <transst/core/run.hpp>
#include <transst/metrics/confusion.hpp>
#include <transst/report/json_text.hpp>
#include <transst/report/report_page.hpp>
#include <transst/report/report_script.hpp>
#include <transst/report/tissue_svg.hpp>

#include <limits>
#include <optional>
#include <utility>

namespace transst {

/// One cluster, in the order of their numbers.
struct ReportCluster {
    std::string name{};                                            ///< empty: not known
    double confidence = std::numeric_limits<double>::quiet_NaN();  ///< NaN: not known
    bool novel = false;  ///< the source has shown nothing like it
};

/// A gene that can be seen on the tissue, its values in 256 steps.
struct ReportGene {
    std::string id{};                    ///< as the sample has it
    std::string symbol{};                ///< may be empty
    double low = 0, high = 0;            ///< values of the levels 0 and 255
    std::vector<std::uint8_t> levels{};  ///< n

    /// values: n. Levels go from the least to the greatest of them, and of 0. Throws BadData where
    /// one is not finite.
    [[nodiscard]] static ReportGene of(std::string id, std::string symbol,
                                       std::span<const float> values) {
        ReportGene out{std::move(id), std::move(symbol), 0, 0, {}};
        for (const float value : values) {
            require<BadData>(std::isfinite(value), "ReportGene::of: gene ", out.id,
                             " has the value ", value, "; values must be finite");
            out.low = std::min(out.low, static_cast<double>(value));
            out.high = std::max(out.high, static_cast<double>(value));
        }
        const double step = out.high > out.low ? (out.high - out.low) / 255 : 1;
        for (const float value : values)
            out.levels.push_back(static_cast<std::uint8_t>(
                std::lround((static_cast<double>(value) - out.low) / step)));
        return out;
    }
};

/// A line of the marker table.
struct ReportMarker {
    Label cluster = 0;  ///< number, from 0
    Index gene = 0;     ///< place in HtmlReport::genes
    double log_fold_change = 0, fraction_in = 0, fraction_out = 0, auc = 0;  ///< as GeneTests
    double log_q = 0;                                                        ///< natural logarithm
};

/// A line of points with words below them.
struct ReportCurve {
    std::string title{};            ///< above it
    std::string x_title{};          ///< below
    std::string y_title{};          ///< beside
    std::vector<std::string> x{};   ///< of each point; empty: 1, 2, …
    std::vector<double> y{};        ///< heights
    std::optional<Index> chosen{};  ///< the point that was decided for
    std::string note{};             ///< below the curve
};

/// What a report says besides where the spots lie and how they are clustered. Everything may be
/// left out; what is empty is not shown. Words may hold anything.
struct HtmlReport {
    using Pairs = std::vector<std::pair<std::string, std::string>>;  ///< names and values

    std::string title = "Tissue";             ///< of the page
    std::string subtitle{};                   ///< below it
    std::string program{};                    ///< name and version
    std::vector<ReportCluster> clusters{};    ///< K; empty: numbered only
    std::span<const std::string> barcodes{};  ///< n
    std::span<const std::string> sections{};  ///< n names, drawn side by side
    std::vector<double> confidence{};         ///< n, in [0, 1], NaN where unknown
    std::vector<Label> known{};               ///< n codes of known_names, or left_out
    std::vector<std::string> known_names{};   ///< of the codes in known
    Pairs facts{};                            ///< at the top, a few
    Pairs options{};                          ///< all of them
    std::vector<std::string> decisions{};     ///< choices made, in words
    std::vector<std::string> warnings{};      ///< what went badly, in words
    bool stopped = false;                     ///< on request, before the fit had ended
    std::vector<ReportCurve> curves{};        ///< choices and traces
    std::vector<ReportGene> genes{};          ///< that the map can show
    std::vector<ReportMarker> markers{};      ///< lines of the table
    std::vector<StepTime> times{};            ///< of the steps
};

/// The text of an HTML file: tissue map (by cluster, name, confidence, known label or gene),
/// choices and warnings in words, marker table, clusters against known labels, curves, options,
/// times. coordinates: n × 2, as in tissue_svg; cluster: n codes below `clusters`, or left_out.
/// About 25 bytes per spot, its barcode, and 4/3 for each gene. Throws ShapeMismatch for a part
/// with another number of spots, BadData for a cluster, label, gene or section out of range.
[[nodiscard]] inline std::string html_report(const RowMatrix<double>& coordinates,
                                             std::span<const Label> cluster, Index clusters,
                                             const HtmlReport& report = {}) {
    using namespace detail;
    constexpr Index nothing = 65535;  // of the page's codes
    const auto n = std::ssize(cluster);
    require<ShapeMismatch>(coordinates.rows() == n && coordinates.cols() == 2,
                           "html_report: coordinates are ", coordinates.rows(), " x ",
                           coordinates.cols(), ", cluster needs ", n, " x 2");
    const auto check_size = [n](const char* what, auto size) {
        require<ShapeMismatch>(size == 0 || static_cast<Index>(size) == n, "html_report: ", what,
                               " has ", size, " entries, cluster has ", n);
    };
    check_size("barcodes", report.barcodes.size());
    check_size("sections", report.sections.size());
    check_size("confidence", report.confidence.size());
    check_size("known", report.known.size());
    for (const auto& gene : report.genes) check_size("a gene", gene.levels.size());
    require<ShapeMismatch>(report.clusters.empty() || std::ssize(report.clusters) == clusters,
                           "html_report: there are ", report.clusters.size(), " names of ",
                           clusters, " clusters; give one for each, or none");
    const Index known_names = std::ssize(report.known_names);
    const auto check_codes = [](const char* what, std::span<const Label> codes, Index below) {
        require<BadData>(below < nothing, "html_report: ", what, " has ", below,
                         " values; there may be up to ", nothing - 1);
        for (const Label code : codes)
            require<BadData>(code == left_out || (code >= 0 && code < below), "html_report: ", what,
                             " holds ", code, "; it must be below ", below, ", or left_out");
    };
    check_codes("cluster", cluster, clusters);
    check_codes("known", report.known, known_names);
    for (const auto& marker : report.markers)
        require<BadData>(marker.cluster >= 0 && marker.cluster < clusters && marker.gene >= 0 &&
                             marker.gene < std::ssize(report.genes),
                         "html_report: a marker is of cluster ", marker.cluster, " and gene ",
                         marker.gene, "; there are ", clusters, " clusters and ",
                         report.genes.size(), " genes");

    // where the spots lie, each from its section's corner
    const auto panels = tissue_panels(coordinates, report.sections);
    require<BadData>(std::ssize(panels) < nothing, "html_report: there are ", panels.size(),
                     " sections; there may be up to ", nothing - 1);
    double pitch = spot_pitch(coordinates, panels), extent = 1;
    for (const auto& panel : panels) extent = std::max({extent, panel.width, panel.height});
    if (pitch == 0) pitch = extent;
    std::vector<float> x(cluster.size(), 0), y = x;
    std::vector<std::uint16_t> section(cluster.size(), nothing);
    for (std::size_t s = 0; s < panels.size(); ++s)
        for (const Index i : panels[s].spots) {
            const auto at = static_cast<std::size_t>(i);
            x[at] = static_cast<float>(coordinates(i, 0) - panels[s].left);
            y[at] = static_cast<float>(coordinates(i, 1) - panels[s].top);
            section[at] = static_cast<std::uint16_t>(s);
        }

    std::string out, data = "{";
    const auto put = [&data](std::string_view key, const std::string& value) {
        if (data.size() > 1) data += ",\n";
        data += json_words(key) + ':' + value;
    };
    const auto words = [](const std::string& w) { return json_words(w); };
    const auto pair = [](const auto& p) {
        return '[' + json_words(p.first) + ',' + json_words(p.second) + ']';
    };
    const auto codes = [](std::span<const Label> labels) {
        std::vector<std::uint16_t> short_ones;  // left_out becomes `nothing`
        for (const Label k : labels) short_ones.push_back(static_cast<std::uint16_t>(k));
        return json_array<std::uint16_t>(short_ones);
    };
    const auto truth_of = [](bool yes) { return std::string(yes ? "true" : "false"); };
    put("title", json_words(report.title));
    put("subtitle", json_words(report.subtitle));
    put("program", json_words(report.program));
    put("stopped", truth_of(report.stopped));
    put("spots", std::to_string(n));
    put("pitch", json_number(pitch));
    put("sections", json_list(panels, [&](const TissuePanel& panel) {
            return text("{\"name\":", json_words(panel.name),
                        ",\"width\":", json_number(panel.width),
                        ",\"height\":", json_number(panel.height), "}");
        }));
    put("x", json_array<float>(x));
    put("y", json_array<float>(y));
    put("section", json_array<std::uint16_t>(section));
    put("cluster", codes(cluster));
    std::vector<ReportCluster> numbered(static_cast<std::size_t>(clusters));
    put("clusters", json_list(report.clusters.empty() ? numbered : report.clusters,
                              [&](const ReportCluster& c) {
                                  return text("{\"name\":", json_words(c.name),
                                              ",\"confidence\":", json_number(c.confidence),
                                              ",\"novel\":", truth_of(c.novel), "}");
                              }));
    std::vector<std::string> colors;
    for (Index k = 0; k < clusters + known_names; ++k) colors.emplace_back(color_of(k));
    put("colors", json_list(colors, words));
    if (!report.barcodes.empty()) put("barcodes", json_list(report.barcodes, words));
    if (!report.confidence.empty()) {
        std::vector<std::uint8_t> levels;  // 255: unknown
        for (const double c : report.confidence)
            levels.push_back(static_cast<std::uint8_t>(
                std::isfinite(c) ? std::lround(254 * std::clamp(c, 0.0, 1.0)) : 255));
        put("confidence", json_bytes(levels));
    }
    if (!report.known.empty())
        put("labels", text("{\"names\":", json_list(report.known_names, words),
                           ",\"of\":", codes(report.known), "}"));
    bool comparable = false;
    for (std::size_t i = 0; i < report.known.size(); ++i)
        comparable = comparable || (cluster[i] != left_out && report.known[i] != left_out);
    if (comparable) {
        // up to the last cluster and the last label, whether or not a spot has it
        auto confusion = confusion_table(cluster, report.known);
        const Index rows = confusion.counts.rows(), columns = confusion.counts.cols();
        Matrix<Index> counts = Matrix<Index>::Zero(clusters, known_names);
        counts.topLeftCorner(rows, columns) = confusion.counts;
        confusion.match.resize(static_cast<std::size_t>(clusters), left_out);
        std::vector<std::string> lines;
        for (Index k = 0; k < clusters; ++k)
            lines.push_back(
                json_list(std::vector<Index>(counts.row(k).begin(), counts.row(k).end()),
                          [](Index count) { return std::to_string(count); }));
        put("confusion",
            text("{\"counts\":", json_list(lines, [](const std::string& line) { return line; }),
                 ",\"match\":",
                 json_list(confusion.match, [](Label k) { return std::to_string(k); }), "}"));
    }
    put("facts", json_list(report.facts, pair));
    put("options", json_list(report.options, pair));
    put("decisions", json_list(report.decisions, words));
    put("warnings", json_list(report.warnings, words));
    put("curves", json_list(report.curves, [&](const ReportCurve& c) {
            return text("{\"title\":", json_words(c.title), ",\"x_title\":", json_words(c.x_title),
                        ",\"y_title\":", json_words(c.y_title), ",\"x\":", json_list(c.x, words),
                        ",\"y\":", json_list(c.y, json_number),
                        ",\"chosen\":", c.chosen ? std::to_string(*c.chosen) : std::string("null"),
                        ",\"note\":", json_words(c.note), "}");
        }));
    put("genes", json_list(report.genes, [](const ReportGene& g) {
            return text("{\"id\":", json_words(g.id), ",\"symbol\":", json_words(g.symbol),
                        ",\"low\":", json_number(g.low), ",\"high\":", json_number(g.high),
                        ",\"levels\":", json_bytes(g.levels), "}\n");
        }));
    put("markers", json_list(report.markers, [](const ReportMarker& m) {
            return json_list(
                std::initializer_list<double>{
                    static_cast<double>(m.cluster), static_cast<double>(m.gene), m.log_fold_change,
                    m.fraction_in, m.fraction_out, m.auc, m.log_q / std::numbers::ln10},
                json_number);
        }));
    put("times", json_list(report.times, [](const StepTime& time) {
            return '[' + json_words(time.step) + ',' + json_number(time.seconds) + ']';
        }));
    data += "}";

    // the page may neither fetch nor send anything: its own policy says so
    out += text("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ",
                "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>",
                svg_words(report.title), "</title>\n<style>", report_style,
                "</style>\n</head>\n<body>\n", report_body,
                "<script type=\"application/json\" id=\"data\">\n");
    out += data;
    out += text("\n</script>\n<script>", report_script, "</script>\n</body>\n</html>\n");
    return out;
}

}  // namespace transst
