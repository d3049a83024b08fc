#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/stopping.hpp"

#include <transst/markers/markers.hpp>

#include <fstream>
#include <numeric>
#include <sstream>

using namespace transst;
using support::contains;

namespace {

using Labels = std::vector<Label>;

/// A table of numbers under a header.
RowMatrix<double> read_table(const std::filesystem::path& path) {
    std::ifstream file(path);
    REQUIRE(file);
    std::string line, word;
    std::getline(file, line);
    std::vector<double> values;
    Index rows = 0;
    for (; std::getline(file, line); ++rows)
        for (std::istringstream words(line); words >> word;) values.push_back(std::stod(word));
    return Eigen::Map<RowMatrix<double>>(values.data(), rows, std::ssize(values) / rows);
}

Labels to_labels(const RowMatrix<double>& column) {
    Labels out;
    for (const double label : column.reshaped()) out.push_back(static_cast<Label>(label));
    return out;
}

/// The fixed problem of make_expected.py.
struct Fixed {
    RowMatrix<double> x, expected;
    Labels labels;

    explicit Fixed(const std::filesystem::path& tests)
        : x(read_table(tests / "markers" / "expression.tsv")),
          expected(read_table(tests / "markers" / "expected.tsv")),
          labels(to_labels(read_table(tests / "markers" / "labels.tsv"))) {}
};

/// Largest difference from a row of expected.tsv; of p and q relative to their size, too.
double difference(const GeneTests& found, const Eigen::RowVectorXd& row) {
    const auto gene = static_cast<Index>(row[3]);
    const double p = row[9], q = row[10];
    double worst = 0;
    for (const double d :
         {found.log_fold_change[gene] - row[4], found.fraction_in[gene] - row[5],
          found.fraction_out[gene] - row[6], found.auc[gene] - row[7], found.z[gene] - row[8],
          found.p_value[gene] / p - 1, found.q_value[gene] / q - 1, found.log_p[gene] - std::log(p),
          found.log_q[gene] - std::log(q)})
        worst = std::max(worst, std::isnan(d) ? 1e300 : std::abs(d));
    return worst;
}

bool equal(const GeneTests& a, const GeneTests& b) {
    return a.spots_in == b.spots_in && a.spots_out == b.spots_out &&
           a.log_fold_change == b.log_fold_change && a.fraction_in == b.fraction_in &&
           a.fraction_out == b.fraction_out && a.auc == b.auc && a.z == b.z &&
           a.p_value == b.p_value && a.log_p == b.log_p && a.q_value == b.q_value &&
           a.log_q == b.log_q;
}

bool equal(const std::vector<GeneTests>& a, const std::vector<GeneTests>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& one, const auto& other) { return equal(one, other); });
}

/// n × p with zeros, ties, negative values, and a cluster for each row.
struct Problem {
    RowMatrix<double> x;
    Labels labels;

    explicit Problem(Index rows, Index genes, std::uint64_t seed, Index clusters = 5)
        : x(support::sparse_values(rows, genes, 0.3, seed)),
          labels(support::labels(rows, clusters, seed + 1)) {
        RandomStream random(seed + 2);
        for (double& v : x.reshaped()) {
            if (random.uniform() < 0.2) v = std::round(v);
            if (random.uniform() < 0.1) v = -v;
        }
        for (std::size_t i = static_cast<std::size_t>(clusters); i < labels.size(); i += 9)
            labels[i] = left_out;
    }
};

}  // namespace

TEST_CASE("markers are scipy's") {
    TRANSST_NEED(tests, "TRANSST_TEST_DIR");
    const Fixed fixed(tests);
    const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = fixed.x.sparseView();
    for (const bool continuity : {true, false}) {
        const Markers markers{{.continuity = continuity}};
        const auto rest = markers.fit(sparse, fixed.labels, 4, {.threads = 2});
        const auto pairs = markers.pairwise(sparse, fixed.labels, 4, {.threads = 2});
        const auto dense = markers.fit(fixed.x, fixed.labels, 4);
        CHECK(equal(rest.clusters, dense.clusters));
        Index compared = 0;
        for (const auto& row : fixed.expected.rowwise()) {
            if ((row[0] == 1) != continuity) continue;
            const auto a = static_cast<Label>(row[1]), b = static_cast<Label>(row[2]);
            CAPTURE(continuity, a, b, row[3]);
            const auto found = b < 0 ? rest.clusters[static_cast<std::size_t>(a)] : pairs.of(a, b);
            CHECK(difference(found, row) < 1e-10);
            ++compared;
        }
        CHECK(compared == 4 * 4 * fixed.x.cols());
    }
}

