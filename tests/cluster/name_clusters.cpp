#include <transst/cluster/name_clusters.hpp>
#include <transst/core/random.hpp>

#include <support/catch.hpp>

using namespace transst;

TEST_CASE("clusters without anchors are named by profiles, or are novel") {
    const Index genes = 60, spots = 90;
    RandomStream random(7);
    Matrix<double> basis = random.normal_matrix(genes, 4);
    for (Index j = 0; j < 4; ++j) {  // orthogonal, so that the likenesses are as planted
        for (Index i = 0; i < j; ++i) basis.col(j) -= basis.col(i).dot(basis.col(j)) * basis.col(i);
        basis.col(j).normalize();
    }
    basis *= 8;
    // three regions: one like class a, one a little like class b, one like neither
    Matrix<double> profiles(genes, 3);
    profiles.col(0) = basis.col(0);
    profiles.col(1) = 0.3 * basis.col(1) + basis.col(2);
    profiles.col(2) = -basis.col(0) - basis.col(2) - 0.3 * basis.col(1);
    RowMatrix<double> expression(spots, genes);
    ClusterFit<double> clusters;
    for (Index i = 0; i < spots; ++i) {
        const Index k = i % 3;
        clusters.labels.push_back(static_cast<Label>(k));
        for (Index j = 0; j < genes; ++j) expression(i, j) = profiles(j, k) + 0.3 * random.normal();
    }
    clusters.means.resize(3, 1);
    clusters.sizes = {30, 30, 30};
    clusters.responsibilities = detail::one_hot<double>(clusters.labels, 3);
    const auto target = standardize(expression);
    Matrix<double> of_class(genes, 2);
    of_class << basis.col(0), basis.col(1);
    const std::vector<std::string> words{"a", "b"};
    const auto found = name_by_profile(of_class, words, target, clusters);

    // the same correlations, by the book
    const Matrix<double> z = (expression.rowwise() - expression.colwise().mean()).eval();
    const Eigen::ArrayXd sd =
        (z.colwise().squaredNorm() / static_cast<double>(spots)).array().sqrt().transpose();
    for (Index k = 0; k < 3; ++k) {
        Eigen::VectorXd mean = Eigen::VectorXd::Zero(genes);
        for (Index i = k; i < spots; i += 3) mean += z.row(i).transpose() / 30;
        mean.array() /= sd;
        const double a = mean.dot(basis.col(0)) / (mean.norm() * basis.col(0).norm()),
                     b = mean.dot(basis.col(1)) / (mean.norm() * basis.col(1).norm());
        const double best = std::max(a, b);
        const auto& name = found.names[static_cast<std::size_t>(k)];
        const bool known = best > std::sqrt(0.1);
        CAPTURE(k, a, b);
        if (k == 1) CHECK((best > 0.05 && best < 0.3));
        CHECK(name.novel == !known);
        CHECK(name.name == (!known ? "NA" : a > b ? "a" : "b"));
        CHECK(name.confidence == Approx(known ? best : 0).margin(1e-6));
        CHECK(found.class_posterior.row(k).sum() == Approx(known ? 1 : 0).margin(1e-9));
    }
    CHECK(found.names[0].name == "a");
    CHECK(found.names[1].novel);  // its likeness to b is positive, and says next to nothing
    CHECK(found.names[2].novel);
}
