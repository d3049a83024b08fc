// An option as the manual page and the shells' completions need it.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace transst_program {

struct OptionWords {
    enum class Value { none, folder, file, choice, other };

    std::vector<std::string> names;  ///< --out, -h; empty: an argument without a name
    std::string value_name;  ///< DIR, or what else help says of the value; an argument's name
    std::string words;       ///< the description
    std::string group;
    Value value = Value::none;
    std::vector<std::string> choices;
    bool repeated = false;  ///< may be given several times

    explicit OptionWords(const CLI::Option& option)
        : words(on_one_line(option.get_description())), group(option.get_group()) {
        for (const auto& name : option.get_snames()) names.push_back("-" + name);
        for (const auto& name : option.get_lnames()) names.push_back("--" + name);
        if (option.get_items_expected_max() == 0) return;
        const std::string type = option.get_type_name();
        value_name = option.get_option_text().empty() ? type : option.get_option_text();
        if (option.get_option_text().empty() && !option.get_default_str().empty())
            value_name += "=" + option.get_default_str();
        if (names.empty()) value_name = option.get_name();
        repeated = option.get_expected_max() == CLI::detail::expected_max_vector_size;
        const auto open = type.find('{'), close = type.find('}');
        if (close != type.npos)
            choices = CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
        const bool path = type == "FILE" || type == "PATH" || option.get_name() == "PATH";
        value = !choices.empty() ? Value::choice
                : type == "DIR"  ? Value::folder
                : path           ? Value::file
                                 : Value::other;
    }

    [[nodiscard]] static std::string on_one_line(std::string words) {
        for (char& c : words)
            if (c == '\n') c = ' ';
        return words;
    }
};

/// All of a command's, in the order of its help.
inline std::vector<OptionWords> options_of(const CLI::App& command) {
    std::vector<OptionWords> out;
    for (const CLI::Option* option : command.get_options())
        if (!option->get_group().empty()) out.emplace_back(*option);  // else it is not for users
    return out;
}

inline std::vector<const CLI::App*> commands_of(const CLI::App& program) {
    return program.get_subcommands([](const CLI::App*) { return true; });
}

}  // namespace transst_program
