#include <transst/cluster/score_space.hpp>

#include <set>
#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

using Scores64 = RowMatrix<double>;

RowMatrix<double> grid_places(Index height, Index width) {
    RowMatrix<double> at(height * width, 2);
    for (Index i = 0; i < at.rows(); ++i)
        at.row(i) << static_cast<double>(i % width), static_cast<double>(i / width);
    return at;
}

struct Planted {
    Scores64 scores;
    std::vector<Label> labels;
};

/// Classes with means of their own on two of ten factors, which the others outweigh.
Planted by_means(Index n, std::uint64_t seed) {
    RandomStream random(seed);
    Planted out{random.normal_matrix(n, 10), support::labels(n, 3, seed)};
    const double mean[3][2] = {{1.5, 0}, {-1.5, 0}, {0, 2}};
    // a skewed cloud that says nothing of the classes, in which own covariances get lost
    for (Index i = 0; i < n; ++i) {
        for (Index f = 2; f < 10; ++f) out.scores(i, f) = std::exp(1.5 * out.scores(i, f));
        const auto* m = mean[out.labels[static_cast<std::size_t>(i)]];
        out.scores(i, 0) += m[0];
        out.scores(i, 1) += m[1];
    }
    return out;
}

/// Classes that differ by their spread alone.
Planted by_spread(Index n, std::uint64_t seed) {
    RandomStream random(seed);
    Planted out{random.normal_matrix(n, 5), support::labels(n, 2, seed)};
    for (Index i = 0; i < n; ++i)
        if (out.labels[static_cast<std::size_t>(i)] == 1) out.scores.row(i) *= 4;
    return out;
}

ScoreSpaceFit check_labels(const Planted& planted, Index classes,
                           const RowMatrix<double>& places = {},
                           const std::vector<std::int32_t>& section = {}, int threads = 1) {
    return choose_score_space(planted.scores, planted.scores.cols(),
                              std::span<const Label>(planted.labels), classes, places,
                              std::span<const std::int32_t>(section), {.threads = threads});
}

ScoreSpaceChoice choose(const Planted& planted, Index classes, const RowMatrix<double>& places = {},
                        const std::vector<std::int32_t>& section = {}, int threads = 1) {
    return check_labels(planted, classes, places, section, threads).choice;
}

}  // namespace

TEST_CASE("classes apart in their means are told by discriminant axes") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    const auto choice = choose(by_means(240, seed), 3);
    CHECK(choice.best == ScoreSpace::discriminant);
    CHECK(choice.discriminant_accuracy > 0.7);
    CHECK(choice.discriminant_accuracy > choice.factors_accuracy);
    CHECK(choice.accuracy() == choice.discriminant_accuracy);
}

TEST_CASE("classes apart in their spread are told by the factors") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    const auto choice = choose(by_spread(300, seed), 2);
    CHECK(choice.best == ScoreSpace::factors);
    CHECK(choice.factors_accuracy > 0.9);
    CHECK(choice.discriminant_accuracy < 0.75);
    CHECK(choice.accuracy() == choice.factors_accuracy);
}

TEST_CASE("labels that mean nothing are not named better than by chance") {
    auto planted = by_means(300, 3);
    planted.labels = support::labels(300, 3, 99);
    for (std::size_t i = 3; i < 180; ++i) planted.labels[i] = 0;
    const auto choice = choose(planted, 3);
    std::vector<Index> sizes(3, 0);
    for (const Label k : planted.labels) ++sizes[static_cast<std::size_t>(k)];
    CHECK(choice.largest_class_share == static_cast<double>(sizes[0]) / 300);
    CHECK(choice.accuracy() < choice.largest_class_share + 0.1);
}

TEST_CASE("cells without a label count for nothing") {
    auto planted = by_means(240, 4);
    const auto whole = choose(planted, 3);
    Planted more = planted;
    more.scores.conservativeResize(260, 10);
    more.scores.bottomRows(20).setConstant(1e6);
    more.labels.resize(260, left_out);
    const auto same = choose(more, 3);
    CHECK(same.discriminant_accuracy == whole.discriminant_accuracy);
    CHECK(same.factors_accuracy == whole.factors_accuracy);
    CHECK(same.largest_class_share == whole.largest_class_share);
}

