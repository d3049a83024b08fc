// transst: the command-line program.
//
// Errors go to stderr in one sentence. Exit codes: 0 done, 1 files or data cannot be used, or not
// with these options, 2 the command line alone is wrong, 130 stopped by Ctrl-C.
#include "commands.hpp"
#include "from.hpp"
#include "monitor.hpp"
#include "options.hpp"
#include "unknown_option.hpp"

#include <transst/core/errors.hpp>
#include <transst/version.hpp>

#include <algorithm>
#include <iostream>
#include <new>
#include <string_view>
#include <utility>

namespace {

/// An error of the library in the program's words: without the function's name, and with the
/// command's options as they are typed.
std::string in_program_words(std::string words, const CLI::App& program) {
    const auto colons = words.find("::"), end = words.find(": ");
    if (colons < end && end != words.npos && words.find(' ') > colons) words.erase(0, end + 2);
    // whole phrases: a file may be called gene_list, or Prepare
    constexpr std::pair<std::string_view, std::string_view> phrases[]{
        {"set allow_duplicates", "give --allow-duplicates"},
        {"genes of gene_list", "genes of --gene-list"},
        {"(genes_from)", "(--genes-from)"},
        {"Prepare: none of", "none of"},
        {"Prepare: a spatial criterion", "a spatial criterion"},
        {"Prepare: the criterion variance_stabilized", "the criterion vst"}};
    for (const auto& [from, to] : phrases)
        if (const auto at = words.find(from); at != words.npos) words.replace(at, from.size(), to);
    // "target_share = 2; it must …"
    const auto equals = words.find(" = ");
    if (equals == words.npos) return words;
    std::string option = "--" + words.substr(0, equals);
    std::replace(option.begin(), option.end(), '_', '-');
    for (const auto* command : program.get_subcommands())
        if (command->get_option_no_throw(option)) return option + words.substr(equals);
    return words;
}

}  // namespace

int main(int argc, char** argv) {
    transst_program::end_cleanly();
    CLI::App program(
        "Carries what a labelled reference knows into a spatial tissue sample, and finds the "
        "tissue's regions with it.");
    program.name("transst");
    program.formatter(std::make_shared<transst_program::HelpFormatter>());
    program.set_version_flag("--version", std::string("transst ") + transst::version);
    program.require_subcommand(1);
    program.footer(
        "Examples:\n"
        "  transst demo\n"
        "  transst inspect tissue.h5ad\n"
        "  transst cluster --source reference --target tissue --clusters 7 --out result\n"
        "  transst fit --source atlas --out atlas.transst\n"
        "  transst apply --model atlas.transst --target tissue --clusters 7 --out result\n"
        "  transst cluster --help\n"
        "\n"
        "Exit codes: 0 done; 1 files or data cannot be used, or not with these options;\n"
        "2 the command line alone is wrong; 130 stopped by Ctrl-C.");
    transst_program::add_cluster(program);
    transst_program::add_fit(program);
    transst_program::add_apply(program);
    transst_program::add_inspect(program);
    transst_program::add_score(program);
    transst_program::add_study(program);
    transst_program::add_simulate(program);
    transst_program::add_demo(program);
    transst_program::add_completions(program);
    transst_program::add_man(program);
    try {
        std::vector<std::string> words(argv + 1, argv + argc);
        if (!words.empty() && words[0] == "help") {  // as many programs have it
            words.erase(words.begin());
            words.emplace_back("--help");
        }
        auto arguments = transst_program::with_earlier_options(std::move(words));
        std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
        program.parse(std::move(arguments));
        transst::require<transst::FileError>(static_cast<bool>(std::cout.flush()),
                                             "what was to be printed could not be written in full");
        return 0;
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return program.exit(error);  // --help, --version
        const auto commands = program.get_subcommands();
        std::string words = error.what();
        if (commands.empty() && argc > 1)
            words = transst::text("there is no ", *argv[1] == '-' ? "option" : "command", " '",
                                  argv[1], "'");
        // what was meant is found missing first
        if (!commands.empty())
            if (auto unknown =
                    transst_program::unknown_option(*commands[0], {argv + 2, argv + argc});
                !unknown.empty())
                words = std::move(unknown);
        std::cerr << "transst: " << words << (words.ends_with('?') ? "" : ".") << " Try 'transst "
                  << (commands.empty() ? "" : commands[0]->get_name() + " ") << "--help'.\n";
        return 2;
    } catch (const transst_program::Interrupted& error) {
        std::cerr << "transst: " << error.what() << '\n';
        return 130;
    } catch (const transst::InvalidArgument& error) {
        std::cerr << "transst: " << in_program_words(error.what(), program) << '\n';
        return 2;
    } catch (const std::bad_alloc&) {
        std::cerr << "transst: there is not enough memory for these data\n";
        return 1;
    } catch (const std::exception& error) {
        std::cerr << "transst: " << in_program_words(error.what(), program) << '\n';
        return 1;
    }
}
