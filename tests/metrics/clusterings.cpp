#include "support/catch.hpp"

#include <transst/core/random.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/metrics/confusion.hpp>
#include <transst/metrics/normalized_mutual_information.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace transst;
using support::contains;

namespace {

using Labels = std::vector<Label>;

/// By the definition: pairs of spots that are together or apart in both.
double plain_rand_index(const Labels& a, const Labels& b) {
    double both = 0, first = 0, second = 0, all = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (a[i] == left_out || b[i] == left_out || a[j] == left_out || b[j] == left_out)
                continue;
            const bool in_a = a[i] == a[j], in_b = b[i] == b[j];
            both += in_a && in_b;
            first += in_a;
            second += in_b;
            all += 1;
        }
    }
    const double expected = first * second / all;
    return (both - expected) / ((first + second) / 2 - expected);
}

Labels random_labels(std::size_t count, Index classes, std::uint64_t seed, double missing = 0) {
    RandomStream random(seed);
    Labels out(count);
    for (Label& label : out) {
        label = static_cast<Label>(random.below(classes));
        if (random.uniform() < missing) label = left_out;
    }
    return out;
}

}  // namespace

TEST_CASE("the adjusted Rand index of known tables") {
    // scikit-learn's documentation.
    CHECK(adjusted_rand_index(Labels{0, 0, 1, 1}, Labels{1, 1, 0, 0}) == 1);
    CHECK(adjusted_rand_index(Labels{0, 0, 1, 2}, Labels{0, 0, 1, 1}) ==
          Approx(0.5714285714285714).epsilon(1e-14));
    CHECK(adjusted_rand_index(Labels{0, 0, 1, 1}, Labels{0, 1, 0, 1}) == Approx(-0.5));
    CHECK(adjusted_rand_index(Labels{0, 0, 0, 0}, Labels{0, 1, 2, 3}) == 0);
    CHECK(adjusted_rand_index(Labels{0, 0, 1, 1, 2, 2}, Labels{0, 0, 0, 1, 1, 1}) ==
          Approx(0.24242424242424243).epsilon(1e-14));
}

TEST_CASE("the adjusted Rand index is its definition's") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto a = random_labels(60, 2 + static_cast<Index>(seed % 5), seed, 0.1);
        auto b = a;
        RandomStream random(seed + 100);
        for (Label& label : b)
            if (random.uniform() < 0.4) label = static_cast<Label>(random.below(4)) - 1;
        const double index = adjusted_rand_index(a, b);
        CHECK(index == Approx(plain_rand_index(a, b)).margin(1e-13));
        CHECK(index == Approx(adjusted_rand_index(b, a)).epsilon(1e-14));
    }
}

TEST_CASE("degenerate clusterings") {
    CHECK(adjusted_rand_index(Labels{5, 5, 5}, Labels{0, 0, 0}) == 1);
    CHECK(adjusted_rand_index(Labels{0, 1, 2}, Labels{2, 0, 1}) == 1);
    CHECK(adjusted_rand_index(Labels{7}, Labels{0}) == 1);
    CHECK(adjusted_rand_index(Labels{0, 0, 0}, Labels{0, 1, 1}) == 0);
    CHECK(normalized_mutual_information(Labels{5, 5, 5}, Labels{0, 0, 0}) == 1);
    CHECK(normalized_mutual_information(Labels{0, 0, 0}, Labels{0, 1, 1}) == 0);
    CHECK(normalized_mutual_information(Labels{0, 1, 2}, Labels{2, 0, 1}) == Approx(1));

    // Spots left out of either do not count.
    CHECK(adjusted_rand_index(Labels{0, 0, 1, 1, left_out, 0}, Labels{3, 3, 2, 2, 2, left_out}) ==
          1);
    CHECK_THROWS_AS(adjusted_rand_index(Labels{0, left_out}, Labels{left_out, 1}), BadData);
    CHECK_THROWS_AS(adjusted_rand_index(Labels{}, Labels{}), BadData);
    CHECK_THROWS_WITH(adjusted_rand_index(Labels{0, 1}, Labels{0}), contains("2 spots"));
    CHECK_THROWS_AS(normalized_mutual_information(Labels{0, 1}, Labels{0}), ShapeMismatch);
}

