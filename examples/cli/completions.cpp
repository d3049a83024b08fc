// transst completions: what the shells need to complete a command line, of the program's options.
#include "commands.hpp"
#include "option_words.hpp"
#include "options.hpp"

#include <iostream>

namespace transst_program {
namespace {

using Value = OptionWords::Value;

std::string joined(const std::vector<std::string>& words, const std::string& between) {
    return CLI::detail::join(words, between);
}

/// Between single quotes of a POSIX shell, or of fish.
std::string quoted(const std::string& words, bool fish = false) {
    std::string out = "'";
    for (const char c : words) {
        if (c == '\'')
            out += fish ? "\\'" : "'\\''";
        else if (c == '\\' && fish)
            out += "\\\\";
        else
            out += c;
    }
    return out += '\'';
}

// bash ---------------------------------------------------------------------------------------

void print_bash(std::ostream& out, const CLI::App& program) {
    std::vector<std::string> commands, top;
    for (const auto* command : commands_of(program)) commands.push_back(command->get_name());
    for (const auto& option : options_of(program))
        top.insert(top.end(), option.names.begin(), option.names.end());
    out << "# bash completion for transst, printed by: transst completions bash\n"
           "# names may have blanks, which are quoted on the command line\n"
           "_transst_paths() {\n"
           "    compopt -o filenames\n"
           "    local path=$word\n"
           "    [[ $path == [\\\"\\']* ]] && path=${path:1}\n"
           "    path=${path//\\\\/}\n"
           "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$path\")\n"
           "}\n"
           "_transst() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local command=${COMP_WORDS[1]} words= kind=\n"
           "    COMPREPLY=()\n"
           "    if ((COMP_CWORD == 1)); then\n"
           "        COMPREPLY=($(compgen -W "
        << quoted(joined(commands, " ") + " " + joined(top, " "))
        << " -- \"$word\"))\n"
           "        return\n"
           "    fi\n"
           "    # --option=value comes as three words\n"
           "    if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then\n"
           "        before=${COMP_WORDS[COMP_CWORD-2]}\n"
           "    fi\n"
           "    case \"$command $before\" in\n";
    for (const auto* command : commands_of(program)) {
        for (const auto& option : options_of(*command)) {
            if (option.value == Value::none || option.names.empty()) continue;
            std::vector<std::string> patterns;
            for (const auto& name : option.names)
                patterns.push_back(quoted(command->get_name() + " " + name));
            out << "        " << joined(patterns, "|") << ") kind="
                << (option.value == Value::folder ? "folder"
                    : option.value == Value::file ? "file"
                                                  : "value");
            if (!option.choices.empty()) out << " words=" << quoted(joined(option.choices, " "));
            out << " ;;\n";
        }
    }
    out << "    esac\n"
           "    case $kind in\n"
           "        folder) _transst_paths -d; return ;;\n"
           "        file) _transst_paths -f; return ;;\n"
           "        value) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")); return ;;\n"
           "    esac\n"
           "    case $command in\n";
    for (const auto* command : commands_of(program)) {
        std::vector<std::string> words;
        bool paths = false;  // take the place of an argument
        for (const auto& option : options_of(*command)) {
            paths = paths || (option.names.empty() && option.value == Value::file);
            const auto& more = option.names.empty() ? option.choices : option.names;
            words.insert(words.end(), more.begin(), more.end());
        }
        out << "        " << command->get_name() << ") words=" << quoted(joined(words, " "));
        if (paths) out << "; [[ $word != -* ]] && { _transst_paths -f; return; }";
        out << " ;;\n";
    }
    out << "    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "}\n"
           "complete -F _transst transst\n";
}

// zsh ----------------------------------------------------------------------------------------

/// Words inside an argument of _arguments or _describe, where these signs mean something.
std::string zsh_words(const std::string& words) {
    std::string out;
    for (const char c : words) {
        if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_action(const OptionWords& option) {
    switch (option.value) {
        case Value::folder:
            return ":folder:_files -/";
        case Value::file:
            return ":file:_files";
        case Value::choice:
            return ":value:(" + joined(option.choices, " ") + ")";
        case Value::other:
            return ":value: ";
        case Value::none:
            break;
    }
    return {};
}

void print_zsh(std::ostream& out, const CLI::App& program) {
    out << "#compdef transst\n"
           "# zsh completion for transst, printed by: transst completions zsh\n"
           "_transst() {\n"
           "    local -a commands=(\n";
    for (const auto* command : commands_of(program))
        out << "        "
            << quoted(zsh_words(command->get_name()) + ":" + zsh_words(command->get_description()))
            << '\n';
    out << "    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe command commands\n"
           "        return\n"
           "    fi\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    case $words[1] in\n";
    for (const auto* command : commands_of(program)) {
        out << "        " << command->get_name() << ")\n            _arguments";
        for (const auto& option : options_of(*command)) {
            if (option.names.empty())
                out << " \\\n                " << quoted("1" + zsh_action(option));
            for (const auto& name : option.names)
                out << " \\\n                "
                    << quoted((option.repeated ? "*" : "") + name + "[" + zsh_words(option.words) +
                              "]" + zsh_action(option));
        }
        out << " ;;\n";
    }
    // loaded from a folder of functions it is called at once, sourced it is registered
    out << "    esac\n"
           "}\n"
           "if [[ $funcstack[1] == _transst ]]; then _transst \"$@\"; else compdef _transst "
           "transst; "
           "fi\n";
}

// fish ---------------------------------------------------------------------------------------

void print_fish(std::ostream& out, const CLI::App& program) {
    out << "# fish completion for transst, printed by: transst completions fish\n"
           "complete -c transst -f\n";
    const auto print = [&out](const std::string& when, const OptionWords& option) {
        if (option.names.empty() && option.value == Value::file) {
            out << "complete -c transst -n " << quoted(when, true) << " -F\n";
            return;
        }
        if (option.names.empty() && option.choices.empty()) return;
        out << "complete -c transst -n " << quoted(when, true);
        for (const auto& name : option.names)
            out << (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
        if (option.value != Value::none && !option.names.empty())
            out << (option.value == Value::file ? " -r -F" : " -x");
        if (option.value == Value::folder) out << " -a '(__fish_complete_directories)'";
        if (option.value == Value::choice)
            out << " -a " << quoted(joined(option.choices, " "), true);
        out << " -d " << quoted(option.words, true) << '\n';
    };
    for (const auto& option : options_of(program)) print("__fish_use_subcommand", option);
    for (const auto* command : commands_of(program)) {
        out << "complete -c transst -n __fish_use_subcommand -a " << command->get_name() << " -d "
            << quoted(command->get_description(), true) << '\n';
        for (const auto& option : options_of(*command))
            print("__fish_seen_subcommand_from " + command->get_name(), option);
    }
}

}  // namespace

void add_completions(CLI::App& program) {
    auto* command =
        program.add_subcommand("completions", "Print what a shell needs to complete command lines");
    auto shell = std::make_shared<std::string>();
    command->add_option("SHELL", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->option_text("REQUIRED");
    command->footer("Example:\n  source <(transst completions bash)");
    command->callback([&program, shell] {
        if (*shell == "bash")
            print_bash(std::cout, program);
        else if (*shell == "zsh")
            print_zsh(std::cout, program);
        else
            print_fish(std::cout, program);
    });
}

}  // namespace transst_program
