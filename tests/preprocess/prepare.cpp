#include <transst/preprocess/prepare.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/stopping.hpp>

using namespace transst;

namespace {

using Dense = RowMatrix<double>;
using Words = std::vector<std::string>;

/// Counts with a level for each gene, and gene names g0, g1, …
Sample<Dense> counts(Index cells, Index genes, std::uint64_t seed, std::string name) {
    RandomStream random(seed);
    Sample<Dense> out{Dense(cells, genes)};
    for (Index i = 0; i < cells; ++i)
        for (Index j = 0; j < genes; ++j)
            out.expression(i, j) = static_cast<double>(random.poisson(
                0.3 + static_cast<double>(j % 7) * (1 + static_cast<double>(i % 3))));
    for (Index j = 0; j < genes; ++j) out.genes.push_back("g" + std::to_string(j));
    for (Index i = 0; i < cells; ++i) out.labels.push_back(i % 2 ? "odd" : "even");
    out.name = std::move(name);
    return out;
}

Matrix<double> log_normalized(const Dense& x) {
    Matrix<double> out = x;
    for (Index i = 0; i < x.rows(); ++i)
        for (Index j = 0; j < x.cols(); ++j)
            out(i, j) = x.row(i).sum() > 0 ? std::log1p(1e4 * x(i, j) / x.row(i).sum()) : 0;
    return out;
}

template <class Target>
auto fit(const Prepare& prepare, const std::vector<Sample<Dense>>& sources, const Target& target) {
    std::vector<const Sample<Dense>*> seen;
    for (const auto& s : sources) seen.push_back(&s);
    return prepare.fit(std::span<const Sample<Dense>* const>(seen), target);
}

template <class Rows>
Matrix<double> written_out(const Rows& rows) {
    return project<double>(rows, Matrix<double>::Identity(rows.cols(), rows.cols()));
}

bool mentions(const Words& warnings, const std::string& part) {
    return std::any_of(warnings.begin(), warnings.end(),
                       [&](const std::string& w) { return w.find(part) != std::string::npos; });
}

/// Every column of these rows at mean 0 and variance 1.
void check_standard(const Matrix<double>& x) {
    CHECK(x.colwise().mean().cwiseAbs().maxCoeff() < 1e-10);
    CHECK((x.colwise().squaredNorm() / static_cast<double>(x.rows()))
              .array()
              .isApproxToConstant(1, 1e-8));
}

}  // namespace

TEST_CASE("log normalisation is what it says") {
    auto sample = counts(40, 9, 1, "counts");
    sample.expression.row(7).setZero();
    const auto expected = log_normalized(sample.expression);
    Index empty = -1;
    const auto view = log_normalize(sample, {}, &empty);
    CHECK(empty == 1);
    CHECK((written_out(view) - expected).cwiseAbs().maxCoeff() < 1e-12);

    Sample<Eigen::SparseMatrix<int, Eigen::RowMajor>> whole{
        sample.expression.cast<int>().sparseView()};
    CHECK((written_out(log_normalize(whole)) - expected).cwiseAbs().maxCoeff() < 1e-5);

    sample.values = Values::log_expression;
    CHECK(written_out(log_normalize(sample, {}, &empty)) == sample.expression);
    CHECK(empty == 0);
}

TEST_CASE("counts that are none are refused") {
    auto sample = counts(20, 5, 1, "liver");
    sample.expression(12, 3) =
        GENERATE(-1.0, std::nan(""), std::numeric_limits<double>::infinity());
    CHECK_THROWS_AS(log_normalize(sample), BadData);
    CHECK_THROWS_WITH(log_normalize(sample),
                      support::contains("liver: the count of cell 12, gene 3"));
}

TEST_CASE("genes are aligned by id, in the target's order") {
    const Words target{"a", "b", "c", "d"}, source{"x", "d", "b", "a"}, third{"d", "a", "q"};
    const GeneNames samples[] = {{target, {}, "t"}, {source, {}, "s"}, {third, {}, "u"}};
    const auto aligned = align_genes(samples);
    CHECK_FALSE(aligned.by_symbol);
    CHECK(aligned.columns == std::vector<std::vector<Index>>{{0, 3}, {3, 1}, {1, 0}});
}