TEST_CASE("p values that a double cannot hold") {
    // scipy.stats.norm.logsf(z) + log 2
    const std::pair<double, double> known[] = {{5, -14.371851213428782},
                                               {20, -203.22400819053735},
                                               {28.284271247461902, -403.5693433341044},
                                               {30, -453.6280967757833},
                                               {37, -688.3374383963309},
                                               {40, -803.915294833194},
                                               {100, -5004.831061513645},
                                               {1000, -500007.1335476317}};
    for (const auto& [z, log_p] : known)
        CHECK(log_erfc(z / std::sqrt(2)) == Approx(log_p).epsilon(1e-13));

    // Two genes that separate 3,000 spots from 3,000, the second not quite.
    RowMatrix<double> x(6000, 3);
    Labels labels;
    for (Index i = 0; i < x.rows(); ++i) {
        labels.push_back(i < 3000 ? 1 : 0);
        x.row(i) << static_cast<double>(6000 - i), static_cast<double>(6000 - i), 0;
    }
    std::swap(x(0, 1), x(5999, 1));
    const auto fit = Markers{}.fit(x, labels, 2);
    const auto& second = fit.clusters[1];
    CHECK(second.p_value[0] == 0);
    CHECK(second.q_value[0] == 0);
    CHECK(second.log_p[0] < second.log_p[1]);
    CHECK(second.log_q[0] == Approx(second.log_p[0] + std::log(3.0)));
    CHECK(second.auc[0] == 1);
    CHECK(second.best_first() == std::vector<Index>{0, 1, 2});
    CHECK(fit.clusters[0].best_first() == std::vector<Index>{2, 1, 0});
    CHECK(second.log_fold_change.allFinite());  // of exp(6000)
}

TEST_CASE("markers are the same for any number of threads, bands and kinds of matrix") {
    const Problem problem(2500, 70, 5);
    const Eigen::SparseMatrix<double> columns = problem.x.sparseView();
    const auto rest = Markers{}.fit(problem.x, problem.labels, 5);
    const auto pairs = Markers{}.pairwise(problem.x, problem.labels, 5);
    for (const int threads : {2, 7}) {
        CHECK(equal(rest.clusters,
                    Markers{}.fit(columns, problem.labels, 5, {.threads = threads}).clusters));
        CHECK(equal(pairs.pairs,
                    Markers{}.pairwise(columns, problem.labels, 5, {.threads = threads}).pairs));
    }
    for (const Index entries : {1, 1000, 5000}) {
        const Markers narrow{{.entries = entries}};
        CHECK(
            equal(rest.clusters, narrow.fit(columns, problem.labels, 5, {.threads = 2}).clusters));
        CHECK(equal(pairs.pairs, narrow.pairwise(columns, problem.labels, 5).pairs));
    }
    // Stored zeros, of either sign, are zeros.
    Eigen::SparseMatrix<double, Eigen::RowMajor> stored(problem.x.rows(), problem.x.cols());
    for (Index i = 0; i < stored.rows(); ++i)
        for (Index j = 0; j < stored.cols(); ++j)
            stored.insert(i, j) = problem.x(i, j) == 0 && i % 2 ? -0.0 : problem.x(i, j);
    CHECK(equal(rest.clusters, Markers{}.fit(stored, problem.labels, 5).clusters));

    const Matrix<float> narrow = problem.x.cast<float>();
    CHECK(equal(Markers{}.fit(narrow, problem.labels, 5).clusters,
                Markers{}.fit(narrow.cast<double>(), problem.labels, 5).clusters));
}

