#include <transst/cluster/choose_clusters.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

using Scores64 = RowMatrix<double>;
using Numbers = std::vector<Index>;

/// A fit that says what it is told to: the k-th of `values` for k clusters.
FitClusters told(std::map<Index, double> values, double certainty = 1) {
    return [values, certainty](const Scores64& scores, const Graph&, Index clusters) {
        ClusterFit<double> fit;
        const Index n = scores.rows();
        fit.log_likelihood = values.at(clusters);
        fit.means = Matrix<double>::Zero(clusters, scores.cols());
        fit.responsibilities = Scores64::Constant(
            n, clusters, clusters == 1 ? 1.0 : (1 - certainty) / static_cast<double>(clusters - 1));
        fit.responsibilities.col(0).setConstant(clusters == 1 ? 1.0 : certainty);
        fit.labels.assign(static_cast<std::size_t>(n), 0);
        return fit;
    };
}

ClustersChoice choose(const Numbers& tried, ClustersCriterion by, const FitClusters& fit,
                      Index spots = 40, const RunOptions& run = {}) {
    return choose_clusters(Scores64::Zero(spots, 2), support::grid(1, spots), tried, by, fit, run);
}

}  // namespace

TEST_CASE("the curve holds the criteria of each number tried") {
    const std::map<Index, double> values{{1, -300}, {2, -200}, {4, -190}};
    for (const Index spots : {40, 1200}) {
        const auto choice = choose({4, 1, 2}, ClustersCriterion::bic, told(values, 0.8), spots);
        REQUIRE(choice.curve.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) {
            const auto& point = choice.curve[i];
            CHECK(point.clusters == Numbers{4, 1, 2}[i]);
            CHECK(point.log_likelihood == values.at(point.clusters));
            const auto expected =
                information_criteria(point.log_likelihood, spots, 2, point.clusters);
            CHECK(point.bic == expected.bic);
            CHECK(point.mbic == expected.mbic);
            CHECK(point.hbic == expected.hbic);
            // ICL = BIC + 2 · entropy
            const double others = static_cast<double>(point.clusters - 1);
            const double entropy =
                others == 0 ? 0 : -0.8 * std::log(0.8) - 0.2 * std::log(0.2 / others);
            CHECK(point.icl ==
                  Approx(expected.bic + 2 * static_cast<double>(spots) * entropy).epsilon(1e-12));
        }
    }
}

TEST_CASE("ties and edges are said") {
    // whatever the likelihood, BIC of 2 and 3 clusters is made the same
    const auto bic = [](Index k) { return information_criteria(0, 40, 2, k).bic; };
    const std::map<Index, double> tied{
        {1, bic(1) / 2 - 100}, {2, bic(2) / 2}, {3, bic(3) / 2}, {4, bic(4) / 2 - 100}};
    const auto both = choose({1, 2, 3, 4}, ClustersCriterion::bic, told(tied));
    CHECK(both.best == 2);
    REQUIRE(both.warnings.size() == 1);
    CHECK(both.warnings[0] == "3 clusters are exactly as good as 2");
    CHECK(choose({4, 3, 2, 1}, ClustersCriterion::bic, told(tied)).best == 3);

    const auto largest = choose({2, 1}, ClustersCriterion::bic, told(tied));
    CHECK(largest.best == 2);
    REQUIRE(largest.warnings.size() == 1);
    CHECK(largest.warnings[0] == "the best number of clusters, 2, is the largest tried");
    const auto smallest = choose({4, 3}, ClustersCriterion::bic, told(tied));
    CHECK(smallest.best == 3);
    CHECK(smallest.warnings[0] == "the best number of clusters, 3, is the smallest tried");
    CHECK(choose({3}, ClustersCriterion::bic, told(tied)).warnings.empty());
}

