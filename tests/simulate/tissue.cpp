#include "support/catch.hpp"

#include <transst/simulate/tissue.hpp>

#include <cmath>
#include <limits>
#include <set>

using namespace transst;
using support::contains;

namespace {

using Options = TissueSimulation::Options;

/// Rows of the tissue's own lattice, source and target put together again.
RowMatrix<double> whole(const SimulatedTissue<RowMatrix<double>>& tissue) {
    RowMatrix<double> x(tissue.truth.factors.rows(), tissue.source.cols());
    for (std::size_t i = 0; i < tissue.truth.source.size(); ++i)
        x.row(tissue.truth.source[i]) = tissue.source.expression.row(static_cast<Index>(i));
    for (std::size_t i = 0; i < tissue.truth.target.size(); ++i)
        x.row(tissue.truth.target[i]) = tissue.target.expression.row(static_cast<Index>(i));
    return x;
}

}  // namespace

TEST_CASE("the study's tissue") {
    const auto tissue = TissueSimulation{}.log_expression({.seed = 5});
    const auto& truth = tissue.truth;
    CHECK(tissue.source.values == Values::log_expression);
    CHECK(tissue.source.rows() + tissue.target.rows() == 2500);
    CHECK(std::abs(tissue.target.rows() - 625) <= 2);
    CHECK(tissue.source.cols() == 1000);
    CHECK(tissue.source.genes == tissue.target.genes);
    CHECK(tissue.source.genes[6] == "gene_0007");
    CHECK(tissue.source.genes[999] == "gene_1000");
    CHECK(truth.labels.size() == 2500);
    CHECK(truth.loading.rows() == 1000);
    CHECK(truth.loading.cols() == 10);

    SECTION("means on axes of their own") {
        Matrix<double> means = Matrix<double>::Zero(4, 10);
        means(0, 0) = means(1, 1) = means(2, 2) = 5;
        means.row(3).tail(7).setConstant(5);
        CHECK(truth.means == means);
    }
    SECTION("covariances") {
        REQUIRE(truth.covariances.size() == 4);
        for (const std::size_t k : {2u, 3u})
            CHECK(truth.covariances[k] == Matrix<double>::Identity(10, 10));
        for (const std::size_t k : {0u, 1u}) {
            CHECK(truth.covariances[k].diagonal().minCoeff() > 0.1);
            CHECK(truth.covariances[k].diagonal().maxCoeff() < 10.5);
            CHECK(truth.covariances[k].diagonal().maxCoeff() > 5);
            Matrix<double> rest = truth.covariances[k];
            rest.diagonal().setZero();
            CHECK(rest.norm() > 1e-3);
            CHECK(rest.cwiseAbs().maxCoeff() < 0.2);
        }
    }
    SECTION("loading and noise") {
        Matrix<double> rest = truth.loading;
        rest.topRows(10) -= Matrix<double>::Identity(10, 10);
        CHECK(rest.cwiseAbs().maxCoeff() < 0.1);
        CHECK(rest.cwiseAbs().maxCoeff() > 0.099);
        CHECK(std::abs(rest.mean()) < 0.003);
        CHECK(truth.noise_variance.minCoeff() > 0.1);
        CHECK(truth.noise_variance.maxCoeff() < 2);
        CHECK(truth.noise_variance.mean() == Approx(1.05).margin(0.1));
    }
    SECTION("factors follow their class") {
        for (Index k = 0; k < 4; ++k) {
            std::vector<Index> spots;
            for (std::size_t i = 0; i < truth.labels.size(); ++i)
                if (truth.labels[i] == k) spots.push_back(static_cast<Index>(i));
            const auto n = static_cast<double>(spots.size());
            REQUIRE(n > 200);
            const Matrix<double> z = truth.factors(spots, Eigen::all);
            const Eigen::RowVectorXd mean = z.colwise().mean();
            const Matrix<double> centred = z.rowwise() - mean;
            const Matrix<double> covariance = centred.transpose() * centred / n;
            const Matrix<double>& expected = truth.covariances[static_cast<std::size_t>(k)];
            for (Index f = 0; f < 10; ++f) {
                CHECK(std::abs(mean(f) - truth.means(k, f)) < 4.5 * std::sqrt(expected(f, f) / n));
                for (Index g = 0; g < 10; ++g)
                    CHECK(std::abs(covariance(f, g) - expected(f, g)) <
                          4.5 * std::sqrt(2 * expected(f, f) * expected(g, g) / n));
            }
        }
    }
    SECTION("expression is Wz + noise") {
        const Matrix<double> noise = whole(tissue) - truth.factors * truth.loading.transpose();
        const Vector<double> variance = noise.colwise().squaredNorm().transpose() / 2500;
        CHECK(((variance - truth.noise_variance).array() / truth.noise_variance.array())
                  .abs()
                  .maxCoeff() < 5 * std::sqrt(2.0 / 2500));
        CHECK(std::abs(noise.mean()) < 5 * std::sqrt(1.05 / 2.5e6));
    }
}

