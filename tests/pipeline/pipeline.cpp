#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/pipeline.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

using Dense = RowMatrix<double>;

std::vector<std::string> gene_names(Index genes, Index from = 0) {
    std::vector<std::string> out;
    for (Index j = 0; j < genes; ++j) out.push_back("g" + std::to_string(from + j));
    return out;
}

/// Cells of three classes in vertical bands of a grid, with the same loading for every sample.
Sample<Dense> tissue(Index height, Index width, std::uint64_t seed, std::string name) {
    const Index genes = 40, factors = 3;
    RandomStream shared(77), own(seed);
    const Matrix<double> loading = shared.normal_matrix(genes, factors);
    const Matrix<double> means = 3 * shared.normal_matrix(3, factors);
    Sample<Dense> out{Dense(height * width, genes)};
    out.coordinates.resize(height * width, 2);
    for (Index i = 0; i < height * width; ++i) {
        const Index k = (i % width) * 3 / width;
        const Matrix<double> z = means.row(k) + own.normal_matrix(1, factors);
        out.expression.row(i) = z * loading.transpose() + 2 * own.normal_matrix(1, genes);
        out.coordinates.row(i) << static_cast<double>(i % width), static_cast<double>(i / width);
        out.labels.push_back("class " + std::to_string(k));
    }
    out.genes = gene_names(genes);
    out.values = Values::log_expression;
    out.name = std::move(name);
    return out;
}

RunOptions plain_run(int threads = 1) {
    return {.seed = 5, .threads = threads, .progress = {}, .stop = {}};
}

template <class Fit>
void check_same(const Fit& one, const Fit& other) {
    const auto &c = one.template get<ClusterFit>(), &d = other.template get<ClusterFit>();
    CHECK(c.labels == d.labels);
    CHECK(c.means == d.means);
    CHECK(c.responsibilities == d.responsibilities);
    CHECK(c.trace == d.trace);
    CHECK(one.template get<PLDRFit>().trace == other.template get<PLDRFit>().trace);
    CHECK(one.template get<PLDRFit>().loading == other.template get<PLDRFit>().loading);
    CHECK(one.template get<TransferFit>().scores == other.template get<TransferFit>().scores);
    CHECK(one.template get<Graph>().neighbors == other.template get<Graph>().neighbors);
}

const Prepare prepare{{.genes = 35}};
const PLDR<double> pldr{{.factors = 3, .max_iterations = 30}};
const TransferLoading<double> transfer{{.lambda = 0.5, .max_iterations = 20}};
const KnnGraph knn{{.neighbors = 5}};
const SpatialGMM_MRF<double> mixture{{.clusters = 3, .starts = 3, .max_iterations = 40}};

auto whole() {
    return Pipeline{}.then(prepare).then(pldr).then(transfer).then(knn).then(mixture);
}

/// A step of the user's own that is a class: it says its name, what it needs and what it makes.
struct Shrunk {
    RowMatrix<double> scores;
};
struct ShrinkScores {
    static constexpr std::string_view name = "ShrinkScores";
    double factor = 0.5;
    Shrunk operator()(const TransferFit<double>& transfer_fit) const {
        return {factor * transfer_fit.scores};
    }
};

struct Count {
    Index value = 0;
};
Count count_spots(const Sample<Dense>& target, const RunOptions& run) {
    return {target.rows() * run.threads};
}

}  // namespace

