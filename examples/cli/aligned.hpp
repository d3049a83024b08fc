// Lines of fields, below one another.
#pragma once

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace transst_program {

/// Columns on a screen, of UTF-8.
inline std::size_t screen_width(const std::string& word) {
    return static_cast<std::size_t>(std::count_if(word.begin(), word.end(), [](char c) {
        return (static_cast<unsigned char>(c) >> 6) != 2;
    }));
}

/// left(c): whether column c stands to the left of its room; the others stand to the right.
template <class Left>
void print_aligned(std::ostream& out, const std::vector<std::vector<std::string>>& lines,
                   Left&& left) {
    std::vector<std::size_t> widths(lines.at(0).size(), 0);
    for (const auto& line : lines)
        for (std::size_t c = 0; c < line.size(); ++c)
            widths[c] = std::max(widths[c], screen_width(line[c]));
    for (const auto& line : lines) {
        for (std::size_t c = 0; c < line.size(); ++c) {
            const std::string room(widths[c] - screen_width(line[c]), ' ');
            out << (c > 0 ? "  " : "") << (left(c) ? line[c] : room + line[c]);
            if (left(c) && c + 1 < line.size()) out << room;
        }
        out << '\n';
    }
}

}  // namespace transst_program
