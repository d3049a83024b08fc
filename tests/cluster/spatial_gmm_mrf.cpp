#include <transst/cluster/spatial_gmm_mrf.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>

#include <Eigen/LU>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

/// Spots of a grid cut in vertical bands of one cluster each, around means `apart` from each other.
struct Tissue {
    Tissue(Index height, Index width, Index clusters, Index factors, double apart,
           std::uint64_t seed)
        : Tissue(height, width, apart * RandomStream(seed).normal_matrix(clusters, factors), seed) {
    }

    Tissue(Index height, Index width, const Matrix<double>& means, std::uint64_t seed)
        : graph(support::grid(height, width)), scores(height * width, means.cols()) {
        RandomStream random(seed, 1);
        for (Index i = 0; i < scores.rows(); ++i) {
            const Index k = (i % width) * means.rows() / width;
            truth.push_back(static_cast<Label>(k));
            for (Index f = 0; f < scores.cols(); ++f)
                scores(i, f) = means(k, f) + random.normal() * (1 + 0.3 * static_cast<double>(k));
        }
    }

    Graph graph;
    RowMatrix<double> scores;
    std::vector<Label> truth;
};

template <class Scalar>
void check_sound(const ClusterFit<Scalar>& fit, Index spots, Index clusters) {
    REQUIRE(std::ssize(fit.labels) == spots);
    REQUIRE(fit.responsibilities.rows() == spots);
    REQUIRE(fit.clusters() == clusters);
    std::vector<Index> sizes(static_cast<std::size_t>(clusters), 0);
    for (const Label k : fit.labels) {
        REQUIRE(k >= 0);
        REQUIRE(k < clusters);
        ++sizes[static_cast<std::size_t>(k)];
    }
    CHECK(sizes == fit.sizes);
    CHECK(std::is_sorted(sizes.rbegin(), sizes.rend()));
    CHECK(fit.means.allFinite());
    CHECK(fit.responsibilities.allFinite());
    CHECK((fit.responsibilities.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-5);
    for (const auto& c : fit.covariances) CHECK(c.allFinite());
    CHECK(std::isfinite(fit.log_likelihood));
    CHECK(fit.log_likelihood == fit.trace.back());
    CHECK(std::ssize(fit.trace) == fit.iterations);
    CHECK(std::ssize(fit.beta_trace) == fit.iterations);
    CHECK(fit.beta == fit.beta_trace.back());
    CHECK(std::is_sorted(fit.trace.begin(), fit.trace.end()));
}

/// The log pseudo-likelihood of a fit, spot by spot.
double direct_log_likelihood(const ClusterFit<double>& fit, const RowMatrix<double>& v,
                             const Graph& graph) {
    double sum = 0;
    for (Index i = 0; i < v.rows(); ++i) {
        Vector<double> prior = Vector<double>::Zero(fit.clusters());
        for (const Index j : graph.of(i))
            prior[fit.labels[static_cast<std::size_t>(j)]] += fit.beta;
        prior = prior.array().exp() / prior.array().exp().sum();
        double joint = 0;
        for (Index k = 0; k < fit.clusters(); ++k) {
            const auto& c = fit.covariances[static_cast<std::size_t>(k)];
            const Vector<double> d = (v.row(i) - fit.means.row(k)).transpose();
            joint += prior[k] * std::exp(-0.5 * d.dot(c.inverse() * d)) /
                     std::sqrt((2 * std::numbers::pi * c).determinant());
        }
        sum += std::log(joint);
    }
    return sum;
}

bool mentions(const std::vector<std::string>& warnings, const std::string& part) {
    return std::any_of(warnings.begin(), warnings.end(),
                       [&](const std::string& w) { return w.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("the log pseudo-likelihood never falls, and is what it says") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u, 5u, 6u);
    const Index clusters = GENERATE(2, 3, 6);
    const auto by = GENERATE(Beta::pseudo_likelihood, Beta::grid, Beta::fixed);
    const Index factors = 1 + static_cast<Index>(seed) % 4;
    const Tissue tissue(11, 12, 3, factors, seed % 2 ? 1.0 : 2.5, seed);
    const Graph graph = seed % 3 == 0 ? support::random_graph(132, 4, true, seed) : tissue.graph;
    CAPTURE(seed, clusters, factors, static_cast<int>(by));
    const auto fit = SpatialGMM_MRF{{.clusters = clusters, .beta_by = by, .starts = 3}}.fit(
        tissue.scores, graph, {.seed = seed});
    check_sound(fit, 132, clusters);
    CHECK(fit.starts.size() == 3);
    CHECK(fit.log_likelihood == *std::max_element(fit.starts.begin(), fit.starts.end()));
    CHECK(fit.log_likelihood ==
          Approx(direct_log_likelihood(fit, tissue.scores, graph.symmetrized())).epsilon(1e-9));
}

TEST_CASE("a directed graph counts as its symmetrised one") {
    const Tissue tissue(10, 10, 3, 2, 2, 3);
    const auto graph = support::random_graph(100, 4, true, 5);
    const SpatialGMM_MRF mixture{{.clusters = 3, .starts = 2}};
    const auto one = mixture.fit(tissue.scores, graph);
    const auto other = mixture.fit(tissue.scores, graph.symmetrized());
    CHECK(one.labels == other.labels);
    CHECK(one.log_likelihood == other.log_likelihood);
}

TEST_CASE("without a field it is the plain mixture with equal weights") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const Tissue tissue(12, 15, 3, 2, 2.5, seed);
    const auto& v = tissue.scores;
    const Index n = v.rows(), clusters = 3;

    // the start: moments of the true bands, blurred
    Gaussians<double> g{Matrix<double>::Zero(clusters, 2),
                        std::vector<Matrix<double>>(3, 2.0 * Matrix<double>::Identity(2, 2))};
    for (Index i = 0; i < n; ++i)
        g.means.row(tissue.truth[static_cast<std::size_t>(i)]) += v.row(i) / 60.0;
    const auto start = g;

    // expectation–maximisation, spot by spot
    std::vector<double> trace;
    Matrix<double> r(n, clusters);
    std::vector<Gaussians<double>> states;
    for (int iteration = 0; iteration < 12; ++iteration) {
        states.push_back(g);
        double sum = 0;
        for (Index i = 0; i < n; ++i) {
            for (Index k = 0; k < clusters; ++k) {
                const auto& c = g.covariances[static_cast<std::size_t>(k)];
                const Vector<double> d = (v.row(i) - g.means.row(k)).transpose();
                r(i, k) = std::exp(-0.5 * d.dot(c.inverse() * d)) /
                          (2 * std::numbers::pi * std::sqrt(c.determinant())) / 3;
            }
            sum += std::log(r.row(i).sum());
            r.row(i) /= r.row(i).sum();
        }
        trace.push_back(sum);
        for (Index k = 0; k < clusters; ++k) {
            const double weight = r.col(k).sum();
            g.means.row(k) = r.col(k).transpose() * v / weight;
            const RowMatrix<double> d = v.rowwise() - g.means.row(k);
            g.covariances[static_cast<std::size_t>(k)] =
                d.transpose() * r.col(k).asDiagonal() * d / weight;
        }
    }

    const SpatialGMM_MRF mixture{{.clusters = clusters,
                                  .beta_by = Beta::fixed,
                                  .beta = 0,
                                  .max_iterations = 12,
                                  .tolerance = 0}};
    const auto fit = mixture.fit(v, tissue.graph, tissue.truth, start);
    REQUIRE(fit.iterations == 12);
    CHECK(fit.beta == 0);
    for (std::size_t i = 0; i < trace.size(); ++i)
        CHECK(fit.trace[i] == Approx(trace[i]).epsilon(1e-12));
    // the clusters come sorted by size, so look each up by its mean
    for (Index k = 0; k < clusters; ++k) {
        Index to = 0;
        CHECK((fit.means.rowwise() - states.back().means.row(k)).rowwise().norm().minCoeff(&to) <
              1e-9);
        CHECK((fit.covariances[static_cast<std::size_t>(to)] -
               states.back().covariances[static_cast<std::size_t>(k)])
                  .norm() < 1e-9);
    }
    for (Index i = 0; i < n; ++i) {
        Index best = 0;
        (void)fit.responsibilities.row(i).maxCoeff(&best);
        CHECK(fit.labels[static_cast<std::size_t>(i)] == best);
    }
}

TEST_CASE("planted clusters are found") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const Tissue tissue(20, 24, 5 * Matrix<double>::Identity(4, 4), seed);
    const auto fit =
        SpatialGMM_MRF{{.clusters = 4}}.fit(tissue.scores, tissue.graph, {.seed = seed});
    CHECK(adjusted_rand_index(tissue.truth, fit.labels) > 0.95);
    CHECK(fit.beta > 0.5);
    CHECK(fit.converged);
    // a field as smooth as this one has its maximum beyond the range, which is said, and nothing
    // else
    CHECK(fit.beta == SpatialGMM_MRF<>::Options{}.beta_max);
    REQUIRE(fit.warnings.size() == 1);
    CHECK(fit.warnings[0].starts_with("beta is 3, the largest that was tried"));

    const auto narrow = SpatialGMM_MRF<float>{{.clusters = 4}}.fit(tissue.scores.cast<float>(),
                                                                   tissue.graph, {.seed = seed});
    check_sound(narrow, 480, 4);
    CHECK(adjusted_rand_index(tissue.truth, narrow.labels) > 0.95);
}

