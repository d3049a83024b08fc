// A folder for one test case: empty at first, removed at its end.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/io/atomic_file.hpp>

#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

namespace support {

class TempFolder {
public:
    TempFolder() {
        std::random_device random;
        do {
            path = std::filesystem::temp_directory_path() / transst::text("transst-", random());
        } while (!std::filesystem::create_directory(path));
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    void put(const std::string& name, const std::string& content) const {
        transst::write_file(path / name, content);
    }

    void put_gzip(const std::string& name, const std::string& content) const {
        const gzFile file = gzopen((path / name).string().c_str(), "wb");
        gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
        gzclose(file);
    }

    [[nodiscard]] std::string get(const std::string& name) const {
        std::ifstream file(path / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    [[nodiscard]] std::size_t files() const {
        const std::filesystem::directory_iterator all(path);
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

    std::filesystem::path path;
};

/// The message of the E that `act` throws, without the folder's path; empty where none is thrown.
template <class E = transst::FileError, class Act>
std::string error_of(const TempFolder& folder, Act&& act) {
    try {
        act();
    } catch (const E& error) {
        std::string message = error.what();
        const std::string prefix = folder.path.string();
        if (message.starts_with(prefix + "/")) message.erase(0, prefix.size() + 1);
        if (message.starts_with(prefix)) message.erase(0, prefix.size());
        return message;
    }
    return {};
}

}  // namespace support
