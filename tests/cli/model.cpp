// transst fit, and transst apply without the source.
#include "program.hpp"

using namespace support;
namespace fs = std::filesystem;

namespace {

/// Fits a model of the source, which is then gone.
struct Fitted : Job {
    explicit Fitted(const fs::path& transst, const Words& more = {}) : Job(transst) {
        Words all = {"fit", "--source", "source", "--out", "model", "--factors", "4"};
        all.insert(all.end(), more.begin(), more.end());
        const auto done = this->transst(all);
        INFO(done.err);
        REQUIRE(done.code == 0);
        out = done.out;
    }

    [[nodiscard]] Outcome apply(const Words& more = {}, const std::string& to = "applied") const {
        Words all = {"apply", "--target", "target", "--out", to};
        for (const auto& [name, value] :
             {std::pair{"--model", "model"}, std::pair{"--clusters", "3"}})
            if (std::find(more.begin(), more.end(), name) == more.end())
                all.insert(all.end(), {name, value});
        all.insert(all.end(), more.begin(), more.end());
        return transst(all);
    }

    std::string out;
};

}  // namespace

TEST_CASE("a model applied finds what its source finds") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    struct Case {
        Words of_both, of_fit, of_apply;
    };
    const auto one = GENERATE(values<Case>({
        {{}, {}, {}},
        {{"--seed", "3", "--memory", "2MB"}, {"--genes", "20"}, {"--clusters", "2-4"}},
        {{}, {"--ignore", "class 2"}, {"--trust", "anchored", "--kappa", "50"}},
        {{}, {"--gene-criterion", "vst"}, {"--trust", "adapted", "--beta", "0.5"}},
        {{}, {}, {"--trust", "guided", "--neighborhood", "square"}},
        {{}, {"--genes", "15"}, {"--trust", "none", "--starts", "3"}},
    }));
    Words fitting = one.of_both, applying = one.of_both;
    fitting.insert(fitting.end(), one.of_fit.begin(), one.of_fit.end());
    applying.insert(applying.end(), one.of_apply.begin(), one.of_apply.end());
    const Fitted job(program, fitting);
    Words direct = {"--genes-from", "source"};
    for (const auto* more : {&one.of_both, &one.of_fit, &one.of_apply})
        direct.insert(direct.end(), more->begin(), more->end());
    const auto clustered = job.cluster(direct);
    INFO(clustered.err);
    REQUIRE(clustered.code == 0);
    fs::remove_all(job / "source");
    const auto applied = job.apply(applying);
    INFO(applied.err);
    REQUIRE(applied.code == 0);
    for (const char* file :
         {"labels.tsv", "clusters.svg", "clusters.png", "markers.tsv", "posterior.tsv"}) {
        INFO(file);
        CHECK(fs::exists(job / "out" / file) == fs::exists(job / "applied" / file));
        CHECK(slurp(job / "out" / file) == slurp(job / "applied" / file));
    }
    const auto a = job.fit("out"), b = job.fit("applied");
    for (const char* part : {"steps", "decisions", "relevance", "lambda", "beta"}) {
        INFO(part);
        CHECK(a.at(part) == b.at(part));
    }
    CHECK(a.at("sizes").at("classes") == b.at("sizes").at("classes"));
    CHECK(b.at("sizes").at("sources").at(0).at("name") == "source");
}