TEST_CASE("one cluster is one Gaussian") {
    const Tissue tissue(8, 9, 2, 3, 2, 1);
    const auto fit = SpatialGMM_MRF{{.clusters = 1}}.fit(tissue.scores, tissue.graph);
    check_sound(fit, 72, 1);
    const RowMatrix<double> d = tissue.scores.rowwise() - tissue.scores.colwise().mean();
    CHECK((fit.means.row(0) - tissue.scores.colwise().mean()).norm() < 1e-9);
    CHECK((fit.covariances[0] - d.transpose() * d / 72).norm() < 1e-4);
    CHECK(fit.sizes == std::vector<Index>{72});
    CHECK(fit.converged);
}

TEST_CASE("as many clusters as spots") {
    const Index n = GENERATE(1, 2, 6, 9);
    const RowMatrix<double> v = RandomStream(3).normal_matrix(n, 2);
    const auto fit = SpatialGMM_MRF{{.clusters = n}}.fit(v, support::grid(1, n));
    check_sound(fit, n, n);
    CHECK_FALSE(fit.warnings.empty());
    CHECK(mentions(fit.warnings, "for a covariance of its own"));
}

TEST_CASE("spots that are all the same") {
    const double value = GENERATE(0.0, 1.0, 0.1, 1234.567, -1e-8, 1e8 / 3);
    const RowMatrix<double> v = RowMatrix<double>::Constant(30, 3, value);
    const auto fit = SpatialGMM_MRF{{.clusters = 3}}.fit(v, support::grid(5, 6));
    CAPTURE(value);
    check_sound(fit, 30, 3);
    CHECK_FALSE(fit.warnings.empty());
}

