#include "cli/program.hpp"

#include <cctype>

using namespace support;
namespace fs = std::filesystem;

namespace {

/// Names of a command's options, as its help has them, without the dashes.
std::set<std::string> options_of(const Job& job, const std::string& command) {
    const auto help = job.transst({command, "--help"});
    REQUIRE(help.code == 0);
    std::set<std::string> names;
    for (const auto& line : split(help.out, '\n'))
        if (line.starts_with("  --")) names.insert(line.substr(4, line.find(' ', 4) - 4));
    return names;
}

/// Every number below this is finite; nothing is null.
void check_numbers(const nlohmann::json& value, const std::string& where) {
    INFO(where);
    CHECK(!value.is_null());
    if (value.is_number()) CHECK(std::isfinite(value.get<double>()));
    if (!value.is_structured()) return;
    for (const auto& [key, inner] : value.items()) check_numbers(inner, where + "/" + key);
}

/// The name of the element that is open where this is no well-formed XML; empty where it is.
/// Knows elements, quoted attributes, text and the five named entities, as an SVG file of ours has.
std::string xml_error(const std::string& xml) {
    Words open;
    std::size_t at = 0, roots = 0;
    const auto here = [&] {
        return transst::text("byte ", at, " in ", open.empty() ? "" : open.back());
    };
    const auto good_text = [](const std::string& words) {
        if (words.find_first_of("<>") != words.npos) return false;
        for (auto amp = words.find('&'); amp != words.npos; amp = words.find('&', amp + 1)) {
            const auto name = words.substr(amp + 1, words.find(';', amp) - amp - 1);
            if (!std::set<std::string>{"amp", "lt", "gt", "quot", "apos"}.contains(name))
                return false;
        }
        return true;
    };
    while (at < xml.size()) {
        const auto tag = xml.find('<', at);
        const auto words = xml.substr(at, tag - at);
        if (!good_text(words)) return here();
        if (open.empty() && words.find_first_not_of(" \n") != words.npos) return here();
        if (tag == xml.npos) break;
        at = tag + 1;
        const bool closes = xml[at] == '/';
        if (closes) ++at;
        std::string name;
        while (at < xml.size() && (std::isalnum(static_cast<unsigned char>(xml[at]))))
            name += xml[at++];
        if (name.empty()) return here();
        if (closes) {
            if (open.empty() || open.back() != name || xml[at] != '>') return here();
            open.pop_back();
            ++at;
            continue;
        }
        std::set<std::string> attributes;
        for (;;) {
            while (at < xml.size() && (xml[at] == ' ' || xml[at] == '\n')) ++at;
            if (xml.compare(at, 2, "/>") == 0) {
                at += 2;
                roots += open.empty();
                break;
            }
            if (xml[at] == '>') {
                ++at;
                roots += open.empty();
                open.push_back(name);
                break;
            }
            const auto equals = xml.find("=\"", at);
            const auto end = equals == xml.npos ? equals : xml.find('"', equals + 2);
            if (end == xml.npos) return here();
            if (!attributes.insert(xml.substr(at, equals - at)).second) return here();
            if (!good_text(xml.substr(equals + 2, end - equals - 2))) return here();
            at = end + 1;
        }
    }
    return open.empty() && roots == 1 ? "" : "the end";
}

/// Circles inside a <g>: the spots'. The legend's lie outside.
Index spots_drawn(const std::string& svg) {
    Index found = 0;
    for (auto at = svg.find("<g "); at != svg.npos; at = svg.find("<g ", at + 1))
        found += count(svg.substr(at, svg.find("</g>", at) - at), "<circle ");
    return found;
}

}  // namespace

TEST_CASE("the help fits 80 columns and shows every command") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto main_help = job.transst({"--help"}).out;
    std::vector<Words> all = {{"--help"}};
    for (const auto& line : split(main_help.substr(main_help.find("Subcommands:")), '\n'))
        if (line.starts_with("  ") && line.size() > 2 && line[2] != ' ' && line[2] != 't')
            all.push_back({line.substr(2, line.find(' ', 2) - 2), "--help"});
    CHECK(all.size() >= 4);
    for (const auto& arguments : all) {
        const auto help = job.transst(arguments);
        CHECK(help.code == 0);
        CHECK(help.err.empty());
        CHECK(count(help.out, "Usage: transst") == 1);
        for (const auto& line : split(help.out, '\n')) {
            INFO(line);
            CHECK(line.size() <= 80);
        }
    }
    for (const char* command : {"cluster", "simulate", "demo"})
        CHECK(count(main_help, std::string("\n  ") + command + " ") == 1);
    CHECK(job.transst({"--version"}).out.starts_with("transst "));
}

