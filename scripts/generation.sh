#!/bin/sh
# Prints which wasi-libc generation a sysroot is, by its libc.a: generation.sh SYSROOT
#
#   preview1            files go through preview 1 imports
#   descriptor-ref      wasi:filesystem, the descriptor of an fd from descriptor_table_get_ref
#   descriptor-counted  wasi:filesystem, the descriptor of an fd from descriptor_table_get, counted
#
# A release has it too, for its install.sh: POSIX sh, and no tool but llvm-nm.
set -eu

fail() {
    echo "generation: $*" >&2
    exit 1
}

[ $# = 1 ] || fail "usage: generation.sh SYSROOT"
libc=$1/lib/wasm32-wasip2/libc.a
[ -d "$1" ] || fail "$1 is not a directory"
[ -f "$libc" ] || fail "no libc.a for wasm32-wasip2 in $1: not a wasi-libc sysroot, or older than wasm32-wasip2"

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
