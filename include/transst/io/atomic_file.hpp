// Files that are either complete or not there.
#pragma once

#include <transst/core/errors.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace transst {

namespace detail {

/// Where the files lie that are under construction, for a program that is about to be killed.
inline std::array<std::atomic<const char*>, 64> unfinished_files{};

/// A name in that list, as long as it lives; where the list is full it is not in it.
class UnfinishedName {
public:
    explicit UnfinishedName(std::string name) : name_(std::move(name)) {
        for (auto& place : unfinished_files) {
            const char* free = nullptr;
            if (!place.compare_exchange_strong(free, name_.c_str())) continue;
            place_ = &place;
            return;
        }
    }
    UnfinishedName(const UnfinishedName&) = delete;
    UnfinishedName& operator=(const UnfinishedName&) = delete;
    ~UnfinishedName() {
        if (place_ != nullptr) *place_ = nullptr;
    }

private:
    const std::string name_;
    std::atomic<const char*>* place_ = nullptr;
};

}  // namespace detail

/// Removes what AtomicFile has under construction in this process, for handlers of the signals that
/// end it: no destructor runs then. It calls nothing that such a handler must not.
inline void remove_unfinished_files() {
    static_assert(std::atomic<const char*>::is_always_lock_free);
    for (auto& place : detail::unfinished_files)
        if (const char* name = place.exchange(nullptr)) std::remove(name);
}

/// A file under construction. What is written goes to a temporary name in the same folder;
/// commit() puts it in the place of `path`, old content included. Without commit() the temporary
/// file is removed and `path` stays as it was.
/// Throws FileError, naming the path and the system's reason.
class AtomicFile {
public:
    /// Opens the temporary file beside `path`.
    explicit AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
        std::error_code ignored;
        const auto status = std::filesystem::status(path_, ignored);
        require<FileError>(
            !std::filesystem::exists(status) || std::filesystem::is_regular_file(status),
            path_.string(), ": cannot be written, it is not a regular file");
        // Another name each time: two programs may write the same file at once.
        std::random_device random;
        for (int attempt = 0; attempt < 100; ++attempt) {
            temporary_ = path_;
            temporary_ += text(".", random(), ".part");
            // noted before it is there: a signal may come at any time
            unfinished_ = std::make_unique<detail::UnfinishedName>(temporary_.string());
            file_.reset(std::fopen(temporary_.string().c_str(), "wbx"));
            if (file_) return;
            const auto error = reason(errno);
            unfinished_.reset();
            if (error.value() != EEXIST) fail(error);
        }
        fail(reason(EEXIST));
    }

    AtomicFile(AtomicFile&&) = default;  ///< hands the file over

    ~AtomicFile() {
        if (!file_) return;
        file_.reset();
        std::error_code ignored;
        std::filesystem::remove(temporary_, ignored);
    }

    /// Appends.
    void write(std::string_view content) {
        if (std::fwrite(content.data(), 1, content.size(), file_.get()) != content.size())
            fail(reason(errno));
    }

    /// Where the file lies until commit(), with all that was written so far, for a library that
    /// goes on with it by name.
    [[nodiscard]] const std::filesystem::path& temporary() {
        if (std::fflush(file_.get()) != 0) fail(reason(errno));
        return temporary_;
    }

    /// Ends the file and gives it its name.
    void commit() {
        // A full disk may show only now, when the last bytes are flushed.
        std::error_code error;
        if (std::fclose(file_.release()) != 0)
            error = reason(errno);
        else
            std::filesystem::rename(temporary_, path_, error);
        unfinished_.reset();
        if (!error) return;
        std::error_code ignored;
        std::filesystem::remove(temporary_, ignored);
        fail(error);
    }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }  ///< its name at last

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    [[nodiscard]] static std::error_code reason(int number) {
        return {number, std::generic_category()};
    }

    [[noreturn]] void fail(std::error_code error) const {
        throw FileError(text(path_.string(), ": cannot be written: ", error.message()));
    }

    std::filesystem::path path_, temporary_;
    std::unique_ptr<std::FILE, Close> file_;
    std::unique_ptr<detail::UnfinishedName> unfinished_;
};

/// Writes a whole file at once: afterwards it holds `content`, or what it held before.
inline void write_file(const std::filesystem::path& path, std::string_view content) {
    AtomicFile file(path);
    file.write(content);
    file.commit();
}

}  // namespace transst
