// transst man: the manual page, of what --help says.
#include "commands.hpp"
#include "option_words.hpp"
#include "options.hpp"

#include <transst/core/errors.hpp>
#include <transst/report/svg_text.hpp>
#include <transst/version.hpp>

#include <cstdint>
#include <iostream>

namespace transst_program {
namespace {

/// Words as roff prints them; those beyond ASCII by their number, which every roff knows.
std::string roff(std::string_view words) {
    std::string out;
    while (!words.empty()) {
        const std::size_t length = std::max<std::size_t>(1, transst::detail::utf8_length(words));
        const char first = words.front();
        if (length > 1) {
            std::uint32_t code = static_cast<unsigned char>(first) & (0x7Fu >> length);
            for (std::size_t i = 1; i < length; ++i)
                code = code << 6 | (static_cast<unsigned char>(words[i]) & 0x3Fu);
            char number[16];
            std::snprintf(number, sizeof number, "\\[u%04X]", static_cast<unsigned>(code));
            out += number;
        } else if (first == '\\') {
            out += "\\e";
        } else if (first == '-') {
            out += "\\-";
        } else {
            // a request begins with one of these
            if ((first == '.' || first == '\'') && (out.empty() || out.back() == '\n'))
                out += "\\&";
            out += first;
        }
        words.remove_prefix(length);
    }
    return out;
}

/// The same in lines that roff's own checkers find short enough.
std::string paragraph(const std::string& words) {
    return roff(wrapped(words, 64));
}

void print_options(std::ostream& out, const CLI::App& command) {
    std::string group = "Options";
    for (const auto& option : options_of(command)) {
        if (option.group != group) {
            group = option.group;
            out << ".PP\n" << roff(group) << ":\n";
        }
        out << ".TP\n";
        for (std::size_t i = 0; i < option.names.size(); ++i)
            out << (i == 0 ? "\\fB" : ", \\fB") << roff(option.names[i]) << "\\fR";
        if (!option.value_name.empty())
            out << (option.names.empty() ? "" : " ") << "\\fI" << roff(option.value_name) << "\\fR";
        out << '\n' << paragraph(option.words) << '\n';
    }
}

void print_man(std::ostream& out, const CLI::App& program) {
    out << ".TH TRANSST 1 \"\" \"transst " << transst::version << "\" \"User Commands\"\n"
        << ".SH NAME\ntransst \\- regions of spatial tissue, with what a reference knows\n"
        << ".SH SYNOPSIS\n.B transst\n.I command\n.RI [ option ...]\n"
        << ".SH DESCRIPTION\n"
        << paragraph(program.get_description()) << '\n';
    print_options(out, program);
    out << ".SH COMMANDS\n";
    for (const auto* command : commands_of(program)) {
        out << ".SS transst " << roff(command->get_name()) << '\n'
            << paragraph(command->get_description() + ".") << '\n';
        print_options(out, *command);
        if (!command->get_footer().empty())
            out << ".PP\n.nf\n" << roff(command->get_footer()) << "\n.fi\n";
    }
    out << ".SH EXIT STATUS\n"
           ".TP\n0\nIt is done.\n"
           ".TP\n1\nFiles or data cannot be used, or not with these options.\n"
           ".TP\n2\nThe command line alone is wrong.\n"
           ".TP\n130\nIt was stopped by Ctrl\\-C; what had been found by then, if anything, is "
           "written.\n"
        << ".SH EXAMPLES\n.nf\n";
    std::string footer = program.get_footer();
    footer.erase(footer.find("\n\n"));  // exit codes, which are above
    out << roff(footer.substr(footer.find('\n') + 1)) << "\n.fi\n";
}

}  // namespace

void add_man(CLI::App& program) {
    auto* command = program.add_subcommand("man", "Print the manual page");
    command->footer("Example:\n  transst man | man -l -");
    command->callback([&program] { print_man(std::cout, program); });
}

}  // namespace transst_program
