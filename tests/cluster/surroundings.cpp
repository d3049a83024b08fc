#include <transst/cluster/surroundings.hpp>
#include <transst/simulate/potts.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

/// Mean of log P(y_i) − log f_i by the definition, at the best of the same values of a.
double told(const std::vector<std::vector<Index>>& around, const std::vector<Label>& labels) {
    const auto n = static_cast<double>(labels.size());
    double best = -1e300;
    for (int power = -10; power <= 10; ++power) {
        const double a = std::pow(2.0, power);
        double sum = 0;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const auto same = [&](Index j) {
                return labels[static_cast<std::size_t>(j)] == labels[i];
            };
            const double f = static_cast<double>(
                                 std::count(labels.begin(), labels.end(), labels[i])) /
                             n,
                         alike = static_cast<double>(
                             std::count_if(around[i].begin(), around[i].end(), same)),
                         all = static_cast<double>(around[i].size());
            sum += std::log((alike + a * f) / (all + a)) - std::log(f);
        }
        best = std::max(best, sum / n);
    }
    return best;
}

/// Labels of a grid whose left half is of kind 0 with this probability, its right half of kind 1.
std::vector<Label> halves(Index side, double share, std::uint64_t seed) {
    RandomStream random(seed);
    std::vector<Label> labels;
    for (Index i = 0; i < side * side; ++i) {
        const bool left = i % side < side / 2, own = random.uniform() < share;
        labels.push_back(left == own ? 0 : 1);
    }
    return labels;
}

}  // namespace

TEST_CASE("what surroundings tell is as defined") {
    const Graph graph = support::grid(7, 9);
    const auto labels = support::labels(graph.nodes(), 3, 4);
    std::vector<std::vector<Index>> near, far;
    for (Index i = 0; i < graph.nodes(); ++i) {
        near.emplace_back(graph.of(i).begin(), graph.of(i).end());
        far.emplace_back();
        for (const Index j : graph.of(i))
            for (const Index l : graph.of(j))
                if (l != i) far.back().push_back(l);
    }
    for (const int threads : {1, 2}) {
        const auto found = surroundings(labels, 3, graph, {.threads = threads});
        CHECK(found.near == Approx(told(near, labels)).epsilon(1e-12));
        CHECK(found.far == Approx(told(far, labels)).epsilon(1e-12));
        CHECK(found.error > 0);
    }
}

TEST_CASE("mixtures of kinds are told from regions of one kind each, and from a Potts field") {
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
        CAPTURE(seed);
        const Graph graph = support::grid(60, 60);
        CHECK(surroundings(halves(60, 0.75, seed), 2, graph).mixed());
        CHECK_FALSE(surroundings(halves(60, 1, seed), 2, graph).mixed());
        CHECK_FALSE(surroundings(halves(60, 0.5, seed), 2, graph).mixed());
        for (const double beta : {0.4, 0.8, 1.2}) {
            CAPTURE(beta);
            const auto labels =
                PottsField{{.classes = 3, .beta = beta}}.simulate(60, 60, {.seed = seed});
            CHECK_FALSE(surroundings(labels, 3, graph).mixed());
        }
    }
}

TEST_CASE("surroundings of few spots, and bad ones") {
    const Graph apart = Graph::from_edges(3, {});
    const std::vector<Label> labels{0, 1, 0};
    CHECK(surroundings(labels, 2, apart).near == 0);
    CHECK_FALSE(surroundings(labels, 2, apart).mixed());
    CHECK_FALSE(surroundings(std::vector<Label>{}, 2, Graph{}).mixed());
    CHECK_THROWS_AS(surroundings(labels, 2, support::grid(2, 2)), ShapeMismatch);
    CHECK_THROWS_WITH(surroundings(labels, 1, apart),
                      support::contains("label 1 is not in [0, 1)"));
    Graph directed = apart;
    directed.directed = true;
    CHECK_THROWS_WITH(surroundings(labels, 2, directed), support::contains("symmetrise"));
}
