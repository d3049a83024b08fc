#include <transst/reduce/discriminant_axes.hpp>

#include <Eigen/QR>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

using Scores64 = RowMatrix<double>;

struct Cells {
    Scores64 scores;
    std::vector<Label> labels;
    std::vector<std::int32_t> section;
};

/// Classes around random means; `shift` moves each section.
Cells cells(Index n, Index q, Index classes, double shift, std::uint64_t seed) {
    RandomStream random(seed);
    Cells out{random.normal_matrix(n, q) * random.normal_matrix(q, q),
              support::labels(n, classes, seed),
              {}};
    const Matrix<double> means = 2 * random.normal_matrix(classes, q);
    const Matrix<double> offsets = shift * random.normal_matrix(3, q);
    for (Index i = 0; i < n; ++i) {
        // the sections hold the classes in unlike shares
        const Label k = out.labels[static_cast<std::size_t>(i)];
        const auto s = static_cast<std::int32_t>((i % 4 == 0 ? k : i) % 3);
        out.section.push_back(s);
        out.scores.row(i) += means.row(k) + offsets.row(s);
    }
    return out;
}

/// Residual of class and section effects by a dense least-squares fit with dummies, and the fitted
/// class effects, with sections summing to nothing.
struct Model {
    Matrix<double> within, between;
};

Model dense_model(const Cells& c, Index classes, bool by_section) {
    const Index n = c.scores.rows(), sections = by_section ? 3 : 0;
    Matrix<double> design = Matrix<double>::Zero(n, classes + sections);
    std::vector<double> sizes(static_cast<std::size_t>(classes), 0);
    for (Index i = 0; i < n; ++i) {
        const auto at = static_cast<std::size_t>(i);
        design(i, c.labels[at]) = 1;
        ++sizes[static_cast<std::size_t>(c.labels[at])];
        if (by_section) design(i, classes + c.section[at]) = 1;
    }
    const Matrix<double> effects = design.completeOrthogonalDecomposition().solve(c.scores);
    const Matrix<double> residual = c.scores - design * effects;
    const Eigen::Map<const Vector<double>> size(sizes.data(), classes);
    const Vector<double> share = size / static_cast<double>(n);
    Matrix<double> away = effects.topRows(classes);
    away.rowwise() -= (share.transpose() * away).eval();
    return {residual.transpose() * residual / static_cast<double>(n),
            away.transpose() * share.asDiagonal() * away};
}

}  // namespace

TEST_CASE("discriminant axes solve the eigenproblem of between against within") {
    const bool by_section = GENERATE(false, true);
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const auto c = cells(300, 6, 4, by_section ? 5 : 0, seed);
    const auto found = discriminant_axes(
        c.scores, std::span<const Label>(c.labels), 4,
        by_section ? std::span<const std::int32_t>(c.section) : std::span<const std::int32_t>{},
        0.0);
    REQUIRE(found.axes.rows() == 6);
    REQUIRE(found.axes.cols() == 3);
    const auto model = dense_model(c, 4, by_section);
    const Matrix<double>& a = found.axes;
    CHECK((a.transpose() * model.within * a - Matrix<double>::Identity(3, 3)).norm() < 1e-6);
    CHECK((model.between * a - model.within * a * found.separation.asDiagonal()).norm() <
          1e-4 * model.between.norm());
    CHECK(found.separation.minCoeff() > 0);
    CHECK(std::is_sorted(found.separation.begin(), found.separation.end(), std::greater<>()));
    for (Index j = 0; j < 3; ++j) CHECK(a.col(j).maxCoeff() == a.col(j).cwiseAbs().maxCoeff());
    // no direction separates better than the first
    RandomStream random(seed, 9);
    for (int trial = 0; trial < 200; ++trial) {
        const Vector<double> w = random.normal_matrix(6, 1);
        CHECK(w.dot(model.between * w) <=
              found.separation[0] * w.dot(model.within * w) * (1 + 1e-6));
    }
}

TEST_CASE("axes beyond given ones solve the eigenproblem of what those do not show") {
    const bool by_section = GENERATE(false, true);
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    const auto c = cells(300, 6, 4, by_section ? 5 : 0, seed);
    const std::span<const Label> labels = c.labels;
    const auto section =
        by_section ? std::span<const std::int32_t>(c.section) : std::span<const std::int32_t>{};
    const Matrix<double> given = RandomStream(seed, 7).normal_matrix(6, 2);
    const auto more = discriminant_axes_beyond<double>(given, c.scores, labels, 4, 2, section);
    REQUIRE(more.rows() == 6);
    REQUIRE(more.cols() == 2);

    const Matrix<double> centered = c.scores.rowwise() - c.scores.colwise().mean();
    const Matrix<double> shown = centered * given;
    CHECK((shown.transpose() * centered * more).norm() <
          1e-6 * shown.norm() * (centered * more).norm());
    auto rest = c;
    rest.scores = centered - shown * shown.completeOrthogonalDecomposition().solve(centered);
    CHECK((centered * more - rest.scores * more).norm() < 1e-6 * (rest.scores * more).norm());
    const auto model = dense_model(rest, 4, by_section);
    const auto separation = [&](const Vector<double>& w) {
        return w.dot(model.between * w) / w.dot(model.within * w);
    };
    RandomStream random(seed, 9);
    for (int trial = 0; trial < 200; ++trial)
        CHECK(separation(random.normal_matrix(6, 1)) <= separation(more.col(0)) * (1 + 1e-3));
    CHECK(separation(more.col(1)) < separation(more.col(0)));
    CHECK(std::abs(more.col(0).dot(model.within * more.col(1))) < 0.05);

    // as many as there are, or none
    CHECK(discriminant_axes_beyond<double>(given, c.scores, labels, 4, 9, section).cols() == 3);
    CHECK(discriminant_axes_beyond<double>(given, c.scores, labels, 9, 9, section).cols() == 3);
    const Matrix<double> five = RandomStream(seed, 8).normal_matrix(6, 5);
    CHECK(discriminant_axes_beyond<double>(five, c.scores, labels, 4, 9, section).cols() == 1);
    Matrix<double> again = five;
    again.col(4) = again.col(0) + again.col(1);
    CHECK(discriminant_axes_beyond<double>(again, c.scores, labels, 4, 9, section).cols() == 1);
    CHECK(discriminant_axes_beyond<double>(Matrix<double>::Identity(6, 6), c.scores, labels, 4, 9,
                                           section)
              .cols() == 0);
    auto flat = c.scores;
    flat.rightCols(4) = flat.leftCols(2) * RandomStream(seed, 8).normal_matrix(2, 4);
    CHECK(discriminant_axes_beyond<double>(given, flat, labels, 4, 9, section).cols() == 0);
    CHECK(discriminant_axes_beyond<double>(given, c.scores, labels, 4, 0, section).cols() == 0);
    CHECK_THROWS_AS(
        discriminant_axes_beyond<double>(given.topRows(5), c.scores, labels, 4, 1, section),
        ShapeMismatch);
}

