// The sweep: the one way every step touches expression.
//
//     for each block of rows b:  U = X_b A;  C = f(U);  result += X_b' C
//
// Scores and posterior means depend on their own row alone, so one pass over the non-zeros does
// both products of an iteration: randomised SVD, PLDR and the alternating least squares all
// iterate by sweeps.
#pragma once

#include <transst/core/lanes.hpp>
#include <transst/core/run.hpp>
#include <transst/matrix/kernels.hpp>

#include <type_traits>

namespace transst {

/// A block of n_b × columns, row-major, inside a wider buffer.
template <class S>
using RowBlock = Eigen::Map<RowMatrix<S>, Eigen::Unaligned, Eigen::OuterStride<>>;

/// For sweeps that keep no state beside the product.
struct NoState {
    /// Nothing to add.
    NoState& operator+=(const NoState&) { return *this; }
};

/// What a sweep returns.
template <class S, class State>
struct Swept {
    Matrix<Wide<S>> product;  ///< X'C: p × outputs
    State state;              ///< the lanes' states, added in lane order
};

namespace detail {

/// Rows of a block: as many as keep it in the second-level cache, seen twice.
template <ExpressionRows X>
[[nodiscard]] Index block_rows(const X& x) {
    if constexpr (requires { x.rows_of_block(); }) {
        return x.rows_of_block();
    } else if constexpr (is_dense<BlockOf<X>>) {
        const Index bytes =
            static_cast<Index>(sizeof(typename X::Scalar)) * std::max<Index>(1, x.cols());
        return std::clamp<Index>(512 * 1024 / bytes, 16, 512);
    } else {
        return 256;
    }
}

/// Lanes whose accumulators stay within some tens of megabytes, whatever the width.
[[nodiscard]] inline Lanes sweep_lanes(Index rows, Index genes, Index outputs) {
    const Index bytes = std::max<Index>(1, genes * outputs * 8);
    const Index most = std::clamp<Index>((Index{64} << 20) / bytes, 8, Lanes::most);
    return Lanes(rows, std::max<Index>(512, (rows + most - 1) / most));
}

}  // namespace detail

/// Sweeps over x (n × p) once.
///
/// `S` is the type computed in; sums over rows are kept in `Wide<S>`. For each block,
/// f(state, begin, U, C) gets the lane's State, the block's first row, U = X_b A (rows × a.cols())
/// and fills C (rows × outputs, zero at first); X'C and the summed states are returned. `a` may
/// have no columns and `outputs` may be 0. f runs on several threads, each with its own state.
template <class S, ExpressionRows X, class State, class F>
[[nodiscard]] Swept<S, State> sweep(const X& x, const Matrix<Wide<S>>& a, Index outputs,
                                    const State& zero, const RunOptions& run, F&& f) {
    require<ShapeMismatch>(a.cols() == 0 || a.rows() == x.cols(), "sweep: A has ", a.rows(),
                           " rows, X has ", x.cols(), " genes; they must be the same");
    const detail::Panels<S> left(a);
    const Index step = detail::block_rows(x);
    // float products are handed over to double before rounding can pile up
    constexpr Index flush_every = 4096;

    struct Lane {
        detail::Panels<Wide<S>> product;
        State state;
        Lane& operator+=(const Lane& other) {
            product += other.product;
            state += other.state;
            return *this;
        }
    };
    auto total =
        sum_lanes(detail::sweep_lanes(x.rows(), x.cols(), outputs), run.threads, Lane{{}, zero},
                  [&](Lane& lane, Index begin, Index end) {
                      lane.product = detail::Panels<Wide<S>>(x.cols(), outputs);
                      detail::Panels<S> right(x.cols(), outputs);
                      const Index u_stride = left.cut().padded(), c_stride = right.cut().padded();
                      Vector<S> u(step * u_stride), c(step * c_stride);
                      Index since_flush = 0;
                      for (Index b = begin; b < end; b += step) {
                          const Index rows = std::min(step, end - b);
                          const auto owner = x.row_block(b, b + rows);
                          const auto& block = detail::view(owner);
                          if (u_stride > 0) detail::multiply(block, left, u.data());
                          c.setZero();
                          f(lane.state, b,
                            RowBlock<S>(u.data(), rows, a.cols(), Eigen::OuterStride<>(u_stride)),
                            RowBlock<S>(c.data(), rows, outputs, Eigen::OuterStride<>(c_stride)));
                          if (outputs > 0) {
                              detail::scatter(block, c.data(), right);
                              since_flush += rows;
                              if (since_flush >= flush_every) {
                                  right.flush_into(lane.product);
                                  since_flush = 0;
                              }
                          }
                      }
                      if (outputs > 0) right.flush_into(lane.product);
                  });
    return {total.product.whole(), std::move(total.state)};
}

/// XA: the scores of every row (n × a.cols()).
template <class S, class X>
[[nodiscard]] RowMatrix<S> project(const X& x, const Matrix<Wide<S>>& a,
                                   const RunOptions& run = {}) {
    RowMatrix<S> out(x.rows(), a.cols());
    (void)sweep<S>(x, a, 0, NoState{}, run, [&](NoState&, Index begin, auto u, auto) {
        out.middleRows(begin, u.rows()) = u;
    });
    return out;
}

}  // namespace transst
