#include <transst/cluster/free_gmm_mrf.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

/// Stripes of a grid in three scores, with noise that hides them.
struct Striped {
    Index side = 24, clusters = 4;
    Graph graph = support::grid(side, side);
    RowMatrix<double> scores;
    std::vector<Label> truth;

    explicit Striped(std::uint64_t seed = 2, double apart = 1.2) {
        RandomStream random(seed);
        const Index n = side * side;
        const Matrix<double> means = apart * random.normal_matrix(clusters, 3);
        scores = random.normal_matrix(n, 3);
        for (Index i = 0; i < n; ++i) {
            truth.push_back(static_cast<Label>(i / side * clusters / side));
            scores.row(i) += means.row(truth.back());
        }
    }
};

}  // namespace

TEST_CASE("mixtures drawn: the most likely first, and each that is like none of them") {
    const Striped one;
    const auto drawn = detail::drawn_mixtures(one.scores, one.clusters, 20, 200, {.seed = 3});
    REQUIRE(drawn.size() > 1);
    REQUIRE(drawn.size() < 20);
    for (std::size_t a = 0; a < drawn.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) {
            CHECK(drawn[b].log_likelihood >= drawn[a].log_likelihood);
            CHECK(adjusted_rand_index(drawn[a].labels, drawn[b].labels) < 0.95);
        }
    for (Index s = 0; s < 20; ++s) {
        const auto start = detail::mixture_start(one.scores, one.clusters, 3, s);
        CHECK(start.log_likelihood <= drawn.front().log_likelihood);
        double most = -1;
        for (const auto& kept : drawn)
            most = std::max(most, adjusted_rand_index(kept.labels, start.labels));
        CHECK(most >= 0.95);
    }
}

TEST_CASE("of the starts that differ those go on that have come furthest with the field") {
    const Striped one;
    const RunOptions run{.seed = 3};
    const auto prior = detail::weak_prior(one.scores, one.clusters, 1);
    const detail::MeanField<double> whole(one.scores, one.graph, {}, run),
        brief = whole.with({.max_iterations = 12}, run);
    std::vector<detail::MeanFieldFit<double>> begun;
    for (const auto& start : detail::drawn_mixtures(one.scores, one.clusters, 20, 200, run))
        begun.push_back(brief.fit(prior, detail::one_hot<double>(start.labels, one.clusters)));
    const auto furthest =
        std::max_element(begun.begin(), begun.end(),
                         [](const auto& a, const auto& b) { return a.objective < b.objective; });
    REQUIRE(furthest != begun.begin());  // which the mixtures without the field do not tell
    const auto expected = whole.fit(prior, furthest->responsibilities);
    const auto free = [&](Index finalists, int threads) {
        return detail::free_mixture(one.scores, one.graph, one.clusters, {.finalists = finalists},
                                    {}, {.seed = 3, .threads = threads});
    };
    const auto found = free(1, 1);
    CHECK((found.responsibilities == expected.responsibilities));
    CHECK(found.objective == expected.objective);
    CHECK((free(1, 3).responsibilities == found.responsibilities));
    const auto agreement = [&](const detail::MeanFieldFit<double>& fit) {
        return adjusted_rand_index(detail::most_likely(fit.responsibilities, 1), one.truth);
    };
    CHECK(agreement(found) > 0.9);
    CHECK(agreement(found) > agreement(whole.fit(prior, begun.front().responsibilities)) + 0.1);
    // more of them find no less
    CHECK(free(2, 1).objective >= found.objective);
    CHECK(free(20, 1).objective >= free(2, 1).objective);
}

TEST_CASE("of averaged scores the mixture that tells most of them is the best") {
    // stripes, and noise that neighbours share
    const Striped one(8, 1);
    RowMatrix<double> patches = RandomStream(3).normal_matrix(one.scores.rows(), 3);
    for (int times = 0; times < 6; ++times)
        patches = detail::average_with_neighbors(patches, one.graph);
    const RowMatrix<double> scores =
        detail::average_with_neighbors(RowMatrix<double>(one.scores + 5 * patches), one.graph);
    const double averaged = detail::averaged_over(one.graph);
    CHECK(averaged == 1 + (4.0 * 24 * 23) / (24 * 24));
    const RunOptions run{.seed = 3};
    const auto told = [&](const detail::MeanFieldFit<double>& fit) {
        return cluster_information(scores, detail::most_likely(fit.responsibilities, 1),
                                   one.clusters, {}, averaged);
    };
    const auto prior = detail::weak_prior(scores, one.clusters, 1);
    const detail::MeanField<double> whole(scores, one.graph, {}, run);
    const auto brief = whole.with({.max_iterations = 12}, run);
    double most = 0, highest = -INFINITY, told_by_highest = 0;
    for (const auto& start : detail::drawn_mixtures(scores, one.clusters, 20, 200, run)) {
        const auto fit = whole.fit(
            prior,
            brief.fit(prior, detail::one_hot<double>(start.labels, one.clusters)).responsibilities);
        most = std::max(most, told(fit));
        if (fit.objective <= highest) continue;
        highest = fit.objective;
        told_by_highest = told(fit);
    }
    REQUIRE(told_by_highest < most);  // the objective would choose another
    const auto free = [&](double over) {
        return detail::free_mixture(scores, one.graph, one.clusters,
                                    {.finalists = 20, .averaged = over}, {}, run);
    };
    CHECK(told(free(averaged)) == most);
    CHECK(free(1).objective == highest);
}
