// What the edges of a graph weigh in sums over them.
#pragma once

namespace transst {

/// What an edge from i to j weighs.
enum class EdgeWeights {
    row_standardized,  ///< 1 / degree of i: every spot with neighbours counts alike
    binary             ///< 1: every edge counts alike
};

}  // namespace transst