TEST_CASE("degenerate covariances are regularised and reported") {
    Tissue tissue(10, 12, 3, 2, 3, 2);
    SECTION("a cluster of identical spots") {
        for (Index i = 0; i < 120; ++i)
            if (tissue.truth[static_cast<std::size_t>(i)] == 1) tissue.scores.row(i) << 20, -20;
    }
    SECTION("a factor without spread") {
        tissue.scores.col(1).setConstant(3);
    }
    SECTION("two factors that are one") {
        tissue.scores.col(1) = -2 * tissue.scores.col(0);
    }
    SECTION("a cluster on a line") {
        for (Index i = 0; i < 120; ++i)
            if (tissue.truth[static_cast<std::size_t>(i)] == 1)
                tissue.scores(i, 1) = tissue.scores(i, 0) + 30;
    }
    const auto fit = SpatialGMM_MRF{{.clusters = 3}}.fit(tissue.scores, tissue.graph);
    check_sound(fit, 120, 3);
    for (const auto& c : fit.covariances) CHECK(c.llt().info() == Eigen::Success);
    for (const auto& w : fit.warnings) UNSCOPED_INFO(w);
}

TEST_CASE("an emptied cluster is reported") {
    const Tissue tissue(10, 12, 2, 2, 3, 4);
    Gaussians<double> far{Matrix<double>::Zero(3, 2),
                          std::vector<Matrix<double>>(3, Matrix<double>::Identity(2, 2))};
    far.means << 0, 0, 3, 3, 1e4, 1e4;
    std::vector<Label> labels = tissue.truth;
    const auto fit = SpatialGMM_MRF{{.clusters = 3}}.fit(tissue.scores, tissue.graph, labels, far);
    check_sound(fit, 120, 3);
    CHECK(fit.sizes[2] == 0);
    CHECK(mentions(fit.warnings, "cluster 3"));
}

