// What the program does by default, end to end.
#include <transst/find_regions.hpp>
#include <transst/io/folder.hpp>
#include <transst/metrics/adjusted_rand_index.hpp>
#include <transst/simulate/tissue.hpp>

#include <Eigen/LU>
#include <Eigen/SVD>

#include <atomic>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

using Sparse = CompressedRows<float>;
using Words = std::vector<std::string>;

Sample<Sparse> stored_sparsely(const Sample<RowMatrix<double>>& dense) {
    Sample<Sparse> out;
    out.expression.genes = dense.cols();
    for (Index i = 0; i < dense.rows(); ++i) {
        for (Index j = 0; j < dense.cols(); ++j) {
            out.expression.columns.push_back(static_cast<std::int32_t>(j));
            out.expression.values.push_back(static_cast<float>(dense.expression(i, j)));
        }
        out.expression.starts.push_back(std::ssize(out.expression.values));
    }
    out.genes = dense.genes;
    out.labels = dense.labels;
    out.coordinates = dense.coordinates;
    out.values = dense.values;
    out.name = dense.name;
    return out;
}

/// The given rows of a sample, in that order.
Sample<Sparse> rows_of(const Sample<Sparse>& all, const std::vector<Index>& rows,
                       std::string name) {
    Sample<Sparse> out;
    out.expression.genes = all.cols();
    out.coordinates.resize(std::ssize(rows), 2);
    for (const Index i : rows) {
        const auto at = static_cast<std::size_t>(i);
        const auto begin = all.expression.starts[at], end = all.expression.starts[at + 1];
        out.expression.columns.insert(out.expression.columns.end(),
                                      all.expression.columns.begin() + begin,
                                      all.expression.columns.begin() + end);
        out.expression.values.insert(out.expression.values.end(),
                                     all.expression.values.begin() + begin,
                                     all.expression.values.begin() + end);
        out.expression.starts.push_back(std::ssize(out.expression.values));
        out.coordinates.row(std::ssize(out.labels)) = all.coordinates.row(i);
        out.labels.push_back(all.labels[at]);
    }
    out.genes = all.genes;
    out.values = all.values;
    out.name = std::move(name);
    return out;
}

/// A simulated tissue in log expression, and what is known of it.
struct Case {
    explicit Case(std::uint64_t seed, double noise = 2, Index side = 40, double share = 0.25,
                  Index genes = 120, Index factors = 6) {
        auto tissue = TissueSimulation{
            {.height = side,
             .width = side,
             .genes = genes,
             .factors = factors,
             .noise = noise,
             .target_share =
                 share}}.log_expression({.seed = seed});
        source = stored_sparsely(tissue.source);
        target = stored_sparsely(tissue.target);
        expression = tissue.target.expression;
        truth = std::move(tissue.truth);
    }

    /// The target in some of its genes, in that order.
    [[nodiscard]] Sample<RowMatrix<double>> target_with(const std::vector<Index>& genes) const {
        Sample<RowMatrix<double>> out{.expression = expression(Eigen::all, genes),
                                      .labels = target.labels,
                                      .coordinates = target.coordinates,
                                      .values = target.values,
                                      .name = target.name};
        for (const Index j : genes) out.genes.push_back(target.genes[static_cast<std::size_t>(j)]);
        return out;
    }

    [[nodiscard]] double agreement(const RegionsFit& fit) const {
        return adjusted_rand_index(truth.target_labels(), fit.clusters.labels);
    }

    /// What the true densities and the true field reach.
    [[nodiscard]] double oracle() const {
        FactorModel<double> model{truth.loading, truth.noise_variance, {}, {}};
        const RowMatrix<double> v = expression * model.score_weights();
        detail::MixturePrior<double> prior{{truth.means, truth.covariances},
                                           Vector<double>::Constant(4, 1e9),
                                           Vector<double>::Constant(4, 1e9)};
        for (auto& c : prior.at.covariances) c += model.score_noise();
        const auto graph =
            KnnGraph{{.neighbors = 4, .symmetric = false}}.fit(target.coordinates).symmetrized();
        const auto fit =
            detail::MeanField<double>(v, graph, {.beta_by = Beta::fixed, .beta = 1}, {}).fit(prior);
        std::vector<Label> labels;
        for (Index i = 0; i < v.rows(); ++i) {
            Index best = 0;
            (void)fit.responsibilities.row(i).maxCoeff(&best);
            labels.push_back(static_cast<Label>(best));
        }
        return adjusted_rand_index(truth.target_labels(), labels);
    }

    /// A tissue whose genes do other things.
    void shuffle_genes() {
        const auto order = RandomStream(6).permutation(source.cols());
        auto& values = source.expression.values;
        for (Index i = 0; i < source.rows(); ++i) {
            const auto row = values.begin() + i * source.cols();
            const std::vector<float> before(row, row + source.cols());
            for (std::size_t j = 0; j < before.size(); ++j)
                row[static_cast<std::ptrdiff_t>(j)] = before[static_cast<std::size_t>(order[j])];
        }
    }

    void shuffle_labels() {
        RandomStream random(5);
        const Words before = source.labels;
        const auto order = random.permutation(source.rows());
        for (std::size_t i = 0; i < order.size(); ++i)
            source.labels[i] = before[static_cast<std::size_t>(order[i])];
    }

    Sample<Sparse> source, target;
    RowMatrix<double> expression;
    TissueTruth truth;
};

const FindRegions find{{.clusters = 4, .factors = 6}};

FindRegions trusting(Trust trust) {
    auto out = find;
    out.options.trust = trust;
    return out;
}

/// Neither anchored nor guided: adapted, where the clusters are not given up.
FindRegions half_relevant() {
    auto out = find;
    out.options.anchored_from = 1;
    out.options.used_from = 0;
    out.options.guided_from = 2;
    return out;
}

bool mentions(const Words& lines, const std::string& part) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& w) { return w.find(part) != std::string::npos; });
}

/// Shapes, ranges and sums of what was found.
void check_sound(const RegionsFit& fit, Index spots, Index clusters, Index classes) {
    REQUIRE(std::ssize(fit.clusters.labels) == spots);
    REQUIRE(fit.clusters.clusters() == clusters);
    REQUIRE(std::ssize(fit.names) == clusters);
    CHECK(fit.clusters.responsibilities.allFinite());
    CHECK((fit.clusters.responsibilities.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-6);
    CHECK(fit.clusters.means.allFinite());
    CHECK(std::isfinite(fit.clusters.log_likelihood));
    CHECK(std::is_sorted(fit.clusters.sizes.rbegin(), fit.clusters.sizes.rend()));
    if (fit.relevance) CHECK(std::abs(fit.relevance->correlation) <= 1);  // finite, too
    for (const auto& cluster : fit.names) {
        CHECK(cluster.confidence >= 0);
        CHECK(cluster.confidence <= 1);
        if (cluster.source_class == left_out) {
            CHECK(cluster.name == "NA");
        } else {
            CHECK(cluster.name == fit.class_names[static_cast<std::size_t>(cluster.source_class)]);
        }
    }
    if (fit.trust == Trust::none) {
        CHECK(fit.class_posterior.size() == 0);
        return;
    }
    REQUIRE(fit.class_posterior.rows() == spots);
    REQUIRE(fit.class_posterior.cols() == classes);
    CHECK(fit.class_posterior.minCoeff() >= 0);
    const Eigen::VectorXd sums = fit.class_posterior.rowwise().sum();
    CHECK(sums.maxCoeff() < 1 + 1e-6);
    // what is missing is a free component's
    if (std::none_of(fit.names.begin(), fit.names.end(),
                     [](const auto& cluster) { return cluster.source_class == left_out; }))
        CHECK(sums.minCoeff() > 1 - 1e-6);
}

void check_same_clusters(const RegionsFit& one, const RegionsFit& other) {
    CHECK(one.clusters.labels == other.clusters.labels);
    CHECK((one.clusters.responsibilities == other.clusters.responsibilities));
}

void check_same(const RegionsFit& one, const RegionsFit& other) {
    CHECK(one.trust == other.trust);
    CHECK(one.relevance->correlation == other.relevance->correlation);
    CHECK(one.clusters.labels == other.clusters.labels);
    CHECK(one.clusters.trace == other.clusters.trace);
    CHECK((one.clusters.responsibilities == other.clusters.responsibilities));
    CHECK((one.class_posterior == other.class_posterior));
    CHECK(one.decisions == other.decisions);
    CHECK(one.kappa == other.kappa);
    CHECK(one.doubted_classes == other.doubted_classes);
    CHECK(one.absent_classes == other.absent_classes);
    CHECK(one.own_axes == other.own_axes);
    CHECK(one.information == other.information);
    CHECK(one.information_alone == other.information_alone);
    CHECK((one.scores == other.scores));
    REQUIRE(one.names.size() == other.names.size());
    for (std::size_t k = 0; k < one.names.size(); ++k) {
        CHECK(one.names[k].name == other.names[k].name);
        CHECK(one.names[k].confidence == other.names[k].confidence);
    }
}

}  // namespace

