#include "genes_tables.hpp"

#include <transst/preprocess/prepare.hpp>

using namespace transst;

namespace {

using Counts = Sample<RowMatrix<double>>;
using Spans = std::span<const Counts* const>;

constexpr GeneCriterion criteria[] = {
    GeneCriterion::variance, GeneCriterion::coefficient_of_variation,
    GeneCriterion::variance_stabilized, GeneCriterion::spark_x, GeneCriterion::morans_i};

/// A target with a pattern in gene 7, a source with one in gene 3.
struct Pair {
    static constexpr Index count = 60;
    RowMatrix<double> places = support::jittered_grid(15, 1);
    Counts target = support::named_sample(support::planted_counts(places, count, 7, 2), places);
    Counts source = support::named_sample(support::planted_counts(places, count, 3, 5), places);

    Pair() {
        target.name = "target";
        source.name = "source";
        for (Index i = 0; i < source.rows(); ++i)
            source.labels.push_back(i % 9 == 4 ? "NA" : i % 2 == 0 ? "a" : "b");
    }

    [[nodiscard]] std::vector<std::string> genes(const Prepare::Options& options,
                                                 const RunOptions& run = {}) const {
        const Counts* const sources[] = {&source};
        return Prepare{options}.fit(Spans(sources), target, run).genes;
    }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("Prepare: the planted gene comes first by every criterion, from target, source or both") {
    const Pair pair;
    for (const auto criterion : criteria) {
        CAPTURE(static_cast<int>(criterion));
        CHECK(pair.genes({.genes = 1, .criterion = criterion}) == Names{"gene7"});
        CHECK(pair.genes({.genes = 1, .criterion = criterion, .genes_from = GenesFrom::source}) ==
              Names{"gene3"});
        CHECK(pair.genes({.genes = 2000, .criterion = criterion}).size() == Pair::count);
    }
    // the same pattern in both
    Pair alike;
    alike.source.expression.col(7) = alike.target.expression.col(7);
    for (const auto criterion : criteria) {
        CAPTURE(static_cast<int>(criterion));
        CHECK(alike.genes({.genes = 1, .criterion = criterion, .genes_from = GenesFrom::both}) ==
              Names{"gene7"});
    }
}

TEST_CASE("Prepare: unlabelled source cells have no say in the choice of genes") {
    const Pair pair;
    std::vector<Index> labelled;
    for (Index i = 0; i < pair.source.rows(); ++i)
        if (pair.source.labels[static_cast<std::size_t>(i)] != "NA") labelled.push_back(i);
    Pair fewer;
    fewer.source.expression = pair.source.expression(labelled, Eigen::all).eval();
    fewer.source.coordinates = pair.places(labelled, Eigen::all).eval();
    fewer.source.labels.clear();
    for (const Index i : labelled)
        fewer.source.labels.push_back(pair.source.labels[static_cast<std::size_t>(i)]);
    for (const auto criterion : criteria) {
        const Prepare::Options options{
            .genes = 9, .criterion = criterion, .genes_from = GenesFrom::source};
        CHECK(pair.genes(options) == fewer.genes(options));
    }
}

TEST_CASE("Prepare: several sources, several sections, threads and storage choose the same genes") {
    const Pair pair;
    Sample<Eigen::SparseMatrix<float, Eigen::RowMajor>> sparse;
    sparse.expression = pair.target.expression.cast<float>().sparseView();
    sparse.genes = pair.target.genes;
    sparse.coordinates = pair.places;
    const Counts* const two[] = {&pair.source, &pair.source};
    for (const auto criterion : criteria) {
        CAPTURE(static_cast<int>(criterion));
        const Prepare::Options options{.genes = 8, .criterion = criterion};
        const auto expected = pair.genes(options);
        CHECK(pair.genes(options, {.threads = 3}) == expected);
        CHECK(Prepare{options}.fit(Spans{}, sparse).genes == expected);

        auto from_source = options;
        from_source.genes_from = GenesFrom::source;
        CHECK(Prepare{from_source}.fit(Spans(two), pair.target).genes == pair.genes(from_source));
    }
    auto sections = pair;
    for (Index i = 0; i < sections.target.rows(); ++i)
        sections.target.sections.push_back(i < 110 ? "one" : "two");
    for (const auto criterion : {GeneCriterion::spark_x, GeneCriterion::morans_i})
        CHECK(sections.genes({.genes = 1, .criterion = criterion}) == Names{"gene7"});
}

TEST_CASE("Prepare: a gene that does not vary is never chosen") {
    Pair pair;
    pair.target.expression.col(2).setZero();
    for (const auto criterion : criteria) {
        const auto genes = pair.genes({.genes = 2000, .criterion = criterion});
        CHECK(genes.size() == Pair::count - 1);
        CHECK(std::find(genes.begin(), genes.end(), "gene2") == genes.end());
    }
}

TEST_CASE("Prepare: variance_stabilized needs counts, spatial criteria need coordinates") {
    Pair pair;
    pair.target.values = Values::log_expression;
    CHECK_THROWS_WITH(pair.genes({.criterion = GeneCriterion::variance_stabilized}),
                      support::contains("needs counts, but target has log expression"));
    CHECK_NOTHROW(pair.genes(
        {.criterion = GeneCriterion::variance_stabilized, .genes_from = GenesFrom::source}));
    CHECK_NOTHROW(pair.genes({.criterion = GeneCriterion::spark_x}));

    pair = {};
    pair.source.coordinates.resize(0, 0);
    for (const auto criterion : {GeneCriterion::spark_x, GeneCriterion::morans_i}) {
        CHECK_NOTHROW(pair.genes({.criterion = criterion}));
        for (const auto from : {GenesFrom::source, GenesFrom::both})
            CHECK_THROWS_WITH(pair.genes({.criterion = criterion, .genes_from = from}),
                              support::contains("source has 225 cells and coordinates of 0 x 0") &&
                                  support::contains("genes_from"));
    }
    pair.target.coordinates.resize(0, 0);
    CHECK_THROWS_AS(pair.genes({.criterion = GeneCriterion::morans_i}), ShapeMismatch);
    CHECK_NOTHROW(pair.genes({.criterion = GeneCriterion::variance}));
}

TEST_CASE("Prepare: a list of genes takes the criterion's place") {
    Pair pair;
    pair.target.symbols = support::numbered("SYM", Pair::count);
    pair.target.expression.col(11).setZero();
    const Counts* const sources[] = {&pair.source};
    const auto fit =
        Prepare{{.genes = 1, .gene_list = {"SYM9", "gene4", "gene9", "lost", "gene11"}}}.fit(
            Spans(sources), pair.target);
    CHECK(fit.genes == Names{"gene4", "gene9"});
    REQUIRE(fit.warnings.size() == 2);
    CHECK(fit.warnings[0] ==
          "gene_list: 1 of 5 genes is not among those that the samples "
          "have in common (lost)");
    CHECK(fit.warnings[1] == "gene_list: 1 gene does not vary in the target and cannot be used");

    CHECK_THROWS_WITH(pair.genes({.gene_list = {"A", "B"}}),
                      support::contains("none of the 2 genes of gene_list ('A' is the first)") &&
                          support::contains("'gene0' is the first"));
    CHECK_THROWS_WITH(pair.genes({.gene_list = {"gene11"}}),
                      support::contains("none of the genes of gene_list varies"));
    // no coordinates or counts are needed where a list decides
    pair.target.coordinates.resize(0, 0);
    CHECK_NOTHROW(pair.genes({.criterion = GeneCriterion::spark_x, .gene_list = {"gene4"}}));
}
