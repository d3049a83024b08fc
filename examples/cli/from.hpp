// `transst cluster --from fit.json` and `transst apply --from fit.json`: a run again, from what it
// left behind.
#pragma once

#include <string>
#include <vector>

namespace transst_program {

/// The program's arguments with those of an earlier run in place of `--from FILE`: each of its
/// options that is not given anew. Other commands' arguments are handed back as they are. Throws
/// FileError or BadData for a file that is no fit.json, or that of another command.
[[nodiscard]] std::vector<std::string> with_earlier_options(std::vector<std::string> arguments);

}  // namespace transst_program