TEST_CASE("genes are aligned by symbol where ids are of another kind") {
    const Words ids{"E1", "E2", "E3"}, symbols{"TP53", "ACTB", "TWIN"};
    const Words source{"ACTB", "OTHER", "TP53"};
    const GeneNames samples[] = {{ids, symbols, "t"}, {source, {}, "s"}};
    const auto aligned = align_genes(samples);
    CHECK(aligned.by_symbol);
    CHECK(aligned.columns == std::vector<std::vector<Index>>{{0, 1}, {2, 0}});

    // a symbol that stands twice names no gene
    const Words ambiguous{"TP53", "TP53", "ACTB"};
    const GeneNames twice[] = {{ids, ambiguous, "t"}, {source, {}, "s"}};
    CHECK(align_genes(twice).columns == std::vector<std::vector<Index>>{{2}, {0}});
}

TEST_CASE("genes that cannot be aligned") {
    const Words ids{"a", "b"}, others{"c", "d"}, doubled{"a", "b", "a"};
    const GeneNames apart[] = {{ids, {}, "t"}, {others, {}, "s"}};
    CHECK_THROWS_AS(align_genes(apart), BadData);
    CHECK_THROWS_WITH(align_genes(apart), support::contains("t has 'a', s has 'c'"));
    const GeneNames twice[] = {{ids, {}, "t"}, {doubled, {}, "brain"}};
    CHECK_THROWS_AS(align_genes(twice), BadData);
    CHECK_THROWS_WITH(align_genes(twice),
                      support::contains("brain: gene 'a' stands twice, in columns 0 and 2"));
}

TEST_CASE("genes are selected by variance or by coefficient of variation") {
    const auto target = counts(60, 30, 2, "target");
    const auto x = log_normalized(target.expression);
    const Matrix<double> centered = x.rowwise() - x.colwise().mean();
    const Vector<double> variance = centered.colwise().squaredNorm().transpose() / 60;
    const Vector<double> variation =
        variance.cwiseSqrt().array() / x.colwise().mean().transpose().array();
    const bool by_variance = GENERATE(true, false);
    const Vector<double>& score = by_variance ? variance : variation;
    const auto prepared =
        fit(Prepare{{.genes = 8,
                     .criterion = by_variance ? GeneCriterion::variance
                                              : GeneCriterion::coefficient_of_variation}},
            {}, target);
    CHECK(prepared.genes.size() == 8);
    CHECK(prepared.common_genes == 30);
    double least = std::numeric_limits<double>::infinity(), most_left = 0;
    for (Index j = 0; j < 30; ++j) {
        const auto& name = target.genes[static_cast<std::size_t>(j)];
        const bool kept = std::count(prepared.genes.begin(), prepared.genes.end(), name) > 0;
        (kept ? least : most_left) =
            kept ? std::min(least, score[j]) : std::max(most_left, score[j]);
    }
    CHECK(least >= most_left);
}

TEST_CASE("where genes are chosen from") {
    auto target = counts(50, 10, 1, "t"), source = counts(50, 10, 2, "s");
    target.values = source.values = Values::log_expression;
    target.expression = RandomStream(1).normal_matrix(50, 10);
    source.expression = RandomStream(2).normal_matrix(50, 10);
    target.expression.col(3) *= 10;
    target.expression.col(4) *= 5;
    source.expression.col(6) *= 10;
    source.expression.col(4) *= 5;
    const auto chosen = [&](GenesFrom from) {
        return fit(Prepare{{.genes = 1, .genes_from = from}}, {source}, target).genes;
    };
    CHECK(chosen(GenesFrom::target) == Words{"g3"});
    CHECK(chosen(GenesFrom::source) == Words{"g6"});
    CHECK(chosen(GenesFrom::both) == Words{"g4"});
    // a gene that does not vary in the target tells nothing about it
    target.expression.col(6).setConstant(2);
    CHECK(chosen(GenesFrom::source) == Words{"g4"});
}

