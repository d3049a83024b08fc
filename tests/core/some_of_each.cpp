#include <transst/core/some_of_each.hpp>

#include <support/catch.hpp>

using namespace transst;

TEST_CASE("some of each: all while they are few, else a share of each class and its rare ones") {
    std::vector<Label> labels(6000, 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (i % 3 == 1) labels[i] = 1;
        if (i % 60 == 2) labels[i] = 2;  // 100 cells
        if (i % 60 == 5) labels[i] = left_out;
    }
    const auto draw = [&](Index most) {
        RandomStream random(4);
        return some_of_each(labels, 4, most, random);
    };
    const auto of_class = [&](const std::vector<Index>& cells, Label k) {
        return std::count_if(cells.begin(), cells.end(),
                             [&](Index i) { return labels[static_cast<std::size_t>(i)] == k; });
    };
    const auto all = draw(5900);
    CHECK(all.size() == 5900);
    CHECK(of_class(all, left_out) == 0);

    const auto some = draw(590);
    CHECK(std::is_sorted(some.begin(), some.end()));
    CHECK(std::adjacent_find(some.begin(), some.end()) == some.end());
    CHECK(of_class(some, 0) == 380);
    CHECK(of_class(some, 1) == 200);
    CHECK(of_class(some, 2) == 100);  // its share were 10, but it has no more than 100
    CHECK(of_class(some, 3) == 0);    // has no cells
    CHECK(of_class(some, left_out) == 0);
    CHECK(draw(590) == some);
}
