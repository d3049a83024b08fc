#include "support/catch.hpp"

#include <transst/simulate/potts.hpp>

#include <cmath>
#include <limits>

using namespace transst;
using support::contains;

namespace {

Index unequal_edges(const Graph& graph, const std::vector<Label>& labels) {
    Index count = 0;
    for (Index i = 0; i < graph.nodes(); ++i)
        for (const Index j : graph.of(i))
            if (i < j)
                count += labels[static_cast<std::size_t>(i)] != labels[static_cast<std::size_t>(j)];
    return count;
}

/// The labelling as a number, node 0 its lowest digit.
std::size_t number_of(const std::vector<Label>& labels, Index classes) {
    std::size_t number = 0;
    for (std::size_t i = labels.size(); i-- > 0;)
        number = number * static_cast<std::size_t>(classes) + static_cast<std::size_t>(labels[i]);
    return number;
}

/// The probability of every labelling, by enumeration.
std::vector<double> exact(const Graph& graph, Index classes, double beta) {
    const auto n = static_cast<std::size_t>(graph.nodes());
    std::size_t count = 1;
    for (std::size_t i = 0; i < n; ++i) count *= static_cast<std::size_t>(classes);
    std::vector<double> out(count);
    double total = 0;
    for (std::size_t number = 0; number < count; ++number) {
        std::vector<Label> labels(n);
        std::size_t rest = number;
        for (Label& label : labels) {
            label = static_cast<Label>(rest % static_cast<std::size_t>(classes));
            rest /= static_cast<std::size_t>(classes);
        }
        total += out[number] = std::exp(-beta * static_cast<double>(unequal_edges(graph, labels)));
    }
    for (double& chance : out) chance /= total;
    return out;
}

/// Standard deviations by which Pearson's χ² of many independent chains exceeds its mean. The
/// labellings of each number of unequal edges are counted as one where few are expected.
void check_against_enumeration(const Graph& graph, Index classes, double beta,
                               PottsSampler sampler) {
    const auto chances = exact(graph, classes, beta);
    constexpr int chains = 8000;
    const PottsField field{{.classes = classes, .beta = beta, .sweeps = 25, .sampler = sampler}};
    std::vector<double> seen(chances.size(), 0);
    for (std::uint64_t seed = 1; seed <= chains; ++seed)
        ++seen[number_of(field.simulate(graph, {.seed = seed}), classes)];
    double statistic = 0, rare_expected = 0, rare_seen = 0;
    int cells = 0;
    for (std::size_t c = 0; c < chances.size(); ++c) {
        const double expected = chains * chances[c];
        if (expected < 4) {
            rare_expected += expected;
            rare_seen += seen[c];
            continue;
        }
        statistic += (seen[c] - expected) * (seen[c] - expected) / expected;
        ++cells;
    }
    if (rare_expected > 4) {
        statistic += (rare_seen - rare_expected) * (rare_seen - rare_expected) / rare_expected;
        ++cells;
    }
    CAPTURE(statistic, cells, rare_seen, rare_expected);
    CHECK(cells >= 8);
    CHECK(std::abs(statistic - cells) < 4.5 * std::sqrt(2.0 * cells));

    double mean = 0, expected_mean = 0, expected_square = 0;
    for (std::size_t c = 0; c < chances.size(); ++c) {
        std::vector<Label> labels(static_cast<std::size_t>(graph.nodes()));
        std::size_t rest = c;
        for (Label& label : labels) {
            label = static_cast<Label>(rest % static_cast<std::size_t>(classes));
            rest /= static_cast<std::size_t>(classes);
        }
        const auto energy = static_cast<double>(unequal_edges(graph, labels));
        mean += energy * seen[c] / chains;
        expected_mean += energy * chances[c];
        expected_square += energy * energy * chances[c];
    }
    const double deviation = std::sqrt((expected_square - expected_mean * expected_mean) / chains);
    CHECK(std::abs(mean - expected_mean) < 4 * deviation);
}

}  // namespace

