#include <transst/cluster/cluster_information.hpp>

#include <Eigen/LU>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

/// The definition, a section and a cluster at a time.
double by_definition(const RowMatrix<double>& scores, const std::vector<Label>& labels,
                     Index clusters, const std::vector<std::int32_t>& section,
                     double averaged = 1) {
    const Index q = scores.cols();
    const double n = static_cast<double>(scores.rows()) / averaged;
    Eigen::MatrixXd all = Eigen::MatrixXd::Zero(q, q), within = all;
    double free_of_all = n, free_within = n;
    const auto add = [&](Eigen::MatrixXd& scatter, double& freedom, std::int32_t s, Label k) {
        std::vector<Index> spots;
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (section[i] == s && (k == left_out || labels[i] == k))
                spots.push_back(static_cast<Index>(i));
        if (spots.empty()) return;
        const Eigen::MatrixXd x = scores(spots, Eigen::all);
        const Eigen::MatrixXd centered = x.rowwise() - x.colwise().mean();
        scatter += centered.transpose() * centered;
        freedom -= 1;
    };
    for (std::int32_t s = 0; s < 2; ++s) {
        add(all, free_of_all, s, left_out);
        for (Label k = 0; k < clusters; ++k) add(within, free_within, s, k);
    }
    return std::log((all / free_of_all).determinant() / (within / free_within).determinant()) / 2;
}

std::vector<std::int32_t> in_turn(Index n, Index sections) {
    std::vector<std::int32_t> out;
    for (Index i = 0; i < n; ++i) out.push_back(static_cast<std::int32_t>(i % sections));
    return out;
}

}  // namespace

TEST_CASE("what clusters tell is as defined, whatever the scores' axes and sections' means") {
    const Index n = 300, q = 4;
    const auto labels = support::labels(n, 3, 5);
    const auto section = in_turn(n, 2), one = in_turn(n, 1);
    RandomStream random(6);
    RowMatrix<double> scores = random.normal_matrix(n, q);
    for (Index i = 0; i < n; ++i) scores(i, labels[static_cast<std::size_t>(i)]) += 2;
    const double told = cluster_information(scores, labels, 3, section);
    CHECK(told == Approx(by_definition(scores, labels, 3, section)));
    CHECK(cluster_information(scores, labels, 3) == Approx(by_definition(scores, labels, 3, one)));
    CHECK(cluster_information(scores, labels, 3, section, 7.5) ==
          Approx(by_definition(scores, labels, 3, section, 7.5)));

    RowMatrix<double> moved = scores * random.normal_matrix(q, q);
    for (Index i = 0; i < n; i += 2) moved.row(i).array() += 100;
    CHECK(cluster_information(moved, labels, 3, section) == Approx(told).epsilon(1e-5));
    // a cluster that no spot is in is none
    CHECK(cluster_information(scores, labels, 7, section) == Approx(told));
}

TEST_CASE("what clusters tell of one factor is half the logarithm of its variances' ratio") {
    // two clusters whose means are 4 apart: scatter 20 in all, 4 within
    RowMatrix<double> scores(4, 1);
    scores << -3, -1, 1, 3;
    CHECK(cluster_information(scores, {0, 0, 1, 1}, 2) ==
          Approx(std::log((20.0 / 3) / (4.0 / 2)) / 2));
    CHECK(cluster_information(scores, {0, 1, 1, 0}, 2) == 0);
    CHECK(cluster_information(scores, {1, 1, 1, 1}, 2) == 0);
    // a section that is all one cluster tells nothing of its own spots
    CHECK(cluster_information(scores, {0, 0, 1, 1}, 2, std::vector<std::int32_t>{0, 0, 1, 1}) == 0);
    CHECK(cluster_information(RowMatrix<double>::Constant(4, 2, 7.0).eval(), {0, 0, 1, 1}, 2) == 0);
    CHECK(cluster_information(RowMatrix<double>(0, 2), {}, 2) == 0);
    // as many clusters as independent spots: all may be chance
    CHECK(cluster_information(scores, {0, 1, 2, 3}, 4) == 0);
    CHECK(cluster_information(scores, {0, 0, 1, 1}, 2, {}, 2) == 0);
}

TEST_CASE("clusters that have nothing to do with the scores tell next to nothing") {
    // random labels, of a cluster's own in each of several sections
    RandomStream random(3);
    const RowMatrix<double> scores = random.normal_matrix(600, 10);
    const auto section = in_turn(600, 5);
    CHECK(cluster_information(scores, support::labels(600, 4, 8), 4, section) < 0.03);

    // regions on noise that is averaged with the neighbours': these are alike, but by chance
    const Graph graph = support::grid(16, 16);
    const double around = 1 + static_cast<double>(graph.entries()) / 256;
    double told = 0, all = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        RandomStream noise(seed, 1);
        const RowMatrix<double> raw = noise.normal_matrix(256, 8);
        RowMatrix<double> smooth = raw;
        for (Index i = 0; i < 256; ++i) {
            for (const Index j : graph.of(i)) smooth.row(i) += raw.row(j);
            smooth.row(i) /= static_cast<double>(1 + graph.degree(i));
        }
        std::vector<Label> quarters;
        for (Index i = 0; i < 256; ++i)
            quarters.push_back(static_cast<Label>(2 * (i / 16 / 8) + i % 16 / 8));
        told += cluster_information(smooth, quarters, 4, {}, around) / 20;
        all += cluster_information(smooth, quarters, 4) / 20;
    }
    CHECK(told < 0.05);
    CHECK(all > 3 * told);
}

TEST_CASE("what clusters tell is refused where sizes or numbers do not fit") {
    const RowMatrix<double> scores = RowMatrix<double>::Zero(3, 2);
    const auto refused = [&](const std::vector<Label>& labels,
                             const std::vector<std::int32_t>& section, const char* words) {
        CHECK_THROWS_WITH(cluster_information(scores, labels, 2, section),
                          support::contains(words));
    };
    CHECK_THROWS_AS(cluster_information(scores, {0, 1}, 2), ShapeMismatch);
    refused({0, 1}, {}, "scores have 3 rows, there are 2 labels");
    refused({0, 1, 1}, {0, 0}, "2 sections");
    refused({0, 1, 2}, {}, "label 2 is not in [0, 2)");
    refused({0, 1, left_out}, {}, "label -1");
    refused({0, 1, 1}, {0, 0, -1}, "section -1 is below 0");
    CHECK_THROWS_WITH(cluster_information(scores, {0, 1, 1}, 2, {}, 0.5),
                      support::contains("averaged = 0.5; it must be 1 or more"));
}
