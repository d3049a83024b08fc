#include <transst/cluster/anchored_gmm_mrf.hpp>
#include <transst/cluster/name_clusters.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>

#include <Eigen/LU>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

using Scores64 = RowMatrix<double>;
using MeanField = detail::MeanField<double>;
using Prior = detail::MixturePrior<double>;

/// Spots of a grid in vertical bands, the k-th band of class bands[k], around that class's mean.
struct Tissue {
    Tissue(Index height, Index width, const Matrix<double>& means, const std::vector<Label>& bands,
           std::uint64_t seed)
        : graph(support::grid(height, width)), scores(height * width, means.cols()) {
        RandomStream random(seed, 1);
        for (Index i = 0; i < scores.rows(); ++i) {
            const auto band = static_cast<std::size_t>((i % width) * std::ssize(bands) / width);
            truth.push_back(bands[band]);
            for (Index f = 0; f < scores.cols(); ++f)
                scores(i, f) = means(bands[band], f) + random.normal() * (1 + 0.2 * bands[band]);
        }
    }

    Graph graph;
    Scores64 scores;
    std::vector<Label> truth;
};

Matrix<double> corners(Index count, Index factors, double apart) {
    return apart * Matrix<double>::Identity(count, factors);
}

/// Classes at these means with the spread that a Tissue has.
ClassDensities<double> classes_at(const Matrix<double>& means) {
    ClassDensities<double> out{{means, {}}, Vector<double>::Constant(means.rows(), 100)};
    for (Index k = 0; k < means.rows(); ++k) {
        const double sd = 1 + 0.2 * static_cast<double>(k);
        out.gaussians.covariances.push_back(sd * sd *
                                            Matrix<double>::Identity(means.cols(), means.cols()));
    }
    return out;
}

Prior prior_of(const Gaussians<double>& at, double kappa, double nu) {
    return {at, Vector<double>::Constant(at.clusters(), kappa),
            Vector<double>::Constant(at.clusters(), nu)};
}

/// log π_k + log N(v_i; μ_k, Σ_k), spot by spot.
Matrix<double> log_joint(const Scores64& v, const Gaussians<double>& g, const Vector<double>& pi) {
    Matrix<double> out(v.rows(), g.clusters());
    for (Index k = 0; k < g.clusters(); ++k) {
        const auto& c = g.covariances[static_cast<std::size_t>(k)];
        const Matrix<double> inverse = c.inverse();
        for (Index i = 0; i < v.rows(); ++i) {
            const Vector<double> d = (v.row(i) - g.means.row(k)).transpose();
            out(i, k) = std::log(pi[k]) - 0.5 * d.dot(inverse * d) -
                        0.5 * std::log((2 * std::numbers::pi * c).determinant());
        }
    }
    return out;
}

Matrix<double> soft_max(const Matrix<double>& x) {
    Matrix<double> out = x;
    for (Index i = 0; i < x.rows(); ++i) {
        out.row(i) = (x.row(i).array() - x.row(i).maxCoeff()).exp();
        out.row(i) /= out.row(i).sum();
    }
    return out;
}

/// Σ over the neighbours of i of R_j.
Matrix<double> fields(const Matrix<double>& r, const Graph& graph) {
    Matrix<double> out = Matrix<double>::Zero(r.rows(), r.cols());
    for (Index i = 0; i < r.rows(); ++i)
        for (const Index j : graph.of(i)) out.row(i) += r.row(j);
    return out;
}

/// Posterior mode of a normal-inverse-Wishart, by the textbook's update (Gelman et al., BDA §3.6).
Gaussians<double> posterior_mode(const Scores64& v, const Matrix<double>& r, const Prior& prior) {
    const Index q = v.cols();
    Gaussians<double> out{prior.at.means, {}};
    for (Index k = 0; k < r.cols(); ++k) {
        const double n = r.col(k).sum(), kappa = prior.kappa[k], nu = prior.nu[k];
        const Vector<double> mean = v.transpose() * r.col(k) / n;
        const Vector<double> m = prior.at.means.row(k).transpose();
        Matrix<double> scatter = Matrix<double>::Zero(q, q);
        for (Index i = 0; i < v.rows(); ++i) {
            const Vector<double> d = v.row(i).transpose() - mean;
            scatter += r(i, k) * d * d.transpose();
        }
        scatter += kappa * n / (kappa + n) * (mean - m) * (mean - m).transpose();
        out.means.row(k) = ((kappa * m + n * mean) / (kappa + n)).transpose();
        out.covariances.push_back(
            (nu * prior.at.covariances[static_cast<std::size_t>(k)] + scatter) / (nu + n));
    }
    return out;
}