TEST_CASE("folds are sections, patches of tissue, or random") {
    RandomStream random(1);
    const auto cut = [&](const RowMatrix<double>& places, std::span<const std::int32_t> section,
                         Index cells, int threads = 1) {
        return detail::cut_folds(places, section, cells, random, threads);
    };
    const std::vector<std::int32_t> section{0, 2, 1, 1, 0, 2};
    const auto sections = cut({}, section, 6);
    REQUIRE(sections.size() == 1);
    CHECK(sections[0].count == 3);
    CHECK(sections[0].of_cell == std::vector<Index>{0, 2, 1, 1, 0, 2});

    const auto places = grid_places(20, 20);
    const auto again = random;
    const auto patches = cut(places, {}, 400);
    random = again;
    const auto on_two_threads = cut(places, {}, 400, 2);
    REQUIRE(patches.size() == 4);
    CHECK(patches[0].of_cell != patches[1].of_cell);
    for (std::size_t way = 0; way < 4; ++way)
        CHECK(patches[way].of_cell == on_two_threads[way].of_cell);
    const auto& fold = patches[0].of_cell;
    CHECK(patches[0].count == 2);
    REQUIRE(fold.size() == 400);
    CHECK(std::set<Index>(fold.begin(), fold.end()) == std::set<Index>{0, 1});
    Index agree = 0, pairs = 0;
    const Graph graph = support::grid(20, 20);
    for (Index i = 0; i < 400; ++i)
        for (const Index j : graph.of(i)) {
            ++pairs;
            agree += fold[static_cast<std::size_t>(i)] == fold[static_cast<std::size_t>(j)];
        }
    CHECK(static_cast<double>(agree) > 0.75 * static_cast<double>(pairs));

    // one section, given by name, is as good as none; without places it is a coin's choice
    const std::vector<std::int32_t> one(400, 0);
    const auto coins = cut({}, one, 400);
    CHECK(coins[0].count == 2);
    const auto first = std::count(coins[0].of_cell.begin(), coins[0].of_cell.end(), 0);
    CHECK(first > 150);
    CHECK(first < 250);
    CHECK(coins[0].of_cell != coins[1].of_cell);
}

TEST_CASE("a class of one section alone is not held against the source") {
    const auto planted = by_means(240, 5);
    const auto whole = choose(planted, 3);
    // the third class lies on one section only: elsewhere nothing is said of it
    std::vector<std::int32_t> section;
    for (const Label k : planted.labels)
        section.push_back(k == 2 ? 1 : static_cast<std::int32_t>(section.size() % 2));
    CHECK(choose(planted, 3, {}, section).accuracy() > whole.accuracy() - 0.1);
    // sections that share hardly a class are no folds
    for (std::size_t i = 0; i < section.size(); ++i) section[i] = planted.labels[i] == 0;
    const auto apart = choose(planted, 3, {}, section);
    CHECK(apart.accuracy() == whole.accuracy());
    CHECK(apart.contradicted_share == whole.contradicted_share);
}

TEST_CASE("the choice of a space: places help, threads do not matter") {
    // bands of classes on a grid: neighbours are alike
    auto planted = by_means(400, 6);
    for (std::size_t i = 0; i < 400; ++i) {
        const auto at = static_cast<Index>(i);
        const auto k = static_cast<Label>((i % 20) * 3 / 20);
        const double mean[3][2] = {{0.8, 0}, {-0.8, 0}, {0, 1.1}};
        planted.labels[i] = k;
        RandomStream random(9, i);
        planted.scores(at, 0) = mean[k][0] + random.normal();
        planted.scores(at, 1) = mean[k][1] + random.normal();
    }
    const auto places = grid_places(20, 20);
    const auto apart = choose(planted, 3);
    const auto placed = choose(planted, 3, places);
    CHECK(placed.discriminant_accuracy > apart.discriminant_accuracy);
    for (const int threads : {2, 7}) {
        const auto again = choose(planted, 3, places, {}, threads);
        CHECK(again.discriminant_accuracy == placed.discriminant_accuracy);
        CHECK(again.factors_accuracy == placed.factors_accuracy);
    }
}

