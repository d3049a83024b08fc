// How a computation is run, apart from what it computes.
#pragma once

#include <transst/core/types.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <utility>

namespace transst {

/// One report from inside a fit.
struct Progress {
    std::string_view stage;  ///< the estimator's name
    Index iteration = 0;     ///< iterations done
    Index limit = 0;         ///< at most so many
    double objective = 0;    ///< the objective after this iteration
};

/// Passed to every fit. The result is the same, bit for bit, for any number of threads.
struct RunOptions {
    std::uint64_t seed = 1;  ///< of every random choice
    int threads = 1;         ///< at most so many threads; 0: as many as the machine has
    std::function<void(const Progress&)> progress{};  ///< called from the fitting thread
    std::stop_token stop{};  ///< on request, a fit returns its best state after the iteration

    void report(std::string_view stage, Index iteration, Index limit, double objective) const {
        if (progress) progress({stage, iteration, limit, objective});
    }
};

/// Wall-clock time of a step.
struct StepTime {
    std::string step;
    double seconds = 0;
};

/// Times steps that follow one another.
class StepClock {
public:
    /// Ends the step that has run since the last call, or since the beginning.
    void end(std::string step) {
        const auto now = std::chrono::steady_clock::now();
        times_.push_back({std::move(step), std::chrono::duration<double>(now - last_).count()});
        last_ = now;
    }
    [[nodiscard]] const std::vector<StepTime>& times() const { return times_; }

private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
    std::vector<StepTime> times_;
};

}  // namespace transst