TEST_CASE("independent clusterings score near zero, however many labels") {
    const auto a = random_labels(20'000, 7, 1), b = random_labels(20'000, 5, 2);
    CHECK(std::abs(adjusted_rand_index(a, b)) < 0.002);
    CHECK(normalized_mutual_information(a, b) < 0.002);
    // A dense table of these would have 4e10 cells.
    Labels each(200'000);
    std::iota(each.begin(), each.end(), 2'000'000'000 - 200'000);
    CHECK(adjusted_rand_index(each, each) == 1);
    CHECK(normalized_mutual_information(each, each) == Approx(1));
}

TEST_CASE("normalised mutual information of known tables") {
    CHECK(normalized_mutual_information(Labels{0, 0, 1, 1}, Labels{1, 1, 0, 0}) == Approx(1));
    CHECK(normalized_mutual_information(Labels{0, 0, 1, 1}, Labels{0, 1, 0, 1}) ==
          Approx(0).margin(1e-15));
    // I = log 2, H = 1.5 log 2 and log 2.
    CHECK(normalized_mutual_information(Labels{0, 0, 1, 2}, Labels{0, 0, 1, 1}) == Approx(0.8));
    // scikit-learn's documentation.
    CHECK(normalized_mutual_information(Labels{0, 0, 1, 1, 2, 2}, Labels{0, 0, 0, 1, 1, 1}) ==
          Approx(0.5158037429793889).epsilon(1e-14));
}

TEST_CASE("the best matching is the best of all") {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        RandomStream random(seed);
        const Index rows = 1 + random.below(6), cols = 1 + random.below(6);
        Matrix<double> gain(rows, cols);
        // Small whole numbers tie often.
        for (double& g : gain.reshaped())
            g = seed % 2 ? random.normal() : static_cast<double>(random.below(4));
        const auto match = best_matching(gain);
        REQUIRE(match.size() == static_cast<std::size_t>(rows));
        double total = 0;
        Index matched = 0;
        std::vector<int> used(static_cast<std::size_t>(cols), 0);
        for (Index i = 0; i < rows; ++i) {
            const Index j = match[static_cast<std::size_t>(i)];
            if (j < 0) continue;
            total += gain(i, j);
            ++matched;
            ++used[static_cast<std::size_t>(j)];
        }
        CHECK(matched == std::min(rows, cols));
        CHECK(*std::max_element(used.begin(), used.end()) == 1);

        const Matrix<double> wide = rows <= cols ? gain : Matrix<double>(gain.transpose());
        std::vector<Index> order(static_cast<std::size_t>(wide.cols()));
        std::iota(order.begin(), order.end(), Index{0});
        double best = -std::numeric_limits<double>::infinity();
        do {
            double sum = 0;
            for (Index i = 0; i < wide.rows(); ++i)
                sum += wide(i, order[static_cast<std::size_t>(i)]);
            best = std::max(best, sum);
        } while (std::next_permutation(order.begin(), order.end()));
        CHECK(total == Approx(best).margin(1e-12));
    }
    CHECK(best_matching(Matrix<double>(0, 0)).empty());
    CHECK_THROWS_AS(best_matching(Matrix<double>::Constant(2, 2, std::nan(""))), BadData);
}

TEST_CASE("a confusion table and who stands for whom") {
    const Labels clusters{0, 0, 0, 1, 1, 2, 2, 2, 2, left_out, 1};
    const Labels classes{1, 1, 0, 0, 0, 1, 1, 1, 3, 2, left_out};
    const auto table = confusion_table(clusters, classes);
    Matrix<Index> expected(3, 4);
    expected << 1, 2, 0, 0, 2, 0, 0, 0, 0, 3, 0, 1;
    CHECK(table.counts == expected);
    CHECK(table.total == 9);
    // Cluster 2 takes class 1, cluster 1 class 0; nothing is left for cluster 0.
    CHECK(table.match == Labels{left_out, 0, 1});
    CHECK(table.matched == 5);
    CHECK(table.accuracy() == Approx(5.0 / 9));

    const auto more = confusion_table(Labels{0, 1, 2, 2}, Labels{0, 0, 1, 1});
    CHECK(more.matched == 3);
    CHECK(std::count(more.match.begin(), more.match.end(), left_out) == 1);

    CHECK_THROWS_AS(confusion_table(Labels{0}, Labels{0, 1}), ShapeMismatch);
    CHECK_THROWS_AS(confusion_table(Labels{left_out}, Labels{0}), BadData);
    CHECK_THROWS_WITH(confusion_table(Labels{0, -7}, Labels{0, 1}), contains("spot 1"));
    CHECK_THROWS_AS(confusion_table(Labels{0, 100'000}, Labels{0, 1}), InvalidArgument);
}