TEST_CASE("a matched source anchors, names, and comes near the oracle") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const double noise = GENERATE(2.0, 8.0);
    CAPTURE(seed, noise);
    const Case one(seed, noise);
    const auto fit = find.fit(one.source, one.target, {.seed = seed});
    check_sound(fit, one.target.rows(), 4, 4);
    CHECK(fit.trust == Trust::anchored);
    CHECK(fit.relevance->correlation > std::sqrt(0.5));
    // in so few noisy genes the source cannot know its loading as the oracle does
    CHECK(one.agreement(fit) >= one.oracle() - (noise > 2 ? 0.06 : 0.03));
    CHECK(fit.absent_classes.empty());
    CHECK(fit.class_names == Words{"class 1", "class 2", "class 3", "class 4"});
    // most spots bear their own class's name, and the posterior says the same
    Index right = 0, likely = 0;
    for (Index i = 0; i < one.target.rows(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        right += fit.names[static_cast<std::size_t>(fit.clusters.labels[at])].name ==
                 one.target.labels[at];
        Index best = 0;
        (void)fit.class_posterior.row(i).maxCoeff(&best);
        likely += fit.class_names[static_cast<std::size_t>(best)] == one.target.labels[at];
    }
    CHECK(right > one.target.rows() * 9 / 10);
    CHECK(likely > one.target.rows() * 9 / 10);
    CHECK(mentions(fit.decisions, "its classes anchor the target's clusters"));
    CHECK(fit.pldr.has_value());
    CHECK(fit.space.has_value());
}

TEST_CASE("on the paper's simulated study the oracle is reached") {
    const double noise = GENERATE(2.0, 5.0, 10.0);
    constexpr int seeds = 5;
    double found = 0, oracle = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const Case one(seed, noise, 50, 0.25, 1000, 10);
        found += one.agreement(
            FindRegions{{.clusters = 4}}.fit(one.source, one.target, {.seed = seed, .threads = 2}));
        oracle += one.oracle();
    }
    CAPTURE(noise, found / seeds, oracle / seeds);
    CHECK(found / seeds >= oracle / seeds - 0.005);
}

TEST_CASE("a source that means nothing is not trusted and changes nothing") {
    Case one(4);
    one.shuffle_genes();
    const auto fit = find.fit(one.source, one.target);
    const auto alone = find.fit(one.target);
    check_sound(fit, one.target.rows(), 4, 4);
    CHECK(fit.trust == Trust::none);
    CHECK(fit.relevance->correlation < std::sqrt(0.1));
    CHECK(mentions(fit.decisions, "the source is not trusted"));
    CHECK(fit.clusters.labels == alone.clusters.labels);
    CHECK((fit.clusters.responsibilities == alone.clusters.responsibilities));
    CHECK((fit.clusters.trace == alone.clusters.trace));
    CHECK_FALSE(alone.relevance);
    CHECK(alone.trust == Trust::none);
    CHECK(alone.labelled_cells == 0);
    CHECK(fit.labelled_cells == one.source.rows());
    for (const auto& cluster : fit.names) CHECK(cluster.source_class == left_out);
}

TEST_CASE("trust can be set, and is then kept to") {
    Case one(5);
    const auto alone = find.fit(one.target);
    const auto none = trusting(Trust::none).fit(one.source, one.target);
    CHECK(none.trust == Trust::none);
    CHECK(none.clusters.labels == alone.clusters.labels);
    CHECK(none.relevance->correlation > 0.7);
    CHECK(mentions(none.decisions, "trust was set to 'none'"));

    const auto anchored = trusting(Trust::anchored).fit(one.source, one.target);
    CHECK(anchored.clusters.labels == find.fit(one.source, one.target).clusters.labels);
    CHECK(mentions(anchored.decisions, "trust was set to 'anchored'"));

    const auto adapted = trusting(Trust::adapted).fit(one.source, one.target);
    check_sound(adapted, one.target.rows(), 4, 4);
    CHECK(adapted.trust == Trust::adapted);
    REQUIRE(adapted.transfer.has_value());
    CHECK(adapted.transfer->lambda_curve.size() == 11);
    CHECK(one.agreement(adapted) >= one.oracle() - 0.05);

    const auto guided = trusting(Trust::guided).fit(one.source, one.target);
    check_sound(guided, one.target.rows(), 4, 4);
    CHECK(guided.trust == Trust::guided);
    CHECK(one.agreement(guided) > 0.4);
    // names by profile: where a cluster has most of a class, it bears its name
    Index right = 0;
    for (std::size_t i = 0; i < one.target.labels.size(); ++i)
        right += guided.names[static_cast<std::size_t>(guided.clusters.labels[i])].name ==
                 one.target.labels[i];
    CHECK(right > one.target.rows() * 3 / 5);

    one.shuffle_labels();
    for (const auto trust : {Trust::anchored, Trust::adapted, Trust::guided}) {
        const auto fit = trusting(trust).fit(one.source, one.target);
        check_sound(fit, one.target.rows(), 4, 4);
        CHECK(fit.trust == trust);
    }
}

TEST_CASE("wrong labels are left out, unless they are too many") {
    const std::uint64_t seed = GENERATE(1u, 2u);
    const double share = GENERATE(0.2, 0.5);
    Case one(seed, 5);
    RandomStream random(seed, 9);
    for (auto& label : one.source.labels)
        if (random.uniform() < share)
            label = "class " + std::to_string(1 + (label.back() - '1' + 1 + random.below(3)) % 4);
    const auto fit = find.fit(one.source, one.target, {.seed = seed});
    CAPTURE(seed, share, fit.relevance->correlation, fit.decisions);
    check_sound(fit, one.target.rows(), 4, 4);
    CHECK(fit.relevance->correlation > std::sqrt(0.5));
    REQUIRE(fit.space.has_value());
    // where half of the labels are wrong, cells can no longer be named well either
    if (share < 0.4)
        CHECK(fit.space->contradicted_share == Approx(share).margin(0.08));
    else
        CHECK(fit.space->contradicted_share > 0.4);
    CHECK(mentions(fit.decisions, "are contradicted by their cells' expression"));
    CHECK(mentions(fit.decisions, "these are too many") == (share > 0.4));
    CHECK((fit.trust == Trust::anchored) == (share < 0.4));
    if (share < 0.4) {
        CHECK(one.agreement(fit) >= one.oracle() - 0.06);
    } else {  // what is left of the source is good for little, but harms nothing
        const auto alone = find.fit(one.target, {.seed = seed});
        CHECK(one.agreement(fit) >= one.agreement(alone) - 0.02);
    }
}

TEST_CASE("classes that the target does not bear out are not anchors") {
    // labels wrong in half of the cells, and believed
    constexpr std::uint64_t seed = 1;
    Case one(seed, 8);
    RandomStream random(seed, 9);
    for (auto& label : one.source.labels)
        if (random.uniform() < 0.5)
            label = "class " + std::to_string(1 + (label.back() - '1' + 1 + random.below(3)) % 4);
    auto believing = find;
    believing.options.contradicted_to = 1;
    const auto fit = believing.fit(one.source, one.target, {.seed = seed});
    CAPTURE(seed, fit.relevance->correlation, fit.decisions);
    check_sound(fit, one.target.rows(), 4, 4);
    CHECK(one.agreement(fit) >= one.agreement(find.fit(one.target, {.seed = seed})) - 0.02);

    REQUIRE(fit.released_agreement.has_value());
    believing.options.released_from = *fit.released_agreement + 1e-9;
    const auto strict = believing.fit(one.source, one.target, {.seed = seed});
    check_sound(strict, one.target.rows(), 4, 4);
    CHECK(strict.trust != Trust::anchored);
    CHECK(strict.released_agreement == fit.released_agreement);
    CHECK(mentions(strict.decisions, "they are no proof of the source's classes"));
}

TEST_CASE(
    "a half relevant source gives its genes where they make coherent clusters, else its loading") {
    Case one(3, 8);
    auto half = half_relevant();
    const auto adapted = trusting(Trust::adapted).fit(one.source, one.target);
    const auto guided = trusting(Trust::guided).fit(one.source, one.target);
    const double coherence = assortativity(guided.clusters.labels,
                                           KnnGraph{{.neighbors = 6}}.fit(one.target.coordinates));
    half.options.borrowed_from = 0;
    half.options.guided_from = coherence - 1e-9;
    const auto lower = half.fit(one.source, one.target);
    check_sound(lower, one.target.rows(), 4, 4);
    CHECK(lower.trust == Trust::guided);
    CHECK(lower.clusters.labels == guided.clusters.labels);
    CHECK_FALSE(lower.transfer.has_value());
    CHECK(mentions(lower.decisions, "these genes guide the clusters"));
    half.options.guided_from = coherence + 1e-9;
    const auto higher = half.fit(one.source, one.target);
    check_sound(higher, one.target.rows(), 4, 4);
    CHECK(higher.trust == Trust::adapted);
    CHECK(higher.clusters.labels == adapted.clusters.labels);
    CHECK(higher.transfer.has_value());
    CHECK(mentions(higher.decisions, "adapted to the target, gives the factors"));
}

