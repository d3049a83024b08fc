// Sorting, compiled where it is used only.
#pragma once

#include <algorithm>

namespace transst::detail {

/// std::sort. That is constexpr, wherefore a compiler that reads a template which sorts values of a
/// known type compiles it then and there, called or not (benchmarks/include_cost.sh).
template <class At, class... Less>
void sort(At first, At last, Less... less) {
    std::sort(first, last, less...);
}

}  // namespace transst::detail
