// Reads the golden tables: tab separated, no header, each as name.tsv or name.tsv.gz.
#pragma once

#include <transst/reduce/pldr.hpp>

#include <filesystem>
#include <support/catch.hpp>

namespace golden {

using transst::Index;
using transst::Label;
using transst::Matrix;

/// A folder of golden tables.
struct Set {
    std::filesystem::path folder;

    /// NA and the like become NaN.
    [[nodiscard]] Matrix<double> table(const std::string& name) const;

    /// K square matrices written one below the other.
    [[nodiscard]] std::vector<Matrix<double>> stack(const std::string& name) const {
        const auto all = table(name);
        std::vector<Matrix<double>> out;
        for (Index row = 0; row < all.rows(); row += all.cols())
            out.push_back(all.middleRows(row, all.cols()));
        return out;
    }

    /// Labels, from 0.
    [[nodiscard]] std::vector<Label> labels(const std::string& name) const {
        const auto all = table(name);
        std::vector<Label> out;
        for (Index i = 0; i < all.rows(); ++i) out.push_back(static_cast<Label>(all(i, 0)) - 1);
        return out;
    }

    [[nodiscard]] transst::FactorModel<double> model(const std::string& prefix) const {
        return {table(prefix + "W"), table(prefix + "Lambda"), table(prefix + "mu"),
                stack(prefix + "Sigma")};
    }
};

/// Largest difference, relative to the largest entry of what is expected.
template <class Found, class Expected>
[[nodiscard]] double difference(const Eigen::MatrixBase<Found>& found,
                                const Eigen::MatrixBase<Expected>& expected) {
    REQUIRE(found.rows() == expected.rows());
    REQUIRE(found.cols() == expected.cols());
    REQUIRE(found.allFinite());
    return (found - expected).cwiseAbs().maxCoeff() / expected.cwiseAbs().maxCoeff();
}

inline double difference(const std::vector<Matrix<double>>& found,
                         const std::vector<Matrix<double>>& expected) {
    REQUIRE(found.size() == expected.size());
    double worst = 0;
    for (std::size_t k = 0; k < found.size(); ++k)
        worst = std::max(worst, difference(found[k], expected[k]));
    return worst;
}

inline double difference(double found, double expected) {
    REQUIRE(std::isfinite(found));
    return std::abs(found - expected) / std::abs(expected);
}

/// What the issue asks of every number; plain formulas reach 4e-14.
inline constexpr double tolerance = 1e-10;

}  // namespace golden

/// The same case for the shared set, skipped where it is absent, and for the project's own.
#define TRANSST_GOLDEN(name, body)                   \
    TEST_CASE("golden " name ", shared set") {       \
        TRANSST_NEED(folder, "TRANSST_GOLDEN_DIR");  \
        body(golden::Set{folder});                   \
    }                                                \
    TEST_CASE("golden " name ", own set") {          \
        TRANSST_NEED(tests, "TRANSST_TEST_DIR");     \
        body(golden::Set{tests / "golden" / "own"}); \
    }
