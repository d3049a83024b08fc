// Genes whose expression depends on place: SPARK-X.
#pragma once

#include <transst/core/algebra.hpp>
#include <transst/core/sort.hpp>
#include <transst/graph/sections.hpp>
#include <transst/matrix/moments.hpp>
#include <transst/matrix/subset.hpp>
#include <transst/matrix/sweep.hpp>

#include <numbers>

namespace transst {

/// What SparkX found for each of p genes. Logarithms are natural; they hold where p underflows.
struct SparkXFit {
    Matrix<double> statistics;       ///< p × tests
    Matrix<double> log_p;            ///< p × tests
    Vector<double> log_p_combined;   ///< p
    std::vector<std::string> tests;  ///< kernel, and section where there are several

    /// Combined over the tests (p); 0 where they underflow.
    template <class = void>
    [[nodiscard]] Vector<double> p_values() const {
        // Eigen's own exp does not underflow
        return log_p_combined.unaryExpr([](double log_p_value) { return std::exp(log_p_value); });
    }
};

namespace detail {

/// log P(χ² > t) for `degrees` = 1 or 2.
[[nodiscard]] inline double log_chi_square_tail(double t, Index degrees) {
    if (degrees == 2) return -t / 2;
    if (t < 1000) return std::log(std::erfc(std::sqrt(t / 2)));
    return -t / 2 - std::log(std::numbers::pi * t / 2) / 2 + std::log1p(-1 / t + 3 / (t * t));
}

/// log of the Cauchy combination (Liu & Xie, JASA 2020) of the p-values with these logarithms:
/// p = 1/2 − arctan(T)/π, T the mean of cot(π p_k). A p_k of 1, which makes T infinite and would
/// outvote any evidence, is taken as 1 − 10⁻⁹.
template <class Logs = std::span<const double>>
[[nodiscard]] double log_cauchy_combination(const Logs& log_p) {
    constexpr double pi = std::numbers::pi, largest = 1 - 1e-9;
    const auto cotangent = [&](double log_p_value) {
        return 1 / std::tan(pi * std::min(largest, std::exp(log_p_value)));
    };
    const auto count = static_cast<double>(log_p.size());
    const double least = *std::min_element(log_p.begin(), log_p.end());
    double sum = 0;
    if (least > -30) {
        for (const double part : log_p) sum += cotangent(part);
        return std::log(std::atan2(1.0, sum / count) / pi);
    }
    // here T ≈ 1/(π p): all in units of the smallest p
    for (const double part : log_p)
        sum += part > -30 ? pi * cotangent(part) * std::exp(least) : std::exp(least - part);
    return least + std::log(count / sum);
}

/// The pth quantile as R's type 7 has it; `sorted` rises.
template <class = void>
[[nodiscard]] double quantile(const Vector<double>& sorted, double p) {
    const double place = p * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<Index>(place);
    const Index high = std::min(low + 1, sorted.size() - 1);
    return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

/// SPARK-X's eleven pairs of columns: the coordinates, and five Gaussian and five cosine
/// transformations of each, at the 20, 40, … 100% quantiles of its distance from the mean.
/// Orthonormal within each pair and to the constant; what does not vary is zero.
template <class W>
struct SparkXKernels {
    static constexpr Index count = 11;
    Matrix<W> columns;         // n × 22
    std::vector<Index> ranks;  // of each kernel: 0, 1 or 2

    template <class Scalar>
    explicit SparkXKernels(const RowMatrix<Scalar>& coordinates)
        : columns(coordinates.rows(), 2 * count) {
        for (Index d = 0; d < 2; ++d) {
            const Vector<Scalar> x = coordinates.col(d).array() - coordinates.col(d).mean();
            Vector<Scalar> sorted = x.cwiseAbs();
            detail::sort(sorted.begin(), sorted.end());
            columns.col(d) = x;
            for (Index k = 0; k < 5; ++k) {
                const double scale = quantile(sorted, 0.2 * static_cast<double>(k + 1));
                auto gaussian = columns.col(2 * (1 + k) + d), cosine = columns.col(2 * (6 + k) + d);
                if (scale <= 0) {
                    gaussian.setZero();
                    cosine.setZero();
                    continue;
                }
                gaussian = (-0.5 * (x / scale).array().square()).exp();
                cosine = (2 * std::numbers::pi / scale * x.array()).cos();
            }
        }
        for (Index k = 0; k < count; ++k)
            ranks.push_back(orthonormalize(columns.col(2 * k), columns.col(2 * k + 1)));
    }

    template <class = void>
    [[nodiscard]] static std::string name(Index kernel) {
        if (kernel == 0) return "projection";
        return kernel < 6 ? text("gaussian ", kernel) : text("cosine ", kernel - 5);
    }

private:
    template <class Column>
    [[nodiscard]] static Index orthonormalize(Column a, Column b) {
        const auto unit = [](auto column, double size) {
            const double norm = column.norm();
            const bool varies = norm > 1e-7 * size;
            column *= varies ? 1 / norm : 0.0;
            return Index{varies};
        };
        const double size_a = a.norm(), size_b = b.norm();
        a.array() -= a.mean();
        b.array() -= b.mean();
        const Index rank_a = unit(a, size_a), rank_b = unit(b, size_b);
        if (rank_a + rank_b < 2) return rank_a + rank_b;
        b -= a.dot(b) * a;
        return rank_a + unit(b, 1);
    }
};

}  // namespace detail

/// SPARK-X (Zhu, Sun & Zhou, Genome Biology 2021): is a gene's expression independent of place?
/// For each of eleven pairs of columns made from the coordinates, the statistic is n times the
/// share of the gene's variance that the pair explains. The kernel is a projection on two columns,
/// so its eigenvalues are 1 and 1, and the mixture of χ² whose tail SPARK-X evaluates by Davies'
/// and Liu's methods is a χ² with two degrees of freedom: p = exp(−statistic/2), exactly. The
/// p-values of all tests are combined by Cauchy's rule. Linear in the non-zeros; nothing is n × n.
///
///     const auto fit = SparkX{}.fit(counts, coordinates);
struct SparkX {
    static constexpr std::string_view name = "SparkX";