TEST_CASE("spots without neighbours") {
    const Tissue tissue(10, 12, 3, 2, 3, 2);
    const auto fit = SpatialGMM_MRF{{.clusters = 3}}.fit(tissue.scores, Graph::from_edges(120, {}));
    check_sound(fit, 120, 3);
    CHECK(fit.trace.size() > 1);
}

TEST_CASE("the same bits for any number of threads, and again") {
    const Tissue tissue(50, 48, 4, 3, 1.2, 7);
    const auto by_starts = GENERATE(true, false);
    const SpatialGMM_MRF mixture{{.clusters = 4, .starts = by_starts ? 3 : 1}};
    const auto one = mixture.fit(tissue.scores, tissue.graph, {.seed = 5, .threads = 1});
    for (const int threads : {1, 2, 7}) {
        const auto other =
            mixture.fit(tissue.scores, tissue.graph, {.seed = 5, .threads = threads});
        CHECK(one.labels == other.labels);
        CHECK(one.trace == other.trace);
        CHECK(one.starts == other.starts);
        CHECK(one.beta_trace == other.beta_trace);
        CHECK(one.means == other.means);
        CHECK(one.covariances == other.covariances);
        CHECK(one.responsibilities == other.responsibilities);
    }
}

TEST_CASE("a request to stop is honoured after an iteration") {
    const Tissue tissue(12, 12, 3, 2, 1, 7);
    std::stop_source stop;
    stop.request_stop();
    const auto fit = SpatialGMM_MRF{{.clusters = 3, .starts = 2}}.fit(tissue.scores, tissue.graph,
                                                                      {.stop = stop.get_token()});
    check_sound(fit, 144, 3);
    CHECK(fit.stopped);
    CHECK(fit.iterations == 1);
}

TEST_CASE("too few iterations are reported") {
    const Tissue tissue(12, 12, 3, 2, 1, 7);
    const auto fit = SpatialGMM_MRF{{.clusters = 3, .max_iterations = 2, .tolerance = 0}}.fit(
        tissue.scores, tissue.graph);
    CHECK_FALSE(fit.converged);
    CHECK(mentions(fit.warnings, "did not converge in 2 iterations"));
}

TEST_CASE("what cannot be clustered is refused in words") {
    const Tissue tissue(4, 5, 2, 2, 2, 1);
    using Options = SpatialGMM_MRF<double>::Options;
    const auto fit = [&](const Options& options) {
        return SpatialGMM_MRF<double>{options}.fit(tissue.scores, tissue.graph);
    };
    CHECK_THROWS_AS(fit({.clusters = 21}), InvalidArgument);
    CHECK_THROWS_WITH(fit({.clusters = 21}),
                      support::contains("clusters = 21, there are 20 spots"));
    CHECK_THROWS_WITH(fit({.clusters = 0}), support::contains("clusters = 0"));
    CHECK_THROWS_WITH(fit({.clusters = 2, .beta = -1}), support::contains("beta = -1"));
    CHECK_THROWS_WITH(fit({.clusters = 2, .beta = std::nan("")}), support::contains("beta = nan"));
    CHECK_THROWS_WITH(fit({.clusters = 2, .beta_max = 0}), support::contains("beta_max = 0"));
    CHECK_THROWS_WITH(fit({.clusters = 2, .starts = 0}), support::contains("starts = 0"));
    CHECK_THROWS_WITH(fit({.clusters = 2, .max_iterations = 0}),
                      support::contains("max_iterations = 0"));

    const SpatialGMM_MRF two{{.clusters = 2}};
    CHECK_THROWS_AS(two.fit(tissue.scores, support::grid(3, 5)), ShapeMismatch);
    CHECK_THROWS_WITH(two.fit(tissue.scores, support::grid(3, 5)),
                      support::contains("graph has 15 nodes, scores have 20 rows"));
    auto broken = tissue.scores;
    broken(7, 1) = std::nan("");
    CHECK_THROWS_AS(two.fit(broken, tissue.graph), BadData);
    CHECK_THROWS_WITH(two.fit(broken, tissue.graph), support::contains("spot 7"));

    Gaussians<double> start{Matrix<double>::Zero(2, 2),
                            std::vector<Matrix<double>>(2, Matrix<double>::Identity(2, 2))};
    auto labels = tissue.truth;
    auto singular = start;
    singular.covariances[1](1, 1) = 0;
    CHECK_THROWS_WITH(two.fit(tissue.scores, tissue.graph, tissue.truth, singular),
                      support::contains("covariance of cluster 1 is not positive definite"));
    labels[3] = 2;
    CHECK_THROWS_WITH(two.fit(tissue.scores, tissue.graph, labels, start),
                      support::contains("a label of the start is 2"));
    labels.pop_back();
    CHECK_THROWS_AS(two.fit(tissue.scores, tissue.graph, labels, start), ShapeMismatch);
    start.means.resize(3, 2);
    CHECK_THROWS_AS(two.fit(tissue.scores, tissue.graph, tissue.truth, start), ShapeMismatch);
}