TEST_CASE("numbers that cannot be tried are refused in words") {
    const auto fit = told({{1, 0}, {2, 0}, {3, 0}, {41, 0}});
    const auto by = ClustersCriterion::mbic;
    CHECK_THROWS_AS(choose({}, by, fit), InvalidArgument);
    CHECK_THROWS_WITH(choose({}, by, fit), support::contains("give at least one"));
    CHECK_THROWS_WITH(choose({2, 0}, by, fit), support::contains("0 clusters are to be tried"));
    CHECK_THROWS_WITH(choose({41}, by, fit),
                      support::contains("41 clusters are to be tried, there are 40 spots"));
    CHECK_THROWS_WITH(choose({2, 3, 2}, by, fit),
                      support::contains("2 clusters are to be tried twice"));
}

TEST_CASE("a request to stop keeps what was tried") {
    std::stop_source stop;
    stop.request_stop();
    const auto choice = choose({2, 3, 1}, ClustersCriterion::bic, told({{1, 0}, {2, 0}, {3, 0}}),
                               40, {.stop = stop.get_token()});
    CHECK(choice.curve.size() == 1);
    CHECK(choice.best == 2);
}

TEST_CASE("an induced graph keeps the edges among its nodes") {
    const auto graph = support::random_graph(30, 5, false, 4);
    const Numbers nodes{0, 3, 4, 9, 10, 11, 20, 25, 29};
    const auto part = detail::induced(graph, nodes);
    part.check("induced");
    REQUIRE(part.nodes() == 9);
    for (Index a = 0; a < 9; ++a)
        for (Index b = 0; b < 9; ++b) {
            const auto whole = graph.of(nodes[static_cast<std::size_t>(a)]);
            const auto inner = part.of(a);
            CHECK((std::find(inner.begin(), inner.end(), b) != inner.end()) ==
                  (std::find(whole.begin(), whole.end(), nodes[static_cast<std::size_t>(b)]) !=
                   whole.end()));
        }
}

TEST_CASE("the planted number of clusters is found by every criterion") {
    const auto by =
        GENERATE(ClustersCriterion::bic, ClustersCriterion::mbic, ClustersCriterion::hbic,
                 ClustersCriterion::icl, ClustersCriterion::stability);
    CAPTURE(static_cast<int>(by));
    // three bands, all as far from each other: two clusters could join any pair of them
    const Index height = 15, width = 18;
    RandomStream random(3);
    Scores64 v = random.normal_matrix(height * width, 3);
    for (Index i = 0; i < v.rows(); ++i) v(i, (i % width) * 3 / width) += 9;
    const Graph graph = support::grid(height, width);
    const Numbers tried{2, 3, 4, 5};
    const auto fit = warm_spatial_fits<double>({{.starts = 2}}, {});
    const auto choice = choose_clusters(v, graph, tried, by, fit);
    CHECK(choice.best == 3);
    CHECK(choice.fit.clusters() == 3);
    CHECK(choice.fit.log_likelihood == choice.curve[1].log_likelihood);
    CHECK(choice.curve.size() == 4);
    CHECK(choice.warnings.empty());
    if (by == ClustersCriterion::stability)
        for (const auto& point : choice.curve) CHECK(point.stability <= 1);
    // more clusters never fit worse: each number also starts from the one before, cut in two
    for (std::size_t i = 1; i < 4; ++i)
        CHECK(choice.curve[i].log_likelihood > choice.curve[i - 1].log_likelihood - 1);
}

