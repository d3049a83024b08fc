// The page as text; how it behaves in a browser is in page_in_browser.cpp.
#include "report/page.hpp"

#include <transst/report/html_report.hpp>

#include <regex>
#include <set>

using namespace transst;
using support::hostile;
using support::page_data;

namespace {

/// Base64 as RFC 4648 has it, read a digit at a time.
std::vector<std::uint8_t> decoded(const std::string& words) {
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<std::uint8_t> out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : words) {
        if (c == '=') break;
        const auto value = digits.find(c);
        REQUIRE(value != digits.npos);
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        if ((held += 6) >= 8) out.push_back(static_cast<std::uint8_t>(bits >> (held -= 8)));
    }
    return out;
}

std::vector<Index> codes(const std::string& words) {
    const auto bytes = decoded(words);
    std::vector<Index> out;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        out.push_back(bytes[i] + 256 * bytes[i + 1]);
    return out;
}

template <class Act>
std::string error(Act&& act) {
    try {
        act();
    } catch (const Error& e) {
        return e.what();
    }
    return {};
}

}  // namespace

TEST_CASE("bytes are written as base64") {
    // the examples of RFC 4648, section 10
    for (const auto& [plain, coded] : {std::pair<std::string, std::string>{"", ""},
                                       {"f", "Zg=="},
                                       {"fo", "Zm8="},
                                       {"foo", "Zm9v"},
                                       {"foob", "Zm9vYg=="},
                                       {"fooba", "Zm9vYmE="},
                                       {"foobar", "Zm9vYmFy"}})
        CHECK(detail::json_bytes(std::vector<std::uint8_t>(plain.begin(), plain.end())) ==
              "\"" + coded + "\"");
}

TEST_CASE("words of JSON are read as they were, and cannot end a script") {
    const std::string odd = "a\"b\\c</script><!--&\x01\n\té½";
    const auto words = detail::json_words(odd);
    CHECK(nlohmann::json::parse(words) == odd);
    CHECK(words.find_first_of("<>&") == words.npos);
    CHECK(nlohmann::json::parse(detail::json_words("a\xFF\xC3"
                                                   "z")) == std::string("a?") + "?z");
    CHECK(detail::json_number(0.1) == "0.1");
    CHECK(detail::json_number(INFINITY) == "null");
}

TEST_CASE("a page holds the spots") {
    const auto [at, cluster, report] = support::small_page();
    const auto page = html_report(at, cluster, 3, report);
    const auto data = page_data(page);
    CHECK(data["spots"] == 6);
    CHECK(data["title"] == hostile);
    CHECK(codes(data["cluster"]) == std::vector<Index>{0, 0, 1, 1, 2, 65535});
    CHECK(codes(data["labels"]["of"]) == std::vector<Index>{0, 0, 1, 0, 65535, 1});
    CHECK(codes(data["section"]) == std::vector<Index>{0, 0, 0, 1, 1, 1});
    CHECK(data["barcodes"] == nlohmann::json(report.barcodes));
    const auto confidence = decoded(data["confidence"]);
    CHECK(confidence == std::vector<std::uint8_t>{254, 127, 0, 255, 254, 254});
    // from the corner of their section
    const auto x = decoded(data["x"]), y = decoded(data["y"]);
    for (std::size_t i = 0; i < 6; ++i) {
        const auto number = [&](const auto& bytes) {
            std::uint32_t bits = 0;
            for (std::size_t b = 4; b-- > 0;) bits = bits << 8 | bytes[4 * i + b];
            return std::bit_cast<float>(bits);
        };
        CHECK(number(x) == static_cast<float>(i % 3));
        CHECK(number(y) == (i % 3 == 1 ? 1.0f : 0.0f));
    }
    CHECK(data["sections"][1]["name"] == "second");
    CHECK(data["sections"][1]["width"] == 2);
    CHECK(data["clusters"][1]["confidence"].is_null());
    // spots 1, 2, 4 (cluster, label): (0, 0) twice, (1, 1), (1, 0); cluster 3 has no labelled spot
    CHECK(data["confusion"]["counts"] == nlohmann::json({{2, 0}, {1, 1}, {0, 0}}));
    CHECK(data["confusion"]["match"] == nlohmann::json({0, 1, -1}));
    CHECK(page == html_report(at, cluster, 3, report));
}

