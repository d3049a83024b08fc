#include <transst/cluster/group_residuals.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

TEST_CASE("rows less their group's mean, and the scatter of these") {
    const Index n = 200, q = 3, groups = 5;
    auto group = support::labels(n, 4, 2);  // the last group has no rows
    RandomStream random(3);
    RowMatrix<double> rows = random.normal_matrix(n, q);
    for (Index i = 0; i < n; ++i) rows.row(i).array() += 10 * group[static_cast<std::size_t>(i)];
    const auto of = [&](Index i) { return group[static_cast<std::size_t>(i)]; };
    const auto found = detail::group_residuals(rows, groups, of);
    CHECK(found.groups == 4);
    Matrix<double> scatter = Matrix<double>::Zero(q, q);
    for (Label g = 0; g < 4; ++g) {
        std::vector<Index> members;
        for (Index i = 0; i < n; ++i)
            if (of(i) == g) members.push_back(i);
        const Matrix<double> mine = rows(members, Eigen::all);
        const Matrix<double> centered = mine.rowwise() - mine.colwise().mean();
        CHECK((found.rows(members, Eigen::all) - centered).cwiseAbs().maxCoeff() < 1e-12);
        scatter += centered.transpose() * centered;
    }
    CHECK((found.scatter - scatter).cwiseAbs().maxCoeff() < 1e-9);
    CHECK(found.scatter == found.scatter.transpose());

    // taking the means away again changes nothing
    const auto again = detail::group_residuals(found.rows, groups, of);
    CHECK((again.rows - found.rows).cwiseAbs().maxCoeff() < 1e-12);
}
