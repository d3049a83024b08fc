#include "support/catch.hpp"

#include <transst/core/side_by_side.hpp>

using namespace transst;

TEST_CASE("fits over few rows run side by side, each on one thread, others on all") {
    const bool few = GENERATE(false, true);
    const int threads = GENERATE(1, 3);
    std::vector<Progress> heard;
    RunOptions run{.seed = 9, .threads = threads};
    run.progress = [&](const Progress& report) { heard.push_back(report); };
    std::vector<int> done(10, 0);
    std::vector<RunOptions> given(10);
    detail::side_by_side("stage", 10, few ? 100 : 1'000'000, run,
                         [&](Index i, const RunOptions& inner) -> std::optional<double> {
                             given[static_cast<std::size_t>(i)] = inner;
                             ++done[static_cast<std::size_t>(i)];
                             if (i == 4) return std::nullopt;
                             return static_cast<double>(i);
                         });
    CHECK(done == std::vector<int>(10, 1));
    for (const auto& inner : given) {
        CHECK(inner.seed == 9);
        CHECK(inner.threads == (few ? 1 : threads));
        CHECK_FALSE(inner.progress);
    }
    REQUIRE(heard.size() == 9);  // nothing of the one that was not done
    double sum = 0;
    for (std::size_t i = 0; i < heard.size(); ++i) {
        CHECK(heard[i].stage == "stage");
        CHECK(heard[i].iteration == static_cast<Index>(i) + 1);
        CHECK(heard[i].limit == 10);
        sum += heard[i].objective;
    }
    CHECK(sum == 41);
}
