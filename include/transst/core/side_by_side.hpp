// Independent fits of one kind: side by side, each on one thread, or one after the other on all.
#pragma once

#include <transst/core/lanes.hpp>
#include <transst/core/run.hpp>

namespace transst::detail {

/// Calls fit(i, inner) for i in [0, count), which returns what to report of it as `stage`, or
/// nothing where it was not done. rows: that each fit sweeps over; few have too little to do for
/// several threads. The same bits either way.
template <class Fit>
void side_by_side(std::string_view stage, Index count, Index rows, const RunOptions& run,
                  Fit&& fit) {
    const bool beside = rows <= 20'000;
    const RunOptions inner{.seed = run.seed, .threads = beside ? 1 : run.threads, .stop = run.stop};
    std::mutex reporting;
    Index done = 0;
    parallel_for(count, beside ? run.threads : 1, [&](Index i) {
        const std::optional<double> objective = fit(i, inner);
        const std::lock_guard lock(reporting);
        if (objective) run.report(stage, ++done, count, *objective);
    });
}

}  // namespace transst::detail
