#include "genes_tables.hpp"

#include <transst/graph/knn_graph.hpp>
#include <transst/preprocess/morans_genes.hpp>

using namespace transst;

namespace {

/// From the definition, with a dense weight matrix.
Vector<double> by_definition(const RowMatrix<double>& x, const Graph& graph, EdgeWeights weights) {
    Matrix<double> w = Matrix<double>::Zero(x.rows(), x.rows());
    for (Index i = 0; i < x.rows(); ++i)
        for (const Index j : graph.of(i))
            w(i, j) = weights == EdgeWeights::binary ? 1 : 1 / static_cast<double>(graph.degree(i));
    const Matrix<double> z = x.rowwise() - x.colwise().mean();
    Vector<double> out(x.cols());
    for (Index j = 0; j < x.cols(); ++j)
        out[j] = static_cast<double>(x.rows()) / w.sum() * z.col(j).dot(w * z.col(j)) /
                 z.col(j).squaredNorm();
    return out;
}

}  // namespace

TEST_CASE("Moran's I of genes agrees with an independent computation") {
    TRANSST_NEED(tests, "TRANSST_TEST_DIR");
    const auto folder = tests / "preprocess" / "genes";
    const auto counts = support::read_table(folder / "counts.tsv");
    const auto expected = support::read_table(folder / "morans_i.tsv");
    const auto graph = KnnGraph{{.neighbors = 6}}.fit(support::read_table(folder / "places.tsv"));
    const auto standardized = morans_i_of_genes(counts, graph);
    const auto binary = morans_i_of_genes(counts, graph, EdgeWeights::binary);
    CHECK((standardized - expected.col(0)).cwiseAbs().maxCoeff() < 1e-12);
    CHECK((binary - expected.col(1)).cwiseAbs().maxCoeff() < 1e-12);
    CHECK(standardized[20] == 0);  // never seen
}

TEST_CASE("Moran's I of genes follows its definition, on directed graphs too") {
    const auto places = support::jittered_grid(9, 1);
    const auto counts = support::planted_counts(places, 12, 5, 2);
    for (const bool symmetric : {true, false})
        for (const auto weights : {EdgeWeights::row_standardized, EdgeWeights::binary}) {
            CAPTURE(symmetric, static_cast<int>(weights));
            const auto graph = KnnGraph{{.neighbors = 4, .symmetric = symmetric}}.fit(places);
            const auto found = morans_i_of_genes(counts, graph, weights);
            CHECK((found - by_definition(counts, graph, weights)).cwiseAbs().maxCoeff() < 1e-12);
            CHECK(support::argmax(found) == 5);
        }
}

TEST_CASE("Moran's I of genes gives the same bits for any number of threads, dense or sparse") {
    const auto places = support::jittered_grid(45, 1);
    const auto counts = support::planted_counts(places, 12, 5, 2);
    const Eigen::SparseMatrix<double, Eigen::RowMajor> sparse = counts.sparseView();
    const auto graph = KnnGraph{{.neighbors = 6}}.fit(places);
    const auto expected = morans_i_of_genes(counts, graph);
    for (const int threads : {1, 2, 7}) {
        CAPTURE(threads);
        const RunOptions run{.threads = threads};
        CHECK(morans_i_of_genes(sparse, graph, EdgeWeights::row_standardized, run) == expected);
        CHECK(morans_i_of_genes(counts, graph, EdgeWeights::row_standardized, run) == expected);
    }
}

TEST_CASE("Moran's I of genes centres each section for itself") {
    const auto places = support::jittered_grid(9, 1);
    const auto counts = support::planted_counts(places, 12, 5, 2);
    RowMatrix<double> twice(162, 12), places_twice(162, 2);
    twice << counts, (counts.array() + 40).matrix();
    places_twice << places, places;
    std::vector<std::string> sections(81, "a");
    sections.resize(162, "b");
    const KnnGraph knn{{.neighbors = 6}};
    const auto one = morans_i_of_genes(counts, knn.fit(places));
    const auto both = morans_i_of_genes(twice, knn.fit(places_twice, sections));
    CHECK((both - one).cwiseAbs().maxCoeff() < 1e-10);
}

TEST_CASE("Moran's I of genes refuses what cannot be, and does without edges") {
    const auto places = support::jittered_grid(5, 1);
    RowMatrix<double> counts = support::planted_counts(places, 3, 1, 2);
    const auto graph = KnnGraph{{.neighbors = 4}}.fit(places);
    CHECK_THROWS_WITH(morans_i_of_genes(counts.topRows(4), graph),
                      support::contains("the graph has 25 nodes, the expression has 4 rows"));
    Graph broken = graph;
    broken.neighbors[0] = 99;
    CHECK_THROWS_AS(morans_i_of_genes(counts, broken), BadData);
    CHECK(morans_i_of_genes(counts, Graph::from_edges(25, {})) == Vector<double>::Zero(3));
    counts(3, 1) = std::nan("");
    CHECK_THROWS_AS(morans_i_of_genes(counts, graph), BadData);
}
