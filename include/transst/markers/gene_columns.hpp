// Expression gene by gene: the non-zeros of each gene, made from rows by a counting sort.
#pragma once

#include <transst/core/labels.hpp>
#include <transst/core/lanes.hpp>
#include <transst/core/run.hpp>
#include <transst/core/sort.hpp>
#include <transst/matrix/rows.hpp>

#include <cmath>
#include <span>

namespace transst::detail {

/// A non-zero value of one gene; of its spot only the cluster matters.
template <class Value>
struct GeneEntry {
    Value value;
    Label label;
};

/// What the values of X are kept as.
template <class X>
using GeneValue = std::conditional_t<std::is_same_v<typename X::Scalar, float>, float, double>;

/// Calls visit(gene, entries) once for every gene, in parallel; entries is a span that visit may
/// reorder: the values that are not zero of spots that are not left_out, in the order of the spots.
/// make_visit() is called once for each range of genes, so that each has work space of its own.
/// Memory: `most` entries at a time (or one gene's, if that has more). Where there are more, bands
/// of genes follow one another and x is read once for each, and once before.
/// Throws BadData for a value that is not finite, and Stopped.
template <ExpressionRows X, class MakeVisit>
void for_each_gene(const X& x, std::span<const Label> labels, Index most, const RunOptions& run,
                   std::string_view who, MakeVisit&& make_visit) {
    const auto at = [](Index i) { return static_cast<std::size_t>(i); };
    const StopCheck check(run, who);
    const Lanes lanes(x.rows());
    // For each lane of rows and each gene: first how many entries, then where the next one goes.
    std::vector<std::vector<Index>> place(at(lanes.count()));
    parallel_for(lanes.count(), run.threads, [&](Index lane) {
        check();
        auto& count = place[at(lane)];
        count.assign(at(x.cols()), 0);
        transst::for_each_entry(
            x, lanes.begin(lane), lanes.end(lane), [&](Index i, Index j, auto value) {
                require<BadData>(std::isfinite(static_cast<double>(value)), who, ": X(", i, ", ", j,
                                 ") is ", static_cast<double>(value),
                                 "; expression must be finite. Remove or impute that cell or gene");
                count[at(j)] += value != 0 && labels[at(i)] != left_out;
            });
    });

    using Entry = GeneEntry<GeneValue<X>>;
    std::vector<Entry> entries;
    std::vector<Index> starts;
    for (Index begin = 0, end = 0; begin < x.cols(); begin = end) {
        starts.assign(1, 0);
        for (Index size = 0; end < x.cols(); ++end) {
            for (const auto& count : place) size += count[at(end)];
            if (end > begin && size > most) break;
            Index next = starts.back();
            for (auto& count : place) next += std::exchange(count[at(end)], next);
            starts.push_back(next);
        }
        entries.resize(at(starts.back()));
        parallel_for(lanes.count(), run.threads, [&](Index lane) {
            check();
            auto& next = place[at(lane)];
            transst::for_each_entry(
                x, lanes.begin(lane), lanes.end(lane), [&](Index i, Index j, auto v) {
                    if (j < begin || j >= end || v == 0 || labels[at(i)] == left_out) return;
                    entries[at(next[at(j)]++)] = {static_cast<GeneValue<X>>(v), labels[at(i)]};
                });
        });
        const Lanes genes(end - begin, 16);
        parallel_for(genes.count(), run.threads, [&](Index lane) {
            auto visit = make_visit();
            for (Index g = genes.begin(lane); g < genes.end(lane); ++g) {
                check();
                visit(begin + g, std::span<Entry>(entries.data() + starts[at(g)],
                                                  at(starts[at(g) + 1] - starts[at(g)])));
            }
        });
    }
}

/// Sorts a gene's entries and calls visit(tied, below) for each of its values, in rising order, but
/// for zero: tied are the entries of that value, below is how many spots have less, `zeros`
/// counted.
template <class Entry, class Visit>
void for_each_tie(std::span<Entry> entries, Index zeros, Visit&& visit) {
    detail::sort(entries.begin(), entries.end(),
                 [](const Entry& a, const Entry& b) { return a.value < b.value; });
    for (std::size_t first = 0, last = 0; first < entries.size(); first = last) {
        while (last < entries.size() && entries[last].value == entries[first].value) ++last;
        visit(entries.subspan(first, last - first),
              static_cast<Index>(first) + (entries[first].value > 0 ? zeros : 0));
    }
}

}  // namespace transst::detail