TEST_CASE("the pipeline is its steps called by hand, bit for bit") {
    const auto source = tissue(15, 18, 1, "source"), target = tissue(14, 17, 2, "target");
    const auto run = plain_run();
    const auto fit = whole().fit(source, target, run);

    const Sample<Dense>* const sources[] = {&source};
    const auto prepared = prepare.fit(std::span<const Sample<Dense>* const>(sources), target, run);
    const auto factors = pldr.fit(prepared.source, prepared.labels, run);
    const auto moved = transfer.fit(prepared.target, factors, run);
    const auto graph = knn.fit(target.coordinates, target.sections, run);
    const auto clusters = mixture.fit(moved.scores, graph, run);

    CHECK(fit.get<Prepared>().genes == prepared.genes);
    CHECK(fit.get<Prepared>().labels == prepared.labels);
    CHECK(fit.get<PLDRFit>().loading == factors.loading);
    CHECK(fit.get<PLDRFit>().trace == factors.trace);
    CHECK(fit.get<TransferFit>().loading == moved.loading);
    CHECK(fit.get<TransferFit>().scores == moved.scores);
    CHECK(fit.get<Graph>().neighbors == graph.neighbors);
    CHECK(fit.get<ClusterFit>().labels == clusters.labels);
    CHECK(fit.get<ClusterFit>().responsibilities == clusters.responsibilities);
    CHECK(fit.get<ClusterFit>().trace == clusters.trace);
    // by the exact type as well
    CHECK(&fit.get<ClusterFit<double>>() == &fit.get<ClusterFit>());
    CHECK(&fit.scored() == &fit.get<TransferFit>());

    CHECK(adjusted_rand_index(code_labels(target.labels).codes, clusters.labels) > 0.9);
}

TEST_CASE("the steps are timed, under their names") {
    const auto fit = whole()
                         .then([](const Graph&) { return 7; })
                         .fit(tissue(9, 9, 1, "s"), tissue(8, 9, 2, "t"));
    std::vector<std::string> names;
    for (const auto& time : fit.times()) {
        names.push_back(time.step);
        CHECK(time.seconds >= 0);
    }
    CHECK(names == std::vector<std::string>{"Prepare", "PLDR", "TransferLoading", "KnnGraph",
                                            "SpatialGMM_MRF", "step 6"});
    CHECK(fit.get<int>() == 7);
}

TEST_CASE("what a pipeline has made is known when it is compiled") {
    const auto fit =
        Pipeline{}.then(prepare).then(pldr).fit(tissue(9, 9, 1, "s"), tissue(8, 9, 2, "t"));
    using Fit = decltype(fit);
    static_assert(Fit::has<Prepared>());
    static_assert(Fit::has<PLDRFit>());
    static_assert(!Fit::has<TransferFit>());
    static_assert(!Fit::has<ClusterFit>());
    CHECK(fit.get<PLDRFit>().classes() == 3);
}

TEST_CASE("a pipeline is a value") {
    const auto begun = Pipeline{}.then(prepare).then(pldr);
    const auto one = begun.then(transfer), other = begun.then(transfer);
    const auto source = tissue(9, 9, 1, "s"), target = tissue(8, 9, 2, "t");
    CHECK(one.fit(source, target).get<TransferFit>().scores ==
          other.fit(source, target).get<TransferFit>().scores);
    // twice the same, and the samples stay as they were
    CHECK(one.fit(source, target).get<TransferFit>().scores ==
          one.fit(source, target).get<TransferFit>().scores);
    CHECK(target.expression == tissue(8, 9, 2, "t").expression);
}

TEST_CASE("steps of one's own") {
    const auto source = tissue(12, 12, 1, "s"), target = tissue(11, 12, 2, "t");
    const auto without = whole().fit(source, target, plain_run());
    SECTION("a class whose scores take the place of TransferLoading's") {
        const auto fit = Pipeline{}
                             .then(prepare)
                             .then(pldr)
                             .then(transfer)
                             .then(knn)
                             .then(ShrinkScores{0.25})
                             .then(mixture)
                             .fit(source, target, plain_run());
        CHECK(fit.get<Shrunk>().scores == 0.25 * fit.get<TransferFit>().scores);
        const auto expected = mixture.fit(fit.get<Shrunk>().scores, fit.get<Graph>(), plain_run());
        CHECK(fit.get<ClusterFit>().means == expected.means);
        CHECK(fit.times()[4].step == "ShrinkScores");
    }
    SECTION("a lambda whose result takes the place of an earlier one") {
        const auto fit =
            Pipeline{}
                .then(prepare)
                .then(pldr)
                .then([](const PLDRFit<double>& found) {
                    auto turned = found;
                    turned.loading.col(0) *= -1;
                    return turned;
                })
                .then(TransferLoading<double>{{.lambda = std::numeric_limits<double>::infinity()}})
                .fit(source, target, plain_run());
        CHECK(fit.get<TransferFit>().loading.col(0) == -without.get<PLDRFit>().loading.col(0));
    }
    SECTION("a function that sees the target and the run's options") {
        const auto fit = Pipeline{}.then(&count_spots).fit(target, plain_run(3));
        CHECK(fit.get<Count>().value == 3 * target.rows());
    }
    SECTION("several needs, in any order, and state of its own") {
        const std::string prefix = "K = ";
        const auto fit =
            whole()
                .then([prefix](const RunOptions& run, const ClusterFit<double>& clusters,
                               const Graph& graph) {
                    return prefix + std::to_string(clusters.clusters()) +
                           ", n = " + std::to_string(graph.nodes()) + ", seed " +
                           std::to_string(run.seed);
                })
                .fit(source, target, plain_run());
        CHECK(fit.get<std::string>() == "K = 3, n = 132, seed 5");
    }
}