/// Log density of the priors of means and covariances, and of π, as far as it depends on these.
double log_prior(const Gaussians<double>& g, const Vector<double>& pi, const Prior& prior) {
    double sum = pi.array().log().sum();
    for (Index k = 0; k < g.clusters(); ++k) {
        const auto at = static_cast<std::size_t>(k);
        const Matrix<double> inverse = g.covariances[at].inverse();
        const Vector<double> d = (g.means.row(k) - prior.at.means.row(k)).transpose();
        sum -= 0.5 * prior.kappa[k] * d.dot(inverse * d) +
               0.5 * prior.nu[k] *
                   (std::log(g.covariances[at].determinant()) +
                    (inverse * prior.at.covariances[at]).trace());
    }
    return sum;
}

void check_same(const Gaussians<double>& a, const Gaussians<double>& b, double margin) {
    CHECK((a.means - b.means).cwiseAbs().maxCoeff() < margin);
    for (std::size_t k = 0; k < a.covariances.size(); ++k)
        CHECK((a.covariances[k] - b.covariances[k]).cwiseAbs().maxCoeff() < margin);
}

}  // namespace

TEST_CASE("without a field it is the mixture at its posterior mode") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    const double strength = GENERATE(1e-9, 5.0, 300.0);
    const Tissue tissue(14, 15, corners(3, 3, 3), {0, 1, 2}, seed);
    const auto& v = tissue.scores;
    const auto prior = prior_of(classes_at(corners(3, 3, 2)).gaussians, strength, strength + 5);
    constexpr Index iterations = 12;
    const auto fit =
        MeanField(v, tissue.graph,
                  {.beta_by = Beta::fixed, .beta = 0, .max_iterations = iterations, .tolerance = 0},
                  {})
            .fit(prior);
    Gaussians<double> g = prior.at;
    Vector<double> pi = Vector<double>::Constant(3, 1.0 / 3);
    Matrix<double> r;
    std::vector<double> trace;
    for (Index iteration = 0; iteration < iterations; ++iteration) {
        const auto joint = log_joint(v, g, pi);
        r = soft_max(joint);
        trace.push_back(
            (r.array() * (joint.array() - r.array().max(1e-300).log())).sum() +  // = Σ log Σ
            log_prior(g, pi, prior));
        g = posterior_mode(v, r, prior);
        pi = ((r.colwise().sum().array() + 1) / (static_cast<double>(v.rows()) + 3)).transpose();
    }
    REQUIRE(fit.iterations == iterations);
    CHECK((fit.responsibilities - r).cwiseAbs().maxCoeff() < 1e-8);
    check_same(fit.gaussians, g, 1e-8);
    CHECK((fit.proportions - pi).cwiseAbs().maxCoeff() < 1e-10);
    CHECK((fit.weights.transpose() - r.colwise().sum()).cwiseAbs().maxCoeff() < 1e-8);
    // with a label prior of π alone the pseudo-likelihood is log π: the objective is the mixture's,
    // and its posterior mode is climbed to
    CHECK(std::is_sorted(fit.trace.begin(), fit.trace.end()));
    for (std::size_t i = 0; i < trace.size(); ++i)
        CHECK(fit.trace[i] == Approx(trace[i]).epsilon(1e-10));
    CHECK(fit.trace.size() == trace.size());
}

TEST_CASE("the bound of the mean field never falls, and is what it says") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u, 5u, 6u);
    const double apart = GENERATE(0.5, 1.5, 3.0);
    const auto by = GENERATE(Beta::pseudo_likelihood, Beta::fixed);
    const bool given = GENERATE(true, false);
    const Tissue tissue(11, 13, corners(4, 2, apart), {0, 2, 1, 3}, seed);
    const auto& v = tissue.scores;
    const Graph graph = seed % 3 == 0 ? support::random_graph(143, 5, false, seed) : tissue.graph;
    const auto prior =
        prior_of(classes_at(corners(4, 2, 1)).gaussians, seed % 2 ? 0.1 : 40, seed % 2 ? 5 : 60);
    RowMatrix<double> start;
    if (given) start = detail::one_hot<double>(support::labels(143, 4, seed), 4);
    CAPTURE(seed, apart, static_cast<int>(by), given);
    const auto bound = [&](const Matrix<double>& r, const Gaussians<double>& g,
                           const Vector<double>& pi, double beta) {
        return (r.array() * (log_joint(v, g, pi).array() - r.array().max(1e-300).log())).sum() +
               0.5 * beta * r.cwiseProduct(fields(r, graph)).sum() + log_prior(g, pi, prior);
    };
    for (const Index most : {1, 2, 3, 5, 200}) {
        const auto fit =
            MeanField(v, graph,
                      {.beta_by = by, .beta = 0.8, .max_iterations = most, .tolerance = 1e-9}, {})
                .fit(prior, start);
        REQUIRE(std::ssize(fit.beta_trace) == fit.iterations);
        for (std::size_t i = 1; i < fit.trace.size(); ++i)  // but for rounding, once it stands
            CHECK(fit.trace[i] >= fit.trace[i - 1] - 1e-12 * std::abs(fit.trace[i]));
        // all of the trace is of the β that was kept
        const auto kept = std::ssize(fit.trace);
        for (Index i = fit.iterations - kept + 1; i < fit.iterations; ++i)
            CHECK(fit.beta_trace[static_cast<std::size_t>(i - 1)] ==
                  fit.beta_trace[static_cast<std::size_t>(fit.iterations - kept)]);
        if (by == Beta::fixed) CHECK(kept == fit.iterations);
        if (kept < 2 && by != Beta::fixed) continue;  // β has not settled yet
        // the parameters at the end are better still than those of the last entry
        const double end = bound(fit.responsibilities, fit.gaussians, fit.proportions, fit.beta);
        CHECK(end >= fit.trace.back() - 1e-9 * std::abs(end));
        if (most == 200) CHECK(end == Approx(fit.trace.back()).epsilon(1e-3));  // it settles
    }
}

