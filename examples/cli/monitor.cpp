#include "monitor.hpp"

#include "output_folder.hpp"

#include <transst/core/errors.hpp>
#include <transst/io/atomic_file.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

namespace transst_program {
namespace {

std::atomic<bool> asked_to_stop = false;
static_assert(std::atomic<bool>::is_always_lock_free, "it is set by a signal handler");

void end_at_once(int signal) {
    transst::remove_unfinished_files();
    remove_empty_folders();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

/// Unless it is to be ignored, as nohup and & leave it.
bool handle(int signal, void (*handler)(int)) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    if (now.sa_handler == SIG_IGN) return false;
    struct sigaction next {};
    next.sa_handler = handler;
    next.sa_flags = SA_RESTART;
    ::sigaction(signal, &next, nullptr);
    return true;
}

void write(const std::string& words) {
    std::fwrite(words.data(), 1, words.size(), stderr);
    std::fflush(stderr);
}

/// 8 s, 3 min, 2 h.
std::string rough_time(double seconds) {
    if (seconds < 99) return transst::text(std::ceil(seconds), " s");
    if (seconds < 99 * 60) return transst::text(std::ceil(seconds / 60), " min");
    return transst::text(std::ceil(seconds / 3600), " h");
}

std::string formatted(const char* format, double value) {
    std::array<char, 64> words{};
    std::snprintf(words.data(), words.size(), format, value);
    return words.data();
}

}  // namespace

void end_cleanly() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) handle(signal, end_at_once);
}

Monitor::Monitor(Show show)
    : show_(show),
      terminal_(::isatty(STDERR_FILENO) == 1),
      watcher_([this](const std::stop_token& end) { watch(end); }) {}

Monitor::~Monitor() {
    end();
}

void Monitor::end() {
    if (!watcher_.joinable()) return;
    watcher_.request_stop();
    watcher_.join();
    if (armed_) handle(SIGINT, end_at_once);
    if (drawn_) write("\r\x1b[K");
}

void Monitor::take_interrupts() {
    armed_ = handle(SIGINT, [](int signal) {
        asked_to_stop = true;
        handle(signal, end_at_once);
    });
}

transst::RunOptions Monitor::run(std::uint64_t seed, int threads) {
    return {.seed = seed,
            .threads = threads,
            .progress = [this](const transst::Progress& report) { see(report); },
            .stop = stop_.get_token()};
}

void Monitor::see(const transst::Progress& report) {
    const std::lock_guard lock(mutex_);
    if (report.stage != stage_ || report.iteration < iteration_) stage_begun_ = Clock::now();
    stage_ = report.stage;
    iteration_ = report.iteration;
    limit_ = report.limit;
    if (show_ != Show::everything) return;
    const std::chrono::duration<double> since = Clock::now() - begun_;
    std::string words = formatted("%8.2f s  ", since.count()) + stage_;
    if (limit_ > 0)
        words += transst::text(" ", iteration_, " of at most ", limit_, ", objective ") +
                 formatted("%.10g", report.objective);
    write(words + "\n");
}

void Monitor::watch(const std::stop_token& end) {
    constexpr std::chrono::milliseconds pause(100);
    constexpr std::chrono::seconds patience(1);
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, end, pause, [&] { return end.stop_requested(); })) {
        if (asked_to_stop) stop_.request_stop();
        if (show_ != Show::line || !terminal_ || Clock::now() - begun_ < patience) continue;
        write("\r" + line() + "\x1b[K");
        drawn_ = true;
    }
}

std::size_t Monitor::columns() const {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string Monitor::line() const {
    const std::chrono::duration<double> spent = Clock::now() - stage_begun_;
    std::string words = stage_;
    if (stop_.stop_requested()) words = "stopping (again: at once): " + words;
    if (limit_ > 0 && iteration_ > 0) {
        constexpr transst::Index width = 20;
        const auto full = static_cast<std::size_t>(width * iteration_ / limit_);
        const double left = spent.count() / static_cast<double>(iteration_) *
                            static_cast<double>(limit_ - iteration_);
        words += " [" + std::string(full, '#') + std::string(width - full, '.') + "] " +
                 transst::text(iteration_, "/", limit_, ", at most ") + rough_time(left) + " more";
    } else if (spent.count() >= 1) {
        words += ", " + rough_time(std::floor(spent.count()));
    }
    return words.substr(0, columns() - 1);
}

}  // namespace transst_program