TEST_CASE("factors share their class's rank-one noise") {
    // Where all other variance is 0.1, enough spots show covariances of 0.01.
    const auto tissue = TissueSimulation{
        {.height = 300,
         .width = 300,
         .genes = 3,
         .factors = 3,
         .classes = 2,
         .beta = 0,
         .sweeps = 0,
         .spread = 0.1}}.log_expression({.seed = 3, .threads = 2});
    std::vector<Index> spots;
    for (std::size_t i = 0; i < tissue.truth.labels.size(); ++i)
        if (tissue.truth.labels[i] == 0) spots.push_back(static_cast<Index>(i));
    const Matrix<double> z =
        tissue.truth.factors(spots, Eigen::all).rowwise() - tissue.truth.means.row(0);
    const Matrix<double> covariance = z.transpose() * z / static_cast<double>(spots.size());
    CHECK((covariance - tissue.truth.covariances[0]).cwiseAbs().maxCoeff() < 0.004);
    const Matrix<double> own = Matrix<double>::Identity(3, 3) * 0.1;
    CHECK((tissue.truth.covariances[0] - own).cwiseAbs().maxCoeff() > 0.01);
}

TEST_CASE("the target is the first share of each class, row by row") {
    const auto tissue =
        TissueSimulation{{.height = 20, .width = 30, .genes = 12, .target_share = 0.4}}
            .log_expression({.seed = 2});
    const auto& truth = tissue.truth;
    for (Label k = 0; k < 4; ++k) {
        Index last_target = -1, first_source = 600, targets = 0, all = 0;
        for (const Index i : truth.target) {
            if (truth.labels[static_cast<std::size_t>(i)] != k) continue;
            last_target = std::max(last_target, i);
            ++targets;
        }
        for (const Index i : truth.source)
            if (truth.labels[static_cast<std::size_t>(i)] == k)
                first_source = std::min(first_source, i);
        for (const Label label : truth.labels) all += label == k;
        CHECK(last_target < first_source);
        CHECK(std::abs(static_cast<double>(targets) - 0.4 * static_cast<double>(all)) <= 0.5);
    }
    std::set<Index> together(truth.source.begin(), truth.source.end());
    together.insert(truth.target.begin(), truth.target.end());
    CHECK(together.size() == 600);
    CHECK(std::is_sorted(truth.target.begin(), truth.target.end()));

    const auto target_labels = truth.target_labels();
    REQUIRE(tissue.target.labels.size() == target_labels.size());
    std::set<std::string> barcodes(tissue.source.barcodes.begin(), tissue.source.barcodes.end());
    barcodes.insert(tissue.target.barcodes.begin(), tissue.target.barcodes.end());
    CHECK(barcodes.size() == 600);
    for (std::size_t i = 0; i < target_labels.size(); ++i) {
        const auto at = static_cast<Index>(i);
        CHECK(tissue.target.labels[i] == "class " + std::to_string(target_labels[i] + 1));
        CHECK(tissue.target.coordinates(at, 0) == static_cast<double>(truth.target[i] % 30));
        CHECK(tissue.target.coordinates(at, 1) == static_cast<double>(truth.target[i] / 30));
    }
}

