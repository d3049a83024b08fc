// Standardised expression that is never written down: X̃ = (X − 1m')D⁻¹ stays as sparse as X.
//
// X̃A = X(D⁻¹A) − 1(m'D⁻¹A) and X̃'C = D⁻¹(X'C − m(1'C)). The scale is one for all rows; the mean may
// differ between sections, which costs a subtraction a row and one more sum of C a section.
#pragma once

#include <transst/core/algebra.hpp>
#include <transst/matrix/moments.hpp>
#include <transst/matrix/subset.hpp>
#include <transst/matrix/sweep.hpp>

#include <span>

namespace transst {

/// Standardised view of Rows, which it holds by value (an adaptor, or the matrix itself).
template <ExpressionRows Rows>
class Standardized {
public:
    using Scalar = typename Rows::Scalar;  ///< of the entries

    /// mean: sections × p, inverse_scale: p, section: n numbers in [0, sections), or empty when
    /// there is one section. Throws ShapeMismatch if they do not fit the rows, InvalidArgument for
    /// another section.
    Standardized(Rows rows, Matrix<double> mean, Vector<double> inverse_scale,
                 std::vector<std::int32_t> section = {})
        : rows_(std::move(rows)),
          mean_(std::move(mean)),
          inverse_scale_(std::move(inverse_scale)),
          section_(std::move(section)) {
        require<ShapeMismatch>(
            mean_.cols() == rows_.cols() && inverse_scale_.size() == rows_.cols(),
            "Standardized: mean has ", mean_.cols(), " and inverse_scale ", inverse_scale_.size(),
            " entries, X has ", rows_.cols(), " genes");
        require<ShapeMismatch>(section_.empty() ? mean_.rows() == 1 || rows_.rows() == 0
                                                : std::ssize(section_) == rows_.rows(),
                               "Standardized: section has ", section_.size(), " entries and mean ",
                               mean_.rows(), " rows, X has ", rows_.rows(),
                               " rows; give each row its section");
        for (const auto number : section_)
            require(number >= 0 && number < mean_.rows(), "Standardized: a row has section ",
                    number, ", but mean has ", mean_.rows(), " rows; sections are numbered from 0");
    }