TEST_CASE("each section is standardised on its own") {
    auto source = counts(60, 12, 1, "source"), target = counts(50, 12, 2, "target");
    for (Index i = 0; i < 60; ++i) source.sections.push_back(i % 3 == 0 ? "one" : "two");
    for (Index i = 0; i < 50; ++i) target.sections.push_back(i < 20 ? "left" : "right");
    const auto prepared = fit(Prepare{}, {source}, target);
    CHECK(prepared.source_sections == Words{"one", "two"});
    CHECK(prepared.target_sections == Words{"left", "right"});
    const auto x = written_out(prepared.target), s = written_out(prepared.source);
    check_standard(x.topRows(20));
    check_standard(x.bottomRows(30));
    std::vector<Index> one, two;
    for (Index i = 0; i < 60; ++i) (i % 3 == 0 ? one : two).push_back(i);
    check_standard(support::rows_of(s, one));
    check_standard(support::rows_of(s, two));
}

TEST_CASE("source and target are standardised together on request") {
    const auto source = counts(60, 12, 1, "source"), target = counts(50, 12, 2, "target");
    const auto prepared = fit(Prepare{Prepare::Options::published()}, {source}, target);
    Matrix<double> both(110, 12), expected(110, 12);
    both << written_out(prepared.source), written_out(prepared.target);
    check_standard(both);
    expected << log_normalized(source.expression), log_normalized(target.expression);
    expected.rowwise() -= expected.colwise().mean().eval();
    for (Index j = 0; j < 12; ++j) expected.col(j) *= std::sqrt(110.0) / expected.col(j).norm();
    CHECK((both - expected).cwiseAbs().maxCoeff() < 1e-9);
}

TEST_CASE("cells without a label are left out of everything") {
    auto source = counts(40, 8, 1, "source");
    const auto target = counts(30, 8, 2, "target");
    std::vector<Index> kept;
    for (Index i = 0; i < 40; ++i) {
        if (i % 5 == 0)
            source.labels[static_cast<std::size_t>(i)] = i % 2 ? "NA" : "dirt";
        else
            kept.push_back(i);
    }
    auto fewer = source;
    fewer.expression = support::rows_of(source.expression, kept);
    fewer.labels.clear();
    for (const Index i : kept) fewer.labels.push_back(source.labels[static_cast<std::size_t>(i)]);
    const auto one = fit(Prepare{{.ignore = {"dirt"}}}, {source}, target);
    const auto other = fit(Prepare{}, {fewer}, target);
    CHECK(one.class_names == Words{"even", "odd"});
    CHECK(one.labels == other.labels);
    CHECK(one.source.rows() == std::ssize(kept));
    CHECK((written_out(one.source) - written_out(other.source)).cwiseAbs().maxCoeff() < 1e-12);
    check_standard(written_out(one.source));
}

TEST_CASE("several sources with their genes in different orders") {
    const auto first = counts(30, 10, 1, "first"), target = counts(25, 10, 3, "target");
    auto second = counts(20, 10, 2, "second");
    auto turned = second;
    for (Index j = 0; j < 10; ++j) {
        turned.expression.col(9 - j) = second.expression.col(j);
        turned.genes[static_cast<std::size_t>(9 - j)] = second.genes[static_cast<std::size_t>(j)];
    }
    const auto one = fit(Prepare{{.genes = 6}}, {first, second}, target);
    const auto other = fit(Prepare{{.genes = 6}}, {first, turned}, target);
    CHECK(one.genes == other.genes);
    CHECK(one.source.rows() == 50);
    CHECK((written_out(one.source) - written_out(other.source)).cwiseAbs().maxCoeff() < 1e-12);
    check_standard(written_out(one.source).topRows(30));
    check_standard(written_out(one.source).bottomRows(20));
}

