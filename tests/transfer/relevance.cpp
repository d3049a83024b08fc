#include <transst/simulate/tissue.hpp>
#include <transst/transfer/source_relevance.hpp>

#include <numeric>
#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

struct Case {
    explicit Case(std::uint64_t seed, double noise = 2) {
        auto tissue = TissueSimulation{{.height = 30, .width = 30, .genes = 120, .noise = noise}}
                          .log_expression({.seed = seed});
        source = std::move(tissue.source.expression);
        target = std::move(tissue.target.expression);
        labels = tissue.truth.source_labels();
        of_target = tissue.truth.target_labels();
        nearest = KnnGraph{{.neighbors = 6, .symmetric = false}}.fit(tissue.target.coordinates);
    }

    [[nodiscard]] Relevance fit(const RunOptions& run = {}) const {
        return SourceRelevance{}.fit(standardize(source), std::span<const Label>(labels), 4,
                                     standardize(target), nearest, run);
    }
    [[nodiscard]] double relevance(const RunOptions& run = {}) const {
        return fit(run).correlation;
    }

    RowMatrix<double> source, target;
    std::vector<Label> labels, of_target;
    Graph nearest;
};

}  // namespace

TEST_CASE("a matched source is relevant, and one that means nothing is not") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    Case matched(seed);
    CHECK(matched.relevance() > 0.75);
    CHECK(matched.relevance() <= 1);

    auto shuffled = matched;
    RandomStream random(seed, 5);
    const auto order = random.permutation(std::ssize(matched.labels));
    for (std::size_t i = 0; i < order.size(); ++i)
        shuffled.labels[i] = matched.labels[static_cast<std::size_t>(order[i])];
    CHECK(shuffled.relevance() < matched.relevance() - 0.4);

    // a tissue whose genes do other things
    auto unrelated = matched;
    const auto genes = random.permutation(120);
    unrelated.source = matched.source(Eigen::all, genes);
    CHECK(std::abs(unrelated.relevance()) < 0.2);
    unrelated.source = random.normal_matrix(matched.source.rows(), 120);
    CHECK(std::abs(unrelated.relevance()) < 0.2);
}

TEST_CASE("relevance: that all genes rise together where a class lies says nothing of the genes") {
    const Case one(2);
    auto deeper = one;
    for (Index i = 0; i < one.source.rows(); ++i)
        deeper.source.row(i).array() += 3 * one.labels[static_cast<std::size_t>(i)];
    for (Index i = 0; i < one.target.rows(); ++i)
        deeper.target.row(i).array() += 3 * one.of_target[static_cast<std::size_t>(i)];
    CHECK(deeper.relevance() > 0.5);
    RandomStream random(3);
    const RowMatrix<double> ordered = deeper.source;
    deeper.source = ordered(Eigen::all, random.permutation(120));
    CHECK(std::abs(deeper.relevance()) < 0.1);
}

TEST_CASE(
    "relevance: a shift and scale of the target's genes, and the source's order, are nothing") {
    const Case one(4, 4);
    const double relevance = one.relevance();
    auto other = one;
    RandomStream random(9);
    for (Index j = 0; j < 120; ++j)
        other.target.col(j) =
            (other.target.col(j).array() * random.uniform(0.2, 5) + 10 * random.normal()).eval();
    CHECK(other.relevance() == Approx(relevance).margin(1e-6));

    // even where the target is shifted after it was standardised: all its spots together
    auto rows = as_rows(one.target);
    const auto standard = standardize(one.target);
    const Matrix<double> moved = standard.mean() + 0.3 * random.normal_matrix(1, 120);
    const Standardized<decltype(rows)> shifted(rows, moved, standard.inverse_scale());
    CHECK(SourceRelevance{}
              .fit(standardize(one.source), std::span<const Label>(one.labels), 4, shifted,
                   one.nearest)
              .correlation == Approx(relevance).margin(1e-3));

    auto turned = one;
    const auto order = random.permutation(one.source.rows());
    turned.source = one.source(order, Eigen::all);
    for (std::size_t i = 0; i < order.size(); ++i)
        turned.labels[i] = one.labels[static_cast<std::size_t>(order[i])];
    CHECK(turned.relevance() == Approx(relevance).margin(2e-3));

    // classes are names only
    auto renamed = one;
    for (auto& k : renamed.labels) k = 3 - k;
    CHECK(renamed.relevance() == Approx(relevance).margin(1e-6));
}