TEST_CASE("clustering leaves a table, a description and a picture") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto done = job.cluster();
    CHECK(done.code == 0);
    CHECK(done.err.empty());
    CHECK(count(done.out, "clusters.svg") == 1);

    const auto labels = table(job / "out/labels.tsv");
    CHECK(slurp(job / "out/labels.tsv")
              .starts_with("barcode\tsection\tx\ty\tcluster\tname\tconfidence\tnovel\n"));
    REQUIRE(labels.size() == 82);
    const auto target = small_target();
    for (std::size_t i = 0; i < 81; ++i) {
        const auto& row = labels[i + 1];
        REQUIRE(row.size() == 8);
        CHECK(row[0] == target.barcodes[i]);
        CHECK(row[1] == "one");
        CHECK(row[2] == target.cells[i].x);
        CHECK(row[3] == target.cells[i].y);
        CHECK((row[4] == "1" || row[4] == "2" || row[4] == "3"));
    }
    CHECK(ari_of(job / "out", job / "target") > 0.9);  // an easy tissue
    for (const auto& entry : fs::directory_iterator(job / "out"))
        CHECK(std::set<std::string>{"labels.tsv", "fit.json", "clusters.svg", "markers.tsv",
                                    "posterior.tsv", "clusters.png"}
                  .contains(entry.path().filename().string()));
}

TEST_CASE("fit.json says what was run and what came of it") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster({"--seed", "7", "--neighbors", "4", "--lambda", "0.5", "--threads", "2"})
                .code == 0);
    const auto fit = job.fit();
    check_numbers(fit, "");
    CHECK(fit.at("program") == "transst");
    CHECK(count(job.transst({"--version"}).out, fit.at("version").get<std::string>()) == 1);

    // every option of the command is there, but for those that are not in force
    const auto& options = fit.at("options");
    const std::set<std::string> others{"out",       "from",   "force", "quiet", "verbose",
                                       "report",    "source", "trust", "kappa", "criterion",
                                       "gene-list", "radius", "memory"};
    for (auto name : options_of(job, "cluster")) {
        if (others.contains(name) || name.starts_with("source-")) continue;
        std::replace(name.begin(), name.end(), '-', '_');
        INFO(name);
        CHECK(options.contains(name));
    }
    CHECK(options.at("sources") == Words{"source"});
    CHECK(options.at("target") == "target");
    CHECK(options.at("clusters") == 3);
    CHECK(options.at("factors") == 4);
    CHECK(options.at("neighbors") == 4);
    CHECK(options.at("seed") == 7);
    CHECK(options.at("threads") == 2);
    CHECK(options.at("published") == false);

    const auto& sizes = fit.at("sizes");
    CHECK(sizes.at("sources").at(0).at("cells") == 100);
    CHECK(sizes.at("sources").at(0).at("genes") == 24);
    CHECK(sizes.at("target").at("spots") == 81);
    CHECK(sizes.at("target").at("genes") == 24);
    CHECK(sizes.at("labelled_cells") == 100);
    CHECK(sizes.at("classes") == Words{"class 1", "class 2", "class 3"});
    CHECK(sizes.at("common_genes") == 24);
    CHECK(sizes.at("genes_used") == 24);

    CHECK(fit.at("lambda") == 0.5);
    CHECK(fit.at("beta").get<double>() >= 0);
    const auto& steps = fit.at("steps");
    for (const char* step : {"pldr", "transfer", "clusters"}) {
        INFO(step);
        CHECK(steps.at(step).at("converged").is_boolean());
        CHECK(steps.at(step).at("iterations").get<int>() >= 1);
        REQUIRE(steps.at(step).at("trace").size() >= 1);
        for (const auto& value : steps.at(step).at("trace")) CHECK(value.is_number());
    }
    CHECK(steps.at("clusters").at("beta").is_number());
    Index spots = 0;
    for (const auto& size : steps.at("clusters").at("sizes")) spots += size.get<Index>();
    CHECK(spots == 81);

    const auto& seconds = fit.at("seconds");
    CHECK(seconds.contains("read"));
    CHECK(seconds.contains("write"));
    CHECK(seconds.size() >= 6);  // and each step of the method
    for (const auto& [stage, took] : seconds.items()) {
        INFO(stage);
        CHECK(took.get<double>() >= 0);
    }
    CHECK(fit.at("peak_memory_mb").get<double>() > 1);
    CHECK(fit.at("warnings").is_array());
}

