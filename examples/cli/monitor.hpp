// What is seen of the program while it works, and what Ctrl-C does to it.
#pragma once

#include <transst/core/run.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace transst_program {

/// Ended by the user before its time; what was written is said in words. Exit code 130.
struct Interrupted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// From now on what ends the program (Ctrl-C, kill, a closed terminal) leaves no half-written file.
void end_cleanly();

/// How much is said on stderr.
enum class Show {
    nothing,
    line,       ///< one line, rewritten, from the first second on; only where stderr is a terminal
    everything  ///< a line for each stage and iteration
};

/// Shows the stages of a computation until it goes out of scope, which leaves an empty line.
class Monitor {
public:
    explicit Monitor(Show show);
    ~Monitor();
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    /// Shows nothing more, and gives Ctrl-C back.
    void end();

    /// A stage that says nothing about itself.
    void begin(std::string_view stage) { see({.stage = stage}); }

    /// For what is to be shown, and stopped where take_interrupts() was called.
    [[nodiscard]] transst::RunOptions run(std::uint64_t seed, int threads);

    /// From now on Ctrl-C asks the fit to stop; a second one ends the program at once.
    void take_interrupts();
    [[nodiscard]] bool interrupted() const { return stop_.stop_requested(); }

private:
    using Clock = std::chrono::steady_clock;

    void see(const transst::Progress& report);
    void watch(const std::stop_token& end);
    [[nodiscard]] std::string line() const;
    [[nodiscard]] std::size_t columns() const;

    const Show show_;
    const bool terminal_;
    const Clock::time_point begun_ = Clock::now();
    std::stop_source stop_;
    bool armed_ = false;

    std::mutex mutex_;  // of what follows
    std::condition_variable_any wake_;
    std::string stage_;
    transst::Index iteration_ = 0, limit_ = 0;
    Clock::time_point stage_begun_ = begun_;
    bool drawn_ = false;

    std::jthread watcher_;  // the last to begin and the first to end
};

}  // namespace transst_program