TEST_CASE("relevance: cells without a label are not profiles; threads do not matter") {
    Case one(5);
    const double relevance = one.relevance({.seed = 3});
    for (const int threads : {2, 7})
        CHECK(one.relevance({.seed = 3, .threads = threads}) == relevance);
    for (std::size_t i = 0; i < one.labels.size(); i += 3) one.labels[i] = left_out;
    CHECK(one.relevance({.seed = 3}) == Approx(relevance).margin(0.1));
}

TEST_CASE("relevance: the mean over the halves of the genes, the same ones for the same seed") {
    const Case one(5);
    const auto target = standardize(one.target);
    const auto found = [&](Index splits, double noise) {
        RowMatrix<double> noisy = one.source + noise * RandomStream(5).normal_matrix(
                                                           one.source.rows(), one.source.cols());
        return SourceRelevance<>{{.splits = splits}}.fit(
            standardize(noisy), std::span<const Label>(one.labels), 4, target, one.nearest);
    };
    const auto clear = found(8, 0), noisy = found(8, 3);
    REQUIRE(clear.halves.size() == 16);
    REQUIRE(noisy.halves.size() == 16);
    CHECK(clear.correlation ==
          Approx(std::accumulate(clear.halves.begin(), clear.halves.end(), 0.0) / 16));
    CHECK(clear.correlation > noisy.correlation);
    // the first of more
    const auto few = found(2, 0);
    CHECK(few.halves == std::vector<double>(clear.halves.begin(), clear.halves.begin() + 4));
}

TEST_CASE("relevance: too little to go by is 0, and shapes must agree") {
    Case one(6);
    const auto source = standardize(one.source), target = standardize(one.target);
    const std::vector<Label> alike(one.labels.size(), 0);
    CHECK(SourceRelevance{}
              .fit(source, std::span<const Label>(alike), 1, target, one.nearest)
              .correlation == 0);
    // no class is called often enough
    const auto unknown = SourceRelevance<>{{.fewest = 1000}}.fit(
        source, std::span<const Label>(one.labels), 4, target, one.nearest);
    CHECK(unknown.correlation == 0);
    CHECK_FALSE(unknown.known);
    CHECK(one.fit().known);
    // a target without any spread
    one.target.setConstant(3);
    CHECK(one.relevance() == 0);

    const std::span<const Label> labels = one.labels;
    CHECK_THROWS_AS(SourceRelevance{}.fit(source, labels.first(10), 4, target, one.nearest),
                    ShapeMismatch);
    const RowMatrix<double> narrow = one.target.leftCols(100);
    CHECK_THROWS_WITH(SourceRelevance{}.fit(source, labels, 4, standardize(narrow), one.nearest),
                      support::contains("the source has 120 genes, the target 100"));
    CHECK_THROWS_AS(
        SourceRelevance{}.fit(source, labels, 4, target, Graph::from_edges(3, {}, true)),
        ShapeMismatch);
}

TEST_CASE("relevance: some of very many source cells are enough") {
    const Case one(4, 4);
    const auto from = [&](Index most_cells) {
        return SourceRelevance<>{{.most_cells = most_cells}}
            .fit(standardize(one.source), std::span<const Label>(one.labels), 4,
                 standardize(one.target), one.nearest)
            .correlation;
    };
    CHECK(from(900) == one.relevance());
    CHECK(from(450) != one.relevance());
    CHECK(from(450) == Approx(one.relevance()).margin(0.1));
    CHECK(from(1) == Approx(one.relevance()).margin(0.2));  // 100 of each class
}

