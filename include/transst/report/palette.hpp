// Colours that can be told apart, with colour-blind eyes too.
#pragma once

#include <transst/core/types.hpp>

#include <array>

namespace transst {

/// Seven colours of Okabe & Ito (Color Universal Design, 2008), and thirteen more, each chosen to
/// be as far as possible in OKLab from those before it as seen with normal sight, protanopia,
/// deuteranopia and tritanopia (simulated as in Machado, Oliveira & Fernandes, 2009).
inline constexpr std::array<std::string_view, 20> palette = {
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442",
    "#440000", "#002277", "#774444", "#55EECC", "#8877EE", "#99BB88", "#444499",
    "#552244", "#770000", "#AA4400", "#995577", "#99CCEE", "#AADD88"};

/// Of what has no class or cluster.
inline constexpr std::string_view missing_color = "#DDDDDD";

/// Colour of cluster k ≥ 0; from the 21st on they come again.
[[nodiscard]] constexpr std::string_view color_of(Index k) {
    return palette[static_cast<std::size_t>(k) % palette.size()];
}

}  // namespace transst