TEST_CASE("classes by which less of the target is explained are doubted") {
    Case one(3);
    const auto believing = trusting(Trust::anchored);
    const auto sound = believing.fit(one.source, one.target);
    CHECK(sound.doubted_classes.empty());
    CHECK(sound.kappa == std::vector<double>(4, 1000));
    CHECK(mentions(sound.decisions, "each class is believed"));
    auto fixed = believing;
    fixed.options.kappa = 1000;
    check_same_clusters(sound, fixed.fit(one.source, one.target));

    // the source's cells of one class express other genes
    RandomStream random(11);
    std::vector<float> shift;
    for (Index j = 0; j < one.source.cols(); ++j)
        shift.push_back(static_cast<float>(random.normal()));
    auto& x = one.source.expression;
    for (std::size_t i = 0; i < one.source.labels.size(); ++i)
        if (one.source.labels[i] == "class 2")
            for (auto e = x.starts[i]; e < x.starts[i + 1]; ++e)
                x.values[static_cast<std::size_t>(e)] +=
                    shift[static_cast<std::size_t>(x.columns[static_cast<std::size_t>(e)])];
    const auto check_told = [](const RegionsFit& fit) {
        REQUIRE(fit.kappa.size() == 4);
        CHECK_FALSE(fit.doubted_classes.empty());
        for (std::size_t k = 0; k < 4; ++k)
            CHECK(fit.kappa[k] == (std::count(fit.doubted_classes.begin(),
                                              fit.doubted_classes.end(), fit.class_names[k]) > 0
                                       ? 10
                                       : 1000));
        for (const auto& doubted : fit.doubted_classes)
            CHECK((mentions(fit.decisions, "every class is doubted") ||
                   mentions(fit.decisions, "'" + doubted + "'")));
        CHECK(mentions(fit.decisions, " doubted, with 10 behind "));
    };
    const auto fit = believing.fit(one.source, one.target);
    CAPTURE(fit.decisions);
    check_sound(fit, one.target.rows(), 4, 4);
    check_told(fit);
    const auto held = fixed.fit(one.source, one.target);
    CHECK(held.doubted_classes.empty());
    CHECK(one.agreement(fit) > one.agreement(held) + 0.1);

    auto some = believing;
    some.options.try_clusters = {4, 3};
    const auto chosen = some.fit(one.source, one.target);
    CHECK(
        mentions(chosen.decisions, "the number of clusters was chosen with all classes believed") ==
        !chosen.doubted_classes.empty());
    // the target in two sections, one beside the other
    auto halves = one.target;
    for (Index i = 0; i < halves.rows(); ++i)
        halves.sections.push_back(2 * i < halves.rows() ? "one" : "other");
    const auto of_halves = believing.fit(one.source, halves);
    check_sound(of_halves, one.target.rows(), 4, 4);
    check_told(of_halves);
}

TEST_CASE("clusters in the source's loading give way to the target's own if they tell less") {
    const Case one(1, 8);
    auto half = half_relevant();
    half.options.borrowed_from = 0;
    const auto adapted = half.fit(one.source, one.target);
    const auto alone = find.fit(one.target);
    REQUIRE(adapted.trust == Trust::adapted);
    REQUIRE(adapted.information.has_value());
    REQUIRE(adapted.information_alone.has_value());

    // factors of a whole decomposition
    const auto graph = KnnGraph{{.neighbors = 6}}.fit(one.target.coordinates);
    const double n = 400, around = 1 + static_cast<double>(graph.entries()) / n;
    const Index q = std::min<Index>(2 * find.options.factors, static_cast<Index>(n / around / 5));
    REQUIRE(q > find.options.factors);
    Eigen::MatrixXd x = one.expression.rowwise() - one.expression.colwise().mean();
    x.colwise().normalize();
    const Eigen::BDCSVD<Eigen::MatrixXd> svd(x, Eigen::ComputeThinU);
    const Eigen::MatrixXd factors =
        svd.matrixU().leftCols(q) * svd.singularValues().head(q).asDiagonal();
    const auto information = [&](const Eigen::MatrixXd& of, const std::vector<Label>& labels,
                                 double averaged = 1) {
        const Eigen::MatrixXd all = of.rowwise() - of.colwise().mean();
        Eigen::MatrixXd within = of;
        double with_spots = 0;
        for (Label k = 0; k < 4; ++k) {
            std::vector<Index> spots;
            for (std::size_t i = 0; i < labels.size(); ++i)
                if (labels[i] == k) spots.push_back(static_cast<Index>(i));
            if (spots.empty()) continue;
            with_spots += 1;
            const Eigen::MatrixXd own = of(spots, Eigen::all);
            within(spots, Eigen::all) = own.rowwise() - own.colwise().mean();
        }
        return std::log((all.transpose() * all / (n / averaged - 1)).determinant() /
                        (within.transpose() * within / (n / averaged - with_spots)).determinant()) /
               2;
    };
    // averaged with the neighbours', though the target's own clusters are not
    Eigen::MatrixXd smooth = factors;
    for (Index i = 0; i < factors.rows(); ++i) {
        for (const Index j : graph.of(i)) smooth.row(i) += factors.row(j);
        smooth.row(i) /= static_cast<double>(1 + graph.degree(i));
    }
    CHECK_FALSE(alone.averaged);
    CHECK(*adapted.information ==
          Approx(information(smooth, adapted.clusters.labels, around)).epsilon(1e-3));
    CHECK(*adapted.information_alone ==
          Approx(information(smooth, alone.clusters.labels, around)).epsilon(1e-3));

    const double share = *adapted.information / *adapted.information_alone;
    half.options.borrowed_from = share - 1e-9;
    CHECK(half.fit(one.source, one.target).clusters.labels == adapted.clusters.labels);
    half.options.borrowed_from = share + 1e-9;
    const auto given_up = half.fit(one.source, one.target);
    check_sound(given_up, one.target.rows(), 4, 4);
    CHECK(given_up.trust == Trust::none);
    CHECK(given_up.clusters.labels == alone.clusters.labels);
    CHECK((given_up.clusters.responsibilities == alone.clusters.responsibilities));
    CHECK(given_up.information == adapted.information);
    CHECK(given_up.relevance->correlation == adapted.relevance->correlation);
    CHECK_FALSE(given_up.transfer.has_value());
    CHECK(mentions(given_up.decisions, "which is no gain, and the former are given up"));

    // so do those that the informative genes guide
    half.options.guided_from = -1;
    half.options.borrowed_from = 0;
    const auto guided = half.fit(one.source, one.target);
    REQUIRE(guided.trust == Trust::guided);
    CHECK(*guided.information ==
          Approx(std::max(0.0, information(smooth, guided.clusters.labels, around))).epsilon(1e-3));

    const Case clear(3);
    const auto kept = half.fit(clear.source, clear.target);
    REQUIRE(kept.trust == Trust::guided);
    REQUIRE(*kept.information_alone > 0);
    CHECK(mentions(kept.decisions, "these genes guide the clusters"));
    half.options.borrowed_from = 1e9;
    const auto nothing = half.fit(clear.source, clear.target);
    CHECK(nothing.trust == Trust::none);
    CHECK(nothing.clusters.labels == find.fit(clear.target).clusters.labels);
    CHECK(mentions(nothing.decisions, "which is no gain, and the former are given up"));
    CHECK_FALSE(mentions(nothing.decisions, "adapted to the target, gives the factors"));
    CHECK_FALSE(mentions(nothing.decisions, "guide the clusters"));

    // what the caller asks for is not put in question
    const auto asked = trusting(Trust::adapted).fit(one.source, one.target);
    CHECK(asked.clusters.labels == adapted.clusters.labels);
    CHECK_FALSE(asked.information.has_value());
}

TEST_CASE("pseudo-spots that were asked for in vain are said to be") {
    const Case one(3);
    const std::string said = "kappa = 20 has no effect";
    for (const auto trust : {Trust::anchored, Trust::adapted, Trust::none}) {
        auto twenty = trusting(trust);
        twenty.options.kappa = 20;
        CHECK(mentions(twenty.fit(one.source, one.target).warnings, said) ==
              (trust != Trust::anchored));
    }
    auto twenty = find;
    twenty.options.kappa = 20;
    CHECK(mentions(twenty.fit(one.target).warnings, said));
}

