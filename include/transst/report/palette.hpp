// Colours that can be told apart, with colour-blind eyes too.
#pragma once

#include <transst/core/types.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace transst {

/// Seven colours of Okabe & Ito (Color Universal Design, 2008), and 33 more, each chosen to
/// be as far as possible in OKLab from those before it as seen with normal sight, protanopia,
/// deuteranopia and tritanopia (simulated as in Machado, Oliveira & Fernandes, 2009).
inline constexpr std::array<std::string_view, 40> palette = {
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#440000",
    "#002277", "#774444", "#55EECC", "#8877EE", "#99BB88", "#444499", "#552244", "#770000",
    "#AA4400", "#995577", "#99CCEE", "#AADD88", "#8800FF", "#AAFFAA", "#7700CC", "#EE00CC",
    "#DDCC00", "#554466", "#991100", "#CCAABB", "#777755", "#BB33AA", "#EE7733", "#77AA66",
    "#AA88FF", "#2211AA", "#443366", "#663344", "#666644", "#EE77CC", "#555588", "#AADDFF"};

/// Of what has no class or cluster.
inline constexpr std::string_view missing_color = "#DDDDDD";

namespace detail {

/// #RRGGBB of a colour in OKLab (Ottosson, 2020), drawn towards grey until the screen can show it.
[[nodiscard]] inline std::string oklab_color(double lightness, double chroma, double hue) {
    std::array<double, 3> rgb{};
    for (;; chroma *= 0.95) {
        const double a = chroma * std::cos(hue), b = chroma * std::sin(hue);
        const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
        const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
        const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
        rgb = {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
               -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
               -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
        if (*std::min_element(rgb.begin(), rgb.end()) >= 0 &&
            *std::max_element(rgb.begin(), rgb.end()) <= 1)
            break;
        if (chroma < 1e-3) break;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out = "#";
    for (const double linear : rgb) {
        const double c = std::clamp(linear, 0.0, 1.0);
        const double shown = c <= 0.0031308 ? 12.92 * c : 1.055 * std::pow(c, 1 / 2.4) - 0.055;
        const auto byte = static_cast<std::size_t>(std::lround(255 * shown));
        (out += digits[byte / 16]) += digits[byte % 16];
    }
    return out;
}

}  // namespace detail

/// Colour of cluster k ≥ 0 as HTML writes it: the palette's, then hues a golden angle apart, so
/// that those that follow one another differ most, in three steps of lightness.
[[nodiscard]] inline std::string color_of(Index k) {
    if (k < std::ssize(palette)) return std::string(palette[static_cast<std::size_t>(k)]);
    constexpr double golden_angle = std::numbers::pi * (3 - 2.23606797749979);
    constexpr std::array<double, 3> lightness{0.62, 0.80, 0.45};
    return detail::oklab_color(lightness[static_cast<std::size_t>(k) % 3], 0.16,
                               golden_angle * static_cast<double>(k));
}

}  // namespace transst
