// Errors are sentences: the argument, what it was, what it must be, the remedy.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

namespace transst {

/// Everything this library throws derives from Error.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// An option or argument whose value cannot work.
class InvalidArgument : public Error {
public:
    using Error::Error;
};

/// Two arguments whose sizes disagree.
class ShapeMismatch : public Error {
public:
    using Error::Error;
};

/// Data that cannot be used: NaN, negative counts, duplicate names, no common genes.
class BadData : public Error {
public:
    using Error::Error;
};

/// A file that cannot be read or written as it must be.
class FileError : public Error {
public:
    using Error::Error;
};

/// A stop was requested while there was nothing yet that could be returned.
class Stopped : public Error {
public:
    using Error::Error;
};

namespace detail {

inline void append_text(std::string& out, std::string_view part) {
    out += part;
}

template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
void append_text(std::string& out, Number part) {
    if constexpr (std::integral<Number>) {
        out += std::to_string(part);
    } else {
        char digits[32];
        std::snprintf(digits, sizeof digits, "%.6g", static_cast<double>(part));
        out += digits;
    }
}

}  // namespace detail

/// Joins words and numbers into one message.
template <class... Parts>
[[nodiscard]] std::string text(const Parts&... parts) {
    std::string out;
    (detail::append_text(out, parts), ...);
    return out;
}

namespace detail {

/// "3 spots", "1 spot".
template <std::integral Number>
[[nodiscard]] std::string counted(Number number, std::string_view what) {
    return text(number, " ", what, number == 1 ? "" : "s");
}

/// "a, b and c"; beyond `most` how many there are.
template <class Names>
[[nodiscard]] std::string in_words(const Names& names, std::size_t most = 8) {
    if (names.empty()) return "nothing";
    const std::size_t shown = std::min(most, names.size());
    std::string out;
    for (std::size_t i = 0; i < shown; ++i)
        out += (i == 0 ? "" : i + 1 < names.size() ? ", " : " and ") + names[i];
    return names.size() > shown ? text(out, " … (", names.size(), ")") : out;
}

/// Three digits, for figures that are read rather than computed with.
[[nodiscard]] inline std::string rounded(double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.3g", value);
    return digits;
}

}  // namespace detail

/// Throws E with the joined message unless `holds`.
template <class E = InvalidArgument, class... Parts>
void require(bool holds, const Parts&... parts) {
    if (!holds) throw E(text(parts...));
}

}  // namespace transst