TEST_CASE("a source that noise makes look half relevant anchors if its classes tell enough") {
    const auto tissue =
        TissueSimulation{{.height = 30, .width = 30, .genes = 300}}.counts({.seed = 5});
    auto regions = find;
    regions.options.factors = 10;
    const auto fit = regions.fit(tissue.source, tissue.target);
    const double measured = fit.relevance->correlation * fit.relevance->correlation;
    REQUIRE(measured < regions.options.anchored_from);
    REQUIRE(measured / (fit.relevance->source_reliability * fit.relevance->target_reliability) >
            regions.options.anchored_from);
    CHECK(fit.trust == Trust::anchored);
    check_sound(fit, tissue.target.rows(), 4, 4);
    REQUIRE(fit.information.has_value());
    CHECK(*fit.information >= regions.options.information_from * *fit.information_alone);
    const auto truth = tissue.truth.target_labels();
    const auto alone = regions.fit(tissue.target);
    CHECK(adjusted_rand_index(truth, fit.clusters.labels) >
          adjusted_rand_index(truth, alone.clusters.labels) + 0.2);

    // else the other ways are tried
    regions.options.information_from = 1e9;
    regions.options.borrowed_from = 1e9;
    const auto none = regions.fit(tissue.source, tissue.target);
    CHECK(none.trust == Trust::none);
    CHECK(none.clusters.labels == alone.clusters.labels);
    CHECK(mentions(none.decisions, "adapted to the target, gives the factors"));

    // but not where there are several sections, which they take for regions
    auto halves = tissue.target;
    for (Index i = 0; i < halves.rows(); ++i)
        halves.sections.push_back(2 * i < halves.rows() ? "one" : "other");
    const auto several = regions.fit(tissue.source, halves);
    CHECK(several.trust == Trust::none);
    CHECK(several.clusters.labels == regions.fit(halves).clusters.labels);
    CHECK(mentions(several.decisions, "are not tried where there are several"));
    CHECK_FALSE(mentions(several.decisions, "adapted to the target, gives the factors"));
}

TEST_CASE("where there is too little to tell the relevance by, that is said") {
    const Case one(3, 8);
    const auto few = rows_of(one.target, {0, 1, 20, 21, 40, 41, 60, 61}, "few");
    auto regions = find;
    regions.options.clusters = 2;
    regions.options.factors = 3;
    regions.options.neighbors = 3;
    const auto fit = regions.fit(one.source, few);
    CHECK_FALSE(fit.relevance->known);
    CHECK(fit.trust == Trust::none);
    CHECK(mentions(fit.decisions, "the relevance of the source cannot be told"));
    CHECK(regions.fit(one.source, one.target).relevance->known);
}

TEST_CASE(
    "numbers of clusters that cannot be tried are refused first; a criterion may be in vain") {
    const Case one(3);
    auto several = find;
    Index reported = 0;
    const auto refused = [&](std::vector<Index> tried, const char* why) {
        several.options.try_clusters = std::move(tried);
        const RunOptions run{.progress = [&](const Progress&) { ++reported; }};
        CHECK_THROWS_WITH(several.fit(one.source, one.target, run), support::contains(why));
        CHECK_THROWS_WITH(several.fit(one.target, run), support::contains(why));
    };
    refused({3, 3}, "3 clusters are to be tried twice; leave one out");
    refused({3, 0}, "0 clusters are to be tried");
    refused({3, one.target.rows() + 1}, "numbers must be at least 1 and at most");
    CHECK(reported == 0);

    const std::string said = "the criterion has no effect";
    auto asked = find;
    asked.options.criterion = ClustersCriterion::bic;
    CHECK(mentions(asked.fit(one.target).warnings, said));
    asked.options.try_clusters = {2, 3};
    CHECK_FALSE(mentions(asked.fit(one.target).warnings, said));
}

TEST_CASE("lambda is learned when adapted, unless given or there is too little to hold out") {
    const Case one(3, 8);
    auto adapted = trusting(Trust::adapted);
    const auto learned = adapted.fit(one.source, one.target);
    const auto& curve = learned.transfer->lambda_curve;
    REQUIRE(curve.size() == 11);
    const auto best = std::min_element(curve.begin(), curve.end(),
                                       [](auto& a, auto& b) { return a.error < b.error; });
    CHECK(learned.transfer->lambda == best->lambda);
    CHECK(mentions(learned.decisions, "predicts expression held out best"));
    adapted.options.lambda = best->lambda;
    const auto given = adapted.fit(one.source, one.target);
    CHECK(given.transfer->lambda_curve.empty());
    CHECK((given.transfer->loading == learned.transfer->loading));
    CHECK(given.clusters.labels == learned.clusters.labels);

    const Case few(3, 2, 40, 0.25, 12);  // half of the genes are no more than factors
    const auto fixed = trusting(Trust::adapted).fit(few.source, few.target);
    CHECK(fixed.transfer->lambda == 1);
    CHECK(fixed.transfer->lambda_curve.empty());
}

TEST_CASE("a source without places, and a target whose labels are known") {
    Case one(6);
    const auto whole = find.fit(one.source, one.target);

    // the target's own labels are never looked at
    auto unlabelled = one.target;
    unlabelled.labels.clear();
    check_same(find.fit(one.source, unlabelled), whole);
    auto wrong = one.target;
    for (auto& label : wrong.labels) label = "class 1";
    check_same(find.fit(one.source, wrong), whole);

    auto unplaced = one.source;
    unplaced.coordinates.resize(0, 0);
    const auto fit = find.fit(unplaced, one.target);
    check_sound(fit, one.target.rows(), 4, 4);
    CHECK(fit.trust == Trust::anchored);
    CHECK(one.agreement(fit) >= one.oracle() - 0.1);
    CHECK(mentions(fit.decisions, "scores are not averaged over neighbours"));
}

TEST_CASE("the number of clusters from a list") {
    const Case one(7);
    auto list = find;
    list.options.try_clusters = {3, 4, 5};
    list.options.clusters = 100000;  // not looked at
    for (const bool with : {true, false}) {
        const auto fit = with ? list.fit(one.source, one.target) : list.fit(one.target);
        REQUIRE(fit.clusters_choice.has_value());
        CHECK(fit.clusters_choice->curve.size() == 3);
        check_sound(fit, one.target.rows(), fit.clusters_choice->best, 4);
        CHECK(mentions(fit.decisions, "clusters were chosen out of 3 numbers tried"));
        CHECK(fit.clusters_choice->criterion == ClustersCriterion::mbic);
        CHECK(fit.clusters_choice->classes.has_value() == with);
        if (with) CHECK(fit.clusters_choice->best == 4);
    }
    auto others = list;
    others.options.try_clusters = {6, 5};
    const auto nearest = others.fit(one.source, one.target);
    CHECK(nearest.clusters_choice->best == 5);
    CHECK(nearest.clusters_choice->classes == Index{4});
    CHECK(mentions(nearest.warnings, "4 classes of the source hold spots"));
    others.options.criterion = ClustersCriterion::icl;
    CHECK_FALSE(others.fit(one.source, one.target).clusters_choice->classes.has_value());
    list.options.try_clusters = {4, 4};
    CHECK_THROWS_AS(list.fit(one.target), InvalidArgument);

    // the clusters are those that the curve speaks of, but for guided ones, and it says so
    for (const auto trust : {Trust::anchored, Trust::adapted, Trust::guided, Trust::none}) {
        auto some = trusting(trust);
        some.options.try_clusters = {4, 2, 3};
        some.options.starts = 2;
        const auto fit = some.fit(one.source, one.target);
        CAPTURE(to_text(trust));
        const auto& choice = *fit.clusters_choice;
        check_sound(fit, one.target.rows(), choice.best, 4);
        CHECK(fit.clusters.sizes.back() > 0);
        CHECK(choice.fit.labels.empty());
        CHECK(mentions(fit.decisions, "in the target's own factors, not in those") ==
              (trust == Trust::guided));
        if (trust == Trust::guided) continue;
        const auto at = std::find_if(choice.curve.begin(), choice.curve.end(),
                                     [&](const auto& p) { return p.clusters == choice.best; });
        CHECK(at->log_likelihood == fit.clusters.log_likelihood);
    }
}