TEST_CASE("both samplers draw from the Potts field, by enumeration") {
    const auto sampler = GENERATE(PottsSampler::gibbs, PottsSampler::swendsen_wang);
    CAPTURE(static_cast<int>(sampler));
    SECTION("2 x 3, two classes") {
        check_against_enumeration(square_lattice(2, 3), 2, 0.8, sampler);
    }
    SECTION("2 x 3, three classes") {
        check_against_enumeration(square_lattice(2, 3), 3, 1.0, sampler);
    }
    SECTION("3 x 3, two classes") {
        check_against_enumeration(square_lattice(3, 3), 2, 0.5, sampler);
    }
    SECTION("a graph with triangles and a node alone") {
        const std::vector<std::pair<Index, Index>> edges{{0, 1}, {1, 2}, {0, 2}, {2, 3}, {3, 4}};
        check_against_enumeration(Graph::from_edges(6, edges), 2, 0.7, sampler);
    }
}

TEST_CASE("without interaction labels are independent") {
    const auto sampler = GENERATE(PottsSampler::gibbs, PottsSampler::swendsen_wang);
    const auto labels =
        PottsField{{.classes = 5, .beta = 0, .sweeps = 2, .sampler = sampler}}.simulate(
            100, 100, {.seed = 3});
    std::vector<double> seen(5, 0);
    for (const Label label : labels) ++seen[static_cast<std::size_t>(label)];
    for (const double count : seen) CHECK(std::abs(count - 2000) < 5 * std::sqrt(1600.0));
    const auto unequal = static_cast<double>(unequal_edges(square_lattice(100, 100), labels));
    CHECK(std::abs(unequal / 19'800 - 0.8) < 0.015);
}

TEST_CASE("where Gibbs sampling freezes into domains, Swendsen-Wang orders") {
    const auto largest_share = [](PottsSampler sampler) {
        const auto labels = PottsField{{.classes = 4, .beta = 1.5, .sampler = sampler}}.simulate(
            40, 40, {.seed = 2});
        std::vector<double> seen(4, 0);
        for (const Label label : labels) ++seen[static_cast<std::size_t>(label)];
        return *std::max_element(seen.begin(), seen.end()) / 1600;
    };
    CHECK(largest_share(PottsSampler::swendsen_wang) > 0.9);
    CHECK(largest_share(PottsSampler::gibbs) < 0.8);
}

TEST_CASE("the same field for any number of threads, another for another seed") {
    const auto sampler = GENERATE(PottsSampler::gibbs, PottsSampler::swendsen_wang);
    const PottsField field{{.sweeps = 8, .sampler = sampler}};
    const auto one = field.simulate(90, 70, {.seed = 5});
    for (const int threads : {2, 7})
        CHECK(field.simulate(90, 70, {.seed = 5, .threads = threads}) == one);
    CHECK(field.simulate(90, 70, {.seed = 6}) != one);
    CHECK(field.simulate(square_lattice(90, 70), {.seed = 5}) == one);
}

TEST_CASE("a Potts field reports each sweep and stops on request") {
    std::stop_source source;
    Index reports = 0;
    RunOptions run;
    run.stop = source.get_token();
    run.progress = [&](const Progress& progress) {
        CHECK(progress.stage == "PottsField");
        CHECK(progress.iteration == ++reports);
        if (reports == 3) source.request_stop();
    };
    const auto labels = PottsField{}.simulate(10, 10, run);
    CHECK(reports == 3);
    CHECK(labels == PottsField{{.sweeps = 3}}.simulate(10, 10));
}

TEST_CASE("what a Potts field refuses") {
    const auto refused = [](PottsField field) { return field.simulate(4, 4); };
    CHECK_THROWS_WITH(refused({{.classes = 0}}), contains("classes = 0"));
    CHECK_THROWS_WITH(refused({{.beta = -1}}), contains("beta = -1"));
    CHECK_THROWS_AS(refused({{.beta = std::numeric_limits<double>::infinity()}}), InvalidArgument);
    CHECK_THROWS_AS(refused({{.beta = std::nan("")}}), InvalidArgument);
    CHECK_THROWS_WITH(refused({{.sweeps = -3}}), contains("sweeps = -3"));
    CHECK_THROWS_AS(PottsField{}.simulate(0, 4), InvalidArgument);
    Graph directed = square_lattice(3, 3);
    directed.directed = true;
    CHECK_THROWS_WITH(PottsField{}.simulate(directed), contains("symmetrized"));
    CHECK(PottsField{}.simulate(Graph{}).empty());
}
