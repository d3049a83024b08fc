#include <transst/cluster/guided_gmm_mrf.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

/// Three stripes of a 24 × 24 grid that the first of 80 genes tell, and stronger noise that all
/// others share, which has nothing to do with them.
struct Striped {
    Index side = 24, genes = 80, informative = 8;
    Graph graph = support::grid(side, side);
    RowMatrix<double> x;
    std::vector<Label> truth;
    Vector<double> information = Vector<double>::Zero(genes);

    Striped() {
        RandomStream random(5);
        const Index n = side * side;
        x = random.normal_matrix(n, genes);
        const RowMatrix<double> nuisance = random.normal_matrix(n, 6);
        x.rightCols(genes - informative) +=
            2 * nuisance * random.normal_matrix(6, genes - informative);
        const Matrix<double> means = 1.2 * random.normal_matrix(3, informative);
        for (Index i = 0; i < n; ++i) {
            truth.push_back(static_cast<Label>((i / side) / (side / 3)));
            x.row(i).head(informative) += means.row(truth.back());
        }
        information.head(informative).setLinSpaced(0.9, 0.5);
    }
};

}  // namespace

TEST_CASE("guided clusters are found in the genes that matter") {
    const Striped one;
    const auto target = standardize(one.x);
    const GuidedGMM_MRF guided{{.clusters = 3, .gene_shares = {0.1}, .factors = {3, 5}}};
    const auto fit = guided.fit(target, one.information, one.graph);
    CHECK(adjusted_rand_index(fit.labels, one.truth) > 0.95);
    REQUIRE(fit.clusters() == 3);
    CHECK(std::is_sorted(fit.sizes.rbegin(), fit.sizes.rend()));
    CHECK((fit.responsibilities.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-9);
    CHECK(fit.factors() == 2);  // K − 1

    // each spot lies in its neighbours' cluster: no beta is too large
    const auto said = [](const GuidedFit& found) {
        return std::any_of(found.warnings.begin(), found.warnings.end(), [](const auto& words) {
            return words.find("the largest that was tried") != words.npos;
        });
    };
    CHECK(said(fit));
    auto fixed = guided;
    fixed.options.beta = 1.5;
    CHECK_FALSE(said(fixed.fit(target, one.information, one.graph)));

    // a gene's own scale does not matter, nor how many threads there are
    RowMatrix<double> scaled = one.x;
    for (Index j = 0; j < one.genes; ++j) scaled.col(j) *= 1 + static_cast<double>(j % 7);
    CHECK(adjusted_rand_index(guided.fit(standardize(scaled), one.information, one.graph).labels,
                              fit.labels) == 1);
    CHECK(guided.fit(target, one.information, one.graph, {.threads = 3}).labels == fit.labels);

    // where the wrong genes are said to matter, their noise is what is seen
    const auto wrong = guided.fit(target, one.information.reverse(), one.graph);
    CHECK(adjusted_rand_index(wrong.labels, one.truth) < 0.5);
}

TEST_CASE("guided: the mean of all ways, clusters matched") {
    // three fits that name the clusters differently; the third errs at two spots
    const auto fit_of = [](const std::vector<Label>& labels, double sure) {
        ClusterFit<double> fit;
        fit.responsibilities = RowMatrix<double>::Constant(6, 2, 1 - sure);
        for (Index i = 0; i < 6; ++i) fit.responsibilities(i, labels[std::size_t(i)]) = sure;
        fit.labels = labels;
        fit.means = Matrix<double>::Identity(2, 2);
        fit.covariances.assign(2, Matrix<double>::Identity(2, 2));
        fit.beta = sure;
        fit.converged = true;
        return fit;
    };
    std::vector<ClusterFit<double>> fits{fit_of({0, 0, 1, 1, 1, 1}, 0.9),
                                         fit_of({1, 1, 0, 0, 0, 0}, 0.8),
                                         fit_of({1, 1, 1, 1, 0, 0}, 1.0)};
    const auto mean = detail::consensus(fits, 1, 1);
    CHECK(mean.labels == std::vector<Label>{1, 1, 0, 0, 0, 0});
    CHECK(mean.sizes == std::vector<Index>{4, 2});
    CHECK(mean.responsibilities(0, 1) == Approx((0.9 + 0.8 + 1.0) / 3));
    CHECK(mean.responsibilities(2, 0) == Approx((0.9 + 0.8 + 0.0) / 3));
    CHECK(mean.responsibilities(4, 0) == Approx((0.9 + 0.8 + 1.0) / 3));
    CHECK(mean.beta == 0.8);  // of the one in whose space the clusters lie
    CHECK(mean.converged);
}

TEST_CASE("few genes and few spots still give an answer") {
    const Striped one;
    const RowMatrix<double> small = one.x.leftCols(3);
    const auto fit =
        GuidedGMM_MRF{{.clusters = 2}}.fit(standardize(small), one.information.head(3), one.graph);
    CHECK(fit.clusters() == 2);
    const RowMatrix<double> few = one.x.topRows(4);
    CHECK(GuidedGMM_MRF{{.clusters = 4}}
              .fit(standardize(few), one.information, support::grid(2, 2))
              .labels.size() == 4);
}

TEST_CASE("guided: what cannot be done is refused in words") {
    const Striped one;
    const auto target = standardize(one.x);
    const auto with = [&](auto change) {
        GuidedGMM_MRF guided;
        change(guided.options);
        return guided.fit(target, one.information, one.graph);
    };
    using O = GuidedGMM_MRF::Options;
    CHECK_THROWS_WITH(with([](O& o) { o.clusters = 0; }), support::contains("clusters = 0"));
    CHECK_THROWS_WITH(with([](O& o) { o.clusters = 1000; }), support::contains("576 spots"));
    CHECK_THROWS_WITH(with([](O& o) {
                          o.gene_shares = {0.1, 1.5};
                      }),
                      support::contains("gene_shares holds 1.5"));
    CHECK_THROWS_WITH(with([](O& o) { o.gene_shares.clear(); }),
                      support::contains("must not be empty"));
    CHECK_THROWS_WITH(with([](O& o) { o.factors = {0}; }), support::contains("factors holds 0"));
    CHECK_THROWS_WITH(with([](O& o) { o.starts = 0; }), support::contains("starts = 0"));
    CHECK_THROWS_AS(GuidedGMM_MRF{}.fit(target, one.information.head(3), one.graph), ShapeMismatch);
    CHECK_THROWS_AS(GuidedGMM_MRF{}.fit(target, one.information, support::grid(2, 3)),
                    ShapeMismatch);
    CHECK_THROWS_AS(
        GuidedGMM_MRF{}.fit(target, one.information, support::random_graph(576, 4, true, 2)),
        InvalidArgument);
}