TEST_CASE("a space is described by its axes and densities") {
    const auto planted = by_means(200, 7);
    const std::span<const Label> labels = planted.labels;
    const auto axes = describe_classes(ScoreSpace::discriminant, planted.scores, 10, labels, 3);
    CHECK(axes.weights == discriminant_axes(planted.scores, labels, 3).axes);
    CHECK(axes.weights.cols() == 2);
    // whitened within class, one covariance for all
    CHECK((axes.densities.gaussians.covariances[0] - Matrix<double>::Identity(2, 2)).norm() < 1e-2);
    CHECK(axes.densities.gaussians.covariances[0] == axes.densities.gaussians.covariances[2]);

    const auto plain = describe_classes(ScoreSpace::factors, planted.scores, 4, labels, 3);
    CHECK(plain.weights == Matrix<double>(Matrix<double>::Identity(10, 4)));
    CHECK(plain.densities.gaussians.means.cols() == 4);
    CHECK(plain.densities.gaussians.covariances[0] != plain.densities.gaussians.covariances[2]);

    // in more axes the densities are those of the cells
    const Matrix<double> more = RandomStream(3).normal_matrix(10, 2);
    const auto wider = with_axes(axes, more);
    CHECK(wider.weights.leftCols(2) == axes.weights);
    CHECK(wider.weights.rightCols(2) == more);
    const auto by_cells =
        class_densities<double>(RowMatrix<double>(planted.scores * wider.weights), labels, 3, true);
    CHECK(wider.densities.sizes == by_cells.sizes);
    CHECK((wider.densities.gaussians.means - by_cells.gaussians.means).norm() <
          1e-5 * by_cells.gaussians.means.norm());
    for (const auto& covariance : wider.densities.gaussians.covariances)
        CHECK((covariance - by_cells.gaussians.covariances[0]).norm() <
              1e-3 * by_cells.gaussians.covariances[0].norm());
    CHECK(plain.means.size() == 0);

    // a single class has no axes: its factors are all there is
    const std::vector<Label> one(200, 0);
    CHECK(describe_classes(ScoreSpace::discriminant, planted.scores, 4, std::span<const Label>(one),
                           1)
              .weights.cols() == 4);
}

TEST_CASE("shapes that disagree are refused") {
    auto planted = by_means(60, 8);
    const std::vector<std::int32_t> short_section(59, 0);
    CHECK_THROWS_AS(choose(planted, 3, RowMatrix<double>::Zero(59, 2)), ShapeMismatch);
    CHECK_THROWS_AS(choose(planted, 3, {}, short_section), ShapeMismatch);
    planted.labels.pop_back();
    CHECK_THROWS_AS(choose(planted, 3), ShapeMismatch);
}

namespace {

/// Three classes well apart, in bands of a 20 × 30 grid.
Planted bands() {
    RandomStream random(31);
    Planted out{random.normal_matrix(600, 6), {}};
    for (Index i = 0; i < 600; ++i) {
        out.labels.push_back(static_cast<Label>(i / 200));
        out.scores(i, out.labels.back()) += 6;
    }
    return out;
}

}  // namespace

TEST_CASE("a class that could not be tested contradicts nobody's label") {
    // cells 0 to 3 of classes 0 and 1 are known; those of class 2 are not, though others have a
    // trace of it
    RowMatrix<double> posterior(6, 3);
    posterior << .9, .1, 0, .8, 0, .2, .2, .8, 0, .4, 0, .6, 0, 0, 0, 0, 0, 0;
    const std::vector<Label> labels{0, 0, 1, 1, 2, 2};
    CHECK(detail::contradicted_labels(posterior, labels).empty());
    // class 1 is sure of itself to .4 on average, and takes no less
    posterior.row(1) << .1, .9, 0;
    CHECK(detail::contradicted_labels(posterior, labels) == std::vector<Index>{1});
}