TEST_CASE("the loading is shared between repeats, the rest is not") {
    const TissueSimulation small{{.height = 12, .width = 12, .genes = 30}};
    const auto one = small.log_expression({.seed = 1}), other = small.log_expression({.seed = 2});
    CHECK(one.truth.loading == other.truth.loading);
    CHECK(one.truth.noise_variance != other.truth.noise_variance);
    CHECK(one.truth.labels != other.truth.labels);
    CHECK(one.truth.factors != other.truth.factors);
    TissueSimulation again = small;
    again.options.loading_seed = 7;
    const auto reloaded = again.log_expression({.seed = 1});
    CHECK(reloaded.truth.loading != one.truth.loading);
    CHECK(reloaded.truth.factors == one.truth.factors);
}

TEST_CASE("the same tissue for any number of threads, float or double") {
    const TissueSimulation small{{.height = 15, .width = 14, .genes = 25}};
    const auto one = small.log_expression({.seed = 3});
    const auto counts = small.counts({.seed = 3});
    for (const int threads : {2, 7}) {
        const auto again = small.log_expression({.seed = 3, .threads = threads});
        CHECK(again.source.expression == one.source.expression);
        CHECK(again.target.expression == one.target.expression);
        const auto counted = small.counts({.seed = 3, .threads = threads});
        CHECK(counted.source.expression.values == counts.source.expression.values);
        CHECK(counted.target.expression.columns == counts.target.expression.columns);
    }
    const auto narrow = small.log_expression<float>({.seed = 3});
    CHECK(narrow.source.expression == one.source.expression.cast<float>());
    // Counts are another measurement of the same tissue.
    CHECK(counts.truth.factors == one.truth.factors);
    CHECK(counts.truth.source == one.truth.source);
}

TEST_CASE("negative binomial counts") {
    Options options{.height = 30, .width = 30, .genes = 300};
    options.noise = 0.1;  // its smallest: all variance but the counts' is known
    options.contrast = 0;
    SECTION("library sizes") {
        const auto tissue = TissueSimulation{options}.counts({.seed = 4});
        CHECK(tissue.target.values == Values::counts);
        const auto& x = tissue.source.expression;
        std::vector<double> logs;
        for (Index i = 0; i < x.rows(); ++i) {
            double sum = 0;
            for (Index e = x.starts[static_cast<std::size_t>(i)];
                 e < x.starts[static_cast<std::size_t>(i) + 1]; ++e)
                sum += x.values[static_cast<std::size_t>(e)];
            logs.push_back(std::log(sum));
        }
        double mean = 0, square = 0;
        for (const double log : logs) {
            mean += log / static_cast<double>(logs.size());
            square += log * log / static_cast<double>(logs.size());
        }
        CHECK(mean == Approx(std::log(5000 * 0.9)).margin(0.05));
        CHECK(std::sqrt(square - mean * mean) == Approx(0.3).margin(0.04));
        for (const float value : x.values) CHECK((value > 0 && value == std::floor(value)));
        for (std::size_t i = 0; i + 1 < x.starts.size(); ++i)
            CHECK(std::is_sorted(x.columns.begin() + x.starts[i],
                                 x.columns.begin() + x.starts[i + 1]));
    }
    SECTION("dispersion and dropout") {
        // All genes alike: each count has the mean L / p, variance m + φ m².
        options.library_spread = options.gene_spread = 0;
        options.library_size = 3000;
        options.dispersion = GENERATE(0.0, 0.5);
        options.dropout = GENERATE(0.0, 0.3);
        const auto tissue = TissueSimulation{options}.counts({.seed = 4});
        const auto& x = tissue.source.expression;
        const auto n = static_cast<double>(x.rows() * x.cols());
        double mean = 0, square = 0;
        for (const float value : x.values) {
            mean += value / n;
            square += static_cast<double>(value) * value / n;
        }
        const double kept = 1 - options.dropout;
        CHECK(mean == Approx(10 * kept).epsilon(0.01));
        CHECK(square == Approx(kept * (10 + 100 + options.dispersion * 100)).epsilon(0.02));
        const double zeros = 1 - static_cast<double>(x.non_zeros()) / n;
        const double own = options.dispersion > 0
                               ? std::pow(1 + options.dispersion * 10, -1 / options.dispersion)
                               : std::exp(-10.0);
        CHECK(zeros == Approx(options.dropout + kept * own).margin(0.003));
    }
}