TEST_CASE("the log-likelihoods in fit.json never fall") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program, make_tissue(10, 5), make_tissue(9, 6));
    REQUIRE(job.cluster().code == 0);
    const auto fit = job.fit();
    for (const char* step : {"pldr", "clusters"}) {
        const auto trace = fit.at("steps").at(step).at("trace").get<std::vector<double>>();
        for (std::size_t i = 1; i < trace.size(); ++i) {
            INFO(step << " " << i);
            CHECK(trace[i] >= trace[i - 1] - 1e-9 * std::abs(trace[i]));
        }
    }
}

TEST_CASE("the picture is XML with one mark for each spot") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    REQUIRE(xml_error("<a b=\"1\"><c/>x &amp; y</a>\n").empty());
    for (const char* bad : {"<a><b></a></b>", "<a>&nbsp;</a>", "<a b=\"<\"/>", "<a", "<a/><b/>",
                            "<a b=\"1\" b=\"2\"/>", "<a></a>x"})
        REQUIRE(!xml_error(bad).empty());

    auto target = small_target();
    for (std::size_t i = 0; i < target.cells.size(); ++i)
        if (i % 9 > 4) target.cells[i].section = "a <b> & \"c\"";
    const Job job(program, small_source(), target);
    REQUIRE(job.cluster().code == 0);
    const auto svg = slurp(job / "out/clusters.svg");
    CHECK(xml_error(svg) == "");
    CHECK(svg.starts_with("<svg "));
    CHECK(spots_drawn(svg) == 81);
    CHECK(count(svg, "<circle ") == 81 + 3);
    CHECK(count(svg, "nan") == 0);
}

TEST_CASE("the target's own labels change nothing but the ARI") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster().code == 0);
    const auto usual = job.labels();
    auto rotated = small_target(), unknown = rotated, without = rotated;
    for (std::size_t i = 0; i < rotated.cells.size(); ++i)
        rotated.cells[i].label = small_target().cells[(7 * i) % 81].label;
    for (auto& cell : unknown.cells) cell.label = "NA";

    rotated.put(job / "target");
    REQUIRE(job.cluster({}, "rotated").code == 0);
    CHECK(job.labels("rotated") == usual);
    CHECK(job.fit("rotated").at("ari").get<double>() < 0.5);

    unknown.put(job / "target");
    REQUIRE(job.cluster({}, "unknown").code == 0);
    CHECK(job.labels("unknown") == usual);
    CHECK(!job.fit("unknown").contains("ari"));
    CHECK(slurp(job / ".stdout").find("ARI") == std::string::npos);

    // no such column at all, and a column of another name for the source only
    std::string bare, source;
    for (const auto& line : lines(job / "target/cells.tsv")) {
        const auto f = split(line, '\t');
        bare += f[0] + "\t" + f[1] + "\t" + f[2] + "\t" + f[4] + "\n";
    }
    transst::write_file(job / "target/cells.tsv", bare);
    REQUIRE(job.cluster({}, "bare").code == 0);
    CHECK(job.labels("bare") == usual);
    source = slurp(job / "source/cells.tsv");
    transst::write_file(job / "source/cells.tsv", source.replace(source.find("label"), 5, "kind"));
    REQUIRE(job.cluster({"--label-column", "kind"}, "kind").code == 0);
    CHECK(job.labels("kind") == usual);
}

TEST_CASE("NA and ignored labels are left out of source and ARI, but their spots are clustered") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    auto source = small_source(), target = small_target();
    for (std::size_t i = 0; i < source.cells.size(); i += 5)
        source.cells[i].label = i % 2 ? "NA" : "not sure";
    for (std::size_t i = 0; i < target.cells.size(); i += 7)
        target.cells[i].label = i % 2 ? "" : "not sure";
    const Job job(program, source, target);
    REQUIRE(job.cluster({"--ignore", "not sure"}).code == 0);
    const auto fit = job.fit();
    CHECK(fit.at("sizes").at("labelled_cells") == 80);
    CHECK(fit.at("sizes").at("classes").size() == 3);
    CHECK(fit.at("options").at("ignore") == Words{"not sure"});
    CHECK(fit.at("ari").get<double>() ==
          Approx(ari_of(job / "out", job / "target", {"not sure"})).margin(1e-12));
    CHECK(table(job / "out/labels.tsv").size() == 82);

    // the same as a source that never had those cells
    Tissue fewer = source;
    fewer.cells.clear();
    fewer.barcodes.clear();
    fewer.counts.clear();
    for (std::size_t i = 0; i < source.cells.size(); ++i) {
        if (i % 5 == 0) continue;
        fewer.cells.push_back(source.cells[i]);
        fewer.barcodes.push_back(source.barcodes[i]);
        fewer.counts.push_back(source.counts[i]);
    }
    fs::remove_all(job / "source");
    fewer.put(job / "source");
    REQUIRE(job.cluster({"--ignore", "not sure"}, "fewer").code == 0);
    CHECK(job.labels("fewer") == job.labels());
    CHECK(job.fit("fewer").at("steps").at("pldr").at("class_sizes") ==
          fit.at("steps").at("pldr").at("class_sizes"));

    // a class of its own where it is not ignored
    REQUIRE(job.cluster({}, "kept").code == 0);
    CHECK(job.fit("kept").at("ari").get<double>() ==
          Approx(ari_of(job / "kept", job / "target")).margin(1e-12));
}

