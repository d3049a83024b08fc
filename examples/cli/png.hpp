// clusters.png: the SVG picture as pixels.
#pragma once

#include <optional>
#include <string>

namespace transst_program {

/// Whether librsvg, which draws them, was there when this was built.
#ifdef TRANSST_HAS_RSVG
inline constexpr bool has_png = true;
#else
inline constexpr bool has_png = false;
#endif

/// A picture and, where there is none, why.
struct Png {
    std::optional<std::string> content;
    std::string reason;
};

/// `scale` pixels for each of the SVG's.
Png png_of_svg(const std::string& svg, double scale = 2);

}  // namespace transst_program
