#include "genes_tables.hpp"

#include <transst/preprocess/vst.hpp>

using namespace transst;

TEST_CASE("loess follows a quadratic exactly") {
    RandomStream random(1);
    Vector<double> x(200), y(200);
    for (Index i = 0; i < 200; ++i) {
        x[i] = random.uniform(-3, 5);
        y[i] = 2 - x[i] + 0.5 * x[i] * x[i];
    }
    const auto smooth = loess(x, y, 0.3);
    CHECK((smooth - y).cwiseAbs().maxCoeff() < 1e-2);  // a cubic joins slopes at few places
    CHECK((loess(x, x, 0.3) - x).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("loess does not depend on the order of the points") {
    RandomStream random(2);
    Vector<double> x(300), y(300);
    for (Index i = 0; i < 300; ++i) {
        x[i] = std::round(random.normal() * 5);
        y[i] = random.normal();
    }
    const auto order = random.permutation(300);
    const Vector<double> smooth = loess(x, y, 0.4);
    CHECK(loess(x(order), y(order), 0.4) == smooth(order));
}

TEST_CASE("loess stays finite where points lie on few places or are few") {
    const auto check = [](const Vector<double>& x, const Vector<double>& y) {
        const auto smooth = loess(x, y, 0.3);
        CHECK(smooth.allFinite());
        CHECK(smooth.minCoeff() >= y.minCoeff() - 1);
        CHECK(smooth.maxCoeff() <= y.maxCoeff() + 1);
    };
    for (Index n = 1; n < 12; ++n) {
        CAPTURE(n);
        const Vector<double> y = Vector<double>::LinSpaced(n, 0, 1);
        check(y, y);
        check(Vector<double>::Constant(n, 3), y);
        check((y.array() > 0.5).select(Vector<double>::Ones(n), 0), y);
    }
    Vector<double> x = Vector<double>::Zero(100);
    x.tail(5) << 1, 2, 3, 4, 5;
    check(x, Vector<double>::LinSpaced(100, 0, 1));
    CHECK(loess(Vector<double>(0), Vector<double>(0), 0.3).size() == 0);
}

TEST_CASE("loess refuses what cannot be") {
    const Vector<double> x = Vector<double>::LinSpaced(9, 0, 1);
    CHECK_THROWS_AS(loess(x, x.head(4), 0.3), ShapeMismatch);
    CHECK_THROWS_WITH(loess(x, x, 0), support::contains("span = 0; it must be above 0"));
    CHECK_THROWS_AS(loess(x, x, 1.5), InvalidArgument);
}

TEST_CASE("VST agrees with R") {
    TRANSST_NEED(tests, "TRANSST_TEST_DIR");
    const auto counts = support::read_table(tests / "preprocess/genes/counts.tsv");
    const auto expected = support::read_table(tests / "preprocess/genes/vst.tsv");
    const auto fit = VST{}.fit(counts);
    REQUIRE(fit.score.size() == expected.rows());
    for (Index j = 0; j < expected.rows(); ++j) {
        CAPTURE(j);
        CHECK(fit.mean[j] == Approx(expected(j, 0)).epsilon(1e-12));
        CHECK(fit.variance[j] == Approx(expected(j, 1)).epsilon(1e-12));
        CHECK(fit.expected_variance[j] == Approx(expected(j, 2)).epsilon(1e-10));
        CHECK(fit.score[j] == Approx(expected(j, 3)).epsilon(1e-10));
    }
}

TEST_CASE("VST gives the same bits for any number of threads, dense or sparse") {
    const RowMatrix<double> counts =
        support::planted_counts(support::jittered_grid(40, 3), 30, 4, 5);
    const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = counts.sparseView();
    const auto expected = VST{}.fit(counts).score;
    for (const int threads : {1, 2, 7}) {
        CAPTURE(threads);
        CHECK(VST{}.fit(sparse, {.threads = threads}).score == expected);
        CHECK(VST{}.fit(counts, {.threads = threads}).score == expected);
    }
}

TEST_CASE("VST does not depend on the order of cells and genes") {
    const RowMatrix<double> counts =
        support::planted_counts(support::jittered_grid(15, 3), 30, 4, 5);
    const auto cells = RandomStream(8).permutation(counts.rows());
    const auto genes = RandomStream(9).permutation(counts.cols());
    const RowMatrix<double> shuffled = counts(cells, genes);
    const auto expected = VST{}.fit(counts).score, found = VST{}.fit(shuffled).score;
    CHECK((found - expected(genes)).cwiseAbs().maxCoeff() < 1e-12);
    CHECK(support::argmax(expected) == 4);
}

TEST_CASE("VST refuses what are no counts") {
    RowMatrix<double> counts = RowMatrix<double>::Ones(5, 4);
    counts(2, 3) = -1;
    CHECK_THROWS_WITH(VST{}.fit(counts), support::contains("the count of cell 2, gene 3"));
    counts(2, 3) = std::nan("");
    CHECK_THROWS_AS(VST{}.fit(counts), BadData);
    CHECK_THROWS_WITH(VST{{.span = 2}}.fit(RowMatrix<double>(RowMatrix<double>::Ones(5, 4))),
                      support::contains("span = 2"));
    const auto constant = VST{}.fit(RowMatrix<double>(RowMatrix<double>::Ones(5, 4)));
    CHECK(constant.score == Vector<double>::Zero(4));
}