TEST_CASE("a page asks nothing of the network, and no label becomes markup") {
    const auto [at, cluster, report] = support::small_page();
    const auto page = html_report(at, cluster, 3, report);
    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(page.find("default-src 'none'") != page.npos);
    // the one address in it is the name of SVG
    std::set<std::string> addresses;
    const std::regex address("(https?:)?//[a-z0-9]+\\.[a-z.]+[^\"' ]*");
    for (std::sregex_iterator i(page.begin(), page.end(), address), end; i != end; ++i)
        addresses.insert(i->str());
    CHECK(addresses == std::set<std::string>{"http://www.w3.org/2000/svg"});
    for (const char* never : {" src=", "@import", "url(", "fetch(", "innerHTML", "eval("})
        CHECK(page.find(never) == page.npos);
    const std::regex script("</?script");
    CHECK(std::distance(std::sregex_iterator(page.begin(), page.end(), script), {}) == 4);
    CHECK(page.find("<b>bold") == page.npos);
}

TEST_CASE("a page of nothing but spots") {
    const RowMatrix<double> at = RowMatrix<double>::Zero(2, 2);  // at one place
    const std::vector<Label> cluster{0, left_out};
    const auto data = page_data(html_report(at, cluster, 1));
    CHECK(data["pitch"] == 1);
    CHECK_FALSE(data.contains("labels"));
    CHECK_FALSE(data.contains("confusion"));
    CHECK(page_data(html_report(RowMatrix<double>(0, 2), {}, 0))["spots"] == 0);
    // known labels, but of no spot that is clustered
    CHECK_FALSE(
        page_data(html_report(at, cluster, 1, {.known = {left_out, 0}, .known_names = {"a"}}))
            .contains("confusion"));
}

TEST_CASE("a gene's values are kept in 256 steps") {
    const std::vector<float> values{0, 1, 2.5f, 0.02f};
    const auto gene = ReportGene::of("id", "symbol", values);
    CHECK(gene.low == 0);
    CHECK(gene.high == 2.5);
    CHECK(gene.levels == std::vector<std::uint8_t>{0, 102, 255, 2});
    const auto below = ReportGene::of("id", "", std::vector<float>{-1, 0, 1});
    CHECK(below.levels == std::vector<std::uint8_t>{0, 128, 255});
    CHECK(ReportGene::of("id", "", std::vector<float>{0, 0}).levels ==
          std::vector<std::uint8_t>{0, 0});
    CHECK_THROWS_AS(ReportGene::of("id", "", std::vector<float>{NAN}), BadData);
}

TEST_CASE("what a page cannot show is refused") {
    const auto [at, cluster, report] = support::small_page();
    CHECK(error([&, c = cluster] { (void)html_report(RowMatrix<double>(5, 2), c, 3); }) ==
          "html_report: coordinates are 5 x 2, cluster needs 6 x 2");
    CHECK(error([&, a = at, c = cluster] { (void)html_report(a, c, 2); }) ==
          "html_report: cluster holds 2; it must be below 2, or left_out");
    const auto refused = [&, a = at, c = cluster](HtmlReport wrong) {
        return error([&] { (void)html_report(a, c, 3, wrong); });
    };
    CHECK(refused({.clusters = {{}}}) ==
          "html_report: there are 1 names of 3 clusters; give one for each, or none");
    CHECK(refused({.confidence = {1, 1}}) ==
          "html_report: confidence has 2 entries, cluster has 6");
    CHECK(refused({.markers = {{.cluster = 0, .gene = 0}}}) ==
          "html_report: a marker is of cluster 0 and gene 0; there are 3 clusters and 0 genes");
}

TEST_CASE("colours go on when the palette ends, all different") {
    std::set<std::string> seen;
    for (Index k = 0; k < 100; ++k) {
        const auto color = color_of(k);
        CHECK(std::regex_match(color, std::regex("#[0-9A-F]{6}")));
        seen.insert(color);
    }
    CHECK(seen.size() == 100);
    // the way back from lightness, chroma and hue that Ottosson's formulas give for these two
    CHECK(detail::oklab_color(0.679438, 0.117734, -0.238688) == "#CC79A7");
    CHECK(detail::oklab_color(0.640790, 0.172418, -1.273468) == "#8877EE");
    CHECK(detail::oklab_color(1, 0, 0) == "#FFFFFF");
    CHECK(detail::oklab_color(0, 0, 0) == "#000000");
}