TEST_CASE("reliability: what is to be expected of as many other cells") {
    // Profiles of K classes, n cells each, whose genes have between-class variance b and noise of
    // variance w: two halves correlate as b : b + 2w/n, so all cells are reliable to b : b + w/n.
    constexpr Index classes = 4, genes = 2000, of_class = 30;
    constexpr double between = 0.04;
    RandomStream random(11);
    const Matrix<double> means = std::sqrt(between) * random.normal_matrix(classes, genes);
    RowMatrix<double> source = random.normal_matrix(classes * of_class, genes);
    std::vector<Label> labels;
    for (Index i = 0; i < source.rows(); ++i) {
        labels.push_back(static_cast<Label>(i % classes));
        source.row(i) += means.row(labels.back());
    }
    RowMatrix<double> target = 0.1 * random.normal_matrix(400, genes);
    for (Index i = 0; i < 400; ++i) target.row(i) += means.row(i / 100);
    RowMatrix<double> places(400, 2);
    for (Index i = 0; i < 400; ++i) places.row(i) << double(i % 20), double(i / 20);
    const Graph nearest = KnnGraph{{.neighbors = 6, .symmetric = false}}.fit(places);
    const auto found = SourceRelevance{}.fit(standardize(source), std::span<const Label>(labels),
                                             classes, standardize(target), nearest);
    CHECK(found.source_reliability == Approx(between / (between + 1.0 / of_class)).margin(0.05));
    // the target's own profiles have hardly any noise: what lowers the correlation is the source's
    CHECK(found.correlation == Approx(std::sqrt(found.source_reliability)).margin(0.05));
    CHECK(found.corrected() == Approx(1).margin(0.07));

    CHECK(Relevance{0.3, 0.25}.corrected() == Approx(0.6));
    CHECK(Relevance{0.9, 0.25}.corrected() == 1);
    CHECK(Relevance{-0.2, 0.25}.corrected() == Approx(-0.4));
    CHECK(Relevance{0.3, 0.05}.corrected() == 0.3);  // noise for the most part
    CHECK(Relevance{0.2, 0.25, 0.64}.corrected() == Approx(0.4));
    CHECK(Relevance{0.2, 0.25, 0.64}.corrected_for_both() == Approx(0.5));
    CHECK(Relevance{0.9, 0.25, 0.64}.corrected_for_both() == 1);
    CHECK(Relevance{0.3, 1, 0.05}.corrected_for_both() == 0.3);
}

TEST_CASE("reliability: of the target's profiles, what is to be expected of as many other spots") {
    // profiles of spots, of mean variance `between` and noise of variance 1 in each of 25 spots
    const Index genes = 600, classes = 4, of_class = 100, side = 10;
    const double between = 0.1;
    RandomStream random(12);
    const RowMatrix<double> means = std::sqrt(between) * random.normal_matrix(classes, genes);
    RowMatrix<double> source = random.normal_matrix(classes * of_class, genes),
                      target = random.normal_matrix(side * side, genes);
    std::vector<Label> labels;
    for (Index i = 0; i < source.rows(); ++i) {
        labels.push_back(static_cast<Label>(i % classes));
        source.row(i) += means.row(labels.back());
    }
    RowMatrix<double> places(side * side, 2);
    for (Index i = 0; i < side * side; ++i) {
        places.row(i) << double(i % side), double(i / side);
        target.row(i) += means.row(i * classes / (side * side));
    }
    const Graph nearest = KnnGraph{{.neighbors = 6, .symmetric = false}}.fit(places);
    const auto found = SourceRelevance{}.fit(standardize(source), std::span<const Label>(labels),
                                             classes, standardize(target), nearest);
    const double expected = between / (between + 1.0 / 25);
    CHECK(found.target_reliability == Approx(expected).margin(0.1));
    CHECK(found.source_reliability == Approx(between / (between + 1.0 / of_class)).margin(0.05));
    CHECK(found.correlation ==
          Approx(std::sqrt(found.target_reliability * found.source_reliability)).margin(0.08));
    CHECK(found.corrected_for_both() == Approx(1).margin(0.12));
}

TEST_CASE("reliability: few cells lower the correlation, and less what it is corrected to") {
    Case one(7, 4);
    const auto whole = one.fit();
    // every tenth cell keeps its label
    for (std::size_t i = 0; i < one.labels.size(); ++i)
        if (i % 10 != 0) one.labels[i] = left_out;
    const auto few = one.fit();
    CHECK(few.source_reliability < whole.source_reliability - 0.1);
    CHECK(few.correlation < whole.correlation - 0.05);
    CHECK(whole.corrected() - few.corrected() < 0.5 * (whole.correlation - few.correlation));
}