TEST_CASE("parameters are at the posterior mode of their responsibilities, field or not") {
    const Tissue tissue(12, 15, corners(3, 2, 2), {0, 1, 2}, 3);
    auto prior = prior_of(classes_at(corners(3, 2, 3)).gaussians, 20, 24);
    prior.kappa << 1, 20, 300;
    prior.nu << 5, 24, 304;
    const auto fit = MeanField(tissue.scores, tissue.graph, {}, {}).fit(prior);
    CHECK(fit.converged);
    check_same(fit.gaussians, posterior_mode(tissue.scores, fit.responsibilities, prior), 1e-9);
    CHECK((fit.responsibilities.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-12);
}

TEST_CASE("the strength of the field maximises the soft pseudo-likelihood") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const double apart = GENERATE(0.3, 1.0, 4.0);
    const Tissue tissue(12, 16, corners(3, 2, apart), {0, 1, 2}, seed);
    // responsibilities that were given are not touched before β is found
    Scores64 start(tissue.scores.rows(), 3);
    RandomStream random(seed, 7);
    for (Index i = 0; i < start.rows(); ++i)
        for (Index k = 0; k < 3; ++k)
            start(i, k) = random.uniform() +
                          (tissue.truth[static_cast<std::size_t>(i)] == k ? 2 * apart : 0.0);
    start = soft_max(start);
    const auto prior = prior_of(classes_at(corners(3, 2, apart)).gaussians, 10, 14);
    const auto fit =
        MeanField(tissue.scores, tissue.graph, {.max_iterations = 1}, {}).fit(prior, start);
    // the one β kept is found after an update of the field, from these responsibilities and the
    // proportions of those before
    const Matrix<double> r = fit.responsibilities, f = fields(r, tissue.graph);
    const Vector<double> log_pi =
        ((start.colwise().sum().array() + 1) / (static_cast<double>(start.rows()) + 3))
            .log()
            .transpose();
    const auto pseudo = [&](double beta) {
        double sum = 0;
        for (Index i = 0; i < r.rows(); ++i) {
            const Vector<double> u = log_pi + beta * f.row(i).transpose();
            sum += r.row(i).dot(u.transpose()) - std::log(u.array().exp().sum());
        }
        return sum;
    };
    double best = 0, highest = pseudo(0);
    for (int step = 1; step <= 15000; ++step)
        if (const double value = pseudo(step * 1e-4); value > highest) {
            highest = value;
            best = step * 1e-4;
        }
    CHECK(fit.beta == Approx(best).margin(1.1e-4));
    CHECK(fit.beta_trace.back() == fit.beta);
    CHECK(pseudo(fit.beta) >= highest - 1e-9);
}

TEST_CASE("the field's updates never lower the free energy") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const double beta = GENERATE(0.2, 1.0, 3.0);
    const Tissue tissue(11, 12, corners(3, 2, 1), {0, 2, 1}, seed);
    const Graph graph = seed == 2 ? support::random_graph(132, 5, false, 3) : tissue.graph;
    const auto prior = prior_of(classes_at(corners(3, 2, 1)).gaussians, 10, 14);
    const Matrix<double> joint =
        log_joint(tissue.scores, prior.at, Vector<double>::Constant(3, 1.0 / 3));
    double before = -std::numeric_limits<double>::infinity();
    for (Index sweeps = 0; sweeps < 9; ++sweeps) {
        const auto fit =
            MeanField(
                tissue.scores, graph,
                {.beta_by = Beta::fixed, .beta = beta, .max_iterations = 1, .max_sweeps = sweeps},
                {})
                .fit(prior);
        const Matrix<double>& r = fit.responsibilities;
        const double energy = (r.array() * (joint.array() - r.array().max(1e-300).log())).sum() +
                              0.5 * beta * r.cwiseProduct(fields(r, graph)).sum();
        CHECK(energy >= before - 1e-9);
        if (sweeps == 1) CHECK(energy > before);
        before = energy;
    }
}