    /// x: n × p, counts in the paper; any values may be tested. coordinates: n × 2, any unit.
    /// sections: n names, or none for a single section; each is tested for itself, and the p-values
    /// of all are combined. Spots without any expression are left out. Where places are too regular
    /// for a test (all on one line), it has fewer degrees of freedom or is left out. A gene that
    /// does not vary in a section has statistic 0 and p = 1 there, which is not combined. Throws
    /// ShapeMismatch, or BadData for what is not finite.
    template <Expression X>
    [[nodiscard]] SparkXFit fit(const X& x, const RowMatrix<double>& coordinates,
                                std::span<const std::string> sections = {},
                                const RunOptions& run = {}) const {
        constexpr std::string_view who = "SparkX::fit";
        const auto rows = as_rows(x);
        require<ShapeMismatch>(coordinates.rows() == rows.rows() && coordinates.cols() == 2, who,
                               ": the coordinates are ", coordinates.rows(), " x ",
                               coordinates.cols(), "; they must be ", rows.rows(),
                               " x 2, one row per spot");
        for (Index i = 0; i < coordinates.rows(); ++i)
            require<BadData>(
                std::isfinite(coordinates(i, 0)) && std::isfinite(coordinates(i, 1)), who,
                ": spot ", i, " (counted from 0) lies at (", coordinates(i, 0), ", ",
                coordinates(i, 1),
                "); coordinates must be finite: leave out spots whose place is unknown");
        const auto grouped = detail::group_sections(rows.rows(), sections, who);
        const auto expressed = has_expression(rows, run);

        std::vector<SparkXFit> parts;
        for (std::size_t s = 0; s < grouped.spots.size(); ++s) {
            std::vector<Index> used;
            for (const Index i : grouped.spots[s])
                if (expressed[static_cast<std::size_t>(i)] != 0) used.push_back(i);
            const auto places = detail::rows_at(coordinates, used);
            parts.push_back(test(select_rows(rows, std::move(used)), places, run));
            if (grouped.spots.size() > 1)
                for (auto& kernel : parts.back().tests)
                    kernel = text("section '", grouped.names[s], "', ", kernel);
        }
        return combine(parts, rows.cols());
    }

