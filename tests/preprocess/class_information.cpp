#include <transst/preprocess/class_information.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

using namespace transst;

namespace {

/// 160 cells of two sections and three classes, some without a label; genes of both.
struct Labelled {
    Index n = 160, p = 9, classes = 3;
    RowMatrix<double> values = support::sparse_values(n, p, 0.5, 3);
    std::vector<Label> labels = support::labels(n, classes, 4);
    std::vector<std::int32_t> section;

    Labelled() {
        for (Index i = 0; i < n; ++i) section.push_back(i % 5 < 2 ? 0 : 1);
        for (Index i = 0; i < n; ++i) {
            const Label k = labels[static_cast<std::size_t>(i)];
            values(i, 0) += k == 1 ? 2 : 0;                        // tells class 1
            values(i, 1) += section[static_cast<std::size_t>(i)];  // tells the section only
            values(i, 2) = k;                                      // tells all
            values(i, 3) = 1;                                      // constant
            if (i % 11 == 0) labels[static_cast<std::size_t>(i)] = left_out;
        }
    }

    [[nodiscard]] Standardized<DenseRows<double>> standardized() const {
        Matrix<double> mean = Matrix<double>::Zero(2, p);
        Vector<double> inverse_scale(p);
        for (Index j = 0; j < p; ++j) {
            mean(0, j) = 0.1 * static_cast<double>(j);
            mean(1, j) = 0.2;
            inverse_scale[j] = j == 8 ? 0 : 1 + static_cast<double>(j);
        }
        return {DenseRows<double>{values}, mean, inverse_scale, section};
    }
};

}  // namespace

TEST_CASE("group sums are sums of standardised rows") {
    const Labelled one;
    const auto x = one.standardized();
    Matrix<double> expected = Matrix<double>::Zero(one.p, one.classes);
    for (Index i = 0; i < one.n; ++i) {
        const Label k = one.labels[static_cast<std::size_t>(i)];
        if (k == left_out) continue;
        expected.col(k) += (one.values.row(i) - x.mean().row(x.section_of(i)))
                               .transpose()
                               .cwiseProduct(x.inverse_scale());
    }
    const auto class_of = [&](Index row) { return one.labels[static_cast<std::size_t>(row)]; };
    CHECK((group_sums(x, one.classes, class_of) - expected).norm() < 1e-10 * expected.norm());
}

TEST_CASE("class information is the adjusted R² of a gene by class, section by section") {
    const Labelled one;
    const auto x = one.standardized();
    const auto found = class_information(x, std::span<const Label>(one.labels), one.classes);
    REQUIRE(found.size() == one.p);
    for (Index j = 0; j < one.p; ++j) {
        double expected = 0;
        for (const std::int32_t s : {0, 1}) {
            // least squares on class indicators, by its definition
            std::vector<double> y;
            std::vector<Label> k;
            for (Index i = 0; i < one.n; ++i)
                if (const auto at = static_cast<std::size_t>(i);
                    one.section[at] == s && one.labels[at] != left_out) {
                    y.push_back(one.values(i, j));
                    k.push_back(one.labels[at]);
                }
            const double n = static_cast<double>(y.size());
            const double mean = std::accumulate(y.begin(), y.end(), 0.0) / n;
            double within = 0, total = 0;
            for (Label c = 0; c < 3; ++c) {
                double sum = 0, count = 0;
                for (std::size_t i = 0; i < y.size(); ++i)
                    if (k[i] == c) sum += y[i], ++count;
                for (std::size_t i = 0; i < y.size(); ++i)
                    if (k[i] == c) within += (y[i] - sum / count) * (y[i] - sum / count);
            }
            for (const double v : y) total += (v - mean) * (v - mean);
            if (total > 0 && j != 8)
                expected += std::max(0.0, 1 - (within / (n - 3)) / (total / (n - 1))) / 2;
        }
        CAPTURE(j);
        CHECK(std::abs(found[j] - expected) < 1e-10);
    }
    CHECK(found[2] > 0.999);  // the class itself
    CHECK(found[3] == 0);     // constant
    CHECK(found[8] == 0);     // scaled away
    CHECK(found[1] < 0.2);    // the section is not the class

    CHECK_THROWS_AS(class_information(x, std::span<const Label>(one.labels).first(9), one.classes),
                    ShapeMismatch);
}

TEST_CASE("class information of sections with one class only is nothing") {
    Labelled one;
    for (std::size_t i = 0; i < one.labels.size(); ++i)
        if (one.section[i] == 1) one.labels[i] = 2;
    const auto x = one.standardized();
    const auto found = class_information(x, std::span<const Label>(one.labels), one.classes);
    // that of the other section alone
    auto first = one;
    for (std::size_t i = 0; i < one.labels.size(); ++i)
        if (one.section[i] == 1) first.labels[i] = left_out;
    CHECK((found - class_information(x, std::span<const Label>(first.labels), one.classes)).norm() <
          1e-12);
    for (auto& k : one.labels) k = 0;
    CHECK(class_information(x, std::span<const Label>(one.labels), one.classes).isZero());
}
