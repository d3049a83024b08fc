// Sorting on several threads.
#pragma once

#include <transst/core/lanes.hpp>
#include <transst/core/sort.hpp>

#include <algorithm>
#include <vector>

namespace transst {

/// Sorts by `less`, a total order: runs are sorted side by side, then merged in pairs, each merge
/// in parts of its own.
template <class Value, class Less>
void parallel_sort(std::vector<Value>& values, int threads, Less less) {
    constexpr Index runs = 8, shortest = 4096;
    const Index n = static_cast<Index>(values.size());
    if (n < runs * shortest) return detail::sort(values.begin(), values.end(), less);
    const auto run_begin = [&](Index run) { return n * run / runs; };
    parallel_for(runs, threads, [&](Index run) {
        detail::sort(values.begin() + run_begin(run), values.begin() + run_begin(run + 1), less);
    });
    std::vector<Value> merged(values.size());
    for (Index width = 1; width < runs; width *= 2) {
        const Value* const from = values.data();
        const Index parts = 2 * width;  // of each pair of runs
        parallel_for(runs, threads, [&](Index task) {
            const Index first = task / parts * parts, part = task % parts;
            const Index left = run_begin(first), right = run_begin(first + width),
                        end = run_begin(first + parts);
            const auto left_cut = [&](Index p) { return left + (right - left) * p / parts; };
            const auto right_cut = [&](Index p) {
                if (p == 0) return right;
                if (p == parts) return end;
                return static_cast<Index>(
                    std::lower_bound(from + right, from + end, from[left_cut(p)], less) - from);
            };
            const Index a = left_cut(part), b = right_cut(part);
            std::merge(from + a, from + left_cut(part + 1), from + b, from + right_cut(part + 1),
                       merged.data() + a + b - right, less);
        });
        values.swap(merged);
    }
}

}  // namespace transst