TEST_CASE("a label to ignore that no cell has is pointed out") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster({"--ignore", "Class 1"}).code == 0);
    const auto warnings = job.fit().at("warnings");
    REQUIRE(warnings.size() >= 1);
    CHECK(count(warnings.at(0).get<std::string>(), "'Class 1'") == 1);
    CHECK(count(slurp(job / ".stdout"), "'Class 1'") == 1);
}

TEST_CASE("the ARI is printed and is the one of all pairs of spots") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    auto target = small_target();
    std::mt19937_64 random(3);
    for (auto& cell : target.cells)
        if (random() % 3 == 0) cell.label = "class 2";
    const Job job(program, small_source(), target);
    const auto done = job.cluster();
    REQUIRE(done.code == 0);
    const double ari = job.fit().at("ari").get<double>();
    CHECK(ari == Approx(ari_of(job / "out", job / "target")).margin(1e-12));
    CHECK(ari < 0.99);
    char shown[32];
    std::snprintf(shown, sizeof shown, "ARI       %.3f", ari);
    CHECK(count(done.out, shown) == 1);
}

TEST_CASE("the choices made are printed in lines that fit a terminal") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto done = job.cluster();
    REQUIRE(done.code == 0);
    std::string said;  // the lines put together again
    bool choice = false;
    for (const auto& line : split(done.out, '\n')) {
        choice = line.starts_with("choices ") || (choice && line.starts_with(" "));
        if (!choice) continue;
        INFO(line);
        CHECK(line.size() <= 80);
        CHECK(line.size() > 12);
        said += (line.starts_with("            ") ? " " : "\n") +
                line.substr(line.find_first_not_of(' ', line.starts_with(" ") ? 0 : 7));
    }
    CHECK(!job.fit()["decisions"].empty());
    for (const auto& decision : job.fit()["decisions"])
        CHECK(count(said + "\n", "\n" + decision.get<std::string>() + "\n") == 1);
    CHECK(count(done.out, ", confidence of the name ") == 3);
}

TEST_CASE("several sources count as one") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    make_tissue(8, 11).put(job / "second");
    make_tissue(7, 12).put(job / "third");
    // by default those that add nothing are left out: --trust means all
    REQUIRE(job.cluster({"--source", "second", "--source", "third", "--trust", "anchored"}).code ==
            0);
    const auto fit = job.fit();
    CHECK(fit.at("sizes").at("labelled_cells") == 100 + 64 + 49);
    CHECK(fit.at("sizes").at("sources").size() == 3);
    CHECK(fit.at("sizes").at("sources").at(2).at("name") == "third");
    CHECK(fit.at("ari").get<double>() > 0.9);
    REQUIRE(job.cluster({"--source", "second", "--source", "third", "--force"}).code == 0);
    CHECK(job.fit().at("ari").get<double>() > 0.9);
}

TEST_CASE("several targets are sections that are clustered together") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    auto second = make_tissue(8, 13);
    std::reverse(second.genes.begin(), second.genes.end());
    for (auto& row : second.counts) std::reverse(row.begin(), row.end());
    second.put(job / "second");
    REQUIRE(job.cluster({"--target", "second"}).code == 0);
    const auto fit = job.fit();
    CHECK(fit.at("sizes").at("target").at("spots") == 81 + 64);
    CHECK(fit.at("sizes").at("target").at("sections") == Words{"target:one", "second:one"});
    CHECK(fit.at("options").at("target") == Words{"target", "second"});
    CHECK(fit.at("inputs").size() == 3);
    CHECK(fit.at("ari").get<double>() > 0.9);
    const auto labels = table(job / "out/labels.tsv");
    const auto barcodes = column(labels, "barcode"), sections = column(labels, "section");
    CHECK(std::set(barcodes.begin(), barcodes.end()).size() == barcodes.size());
    CHECK(sections.front() == "target:one");
    CHECK(sections.back() == "second:one");
    CHECK(column(table(job / "out/posterior.tsv"), "barcode") == barcodes);
    // scored against the labels and counts of one of them, whose barcodes others have, too
    const auto score = [&](const char* option) {
        return job.transst({"score", "--labels", "out/labels.tsv", option, "second"});
    };
    CHECK(score("--truth").out.find("64 with a known label") != std::string::npos);
    CHECK(score("--target").code == 0);
    // fit.json names both
    const auto again = job.transst({"cluster", "--from", "out/fit.json", "--out", "again"});
    INFO(again.err);
    REQUIRE(again.code == 0);
    CHECK(job.labels("again") == job.labels());

    check_refused(job.cluster({"--target", "./target"}), 2, {"--target", "twice"});
    const auto alone = job.cluster({"--target", "source"}, "both");
    INFO(alone.err);
    CHECK(alone.code == 0);  // of which there is a source, too
}