TEST_CASE("a fit that starts from fewer clusters is kept where it is better") {
    // two groups of six blobs, of which one start alone does not find every one
    const Index height = 12, width = 36;
    RandomStream random(8);
    Scores64 v = random.normal_matrix(height * width, 2);
    for (Index i = 0; i < v.rows(); ++i) {
        const Index blob = i % width * 12 / width, group = blob / 6;
        v(i, 0) += 4 * static_cast<double>(blob % 3) + 32 * static_cast<double>(group);
        v(i, 1) += 4 * static_cast<double>(blob / 3 % 2);
    }
    const Graph graph = support::grid(height, width);
    const RunOptions run{.seed = 2};
    const SpatialGMM_MRF<double> mixture{{.clusters = 12, .starts = 1}};
    const auto likelihood = [&](const Numbers& numbers, ClustersCriterion by) {
        const auto fit = warm_spatial_fits(mixture, run);
        return choose_clusters(v, graph, numbers, by, fit, run).curve.back().log_likelihood;
    };
    const double cold = mixture.fit(v, graph, run).log_likelihood,
                 warm = likelihood({4, 6, 12}, ClustersCriterion::bic);
    CHECK(likelihood({12}, ClustersCriterion::bic) == cold);
    CHECK(warm > cold + 10);
    // resamples do not take the place of the fit before
    CHECK(likelihood({4, 6, 12}, ClustersCriterion::stability) == warm);
    // seven cuts are too many for five clusters
    CHECK(likelihood({5, 12}, ClustersCriterion::bic) == cold);
}

TEST_CASE("clusters are cut along their longest axes, the widest first") {
    ClusterFit<double> fit;
    fit.labels = {0, 0, 1, 1, 1, 1};
    fit.sizes = {2, 4};
    fit.means = Matrix<double>{{0, 0}, {10, 0}};
    fit.covariances = {Vector<double>{{4, 1}}.asDiagonal(), Vector<double>{{1, 3}}.asDiagonal()};
    fit.responsibilities = Scores64::Zero(6, 2);
    const Scores64 v{{-1, 5}, {1, -5}, {12, -1}, {8, 1}, {12, 2}, {8, -2}};
    const auto sides = [&](Index cuts) { return detail::cut_widest(fit, v, cuts); };
    CHECK(sides(0) == fit.labels);
    // by the second coordinate; which half moves is the sign of an axis
    const auto one = sides(1);
    CHECK(one[0] == 0);
    CHECK(one[1] == 0);
    CHECK(one[2] == one[5]);
    CHECK(one[3] == one[4]);
    CHECK(one[2] + one[3] == 1 + 2);
    const auto two = sides(2);
    CHECK(two[0] + two[1] == 0 + 3);
    CHECK(std::vector<Label>(two.begin() + 2, two.end()) ==
          std::vector<Label>(one.begin() + 2, one.end()));
}

TEST_CASE("as many clusters as classes that hold spots, or the nearest number tried") {
    const auto chosen = [](const std::vector<Index>& tried, Index classes,
                           const std::vector<Index>& with_empty = {}) {
        ClustersChoice choice;
        choice.warnings = {"of the criterion"};
        for (const Index clusters : tried) {
            choice.curve.push_back({.clusters = clusters});
            choice.curve.back().empty = std::count(with_empty.begin(), with_empty.end(), clusters);
        }
        detail::choose_by_classes(choice, tried, classes);
        return choice;
    };
    const auto inside = chosen({3, 4, 5}, 4);
    CHECK(inside.best == 4);
    CHECK(inside.classes == Index{4});
    CHECK(inside.warnings.empty());
    const auto last = chosen({2, 3, 4}, 4);
    CHECK(last.best == 4);
    REQUIRE(last.warnings.size() == 1);
    CHECK_THAT(last.warnings[0], support::contains("4, is the largest tried"));
    const auto beyond = chosen({6, 5}, 1);
    CHECK(beyond.best == 5);
    REQUIRE(beyond.warnings.size() == 2);
    CHECK_THAT(beyond.warnings[0], support::contains("1 class of the source holds spots"));
    CHECK_THAT(beyond.warnings[1], support::contains("5, is the smallest tried"));
    const auto tie = chosen({7, 3, 5}, 4);
    CHECK(tie.best == 3);
    REQUIRE(tie.warnings.size() == 3);
    CHECK_THAT(tie.warnings[2], support::contains("5 clusters are as near as 3"));
    CHECK(chosen({3, 4, 5}, 4, {4}).best == 3);
    CHECK(chosen({3, 4, 5}, 4, {3, 4, 5}).best == 4);
}
