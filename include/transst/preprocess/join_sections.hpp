// Several samples as one of several sections: their regions are then sought together.
#pragma once

#include <transst/core/run.hpp>
#include <transst/core/sort.hpp>
#include <transst/matrix/subset.hpp>
#include <transst/preprocess/align_genes.hpp>
#include <transst/preprocess/sample.hpp>

#include <algorithm>
#include <tuple>

namespace transst {
namespace detail {

/// As the sweep sees an expression matrix of any type.
template <class Expression>
using RowsOf = std::remove_cvref_t<decltype(as_rows(std::declval<const Expression&>()))>;

/// Parts that differ in size have no place in a joined sample.
template <class Expression>
void check_parts(const Sample<Expression>& sample) {
    const auto fits = [&](Index count, Index size, bool may_lack, const char* what) {
        require<ShapeMismatch>(count == size || (count == 0 && may_lack),
                               "join_sections: ", sample.name, " has ", count, " ", what,
                               ", its expression ", sample.rows(), " rows and ", sample.cols(),
                               " columns");
    };
    fits(std::ssize(sample.genes), sample.cols(), false, "genes");
    fits(std::ssize(sample.symbols), sample.cols(), true, "symbols");
    fits(std::ssize(sample.barcodes), sample.rows(), true, "barcodes");
    fits(std::ssize(sample.labels), sample.rows(), true, "labels");
    fits(std::ssize(sample.sections), sample.rows(), true, "sections");
    fits(sample.coordinates.rows(), sample.rows(), true, "rows of coordinates");
}

/// Throws what join_sections does.
template <class Expression>
void check_joinable(const std::vector<Sample<Expression>>& samples) {
    require(!samples.empty(), "join_sections: there are no samples");
    const auto& first = samples.front();
    for (auto at = samples.begin(); at != samples.end(); ++at) {
        check_parts(*at);
        require<BadData>(at->rows() > 0, "join_sections: ", at->name, " has no rows");
        require(std::none_of(samples.begin(), at,
                             [&](const auto& other) { return other.name == at->name; }),
                "join_sections: two samples are called '", at->name, "'; name each of them");
        require<BadData>(at->values == first.values, "join_sections: one of '", first.name,
                         "' and '", at->name,
                         "' holds counts, the other log expression; give the same of both");
        require<ShapeMismatch>(at->coordinates.rows() == 0 || first.coordinates.rows() == 0 ||
                                   at->coordinates.cols() == first.coordinates.cols(),
                               "join_sections: the coordinates of ", first.name, " have ",
                               first.coordinates.cols(), " columns, those of ", at->name, " ",
                               at->coordinates.cols());
    }
}

/// Columns in rising order within each row.
template <class Value, class Entry = std::pair<std::int32_t, Value>>
void sort_columns(OwnedSparseBlock<Value>& block) {
    std::vector<Entry> row;
    for (std::size_t i = 0; i + 1 < block.starts.size(); ++i) {
        const auto begin = static_cast<std::size_t>(block.starts[i]),
                   end = static_cast<std::size_t>(block.starts[i + 1]);
        row.clear();
        for (std::size_t e = begin; e < end; ++e)
            row.emplace_back(block.columns[e], block.values[e]);
        detail::sort(row.begin(), row.end());
        for (std::size_t e = begin; e < end; ++e)
            std::tie(block.columns[e], block.values[e]) = row[e - begin];
    }
}

/// Writes the sample's name before words that two samples share, and then before all.
template <class Words, class Sizes, class Names,
          class Seen = std::pair<std::string_view, std::size_t>>
void tell_apart(Words& words, const Sizes& sizes, const Names& names) {
    std::vector<Seen> seen;  // word, sample
    std::size_t at = 0;
    for (std::size_t s = 0; s < sizes.size() && !words.empty(); ++s)
        for (Index i = 0; i < sizes[s]; ++i) seen.emplace_back(words[at++], s);
    detail::sort(seen.begin(), seen.end());
    const auto shared = [](const auto& a, const auto& b) {
        return a.first == b.first && a.second != b.second;
    };
    if (std::adjacent_find(seen.begin(), seen.end(), shared) == seen.end()) return;
    at = 0;
    for (std::size_t s = 0; s < sizes.size(); ++s)
        for (Index i = 0; i < sizes[s]; ++i, ++at) words[at] = names[s] + ":" + words[at];
}

}  // namespace detail

/// Samples of n_s cells or spots × p_s genes as one of Σ n_s × the genes that all of them have, by
/// the ids (by symbols where twice as many of those agree) and in the order of the first; symbols
/// are those of the first that has them. A sample without sections is one, called as itself. Where
/// two samples share the name of a section, or a barcode, all become "sample:section" or
/// "sample:barcode". Barcodes and coordinates are kept where every sample has them, labels where
/// one has ("NA" elsewhere). Entries are copied, beyond run.matrix_bytes to a scratch file; those
/// of a sample are let go once they are, so that samples that are moved here are never all there
/// twice. Throws InvalidArgument where there are no samples or two of one name; ShapeMismatch where
/// parts of a sample differ in size, or coordinates in dimensions; BadData for counts beside log
/// expression, a sample without rows, or no gene in common; Stopped.
///
///     const auto both = transst::join_sections(std::vector{anterior, posterior});
template <class Expression, class Rows = detail::RowsOf<Expression>>
[[nodiscard]] Sample<detail::Compact<Rows>> join_sections(std::vector<Sample<Expression>> samples,
                                                          const RunOptions& run = {}) {
    detail::check_joinable(samples);
    const StopCheck go_on(run, "join_sections");
    std::vector<GeneNames> genes;
    std::vector<std::string> names;
    std::vector<Index> sizes;
    Index rows = 0;
    bool barcodes = true, places = true, labels = false;
    for (const auto& sample : samples) {
        genes.push_back({sample.genes, sample.symbols, sample.name});
        names.push_back(sample.name);
        sizes.push_back(sample.rows());
        rows += sample.rows();
        barcodes = barcodes && !sample.barcodes.empty();
        places = places && sample.coordinates.rows() > 0;
        labels = labels || !sample.labels.empty();
    }
    const GeneAlignment aligned = detail::aligned_genes(genes);

    Sample<detail::Compact<Rows>> out;
    out.name = detail::in_words(names);
    out.values = samples.front().values;
    out.expression = detail::compact_for<Rows>(rows, std::ssize(aligned.columns.front()), run);
    if (places) out.coordinates.resize(rows, samples.front().coordinates.cols());
    Index first = 0;
    for (std::size_t s = 0; s < samples.size(); ++s) {
        auto& sample = samples[s];
        const auto& columns = aligned.columns[s];
        const auto of_columns = [&](const auto& words, auto& to) {
            if (!to.empty() || words.empty()) return;
            for (const Index j : columns) to.push_back(words[static_cast<std::size_t>(j)]);
        };
        of_columns(sample.genes, out.genes);
        of_columns(sample.symbols, out.symbols);
        {
            const Rows own = as_rows(sample.expression);
            const GeneSubset<Rows> chosen(own, columns);
            const bool rising = std::is_sorted(columns.begin(), columns.end());
            detail::copy_rows(chosen, out.expression, first, rows, [&](auto& block) {
                go_on();
                if constexpr (!detail::gives_dense<Rows>)
                    if (!rising) detail::sort_columns(block);
            });
        }
        sample.expression = Expression{};
        for (Index i = 0; i < sizes[s]; ++i) {
            const auto at = static_cast<std::size_t>(i);
            out.sections.push_back(sample.sections.empty() ? names[s] : sample.sections[at]);
            if (labels) out.labels.push_back(sample.labels.empty() ? "NA" : sample.labels[at]);
        }
        if (barcodes)
            out.barcodes.insert(out.barcodes.end(), sample.barcodes.begin(), sample.barcodes.end());
        if (places) out.coordinates.middleRows(first, sizes[s]) = sample.coordinates;
        first += sizes[s];
    }
    detail::tell_apart(out.barcodes, sizes, names);
    detail::tell_apart(out.sections, sizes, names);
    return out;
}

}  // namespace transst
