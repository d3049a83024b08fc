// What was read, entry by entry, and the small matrix that many tests read.
#pragma once

#include <transst/matrix/rows.hpp>

namespace support {

/// Entries that stand twice are summed, so that they show.
template <transst::ExpressionRows Rows>
transst::Matrix<float> dense(const Rows& x) {
    transst::Matrix<float> out = transst::Matrix<float>::Zero(x.rows(), x.cols());
    for_each_entry(x, 0, x.rows(), [&](auto i, auto j, float value) { out(i, j) += value; });
    return out;
}

/// 2 cells × 3 genes.
inline transst::Matrix<float> small_matrix() {
    transst::Matrix<float> out(2, 3);
    out << 5, 0, 2, 7, 1, 0;
    return out;
}

}  // namespace support