TEST_CASE("markers do not depend on the order of the spots, nor on those left out") {
    const Problem problem(400, 30, 9);
    const auto rest = Markers{}.fit(problem.x, problem.labels, 5);
    const auto pairs = Markers{}.pairwise(problem.x, problem.labels, 5);
    const auto order = RandomStream(4).permutation(400);
    Labels shuffled;
    for (const Index i : order) shuffled.push_back(problem.labels[static_cast<std::size_t>(i)]);
    const RowMatrix<double> x = problem.x(order, Eigen::all);
    CHECK(equal(rest.clusters, Markers{}.fit(x, shuffled, 5).clusters));
    CHECK(equal(pairs.pairs, Markers{}.pairwise(x, shuffled, 5).pairs));

    std::vector<Index> kept;
    Labels fewer;
    for (Index i = 0; i < 400; ++i) {
        if (problem.labels[static_cast<std::size_t>(i)] == left_out) continue;
        kept.push_back(i);
        fewer.push_back(problem.labels[static_cast<std::size_t>(i)]);
    }
    const RowMatrix<double> labelled = problem.x(kept, Eigen::all);
    CHECK(equal(rest.clusters, Markers{}.fit(labelled, fewer, 5).clusters));
}

TEST_CASE("ranks are all that a rank test sees") {
    const Problem problem(300, 20, 12);
    const auto plain = Markers{}.fit(problem.x, problem.labels, 5);
    const RowMatrix<double> warped = problem.x.array().cube() * 7;
    const auto same = Markers{}.fit(warped, problem.labels, 5);
    const RowMatrix<double> upside_down = -problem.x;
    const auto turned = Markers{}.fit(upside_down, problem.labels, 5);
    const RowMatrix<double> raised = problem.x.array() + 100;  // what was zero is not
    const auto moved = Markers{}.fit(raised, problem.labels, 5);
    for (std::size_t k = 0; k < 5; ++k) {
        CHECK(same.clusters[k].z == plain.clusters[k].z);
        CHECK(same.clusters[k].q_value == plain.clusters[k].q_value);
        CHECK(turned.clusters[k].z == -plain.clusters[k].z);
        CHECK(turned.clusters[k].p_value == plain.clusters[k].p_value);
        CHECK(moved.clusters[k].auc == plain.clusters[k].auc);
        CHECK((moved.clusters[k].z - plain.clusters[k].z).cwiseAbs().maxCoeff() < 1e-12);
    }
}

TEST_CASE("pairs of two clusters are those clusters' markers") {
    const Problem problem(250, 15, 31, 2);
    const auto rest = Markers{}.fit(problem.x, problem.labels, 2);
    const auto pairs = Markers{}.pairwise(problem.x, problem.labels, 2);
    REQUIRE(pairs.pairs.size() == 1);
    CHECK((pairs.of(0, 1).z - rest.clusters[0].z).cwiseAbs().maxCoeff() < 1e-12);
    CHECK((pairs.of(1, 0).z - rest.clusters[1].z).cwiseAbs().maxCoeff() < 1e-12);
    CHECK(pairs.of(1, 0).auc.isApprox(rest.clusters[1].auc, 1e-14));
    CHECK(pairs.of(1, 0).fraction_in == rest.clusters[1].fraction_in);
    CHECK(pairs.of(1, 0).spots_in == rest.clusters[1].spots_in);
    CHECK_THROWS_AS(pairs.of(0, 0), InvalidArgument);
    CHECK_THROWS_AS(pairs.of(0, 2), InvalidArgument);
}

TEST_CASE("clusters that cannot be tested") {
    const Problem problem(60, 8, 3, 2);
    Labels labels = problem.labels;
    const auto check_nothing = [](const GeneTests& tests) {
        CHECK((tests.p_value.array() == 1).all());
        CHECK((tests.q_value.array() == 1).all());
        CHECK((tests.auc.array() == 0.5).all());
        CHECK((tests.z.array() == 0).all());
        CHECK((tests.log_fold_change.array() == 0).all());
        CHECK(tests.fraction_in.allFinite());
        CHECK(tests.fraction_out.allFinite());
    };
    const auto fit = Markers{}.fit(problem.x, labels, 3);
    check_nothing(fit.clusters[2]);
    REQUIRE(fit.warnings.size() == 1);
    CHECK_THAT(fit.warnings[0], contains("cluster 2 has no spots"));
    const auto pairs = Markers{}.pairwise(problem.x, labels, 3);
    check_nothing(pairs.of(0, 2));
    check_nothing(pairs.of(2, 1));
    CHECK(equal(pairs.of(0, 1), Markers{}.pairwise(problem.x, labels, 2).of(0, 1)));

    std::fill(labels.begin(), labels.end(), 1);
    const auto all = Markers{}.fit(problem.x, labels, 2);
    check_nothing(all.clusters[0]);
    check_nothing(all.clusters[1]);
    REQUIRE(all.warnings.size() == 2);
    CHECK_THAT(all.warnings[1], contains("cluster 1 has all spots"));
    std::fill(labels.begin(), labels.end(), left_out);
    for (const auto& tests : Markers{}.fit(problem.x, labels, 2).clusters) check_nothing(tests);
    CHECK(Markers{}.fit(RowMatrix<double>(0, 3), Labels{}, 1).clusters[0].genes() == 3);
    CHECK(Markers{}.fit(RowMatrix<double>(4, 0), Labels{0, 1, 1, 0}, 2).clusters[1].genes() == 0);
}