TEST_CASE("the target alone") {
    const auto target = tissue(12, 15, 2, "target");
    const auto fit = Pipeline{}
                         .then(prepare)
                         .then(TruncatedSVD{{.factors = 3}})
                         .then(knn)
                         .then(mixture)
                         .fit(target, plain_run());
    const auto svd = TruncatedSVD{{.factors = 3}}.fit(fit.get<Prepared>().target, plain_run());
    CHECK(fit.get<SVDFit>().scores == svd.scores);
    CHECK(fit.get<Prepared>().source.rows() == 0);
    CHECK(adjusted_rand_index(code_labels(target.labels).codes, fit.get<ClusterFit>().labels) >
          0.8);
}

TEST_CASE("several sources are one source in sections") {
    const auto first = tissue(9, 12, 1, "first"), second = tissue(7, 12, 3, "second");
    const auto target = tissue(11, 12, 2, "target");
    const std::vector<Sample<Dense>> both{first, second};
    const auto fit = whole().fit(both, target, plain_run());
    CHECK(fit.get<Prepared>().source_sections == std::vector<std::string>{"first", "second"});
    CHECK(fit.get<Prepared>().labels.size() == 108 + 84);

    Sample<Dense> stacked = first;
    stacked.expression.resize(192, 40);
    stacked.expression << first.expression, second.expression;
    stacked.labels.insert(stacked.labels.end(), second.labels.begin(), second.labels.end());
    for (Index i = 0; i < 192; ++i) stacked.sections.push_back(i < 108 ? "first" : "second");
    const auto one = whole().fit(stacked, target, plain_run());
    CHECK(one.get<ClusterFit>().labels == fit.get<ClusterFit>().labels);
    CHECK((one.get<PLDRFit>().loading - fit.get<PLDRFit>().loading).norm() <
          1e-8 * fit.get<PLDRFit>().loading.norm());
}

TEST_CASE("a pipeline has the same bits for any number of threads, and again") {
    const auto source = tissue(36, 40, 1, "source"), target = tissue(30, 41, 2, "target");
    const auto one = whole().fit(source, target, plain_run(1));
    for (const int threads : {1, 2, 7})
        check_same(one, whole().fit(source, target, plain_run(threads)));
}

TEST_CASE("source and target of different types") {
    const auto source = tissue(12, 12, 1, "s"), target = tissue(11, 12, 2, "t");
    Sample<Eigen::SparseMatrix<float, Eigen::RowMajor>> sparse;
    sparse.expression = target.expression.cast<float>().sparseView();
    sparse.genes = target.genes;
    sparse.coordinates = target.coordinates;
    sparse.values = Values::log_expression;
    const auto mixed = whole().fit(source, sparse, plain_run());
    CHECK(adjusted_rand_index(mixed.get<ClusterFit>().labels,
                              whole().fit(source, target, plain_run()).get<ClusterFit>().labels) >
          0.95);
}

TEST_CASE("what a step refuses comes out of the pipeline") {
    const auto source = tissue(9, 9, 1, "s");
    auto target = tissue(8, 9, 2, "t");
    CHECK_THROWS_WITH(Pipeline{}.then(prepare).then(PLDR{{.factors = 35}}).fit(source, target),
                      support::contains("factors = 35"));
    target.genes = gene_names(40, 1000);
    CHECK_THROWS_AS(whole().fit(source, target), BadData);
    CHECK_THROWS_WITH(whole().fit(source, target), support::contains("no gene in common"));
}