TEST_CASE("a great kappa leaves the classes where the source has them") {
    const Tissue tissue(20, 21, corners(3, 3, 2.5), {0, 1, 2}, 5);
    // the source lies elsewhere: it is believed all the same
    const auto classes = classes_at(corners(3, 3, 2.5).rowwise() + Eigen::RowVector3d(1, 0, -0.5));
    const auto& v = tissue.scores;

    // without a field and before anything is learned: a quadratic classifier
    const auto plain =
        AnchoredGMM_MRF<>{{.kappa = 1e9, .beta_by = Beta::fixed, .beta = 0, .max_iterations = 1}}
            .fit(v, tissue.graph, classes);
    const Matrix<double> joint =
        log_joint(v, classes.gaussians, Vector<double>::Constant(3, 1.0 / 3));
    for (Index i = 0; i < v.rows(); ++i) {
        Index best = 0;
        (void)joint.row(i).maxCoeff(&best);
        const auto cluster = static_cast<std::size_t>(plain.labels[static_cast<std::size_t>(i)]);
        CHECK(plain.source_class[cluster] == best);
    }

    // with one: a fixed point of the classifier with the neighbours' say and the classes' shares
    const auto fit =
        AnchoredGMM_MRF<>{{.kappa = 1e9, .tolerance = 1e-7}}.fit(v, tissue.graph, classes);
    REQUIRE(fit.converged);
    REQUIRE(fit.clusters() == 3);
    Gaussians<double> g{Matrix<double>(3, 3), {}};
    for (Index k = 0; k < 3; ++k) {
        const Label from = fit.source_class[static_cast<std::size_t>(k)];
        g.means.row(k) = classes.gaussians.means.row(from);
        g.covariances.push_back(classes.gaussians.covariances[static_cast<std::size_t>(from)]);
    }
    check_same(g, {fit.means, fit.covariances}, 1e-5);
    const Matrix<double> r = fit.responsibilities;
    const Vector<double> pi =
        ((r.colwise().sum().array() + 1) / (static_cast<double>(v.rows()) + 3)).transpose();
    const Matrix<double> expected =
        soft_max(log_joint(v, g, pi) + fit.beta * fields(r, tissue.graph));
    CHECK((r - expected).cwiseAbs().maxCoeff() < 5e-3);
    CHECK(adjusted_rand_index(tissue.truth, fit.labels) > 0.9);
}

TEST_CASE("each class may have a kappa of its own") {
    const Tissue tissue(20, 21, corners(3, 3, 4), {0, 1, 2}, 5);
    Matrix<double> elsewhere = corners(3, 3, 4);
    elsewhere.row(1) += Eigen::RowVector3d(1.5, 0, -1);
    const auto classes = classes_at(elsewhere);
    const auto fit = [&](const AnchoredGMM_MRF<>::Options& options) {
        return AnchoredGMM_MRF<>{options}.fit(tissue.scores, tissue.graph, classes);
    };
    const auto all = fit({.kappa = 200}),
               same = fit({.kappa = 5, .kappa_of_class = {200, 200, 200}});
    CHECK(all.labels == same.labels);
    CHECK((all.responsibilities == same.responsibilities));

    // as far as its own kappa says a class's cluster goes where the target's spots are
    const auto moved = fit({.kappa_of_class = {1e9, 1e-3, 1e9}, .tolerance = 1e-7});
    const Matrix<double> r = moved.responsibilities;
    for (Index k = 0; k < 3; ++k) {
        const Label from = moved.source_class[static_cast<std::size_t>(k)];
        const Eigen::RowVectorXd spots = r.col(k).transpose() * tissue.scores / r.col(k).sum();
        CAPTURE(k, from);
        const auto expected =
            from == 1 ? spots : Eigen::RowVectorXd(classes.gaussians.means.row(from));
        CHECK((moved.means.row(k) - expected).cwiseAbs().maxCoeff() < 1e-3);
        if (from == 1)
            CHECK((moved.means.row(k) - classes.gaussians.means.row(1)).cwiseAbs().maxCoeff() >
                  0.5);
    }
}

