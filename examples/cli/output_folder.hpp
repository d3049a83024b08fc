// Where results go: refused before any work if it cannot be written or already holds results.
#pragma once

#include <transst/core/errors.hpp>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace transst_program {

/// A folder that `files` can be written to. It is made where it is missing, and what was made and
/// is still empty at the end, since the work failed, is removed.
class OutputFolder {
public:
    OutputFolder(const std::filesystem::path& folder, std::initializer_list<const char*> files,
                 bool force) {
        using transst::FileError, transst::require;
        std::error_code error;
        require(!folder.empty(), "--out is empty; name a folder");
        require<FileError>(
            !std::filesystem::exists(folder, error) || std::filesystem::is_directory(folder, error),
            "--out: ", folder.string(), " is a file; name a folder");
        for (const char* file : files)
            require<FileError>(
                force || !std::filesystem::exists(folder / file, error),
                "--out: ", (folder / file).string(),
                " is already there; name another folder, or give --force to replace it");
        auto at = std::filesystem::absolute(folder).lexically_normal();
        for (; !std::filesystem::exists(at, error) && at.has_relative_path(); at = at.parent_path())
            made_.push_back(at);
        std::filesystem::create_directories(folder, error);
        if (error) clean();
        require<FileError>(!error, "--out: the folder ", folder.string(),
                           " cannot be made: ", error.message(), "; name another one");
        require<FileError>(::access(folder.c_str(), W_OK | X_OK) == 0, "--out: the folder ",
                           folder.string(), " cannot be written to; name another one");
    }
    OutputFolder(const OutputFolder&) = delete;
    OutputFolder& operator=(const OutputFolder&) = delete;
    ~OutputFolder() { clean(); }

private:
    void clean() const {
        std::error_code ignored;
        for (const auto& path : made_) std::filesystem::remove(path, ignored);  // only if empty
    }

    std::vector<std::filesystem::path> made_;  // the deepest first
};

/// A file beside the folder's, which is not to be replaced unless `force`, can be written.
inline void check_output_file(const std::string& option, const std::filesystem::path& path,
                              bool force) {
    using transst::FileError, transst::require;
    std::error_code error;
    require(!path.empty(), option, " is empty; name a file");
    require<FileError>(!std::filesystem::is_directory(path, error), option, ": ", path.string(),
                       " is a folder; name a file");
    require<FileError>(force || !std::filesystem::exists(path, error), option, ": ", path.string(),
                       " is already there; name another file, or give --force to replace it");
    const auto folder = std::filesystem::absolute(path).parent_path();
    require<FileError>(std::filesystem::is_directory(folder, error), option, ": the folder ",
                       folder.string(), " is not there; make it, or name another file");
    require<FileError>(::access(folder.c_str(), W_OK | X_OK) == 0, option, ": the folder ",
                       folder.string(), " cannot be written to; name another file");
}

}  // namespace transst_program
