#!/usr/bin/env bash
# Fetches what is built on the overlay, into .toolchain/src: sources.sh [cpython|clients]…
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/fetch.sh
. scripts/fetch.sh

# Debian source packages, SUITE=VERSION. CPython: the first that can be had; forky moves.
CPYTHON_PACKAGE='python3.13'
CPYTHON=(
    'forky=3.13.15-1'
    'trixie=3.13.5-2+deb13u5'
)
XZ='trixie=5.8.1-1+deb13u1'
LIBARCHIVE='trixie=3.7.4-4+deb13u1'

# What CPython's build python needs, of Debian bookworm.
CPYTHON_PACKAGES=('gcc=4:12.2.0-3' 'libc6-dev=2.36-9+deb12u14')

# .toolchain/src/cpython.tar.xz; the tree is scripts/cpython.sh's.
source_cpython() {
    local pin tarball
    need_debian "CPython comes from Debian's source package"
    packages "${CPYTHON_PACKAGES[@]}"
    for pin in "${CPYTHON[@]}"; do
        ! stamped cpython "$pin" "$top/src/cpython.tar.xz" || return 0
    done
    for pin in "${CPYTHON[@]}"; do
        say "the source of CPython ${pin#*=}"
        if source_package "$CPYTHON_PACKAGE" "$pin"; then
            keep cpython "$pin" "$tarball" "$top/src/cpython.tar.xz"
            return
        fi
        warn "Debian's ${pin%%=*} has it no more: $(reason)"
    done
    fail "no source of CPython (no network?): name another suite as CPYTHON in $0"
}

source_clients() {
    source_tree xz-utils "$XZ" --strip-components=1
    source_tree libarchive "$LIBARCHIVE" --strip-components=1
}

assemble source 'cpython clients' "$@"
