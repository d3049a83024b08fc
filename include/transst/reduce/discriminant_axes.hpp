// Fisher's canonical variates: the axes of factor space along which labelled classes differ.
#pragma once

#include <transst/core/algebra.hpp>
#include <transst/core/labels.hpp>

#include <algorithm>
#include <limits>
#include <span>

namespace transst {

/// Axes A (q × a) with VA whitened within class, between-class spread falling along them.
template <class W>
struct DiscriminantAxes {
    Matrix<W> axes;        ///< q × d, d at most K − 1
    Vector<W> separation;  ///< a: between-class over within-class variance along each axis
    Matrix<W> means;       ///< K × q: of the classes
    Matrix<W> within;      ///< q × q: covariance within classes, with the ridge
};

/// Means of labelled scores by class, offsets of the sections taken out: least squares of the
/// scores on class and section. K × q; a class without cells has mean 0.
template <class W>
struct ClassMeans {
    Matrix<W> means;    ///< K × q
    Matrix<W> offsets;  ///< sections × q; one section has none
    Vector<W> sizes;    ///< labelled cells of each class (K)
};

namespace detail {

/// Solves for class means and section offsets from sums over each class in each section:
/// sums[s] is K × q, counts is sections × K.
template <class W>
[[nodiscard]] ClassMeans<W> solve_class_means(const std::vector<Matrix<W>>& sums,
                                              const Matrix<W>& counts) {
    const Index sections = counts.rows(), classes = counts.cols(), q = sums.front().cols();
    const Index unknowns = classes + (sections > 1 ? sections : 0);
    Matrix<W> gram = Matrix<W>::Zero(unknowns, unknowns);
    Matrix<W> right = Matrix<W>::Zero(unknowns, q);
    for (Index s = 0; s < sections; ++s) {
        for (Index k = 0; k < classes; ++k) {
            const W n = counts(s, k);
            gram(k, k) += n;
            if (sections > 1) {
                gram(classes + s, classes + s) += n;
                gram(k, classes + s) += n;
                gram(classes + s, k) += n;
            }
        }
        right.topRows(classes) += sums[static_cast<std::size_t>(s)];
        if (sections > 1)
            right.row(classes + s) = sums[static_cast<std::size_t>(s)].colwise().sum();
    }
    // classes and sections share one constant: a whisper of ridge says where it goes
    gram.diagonal().array() += W(1e-6) * std::max(W(1), counts.sum() / static_cast<W>(unknowns));
    const Matrix<W> solved = solve_symmetric(gram, right);
    return {solved.topRows(classes),
            sections > 1 ? Matrix<W>(solved.bottomRows(sections)) : Matrix<W>::Zero(1, q),
            counts.colwise().sum().transpose()};
}

}  // namespace detail

/// Class means of labelled scores (n × q; left_out rows are skipped). section: n codes, or empty.
template <class W>
[[nodiscard]] ClassMeans<W> class_means(const RowMatrix<W>& scores, std::span<const Label> labels,
                                        Index classes, std::span<const std::int32_t> section = {}) {
    require<ShapeMismatch>(
        std::ssize(labels) == scores.rows() && (section.empty() || section.size() == labels.size()),
        "class_means: labels has ", labels.size(), " and section ", section.size(),
        " entries, scores have ", scores.rows(), " rows");
    const Index sections =
        section.empty() ? 1 : *std::max_element(section.begin(), section.end()) + 1;
    std::vector<Matrix<W>> sums(static_cast<std::size_t>(sections),
                                Matrix<W>::Zero(classes, scores.cols()));
    Matrix<W> counts = Matrix<W>::Zero(sections, classes);
    for (Index i = 0; i < scores.rows(); ++i) {
        const Label k = labels[static_cast<std::size_t>(i)];
        if (k == left_out) continue;
        const std::int32_t s = section.empty() ? 0 : section[static_cast<std::size_t>(i)];
        sums[static_cast<std::size_t>(s)].row(k) += scores.row(i);
        counts(s, k) += 1;
    }
    return detail::solve_class_means(sums, counts);
}

/// The generalised eigenvectors of between- against within-class scatter of labelled scores (n × q;
/// left_out rows are skipped), at most K − 1 of them. Sections, if given (n codes), may each be
/// shifted: their offsets are taken out. `ridge` times the mean within-class variance is added to
/// it, for scores that are few or collinear (Fisher 1936; Rao 1948).
/// Throws ShapeMismatch, or InvalidArgument for fewer than two classes.
template <class W>
[[nodiscard]] DiscriminantAxes<W> discriminant_axes(const RowMatrix<W>& scores,
                                                    std::span<const Label> labels, Index classes,
                                                    std::span<const std::int32_t> section = {},
                                                    W ridge = W(1e-4)) {
    const Index n = scores.rows(), q = scores.cols();
    require(classes >= 2, "discriminant_axes: there are ", classes, " classes; two are needed");
    const auto model = class_means(scores, labels, classes, section);
    Matrix<W> within = Matrix<W>::Zero(q, q);
    constexpr Index step = 256;
    RowMatrix<W> d(step, q);
    for (Index b = 0; b < n; b += step) {
        const Index rows = std::min(step, n - b);
        for (Index i = 0; i < rows; ++i) {
            const auto at = static_cast<std::size_t>(b + i);
            if (labels[at] == left_out)
                d.row(i).setZero();
            else
                d.row(i) = scores.row(b + i) - model.means.row(labels[at]) -
                           model.offsets.row(section.empty() ? 0 : section[at]);
        }
        const auto seen = d.topRows(rows);
        detail::add_product(within, detail::transposed(seen), seen);
    }
    const W cells = model.sizes.sum();
    within /= cells;
    within.diagonal().array() += std::max(ridge * within.trace() / static_cast<W>(q),
                                          std::numeric_limits<W>::min() * W(1e20));
    const Vector<W> share = model.sizes / cells;
    const Vector<W> center = detail::times(detail::transposed(model.means), share);
    Matrix<W> away = model.means;
    for (Index j = 0; j < q; ++j) away.col(j).array() -= center[j];
    const Matrix<W> between =
        detail::times(detail::transposed(away), detail::scaled_rows(away, share));
    auto [separation, axes] = detail::falling_eigen_against(between, within);
    const Index count = std::min(classes - 1, q);
    DiscriminantAxes<W> out{axes.leftCols(count), separation.head(count), model.means,
                            std::move(within)};
    // a sign of its own for each axis: its largest entry is positive
    for (Index j = 0; j < count; ++j) {
        Index largest = 0;
        for (Index i = 1; i < q; ++i)
            if (std::abs(out.axes(i, j)) > std::abs(out.axes(largest, j))) largest = i;
        if (out.axes(largest, j) < 0) out.axes.col(j) *= W(-1);
    }
    return out;
}

/// Up to `count` axes (q × a) along which labelled scores (n × q) differ in what `given` axes
/// (q × d) do not show of them: discriminant_axes of the residuals of a regression on those.
/// Scores along them and along the given ones are uncorrelated. Fewer than count where classes with
/// cells, or dimensions, leave no more. Throws as above.
template <class W>
[[nodiscard]] Matrix<W> discriminant_axes_beyond(const Matrix<W>& given, const RowMatrix<W>& scores,
                                                 std::span<const Label> labels, Index classes,
                                                 Index count,
                                                 std::span<const std::int32_t> section = {}) {
    const Index q = scores.cols();
    require<ShapeMismatch>(given.rows() == q, "discriminant_axes_beyond: given has ", given.rows(),
                           " rows, the scores have ", q, " columns");
    RowMatrix<W> rest = scores;
    for (Index j = 0; j < q; ++j) rest.col(j).array() -= scores.col(j).mean();
    const RowMatrix<W> shown = detail::times(rest, given);
    Matrix<W> gram = detail::times(detail::transposed(shown), shown);
    gram.diagonal().array() += gram.trace() * W(1e-12) + std::numeric_limits<W>::min() * W(1e20);
    const Matrix<W> slopes =
        detail::solve_symmetric(gram, detail::times(detail::transposed(shown), rest));
    const W all_of_it = rest.squaredNorm();
    rest -= detail::times(shown, slopes);
    if (rest.squaredNorm() <= W(1e-12) * all_of_it) return Matrix<W>(q, 0);
    const auto found = discriminant_axes(rest, labels, classes, section);
    std::vector<char> seen(static_cast<std::size_t>(classes), 0);
    for (const Label k : labels)
        if (k != left_out) seen[static_cast<std::size_t>(k)] = 1;
    const Index there = std::min(std::count(seen.begin(), seen.end(), 1) - 1, q - given.cols());
    const Index wanted = std::clamp<Index>(count, 0, std::max<Index>(0, there));
    // along an axis the variance within classes is 1, unless nothing but the ridge is there
    const RowMatrix<W> along = detail::times(rest, Matrix<W>(found.axes.leftCols(wanted)));
    Index kept = 0;
    while (kept < wanted && 2 * along.col(kept).squaredNorm() > static_cast<W>(scores.rows()))
        ++kept;
    const Matrix<W> axes = found.axes.leftCols(kept);
    return axes - detail::times(given, detail::times(slopes, axes));
}

}  // namespace transst