TEST_CASE("a neighbourhood that joins nothing is pointed out") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster({"--neighborhood", "radius", "--radius", "0.5"}).code == 0);
    CHECK(job.fit().at("warnings").dump().find("81 of 81 spots have no neighbour") !=
          std::string::npos);
    REQUIRE(job.cluster({"--neighborhood", "hexagonal"}, "hexagonal").code == 0);
    CHECK(job.fit("hexagonal").at("warnings").dump().find("say --neighborhood square") !=
          std::string::npos);
    REQUIRE(job.cluster({"--neighborhood", "square"}, "square").code == 0);
    CHECK(job.fit("square").at("warnings").dump().find("--neighborhood") == std::string::npos);
}

TEST_CASE("the same bytes for any number of threads and for a second run") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program, make_tissue(24, 1), make_tissue(23, 2));
    for (const auto& mode : {Words{}, Words{"--published"}}) {
        const auto with = [&](const std::string& threads, const std::string& out) {
            Words more = mode;
            more.insert(more.end(), {"--threads", threads, "--force", "--quiet"});
            const auto done = job.cluster(more, out);
            REQUIRE(done.code == 0);
            CHECK(done.out.empty());
            CHECK(done.err.empty());
            return job.labels(out);
        };
        const auto one = with("1", "a");
        CHECK(one.size() > 500);
        CHECK(with("2", "b") == one);
        CHECK(with("7", "c") == one);
        CHECK(with("1", "d") == one);
        CHECK(job.fit("c").at("steps") == job.fit("a").at("steps"));
        CHECK(slurp(job / "c/clusters.svg") == slurp(job / "a/clusters.svg"));
    }
}

TEST_CASE("fit.json is enough to run it again") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const std::vector<Words> runs{
        {"--seed", "7", "--ignore", "class 2", "--trust", "adapted", "--kappa", "20", "--memory",
         "3MB"},
        {"--clusters", "2-4", "--criterion", "bic", "--genes", "20", "--neighborhood", "square"},
        {"--method", "paper", "--lambda", "inf", "--field", "mean", "--beta", "0.5"},
        {"--published"}};
    for (const auto& options : runs) {
        INFO(options.front());
        auto first = options;
        first.push_back("--force");
        REQUIRE(job.cluster(first).code == 0);
        const auto again =
            job.transst({"cluster", "--from", "out/fit.json", "--out", "again", "--force"});
        INFO(again.err);
        REQUIRE(again.code == 0);
        CHECK(job.labels("again") == job.labels());
        CHECK(job.fit("again")["options"] == job.fit("out")["options"]);
    }
    // an option given anew takes the place of the earlier one, and of what goes with that alone
    REQUIRE(job.transst({"cluster", "--from=out/fit.json", "--method", "trust", "--clusters", "2",
                         "--neighborhood", "radius", "--source", "source", "--out", "other"})
                .code == 0);
    const auto options = job.fit("other")["options"];
    CHECK(options["clusters"] == 2);
    CHECK(options["method"] == "trust");
    CHECK(options["neighborhood"] == "radius");
    CHECK(options["sources"].size() == 1);
    CHECK(options["factors"] == 4);
    REQUIRE(
        job.transst({"cluster", "--from", "other/fit.json", "--neighbors", "4", "--out", "nearest"})
            .code == 0);
    CHECK(job.fit("nearest")["options"]["neighborhood"] == "nearest");
    CHECK(job.fit("nearest")["options"]["neighbors"] == 4);
    // one that belongs to the other method asks for that
    REQUIRE(
        job.transst({"cluster", "--from", "other/fit.json", "--lambda", "0.5", "--out", "paper"})
            .code == 0);
    CHECK(job.fit("paper")["options"]["method"] == "paper");
    REQUIRE(
        job.transst({"cluster", "--from", "paper/fit.json", "--trust", "adapted", "--out", "back"})
            .code == 0);
    CHECK(job.fit("back")["options"]["method"] == "trust");

    const auto refuse = [&](const std::string& path, const Words& parts) {
        check_refused(job.transst({"cluster", "--from", path, "--out", "refused"}), 1, parts);
        CHECK(job.left_nothing("refused"));
    };
    refuse("nowhere.json", {"--from: nowhere.json", "found nothing"});
    refuse("out", {"--from: out", "found a folder"});
    transst::write_file(job / "part.json", slurp(job / "out/fit.json").substr(0, 300));
    refuse("part.json", {"--from: part.json", "a part of it"});
    check_refused(job.transst({"cluster", "--from"}), 2, {"--from"});
    check_refused(job.transst({"cluster", "--from=", "--out", "refused"}), 2, {"--from is empty"});
    check_refused(job.transst({"cluster", "--from", "out/fit.json", "--from", "nowhere.json",
                               "--out", "refused"}),
                  2, {"--from is given twice"});
    // paths are those of the first run
    std::filesystem::rename(job / "source", job / "moved");
    refuse("out/fit.json", {"--from: the source of out/fit.json, source", "give --source anew"});
    auto fit = job.fit("other");
    fit["version"] = "0.0.1";
    transst::write_file(job / "older.json", fit.dump());
    const auto older =
        job.transst({"cluster", "--from", "older.json", "--source", "moved", "--out", "older"});
    CHECK(older.code == 0);
    CHECK(count(older.err, "older.json is of version 0.0.1") == 1);
}

