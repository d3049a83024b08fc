// A small page whose words try to be markup.
#pragma once

#include "support/catch.hpp"

#include <transst/report/html_report.hpp>

#include <nlohmann/json.hpp>

#include <tuple>

namespace support {

inline const std::string hostile =
    "A </script><script>document.title = 'taken'</script><b>bold</b>";

/// Two sections of three spots, 3 clusters and 2 known labels; the last spot is left out.
inline std::tuple<transst::RowMatrix<double>, std::vector<transst::Label>, transst::HtmlReport>
small_page() {
    using transst::left_out;
    static const std::vector<std::string> barcodes{"s1", hostile, "s3", "s4", "s5", "s6"};
    static const std::vector<std::string> sections{"first",  "first",  "first",
                                                   "second", "second", "second"};
    transst::RowMatrix<double> at(6, 2);
    at << 5, 7, 6, 8, 7, 7, 100, 0, 101, 1, 102, 0;
    transst::HtmlReport report;
    report.title = hostile;
    report.program = "program 1";
    report.clusters = {{"cortex", 0.9, false}, {hostile}, {"white matter", 0.25, true}};
    report.barcodes = barcodes;
    report.sections = sections;
    report.confidence = {1, 0.5, 0, NAN, 1, 1};
    report.known = {0, 0, 1, 0, left_out, 1};
    report.known_names = {"white matter", hostile};
    report.facts = {{"Spots", "6"}};
    report.options = {{hostile, hostile}};
    report.decisions = {hostile};
    report.warnings = {hostile, "another"};
    report.times = {{"read", 0.5}, {"fit", 1.25}};
    report.curves = {{.title = "Number of clusters",
                      .x_title = "clusters",
                      .y_title = "bic",
                      .x = {"2", "3", "4"},
                      .y = {30, 10, 20},
                      .chosen = 1}};
    report.genes = {
        transst::ReportGene::of("ENSG1", "FIRST", std::vector<float>{0, 1, 2, 3, 4, 5}),
        transst::ReportGene::of("ENSG2", hostile, std::vector<float>{5, 0, 0, 0, 0, 0})};
    report.markers = {
        {0, 0, 1.5, .9, .1, .8, -10}, {0, 1, 2.5, .8, .2, .7, -2000}, {2, 1, 0.5, .7, .3, .9, -5}};
    return {at, {0, 0, 1, 1, 2, left_out}, report};
}

/// What a page's own script reads.
inline nlohmann::json page_data(const std::string& page) {
    const std::string begin = "id=\"data\">\n", end = "</script>";
    const auto from = page.find(begin) + begin.size();
    return nlohmann::json::parse(page.substr(from, page.find(end, from) - from));
}

}  // namespace support
