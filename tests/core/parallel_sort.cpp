#include "support/catch.hpp"

#include <transst/core/parallel_sort.hpp>
#include <transst/core/random.hpp>

#include <functional>

using namespace transst;

TEST_CASE("sorting on several threads is sorting") {
    const Index n = GENERATE(0, 1, 7, 5000, 32'767, 32'768, 100'003);
    const Index values = GENERATE(3, 1'000'000);
    const int threads = GENERATE(1, 2, 7);
    CAPTURE(n, values, threads);
    RandomStream random(4);
    // many equal values; the second number makes the order total
    std::vector<std::pair<Index, Index>> found;
    for (Index i = 0; i < n; ++i) found.emplace_back(random.below(values), i);
    auto expected = found;
    std::sort(expected.begin(), expected.end());
    parallel_sort(found, threads, std::less<>());
    CHECK(found == expected);
    std::sort(expected.begin(), expected.end(), std::greater<>());
    parallel_sort(found, threads, std::greater<>());
    CHECK(found == expected);
}