TEST_CASE("regions of a target alone that mix kinds of spots in shares of their own") {
    // left and right hold both kinds of spots, three to one and one to three
    constexpr Index side = 60, genes = 60;
    Sample<RowMatrix<double>> target{.values = Values::log_expression, .name = "mosaic"};
    RandomStream random(3);
    target.expression = random.normal_matrix(side * side, genes);
    target.coordinates.resize(side * side, 2);
    std::vector<Label> truth;
    const RowMatrix<double> kinds = random.normal_matrix(2, genes);
    for (Index i = 0; i < side * side; ++i) {
        target.coordinates.row(i) << static_cast<double>(i % side), static_cast<double>(i / side);
        truth.push_back(i % side < side / 2 ? 0 : 1);
        target.expression.row(i) +=
            kinds.row(random.uniform() < 0.75 ? truth.back() : 1 - truth.back());
    }
    for (Index j = 0; j < genes; ++j) target.genes.push_back(text("gene", j));
    const auto found = [&](std::optional<double> beta) {
        auto two = find;
        two.options.clusters = 2;
        two.options.beta = beta;
        return two.fit(target);
    };
    const auto fit = found({});
    CHECK(adjusted_rand_index(fit.clusters.labels, truth) > 0.8);
    CHECK(mentions(fit.decisions, "single spots say little of their region"));
    CHECK(fit.averaged);
    // without a field, each spot is of the kind that it is of
    const auto without = found(0);
    CHECK(adjusted_rand_index(without.clusters.labels, truth) < 0.5);
    CHECK_FALSE(mentions(without.decisions, "single spots say little of their region"));
}

TEST_CASE("noise does not make a target's scores be averaged, what neighbours share does") {
    FindRegions alone{{.factors = 10}};
    for (const std::uint64_t seed : {4u, 9u, 10u}) {  // noisy kinds, in large regions
        const auto tissue =
            TissueSimulation{{.beta = 1.5, .noise = 10}}.log_expression({.seed = seed});
        alone.options.clusters = 4;
        const auto fit = alone.fit(tissue.target);
        CAPTURE(seed);
        CHECK_FALSE(fit.averaged);
        CHECK(adjusted_rand_index(tissue.truth.target_labels(), fit.clusters.labels) > 0.95);
    }
    for (const std::uint64_t seed : {1u, 2u}) {  // eight kinds, too many for such counts
        const auto tissue = TissueSimulation{{.classes = 8, .beta = 1.5}}.counts({.seed = seed});
        alone.options.clusters = 8;
        const auto fit = alone.fit(tissue.target);
        CAPTURE(seed);
        CHECK(fit.averaged);
        CHECK(adjusted_rand_index(tissue.truth.target_labels(), fit.clusters.labels) > 0.4);
    }
}

TEST_CASE("a number of clusters that leaves some empty is passed over for a smaller one") {
    struct Found {
        std::vector<Index> sizes;
    };
    std::vector<Index> asked;
    const auto of = [&](Index clusters) {
        asked.push_back(clusters);
        Found found{std::vector<Index>(static_cast<std::size_t>(clusters), 5)};
        if (clusters > 3) found.sizes.back() = 0;
        return found;
    };
    const std::vector<Index> tried{2, 7, 3, 5, 6};
    ClustersChoice choice;
    choice.best = 6;
    choice.warnings = {"6 clusters are exactly as good as 7"};
    auto found = of(6);
    CHECK(detail::pass_over_empty(found, choice, tried, {}, of) ==
          "; of 6 some had no spots, of 3 none");
    CHECK(choice.best == 3);
    CHECK(choice.warnings.empty());
    CHECK(found.sizes.size() == 3);
    CHECK(asked == std::vector<Index>{6, 5, 3});
    CHECK(detail::pass_over_empty(found, choice, tried, {}, of).empty());  // none is empty
    CHECK(asked.size() == 3);

    ClustersChoice last;
    last.best = 6;
    last.curve.resize(2);
    last.curve[0].clusters = 6;
    last.curve[1].clusters = 3;
    auto two = of(6);
    CHECK_FALSE(detail::pass_over_empty(two, last, {6, 3}, {}, of).empty());
    CHECK(mentions(last.warnings, "is the smallest tried"));
    ClustersChoice none;
    none.best = 6;
    none.warnings = {"kept"};
    auto same = of(6);
    CHECK(detail::pass_over_empty(same, none, {6, 5, 4}, {}, of).empty());
    CHECK(none.best == 6);
    CHECK(same.sizes.size() == 6);
    CHECK(none.warnings == Words{"kept"});
}

TEST_CASE("several sources, with and without the same classes") {
    const Case one(8);
    std::vector<Index> left, right, lacking;
    for (Index i = 0; i < one.source.rows(); ++i) {
        (one.source.coordinates(i, 0) < 20 ? left : right).push_back(i);
        if (one.source.coordinates(i, 0) >= 20 &&
            one.source.labels[static_cast<std::size_t>(i)] != "class 2")
            lacking.push_back(i);
    }
    std::vector<Sample<Sparse>> sources{rows_of(one.source, left, "left"),
                                        rows_of(one.source, right, "right")};
    const auto both = find.fit(sources, one.target);
    check_sound(both, one.target.rows(), 4, 4);
    CHECK(both.labelled_cells == one.source.rows());
    CHECK(one.agreement(both) >= one.oracle() - 0.05);

    sources[1] = rows_of(one.source, lacking, "right");
    const auto unlike = find.fit(sources, one.target);
    check_sound(unlike, one.target.rows(), 4, 4);
    CHECK(one.agreement(unlike) >= one.oracle() - 0.1);

    // a class that no source has: a cluster of its own, unless the classes explain it
    sources = {rows_of(one.source, lacking, "lacking")};
    const auto three = trusting(Trust::anchored).fit(sources, one.target);
    check_sound(three, one.target.rows(), 4, 3);
    CHECK(std::count_if(three.names.begin(), three.names.end(),
                        [](const auto& c) { return c.source_class == left_out && c.novel; }) == 1);
    // such clusters are held against those that the target has by itself
    const auto held = find.fit(sources, one.target);
    CHECK(held.trust == Trust::anchored);
    CHECK(held.clusters.labels == three.clusters.labels);
    REQUIRE(held.information.has_value());
    // of these, four fifths where a class anchors them, and all where none does
    REQUIRE(*held.information < *held.information_alone);
    CHECK(mentions(held.decisions, "of which 85 % are asked for"));
    auto strict = find;
    strict.options.information_from = 1.01 * *held.information / *held.information_alone;
    strict.options.borrowed_from = 0;
    const auto given_up = strict.fit(sources, one.target);
    CHECK(given_up.trust == Trust::adapted);
    CHECK(mentions(given_up.decisions, "much is missed, and the former are given up"));
    strict.options.information_from = 1e9;
    strict.options.borrowed_from = 1e9;
    const auto alone = strict.fit(sources, one.target);
    CHECK(alone.trust == Trust::none);
    CHECK(alone.clusters.labels == find.fit(one.target).clusters.labels);
}

namespace {

/// Four quadrants of 30 × 30 spots in log expression. Each of the first three classes has ten genes
/// of its own; the fourth is like the third but for ten genes that vary in all of them. `classes`:
/// how many have labels.
Sample<RowMatrix<double>> quadrants(std::uint64_t seed, Label classes) {
    Sample<RowMatrix<double>> out;
    RandomStream random(seed);
    out.expression = 1.5 * random.normal_matrix(900, 60);
    out.expression.array() += 10;
    out.coordinates.resize(900, 2);
    for (Index i = 0; i < 900; ++i) {
        const Index x = i % 30, y = i / 30;
        out.coordinates.row(i) << static_cast<double>(x), static_cast<double>(y);
        const auto k = static_cast<Label>(2 * (y / 15) + x / 15);
        out.expression.row(i).segment(10 * std::min<Index>(k, 2), 10).array() += 2;
        out.expression.row(i).segment(30, 10).array() += random.normal() + (k == 3 ? 3 : 0);
        out.labels.push_back(k < classes ? text("class ", k) : "");
    }
    for (Index j = 0; j < 60; ++j) out.genes.push_back(text("gene ", j));
    out.values = Values::log_expression;
    out.name = text("quadrants ", seed);
    return out;
}

/// The quadrant of each spot.
std::vector<Label> quadrant_of_spots() {
    std::vector<Label> out;
    for (Index i = 0; i < 900; ++i)
        out.push_back(static_cast<Label>(2 * (i / 30 / 15) + i % 30 / 15));
    return out;
}

}  // namespace

