#!/usr/bin/env bash
# What it costs a file to include the umbrella header: the compiler's time to read and check it, held
# against 1.5 times that of Eigen/Dense and nanoflann alone. The median of several turns.
#
#   benchmarks/include_cost.sh [compiler [options]]     c++ where none is named
set -euo pipefail

turns=5
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
[[ $# -gt 0 ]] || set -- "${CXX:-c++}" -I/usr/include/eigen3

# seconds <what is included>
seconds() {
    local TIMEFORMAT=%U
    for ((turn = 0; turn < turns; ++turn)); do
        { time "${compile[@]}" <<<"$1" >/dev/null 2>"$errors"; } 2>&1 || {
            cat "$errors" >&2
            exit 1
        }
    done | sort -n | sed -n "$(((turns + 1) / 2))p"
}

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
compile=("$@" -std=c++20 -fsyntax-only -I"$root/include" -x c++ -)
base=$(seconds $'#include <Eigen/Dense>\n#include <nanoflann.hpp>')
umbrella=$(seconds '#include <transst/transst.hpp>')
awk -v figure="$umbrella" -v base="$base" 'BEGIN {
    limit = 1.5 * base
    printf "including transst/transst.hpp (limit: 1.5 x Eigen/Dense and nanoflann, %.2f s)\n", base
    printf "%9.2f s   limit %.2f   ratio %.2f\n", figure, limit, figure / limit
}'
