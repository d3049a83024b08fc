#include <transst/cluster/potts.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

RowMatrix<double> random_unary(Index spots, Index clusters, std::uint64_t seed) {
    return 2 * RandomStream(seed).normal_matrix(spots, clusters);
}

/// Every edge of an undirected graph once.
double energy_by_edges(const Graph& graph, const RowMatrix<double>& unary, double beta,
                       const std::vector<Label>& labels) {
    double energy = 0;
    for (Index i = 0; i < graph.nodes(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        energy += unary(i, labels[at]);
        for (const Index j : graph.of(i))
            if (i < j && labels[at] != labels[static_cast<std::size_t>(j)]) energy += beta;
    }
    return energy;
}

/// The criterion term by term, with the responsibilities it is the expectation over.
struct DirectCriterion {
    const Graph& graph;
    const std::vector<Label>& labels;
    const RowMatrix<double>& responsibilities;

    [[nodiscard]] double operator()(double beta) const {
        double sum = 0;
        for (Index i = 0; i < graph.nodes(); ++i) {
            const auto count = agreeing(i);
            sum += responsibilities.row(i).dot(
                (beta * count.array() - std::log((beta * count.array()).exp().sum())).matrix());
        }
        return sum;
    }
    [[nodiscard]] Eigen::RowVectorXd agreeing(Index i) const {
        Eigen::RowVectorXd count = Eigen::RowVectorXd::Zero(responsibilities.cols());
        for (const Index j : graph.of(i)) count[labels[static_cast<std::size_t>(j)]] += 1;
        return count;
    }
    [[nodiscard]] detail::PseudoLikelihood gathered() const {
        detail::PseudoLikelihood out;
        for (Index i = 0; i < graph.nodes(); ++i) {
            const auto count = agreeing(i);
            out.add_agreement(responsibilities.row(i).dot(count));
            std::vector<Index> pattern;
            for (const double c : count) pattern.push_back(static_cast<Index>(c));
            out.add_pattern(pattern);
        }
        return out;
    }
};

RowMatrix<double> random_responsibilities(Index spots, Index clusters, std::uint64_t seed) {
    RowMatrix<double> r = (2 * RandomStream(seed).normal_matrix(spots, clusters)).array().exp();
    for (Index i = 0; i < spots; ++i) r.row(i) /= r.row(i).sum();
    return r;
}

}  // namespace

TEST_CASE("iterated conditional modes never raise the energy") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u, 5u);
    const double beta = GENERATE(0.0, 0.3, 1.0, 4.0);
    const Index clusters = GENERATE(1, 2, 5);
    const Graph graph =
        seed % 2 ? support::grid(9, 13) : support::random_graph(117, 4, false, seed);
    const auto unary = random_unary(117, clusters, seed);
    auto labels = support::labels(117, clusters, seed);
    CAPTURE(seed, beta, clusters);

    double before = detail::potts_energy<double>(graph, unary, beta, labels);
    CHECK(before == Approx(energy_by_edges(graph, unary, beta, labels)).epsilon(1e-12));
    // sweep by sweep, until none changes
    Index changes = 0;
    do {
        changes = detail::iterate_conditional_modes(graph, unary, beta, labels, 1);
        const double now = energy_by_edges(graph, unary, beta, labels);
        CHECK(now <= before + 1e-9);
        if (changes > 0) CHECK(now < before);
        before = now;
    } while (changes > 0);

    for (Index i = 0; i < graph.nodes(); ++i) {
        const Label own = labels[static_cast<std::size_t>(i)];
        for (Label k = 0; k < clusters; ++k) {
            auto other = labels;
            other[static_cast<std::size_t>(i)] = k;
            if (k != own) CHECK(energy_by_edges(graph, unary, beta, other) >= before - 1e-9);
        }
    }
}

TEST_CASE("iterated conditional modes: the labels of spot after spot, for any number of threads") {
    const Graph graph = support::grid(40, 60);
    const auto unary = random_unary(graph.nodes(), 4, 3);
    auto expected = support::labels(graph.nodes(), 4, 9);
    const auto start = expected;
    Index total = 0;
    for (Index sweep = 0; sweep < 3; ++sweep)
        for (Index i = 0; i < graph.nodes(); ++i) {
            const auto energy = [&](Label k) {
                double out = unary(i, k);
                for (const Index j : graph.of(i))
                    out -= 0.7 * (expected[static_cast<std::size_t>(j)] == k);
                return out;
            };
            Label& own = expected[static_cast<std::size_t>(i)];
            Label best = own;
            for (Label k = 0; k < 4; ++k)
                if (energy(k) < energy(best)) best = k;
            total += best != own;
            own = best;
        }
    for (const int threads : {1, 2}) {
        auto labels = start;
        CHECK(detail::iterate_conditional_modes(graph, unary, 0.7, labels, 3, threads) == total);
        CHECK(labels == expected);
    }
}

TEST_CASE("without a field each spot takes its own best label") {
    const auto unary = random_unary(50, 4, 8);
    auto labels = support::labels(50, 4, 8);
    detail::iterate_conditional_modes(support::grid(5, 10), unary, 0.0, labels, 10);
    for (Index i = 0; i < 50; ++i) {
        Index best = 0;
        (void)unary.row(i).minCoeff(&best);
        CHECK(labels[static_cast<std::size_t>(i)] == best);
    }
}

