#include "support/catch.hpp"

#include <transst/core/lanes.hpp>
#include <transst/core/random.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <set>
#include <stdexcept>

using namespace transst;

TEST_CASE("lanes cut the rows into contiguous ranges") {
    const Index rows = GENERATE(0, 1, 5, 511, 512, 1023, 1024, 40'000, 1'000'003);
    const Index shortest = GENERATE(1, 16, 512);
    const Lanes lanes(rows, shortest);
    CAPTURE(rows, shortest);
    CHECK(lanes.count() >= 1);
    CHECK(lanes.count() <= Lanes::most);
    CHECK(lanes.begin(0) == 0);
    CHECK(lanes.end(lanes.count() - 1) == rows);
    for (Index lane = 0; lane < lanes.count(); ++lane) {
        CHECK(lanes.end(lane) - lanes.begin(lane) >= (lanes.count() == 1 ? 0 : shortest));
        if (lane > 0) CHECK(lanes.begin(lane) == lanes.end(lane - 1));
    }
}

TEST_CASE("every task is done once") {
    const Index count = GENERATE(0, 1, 2, 7, 1000);
    const int threads = GENERATE(0, 1, 2, 7, 50);
    std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));
    parallel_for(count, threads, [&](Index i) { ++done[static_cast<std::size_t>(i)]; });
    for (const auto& times : done) CHECK(times == 1);
}

TEST_CASE("no more threads than asked for, and so many") {
    std::mutex guard;
    std::set<std::thread::id> seen;
    std::atomic<int> arrived{0};
    // Each of three waits for the others, so that three threads must be there.
    parallel_for(3, 3, [&](Index) {
        ++arrived;
        while (arrived < 3) std::this_thread::yield();
        const std::scoped_lock lock(guard);
        seen.insert(std::this_thread::get_id());
    });
    CHECK(seen.size() == 3);
    CHECK(seen.count(std::this_thread::get_id()) == 1);

    seen.clear();
    parallel_for(100, 1, [&](Index) { seen.insert(std::this_thread::get_id()); });
    CHECK(seen == std::set<std::thread::id>{std::this_thread::get_id()});
    CHECK(resolve_threads(3) == 3);
    CHECK(resolve_threads(0) >= 1);
}

TEST_CASE("of several exceptions the first in order is thrown") {
    const int threads = GENERATE(1, 2, 7);
    std::atomic<int> finished{0};
    const auto run = [&] {
        parallel_for(64, threads, [&](Index i) {
            if (i % 10 == 3) throw std::runtime_error("task " + std::to_string(i));
            ++finished;
        });
    };
    CHECK_THROWS_WITH(run(), "task 3");
    if (threads > 1) CHECK(finished == 57);
}

TEST_CASE("sums have the same bits for any number of threads") {
    // Of very different sizes, so that another order would show.
    RandomStream random(1);
    Vector<double> x(50'000);
    for (double& value : x) value = random.normal() * std::exp(20 * random.normal());
    const auto sum = [&](int threads) {
        return sum_lanes(Lanes(x.size()), threads, 0.0, [&](double& part, Index begin, Index end) {
            part += x.segment(begin, end - begin).sum();
        });
    };
    const double one = sum(1);
    CHECK(one == Approx(x.sum()).epsilon(1e-12));
    for (const int threads : {2, 3, 7})
        for (int again = 0; again < 5; ++again) CHECK(sum(threads) == one);
}

TEST_CASE("lanes start from the given zero and add up in order") {
    const auto words = sum_lanes(Lanes(1000, 100), 3, std::string("|"),
                                 [](std::string& part, Index begin, Index end) {
                                     part += std::to_string(begin) + "-" + std::to_string(end);
                                 });
    CHECK(words ==
          "|0-100|100-200|200-300|300-400|400-500|500-600|600-700|700-800|800-900|900-1000");
}

TEST_CASE("values of lanes are added in lane order, whoever is done first") {
    const Index rows = GENERATE(0, 1, 40'000);
    const int threads = GENERATE(1, 2, 7);
    const Lanes lanes(rows);
    struct Words {
        std::string text;
        Words& operator+=(const Words& other) {
            text += other.text;
            return *this;
        }
    };
    const auto found =
        sum_lanes(lanes, threads, Words{"|"}, [](Words& words, Index begin, Index end) {
            if (begin == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
            words.text += std::to_string(begin) + "-" + std::to_string(end);
        });
    std::string expected;
    for (Index lane = 0; lane < lanes.count(); ++lane)
        expected += "|" + std::to_string(lanes.begin(lane)) + "-" + std::to_string(lanes.end(lane));
    CHECK(found.text == expected);
}