TEST_CASE("a class that the source's axes do not show is found along one of the target's own") {
    const auto source = quadrants(1, 3), target = quadrants(2, 0);
    const auto fit = find.fit(source, target);
    check_sound(fit, 900, 4, 3);
    REQUIRE(fit.trust == Trust::anchored);
    REQUIRE(fit.space->best == ScoreSpace::discriminant);
    CHECK(fit.own_axes == 1);
    CHECK(fit.scores.cols() == 3);
    CHECK(mentions(fit.decisions,
                   "there are 4 clusters and 3 classes of the source: 1 axis more, along which the "
                   "target's own clusters differ, is tried and taken"));
    CHECK(adjusted_rand_index(quadrant_of_spots(), fit.clusters.labels) > 0.95);
    for (std::size_t k = 0; k < 4; ++k)
        if (fit.names[k].source_class == left_out) CHECK(fit.names[k].novel);
    for (std::size_t i = 0; i < 900; ++i)
        if (i / 30 >= 20 && i % 30 >= 20)  // well within the fourth
            CHECK(fit.names[static_cast<std::size_t>(fit.clusters.labels[i])].source_class ==
                  left_out);
    for (const int threads : {2, 7})
        check_same(find.fit(source, target, {.threads = threads}), fit);

    // whoever sets the trust is given it, too, and a model has what it takes
    const auto asked = trusting(Trust::anchored).fit(source, target);
    CHECK(asked.own_axes == 1);
    CHECK(asked.clusters.labels == fit.clusters.labels);
    auto by_source = find;
    by_source.options.prepare.genes_from = GenesFrom::source;
    const auto model =
        LearnSource{{.prepare = by_source.options.prepare, .factors = 6}}.fit(source);
    const auto of_model = find.fit(model, target);
    CHECK(of_model.own_axes == 1);
    check_same_clusters(of_model, by_source.fit(source, target));

    // not where the classes are enough
    auto three = find;
    three.options.clusters = 3;
    const auto known = three.fit(source, target);
    CHECK(known.own_axes == 0);
    CHECK(known.scores.cols() == 2);
    CHECK_FALSE(mentions(known.decisions, "classes of the source: "));

    std::stop_source stop;
    RunOptions run{.stop = stop.get_token()};
    run.progress = [&](const Progress& progress) {
        if (progress.stage == "axes of the target's own") stop.request_stop();
    };
    const auto stopped = find.fit(source, target, run);
    REQUIRE(stop.stop_requested());
    check_sound(stopped, 900, 4, 3);
    CHECK(stopped.own_axes == 0);
    CHECK_FALSE(mentions(stopped.decisions, "classes of the source: "));

    // no more axes than the target's own clusters have
    auto twelve = find;
    twelve.options.clusters = 12;
    CHECK(twelve.fit(source, target).own_axes <= 3);
}

TEST_CASE("anchored clusters give way to those of the adapted loading where these tell much more") {
    auto tissue = TissueSimulation{{.noise = 2}}.counts({.seed = 1});
    auto regions = find;
    regions.options.factors = 10;
    regions.options.prepare.ignore = {"class 1"};
    // three of four clusters are free components, of which all is asked for
    const auto for_part = [](double part) { return (part - 0.75) / 0.25; };
    regions.options.information_from = for_part(0.8);
    const auto fit = regions.fit(tissue.source, tissue.target);
    auto asked = regions;
    asked.options.trust = Trust::adapted;
    const auto adapted = asked.fit(tissue.source, tissue.target);
    asked.options.trust = Trust::anchored;
    const auto anchored = asked.fit(tissue.source, tissue.target);
    CHECK(fit.trust == Trust::adapted);
    check_sound(fit, tissue.target.rows(), 4, 3);
    check_same_clusters(fit, adapted);
    CHECK(fit.transfer.has_value());
    CHECK(fit.kappa.empty());
    CHECK(fit.absent_classes.empty());
    CHECK(fit.released_agreement == anchored.released_agreement);
    CHECK(mentions(fit.decisions, "nats a spot, and are taken"));
    const auto truth = tissue.truth.target_labels();
    CHECK(adjusted_rand_index(truth, fit.clusters.labels) >
          adjusted_rand_index(truth, anchored.clusters.labels) + 0.2);

    // the part that is asked for decides
    regions.options.information_from = for_part(0.01);
    const auto kept = regions.fit(tissue.source, tissue.target);
    CHECK(kept.trust == Trust::anchored);
    check_same_clusters(kept, anchored);
    REQUIRE(kept.information.has_value());
    REQUIRE(kept.free_components == 3);
    CHECK(mentions(kept.decisions, "nats a spot, and are not taken"));
    CHECK(kept.information_alone == fit.information_alone);
    CHECK(*kept.information < 0.8 * *fit.information);
    for (const double nudge : {-1e-9, 1e-9}) {
        regions.options.information_from = for_part(*kept.information / *fit.information + nudge);
        CHECK((regions.fit(tissue.source, tissue.target).trust == Trust::adapted) == (nudge > 0));
    }

    // a stop before it is known says nothing of it
    regions.options.information_from = for_part(0.8);
    std::stop_source stop;
    RunOptions run{.stop = stop.get_token()};
    Index comparisons = 0;
    run.progress = [&](const Progress& progress) {
        if (progress.stage == "comparison" && ++comparisons == 3) stop.request_stop();
    };
    const auto stopped = regions.fit(tissue.source, tissue.target, run);
    REQUIRE(stop.stop_requested());
    CHECK(stopped.trust == Trust::anchored);
    check_same_clusters(stopped, anchored);
    CHECK(stopped.information == kept.information);
    CHECK_FALSE(mentions(stopped.decisions, "adapted to the target, tell"));
}

TEST_CASE("of several sources those that say most of the target are used") {
    const Case one(4);
    Case other(4);
    other.shuffle_genes();
    other.source.name = "nothing";
    const std::vector<Sample<Sparse>> both{other.source, one.source};
    const auto fit = find.fit(both, one.target), without = find.fit(one.source, one.target);
    CHECK(mentions(fit.decisions, "source 'nothing' is left out"));
    CHECK(fit.trust == Trust::anchored);
    CHECK(fit.labelled_cells == one.source.rows());
    CHECK(fit.relevance->correlation == without.relevance->correlation);
    CHECK(fit.clusters.labels == without.clusters.labels);
    CHECK((fit.class_posterior == without.class_posterior));
    // nor is one whose labels mean nothing
    Case mixed(4);
    const auto order = RandomStream(4).permutation(mixed.source.rows());
    for (std::size_t i = 0; i < order.size(); ++i)
        mixed.source.labels[i] = one.source.labels[static_cast<std::size_t>(order[i])];
    mixed.source.name = "mixed up";
    const auto sound = find.fit(std::vector<Sample<Sparse>>{mixed.source, one.source}, one.target);
    CHECK(mentions(sound.decisions, "source 'mixed up' is left out"));
    CHECK(sound.clusters.labels == without.clusters.labels);
    // nor one that has few of the target's genes, which would be all that are left
    Case narrow(4);
    for (std::size_t j = 50; j < narrow.source.genes.size(); ++j)
        narrow.source.genes[j] = "other " + narrow.source.genes[j];
    narrow.source.name = "narrow";
    const auto wide = find.fit(std::vector<Sample<Sparse>>{narrow.source, one.source}, one.target);
    CHECK(mentions(wide.decisions, "'narrow' is left out: it has 50 of the target's genes, '" +
                                       one.source.name + "' 120"));
    CHECK(wide.clusters.labels == without.clusters.labels);
    // nor one that adds nothing
    auto copy = one.source;
    copy.name = "copy";
    const auto twice = find.fit(std::vector<Sample<Sparse>>{one.source, copy}, one.target);
    CHECK(mentions(twice.decisions,
                   "source 'copy' is left out: the sources are not clearly more relevant with it"));
    CHECK(twice.labelled_cells == one.source.rows());
    CHECK(twice.clusters.labels == without.clusters.labels);
    // who says how far to trust them means all of them
    const auto set = trusting(Trust::anchored).fit(both, one.target);
    CHECK(set.labelled_cells == one.source.rows() + other.source.rows());
    // one class alone says nothing of its source's worth: that of all together does, or their cells
    for (auto& label : other.source.labels) label = "class 1";
    const auto against =
        find.fit(std::vector<Sample<Sparse>>{other.source, one.source}, one.target);
    CHECK(against.labelled_cells == one.source.rows());
    CHECK(against.clusters.labels == without.clusters.labels);
}

TEST_CASE("a source whose labels contradict another's costs nothing; new classes are kept") {
    const Case one(4);
    Case turned(4);
    const std::map<std::string, std::string> next{{"class 1", "class 2"},
                                                  {"class 2", "class 3"},
                                                  {"class 3", "class 4"},
                                                  {"class 4", "class 1"}};
    for (auto& label : turned.source.labels) label = next.at(label);
    turned.source.name = "turned";
    // the fewer cells, the less relevant
    std::vector<Index> some(static_cast<std::size_t>(turned.source.rows() / 2));
    for (std::size_t i = 0; i < some.size(); ++i) some[i] = 2 * static_cast<Index>(i);
    const auto half = rows_of(turned.source, some, "turned");
    const auto fit = find.fit(std::vector<Sample<Sparse>>{half, one.source}, one.target),
               without = find.fit(one.source, one.target);
    CHECK(fit.trust == Trust::anchored);
    CHECK(fit.labelled_cells == one.source.rows());
    CHECK(fit.clusters.labels == without.clusters.labels);
    CHECK((fit.class_posterior == without.class_posterior));
    // each has classes that the other lacks
    const auto cells_of = [&](const std::set<std::string>& classes) {
        std::vector<Index> out;
        for (std::size_t i = 0; i < one.source.labels.size(); ++i)
            if (classes.contains(one.source.labels[i])) out.push_back(static_cast<Index>(i));
        return rows_of(one.source, out, *classes.begin());
    };
    const auto halves = find.fit(std::vector<Sample<Sparse>>{cells_of({"class 1", "class 2"}),
                                                             cells_of({"class 3", "class 4"})},
                                 one.target);
    CHECK(halves.trust == Trust::anchored);
    CHECK(halves.class_names == without.class_names);
    CHECK(halves.labelled_cells == without.labelled_cells);
    CHECK(one.agreement(halves) > one.agreement(find.fit(one.target)));
}

