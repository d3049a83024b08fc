#!/usr/bin/env bash
# What it costs a file to include the umbrella header: the compiler's time to read and check it, held
# against 1.5 times that of Eigen/Dense and nanoflann alone. They take turns, each turn gives a ratio, and
# the median of these counts: a machine that is slow for a while is so for both.
#
#   benchmarks/include_cost.sh [compiler [options]]     c++ where none is named
set -euo pipefail

turns=15
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
[[ $# -gt 0 ]] || set -- "${CXX:-c++}" -I/usr/include/eigen3

# seconds <what is included>: of one turn
seconds() {
    local TIMEFORMAT=%U
    { time "${compile[@]}" <<<"$1" >/dev/null 2>"$errors"; } 2>&1 || {
        cat "$errors" >&2
        exit 1
    }
}

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
compile=("$@" -std=c++20 -fsyntax-only -I"$root/include" -x c++ -)
for ((turn = 0; turn < turns; ++turn)); do
    base=$(seconds $'#include <Eigen/Dense>\n#include <nanoflann.hpp>')
    umbrella=$(seconds '#include <transst/transst.hpp>')
    echo "$base $umbrella"
done | awk '{ print $2 / $1, $1, $2 }' | LC_ALL=C sort -g | awk '
{ ratio[NR] = $1; base[NR] = $2; figure[NR] = $3 }
END {
    if (!NR) exit 1
    m = int((NR + 1) / 2)
    printf "including transst/transst.hpp (limit: 1.5 x Eigen/Dense and nanoflann, %.2f s)\n", base[m]
    printf "%9.2f s   limit %.2f   ratio %.2f   (of %d turns %.2f to %.2f)\n", figure[m], 1.5 * base[m],
        ratio[m] / 1.5, NR, ratio[1] / 1.5, ratio[NR] / 1.5
}'