TEST_CASE("a limit of memory changes where matrices are kept, and nothing else") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    // larger in both folders than the eighth of a megabyte that each may take
    const Job job(program, make_tissue(26, 1, 60), make_tissue(25, 2, 60));
    for (const char* method : {"trust", "paper"}) {
        REQUIRE(job.cluster({"--method", method, "--force"}).code == 0);
        REQUIRE(job.cluster({"--method", method, "--memory", "1MB", "--force"}, "small").code == 0);
        for (const char* file : {"labels.tsv", "markers.tsv", "clusters.svg"})
            CHECK(slurp(job / "small" / file) == slurp(job / "out" / file));
        CHECK(job.fit("small")["steps"] == job.fit("out")["steps"]);
    }
    CHECK(job.fit("small")["options"]["memory"] == 1'000'000);
    CHECK_FALSE(job.fit("out")["options"].contains("memory"));
    for (const auto& file : fs::directory_iterator(job / "small"))
        CHECK(file.path().filename().string().find("transst-") == std::string::npos);
    for (const char* size : {"2", "GB", "-1GB", "1e9", "1PB", "10KB", "nan GB"}) {
        const auto refused = job.cluster({"--memory", size}, "refused");
        check_refused(refused, 2, {"--memory", size, "such as 500MB or 2GB"});
    }
    // entries in another order cannot be read in pieces
    auto lines = split(slurp(job / "target/matrix.mtx"), '\n');
    std::reverse(lines.begin() + 2, lines.end() - (lines.back().empty() ? 1 : 0));
    std::string turned;
    for (const auto& line : lines)
        if (!line.empty()) turned += line + "\n";
    transst::write_file(job / "target/matrix.mtx", turned);
    check_refused(job.cluster({"--memory", "1MB"}, "refused"), 1,
                  {"matrix.mtx:", "in the order of the cells", "allow more, or sort the file"});
    CHECK(job.left_nothing("refused"));
}

TEST_CASE("the published mode works and is another one") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster().code == 0);
    REQUIRE(job.cluster({"--published"}, "chosen").code == 0);
    REQUIRE(job.cluster({"--published", "--lambda", "0.1"}, "given").code == 0);
    const auto usual = job.fit(), chosen = job.fit("chosen"), given = job.fit("given");
    CHECK(chosen.at("options").at("published") == true);
    CHECK(chosen.at("steps").at("transfer").at("lambda_curve").size() > 1);
    CHECK(chosen.at("lambda").is_number());
    CHECK(given.at("lambda") == 0.1);
    CHECK(chosen.at("steps").at("pldr").at("trace") != usual.at("steps").at("pldr").at("trace"));
    CHECK(chosen.at("steps").at("clusters").at("trace") !=
          usual.at("steps").at("clusters").at("trace"));
    CHECK(chosen.at("ari").get<double>() > 0.3);
    CHECK(chosen.at("steps").at("clusters").at("starts").size() == 1);
}

