// Numbers and fields in lines of text.
#pragma once

#include <transst/core/types.hpp>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace transst::detail {

/// The number that makes up the whole of `word`; nothing where it does not, or is too large.
template <class Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view word) {
    Number number{};
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, number);
    if constexpr (std::floating_point<Number>) {
        if (error == std::errc::result_out_of_range && stop == end) {
            // Too large, or so small that it is rounded to zero or to a subnormal number.
            if constexpr (sizeof(Number) < sizeof(double)) {
                const auto wide = parse_number<double>(word);
                if (wide && std::abs(*wide) < 1) return static_cast<Number>(*wide);
            }
            return std::nullopt;
        }
    }
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

/// Shortest text that reads back as the same number.
template <class Number>
void append_number(std::string& out, Number number) {
    char digits[64];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// Takes the next word, between blanks, off the front of `rest`; empty at the end.
[[nodiscard]] inline std::string_view take_word(std::string_view& rest) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    const char* at = rest.data();
    const char* const end = at + rest.size();
    while (at != end && blank(*at)) ++at;
    const char* const begin = at;
    while (at != end && !blank(*at)) ++at;
    rest = {at, static_cast<std::size_t>(end - at)};
    return {begin, static_cast<std::size_t>(at - begin)};
}

/// The fields between tabs.
inline void split_fields(std::string_view line, std::vector<std::string_view>& fields) {
    fields.clear();
    for (std::size_t begin = 0;;) {
        const std::size_t tab = line.find('\t', begin);
        fields.push_back(line.substr(begin, tab - begin));
        if (tab == std::string_view::npos) return;
        begin = tab + 1;
    }
}

}  // namespace transst::detail