    /// The tests of all parts together, each about the same `genes` genes.
    template <class Parts>
    [[nodiscard]] static SparkXFit combine(const Parts& parts, Index genes) {
        Index count = 0;
        for (const auto& part : parts) count += std::ssize(part.tests);
        SparkXFit out{Matrix<double>(genes, count),
                      Matrix<double>(genes, count),
                      Vector<double>::Zero(genes),
                      {}};
        for (const auto& part : parts) {
            const auto at = std::ssize(out.tests), width = std::ssize(part.tests);
            out.statistics.middleCols(at, width) = part.statistics;
            out.log_p.middleCols(at, width) = part.log_p;
            out.tests.insert(out.tests.end(), part.tests.begin(), part.tests.end());
        }
        for (Index j = 0; j < genes; ++j) {
            std::vector<double> telling;  // a gene may not vary in some section
            for (Index t = 0; t < count; ++t)
                if (out.statistics(j, t) > 0) telling.push_back(out.log_p(j, t));
            if (!telling.empty()) out.log_p_combined[j] = detail::log_cauchy_combination(telling);
        }
        return out;
    }

private:
    template <ExpressionRows Rows>
    [[nodiscard]] static std::vector<char> has_expression(const Rows& rows, const RunOptions& run) {
        std::vector<char> out(static_cast<std::size_t>(rows.rows()), 0);
        const Lanes lanes(rows.rows());
        parallel_for(lanes.count(), run.threads, [&](Index lane) {
            for_each_entry(rows, lanes.begin(lane), lanes.end(lane),
                           [&](Index i, Index, auto value) {
                               if (value != 0) out[static_cast<std::size_t>(i)] = 1;
                           });
        });
        return out;
    }

    /// All kernels on one section.
    template <class W = double, ExpressionRows Rows>
    [[nodiscard]] static SparkXFit test(const Rows& rows, const RowMatrix<double>& places,
                                        const RunOptions& run) {
        SparkXFit out;
        out.statistics.resize(rows.cols(), 0);
        out.log_p.resize(rows.cols(), 0);
        if (rows.rows() < 3) return out;
        using Kernels = detail::SparkXKernels<W>;
        const Kernels kernels(places);
        const auto sums = gene_sums(rows, run, "SparkX::fit");
        const Matrix<double> none(rows.cols(), 0);
        const auto swept = sweep<double>(rows, none, kernels.columns.cols(), NoState{}, run,
                                         [&](NoState&, Index begin, auto, auto c) {
                                             c = kernels.columns.middleRows(begin, c.rows());
                                         });
        const Vector<double> variance = sums.variance();
        std::vector<Index> usable;
        for (Index k = 0; k < Kernels::count; ++k)
            if (kernels.ranks[static_cast<std::size_t>(k)] > 0) usable.push_back(k);
        out.statistics.resize(rows.cols(), std::ssize(usable));
        out.log_p.resize(rows.cols(), std::ssize(usable));
        for (const Index k : usable) {
            const auto test = std::ssize(out.tests);
            out.tests.push_back(Kernels::name(k));
            for (Index j = 0; j < rows.cols(); ++j) {
                const double explained = swept.product.row(j).segment(2 * k, 2).squaredNorm();
                const double statistic = variance[j] > 0 ? explained / variance[j] : 0;
                out.statistics(j, test) = statistic;
                out.log_p(j, test) = detail::log_chi_square_tail(
                    statistic, kernels.ranks[static_cast<std::size_t>(k)]);
            }
        }
        return out;
    }
};

}  // namespace transst
