#!/bin/sh
# From a bare system to a result, in one command:
#
#   cmake/bootstrap.sh quickstart   builds the program and runs its demo
#   cmake/bootstrap.sh test         builds and runs the tests
#
# What is missing is installed with the system's package manager: apt is tested, dnf, pacman and
# brew are not. What follows the first word goes to CMake, -DCMAKE_CXX_COMPILER=clang++ say.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
oldest_cmake=3.22

say() { printf '%s\n' "$*" >&2; }
die() { say "bootstrap: $*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# What each system calls what we need: compiler, CMake, Ninja, Eigen, nanoflann, zlib, HDF5,
# CLI11, nlohmann-json, and Catch2 for the tests. librsvg, for PNG pictures, is welcome.
choose_packages() {
    if has apt-get && has dpkg-query; then
        manager=apt
        tools='g++ cmake ninja-build'
        libraries='libeigen3-dev libnanoflann-dev zlib1g-dev libhdf5-dev libcli11-dev'
        libraries="$libraries nlohmann-json3-dev"
        welcome='librsvg2-dev'
        test_libraries='catch2'
    elif has dnf; then
        manager=dnf
        tools='gcc-c++ cmake ninja-build'
        libraries='eigen3-devel nanoflann-devel zlib-devel hdf5-devel cli11-devel json-devel'
        welcome='librsvg2-devel'
        test_libraries='catch-devel'
    elif has pacman; then
        manager=pacman
        tools='gcc cmake ninja'
        libraries='eigen nanoflann zlib hdf5 cli11 nlohmann-json'
        welcome='librsvg'
        test_libraries='catch2'
    elif has brew; then
        manager=brew
        tools='gcc cmake ninja'
        libraries='eigen nanoflann zlib hdf5 cli11 nlohmann-json'
        welcome='librsvg'
        test_libraries='catch2'
    else
        manager=none
        tools='a C++20 compiler (GCC 11, Clang 14 or newer), CMake 3.22 or newer, Ninja'
        libraries='Eigen 3.4, nanoflann 1.4, zlib, HDF5, CLI11, nlohmann-json'
        test_libraries='Catch2 2.13 or 3'
    fi
}

is_installed() {
    case $manager in
    apt) [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
    dnf) rpm -q --whatprovides "$1" >/dev/null 2>&1 ;;
    pacman) pacman -T "$1" >/dev/null 2>&1 ;;
    brew) brew list --versions "$1" >/dev/null 2>&1 ;;
    esac
}

# A tool counts wherever it comes from, a library as a package.
have_tool() {
    case $1 in
    g++ | gcc | gcc-c++) has "${CXX:-c++}" || has g++ || has clang++ ;;
    ninja-build) has ninja ;;
    *) has "$1" ;;
    esac
}

install_missing() {
    missing=
    for package in $tools; do
        have_tool "$package" || missing="$missing $package"
    done
    for package in $libraries; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0

    can_be_root || die "no root and no sudo here. Have these packages installed:$missing"
    # shellcheck disable=SC2086 # a list of words, meant to be split
    install_packages $missing
}

# Without these a part is left out, and the program says which.
install_welcome() {
    for package in $welcome; do
        is_installed "$package" && continue
        if ! { can_be_root && install_packages "$package"; }; then
            say "bootstrap: $package cannot be had, going on without it"
        fi
    done
}

can_be_root() { [ "$manager" = brew ] || [ "$(id -u)" -eq 0 ] || has sudo; }

install_packages() {
    as_root=
    [ "$manager" = brew ] || [ "$(id -u)" -eq 0 ] || as_root=sudo
    say "bootstrap: installing $*"
    case $manager in
    apt)
        # Some source that cannot be reached need not matter: installing will tell.
        $as_root apt-get update -qq || say 'bootstrap: apt-get update failed, going on'
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$@"
        ;;
    dnf) $as_root dnf install -y "$@" ;;
    pacman) $as_root pacman -Sy --needed --noconfirm "$@" ;;
    brew) brew install "$@" ;;
    esac
}

check_cmake() {
    found=$(cmake --version | sed -n '1s/[^0-9]*\([0-9.]*\).*/\1/p')
    first=$(printf '%s\n%s\n' "$oldest_cmake" "$found" | sort -V | head -n 1)
    [ "$first" = "$oldest_cmake" ] ||
        die "CMake $oldest_cmake or newer is needed, $(command -v cmake) is $found." \
            "Install a newer one (Debian: from backports; any system: pip install cmake)."
}

configure_and_build() {
    jobs=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
    cmake -S "$root" --preset "$@"
    cmake --build "$build" --parallel "$jobs" --target "$target"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
quickstart) target=transst_cli ;;
test) target=all ;;
*)
    say 'usage: cmake/bootstrap.sh quickstart|test [CMake options]'
    exit 2
    ;;
esac
build=$root/build/$command

choose_packages
[ "$command" = quickstart ] || libraries="$libraries $test_libraries"
if [ "$manager" = none ]; then
    # Nothing can be looked up here; whoever has it all already can still go on.
    if ! { has "${CXX:-c++}" && has cmake && has ninja; }; then
        die "this system's package manager is not known here. Install $tools, $libraries," \
            "then run this again."
    fi
else
    install_missing
    install_welcome
fi
check_cmake

if [ "$command" = quickstart ]; then
    configure_and_build quickstart "$@"
    "$build/bin/transst" demo --out "$build/demo" --force
else
    configure_and_build test "$@"
    ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$jobs"
fi
