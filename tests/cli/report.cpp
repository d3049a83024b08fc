// transst cluster --report: the page holds what the other files hold.
#include "program.hpp"
#include "report/page.hpp"

using namespace support;

TEST_CASE("the report's page holds the run") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto outcome = job.cluster({"--report", "out/page.html", "--seed", "5"});
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(count(outcome.out, "report    out/page.html\n") == 1);
    const auto data = page_data(slurp(job / "out/page.html"));
    const auto fit = job.fit();
    const auto labels = table(job / "out/labels.tsv");
    CHECK(data["spots"] == labels.size() - 1);
    CHECK(data["barcodes"] == nlohmann::json(column(labels, "barcode")));
    CHECK(data["decisions"] == fit["decisions"]);
    CHECK(data["warnings"] == fit["warnings"]);
    CHECK(data["stopped"] == false);
    CHECK(fit["stopped"] == false);
    CHECK(data["clusters"].size() == 3);
    for (std::size_t k = 0; k < 3; ++k) {
        const auto& name = fit["steps"]["clusters"]["names"][k]["name"];
        CHECK(data["clusters"][k]["name"] == (name == "NA" ? "" : name));
    }
    CHECK(data["labels"]["names"] == nlohmann::json({"class 1", "class 2", "class 3"}));
    Index counted = 0;
    for (const auto& row : data["confusion"]["counts"])
        for (const auto& cell : row) counted += cell.get<Index>();
    CHECK(counted == 81);
    // the best markers of each cluster, in the order of markers.tsv
    const auto markers = table(job / "out/markers.tsv");
    const auto clusters = column(markers, "cluster"), genes = column(markers, "gene");
    REQUIRE(data["markers"].size() == genes.size());
    for (std::size_t m = 0; m < genes.size(); ++m) {
        CHECK(data["markers"][m][0] == std::stoi(clusters[m]) - 1);
        CHECK(data["genes"][data["markers"][m][1].get<std::size_t>()]["id"] == genes[m]);
    }
    const auto has = [](const nlohmann::json& pairs, const std::string& what,
                        const std::string& value) {
        return std::any_of(pairs.begin(), pairs.end(),
                           [&](const auto& pair) { return pair[0] == what && pair[1] == value; });
    };
    CHECK(has(data["options"], "seed", "5"));
    CHECK(has(data["facts"], "Spots", "81"));
}

TEST_CASE("the report shows how the number of clusters and lambda were chosen") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto outcome =
        job.cluster({"--report", "page.html", "--clusters", "2-4", "--lambda", "auto", "--quiet"});
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    const auto data = page_data(slurp(job / "page.html"));
    const auto fit = job.fit();
    const auto curve = [&](const std::string& x_title) {
        for (const auto& c : data["curves"])
            if (c["x_title"] == x_title) return c;
        return nlohmann::json();
    };
    const auto numbers = curve("clusters");
    CHECK(numbers["x"] == nlohmann::json({"2", "3", "4"}));
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(numbers["y"][i] == fit["steps"]["clusters"]["curve"][i]["mbic"]);
    CHECK(numbers["chosen"] == fit["steps"]["clusters"]["sizes"].size() - 2);
    const auto& tried = fit["steps"]["transfer"]["lambda_curve"];
    const auto lambdas = curve("λ");
    CHECK(lambdas["y"].size() == tried.size());
    CHECK(lambdas["x"].back() == "∞");
    CHECK(tried[lambdas["chosen"].get<std::size_t>()]["lambda"] == fit["lambda"]);
}

TEST_CASE("a report that cannot be written is refused before any work") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    job.folder.put("page.html", "mine");
    check_refused(job.cluster({"--report", "page.html"}), 1,
                  {"--report", "page.html", "already there", "--force"});
    CHECK(job.folder.get("page.html") == "mine");
    check_refused(job.cluster({"--report", "source"}), 1, {"--report: source is a folder"});
    check_refused(job.cluster({"--report", "nowhere/page.html"}), 1,
                  {"--report", "nowhere is not there"});
    check_refused(job.cluster({"--report", "out/labels.tsv"}), 2, {"--report: out/labels.tsv"});
    check_refused(job.cluster({"--report", ""}), 2, {"--report is empty"});
    const auto genes = slurp(job / "target/genes.tsv");
    check_refused(job.cluster({"--report", "target/genes.tsv", "--force"}), 2,
                  {"--report: target/genes.tsv is in target, which is read"});
    CHECK(slurp(job / "target/genes.tsv") == genes);
    CHECK(job.left_nothing());
    CHECK(job.cluster({"--report", "page.html", "--force", "--quiet"}).code == 0);
    CHECK(job.folder.get("page.html").starts_with("<!DOCTYPE html>"));
}
