// Local regression of degree 2 in one variable, as R's loess and its descendants do it.
#pragma once

#include <transst/core/algebra.hpp>
#include <transst/core/errors.hpp>
#include <transst/core/sort.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace transst {
namespace detail {

/// Points sorted by x.
template <class Scalar>
struct SortedPoints {
    Vector<Scalar> x, y;
};

/// Value and slope of a curve at one place.
struct Knot {
    double at = 0, value = 0, slope = 0;
};

/// The quadratic through the `nearest` points about `at`, weighed by tricube (1 − (d/h)³)³, h being
/// the distance of the last of them. Where these points lie on fewer than three places, the
/// smallest coefficients that fit best.
template <class Scalar>
[[nodiscard]] Knot local_quadratic(const SortedPoints<Scalar>& points, double at, Index nearest) {
    const auto& x = points.x;
    const Index n = x.size();
    // of sorted points the nearest are a window
    Index begin = std::lower_bound(x.begin(), x.end(), at) - x.begin(), end = begin;
    const auto next_below = [&] { return begin == 0 ? -1.0 : at - x[begin - 1]; };
    const auto next_above = [&] { return end == n ? -1.0 : x[end] - at; };
    const auto widen = [&] {
        const double below = next_below(), above = next_above();
        const bool down = above < 0 || (below >= 0 && below <= above);
        down ? --begin : ++end;
        return down ? below : above;
    };
    double radius = 0;
    while (end - begin < nearest) radius = widen();
    // many genes may lie at one place: look on for another
    while (radius <= 0 && end - begin < n) radius = widen();
    if (radius <= 0) return {at, points.y.mean(), 0};

    const Index count = end - begin;
    Matrix<Scalar> gram = Matrix<Scalar>::Zero(3, 3);
    Vector<Scalar> right = Vector<Scalar>::Zero(3), norms(3);
    for (Index i = begin; i < end; ++i) {
        const double shift = x[i] - at;
        const double near = 1 - std::pow(std::min(1.0, std::abs(shift) / radius), 3);
        const double power[] = {1, shift, shift * shift}, weight = near * near * near;
        for (Index a = 0; a < 3; ++a) {
            right[a] += weight * power[a] * points.y[i];
            for (Index b = 0; b < 3; ++b) gram(a, b) += weight * power[a] * power[b];
        }
    }
    if (gram(0, 0) <= 0) return {at, points.y.segment(begin, count).mean(), 0};
    for (Index a = 0; a < 3; ++a) norms[a] = gram(a, a) > 0 ? std::sqrt(gram(a, a)) : Scalar(1);
    for (Index a = 0; a < 3; ++a)
        for (Index b = 0; b < 3; ++b) gram(a, b) /= norms[a] * norms[b];
    const auto [strength, axes] = falling_eigen(gram);
    double value = 0, slope = 0;
    for (Index j = 0; j < 3; ++j) {
        if (strength[j] <= Scalar(1e-12) * strength[0]) continue;
        Scalar along = 0;
        for (Index a = 0; a < 3; ++a) along += axes(a, j) * right[a] / norms[a];
        value += axes(0, j) * along / strength[j] / norms[0];
        slope += axes(1, j) * along / strength[j] / norms[1];
    }
    return {at, value, slope};
}

/// Cuts points [begin, end), which lie between `low` and `high`, in half, and their halves again,
/// until no part has more than `most`; appends the places of the cuts. Cuts between ties are moved
/// to where there are none, in R's order of looking.
template <class Scalar>
void cut_in_cells(const Vector<Scalar>& x, Index begin, Index end, double low, double high,
                  Index most, std::vector<double>& cuts) {
    if (end - begin <= most) return;
    Index last = (begin + end - 1) / 2;  // of the left half
    for (Index away = 0, at = last; at >= begin && at + 1 < end;
         away = away > 0 ? -away : 1 - away, at = (begin + end - 1) / 2 + away)
        if (x[at] != x[at + 1]) {
            last = at;
            break;
        }
    const double cut = x[last];
    if (cut == low || cut == high) return;
    cuts.push_back(cut);
    cut_in_cells(x, begin, last + 1, low, cut, most, cuts);
    cut_in_cells(x, last + 1, end, cut, high, most, cuts);
}

}  // namespace detail

/// Smooths y over x (n each) by local quadratics and returns the curve at every x. Each looks at a
/// share `span` of the points. As in R, the quadratics are fitted at the borders of cells of at
/// most span · n / 5 points, and a cubic joins them (Cleveland & Grosse, Statistics and Computing
/// 1991; surface = "interpolate"). Where R gives up, for points on too few places, the curve is
/// flat. Throws ShapeMismatch, or InvalidArgument unless 0 < span <= 1.
template <class Scalar = double>
[[nodiscard]] Vector<Scalar> loess(const Vector<std::type_identity_t<Scalar>>& x,
                                   const Vector<std::type_identity_t<Scalar>>& y, double span) {
    require<ShapeMismatch>(x.size() == y.size(), "loess: x has ", x.size(), " values, y has ",
                           y.size());
    require(span > 0 && span <= 1, "loess: span = ", span, "; it must be above 0 and at most 1");
    const Index n = x.size();
    if (n < 2) return y;
    std::vector<Index> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), Index{0});
    // ties by y, so that the order of the points does not matter
    detail::sort(order.begin(), order.end(),
                 [&](Index a, Index b) { return std::pair(x[a], y[a]) < std::pair(x[b], y[b]); });
    const detail::SortedPoints<Scalar> points{x(order), y(order)};
    const auto share = [n](double part) {
        return static_cast<Index>(static_cast<double>(n) * part + 1e-5);
    };

    const double low = points.x[0], high = points.x[n - 1];
    const double least = 1e-10 * std::max(std::abs(low), std::abs(high)) + 1e-30;
    const double margin = 0.005 * std::max(high - low, least);
    std::vector<double> places{low - margin, high + margin};
    detail::cut_in_cells(points.x, 0, n, places[0], places[1], std::max<Index>(1, share(span / 5)),
                         places);
    detail::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    const Index nearest = std::clamp<Index>(share(span), std::min<Index>(n, 4), n);
    std::vector<detail::Knot> knots;
    for (const double at : places) knots.push_back(detail::local_quadratic(points, at, nearest));

    Vector<Scalar> smooth(n);
    std::size_t right = 1;
    for (Index i = 0; i < n; ++i) {
        while (right + 1 < knots.size() && knots[right].at < points.x[i]) ++right;
        const auto &a = knots[right - 1], &b = knots[right];
        const double width = b.at - a.at, h = (points.x[i] - a.at) / width, g = 1 - h;
        smooth[order[static_cast<std::size_t>(i)]] = g * g * (1 + 2 * h) * a.value +
                                                     h * h * (3 - 2 * h) * b.value +
                                                     width * h * g * (g * a.slope - h * b.slope);
    }
    return smooth;
}

}  // namespace transst
