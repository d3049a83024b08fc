// Options whose values are refused in words, and help that fits 80 columns.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/io/numbers.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

namespace transst_program {

/// Where the help's descriptions begin.
inline constexpr std::size_t help_column = 34;

/// A description, broken so that none of its lines passes column 80.
inline std::string wrapped(std::string_view words, std::size_t width = 80 - help_column) {
    std::string out;
    std::size_t room = width;
    while (!words.empty()) {
        const std::size_t end = words.find(' ');
        const std::string_view word = words.substr(0, end);
        words.remove_prefix(end == words.npos ? words.size() : end + 1);
        const bool fits = word.size() + 1 <= room;
        if (!out.empty()) out += fits ? ' ' : '\n';
        const std::size_t left = fits ? room : width;
        room = left - std::min(left, word.size() + 1);
        out += word;
    }
    return out;
}

/// Help whose descriptions of commands are broken for where they stand.
class HelpFormatter : public CLI::Formatter {
public:
    HelpFormatter() { column_width(help_column); }

    /// One empty line between parts, where CLI11 has none or two.
    std::string make_help(const CLI::App* app, std::string name,
                          CLI::AppFormatMode mode) const override {
        std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
        for (std::size_t at = 0; (at = help.find("\n\n\n", at)) != help.npos;) help.erase(at, 1);
        return help;
    }
    std::string make_description(const CLI::App* app) const override {
        return wrapped(app->get_description(), 80) + "\n\n";
    }
    std::string make_subcommand(const CLI::App* sub) const override {
        constexpr std::size_t column = 15;  // names are shorter than options
        std::string out = "  " + sub->get_name();
        out.resize(column, ' ');
        for (const char c : wrapped(sub->get_description(), 80 - column)) {
            out += c;
            if (c == '\n') out.append(column, ' ');
        }
        return out + '\n';
    }
};

/// Takes whole numbers from `least` on. CLI11 itself reads -1 as a huge unsigned number, 010 as 8.
template <std::integral Integer>
CLI::Validator whole_number(Integer least) {
    const auto check = [least](std::string& word) -> std::string {
        const auto value = transst::detail::parse_number<Integer>(word);
        if (!value || *value < least) {
            const bool digits = word.find_first_not_of("0123456789") == word.npos && !word.empty();
            return digits && !value
                       ? transst::text("'", word, "' is too large a number")
                       : transst::text("'", word, "' is not a whole number of ", least, " or more");
        }
        word = std::to_string(*value);
        return {};
    };
    return CLI::Validator(check, "");
}

/// Takes finite numbers.
inline CLI::Validator finite_number(bool positive = false) {
    const auto check = [positive](std::string& word) -> std::string {
        const auto value = transst::detail::parse_number<double>(word);
        if (value && std::isfinite(*value) && (*value > 0 || !positive)) return {};
        return transst::text("'", word, "' is not a ", positive ? "positive, " : "",
                             "finite number");
    };
    return CLI::Validator(check, "");
}

/// An option with its default in the help; numbers are checked, those without a sign from 0 on.
template <class Value>
CLI::Option* add_option(CLI::App& command, const char* name, Value& value, std::string_view help) {
    auto* option = command.add_option(name, value, wrapped(help))->capture_default_str();
    if constexpr (std::integral<Value>)
        option->transform(whole_number<Value>(0));
    else if constexpr (std::floating_point<Value>)
        option->transform(finite_number());
    return option;
}

/// The two that every command has.
inline void add_run_options(CLI::App& command, std::uint64_t& seed, int& threads) {
    add_option(command, "--seed", seed, "Of everything random");
    add_option(command, "--threads", threads, "At most so many; 0: all the machine has");
}

}  // namespace transst_program
