// A misspelt option, and what was likely meant.
#pragma once

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace transst_program {

/// Letters to add, take away or replace to make one word of the other (Levenshtein 1966).
inline std::size_t edits_between(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t corner = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = corner + (a[i] != b[j]);
            corner = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, corner + 1});
        }
    }
    return row.back();
}

/// "there is no option '--cluster'; did you mean --clusters?" of the first argument that looks like
/// an option and is none of the command's; empty where there is none.
inline std::string unknown_option(const CLI::App& command,
                                  const std::vector<std::string>& arguments) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options())
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    for (const auto& argument : arguments) {
        const std::string word = argument.substr(0, argument.find('='));
        if (word.size() < 3 || !word.starts_with("--") ||
            std::find(names.begin(), names.end(), word) != names.end())
            continue;
        std::string out = "there is no option '" + word + "'";
        const auto far = [&](const std::string& name) {
            return name.starts_with(word) ? 0 : edits_between(name, word);
        };
        const auto nearest =
            std::min_element(names.begin(), names.end(),
                             [&](const auto& a, const auto& b) { return far(a) < far(b); });
        if (nearest != names.end() && far(*nearest) <= 2) out += "; did you mean " + *nearest + "?";
        return out;
    }
    return {};
}

}  // namespace transst_program
