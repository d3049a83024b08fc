#include "from.hpp"

#include <transst/core/errors.hpp>
#include <transst/version.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

namespace transst_program {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;
using transst::require;

/// What an earlier run left.
Json fit_in(const std::string& path) {
    std::error_code ignored;
    require<transst::FileError>(std::filesystem::is_regular_file(path, ignored), "--from: ", path,
                                ": expected the fit.json of an earlier run, found ",
                                std::filesystem::exists(path, ignored) ? "a folder" : "nothing");
    const Json fit = fit_json_in(path);
    require<transst::BadData>(!fit.is_null(), "--from: ", path,
                              ": expected the fit.json of an earlier run, found something else or "
                              "a part of it; name a whole one");
    return fit;
}

/// Paths are kept as they were typed, from the folder where the run was started.
void require_inputs(const std::string& path, const std::string& option, const Words& words) {
    if (option != "--source" && option != "--target" && option != "--model" &&
        option != "--gene-list")
        return;
    std::error_code ignored;
    for (const auto& word : words)
        require<transst::FileError>(
            std::filesystem::exists(word, ignored) || !std::filesystem::path(word).is_relative(),
            "--from: the ", option.substr(2), " of ", path, ", ", word,
            ", is not there as seen from this folder; start from the folder of the earlier run, or "
            "give ",
            option, " anew");
}

/// What an option's value is on the command line: several words where it was given several times.
Words words_of(const std::string& name, const Json& value) {
    if (value.is_string()) return {value.get<std::string>()};
    if (!value.is_array()) return {value.dump()};
    Words each;
    for (const auto& one : value)
        each.push_back(one.is_string() ? one.get<std::string>() : one.dump());
    if (name != "clusters" || each.empty()) return each;
    std::string list;
    for (const auto& one : each) list += (list.empty() ? "" : ",") + one;
    return {list};
}

/// Which method an earlier run was by, and what that method was told.
const std::set<std::string> of_method{"method", "published", "standardize", "trust",
                                      "kappa",  "lambda",    "penalty",     "scores",
                                      "field",  "beta",      "starts",      "neighbors"};

/// Options of an earlier run that say something only beside what another given anew replaces.
struct Displaced {
    Words given;  // any of these
    std::set<std::string> options;
    const char* by_method = nullptr;  // where the earlier run was by this one
};
const std::vector<Displaced> displaced{
    {{"--neighborhood"}, {"neighbors", "radius"}},
    {{"--neighbors"}, {"neighborhood", "radius"}},
    {{"--gene-list"}, {"genes", "gene_criterion", "genes_from"}},
    {{"--genes", "--gene-criterion"}, {"gene_list"}},
    {{"--method", "--published"}, of_method},
    {{"--published"}, {"neighborhood", "radius"}},
    // options of the one method alone ask for that method
    {{"--lambda", "--penalty", "--scores", "--field"}, of_method, "trust"},
    {{"--trust", "--kappa"}, of_method, "paper"}};

/// What --published sets itself.
const std::set<std::string> set_by_published{"standardize", "penalty", "scores",      "field",
                                             "beta",        "starts",  "neighborhood"};

}  // namespace

Json fit_json_in(const std::filesystem::path& path) {
    std::ifstream file(path);
    Json fit = Json::parse(file, nullptr, false);
    const bool one = fit.is_object() && fit.contains("program") && fit["program"] == "transst" &&
                     fit.contains("options") && fit["options"].is_object();
    return one ? fit : Json(nullptr);
}

Words with_earlier_options(Words arguments) {
    if (arguments.empty() || (arguments.front() != "cluster" && arguments.front() != "apply"))
        return arguments;
    std::string path;
    for (auto at = arguments.begin(); at != arguments.end(); ++at) {
        const bool apart = *at == "--from";
        if (!apart && !at->starts_with("--from=")) continue;
        require(!apart || at + 1 != arguments.end(), "--from: name the fit.json of an earlier run");
        path = apart ? *(at + 1) : at->substr(std::string_view("--from=").size());
        require(!path.empty(), "--from is empty; name the fit.json of an earlier run");
        arguments.erase(at, at + (apart ? 2 : 1));
        break;
    }
    require(std::none_of(arguments.begin(), arguments.end(),
                         [](const std::string& word) {
                             return word == "--from" || word.starts_with("--from=");
                         }),
            "--from is given twice; leave one out");
    if (path.empty()) return arguments;

    const auto given = [&](const std::string& option) {
        return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& word) {
            return word == option || word.starts_with(option + "=");
        });
    };
    const Json fit = fit_in(path);
    const Json& options = fit["options"];
    const std::string made_by = options.contains("model") ? "apply" : "cluster";
    require<transst::BadData>(arguments.front() == made_by, "--from: ", path, " is of transst ",
                              made_by, "; say transst ", made_by, ", or name another run's");
    if (const auto by = fit.value("version", ""); by != transst::version)
        std::cerr << "transst: note: " << path << " is of version " << by << ", this is "
                  << transst::version << "; results may differ\n";
    const bool published = options.value("published", false);
    const std::string method = options.value("method", "trust");
    const auto is_displaced = [&](const std::string& name) {
        return std::any_of(displaced.begin(), displaced.end(), [&](const Displaced& those) {
            return those.options.contains(name) &&
                   (!those.by_method || method == those.by_method) &&
                   std::any_of(those.given.begin(), those.given.end(), given);
        });
    };
    Words earlier;
    for (const auto& [name, value] : options.items()) {
        std::string option = "--" + (name == "sources" ? "source" : name);
        std::replace(option.begin(), option.end(), '_', '-');
        if (given(option) || is_displaced(name)) continue;
        // of several sources each had its own, which say nothing of those given anew
        if (name.starts_with("source_") && value.size() > 1 && given("--source")) continue;
        if (published && set_by_published.contains(name)) continue;
        if (value.is_boolean()) {
            if (value.get<bool>()) earlier.push_back(option);
            continue;
        }
        if (name == "layer" && value == "chosen") continue;
        if (name == "memory") {
            earlier.insert(earlier.end(),
                           {option, std::to_string(value.get<double>() / 1e3) + "KB"});
            continue;
        }
        const Words words = words_of(name, value);
        require_inputs(path, option, words);
        for (const auto& word : words) earlier.insert(earlier.end(), {option, word});
        // the same name does not make it the same model
        if (name == "model" && fit.contains("model"))
            earlier.insert(earlier.end(), {"--model-checksum", fit["model"].value("checksum", "")});
    }
    arguments.insert(arguments.begin() + 1, earlier.begin(), earlier.end());
    return arguments;
}

}  // namespace transst_program