TEST_CASE("equal energies keep the label") {
    const RowMatrix<double> unary = RowMatrix<double>::Zero(6, 3);
    auto labels = std::vector<Label>(6, 2);
    CHECK(detail::iterate_conditional_modes(support::grid(2, 3), unary, 1.0, labels, 10) == 0);
    CHECK(labels == std::vector<Label>(6, 2));
}

TEST_CASE("pseudo-likelihood of beta, its slope and curvature") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const bool directed = GENERATE(true, false);
    const Index clusters = GENERATE(2, 5);
    const auto graph = support::random_graph(80, 5, directed, seed);
    const auto labels = support::labels(80, clusters, seed + 10);
    const auto r = random_responsibilities(80, clusters, seed + 20);
    const DirectCriterion direct{graph, labels, r};
    const auto criterion = direct.gathered();
    for (const double beta : {0.0, 0.25, 1.0, 2.5}) {
        CAPTURE(seed, beta);
        const auto [value, slope, curvature] = criterion.at(beta);
        CHECK(value == Approx(direct(beta)).epsilon(1e-11));
        const double h = 1e-4;
        const double rise = (direct(beta + h) - direct(beta - h)) / (2 * h);
        const double bend = (criterion.at(beta + h)[1] - criterion.at(beta - h)[1]) / (2 * h);
        CHECK(slope == Approx(rise).epsilon(1e-5).margin(1e-5));
        CHECK(curvature == Approx(bend).epsilon(1e-5).margin(1e-5));
        CHECK(curvature <= 0);
    }
}

TEST_CASE("beta found is the maximum") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u, 5u, 6u);
    const auto graph = support::grid(8, 10);
    auto labels = support::labels(80, 3, seed);
    // partly ordered labels, so that the best β lies inside
    detail::iterate_conditional_modes(graph, random_unary(80, 3, seed), 0.5, labels, 1);
    RowMatrix<double> r = 0.3 * random_responsibilities(80, 3, seed);
    for (Index i = 0; i < 80; ++i) r(i, labels[static_cast<std::size_t>(i)]) += 0.7;
    const DirectCriterion direct{graph, labels, r};
    const double most = 3;
    const double beta = direct.gathered().maximize(most);
    CAPTURE(seed, beta);
    CHECK(beta >= 0);
    CHECK(beta <= most);
    for (int i = 0; i <= 3000; ++i) REQUIRE(direct(beta) >= direct(most * i / 3000) - 1e-9);
    if (beta > 0 && beta < most) CHECK(std::abs(direct.gathered().at(beta)[1]) < 1e-8);

    int best = 0;
    for (int i = 1; i <= 10; ++i)
        if (direct(i / 10.0) > direct(best / 10.0) + 1e-12) best = i;
    CHECK(direct.gathered().maximize_on_grid() == best / 10.0);
    best = 0;
    for (int i = 1; i <= 10; ++i)
        if (direct(i / 20.0) > direct(best / 20.0) + 1e-12) best = i;
    CHECK(direct.gathered().maximize_on_grid(0.5) == best / 10.0);
}

TEST_CASE("beta found at the edges") {
    const auto graph = support::grid(4, 4);
    RowMatrix<double> r = RowMatrix<double>::Zero(16, 2);
    std::vector<Label> same(16, 0), checkered(16);
    for (Index i = 0; i < 16; ++i)
        checkered[static_cast<std::size_t>(i)] = static_cast<Label>((i / 4 + i) % 2);

    r.col(0).setOnes();  // all alike: more β is always better
    CHECK(DirectCriterion{graph, same, r}.gathered().maximize(3) == 3);
    CHECK(DirectCriterion{graph, same, r}.gathered().maximize(0.25) == 0.25);
    r.setZero();
    for (Index i = 0; i < 16; ++i) r(i, checkered[static_cast<std::size_t>(i)]) = 1;
    CHECK(DirectCriterion{graph, checkered, r}.gathered().maximize(3) == 0);

    // no edges at all: nothing speaks for a field
    const Graph none = Graph::from_edges(16, {});
    CHECK(DirectCriterion{none, same, r}.gathered().maximize(3) == 0);
}

TEST_CASE("a concave function's maximum, where its top is flat or rounds to nothing") {
    const auto tanh_like = [](double x) {  // log cosh turned over: flat to the last bit beyond 40
        const double e = std::exp(-2 * x), slope = 2 * e / (1 + e);
        return std::array<double, 2>{x > 40 ? 0.0 : slope, x > 40 ? 0.0 : -slope * (2 - slope)};
    };
    CHECK(detail::maximize_concave(tanh_like, 100, 60) == 100);
    const auto flat = [](double) { return std::array<double, 2>{0, 0}; };
    CHECK(detail::maximize_concave(flat, 3, 1) == 0);
    const auto hill = [](double x) { return std::array<double, 2>{2 * (1.25 - x), -2}; };
    CHECK(detail::maximize_concave(hill, 3, 0.1) == Approx(1.25).epsilon(1e-12));
}