    [[nodiscard]] Index rows() const { return rows_.rows(); }           ///< n
    [[nodiscard]] Index cols() const { return rows_.cols(); }           ///< p
    [[nodiscard]] Index sections() const { return mean_.rows(); }       ///< number of sections
    [[nodiscard]] const Rows& raw() const { return rows_; }             ///< X, not standardised
    [[nodiscard]] const Matrix<double>& mean() const { return mean_; }  ///< m: sections × p
    [[nodiscard]] const Vector<double>& inverse_scale() const {
        return inverse_scale_;
    }  ///< diagonal of D⁻¹: p
    [[nodiscard]] const std::vector<std::int32_t>& section() const {
        return section_;
    }  ///< of each row (n), or empty
    /// Section number of a row.
    [[nodiscard]] Index section_of(Index row) const {
        return section_.empty() ? 0 : section_[static_cast<std::size_t>(row)];
    }

private:
    Rows rows_;
    Matrix<double> mean_;
    Vector<double> inverse_scale_;
    std::vector<std::int32_t> section_;
};

/// Whether T is Standardized.
template <class T>
inline constexpr bool is_standardized = false;
/// True.
template <class Rows>
inline constexpr bool is_standardized<Standardized<Rows>> = true;

/// Standardised rows are rows already.
template <ExpressionRows Rows>
[[nodiscard]] const Standardized<Rows>& as_rows(const Standardized<Rows>& x) {
    return x;
}

/// The sweep over standardised rows: as sweep(), with X̃ in place of X.
template <class S, ExpressionRows Rows, class State, class F>
[[nodiscard]] Swept<S, State> sweep(const Standardized<Rows>& x, const Matrix<Wide<S>>& a,
                                    Index outputs, const State& zero, const RunOptions& run,
                                    F&& f) {
    using W = Wide<S>;
    const Vector<W> inverse_scale = x.inverse_scale().template cast<W>();
    const Matrix<W> mean = x.mean().template cast<W>();
    const Matrix<W> scaled = a.cols() > 0 ? detail::scaled_rows(a, inverse_scale) : a;
    const RowMatrix<S> offset = a.cols() > 0
                                    ? RowMatrix<S>(detail::times(mean, scaled).template cast<S>())
                                    : RowMatrix<S>(x.sections(), 0);

    struct Summed {
        State state;
        Matrix<W> outputs;  // 1'C of each section
        Summed& operator+=(const Summed& other) {
            state += other.state;
            outputs += other.outputs;
            return *this;
        }
    };
    auto swept =
        sweep<S>(x.raw(), scaled, outputs, Summed{zero, Matrix<W>::Zero(x.sections(), outputs)},
                 run, [&](Summed& summed, Index begin, RowBlock<S> u, RowBlock<S> c) {
                     for (Index i = 0; i < u.rows(); ++i)
                         u.row(i) -= offset.row(x.section_of(begin + i));
                     f(summed.state, begin, u, c);
                     for (Index i = 0; i < c.rows(); ++i)
                         summed.outputs.row(x.section_of(begin + i)) += c.row(i).template cast<W>();
                 });
    const Matrix<W> shift = detail::times(detail::transposed(mean), swept.state.outputs);
    Matrix<W> product = detail::scaled_rows<W>(swept.product - shift, inverse_scale);
    return {std::move(product), std::move(swept.state.state)};
}

/// ‖x̃_j‖² of each standardised column (p). Throws BadData if an entry is not finite.
template <ExpressionRows Rows>
[[nodiscard]] Vector<double> column_square_norms(const Standardized<Rows>& x, const RunOptions& run,
                                                 std::string_view caller) {
    // Σ(x − m)² = Σx² − Σ_s (2 m_s Σ_s x − n_s m_s²)
    using W = Wide<typename Rows::Scalar>;
    Vector<W> norms = Vector<W>::Zero(x.cols());
    const auto of_section =
        detail::gene_sums_by_code(x.raw(), x.sections(), x.section(), run, caller);
    for (Index s = 0; s < x.sections(); ++s) {
        const auto& sums = of_section[static_cast<std::size_t>(s)];
        const Vector<W> m = x.mean().row(s).transpose();
        norms += sums.squares - 2 * m.cwiseProduct(sums.sum) + sums.cells * m.cwiseAbs2();
    }
    return norms.cwiseMax(0).cwiseProduct(x.inverse_scale().cwiseAbs2());
}

/// Rows `chosen` of a standardised matrix, with its mean and scale.
template <ExpressionRows Rows>
[[nodiscard]] Standardized<RowSubset<Rows>> select_rows(const Standardized<Rows>& x,
                                                        std::vector<Index> chosen) {
    std::vector<std::int32_t> section;
    if (!x.section().empty())
        for (const Index row : chosen)
            section.push_back(x.section()[static_cast<std::size_t>(row)]);
    return {select_rows(x.raw(), std::move(chosen)), x.mean(), x.inverse_scale(),
            std::move(section)};
}

/// A copy of some rows and genes of x (numbers that rise, each once), standardised as they are in
/// x: for iterations that need few of them. Throws InvalidArgument for a row or gene that x lacks.
template <ExpressionRows Rows>
[[nodiscard]] Standardized<detail::Compact<Rows>> copy_part(const Standardized<Rows>& x,
                                                            const std::vector<Index>& rows,
                                                            const std::vector<Index>& genes,
                                                            const RunOptions& run = {}) {
    detail::check_positions(rows, x.rows(), "copy_part", "row");
    const RowSubset<Rows> of_rows(x.raw(), rows);
    const GeneSubset<RowSubset<Rows>> chosen(of_rows, genes);
    auto copy = detail::compact_for<Rows>(chosen.rows(), chosen.cols(), run);
    detail::copy_rows(chosen, copy, 0, chosen.rows(), [](const auto&) {});
    std::vector<std::int32_t> section;
    if (!x.section().empty())
        for (const Index row : rows) section.push_back(x.section()[static_cast<std::size_t>(row)]);
    return {std::move(copy), x.mean()(Eigen::all, genes), x.inverse_scale()(genes),
            std::move(section)};
}

namespace detail {

/// 1 / sd of each gene; a gene that does not vary gets 0, which makes its column zero.
template <class = void>
[[nodiscard]] Vector<double> inverse_deviation(const Vector<double>& variance) {
    return variance.unaryExpr([](double v) { return v > 0 ? 1 / std::sqrt(v) : 0.0; });
}

}  // namespace detail

/// x with every gene at mean 0 and variance 1 (divisor n) over all rows; genes that do not vary
/// become zero. x is referred to, not copied. Throws BadData if an entry is not finite.
template <Expression X>
[[nodiscard]] auto standardize(const X& x, const RunOptions& run = {}) {
    auto rows = as_rows(x);
    const GeneSums sums = gene_sums(rows, run, "standardize");
    return Standardized<decltype(rows)>(std::move(rows), Matrix<double>(sums.mean().transpose()),
                                        detail::inverse_deviation(sums.variance()));
}

}  // namespace transst
