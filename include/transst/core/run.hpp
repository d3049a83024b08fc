// How a computation is run, apart from what it computes.
#pragma once

#include <transst/core/errors.hpp>
#include <transst/core/types.hpp>

#include <cstdint>
#include <ctime>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>

namespace transst {

/// One report from inside a fit.
struct Progress {
    std::string_view stage;  ///< the estimator's name, or the step's
    Index iteration = 0;     ///< iterations done; 0: the stage begins
    Index limit = 0;         ///< at most so many; 0: it has none
    double objective = 0;    ///< the objective after this iteration
};

/// Passed to every fit. The result is the same, bit for bit, for any number of threads.
struct RunOptions {
    std::uint64_t seed = 1;  ///< of every random choice
    int threads = 1;         ///< at most so many threads; 0: as many as the machine has
    std::function<void(const Progress&)> progress{};  ///< called by one thread at a time
    std::stop_token stop{};  ///< on request, a fit returns its best state after the iteration;
                             ///< what has none (Prepare, graphs, Markers) throws Stopped
    std::int64_t matrix_bytes = 0;  ///< of one prepared sparse matrix in memory; what is beyond
                                    ///< goes to a scratch file. 0: all stays in memory
    std::string scratch{};          ///< folder of such files; empty: the system's, as TMPDIR says

    /// Calls progress, where there is one.
    void report(std::string_view stage, Index iteration, Index limit, double objective) const {
        if (progress) progress({stage, iteration, limit, objective});
    }
    /// Reports that a stage begins.
    void begin(std::string_view stage) const { report(stage, 0, 0, 0); }
};

/// For work of which a part is of no use: throws Stopped once a stop is requested. What was
/// requested before it began is left to the fits, which then return what they have at once.
class StopCheck {
public:
    /// The work begins.
    StopCheck(const RunOptions& run, std::string_view who)
        : stop_(run.stop.stop_requested() ? std::stop_token{} : run.stop), who_(who) {}

    /// Between its parts, on any thread.
    template <class = void>
    void operator()() const {
        require<Stopped>(!stop_.stop_requested(), who_, ": stopped on request");
    }

private:
    std::stop_token stop_;
    std::string_view who_;
};

/// Wall-clock time of a step.
struct StepTime {
    std::string step;    ///< its name
    double seconds = 0;  ///< it took
};

namespace detail {

/// Seconds on a clock that never goes back. <chrono> costs a compiler more than all of this header.
[[nodiscard]] inline double clock_seconds() {
    std::timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace detail

/// Times steps that follow one another.
class StepClock {
public:
    /// Ends the step that has run since the last call, or since the beginning.
    template <class = void>
    void end(std::string step) {
        const double now = detail::clock_seconds();
        times_.push_back({std::move(step), now - last_});
        last_ = now;
    }
    /// Of the steps ended so far.
    [[nodiscard]] const std::vector<StepTime>& times() const { return times_; }

private:
    double last_ = detail::clock_seconds();
    std::vector<StepTime> times_;
};

}  // namespace transst
