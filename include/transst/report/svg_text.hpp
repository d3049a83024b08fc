// Words and numbers inside an SVG file.
#pragma once

#include <transst/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace transst::detail {

/// Bytes of the UTF-8 character at the front of `words`; 0 where there is none.
[[nodiscard]] inline std::size_t utf8_length(std::string_view words) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(words[i]); };
    if (words.empty()) return 0;
    const std::size_t length = byte(0) < 0x80                      ? 1
                               : byte(0) >= 0xC2 && byte(0) < 0xE0 ? 2
                               : byte(0) >= 0xE0 && byte(0) < 0xF0 ? 3
                               : byte(0) >= 0xF0 && byte(0) < 0xF5 ? 4
                                                                   : 0;
    if (length > words.size()) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (byte(i) >> 6 != 2) return 0;
    return length;
}

/// At most `most` characters of `words`, safe between tags and in attributes. Bytes that XML does
/// not allow become '?', since one of them would make the whole picture unreadable.
[[nodiscard]] inline std::string svg_words(std::string_view words,
                                           std::size_t most = std::string_view::npos) {
    std::string out;
    for (std::size_t count = 0; !words.empty(); ++count) {
        if (count == most) return out + "…";
        const std::size_t length = utf8_length(words);
        const char first = words.front();
        if (length > 1)
            out += words.substr(0, length);
        else if (length == 0 || static_cast<unsigned char>(first) < ' ')
            out += '?';
        else if (first == '&')
            out += "&amp;";
        else if (first == '<')
            out += "&lt;";
        else if (first == '>')
            out += "&gt;";
        else if (first == '"')
            out += "&quot;";
        else
            out += first;
        words.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

/// Width of a line of text, roughly: fonts differ.
[[nodiscard]] inline double svg_width(std::string_view words, double font_size, std::size_t most) {
    std::size_t count = 0;
    while (!words.empty()) {
        words.remove_prefix(std::max<std::size_t>(1, utf8_length(words)));
        ++count;
    }
    return 0.58 * font_size * static_cast<double>(std::min(count, most + 1));
}

/// With one decimal, or none: 12.3, 7.
[[nodiscard]] inline std::string svg_number(double value) {
    const long long tenths = std::llround(value * 10);
    std::string out = tenths < 0 ? "-" : "";
    out += std::to_string(std::llabs(tenths / 10));
    if (tenths % 10 != 0) (out += '.') += std::to_string(std::llabs(tenths % 10));
    return out;
}

/// 1234567 as 1,234,567.
[[nodiscard]] inline std::string grouped_digits(Index count) {
    std::string out = std::to_string(count);
    for (auto at = static_cast<Index>(out.size()) - 3; at > 0; at -= 3)
        out.insert(static_cast<std::size_t>(at), 1, ',');
    return out;
}

}  // namespace transst::detail