TEST_CASE("mean field: responsibilities are the fixed point of their own equations") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const auto by = GENERATE(Beta::pseudo_likelihood, Beta::fixed);
    Matrix<double> means(3, 2);
    means << 0, 0, 5, 0, 0, 5;
    const Tissue tissue(14, 15, means, seed);
    const auto& v = tissue.scores;
    const SpatialGMM_MRF mixture{
        {.clusters = 3, .field = Field::mean, .beta_by = by, .beta = 0.7, .starts = 3}};
    const auto fit = mixture.fit(v, tissue.graph, {.seed = seed});
    CAPTURE(seed, static_cast<int>(by), fit.beta);
    REQUIRE(fit.converged);
    CHECK(fit.starts.size() == 3);
    CHECK(fit.log_likelihood == *std::max_element(fit.starts.begin(), fit.starts.end()));
    if (by == Beta::fixed) CHECK(fit.beta == 0.7);
    const auto& r = fit.responsibilities;
    const Vector<double> weight = r.colwise().sum().transpose();
    double worst = 0;
    for (Index i = 0; i < v.rows(); ++i) {
        Vector<double> p(3);
        for (Index k = 0; k < 3; ++k) {
            const auto& c = fit.covariances[static_cast<std::size_t>(k)];
            const Vector<double> d = (v.row(i) - fit.means.row(k)).transpose();
            double around = 0;
            for (const Index j : tissue.graph.of(i)) around += r(j, k);
            p[k] = (weight[k] + 1) / (weight.sum() + 3) / std::sqrt(c.determinant()) *
                   std::exp(fit.beta * around - 0.5 * d.dot(c.inverse() * d));
        }
        worst = std::max(worst, (p.transpose() / p.sum() - r.row(i)).cwiseAbs().maxCoeff());
    }
    CHECK(worst < 2e-3);
    // a mean is that of its spots, but for a hundredth of a spot at the centre of all
    for (Index k = 0; k < 3; ++k)
        CHECK((r.col(k).transpose() * v / weight[k] - fit.means.row(k)).norm() < 1e-3);
    CHECK(adjusted_rand_index(fit.labels, tissue.truth) > 0.8);
    CHECK(mixture.fit(v, tissue.graph, {.seed = seed, .threads = 3}).labels == fit.labels);
}

TEST_CASE("mean field goes with neither the grid nor the published steps") {
    const Tissue tissue(5, 5, 2, 2, 2, 1);
    CHECK_THROWS_AS(
        (SpatialGMM_MRF{{.clusters = 2, .field = Field::mean, .beta_by = Beta::grid}}.fit(
            tissue.scores, tissue.graph)),
        InvalidArgument);
    auto options = SpatialGMM_MRF<>::Options::published();
    options.field = Field::mean;
    options.beta_by = Beta::fixed;
    CHECK_THROWS_AS(SpatialGMM_MRF{options}.fit(tissue.scores, tissue.graph), InvalidArgument);
}