TEST_CASE("sparse samples stay sparse and give the same") {
    const auto dense = counts(60, 15, 4, "target");
    Sample<CompressedRows<float>> sparse;
    sparse.genes = dense.genes;
    sparse.expression.genes = 15;
    for (Index i = 0; i < 60; ++i) {
        for (Index j = 0; j < 15; ++j) {
            if (dense.expression(i, j) == 0) continue;
            sparse.expression.columns.push_back(static_cast<std::int32_t>(j));
            sparse.expression.values.push_back(static_cast<float>(dense.expression(i, j)));
        }
        sparse.expression.starts.push_back(std::ssize(sparse.expression.columns));
    }
    const auto one = fit(Prepare{{.genes = 9}}, {}, dense);
    const auto other = fit(Prepare{{.genes = 9}}, {}, sparse);
    static_assert(
        std::is_same_v<std::remove_cvref_t<decltype(other.target.raw())>, StoredRows<float>>);
    CHECK(one.genes == other.genes);
    CHECK(one.source.rows() == 0);
    CHECK((written_out(one.target) - written_out(other.target)).cwiseAbs().maxCoeff() < 1e-4);
}

TEST_CASE("genes that do not vary are not kept, empty cells are reported") {
    auto target = counts(30, 6, 1, "target");
    target.values = Values::log_expression;
    target.expression.col(2).setConstant(3);
    CHECK(fit(Prepare{}, {}, target).genes == Words{"g0", "g1", "g3", "g4", "g5"});
    target.expression.setConstant(1);
    CHECK_THROWS_WITH(fit(Prepare{}, {}, target),
                      support::contains("none of the 6 common genes varies"));

    auto empty = counts(30, 6, 1, "spots");
    empty.expression.row(4).setZero();
    CHECK(mentions(fit(Prepare{}, {}, empty).warnings, "spots: 1 spot has no counts"));
    empty.expression.row(5).setZero();
    CHECK(mentions(fit(Prepare{}, {}, empty).warnings, "spots: 2 spots have no counts"));

    // of a source they are left out, and a class of nothing else with them
    auto source = counts(30, 6, 2, "source");
    for (const Index i : {3, 7}) {
        source.expression.row(i).setZero();
        source.labels[static_cast<std::size_t>(i)] = "nothing";
    }
    const auto prepared = fit(Prepare{}, {source}, counts(30, 6, 1, "target"));
    CHECK(prepared.source.rows() == 28);
    CHECK(std::ssize(prepared.labels) == 28);
    CHECK(std::count(prepared.class_names.begin(), prepared.class_names.end(), "nothing") == 0);
    CHECK(mentions(prepared.warnings, "source: 2 cells have no counts, and are left out"));
    CHECK(mentions(prepared.warnings, "no cell of class 'nothing' has counts"));
    auto logs = source;  // nor were there counts where log expression is all 0
    logs.values = Values::log_expression;
    logs.expression.row(20).setZero();
    const auto of_logs = fit(Prepare{}, {logs}, counts(30, 6, 1, "target"));
    CHECK(of_logs.source.rows() == 27);
    CHECK(mentions(of_logs.warnings, "source: 3 cells have no counts, and are left out"));
    CHECK(mentions(of_logs.warnings, "no cell of class 'nothing' has counts"));
    // one that is ignored, or that other cells are of, is not spoken of
    CHECK(!mentions(fit(Prepare{{.ignore = {"nothing"}}}, {source}, counts(30, 6, 1, "t")).warnings,
                    "of class"));
    source.labels[0] = "nothing";
    CHECK(!mentions(fit(Prepare{}, {source}, counts(30, 6, 1, "t")).warnings, "of class"));
}

TEST_CASE("sources that differ in classes, or share a section's name, are taken, and it is said") {
    auto one = counts(30, 6, 2, "one"), other = counts(30, 6, 3, "other");
    other.labels[0] = "rare";
    one.sections.assign(30, "S1");
    other.sections.assign(30, "S1");
    const auto prepared = fit(Prepare{}, {one, other}, counts(30, 6, 1, "target"));
    CHECK(mentions(prepared.warnings, "source one has no cells of 'rare'"));
    CHECK(!mentions(prepared.warnings, "source other has no cells of"));
    CHECK(mentions(prepared.warnings,
                   "sources one and other both have a section 'S1'; they are taken as two"));
    CHECK(prepared.source_sections == Words{"S1", "S1"});

    // cells without counts are none
    one.labels[4] = "rare";
    one.expression.row(4).setZero();
    CHECK(mentions(fit(Prepare{}, {one, other}, counts(30, 6, 1, "target")).warnings,
                   "source one has no cells of 'rare'"));
    one.expression.row(4).setOnes();
    CHECK(!mentions(fit(Prepare{}, {one, other}, counts(30, 6, 1, "target")).warnings,
                    "has no cells of"));
}