TEST_CASE("a class that the target lacks is left out") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const Tissue tissue(14, 20, corners(4, 4, 5), {3, 0, 2, 0}, seed);
    const auto classes = classes_at(corners(4, 4, 5));
    const auto fit =
        AnchoredGMM_MRF<>{{.clusters = 3, .kappa = 100}}.fit(tissue.scores, tissue.graph, classes);
    CHECK(fit.absent == std::vector<Label>{1});
    REQUIRE(fit.clusters() == 3);
    CHECK(adjusted_rand_index(tissue.truth, fit.labels) > 0.95);
    for (std::size_t i = 0; i < tissue.truth.size(); ++i)
        if (fit.responsibilities.row(static_cast<Index>(i)).maxCoeff() > 0.9)
            CHECK(fit.source_class[static_cast<std::size_t>(fit.labels[i])] == tissue.truth[i]);
    CHECK(fit.source_class[0] == 0);  // the largest comes first
    CHECK(fit.sizes[0] > fit.sizes[1]);

    // all four kept: the fourth has next to nothing
    const auto all = AnchoredGMM_MRF<>{{.kappa = 100}}.fit(tissue.scores, tissue.graph, classes);
    CHECK(all.absent.empty());
    CHECK(all.clusters() == 4);
    CHECK(all.source_class[3] == 1);
    CHECK(all.sizes[3] <= 5);
}

TEST_CASE("a class that the source lacks is found, and novel") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u);
    const Tissue tissue(14, 20, corners(4, 4, 7), {0, 3, 1, 2}, seed);
    const Matrix<double> all = corners(4, 4, 7);
    const auto classes = classes_at(all.topRows(3));
    const auto fit = AnchoredGMM_MRF<>{{.clusters = 4, .kappa = 100}}.fit(
        tissue.scores, tissue.graph, classes, {.seed = seed});
    CHECK(adjusted_rand_index(tissue.truth, fit.labels) > 0.95);
    auto from = fit.source_class;
    std::sort(from.begin(), from.end());
    CHECK(from == std::vector<Label>{left_out, 0, 1, 2});

    const std::vector<std::string> words{"a", "b", "c"};
    const auto named = name_anchored(fit, tissue.scores, classes, words);
    for (std::size_t k = 0; k < 4; ++k) {
        const auto& cluster = named.names[k];
        const Label of = fit.source_class[k];
        CHECK(cluster.source_class == of);
        CHECK(cluster.novel == (of == left_out));
        CHECK(cluster.name == (of == left_out ? "NA" : words[static_cast<std::size_t>(of)]));
        CHECK((of == left_out ? cluster.confidence == 0 : cluster.confidence > 0.9));
    }
    for (std::size_t i = 0; i < tissue.truth.size(); ++i) {
        // of a free component no class speaks
        const auto at = static_cast<Index>(i);
        double free = 0;
        for (Index k = 0; k < 4; ++k)
            if (fit.source_class[static_cast<std::size_t>(k)] == left_out)
                free += fit.responsibilities(at, k);
        CHECK(named.class_posterior.row(at).sum() == Approx(1 - free).margin(1e-9));
    }

    // asked for three clusters only, the class nearest to the unknown spots takes them in: where
    // they are most of it, it is no longer what the source has shown
    Tissue mostly(14, 20, corners(4, 4, 7), {0, 3, 3, 3, 1, 2}, seed);
    const auto three = AnchoredGMM_MRF<>{{.kappa = 5}}.fit(mostly.scores, mostly.graph, classes);
    const auto names = name_anchored(three, mostly.scores, classes, words).names;
    CHECK(std::count_if(names.begin(), names.end(), [](const auto& c) { return c.novel; }) == 1);
    for (const auto& cluster : names)
        CHECK((cluster.novel ? cluster.confidence < 0.5 : cluster.confidence > 0.9));
}

TEST_CASE("a free component that has taken the place of a class bears its name") {
    // spots of two classes and of neither; the second class's have come to a free component
    const Tissue tissue(14, 30, corners(3, 4, 7), {0, 1, 2}, 5);
    AnchoredFit<double> fit;
    fit.labels = tissue.truth;
    fit.means = corners(3, 4, 7);
    fit.source_class = {0, left_out, left_out};
    const Index n = std::ssize(fit.labels);
    fit.responsibilities = Scores64::Constant(n, 3, 0.05);
    for (Index i = 0; i < n; ++i)
        fit.responsibilities(i, fit.labels[static_cast<std::size_t>(i)]) = 0.9;

    const std::vector<std::string> words{"a", "b"};
    const auto named =
        name_anchored(fit, tissue.scores, classes_at(corners(3, 4, 7).topRows(2)), words);
    CHECK(named.names[0].name == "a");
    CHECK(named.names[1].name == "b");
    CHECK(named.names[1].source_class == 1);
    CHECK_FALSE(named.names[1].novel);
    CHECK(named.names[1].confidence == Approx(0.9).margin(0.05));  // few lie outside
    CHECK(named.names[2].name == "NA");
    CHECK(named.names[2].source_class == left_out);
    CHECK(named.names[2].novel);
    CHECK((named.class_posterior - fit.responsibilities.leftCols(2)).cwiseAbs().maxCoeff() == 0);
}

