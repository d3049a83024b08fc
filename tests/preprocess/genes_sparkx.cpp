#include "genes_tables.hpp"

#include <transst/preprocess/sparkx.hpp>

#include <numbers>

using namespace transst;

TEST_CASE("SPARK-X agrees with an independent computation") {
    TRANSST_NEED(tests, "TRANSST_TEST_DIR");
    const auto folder = tests / "preprocess" / "genes";
    const auto counts = support::read_table(folder / "counts.tsv");
    const auto p = support::read_table(folder / "sparkx_p.tsv");
    const auto statistics = support::read_table(folder / "sparkx_statistic.tsv");
    const auto combined = support::read_table(folder / "sparkx_combined.tsv");
    const auto fit = SparkX{}.fit(counts, support::read_table(folder / "places.tsv"));
    REQUIRE(fit.tests.size() == 11);
    CHECK(fit.tests[0] == "projection");
    CHECK(fit.tests[5] == "gaussian 5");
    CHECK(fit.tests[6] == "cosine 1");
    const Matrix<double> found = fit.log_p.array().exp();
    CHECK((found - p).cwiseAbs().maxCoeff() < 1e-9);
    CHECK((fit.statistics - statistics).cwiseAbs().maxCoeff() < 1e-8);
    const Vector<double> found_combined = fit.p_values();
    CHECK((found_combined - combined.col(0)).cwiseAbs().maxCoeff() < 1e-9);
    // small p-values are right to many digits too
    for (Index j = 0; j < combined.rows(); ++j)
        CHECK(found_combined[j] == Approx(combined(j, 0)).epsilon(1e-7));
}

TEST_CASE("SPARK-X finds the planted gene, whatever unit the coordinates have") {
    const auto places = support::jittered_grid(20, 1);
    const auto counts = support::planted_counts(places, 25, 7, 2);
    const auto fit = SparkX{}.fit(counts, places);
    CHECK(support::argmax(-fit.log_p_combined) == 7);
    CHECK(fit.log_p_combined[7] < std::log(1e-20));
    const RowMatrix<double> moved = (places * 1234.5).rowwise() + Eigen::RowVector2d(-7e3, 5e4);
    const auto again = SparkX{}.fit(counts, moved);
    CHECK((again.log_p_combined - fit.log_p_combined).cwiseAbs().maxCoeff() < 1e-7);
    const RowMatrix<double> scaled = 3 * counts;
    const auto thrice = SparkX{}.fit(scaled, places);
    CHECK((thrice.log_p_combined - fit.log_p_combined).cwiseAbs().maxCoeff() < 1e-9);
}

TEST_CASE("SPARK-X p-values are uniform for genes that know nothing of place") {
    const auto places = support::jittered_grid(20, 1);
    const auto fit = SparkX{}.fit(support::planted_counts(places, 2000, -1, 3), places);
    for (Index t = 0; t < fit.log_p.cols(); ++t) {
        CAPTURE(t);
        const auto below = [&](double p) {
            return static_cast<double>((fit.log_p.col(t).array() < std::log(p)).count()) / 2000;
        };
        CHECK(std::abs(below(0.5) - 0.5) < 0.05);
        CHECK(std::abs(below(0.05) - 0.05) < 0.02);
    }
}

TEST_CASE("SPARK-X gives the same bits for any number of threads, and dense as sparse") {
    const auto places = support::jittered_grid(45, 4);
    const auto counts = support::planted_counts(places, 20, 3, 6);
    const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = counts.sparseView();
    const auto expected = SparkX{}.fit(sparse, places);
    for (const int threads : {2, 7})
        CHECK(SparkX{}.fit(sparse, places, {}, {.threads = threads}).log_p == expected.log_p);
    const auto dense = SparkX{}.fit(counts, places);
    CHECK((dense.log_p - expected.log_p).cwiseAbs().maxCoeff() < 1e-8);
    const auto order = RandomStream(3).permutation(places.rows());
    const RowMatrix<double> shuffled = counts(order, Eigen::all), moved = places(order, Eigen::all);
    const auto found = SparkX{}.fit(shuffled, moved);
    CHECK((found.log_p - expected.log_p).cwiseAbs().maxCoeff() < 1e-8);
}

TEST_CASE("SPARK-X leaves out empty spots and tests each section for itself") {
    const auto places = support::jittered_grid(12, 4);
    auto counts = support::planted_counts(places, 9, 3, 6);
    counts.row(5).setZero();
    const std::vector<Index> rest = [] {
        std::vector<Index> out;
        for (Index i = 0; i < 144; ++i)
            if (i != 5) out.push_back(i);
        return out;
    }();
    const RowMatrix<double> fewer = counts(rest, Eigen::all),
                            fewer_places = places(rest, Eigen::all);
    const auto one = SparkX{}.fit(counts, places);
    CHECK(one.log_p == SparkX{}.fit(fewer, fewer_places).log_p);

    // the same section twice: every test twice, and the same combination of them
    RowMatrix<double> twice(288, 9), places_twice(288, 2);
    twice << counts, counts;
    places_twice << places, places;
    std::vector<std::string> sections(144, "a");
    sections.resize(288, "b");
    const auto both = SparkX{}.fit(twice, places_twice, sections);
    REQUIRE(both.tests.size() == 22);
    CHECK(both.tests[11] == "section 'b', projection");
    CHECK((both.log_p_combined - one.log_p_combined).cwiseAbs().maxCoeff() < 1e-12);

    // a gene that only one of the sections has is judged by that one
    twice.col(3).tail(144).setZero();
    const auto half = SparkX{}.fit(twice, places_twice, sections);
    CHECK(half.log_p_combined[3] == Approx(one.log_p_combined[3]).epsilon(1e-12));
}

