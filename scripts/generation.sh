#!/bin/sh
# What generation.py prints, for a release's install.sh: generation.sh SYSROOT
#
# By the names alone that libc.a defines, since there is no tool but llvm-nm: neither the types of the
# functions nor the slots of file_vtable are looked at.
set -eu

fail() {
    echo "generation: $*" >&2
    exit 1
}

[ $# = 1 ] || fail "usage: generation.sh SYSROOT"
libc=$1/lib/wasm32-wasip2/libc.a
[ -d "$1" ] || fail "$1 is not a directory"
[ -e "$libc" ] ||
    fail "$1 is not a wasi-libc sysroot, or one older than wasm32-wasip2: it has no lib/wasm32-wasip2/libc.a"

# That of the SDK; of the wasi-sdk that the sysroot lies in; of our toolchain; of the machine.
for nm in "${WASI_SDK_PATH:-}/bin/llvm-nm" "$1/../../bin/llvm-nm" \
    "$(dirname "$0")/../.toolchain/wasi-sdk/bin/llvm-nm" llvm-nm ''; do
    ! command -v "$nm" >/dev/null || break
done
[ -n "$nm" ] || fail "no llvm-nm: set WASI_SDK_PATH to a wasi-sdk"

newline='
'
symbols=$("$nm" --defined-only --format=just-symbols "$libc" 2>/dev/null) || fail "llvm-nm cannot read $libc"
defines() {
    case $newline$symbols$newline in
    *"$newline$1$newline"*) ;;
    *) return 1 ;;
    esac
}

! defines __stock_futimens || fail "$1 already holds the overlay: name the sysroot that it was made from"

# Of wasi-libc from September to November 2025, and of no other.
! defines descriptor_table_update ||
    fail "$1 has the wasi-libc of September to November 2025 (wasi-sdk 28), which leaks a file descriptor" \
        "at each path and is no generation of ours: take wasi-sdk 29 or later"

# The libcs of 2024 have descriptor_table_get_ref as well, for sockets alone: they come first.
if defines __wasi_fd_filestat_set_times; then
    echo preview1
elif defines descriptor_table_get_ref; then
    echo descriptor-ref
elif defines descriptor_table_get && defines __wasilibc_descriptor_deallocate; then
    echo descriptor-counted
else
    fail "unknown wasi-libc in $1: it defines none of __wasi_fd_filestat_set_times, descriptor_table_get_ref," \
        "descriptor_table_get with __wasilibc_descriptor_deallocate; use another sysroot, or add its generation"
fi
