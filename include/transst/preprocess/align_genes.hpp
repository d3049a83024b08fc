// The genes that target and sources have in common.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/types.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace transst {

/// Names of one sample's genes.
struct GeneNames {
    std::span<const std::string> ids;      ///< p
    std::span<const std::string> symbols;  ///< p, or none
    std::string_view sample;               ///< used in messages
};

/// Genes in common, in the order of the first sample.
struct GeneAlignment {
    std::vector<std::vector<Index>> columns;  ///< for each sample the common genes' columns
    bool by_symbol = false;                   ///< matched by symbol, since too few ids agree
};

namespace detail {

/// Common names, matched exactly; names that a sample has twice are not used.
template <class Column = Index, class Names>
std::vector<std::vector<Index>> match_names(const std::vector<Names>& samples) {
    constexpr Index twice = -1;
    std::vector<std::unordered_map<std::string_view, Column>> places(samples.size());
    for (std::size_t s = 0; s < samples.size(); ++s)
        for (std::size_t j = 0; j < samples[s].size(); ++j) {
            const auto [at, added] = places[s].emplace(samples[s][j], static_cast<Index>(j));
            if (!added) at->second = twice;
        }
    std::vector<std::vector<Index>> columns(samples.size());
    std::vector<Index> found(samples.size());
    for (const auto& name : samples.front()) {
        bool everywhere = !name.empty();
        for (std::size_t s = 0; s < samples.size() && everywhere; ++s) {
            const auto at = places[s].find(name);
            everywhere = at != places[s].end() && at->second != twice;
            if (everywhere) found[s] = at->second;
        }
        if (!everywhere) continue;
        for (std::size_t s = 0; s < samples.size(); ++s) columns[s].push_back(found[s]);
    }
    return columns;
}

/// What align_genes does.
template <class Column = Index, class Samples>
[[nodiscard]] GeneAlignment aligned_genes(const Samples& samples) {
    require(!samples.empty(), "align_genes: no samples given");
    std::vector<decltype(samples.front().ids)> ids, symbols;
    for (const auto& sample : samples) {
        std::unordered_map<std::string_view, Column> seen;
        for (std::size_t j = 0; j < sample.ids.size(); ++j) {
            const auto [at, added] = seen.emplace(sample.ids[j], static_cast<Index>(j));
            require<BadData>(added, sample.sample, ": gene '", sample.ids[j],
                             "' stands twice, in columns ", at->second, " and ", j,
                             " (numbered from 0); merge or remove one");
        }
        ids.push_back(sample.ids);
        symbols.push_back(sample.symbols.empty() ? sample.ids : sample.symbols);
    }
    GeneAlignment by_id{match_names(ids), false};
    GeneAlignment by_symbol{match_names(symbols), true};
    // ids are the safer name: symbols must find clearly more
    auto& best =
        by_symbol.columns.front().size() > 2 * by_id.columns.front().size() ? by_symbol : by_id;
    if (best.columns.front().empty()) {
        std::string examples;
        for (const auto& sample : samples)
            examples +=
                text(examples.empty() ? "" : ", ", sample.sample, " has '",
                     sample.ids.empty() ? std::string("no genes") : sample.ids.front(), "'");
        throw BadData(text("the samples have no gene in common, neither by id nor by symbol (",
                           examples, "); use the same species and kind of gene id"));
    }
    return std::move(best);
}

}  // namespace detail

/// Intersects the genes of all samples by id; where that gives fewer than symbols would (ids of
/// another kind), by symbol, a sample without symbols giving its ids. Throws BadData if nothing is
/// in common, or an id stands twice in a sample.
template <class = void>
[[nodiscard]] GeneAlignment align_genes(std::span<const GeneNames> samples) {
    return detail::aligned_genes(samples);
}

}  // namespace transst
