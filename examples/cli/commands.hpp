// The program's subcommands. Each adds itself, its options and what it does to the program.
#pragma once

#include <CLI/CLI.hpp>

namespace transst_program {

void add_simulate(CLI::App& program);
void add_cluster(CLI::App& program);
void add_fit(CLI::App& program);
void add_apply(CLI::App& program);
void add_demo(CLI::App& program);
void add_inspect(CLI::App& program);
void add_score(CLI::App& program);
void add_study(CLI::App& program);
void add_completions(CLI::App& program);
void add_man(CLI::App& program);

}  // namespace transst_program
