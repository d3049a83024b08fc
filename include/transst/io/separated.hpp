// Lines of fields between commas or tabs, in quotes where somebody's program put them there.
#pragma once

#include <transst/io/text_file.hpp>

#include <deque>
#include <vector>

namespace transst::detail {

/// Splits lines at one separator. A field may stand in quotes, and then have the separator in it.
class FieldSplitter {
public:
    explicit FieldSplitter(char separator) : separator_(separator) {}

    /// The fields, valid as long as the line, until the next call.
    [[nodiscard]] const std::vector<std::string_view>& split(std::string_view line) {
        fields_.clear();
        unquoted_.clear();
        for (;;) {
            std::size_t end = 0;
            if (line.starts_with('"')) {
                auto& word = unquoted_.emplace_back();
                for (end = 1; end < line.size(); ++end) {
                    if (line[end] == '"' && !line.substr(end + 1).starts_with('"')) break;
                    if (line[end] == '"') ++end;  // "" is a quote
                    word += line[end];
                }
                fields_.push_back(word);
                end = line.find(separator_, std::min(end, line.size()));
            } else {
                end = line.find(separator_);
                fields_.push_back(line.substr(0, end));
            }
            if (end == line.npos) return fields_;
            line.remove_prefix(end + 1);
        }
    }

private:
    char separator_;
    std::vector<std::string_view> fields_;
    std::deque<std::string> unquoted_;  // of this line; a deque moves none of them
};

}  // namespace transst::detail