TEST_CASE("offsets of the sections do not matter once they are taken out") {
    const auto c = cells(300, 5, 3, 0, 4);
    auto shifted = c;
    RandomStream random(8);
    const Matrix<double> offsets = 30 * random.normal_matrix(3, 5);
    for (Index i = 0; i < 300; ++i)
        shifted.scores.row(i) += offsets.row(c.section[static_cast<std::size_t>(i)]);
    const std::span<const Label> labels = c.labels;
    const std::span<const std::int32_t> section = c.section;
    const auto one = discriminant_axes(c.scores, labels, 3, section);
    const auto other = discriminant_axes(shifted.scores, labels, 3, section);
    CHECK((one.axes - other.axes).norm() < 1e-3 * one.axes.norm());
    CHECK((one.separation - other.separation).norm() < 1e-3 * one.separation.norm());
    // and do where they are not
    CHECK(discriminant_axes(shifted.scores, labels, 3).separation[0] < 0.9 * one.separation[0]);
}

TEST_CASE("class means with section offsets explain additive scores exactly") {
    RandomStream random(2);
    const Matrix<double> means = random.normal_matrix(3, 2), offsets = random.normal_matrix(2, 2);
    Scores64 v(60, 2);
    std::vector<Label> labels;
    std::vector<std::int32_t> section;
    for (Index i = 0; i < 60; ++i) {
        labels.push_back(i % 7 == 0 ? left_out : static_cast<Label>(i % 3));
        section.push_back(static_cast<std::int32_t>(i / 30));
        v.row(i) = means.row(i % 3) + offsets.row(i / 30);
        if (i % 7 == 0) v.row(i).setConstant(1e5);
    }
    const auto found =
        class_means(v, std::span<const Label>(labels), 3, std::span<const std::int32_t>(section));
    for (Index i = 0; i < 60; ++i)
        if (labels[static_cast<std::size_t>(i)] != left_out)
            CHECK((found.means.row(i % 3) + found.offsets.row(i / 30) - v.row(i)).norm() < 1e-5);
    CHECK(found.sizes.sum() == 51);

    // one section: plain means, up to a whisper; a class without cells is 0
    const auto plain = class_means(v, std::span<const Label>(labels), 4);
    Vector<double> sum = Vector<double>::Zero(2);
    double cells_of_one = 0;
    for (Index i = 0; i < 60; ++i)
        if (labels[static_cast<std::size_t>(i)] == 1) {
            sum += v.row(i).transpose();
            ++cells_of_one;
        }
    CHECK((plain.means.row(1).transpose() - sum / cells_of_one).norm() < 1e-5);
    CHECK(plain.means.row(3).isZero());
    CHECK(plain.offsets.isZero());
}

TEST_CASE("few axes, few cells, collinear scores") {
    // no more axes than factors
    const auto c = cells(100, 2, 5, 0, 3);
    CHECK(discriminant_axes(c.scores, std::span<const Label>(c.labels), 5).axes.cols() == 2);

    auto flat = cells(50, 4, 3, 0, 3);
    flat.scores.col(3) = flat.scores.col(0) - 2 * flat.scores.col(1);
    const auto found = discriminant_axes(flat.scores, std::span<const Label>(flat.labels), 3);
    CHECK(found.axes.allFinite());
    const std::vector<Label> three{0, 1, 1};
    CHECK(discriminant_axes(Scores64(flat.scores.topRows(3)), std::span<const Label>(three), 2)
              .axes.allFinite());
}

TEST_CASE("discriminant axes: what cannot be done is refused in words") {
    const auto c = cells(30, 3, 2, 0, 1);
    const std::span<const Label> labels = c.labels;
    CHECK_THROWS_AS(discriminant_axes(c.scores, labels, 1), InvalidArgument);
    CHECK_THROWS_WITH(discriminant_axes(c.scores, labels, 1),
                      support::contains("there are 1 classes; two are needed"));
    CHECK_THROWS_AS(discriminant_axes(c.scores, labels.first(29), 2), ShapeMismatch);
    const std::vector<std::int32_t> section(29, 0);
    CHECK_THROWS_AS(discriminant_axes(c.scores, labels, 2, std::span<const std::int32_t>(section)),
                    ShapeMismatch);
}