TEST_CASE("with more clusters than classes each class keeps its spots") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u);
    const Matrix<double> all = corners(4, 4, 7);
    const Tissue tissue(14, 20, all, {0, 3, 1, 2}, seed);
    for (const Index clusters : {5, 6}) {
        const auto fit = AnchoredGMM_MRF<>{{.clusters = clusters, .kappa = 100}}.fit(
            tissue.scores, tissue.graph, classes_at(all), {.seed = seed});
        CHECK(fit.absent.empty());
        for (std::size_t k = 0; k < fit.source_class.size(); ++k)
            if (fit.source_class[k] != left_out) CHECK(fit.sizes[k] > 0);
    }
}

TEST_CASE("a class that the target lacks makes room for one that the source lacks") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u, 4u);
    // the source knows 0 to 3, the target has 4 in the place of 1
    const Matrix<double> all = corners(5, 5, 7);
    const Tissue tissue(14, 20, all, {0, 4, 2, 3}, seed);
    const auto fit = AnchoredGMM_MRF<>{{.clusters = 4, .kappa = 100}}.fit(
        tissue.scores, tissue.graph, classes_at(all.topRows(4)), {.seed = seed});
    CHECK(fit.absent == std::vector<Label>{1});
    CHECK(adjusted_rand_index(tissue.truth, fit.labels) > 0.95);
    auto from = fit.source_class;
    std::sort(from.begin(), from.end());
    CHECK(from == std::vector<Label>{left_out, 0, 2, 3});
}

