// How a computation is run, apart from what it computes.
#pragma once

#include <transst/core/types.hpp>

#include <cstdint>
#include <functional>
#include <stop_token>

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

}  // namespace transst