TEST_CASE("of sources whose classes contradict one another the most relevant is used") {
    const Case one(4);
    // labels of another kind, which the cells of both tell badly
    Case striped(4);
    for (std::size_t i = 0; i < striped.source.labels.size(); ++i)
        striped.source.labels[i] =
            text("stripe ", std::floor(striped.source.coordinates(static_cast<Index>(i), 0) / 10));
    striped.source.name = "striped";
    const std::vector<Sample<Sparse>> sources{striped.source, one.source};
    const auto fit = find.fit(sources, one.target), without = find.fit(one.source, one.target);
    CHECK(mentions(fit.decisions, "do not bear their classes out: of these only '" +
                                      one.source.name + "', the most relevant, is used"));
    CHECK(fit.trust == Trust::anchored);
    CHECK(fit.labelled_cells == one.source.rows());
    CHECK(fit.clusters.labels == without.clusters.labels);
    CHECK((fit.class_posterior == without.class_posterior));
    // a stop while that one is prepared leaves what all together gave
    std::stop_source stop;
    bool learned = false;
    RunOptions run{.stop = stop.get_token()};
    run.progress = [&](const Progress& progress) {
        learned = learned || progress.stage == "PLDR";
        if (learned && progress.stage == "prepare") stop.request_stop();
    };
    const auto stopped = find.fit(sources, one.target, run);
    REQUIRE(stop.stop_requested());
    check_sound(stopped, one.target.rows(), 4, 8);
    CHECK(stopped.labelled_cells == 2 * one.source.rows());
}

TEST_CASE("a source class that is all zeros") {
    Case one(9);
    for (Index i = 0; i < one.source.rows(); ++i)
        if (i % 20 == 0) {
            const auto at = static_cast<std::size_t>(i);
            one.source.labels[at] = "nothing";
            for (Index e = one.source.expression.starts[at];
                 e < one.source.expression.starts[at + 1]; ++e)
                one.source.expression.values[static_cast<std::size_t>(e)] = 0;
        }
    const auto fit = find.fit(one.source, one.target);
    check_sound(fit, one.target.rows(), 4, 4);
    CHECK(fit.trust == Trust::anchored);
    CHECK(one.agreement(fit) >= one.oracle() - 0.1);
    CHECK(mentions(fit.warnings, "no cell of class 'nothing' has counts: the class is left out"));
}

TEST_CASE("regions: the same bits for any number of threads") {
    // large enough for the rows to be cut in lanes
    const Case one(10, 2, 60, 0.4);
    for (const auto trust : {Trust::anchored, Trust::adapted, Trust::guided, Trust::none}) {
        auto regions = trusting(trust);
        regions.options.starts = 2;
        const auto first = regions.fit(one.source, one.target, {.seed = 3});
        for (const int threads : {2, 7})
            check_same(regions.fit(one.source, one.target, {.seed = 3, .threads = threads}), first);
    }
}

TEST_CASE("regions: a request to stop gives what there is") {
    const Case one(11);
    std::stop_source stop;
    stop.request_stop();
    for (const auto trust : {Trust::anchored, Trust::adapted, Trust::guided, Trust::none}) {
        CAPTURE(to_text(trust));
        const auto fit = trusting(trust).fit(one.source, one.target, {.stop = stop.get_token()});
        check_sound(fit, one.target.rows(), 4, 4);
        CHECK(fit.clusters.iterations == 1);
        CHECK(fit.clusters.stopped);
    }
    CHECK(find.fit(one.target, {.stop = stop.get_token()}).clusters.responsibilities.allFinite());
}

TEST_CASE(
    "regions: a stop in any stage leaves what is sound, or nothing before there is anything") {
    const Case one(11);
    auto several = find;
    several.options.try_clusters = {3, 4, 5};
    using Way = std::function<RegionsFit(const RunOptions&)>;
    std::vector<Way> ways{
        [&](const RunOptions& run) { return find.fit(one.target, run); },
        [&](const RunOptions& run) { return several.fit(one.target, run); },
        [&](const RunOptions& run) { return find.fit(one.source, one.target, run); },
        [&](const RunOptions& run) { return several.fit(one.source, one.target, run); },
        [&](const RunOptions& run) { return half_relevant().fit(one.source, one.target, run); }};
    const std::set<std::string> before{"neighbours", "prepare", "relevance", "SourceRelevance"};
    const std::set<std::string> after{
        "released mixture", "comparison", "TruncatedSVD",
        "mixture",          "names",      "profiles"};  // of adapted clusters
    for (const auto& way : ways) {
        std::set<std::string> stages;
        (void)way({.progress = [&](const Progress& p) { stages.emplace(p.stage); }});
        CAPTURE(&way - ways.data());
        for (const auto& stage : stages) {
            CAPTURE(stage);
            std::stop_source stop;
            RunOptions run{.stop = stop.get_token()};
            run.progress = [&](const Progress& p) {
                if (p.stage == stage) stop.request_stop();
            };
            try {
                const auto fit = way(run);
                check_sound(fit, one.target.rows(), fit.clusters.clusters(), 4);
                CHECK(
                    (fit.clusters.stopped || (fit.trust != Trust::none && after.contains(stage))));
            } catch (const Stopped&) {
                CHECK(before.contains(stage));
            }
        }
    }
}

TEST_CASE("clusters stay as they are where a stop comes before they are held against others") {
    const Case one(1, 8);
    auto half = half_relevant();
    half.options.borrowed_from = 1e9;  // and given up, if it comes to that
    REQUIRE(half.fit(one.source, one.target).trust == Trust::none);
    std::stop_source stop;
    RunOptions run{.stop = stop.get_token()};
    run.progress = [&](const Progress& progress) {
        if (progress.stage == "comparison") stop.request_stop();
    };
    const auto fit = half.fit(one.source, one.target, run);
    REQUIRE(stop.stop_requested());
    check_sound(fit, one.target.rows(), 4, 4);
    CHECK(fit.trust == Trust::adapted);
    CHECK_FALSE(fit.information.has_value());
    CHECK_FALSE(mentions(fit.decisions, "nats a spot"));
}

TEST_CASE("one cluster tells as much as another") {
    const Case one(3, 8);
    auto half = half_relevant();
    half.options.clusters = 1;
    const auto fit = half.fit(one.source, one.target);
    CHECK(fit.trust == Trust::adapted);
    CHECK(fit.information == 0.0);
    CHECK(fit.information_alone == 0.0);
}

TEST_CASE("regions: progress names each stage, by one thread at a time") {
    const Case one(11);
    const std::map<Trust, Words> expected{
        {Trust::anchored,
         {"neighbours", "prepare", "relevance", "SourceRelevance", "PLDR", "score space",
          "anchored mixture", "mixture", "released mixture", "mixture"}},
        {Trust::adapted, {"PLDR", "adapted mixture", "TransferLoading", "SpatialGMM_MRF", "names"}},
        {Trust::guided, {"guided mixtures", "GuidedGMM_MRF", "names"}},
        {Trust::none, {"relevance", "prepare", "TruncatedSVD", "mixture"}}};
    for (const auto& [trust, in_order] : expected) {
        CAPTURE(to_text(trust));
        std::atomic<int> inside = 0;
        bool alone = true, within = true;
        Words stages;
        const auto watch = [&](const Progress& progress) {
            alone = alone && inside++ == 0;
            within = within && progress.iteration >= 0 && progress.iteration <= progress.limit;
            stages.emplace_back(progress.stage);
            --inside;
        };
        const auto fit =
            trusting(trust).fit(one.source, one.target, {.threads = 3, .progress = watch});
        CHECK(alone);
        CHECK(within);
        auto at = stages.begin();
        for (const auto& stage : in_order) {
            INFO(stage);
            at = std::find(at, stages.end(), stage);
            REQUIRE(at != stages.end());
            ++at;
        }
        check_same(fit, trusting(trust).fit(one.source, one.target));
    }
}