TEST_CASE("the model is named with its checksum, and inspect says what it holds") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Fitted job(program);
    CHECK(count(job.out, "4 factors of 100 labelled cells, by 24 genes") == 1);
    CHECK(count(job.out, "class 1 40, class 2 30, class 3 30") == 1);
    const auto applied = job.apply({"--report", "page.html"});
    REQUIRE(applied.code == 0);
    CHECK(count(applied.out, "100 labelled cells of a model") == 1);
    CHECK(fs::file_size(job / "page.html") > 10000);
    const auto fit = job.fit("applied");
    const auto& model = fit.at("model");
    const auto checksum = model.at("checksum").get<std::string>();
    CHECK(checksum.size() == 8);
    CHECK(count(job.out, "checksum " + checksum) == 1);
    CHECK(model.at("path") == "model");
    CHECK(model.at("sources") == Words{"source"});
    CHECK(model.at("factors") == 4);
    CHECK(model.at("gene_criterion") == "variance");
    CHECK(fit.at("options").at("model") == "model");
    CHECK_FALSE(fit.at("options").contains("genes"));
    CHECK(ari_of(job / "applied", job / "target") == Approx(fit.at("ari").get<double>()));
    CHECK(fit.at("ari").get<double>() > 0.5);

    const auto inspected = job.transst({"inspect", "model"});
    CHECK(inspected.code == 0);
    for (const auto& part : Words{"format 3", checksum, "source: 100 labelled cells", "class 3 30",
                                  "24: gene0, gene1, gene2, …", "transst apply --model model"}) {
        INFO(part);
        CHECK(count(inspected.out, part) == 1);
    }
    // the same model to the last byte
    const auto bytes = slurp(job / "model");
    REQUIRE(job.transst({"fit", "--source", "source", "--out", "model", "--factors", "4", "--quiet",
                         "--threads", "3", "--force"})
                .out.empty());
    CHECK(slurp(job / "model") == bytes);
}

TEST_CASE("sources of a model may call their columns otherwise than each other") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    make_tissue(10, 5).put(job / "second");
    const auto fit = [&](const std::string& model, const Words& more) {
        Words all = {"fit",       "--source", "source", "--source", "second",
                     "--factors", "4",        "--out",  model};
        all.insert(all.end(), more.begin(), more.end());
        return job.transst(all);
    };
    REQUIRE(fit("plain", {}).code == 0);
    for (const auto& [folder, name] : {std::pair{"source", "kind"}, std::pair{"second", "type"}}) {
        auto cells = slurp(job / folder / "cells.tsv");
        transst::write_file(job / folder / "cells.tsv",
                            cells.replace(cells.find("label"), 5, name));
    }
    check_refused(fit("model", {"--source-label-column", "kind"}), 1,
                  {"second/cells.tsv", "a column named kind"});
    const auto done =
        fit("model", {"--source-label-column", "kind", "--source-label-column", "type"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(slurp(job / "model") == slurp(job / "plain"));
    CHECK(count(done.out, "holds log expression") == 0);

    // numbers of one source said to be logarithms do not compare with another's counts
    const auto unlike =
        fit("unlike", {"--source-label-column", "kind", "--source-label-column", "type",
                       "--source-expression", "counts", "--source-expression", "log"});
    INFO(unlike.err);
    REQUIRE(unlike.code == 0);
    CHECK(count(unlike.out, "source second holds log expression and source source counts") == 1);
    CHECK(slurp(job / "unlike") != slurp(job / "plain"));
}

TEST_CASE("a model remembers whether it was learned from counts") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Fitted job(program, {"--expression", "log"});
    const auto unlike = job.apply();
    INFO(unlike.err);
    CHECK(unlike.code == 0);
    CHECK(count(unlike.out,
                "the model's source source holds log expression and target target "
                "counts") == 1);
    CHECK(count(job.apply({"--expression", "log"}, "alike").out, "holds log expression") == 0);
}

TEST_CASE("genes that the target lacks are said") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Fitted job(program);
    auto target = make_tissue(9, 2, 20);
    target.put(job / "target");
    const auto applied = job.apply();
    CHECK(applied.code == 0);
    CHECK(count(applied.out, "of the 24 genes of the model, 4 are missing and 0 do not vary") == 1);
    target = make_tissue(9, 2, 4);
    target.put(job / "target");
    check_refused(job.apply({}, "none"), 1, {"target has 4 of the model's 24 genes", "4 factors"});
    CHECK(job.left_nothing("none"));
}