TEST_CASE("held-out cells of different sections are no neighbours, however they lie") {
    // two sections in the same place: in one all is class 0, in the other all is class 1 or 2,
    // by factors that say little, so that neighbours decide
    const Index n = 200;
    const auto place = grid_places(10, 20);
    RowMatrix<double> places(2 * n, 2);
    places << place, place;
    RandomStream random(3);
    Planted planted{random.normal_matrix(2 * n, 4), {}};
    std::vector<std::int32_t> section;
    for (Index i = 0; i < 2 * n; ++i) {
        const Label own = i < n ? 0 : i % n % 20 < 10 ? 1 : 2;
        planted.labels.push_back(own);
        planted.scores(i, own) += 1.5;
        section.push_back(i < n ? 0 : 1);
    }
    const auto apart = choose(planted, 3, places, section), together = choose(planted, 3, places);
    CHECK(apart.accuracy() > 0.95);
    CHECK(apart.accuracy() > together.accuracy() + 0.1);
}

TEST_CASE("labels that their cells contradict are not believed") {
    const auto truth = bands();
    const auto clean = check_labels(truth, 3);
    CHECK(clean.believed == truth.labels);
    CHECK(clean.choice.contradicted_share == 0);

    // a fifth gets another label; their cells say so, with places and without
    auto wrong = truth;
    std::vector<std::size_t> changed;
    RandomStream random(8);
    for (const Index i : random.permutation(600)) {
        if (changed.size() == 120) break;
        changed.push_back(static_cast<std::size_t>(i));
        auto& label = wrong.labels[changed.back()];
        label = static_cast<Label>((label + 1 + random.below(2)) % 3);
    }
    std::vector<Label> expected = wrong.labels;
    for (const std::size_t i : changed) expected[i] = left_out;
    const auto found = check_labels(wrong, 3);
    const auto missed = [&](const ScoreSpaceFit& fit) {
        Index count = 0;
        for (std::size_t i = 0; i < 600; ++i) count += fit.believed[i] != expected[i];
        return count;
    };
    CHECK(missed(found) <= 6);
    CHECK(found.choice.contradicted_share == Approx(0.2).margin(0.02));
    const auto placed = check_labels(wrong, 3, grid_places(20, 30));
    CHECK(missed(placed) <= 12);  // a wrong label may by chance be that of most neighbours
}

TEST_CASE("a region that bears its label together is believed, whatever its cells look like") {
    // 5 × 6 cells in the middle of the first band have the expression of another class
    const auto places = grid_places(20, 30);
    auto one = bands();
    RandomStream random(5);
    std::vector<std::size_t> patch;
    for (Index i = 0; i < 200; ++i)
        if (places(i, 0) >= 12 && places(i, 0) < 18 && places(i, 1) < 5) {
            one.scores(i, 0) -= 6;
            one.scores(i, 1) += 6;
            patch.push_back(static_cast<std::size_t>(i));
        }
    REQUIRE(patch.size() == 30);
    const auto placed = check_labels(one, 3, places);
    CHECK(placed.choice.contradicted_share > 0.03);
    CHECK(placed.believed == one.labels);
    const auto unplaced = check_labels(one, 3);
    CHECK(std::count_if(patch.begin(), patch.end(),
                        [&](std::size_t i) { return unplaced.believed[i] == left_out; }) >= 24);
}

TEST_CASE("a class that would lose most of its cells keeps them") {
    // two cells, one in each of two other classes' bands: each contradicts the other
    auto one = bands();
    one.labels[10] = one.labels[210] = 3;
    const auto found = check_labels(one, 4);
    CHECK(found.choice.contradicted_share >= 2.0 / 600);
    CHECK(std::count(found.believed.begin(), found.believed.end(), 3) == 2);
}

TEST_CASE("of very many cells, some describe the classes, the rare ones among them") {
    Planted many;
    const Index n = 21'000;
    many.scores = RandomStream(3).normal_matrix(n, 2);
    for (Index i = 0; i < n; ++i) {
        many.labels.push_back(i % 300 == 0 ? 1 : 0);
        many.scores(i, many.labels.back()) += 5;
    }
    const auto found = check_labels(many, 2);
    const auto kept = [&](Label k) {
        return std::count(found.believed.begin(), found.believed.end(), k);
    };
    CHECK(kept(0) + kept(1) <= 20'100);
    CHECK(kept(0) > 19'000);
    CHECK(kept(1) > 60);  // all 70, but for what chance contradicts
}