TEST_CASE("genes may be in any order in the source") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster().code == 0);
    auto source = small_source();
    std::reverse(source.genes.begin(), source.genes.end());
    for (auto& row : source.counts) std::reverse(row.begin(), row.end());
    source.genes.push_back("not in the target");  // and one more
    for (auto& row : source.counts) row.push_back("0");
    fs::remove_all(job / "source");
    source.put(job / "source");
    // lines of cells.tsv too
    auto cells = lines(job / "source/cells.tsv");
    std::reverse(cells.begin() + 1, cells.end());
    std::string text;
    for (const auto& line : cells) text += line + "\n";
    transst::write_file(job / "source/cells.tsv", text);
    REQUIRE(job.cluster({}, "reversed").code == 0);
    // clusters of the same size may change numbers
    CHECK(pair_counting_ari(column(table(job / "reversed/labels.tsv"), "cluster"),
                            column(table(job / "out/labels.tsv"), "cluster")) == 1);
}

TEST_CASE("without a source the target is clustered alone") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    for (const bool published : {false, true}) {
        Words words = {"cluster",    "--target", "target",
                       "--clusters", "3",        "--factors",
                       "4",          "--out",    published ? "published" : "alone"};
        if (published) words.push_back("--published");
        const auto done = job.transst(words);
        INFO(done.err);
        REQUIRE(done.code == 0);
        CHECK(count(done.out, "labelled cells") == 0);
    }
    // nor is one of use that is not used
    const auto unused = job.cluster({"--trust", "none"}, "unused");
    REQUIRE(unused.code == 0);
    CHECK(count(unused.out, "labelled cells") == 0);
    CHECK(job.fit("unused").at("lambda").is_null());
    const auto fit = job.fit("alone");
    CHECK(fit.at("lambda").is_null());
    CHECK(job.fit("published").at("steps").contains("svd"));
    CHECK(!fit.at("steps").contains("pldr"));
    CHECK(fit.at("ari").get<double>() > 0.9);
    CHECK(table(job / "alone/labels.tsv").size() == 82);
}

TEST_CASE("axes are stretched before neighbours are sought and spots drawn") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster({"--stretch-y", "2.5", "--stretch-x", "3"}).code == 0);
    const auto row = table(job / "out/labels.tsv").at(1 + 9 + 1);  // x = 1, y = 1
    CHECK(row.at(2) == "3");
    CHECK(row.at(3) == "2.5");
    CHECK(job.fit().at("options").at("stretch_y") == 2.5);
}

TEST_CASE("results are kept unless they are to be replaced") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster().code == 0);
    const auto labels = job.labels(), json = slurp(job / "out/fit.json");
    check_refused(job.cluster({"--seed", "2"}), 1, {"--out", "out/labels.tsv", "--force"});
    CHECK(job.labels() == labels);
    CHECK(slurp(job / "out/fit.json") == json);
    // a single one of them is enough
    fs::remove(job / "out/labels.tsv");
    fs::remove(job / "out/clusters.svg");
    check_refused(job.cluster(), 1, {"fit.json", "--force"});
    REQUIRE(job.cluster({"--seed", "2", "--force"}).code == 0);
    CHECK(job.fit().at("options").at("seed") == 2);
    // a folder that holds something else is fine
    fs::create_directory(job / "other");
    transst::write_file(job / "other/notes.txt", "mine");
    REQUIRE(job.cluster({}, "other").code == 0);
    CHECK(slurp(job / "other/notes.txt") == "mine");
}

TEST_CASE("the folder for results is made, however deep, and may lie in the source") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster({}, "a/b c/d/").code == 0);
    CHECK(table(job / "a/b c/d/labels.tsv").size() == 82);
    REQUIRE(job.cluster({}, "source/result").code == 0);
    CHECK(job.labels("source/result") == job.labels("a/b c/d"));
}

TEST_CASE("the same folder may be source and target") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    const auto done = job.transst({"cluster", "--source", "target", "--target", "target",
                                   "--clusters", "3", "--factors", "4", "--out", "out"});
    CHECK(done.code == 0);
    CHECK(job.fit().at("ari").get<double>() > 0.9);
}