TEST_CASE("samples matched by symbol say so") {
    auto target = counts(20, 4, 1, "t"), source = counts(20, 4, 2, "s");
    target.symbols = target.genes;
    target.genes = {"E0", "E1", "E2", "E3"};
    const auto prepared = fit(Prepare{}, {source}, target);
    CHECK(prepared.matched_by_symbol);
    CHECK(mentions(prepared.warnings, "matched by symbol"));
    CHECK(prepared.genes == target.genes);
    CHECK(prepared.symbols == target.symbols);
}

TEST_CASE("samples that cannot be prepared are refused in words") {
    auto target = counts(20, 4, 1, "spots"), source = counts(20, 4, 2, "cells");
    CHECK_THROWS_AS(fit(Prepare{{.genes = 0}}, {source}, target), InvalidArgument);
    CHECK_THROWS_WITH(fit(Prepare{{.genes = 0}}, {source}, target), support::contains("genes = 0"));
    SECTION("labels") {
        source.labels.pop_back();
        CHECK_THROWS_AS(fit(Prepare{}, {source}, target), ShapeMismatch);
        CHECK_THROWS_WITH(fit(Prepare{}, {source}, target),
                          support::contains("cells: labels has 19 entries, there are 20 cells"));
    }
    SECTION("no labels at all") {
        source.labels.assign(20, "NA");
        CHECK_THROWS_AS(fit(Prepare{}, {source}, target), BadData);
        CHECK_THROWS_WITH(fit(Prepare{}, {source}, target), support::contains("no labelled cell"));
    }
    SECTION("genes") {
        target.genes.pop_back();
        CHECK_THROWS_AS(fit(Prepare{}, {source}, target), ShapeMismatch);
        CHECK_THROWS_WITH(fit(Prepare{}, {source}, target),
                          support::contains("spots: genes has 3 names"));
    }
    SECTION("symbols") {
        target.symbols = {"a"};
        CHECK_THROWS_WITH(fit(Prepare{}, {source}, target),
                          support::contains("symbols has 1 entries"));
    }
    SECTION("sections") {
        target.sections = {"a"};
        CHECK_THROWS_WITH(fit(Prepare{}, {source}, target),
                          support::contains("sections has 1 entries"));
    }
    SECTION("cells") {
        target.expression.resize(0, 4);
        CHECK_THROWS_WITH(fit(Prepare{}, {source}, target),
                          support::contains("spots: there are no cells"));
    }
    SECTION("log expression") {
        source.values = Values::log_expression;
        source.expression(3, 1) = std::nan("");
        CHECK_THROWS_AS(fit(Prepare{}, {source}, target), BadData);
    }
    SECTION("genes twice") {
        source.genes[3] = "g0";
        CHECK_THROWS_WITH(fit(Prepare{}, {source}, target),
                          support::contains("gene 'g0' stands twice"));
    }
}

TEST_CASE("a stop requested while genes are prepared ends it, one before does not") {
    const auto plain = counts(1200, 12, 3, "tissue");
    for (const int threads : {1, 3}) {
        std::stop_source source;
        Sample<support::StoppingRows> target{{plain.expression, &source}, plain.genes};
        const std::span<const Sample<support::StoppingRows>* const> none;
        const RunOptions run{.threads = threads, .stop = source.get_token()};
        CHECK_THROWS_AS(Prepare{}.fit(none, target, run), Stopped);
        // what comes after a fit that was stopped must still be had
        CHECK(source.stop_requested());
        const auto undisturbed = Prepare{}.fit(none, target, {.threads = threads});
        CHECK(Prepare{}.fit(none, target, run).genes == undisturbed.genes);
    }
}
