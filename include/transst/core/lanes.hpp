// Work in parallel, with the same bits for any number of threads.
//
// Rows are cut into a number of lanes that depends on the data alone. Each lane has its own
// accumulators, and these are summed in lane order; threads only decide who walks which lane.
#pragma once

#include <transst/core/types.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace transst {

/// Number of threads meant by a RunOptions::threads value: 0 is all the machine has.
[[nodiscard]] inline int resolve_threads(int threads) {
    if (threads > 0) return threads;
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

namespace detail {

/// A caller's task by its address, so that threads are compiled once and not for every task.
class TaskRef {
public:
    template <class Task>
        requires(!std::is_same_v<std::remove_cvref_t<Task>, TaskRef>)
    TaskRef(Task&& task)
        : task_(const_cast<void*>(static_cast<const void*>(std::addressof(task)))),
          call_(
              [](void* one, Index i) { (*static_cast<std::remove_reference_t<Task>*>(one))(i); }) {}
    void operator()(Index i) const { call_(task_, i); }

private:
    void* task_;
    void (*call_)(void*, Index);
};

}  // namespace detail

/// Calls task(i) for i in [0, count) on at most `threads` threads. The order of the calls is not
/// defined. Of several exceptions the one with the lowest i is rethrown, after all threads ended.
template <class Thread = std::jthread, class Failure = std::exception_ptr>
void parallel_for(Index count, int threads, detail::TaskRef task) {
    const Index workers = std::min<Index>(count, resolve_threads(threads));
    if (workers <= 1) {
        for (Index i = 0; i < count; ++i) task(i);
        return;
    }
    std::atomic<Index> next{0};
    std::vector<Failure> failures(static_cast<std::size_t>(count));
    const auto work = [&] {
        for (Index i = next++; i < count; i = next++) {
            try {
                task(i);
            } catch (...) {
                failures[static_cast<std::size_t>(i)] = std::current_exception();
            }
        }
    };
    {
        std::vector<Thread> others;
        others.reserve(static_cast<std::size_t>(workers - 1));
        for (Index w = 1; w < workers; ++w) others.emplace_back(work);
        work();
    }
    for (const auto& failure : failures)
        if (failure) std::rethrow_exception(failure);
}

/// Contiguous ranges of rows, their number a function of the number of rows only.
class Lanes {
public:
    static constexpr Index most = 64;  ///< lanes

    /// Lanes over `rows` rows, none shorter than `shortest` (but the only one).
    explicit Lanes(Index rows, Index shortest = 512)
        : rows_(rows), count_(std::clamp<Index>(rows / std::max<Index>(1, shortest), 1, most)) {}

    [[nodiscard]] Index count() const { return count_; }  ///< number of lanes
    [[nodiscard]] Index begin(Index lane) const {
        return rows_ * lane / count_;
    }                                                                      ///< its first row
    [[nodiscard]] Index end(Index lane) const { return begin(lane + 1); }  ///< behind its last row

private:
    Index rows_;
    Index count_;
};

/// Sums per-lane values in lane order: walk(value, begin, end) fills each lane's copy of `zero`,
/// then `total += value`, as soon as the lanes before it are in: few values are held at a time.
template <class Value, class Walk>
[[nodiscard]] Value sum_lanes(const Lanes& lanes, int threads, const Value& zero, Walk&& walk) {
    std::vector<std::optional<Value>> waiting(static_cast<std::size_t>(lanes.count()));
    std::optional<Value> total;
    std::size_t summed = 0;
    std::mutex sums;
    parallel_for(lanes.count(), threads, [&](Index lane) {
        Value part = zero;
        walk(part, lanes.begin(lane), lanes.end(lane));
        const std::lock_guard lock(sums);
        waiting[static_cast<std::size_t>(lane)] = std::move(part);
        for (; summed < waiting.size() && waiting[summed]; ++summed) {
            if (total)
                *total += *waiting[summed];
            else
                total = std::move(waiting[summed]);
            waiting[summed].reset();
        }
    });
    return std::move(*total);
}

}  // namespace transst