TEST_CASE("names follow the classes, whatever their order") {
    const Tissue tissue(15, 16, corners(3, 3, 2), {0, 1, 2}, 4);
    const auto classes = classes_at(corners(3, 3, 2.5));
    const std::vector<Label> order{2, 0, 1};
    ClassDensities<double> turned{{Matrix<double>(3, 3), {}}, classes.sizes};
    const std::vector<std::string> words{"a", "b", "c"};
    std::vector<std::string> turned_words;
    for (Index k = 0; k < 3; ++k) {
        const Label from = order[static_cast<std::size_t>(k)];
        turned.gaussians.means.row(k) = classes.gaussians.means.row(from);
        turned.gaussians.covariances.push_back(
            classes.gaussians.covariances[static_cast<std::size_t>(from)]);
        turned_words.push_back(words[static_cast<std::size_t>(from)]);
    }
    const AnchoredGMM_MRF<> anchored{{.kappa = 50}};
    const auto one = anchored.fit(tissue.scores, tissue.graph, classes);
    const auto other = anchored.fit(tissue.scores, tissue.graph, turned);
    const auto names = name_anchored(one, tissue.scores, classes, words);
    const auto turned_names = name_anchored(other, tissue.scores, turned, turned_words);
    for (Index i = 0; i < tissue.scores.rows(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        CHECK(names.names[static_cast<std::size_t>(one.labels[at])].name ==
              turned_names.names[static_cast<std::size_t>(other.labels[at])].name);
        for (Index k = 0; k < 3; ++k)
            CHECK(
                turned_names.class_posterior(i, k) ==
                Approx(names.class_posterior(i, order[static_cast<std::size_t>(k)])).margin(1e-6));
    }
}

TEST_CASE("class densities are means and covariances, left-out cells apart") {
    const bool shared = GENERATE(true, false);
    RandomStream random(6);
    const Scores64 v = random.normal_matrix(70, 3);
    auto labels = support::labels(70, 4, 2);
    for (const std::size_t i : {5u, 17u, 33u}) labels[i] = left_out;
    const auto found = class_densities(v, std::span<const Label>(labels), 4, shared);
    std::vector<Matrix<double>> scatter(4, Matrix<double>::Zero(3, 3));
    Matrix<double> pooled = Matrix<double>::Zero(3, 3);
    std::vector<double> sizes(4, 0);
    for (Label k = 0; k < 4; ++k) {
        Vector<double> mean = Vector<double>::Zero(3);
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (labels[i] == k) {
                mean += v.row(static_cast<Index>(i)).transpose();
                ++sizes[static_cast<std::size_t>(k)];
            }
        mean /= sizes[static_cast<std::size_t>(k)];
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (labels[i] == k) {
                const Vector<double> d = v.row(static_cast<Index>(i)).transpose() - mean;
                scatter[static_cast<std::size_t>(k)] += d * d.transpose();
            }
        pooled += scatter[static_cast<std::size_t>(k)] / 67;
        CHECK((found.gaussians.means.row(k).transpose() - mean).norm() < 1e-12);
        CHECK(found.sizes[k] == sizes[static_cast<std::size_t>(k)]);
    }
    for (std::size_t k = 0; k < 4; ++k) {
        const Matrix<double> expected =
            shared ? pooled : Matrix<double>((scatter[k] + 5 * pooled) / (sizes[k] + 5));
        CHECK((found.gaussians.covariances[k] - expected).norm() < 1e-7);
    }
    labels.pop_back();
    CHECK_THROWS_AS(class_densities(v, std::span<const Label>(labels), 4, shared), ShapeMismatch);
}

TEST_CASE("the largest cluster comes first") {
    detail::MeanFieldFit<double> found;
    found.responsibilities = Scores64::Zero(7, 4);
    const std::vector<Label> of_spot{2, 0, 2, 3, 2, 3, 0};
    for (Index i = 0; i < 7; ++i)
        for (Index k = 0; k < 4; ++k)
            found.responsibilities(i, k) = of_spot[static_cast<std::size_t>(i)] == k ? 0.7 : 0.1;
    found.gaussians.means = Vector<double>::LinSpaced(4, 0, 3) * Eigen::RowVector2d(1, 10);
    for (int k = 0; k < 4; ++k)
        found.gaussians.covariances.push_back((k + 1) * Matrix<double>::Identity(2, 2));
    found.trace = {-3, -2};
    found.beta_trace = {0.1, 0.2};
    found.beta = 0.2;
    found.objective = -2;
    ClusterFit<float> out;
    std::vector<Label> order;
    detail::put_largest_first(out, found, {10, 11, 12, 13}, order, 1);
    // 3 spots of component 2, then 0 and 3 with two each in their own order, then the empty one
    CHECK(out.sizes == std::vector<Index>{3, 2, 2, 0});
    CHECK(order == std::vector<Label>{12, 10, 13, 11});
    CHECK(out.labels == std::vector<Label>{0, 1, 0, 2, 0, 2, 1});
    CHECK(out.means.col(0) == Eigen::Vector4f(2, 0, 3, 1));
    CHECK(out.covariances[3](0, 0) == 2);
    for (Index i = 0; i < 7; ++i)
        CHECK(out.responsibilities(i, out.labels[static_cast<std::size_t>(i)]) == 0.7F);
    REQUIRE(out.warnings.size() == 1);
    CHECK_THAT(out.warnings[0], support::contains("cluster 4 has no spots"));
    CHECK(out.log_likelihood == -2);
    CHECK(out.beta_trace == found.beta_trace);
}

TEST_CASE("anchored: the same bits for any number of threads") {
    // enough spots for beta to be sought by lanes, too
    const Tissue tissue(110, 96, corners(4, 4, 1.5), {0, 1, 2, 3}, 7);
    const Matrix<double> means = corners(4, 4, 1.5);
    const AnchoredGMM_MRF<> anchored{{.clusters = 4, .kappa = 50}};
    for (const Index known : {4, 3}) {
        const auto classes = classes_at(means.topRows(known));
        const auto one = anchored.fit(tissue.scores, tissue.graph, classes, {.seed = 5});
        for (const int threads : {2, 7}) {
            const auto other =
                anchored.fit(tissue.scores, tissue.graph, classes, {.seed = 5, .threads = threads});
            CHECK(one.labels == other.labels);
            CHECK(one.trace == other.trace);
            CHECK(one.beta_trace == other.beta_trace);
            CHECK(one.means == other.means);
            CHECK(one.responsibilities == other.responsibilities);
            CHECK(one.source_class == other.source_class);
        }
    }
}

TEST_CASE("anchored: float scores, a directed graph, few iterations, a request to stop") {
    const Tissue tissue(14, 15, corners(3, 3, 2), {0, 1, 2}, 8);
    const auto classes = classes_at(corners(3, 3, 2));
    const auto wide = AnchoredGMM_MRF<>{}.fit(tissue.scores, tissue.graph, classes);
    const auto narrow =
        AnchoredGMM_MRF<float>{}.fit(tissue.scores.cast<float>(), tissue.graph, classes);
    CHECK(adjusted_rand_index(wide.labels, narrow.labels) > 0.99);

    const auto looks = support::random_graph(210, 4, true, 5);
    CHECK(AnchoredGMM_MRF<>{}.fit(tissue.scores, looks, classes).trace ==
          AnchoredGMM_MRF<>{}.fit(tissue.scores, looks.symmetrized(), classes).trace);

    const auto short_fit = AnchoredGMM_MRF<>{{.max_iterations = 2, .tolerance = 0}}.fit(
        tissue.scores, tissue.graph, classes);
    CHECK_FALSE(short_fit.converged);
    REQUIRE_FALSE(short_fit.warnings.empty());
    CHECK_THAT(short_fit.warnings.back(), support::contains("did not converge in 2 iterations"));

    std::stop_source stop;
    stop.request_stop();
    const auto stopped =
        AnchoredGMM_MRF<>{}.fit(tissue.scores, tissue.graph, classes, {.stop = stop.get_token()});
    CHECK(stopped.stopped);
    CHECK(stopped.iterations == 1);
    CHECK(stopped.responsibilities.allFinite());
    // also from given responsibilities, which the first round only turns into parameters
    const Scores64 even = Scores64::Constant(210, 3, 1.0 / 3);
    const auto given = MeanField(tissue.scores, tissue.graph, {}, {.stop = stop.get_token()})
                           .fit(prior_of(classes.gaussians, 10, 14), even);
    CHECK(given.iterations == 1);
    CHECK(std::isfinite(given.objective));
}

TEST_CASE("anchored: what cannot be clustered is refused in words") {
    const Tissue tissue(4, 5, corners(2, 2, 2), {0, 1}, 1);
    const auto classes = classes_at(corners(2, 2, 2));
    using Options = AnchoredGMM_MRF<>::Options;
    const auto fit = [&](const Options& options) {
        return AnchoredGMM_MRF<>{options}.fit(tissue.scores, tissue.graph, classes);
    };
    CHECK_THROWS_AS(fit({.clusters = 21}), InvalidArgument);
    CHECK_THROWS_WITH(fit({.clusters = 21}),
                      support::contains("clusters = 21, there are 20 spots"));
    CHECK_THROWS_WITH(fit({.clusters = -1}), support::contains("clusters = -1"));
    CHECK_THROWS_WITH(fit({.kappa = 0}), support::contains("kappa = 0"));
    CHECK_THROWS_WITH(fit({.kappa = std::nan("")}), support::contains("kappa = nan"));
    CHECK_THROWS_WITH(fit({.kappa_of_class = {1}}), support::contains("kappa_of_class has 1 entr"));
    CHECK_THROWS_WITH(fit({.kappa_of_class = {1, 0}}),
                      support::contains("kappa_of_class has 0; each"));
    CHECK_THROWS_WITH(fit({.beta = -1}), support::contains("beta = -1"));
    CHECK_THROWS_WITH(fit({.beta = std::nan("")}), support::contains("beta = nan"));
    CHECK_THROWS_WITH(fit({.beta_max = 0}), support::contains("beta_max = 0"));

    const AnchoredGMM_MRF<> anchored{};
    CHECK_THROWS_AS(anchored.fit(tissue.scores, support::grid(3, 5), classes), ShapeMismatch);
    CHECK_THROWS_WITH(anchored.fit(tissue.scores, support::grid(3, 5), classes),
                      support::contains("graph has 15 nodes, scores have 20 rows"));
    CHECK_THROWS_WITH(anchored.fit(tissue.scores, tissue.graph, classes_at(corners(2, 3, 1))),
                      support::contains("the classes lie in 3 dimensions, the scores have 2"));
    CHECK_THROWS_WITH(anchored.fit(tissue.scores, tissue.graph, classes_at(Matrix<double>(0, 2))),
                      support::contains("there are no classes"));
    auto broken = tissue.scores;
    broken(7, 1) = std::nan("");
    CHECK_THROWS_AS(anchored.fit(broken, tissue.graph, classes), BadData);
    CHECK_THROWS_WITH(anchored.fit(broken, tissue.graph, classes), support::contains("spot 7"));
}

TEST_CASE("clusters of no spots and of one are warned of") {
    const auto warned = [](std::vector<Index> sizes) {
        ClusterFit<double> fit;
        fit.sizes = std::move(sizes);
        detail::warn_of_empty(fit);
        return fit.warnings;
    };
    using Words = std::vector<std::string>;
    CHECK(warned({9, 2}).empty());
    CHECK(warned({9, 0}) == Words{"cluster 2 has no spots; try fewer clusters"});
    CHECK(warned({9, 1}) == Words{"cluster 2 has one spot; try fewer clusters"});
    CHECK(warned({9, 2, 1, 1, 0, 0, 0}) ==
          Words{"clusters 5 to 7 have no spots; try fewer clusters",
                "clusters 3 and 4 have one spot each; try fewer clusters"});
}