TEST_CASE("regions: what cannot be done is refused in words") {
    Case one(12);
    const auto with = [&](auto change) {
        auto changed = find;
        change(changed.options);
        return changed.fit(one.source, one.target);
    };
    using O = FindRegions::Options;
    const std::string spots = std::to_string(one.target.rows()) + " spots";
    CHECK_THROWS_WITH(with([](O& o) { o.clusters = 0; }), support::contains("clusters = 0"));
    CHECK_THROWS_WITH(with([](O& o) { o.clusters = 10000; }),
                      support::contains("clusters = 10000, simulated target has " + spots));
    CHECK_THROWS_WITH(with([](O& o) { o.factors = 500; }), support::contains("factors = 500"));
    CHECK_THROWS_WITH(with([](O& o) {
                          o.scales = {1, 6};
                      }),
                      support::contains("scales must rise from 0"));
    CHECK_THROWS_WITH(with([](O& o) {
                          o.scales = {0, 6, 3};
                      }),
                      support::contains("scales must rise from 0"));
    CHECK_THROWS_WITH(with([](O& o) { o.neighbors = 0; }), support::contains("neighbors = 0"));
    CHECK_THROWS_WITH(with([](O& o) { o.kappa = -1; }), support::contains("kappa = -1"));
    CHECK_THROWS_WITH(with([](O& o) { o.kappa = INFINITY; }), support::contains("kappa = inf"));
    CHECK_THROWS_WITH(with([](O& o) { o.starts = 0; }), support::contains("starts = 0"));
    CHECK_THROWS_WITH(with([](O& o) { o.lambda = -1; }), support::contains("lambda = -1"));

    auto unplaced = one.target;
    unplaced.coordinates.resize(0, 0);
    CHECK_THROWS_AS(find.fit(unplaced), ShapeMismatch);
    CHECK_THROWS_WITH(find.fit(unplaced), support::contains("coordinates"));
    CHECK_THROWS_AS(find.fit(one.source, unplaced), ShapeMismatch);
    auto unlabelled = one.source;
    unlabelled.labels.assign(unlabelled.labels.size(), "NA");
    CHECK_THROWS_AS(find.fit(unlabelled, one.target), BadData);
}

TEST_CASE("a model applied is what its source gives, bit for bit") {
    Case one(13, 4);
    one.target = stored_sparsely(one.target_with(RandomStream(3).permutation(120)));
    const auto learned = LearnSource{{.prepare = {.genes = 100}, .factors = 6}};
    const auto model = learned.fit(one.source, {.seed = 3});
    CHECK(model.genes.size() == 100);
    CHECK(model.labelled_cells == one.source.rows());
    CHECK(model.sources == Words{one.source.name});
    for (const auto trust :
         {std::optional<Trust>{}, std::optional(Trust::anchored), std::optional(Trust::adapted),
          std::optional(Trust::guided), std::optional(Trust::none)}) {
        FindRegions regions{{.try_clusters = {3, 4}, .starts = 2, .trust = trust}};
        // factors and genes come with the model
        const auto applied = regions.fit(model, one.target, {.seed = 3, .threads = 2});
        regions.options.factors = 6;
        regions.options.prepare = {.genes = 100, .genes_from = GenesFrom::source};
        const auto direct = regions.fit(one.source, one.target, {.seed = 3});
        CAPTURE(to_text(direct.trust));
        check_sound(applied, one.target.rows(), direct.clusters.clusters(), 4);
        check_same(applied, direct);
        CHECK(applied.genes == direct.genes);
        CHECK(applied.class_names == direct.class_names);
        CHECK(applied.labelled_cells == direct.labelled_cells);
        CHECK(applied.scores == direct.scores);
        CHECK(applied.warnings == direct.warnings);
    }
    // a source without places, and another seed, are other models
    auto unplaced = one.source;
    unplaced.coordinates.resize(0, 0);
    const auto without = learned.fit(unplaced, {.seed = 3});
    CHECK_FALSE(without.placed);
    CHECK(without.scales == std::vector<Index>{0});
    FindRegions regions{{.clusters = 4, .factors = 6}};
    regions.options.prepare = {.genes = 100, .genes_from = GenesFrom::source};
    check_same(regions.fit(without, one.target, {.seed = 3}),
               regions.fit(unplaced, one.target, {.seed = 3}));
}

TEST_CASE("genes of a model that the target lacks are left out") {
    Case one(14, 2);
    const auto model = LearnSource{{.factors = 6}}.fit(one.source);
    const auto whole = find.fit(model, one.target);
    CHECK(whole.warnings.empty());
    const auto order = RandomStream(4).permutation(120);
    const auto part = [&](Index genes) {
        return stored_sparsely(one.target_with({order.begin(), order.begin() + genes}));
    };
    auto most = part(90);
    for (auto& value : most.expression.values) CHECK(std::isfinite(value));
    for (Index i = 0; i < most.rows(); ++i)
        most.expression.values[static_cast<std::size_t>(i * 90)] = 2;
    const auto fit = find.fit(model, most);
    check_sound(fit, one.target.rows(), 4, 4);
    CHECK(fit.genes.size() == 89);
    CHECK(
        mentions(fit.warnings, "of the 120 genes of the model, 30 are missing and 1 do not vary"));
    CHECK(fit.trust == Trust::anchored);
    CHECK(fit.relevance->correlation == Approx(whole.relevance->correlation).margin(0.1));
    CHECK(one.agreement(fit) >= one.oracle() - 0.05);
    CHECK(fit.pldr->genes() == 89);
    for (const auto trust : {Trust::adapted, Trust::guided, Trust::none})
        check_sound(trusting(trust).fit(model, most), one.target.rows(), 4, 4);

    // fewer than the relevance's factors on a half of the genes
    check_sound(find.fit(model, part(8)), one.target.rows(), 4, 4);
    CHECK_THROWS_AS(find.fit(model, part(6)), BadData);
    CHECK_THROWS_WITH(find.fit(model, part(6)),
                      support::contains("has 6 of the model's 120 genes"));
    auto renamed = one.target;
    for (auto& gene : renamed.genes) gene += "x";
    CHECK_THROWS_WITH(find.fit(model, renamed), support::contains("no gene in common"));
    auto near = find;
    near.options.neighbors = 3;
    CHECK_THROWS_WITH(near.fit(model, rows_of(one.target, {0, 1, 2, 3, 4, 5}, "few")),
                      support::contains("few has 6 spots, too few for the model's 6 factors"));

    // all of them are the model itself
    std::vector<Index> all(120);
    std::iota(all.begin(), all.end(), Index{0});
    CHECK(model.with_genes(all).witness.halves[1].loading == model.witness.halves[1].loading);
    CHECK_THROWS_AS(model.with_genes({3, 120}), InvalidArgument);
}

TEST_CASE("what no model can be learned from is refused in words") {
    Case one(15);
    const LearnSource learn{{.factors = 6}};
    CHECK_THROWS_WITH(learn.fit(std::vector<Sample<Sparse>>{}),
                      support::contains("there is no source"));
    CHECK_THROWS_WITH(LearnSource{{.factors = 500}}.fit(one.source),
                      support::contains("LearnSource::fit: factors = 500, the labelled cells are " +
                                        std::to_string(one.source.rows())));
    CHECK_THROWS_WITH((LearnSource{{.scales = {2}}}.fit(one.source)),
                      support::contains("scales must rise from 0"));
    CHECK_THROWS_WITH((LearnSource{{.prepare = Prepare::Options::published()}}.fit(one.source)),
                      support::contains("standardise within sections"));
    CHECK_THROWS_WITH((LearnSource{{.prepare = {.gene_list = {"lost"}}}}.fit(one.source)),
                      support::contains("none of the 1 genes"));
    auto unlabelled = one.source;
    unlabelled.labels.assign(unlabelled.labels.size(), "NA");
    CHECK_THROWS_AS(learn.fit(unlabelled), BadData);

    // one class tells nothing, and that is found out
    auto alike = one.source;
    alike.labels.assign(alike.labels.size(), "all");
    const auto fit = find.fit(learn.fit(alike), one.target);
    CHECK(fit.trust == Trust::none);
    CHECK(fit.relevance->correlation == 0);
}

TEST_CASE("real tissue: a neighbouring section, and another animal") {
    TRANSST_NEED(data, "TRANSST_DATA_DIR");
    struct Pair {
        const char *target, *source;
        double stretch;
        Index clusters;
    };
    const auto pair = GENERATE(Pair{"dlpfc/151674", "dlpfc/151673", std::sqrt(3.0), 7},
                               Pair{"starmap_mpfc/BZ9", "starmap_mpfc/BZ5", 1, 4});
    CAPTURE(pair.target);
    const auto source = read_folder(data / pair.source, {.stretch_y = pair.stretch});
    const auto target = read_folder(data / pair.target, {.stretch_y = pair.stretch});
    const auto fit = FindRegions{{.clusters = pair.clusters}}.fit(source, target, {.threads = 2});
    const auto truth = code_labels(target.labels);
    std::vector<Label> a, b;
    for (std::size_t i = 0; i < truth.codes.size(); ++i)
        if (truth.codes[i] != left_out) {
            a.push_back(truth.codes[i]);
            b.push_back(fit.clusters.labels[i]);
        }
    CHECK(fit.trust == Trust::anchored);
    CHECK(adjusted_rand_index(a, b) >= 0.70);
}
