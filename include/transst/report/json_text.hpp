// Values as JSON that may stand inside a page.
#pragma once

#include <transst/report/svg_text.hpp>

#include <bit>
#include <charconv>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace transst::detail {

/// `words` as a string of JSON, in which nothing can end a script element. Bytes that are not UTF-8
/// become '?'.
[[nodiscard]] inline std::string json_words(std::string_view words) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    while (!words.empty()) {
        const std::size_t length = utf8_length(words);
        const char first = words.front();
        const auto byte = static_cast<unsigned char>(first);
        if (length > 1)
            out += words.substr(0, length);
        else if (length == 0)
            out += '?';
        else if (byte < ' ' || first == '"' || first == '\\' || first == '<' || first == '>' ||
                 first == '&')
            ((out += "\\u00") += digits[byte >> 4]) += digits[byte & 15];
        else
            out += first;
        words.remove_prefix(std::max<std::size_t>(1, length));
    }
    return out += '"';
}

/// What is not finite is null.
[[nodiscard]] inline std::string json_number(double value) {
    if (!std::isfinite(value)) return "null";
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

/// [a,b,…], each item as `write` writes it.
template <class Items, class Write>
[[nodiscard]] std::string json_list(const Items& items, Write&& write) {
    std::string out = "[";
    for (const auto& item : items) {
        if (out.size() > 1) out += ',';
        out += write(item);
    }
    return out += ']';
}

/// Bytes as a string of JSON (base64, RFC 4648).
[[nodiscard]] inline std::string json_bytes(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out = "\"";
    out.reserve(bytes.size() / 3 * 4 + 6);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t three = 0;
        for (std::size_t j = 0; j < 3; ++j) three = three << 8 | (j < left ? bytes[i + j] : 0u);
        for (std::size_t j = 0; j < 4; ++j)
            out += j <= left ? digits[three >> (18 - 6 * j) & 63] : '=';
    }
    return out += '"';
}

/// Numbers byte by byte, the lowest first, whatever the machine's own order.
template <class Number>
[[nodiscard]] std::string json_array(std::span<const Number> numbers) {
    using Bits = std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint16_t>;
    static_assert(sizeof(Number) == sizeof(Bits));
    std::vector<std::uint8_t> bytes;
    bytes.reserve(numbers.size() * sizeof(Number));
    for (const Number number : numbers)
        for (std::size_t b = 0; b < sizeof(Number); ++b)
            bytes.push_back(
                static_cast<std::uint8_t>(std::bit_cast<Bits>(number) >> (8 * b) & 255u));
    return json_bytes(bytes);
}

}  // namespace transst::detail
