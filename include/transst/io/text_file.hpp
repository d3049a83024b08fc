// Text files, plain or gzip, line by line: from large pieces, without a string for each line.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/types.hpp>

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

namespace transst::detail {

/// What was found, for a message: in quotes, on one line, not too long.
[[nodiscard]] inline std::string in_quotes(std::string_view found) {
    constexpr std::size_t most = 60;
    std::size_t size = std::min(found.size(), most);
    // A UTF-8 character is shown whole or not at all.
    while (size < found.size() && size > 0 && (static_cast<unsigned char>(found[size]) >> 6) == 2)
        --size;
    std::string out = "\"";
    for (const char c : found.substr(0, size))
        out += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
    return out + (size < found.size() ? "…\"" : "\"");
}

/// Reads a file once, from front to end. Lines may end in \n or \r\n. Whether it is compressed is
/// seen from its content. Throws FileError where it cannot be read or its gzip data are damaged.
class TextFile {
public:
    /// longest: of its lines, in bytes.
    explicit TextFile(std::filesystem::path path, std::size_t longest = std::size_t{1} << 20)
        : path_(std::move(path)), file_(gzopen(path_.string().c_str(), "rb")) {
        if (!file_)
            throw FileError(text(path_.string(),
                                 ": cannot be opened: ", std::generic_category().message(errno)));
        gzbuffer(file_.get(), 1 << 18);
        std::error_code error;
        const auto size = std::filesystem::file_size(path_, error);
        if (!error) size_ = static_cast<double>(size);
        buffer_.resize(longest);
        require<FileError>(refill(), path_.string(), ":1: expected text, found an empty file");
        if (rest().starts_with("\xEF\xBB\xBF")) begin_ += 3;  // some editors put this mark there
    }

    /// The next line, without its end, valid until the next call; false after the last one.
    bool next(std::string_view& line) {
        std::size_t searched = 0;
        for (;;) {
            const std::size_t length = rest().find('\n', searched);
            if (length != std::string_view::npos) {
                line = trimmed(rest().substr(0, length));
                begin_ += length + 1;
                ++line_;
                return true;
            }
            searched = end_ - begin_;
            if (refill()) continue;
            if (begin_ == end_) return false;
            line = trimmed(rest());  // a last line without an end
            begin_ = end_;
            ++line_;
            return true;
        }
    }

    /// Number of the line read last, from 1.
    [[nodiscard]] Index line() const { return line_; }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Share of the file that was taken from the disk so far, in (0, 1].
    [[nodiscard]] double share_read() const {
        const auto read = static_cast<double>(gzoffset(file_.get()));
        return read > 0 && read < size_ ? read / size_ : 1;
    }

    /// Throws: path:line: expected …
    template <class... Parts>
    [[noreturn]] void refuse(const Parts&... expected) const {
        throw FileError(text(path_.string(), ":", line_, ": expected ", expected...));
    }

    /// Throws: path:line: expected …, found "…".
    template <class... Parts>
    [[noreturn]] void fail(std::string_view found, const Parts&... expected) const {
        refuse(expected..., ", found ", in_quotes(found));
    }

private:
    struct Close {
        void operator()(gzFile file) const { gzclose(file); }
    };

    [[nodiscard]] std::string_view rest() const { return {buffer_.data() + begin_, end_ - begin_}; }

    [[nodiscard]] static std::string_view trimmed(std::string_view line) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }

    /// Moves what is left to the front and reads on behind it; false at the end of the file.
    bool refill() {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        require<FileError>(end_ < buffer_.size(), path_.string(), ":", line_ + 1,
                           ": expected lines of text, found one longer than ", buffer_.size(),
                           " bytes");
        const int count = gzread(file_.get(), buffer_.data() + end_,
                                 static_cast<unsigned>(buffer_.size() - end_));
        if (count > 0) {
            end_ += static_cast<std::size_t>(count);
            return true;
        }
        int state = Z_OK;
        gzerror(file_.get(), &state);
        if (state == Z_ERRNO)
            throw FileError(
                text(path_.string(), ": cannot be read: ", std::generic_category().message(errno)));
        require<FileError>(state != Z_BUF_ERROR, path_.string(), ":", line_ + 1,
                           ": expected more gzip data, found its end: it was cut short");
        require<FileError>(count == 0 && state == Z_OK, path_.string(), ":", line_ + 1,
                           ": expected gzip data, found damaged ones: fetch the file again");
        return false;
    }

    std::filesystem::path path_;
    std::unique_ptr<gzFile_s, Close> file_;
    double size_ = 0;  // on the disk; 0: unknown
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;  // what is read but not yet handed out
    Index line_ = 0;
};

}  // namespace transst::detail