TEST_CASE("SPARK-X ranks genes whose p-values underflow") {
    const auto places = support::jittered_grid(60, 4);
    RowMatrix<double> counts(places.rows(), 3);
    RandomStream random(1);
    for (Index i = 0; i < counts.rows(); ++i) {
        counts(i, 0) = places(i, 0) + 4 * random.uniform();
        counts(i, 1) = places(i, 0) + 2 * random.uniform();
        counts(i, 2) = random.uniform();
    }
    const auto fit = SparkX{}.fit(counts, places);
    CHECK(fit.p_values()[0] == 0);
    CHECK(std::isfinite(fit.log_p_combined[1]));
    CHECK(fit.log_p_combined[1] < fit.log_p_combined[0]);
    CHECK(fit.log_p_combined[0] < -1000);
}

TEST_CASE("SPARK-X needs fewer degrees of freedom on a line, and nothing on a point") {
    RowMatrix<double> places = support::jittered_grid(12, 4);
    const auto counts = support::planted_counts(places, 9, 3, 6);
    places.col(1).setConstant(2);
    const auto line = SparkX{}.fit(counts, places);
    CHECK(line.tests.size() == 11);
    CHECK(line.log_p.allFinite());
    CHECK(support::argmax(-line.log_p_combined) == 3);
    // one degree of freedom: n times a squared correlation
    const Vector<double> x = places.col(0).array() - places.col(0).mean();
    const Vector<double> y = counts.col(0).array() - counts.col(0).mean();
    const double t = 144 * std::pow(x.dot(y), 2) / (x.squaredNorm() * y.squaredNorm());
    CHECK(line.statistics(0, 0) == Approx(t));
    CHECK(std::exp(line.log_p(0, 0)) == Approx(std::erfc(std::sqrt(t / 2))));

    places.col(0).setConstant(1);
    const auto point = SparkX{}.fit(counts, places);
    CHECK(point.tests.empty());
    CHECK(point.p_values() == Vector<double>::Ones(9));
}

TEST_CASE("SPARK-X: the tail of a chi-square is continuous where its series begins") {
    const double below = detail::log_chi_square_tail(999.999, 1);
    const double above = detail::log_chi_square_tail(1000.001, 1);
    CHECK(below - above == Approx(0.001).epsilon(1e-2));
    CHECK(detail::log_chi_square_tail(1e6, 1) < -5e5);
    CHECK(detail::log_chi_square_tail(3.841458820694124, 1) == Approx(std::log(0.05)));
    CHECK(detail::log_chi_square_tail(5.991464547107979, 2) == Approx(std::log(0.05)));
}

TEST_CASE("SPARK-X: Cauchy's combination is continuous, and no p-value of 1 hides evidence") {
    const auto of = [](std::initializer_list<double> log_p) {
        return detail::log_cauchy_combination({log_p.begin(), log_p.size()});
    };
    CHECK(of({std::log(0.2), std::log(0.2)}) == Approx(std::log(0.2)));
    CHECK(of({-29.999, -1}) - of({-30.001, -1}) == Approx(0.002).epsilon(1e-3));
    CHECK(of({-800, -1000}) == Approx(-1000 + std::log(2)));
    CHECK(of({-50, 0}) == Approx(-50 + std::log(2)));
    CHECK(of({0, 0}) <= 0);
    const double t =
        (1 / std::tan(std::numbers::pi * 0.01) + 1 / std::tan(std::numbers::pi * 0.7)) / 2;
    CHECK(std::exp(of({std::log(0.01), std::log(0.7)})) ==
          Approx(0.5 - std::atan(t) / std::numbers::pi));
}

TEST_CASE("SPARK-X refuses what cannot be") {
    RowMatrix<double> places = support::jittered_grid(5, 4);
    RowMatrix<double> counts = support::planted_counts(places, 4, 3, 6);
    CHECK_THROWS_WITH(SparkX{}.fit(counts, places.topRows(9)),
                      support::contains("the coordinates are 9 x 2; they must be 25 x 2"));
    CHECK_THROWS_AS(SparkX{}.fit(counts, places, support::numbered("s", 7)), ShapeMismatch);
    places(3, 1) = std::nan("");
    CHECK_THROWS_WITH(SparkX{}.fit(counts, places), support::contains("spot 3"));
    places(3, 1) = 0;
    counts(2, 2) = std::nan("");
    CHECK_THROWS_AS(SparkX{}.fit(counts, places), BadData);
}
