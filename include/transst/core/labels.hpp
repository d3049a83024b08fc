// Labels in words become codes 0, …, K − 1 and back.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/sort.hpp>
#include <transst/core/types.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_set>

namespace transst {

/// Code of a class or cluster, 0, …, K − 1, or left_out.
using Label = std::int32_t;
inline constexpr Label left_out = -1;  ///< no usable label

/// Classes sorted by name, and each cell's class.
struct LabelCoding {
    std::vector<std::string> names;  ///< K class names, sorted
    std::vector<Label> codes;        ///< n codes in [0, K), or left_out

    /// K
    [[nodiscard]] Index classes() const { return static_cast<Index>(names.size()); }

    /// Number of cells of each class (K).
    template <class = void>
    [[nodiscard]] std::vector<Index> counts() const {
        std::vector<Index> out(names.size(), 0);
        for (const Label code : codes)
            if (code != left_out) ++out[static_cast<std::size_t>(code)];
        return out;
    }
};

/// True for what stands for a missing label: empty or "NA".
[[nodiscard]] inline bool is_missing(std::string_view label) {
    return label.empty() || label == "NA";
}

namespace detail {

/// The words that occur, each once, sorted.
template <class Word = std::string_view>
[[nodiscard]] std::vector<std::string> distinct(std::span<const std::string> words) {
    const std::unordered_set<Word> seen(words.begin(), words.end());
    std::vector<std::string> out(seen.begin(), seen.end());
    detail::sort(out.begin(), out.end());
    return out;
}

}  // namespace detail

/// Codes n labels; missing ones and those named in `ignore` are left out.
template <class = void>
[[nodiscard]] LabelCoding code_labels(std::span<const std::string> labels,
                                      std::span<const std::string> ignore = {}) {
    LabelCoding coding{detail::distinct(labels), {}};
    std::erase_if(coding.names, [&](const std::string& label) {
        return is_missing(label) || std::find(ignore.begin(), ignore.end(), label) != ignore.end();
    });
    coding.codes.reserve(labels.size());
    for (const auto& label : labels) {
        const auto at = std::lower_bound(coding.names.begin(), coding.names.end(), label);
        coding.codes.push_back(at != coding.names.end() && *at == label
                                   ? static_cast<Label>(at - coding.names.begin())
                                   : left_out);
    }
    return coding;
}

}  // namespace transst
