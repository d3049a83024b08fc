// Where results go: refused before any work if it cannot be written or already holds results.
#pragma once

#include <transst/core/errors.hpp>

#include <array>
#include <atomic>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace transst_program {

/// Folders that were made and may be empty still; those inside others stand behind them.
inline std::array<std::atomic<const char*>, 64> new_folders{};

/// Removes those that are empty, for handlers of the signals that end the program: no destructor
/// runs then. It calls nothing that such a handler must not.
inline void remove_empty_folders() {
    for (auto at = new_folders.rbegin(); at != new_folders.rend(); ++at)
        if (const char* name = at->load()) ::rmdir(name);
}

/// The folders that are missing on the way to one. Those that were made by then and are still
/// empty are removed at the end, and where a signal ends the program before.
class NewFolders {
public:
    explicit NewFolders(const std::filesystem::path& folder) {
        std::error_code ignored;
        auto at = std::filesystem::absolute(folder).lexically_normal();
        for (; !std::filesystem::exists(at, ignored) && at.has_relative_path();
             at = at.parent_path())
            paths_.push_back(at);
        // noted before they are there: a signal may come at any time
        for (auto path = paths_.rbegin(); path != paths_.rend(); ++path)
            for (auto& place : new_folders)
                if (const char* free = nullptr; place.compare_exchange_strong(free, path->c_str()))
                    break;
    }
    NewFolders(const NewFolders&) = delete;
    NewFolders& operator=(const NewFolders&) = delete;
    ~NewFolders() {
        std::error_code ignored;
        for (const auto& path : paths_) {
            std::filesystem::remove(path, ignored);  // only if empty
            for (auto& place : new_folders)
                if (const char* noted = path.c_str(); place.compare_exchange_strong(noted, nullptr))
                    break;
        }
    }

private:
    std::vector<std::filesystem::path> paths_;  // the deepest first
};

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
        made_.emplace(folder);
        std::filesystem::create_directories(folder, error);
        require<FileError>(!error, "--out: the folder ", folder.string(),
                           " cannot be made: ", error.message(), "; name another one");
        require<FileError>(::access(folder.c_str(), W_OK | X_OK) == 0, "--out: the folder ",
                           folder.string(), " cannot be written to; name another one");
    }

private:
    std::optional<NewFolders> made_;
};

/// Whether both are, or would be, the same file or folder.
inline bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
    std::error_code ignored;
    return a == b || std::filesystem::equivalent(a, b, ignored) ||
           std::filesystem::weakly_canonical(std::filesystem::absolute(a, ignored), ignored) ==
               std::filesystem::weakly_canonical(std::filesystem::absolute(b, ignored), ignored);
}

/// What is written must not take the place of what is read, --force or not.
inline void check_not_read(const std::string& option, const std::filesystem::path& path,
                           const std::vector<std::string>& inputs) {
    for (const auto& input : inputs)
        transst::require(!same_file(path, input), option, ": ", path.string(),
                         " is read, and would be replaced; name another one");
}

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
