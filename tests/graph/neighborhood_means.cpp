#include <transst/graph/neighborhood_means.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

using Scores64 = RowMatrix<double>;

/// By sorting all others of the same section by (distance, number).
Scores64 brute_force(const Scores64& v, const RowMatrix<double>& at,
                     const std::vector<std::string>& sections, const std::vector<Index>& scales) {
    const Index n = v.rows(), q = v.cols();
    Scores64 out(n, q * std::ssize(scales));
    for (Index i = 0; i < n; ++i) {
        std::vector<std::pair<double, Index>> others;
        for (Index j = 0; j < n; ++j)
            if (j != i && (sections.empty() || sections[static_cast<std::size_t>(j)] ==
                                                   sections[static_cast<std::size_t>(i)]))
                others.emplace_back((at.row(i) - at.row(j)).squaredNorm(), j);
        std::sort(others.begin(), others.end());
        for (std::size_t s = 0; s < scales.size(); ++s) {
            Vector<double> sum = v.row(i).transpose();
            const auto count = std::min(others.size(), static_cast<std::size_t>(scales[s]));
            for (std::size_t j = 0; j < count; ++j) sum += v.row(others[j].second).transpose();
            out.row(i).segment(static_cast<Index>(s) * q, q) =
                sum.transpose() / static_cast<double>(count + 1);
        }
    }
    return out;
}

}  // namespace

TEST_CASE("neighbourhood means are means over the nearest spots of the section") {
    const bool several = GENERATE(false, true);
    const bool lattice = GENERATE(false, true);
    RandomStream random(3);
    const Index n = 90;
    RowMatrix<double> at = random.normal_matrix(n, 2);
    if (lattice)
        for (Index i = 0; i < n; ++i)
            at.row(i) << static_cast<double>(i % 9), static_cast<double>(i / 9);
    std::vector<std::string> sections;
    if (several)
        for (Index i = 0; i < n; ++i) sections.push_back(i % 9 < 2 ? "small" : "large");
    const Scores64 v = random.normal_matrix(n, 3);
    const std::vector<Index> scales{0, 1, 6, 6, 25};
    const Graph nearest = KnnGraph{{.neighbors = 25, .symmetric = false}}.fit(at, sections);
    const std::span<const Index> seen = scales;
    const auto found = neighborhood_means(v, nearest, seen);
    REQUIRE(found.cols() == 15);
    CHECK((found - brute_force(v, at, sections, scales)).cwiseAbs().maxCoeff() < 1e-12);
    CHECK(found.leftCols(3) == v);  // scale 0: the scores themselves
    CHECK(found.middleCols(6, 3) == found.middleCols(9, 3));

    const auto narrow = neighborhood_means(RowMatrix<float>(v.cast<float>()), nearest, seen);
    CHECK((narrow.cast<double>() - found).cwiseAbs().maxCoeff() < 1e-6);
}

TEST_CASE("neighbourhood means: the same bits for any number of threads") {
    RandomStream random(5);
    const Index n = 1500;
    const RowMatrix<double> at = random.normal_matrix(n, 2);
    const Scores64 v = random.normal_matrix(n, 2);
    const Graph nearest = KnnGraph{{.neighbors = 12, .symmetric = false}}.fit(at);
    const std::vector<Index> scales{0, 4, 12};
    const auto one = neighborhood_means(v, nearest, std::span<const Index>(scales));
    for (const int threads : {2, 7})
        CHECK(neighborhood_means(v, nearest, std::span<const Index>(scales),
                                 {.threads = threads}) == one);
}

TEST_CASE("neighbourhood means of some spots, and of all times weights, are parts of the whole") {
    RandomStream random(6);
    const Index n = GENERATE(481, 1501);
    const RowMatrix<double> at = random.normal_matrix(n, 2);
    const Scores64 v = random.normal_matrix(n, 7);
    const Graph nearest = KnnGraph{{.neighbors = 9, .symmetric = false}}.fit(at);
    const std::vector<Index> scales{0, 3, 9};
    const std::span<const Index> seen = scales;
    const Matrix<double> weights = random.normal_matrix(21, 5);
    const auto whole = neighborhood_means(v, nearest, seen);
    const std::vector<Index> spots{4, n - 1, 4, 0};
    const int threads = GENERATE(1, 2, 7);
    CHECK(neighborhood_means(v, nearest, seen, std::span<const Index>(spots),
                             {.threads = threads}) == whole(spots, Eigen::all));
    const Scores64 product = whole * weights;
    CHECK(neighborhood_means(v, nearest, seen, weights, {.threads = threads}) == product);
    CHECK_THROWS_WITH(
        neighborhood_means(v, nearest, seen, Matrix<double>(Matrix<double>::Zero(20, 5))),
        support::contains("weights has 20 rows, the means have 21 columns"));
}

TEST_CASE("neighbourhood means: what cannot be averaged is refused in words") {
    const Scores64 v = Scores64::Ones(5, 2);
    const Graph none = Graph::from_edges(5, {}, true);
    const std::vector<Index> zero{0, 3}, falling{3, 0}, negative{-1, 0}, nothing;
    // spots without neighbours are their own mean
    CHECK(neighborhood_means(v, none, std::span<const Index>(zero)) == Scores64::Ones(5, 4));
    CHECK_THROWS_AS(neighborhood_means(v, Graph::from_edges(4, {}), std::span<const Index>(zero)),
                    ShapeMismatch);
    CHECK_THROWS_WITH(neighborhood_means(v, Graph::from_edges(4, {}), std::span<const Index>(zero)),
                      support::contains("the graph has 4 nodes, the scores have 5 rows"));
    for (const auto& scales : {falling, negative, nothing})
        CHECK_THROWS_AS(neighborhood_means(v, none, std::span<const Index>(scales)),
                        InvalidArgument);
}