TEST_CASE("the paper's counts are exp(x - min) - 1") {
    const TissueSimulation small{
        {.height = 12, .width = 10, .genes = 20, .counts = CountModel::exponential}};
    const auto x = whole(small.log_expression({.seed = 8}));
    const auto counts = small.counts({.seed = 8, .threads = 2});
    const auto& target = counts.target.expression;
    CHECK(counts.target.rows() == target.rows());
    for (Index i = 0; i < target.rows(); ++i) {
        Vector<double> row = Vector<double>::Zero(20);
        for (Index e = target.starts[static_cast<std::size_t>(i)];
             e < target.starts[static_cast<std::size_t>(i) + 1]; ++e)
            row(target.columns[static_cast<std::size_t>(e)]) =
                target.values[static_cast<std::size_t>(e)];
        const Index spot = counts.truth.target[static_cast<std::size_t>(i)];
        for (Index j = 0; j < 20; ++j)
            CHECK(row(j) == Approx(std::expm1(x(spot, j) - x.minCoeff())).epsilon(1e-6));
    }
    CHECK_THROWS_WITH((TissueSimulation{{.height = 12,
                                         .width = 10,
                                         .genes = 20,
                                         .separation = 100,
                                         .counts = CountModel::exponential}}
                           .counts()),
                      contains("overflows"));
}

TEST_CASE("means of other numbers of classes differ") {
    const Index classes = GENERATE(1, 2, 3, 5, 6, 7, 8, 12);
    CAPTURE(classes);
    const auto tissue =
        TissueSimulation{{.height = 12, .width = 12, .genes = 15, .classes = classes}}
            .log_expression();
    const auto& means = tissue.truth.means;
    REQUIRE(means.rows() == classes);
    for (Index a = 0; a < classes; ++a)
        for (Index b = 0; b < a; ++b) CHECK((means.row(a) - means.row(b)).norm() >= 5);
    if (classes == 12) {
        const std::set<std::string> names(tissue.source.labels.begin(), tissue.source.labels.end());
        CHECK(*names.begin() == "class 01");
    }
}

TEST_CASE("the smallest tissue") {
    const auto tissue =
        TissueSimulation{{.height = 1, .width = 2, .genes = 2, .factors = 2, .classes = 1}}
            .log_expression();
    CHECK(tissue.source.rows() == 1);
    CHECK(tissue.target.rows() == 1);
}

TEST_CASE("what a simulation refuses") {
    const auto refuse = [](auto change, const std::string& words) {
        TissueSimulation simulation{{.height = 8, .width = 8, .genes = 12}};
        change(simulation.options);
        CHECK_THROWS_AS(simulation.log_expression(), InvalidArgument);
        CHECK_THROWS_WITH(simulation.counts(), contains(words));
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    refuse([](Options& o) { o.height = 0; }, "height = 0");
    refuse([](Options& o) { o.width = -4; }, "width = -4");
    refuse([](Options& o) { o.classes = 0; }, "classes = 0");
    refuse([](Options& o) { o.classes = 64; }, "classes = 64 on 64 spots");
    refuse([](Options& o) { o.factors = 3; }, "factors = 3");
    refuse([](Options& o) { o.genes = 9; }, "genes = 9");
    refuse([](Options& o) { o.beta = -0.1; }, "beta = -0.1");
    refuse([&](Options& o) { o.beta = nan; }, "beta = ");
    refuse([](Options& o) { o.sweeps = -1; }, "sweeps = -1");
    refuse([](Options& o) { o.separation = -5; }, "separation = -5");
    refuse([](Options& o) { o.spread = 0.05; }, "spread = 0.05");
    refuse([](Options& o) { o.noise = 0; }, "noise = 0");
    refuse([&](Options& o) { o.noise = infinity; }, "noise = inf");
    refuse([](Options& o) { o.target_share = 0; }, "target_share = 0");
    refuse([](Options& o) { o.target_share = 1; }, "target_share = 1");
    refuse([](Options& o) { o.library_size = 0; }, "library_size = 0");
    refuse([](Options& o) { o.library_spread = -1; }, "library_spread = -1");
    refuse([](Options& o) { o.gene_spread = -1; }, "gene_spread = -1");
    refuse([&](Options& o) { o.contrast = nan; }, "contrast = ");
    refuse([](Options& o) { o.dispersion = -0.5; }, "dispersion = -0.5");
    refuse([](Options& o) { o.dropout = 1; }, "dropout = 1");
}