TEST_CASE("folders may have any name") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    auto target = small_target();
    for (auto& cell : target.cells) cell.section = "NA";
    const Job job(program, small_source(), target);
    REQUIRE(job.cluster().code == 0);
    const auto clusters = column(table(job / "out/labels.tsv"), "cluster");
    int number = 0;
    for (const std::string name :
         {"ein Gewebe ☃", "<&\"'>", "tab\there", "line\nend", "no utf-8 \xFF"}) {
        INFO(name);
        std::error_code refused;  // by a file system of another taste
        fs::rename(job / "target", job / name, refused);
        if (refused) continue;
        const auto out = transst::text("out ", ++number, name);
        const auto done = job.transst({"cluster", "--source", "source", "--target", name,
                                       "--clusters", "3", "--factors", "4", "--out", out});
        fs::rename(job / name, job / "target");
        INFO(done.err);
        REQUIRE(done.code == 0);
        const auto labels = table(job / out / "labels.tsv");
        REQUIRE(labels.size() == 82);
        for (const auto& row : labels) REQUIRE(row.size() == 8);
        CHECK(column(labels, "cluster") == clusters);
        CHECK(xml_error(slurp(job / out / "clusters.svg")) == "");
        CHECK(fit_json(job / out).contains("options"));
    }
}

TEST_CASE("files with Windows line ends read the same") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster().code == 0);
    for (const auto& entry : fs::directory_iterator(job / "target")) {
        std::string text;
        for (const auto& line : lines(entry.path())) text += line + "\r\n";
        transst::write_file(entry.path(), text);
    }
    REQUIRE(job.cluster({}, "windows").code == 0);
    CHECK(job.labels("windows") == job.labels());
}

TEST_CASE("the quick start's demo simulates, clusters and says where the picture is") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const TempFolder folder;
    const auto done = run(program, folder, {"demo"});
    INFO(done.err);
    REQUIRE(done.code == 0);
    CHECK(done.err.empty());
    CHECK(count(done.out, "ARI") == 1);
    REQUIRE(count(done.out, "transst-demo/result/clusters.svg") == 1);
    const auto result = folder.path / "transst-demo/result";
    CHECK(xml_error(slurp(result / "clusters.svg")) == "");
    CHECK(fit_json(result).at("ari").get<double>() > 0.6);
    CHECK(run(program, folder, {"demo"}).code == 1);
    CHECK(run(program, folder, {"demo", "--threads", "1", "--force"}).code == 0);
}

TEST_CASE("who neighbours whom can be said") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    // on a full square lattice the nearest within 1 are the lattice's four
    REQUIRE(job.cluster({"--neighborhood", "square"}, "square").code == 0);
    REQUIRE(job.cluster({"--neighborhood", "radius", "--radius", "1"}, "radius").code == 0);
    CHECK(job.labels("square") == job.labels("radius"));
    CHECK(job.fit("square").at("beta") == job.fit("radius").at("beta"));
    CHECK(job.fit("radius").at("options").at("radius") == 1);
    CHECK(!job.fit("square").at("options").contains("radius"));
    CHECK(!job.fit("square").at("options").contains("neighbors"));
    REQUIRE(job.cluster({"--neighborhood", "radius"}, "found").code == 0);
    REQUIRE(job.cluster({"--neighborhood", "hexagonal"}, "hexagonal").code == 0);
    const auto reached = [&](const char* out) {
        return job.fit(out).at("steps").at("clusters").at("log_likelihood").get<double>();
    };
    CHECK(reached("hexagonal") != reached("square"));
    REQUIRE(job.cluster({"--method", "paper", "--neighborhood", "square"}, "paper").code == 0);
}

TEST_CASE("the options in fit.json are those in force") {
    TRANSST_NEED(program, "TRANSST_PROGRAM");
    const Job job(program);
    REQUIRE(job.cluster({"--threads", "0"}).code == 0);
    const auto trust = job.fit().at("options");
    CHECK(trust.at("threads").get<int>() >= 1);
    for (const char* other : {"lambda", "penalty", "scores", "field"})
        CHECK(!trust.contains(other));
    CHECK(trust.at("kappa") == "auto");
    const auto learned = job.fit().at("steps").at("trust");
    CHECK(learned.at("doubted_classes").is_array());
    CHECK(learned.contains("kappa") == (learned.at("trust") == "anchored"));
    REQUIRE(job.cluster({"--trust", "anchored", "--kappa", "50"}, "fifty").code == 0);
    const auto fifty = job.fit("fifty").at("steps").at("trust");
    REQUIRE(!fifty.at("kappa").empty());
    for (const auto& kappa : fifty.at("kappa")) CHECK(kappa == 50);
    CHECK(fifty.at("doubted_classes").empty());
    REQUIRE(job.cluster({"--field", "mean"}, "paper").code == 0);
    const auto paper = job.fit("paper").at("options");
    CHECK(paper.at("method") == "paper");
    CHECK(paper.at("field") == "mean");
    for (const char* other : {"trust", "kappa"}) CHECK(!paper.contains(other));
    REQUIRE(job.cluster({"--lambda", "auto"}, "chosen").code == 0);
    CHECK(job.fit("chosen").at("steps").at("transfer").at("lambda_curve").size() > 3);
}