TEST_CASE("what markers refuse") {
    const Problem problem(20, 4, 7, 2);
    const auto fit = [&](const RowMatrix<double>& x, const Labels& labels, Index clusters) {
        return Markers{}.fit(x, labels, clusters);
    };
    CHECK_THROWS_AS(fit(problem.x, Labels(19, 0), 2), ShapeMismatch);
    CHECK_THROWS_WITH(fit(problem.x, Labels(19, 0), 2), contains("19 labels") && contains("20"));
    CHECK_THROWS_WITH(fit(problem.x, Labels(20, 2), 2),
                      contains("spot 0") && contains("label 2") && contains("0 to 1"));
    CHECK_THROWS_AS(fit(problem.x, Labels(20, -2), 2), BadData);
    CHECK_THROWS_AS(fit(problem.x, problem.labels, 0), InvalidArgument);
    CHECK_THROWS_AS((Markers{{.entries = 0}}.fit(problem.x, problem.labels, 2)), InvalidArgument);
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
        auto x = problem.x;
        x(13, 2) = bad;
        CHECK_THROWS_WITH(fit(x, problem.labels, 2), contains("X(13, 2)"));
        CHECK_THROWS_AS(Markers{}.pairwise(x, problem.labels, 2), BadData);
    }
}

TEST_CASE("Benjamini and Hochberg's q values") {
    // R: p.adjust(c(0.01, 0.04, 0.03, 0.005, 1, 0.03), "BH")
    Vector<double> p(6), q(6);
    p << 0.01, 0.04, 0.03, 0.005, 1, 0.03;
    q << 0.03, 0.048, 0.045, 0.03, 1, 0.045;
    CHECK(benjamini_hochberg(p).isApprox(q, 1e-14));

    // By the definition.
    RandomStream random(3);
    Vector<double> many(200);
    for (double& value : many) value = std::pow(random.uniform(), 3);
    many[7] = many[9] = 0;
    many[11] = many[12];
    const auto found = benjamini_hochberg(many);
    for (Index i = 0; i < many.size(); ++i) {
        double least = 1;
        for (const double other : many)
            if (other >= many[i])
                least = std::min(
                    least, other * 200 / static_cast<double>((many.array() <= other).count()));
        CHECK(found[i] == Approx(least).epsilon(1e-12));
    }
    CHECK(benjamini_hochberg(Vector<double>(0)).size() == 0);
    CHECK_THROWS_AS(benjamini_hochberg(Vector<double>::Constant(2, 1.5)), BadData);
    CHECK_THROWS_AS(benjamini_hochberg(Vector<double>::Constant(2, -0.5)), BadData);
    CHECK_THROWS_AS(benjamini_hochberg(Vector<double>::Constant(2, std::nan(""))), BadData);
}

TEST_CASE("a stop requested while markers are looked for ends it, one before does not") {
    std::stop_source source;
    const support::StoppingRows x{RowMatrix<double>::Random(1500, 5), &source};
    Labels labels(1500, 0);
    labels[3] = 1;
    const RunOptions run{.threads = 2, .stop = source.get_token()};
    CHECK_THROWS_AS(Markers{}.fit(x, labels, 2, run), Stopped);
    CHECK(Markers{}.fit(x, labels, 2, run).clusters.size() == 2);
}
