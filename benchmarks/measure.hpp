// How a figure is taken: each benchmark in a process of its own, beside its limit.
#pragma once

#include <transst/core/types.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace transst_bench {

/// What was measured, and what it is held against; ratio = figure / limit, 1 is perfect.
struct Line {
    std::string name;
    double figure = 0;
    std::string unit;
    double limit = 0;
    int threads = 1;
};

struct Settings {
    std::string data{};  ///< folder of real sections; empty: none
    bool quick = false;
    int threads = 2;
};

struct Benchmark {
    const char *name, *what;
    std::function<std::vector<Line>(const Settings&)> run;
};

/// Seconds of the fastest of several calls.
template <class Call>
[[nodiscard]] double seconds(Call&& call, int repeats = 3) {
    double best = 1e300;
    for (int r = 0; r < repeats; ++r) {
        const auto begin = std::chrono::steady_clock::now();
        call();
        best = std::min(
            best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    return best;
}

/// Keeps a result from being optimised away.
template <class Value>
void keep(const Value& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

/// What a child process left behind.
struct Child {
    std::string printed;
    double peak_mb = 0;
    bool sound = false;
};

/// Runs print(file) in a child process, whose peak memory is then its own.
template <class Print>
[[nodiscard]] Child in_child(const char* name, Print&& print) {
    Child out;
    int channel[2];
    if (::pipe(channel) != 0) return out;
    std::cout.flush();
    const pid_t child = ::fork();
    if (child < 0) return out;
    if (child == 0) {
        ::close(channel[0]);
        int status = 0;
        try {
            std::FILE* to = ::fdopen(channel[1], "w");
            print(to);
            std::fclose(to);
        } catch (const std::exception& e) {
            std::cerr << "transst_bench: " << name << ": " << e.what() << '\n';
            status = 1;
        }
        ::_exit(status);
    }
    ::close(channel[1]);
    char buffer[4096];
    for (ssize_t got; (got = ::read(channel[0], buffer, sizeof buffer)) > 0;)
        out.printed.append(buffer, static_cast<std::size_t>(got));
    ::close(channel[0]);
    int status = 0;
    rusage usage{};
    ::wait4(child, &status, 0, &usage);
    out.peak_mb = static_cast<double>(usage.ru_maxrss) / 1024;
    out.sound = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return out;
}

/// Runs a benchmark in a process of its own; print(line, peak MB) is called for each of its lines.
/// False where it failed.
template <class Print>
[[nodiscard]] bool in_own_process(const Benchmark& benchmark, const Settings& settings,
                                  Print&& print) {
    const Child child = in_child(benchmark.name, [&](std::FILE* to) {
        for (const Line& line : benchmark.run(settings))
            std::fprintf(to, "%.17g\t%.17g\t%d\t%s\t%s\n", line.figure, line.limit, line.threads,
                         line.unit.c_str(), line.name.c_str());
    });
    const std::string& text = child.printed;
    std::size_t at = 0;
    for (std::size_t end; (end = text.find('\n', at)) != text.npos; at = end + 1) {
        Line line;
        int used = 0;
        const std::string row = text.substr(at, end - at);
        char unit[64];
        if (std::sscanf(row.c_str(), "%lg\t%lg\t%d\t%63[^\t]\t%n", &line.figure, &line.limit,
                        &line.threads, unit, &used) != 4)
            continue;
        line.unit = unit;
        line.name = row.substr(static_cast<std::size_t>(used));
        print(line, child.peak_mb);
    }
    return child.sound;
}

}  // namespace transst_bench
