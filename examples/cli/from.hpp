// `transst cluster --from fit.json` and `transst apply --from fit.json`: a run again, from what it
// left behind.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace transst_program {

/// What the fit.json of an earlier run says; null for a file that is none, or a part of one.
[[nodiscard]] nlohmann::json fit_json_in(const std::filesystem::path& path);

/// The program's arguments with those of an earlier run in place of `--from FILE`: each of its
/// options that is not given anew. Other commands' arguments are handed back as they are. Throws
/// FileError or BadData for a file that is no fit.json, or that of another command.
[[nodiscard]] std::vector<std::string> with_earlier_options(std::vector<std::string> arguments);

}  // namespace transst_program
