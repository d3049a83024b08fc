#include "table.hpp"

using namespace transst;
using golden::difference;
using golden::Set;
using golden::tolerance;

namespace {

PLDR<double> plain_steps(Index iterations) {
    return {
        {.max_iterations = iterations, .tolerance = 0, .canonical = false, .accelerate = false}};
}

void parameters(const Set& set) {
    const auto x = set.table("source_X");
    const auto labels = set.labels("source_labels");
    for (const int iterations : {1, 5, 50}) {
        CAPTURE(iterations);
        const auto fit = plain_steps(iterations).fit(x, labels, set.model("pldr_init_"));
        const auto expected = set.model("pldr_iter" + std::to_string(iterations) + "_");
        CHECK(fit.iterations == iterations);
        CHECK(difference(fit.loading, expected.loading) < tolerance);
        CHECK(difference(fit.noise_variance, expected.noise_variance) < tolerance);
        CHECK(difference(fit.means, expected.means) < tolerance);
        CHECK(difference(fit.covariances, expected.covariances) < tolerance);
    }
}

void log_likelihood(const Set& set) {
    const auto fit = plain_steps(50).fit(set.table("source_X"), set.labels("source_labels"),
                                         set.model("pldr_init_"));
    const auto expected = set.table("pldr_trace");
    REQUIRE(expected.rows() == 51);
    REQUIRE(fit.trace.size() == 51);
    for (Index i = 0; i < 51; ++i) {
        CAPTURE(i);
        CHECK(difference(fit.trace[static_cast<std::size_t>(i)], expected(i, 1)) < tolerance);
    }
    CHECK(fit.log_likelihood == fit.trace.back());
}

/// The canonical form is another view of the same model: its scores' moments must be equivalent.
void canonical(const Set& set) {
    const auto x = set.table("source_X");
    const auto labels = set.labels("source_labels");
    auto pldr = plain_steps(5);
    pldr.options.canonical = true;
    const auto fit = pldr.fit(x, labels, set.model("pldr_init_"));
    const auto plain = set.model("pldr_iter5_");
    for (std::size_t k = 0; k < plain.covariances.size(); ++k) {
        const auto row = static_cast<Index>(k);
        const Matrix<double> expected =
            plain.loading * plain.covariances[k] * plain.loading.transpose();
        const Matrix<double> found = fit.loading * fit.covariances[k] * fit.loading.transpose();
        CHECK(difference(found, expected) < tolerance);
        const Vector<double> expected_mean = plain.loading * plain.means.row(row).transpose();
        const Vector<double> found_mean = fit.loading * fit.means.row(row).transpose();
        CHECK(difference(found_mean, expected_mean) < tolerance);
    }
    CHECK(difference(fit.noise_variance, plain.noise_variance) < tolerance);
}

}  // namespace

TRANSST_GOLDEN("PLDR after 1, 5 and 50 iterations", parameters)
TRANSST_GOLDEN("PLDR log-likelihood trace", log_likelihood)
TRANSST_GOLDEN("PLDR canonical form", canonical)

/// The authors' own run stops after its second iteration, whatever the data.
TEST_CASE("golden PLDR published stop, shared set") {
    TRANSST_NEED(folder, "TRANSST_GOLDEN_DIR");
    const Set set{folder};
    const PLDR<double> pldr{PLDR<double>::Options::published()};
    const auto fit =
        pldr.fit(set.table("source_X"), set.labels("source_labels"), set.model("pldr_init_"));
    CHECK(fit.iterations == 2);
    CHECK(difference(fit.loading, set.table("pldr_ownstop_W")) < tolerance);
    CHECK(difference(fit.noise_variance, set.table("pldr_ownstop_Lambda")) < tolerance);
}

/// One E step of the authors' code, which the library keeps to itself but for these two outcomes.
TEST_CASE("golden PLDR posterior of the first step, shared set") {
    TRANSST_NEED(folder, "TRANSST_GOLDEN_DIR");
    const Set set{folder};
    const auto labels = set.labels("source_labels");
    const auto blocks = set.table("pldr_iter1_Ez");
    const auto c = set.stack("pldr_iter1_Cinv");
    const auto q = c.front().rows();
    Matrix<double> moment = Matrix<double>::Zero(q, q);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto k = labels[i];
        const Vector<double> z = blocks.row(static_cast<Index>(i)).segment(k * q, q).transpose();
        moment += z * z.transpose() + c[static_cast<std::size_t>(k)];
    }
    const auto fit = plain_steps(0).fit(set.table("source_X"), labels, set.model("pldr_init_"));
    CHECK(fit.iterations == 0);
    CHECK(difference(fit.score_moment, moment) < tolerance);
}
