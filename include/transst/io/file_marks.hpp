// The first bytes by which files are told from each other.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace transst::detail {

inline constexpr std::string_view hdf5_mark = "\x89HDF\r\n\x1a\n";
inline constexpr std::string_view model_mark = "transst model\r\n\x1a";

/// False, too, for what cannot be read.
[[nodiscard]] inline bool begins_with(const std::filesystem::path& path, std::string_view mark) {
    std::string found(mark.size(), '\0');
    std::ifstream(path, std::ios::binary)
        .read(found.data(), static_cast<std::streamsize>(found.size()));
    return found == mark;
}

}  // namespace transst::detail