TEST_CASE("an application can be run again, and is no clustering") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Fitted job(program);
    REQUIRE(job.apply({"--trust", "adapted", "--neighbors", "4", "--clusters", "2-4"}).code == 0);
    const auto again = job.transst({"apply", "--from", "applied/fit.json", "--out", "again"});
    INFO(again.err);
    REQUIRE(again.code == 0);
    CHECK(job.labels("again") == job.labels("applied"));
    CHECK(job.fit("again")["options"] == job.fit("applied")["options"]);
    check_refused(job.transst({"cluster", "--from", "applied/fit.json", "--out", "other"}), 1,
                  {"applied/fit.json is of transst apply", "say transst apply"});
    // another model of the same name is not the one that was applied, unless it is named
    REQUIRE(
        job.transst({"fit", "--source", "source", "--out", "model", "--factors", "3", "--force"})
            .code == 0);
    check_refused(job.transst({"apply", "--from", "applied/fit.json", "--out", "other"}), 1,
                  {"--from: model is another model", "expected the checksum"});
    CHECK(job.transst({"apply", "--from", "applied/fit.json", "--model", "model", "--out", "third"})
              .code == 0);
    REQUIRE(job.cluster().code == 0);
    check_refused(job.transst({"apply", "--from", "out/fit.json", "--out", "other"}), 1,
                  {"out/fit.json is of transst cluster"});
}

TEST_CASE("a wrong or damaged model is refused") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Fitted job(program);
    const auto bytes = slurp(job / "model");
    const auto refused = [&](const std::string& content, const Words& parts) {
        transst::write_file(job / "model", content);
        check_refused(job.apply(), 1, parts);
        CHECK(job.left_nothing("applied"));
    };
    refused("barcode\tx\ty\n", {"model: expected a model that transst fit wrote", "barcode x y"});
    refused(bytes.substr(0, 1000), {"model: the model is damaged", "cut short", "fit it anew"});
    auto changed = bytes;
    changed[bytes.size() / 2] ^= 4;
    refused(changed, {"model: the model is damaged", "checksum", "copy it again"});
    check_refused(job.transst({"inspect", "model"}), 1, {"model: the model is damaged"});
    check_refused(job.apply({"--model", "nothing"}), 1, {"nothing", "cannot be opened"});
    check_refused(job.apply({"--model", "target"}), 1, {"target", "found a folder"});
    check_refused(job.transst({"apply", "--target", "target", "--clusters", "3", "--out", "x"}), 2,
                  {"--model"});
}

TEST_CASE("a model that cannot be fitted is refused and leaves nothing") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto refused = [&](const Words& more, int code, const Words& parts) {
        Words all = {"fit", "--out", "model"};
        all.insert(all.end(), more.begin(), more.end());
        check_refused(job.transst(all), code, parts);
        CHECK_FALSE(fs::exists(job / "model"));
    };
    refused({}, 2, {"--source"});
    refused({"--source", ""}, 2, {"--source is empty"});
    refused({"--source", "source", "--source", "source/"}, 2, {"is given twice"});
    refused({"--source", "nothing"}, 1, {"nothing", "found nothing"});
    refused({"--source", "source", "--label-column", "class"}, 1, {"class"});
    refused({"--source", "source", "--factors", "24"}, 1, {"--factors = 24", "the genes 24"});
    refused({"--source", "source", "--source-layer", "X", "--source-layer", "X"}, 2,
            {"--source-layer is given 2 times for 1 source;"});
    refused({"--source", "source", "--section-column", "slide"}, 1, {"a column named slide"});
    refused({"--source", "source", "--quiet", "--verbose"}, 2, {"--quiet and --verbose"});
    refused(
        {"--source", "source", "--ignore", "class 1", "--ignore", "class 2", "--ignore", "class 3"},
        1, {"--ignore leaves no labelled cell"});
    check_refused(job.transst({"fit", "--source", "source", "--out", "no/model"}), 1,
                  {"--out", "no", "make it"});
    transst::write_file(job / "model", "mine");
    check_refused(job.transst({"fit", "--source", "source", "--out", "model"}), 1,
                  {"--out: model is already there", "--force"});
    CHECK(slurp(job / "model") == "mine");
}
