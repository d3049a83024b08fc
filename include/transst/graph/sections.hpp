// Spots cut into the sections they lie on.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/types.hpp>

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace transst::detail {

struct Sections {
    std::vector<std::int32_t> codes;        ///< n, by first appearance; empty: one section
    std::vector<std::vector<Index>> spots;  ///< of each section, rising
    std::vector<std::string> names;         ///< of each section; "" where none was given

    /// "5 spots", or "section 'A' has 5 spots" where sections were named.
    template <class = void>
    [[nodiscard]] std::string size_in_words(std::size_t s) const {
        return names[s].empty()
                   ? text(spots[s].size() == 1 ? "there is " : "there are ",
                          counted(spots[s].size(), "spot"))
                   : text("section '", names[s], "' has ", counted(spots[s].size(), "spot"));
    }
};

/// Groups `rows` spots by section; no names at all mean one section. Throws ShapeMismatch.
template <class Code = std::int32_t>
[[nodiscard]] Sections group_sections(Index rows, std::span<const std::string> sections,
                                      std::string_view who) {
    require<ShapeMismatch>(sections.empty() || static_cast<Index>(sections.size()) == rows, who,
                           ": there are ", rows, " spots, but ", sections.size(),
                           " sections; give one for each spot, or none");
    Sections out;
    if (sections.empty()) {
        out.spots.emplace_back(static_cast<std::size_t>(rows));
        for (std::size_t i = 0; i < out.spots[0].size(); ++i)
            out.spots[0][i] = static_cast<Index>(i);
        out.names.emplace_back();
        return out;
    }
    std::unordered_map<std::string_view, Code> code_of;
    out.codes.reserve(sections.size());
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const auto [at, is_new] =
            code_of.try_emplace(sections[i], static_cast<Code>(out.names.size()));
        if (is_new) {
            out.names.push_back(sections[i]);
            out.spots.emplace_back();
        }
        out.codes.push_back(at->second);
        out.spots[static_cast<std::size_t>(at->second)].push_back(static_cast<Index>(i));
    }
    if (out.names.size() == 1) out.codes.clear();
    return out;
}

}  // namespace transst::detail
