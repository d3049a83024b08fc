// The few types every room shares.
#pragma once

#include <Eigen/Core>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace transst {

/// Sizes and positions: 64 bits everywhere.
using Index = Eigen::Index;
static_assert(sizeof(Index) == 8, "transst needs a 64-bit system");

/// One column per factor, contiguous: loadings, covariances.
template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

/// One row per cell or spot, contiguous: scores, responsibilities, coordinates.
template <class Scalar>
using RowMatrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A column.
template <class Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

/// What sums over cells are kept in: never less than double, so that float data
/// of a million cells loses nothing.
template <class Scalar>
using Wide = std::conditional_t<(sizeof(Scalar) > sizeof(double)), Scalar, double>;

}  // namespace transst
