#!/usr/bin/env bash
# Runs the linter of each file of ours: lint.sh SYSROOT…, the overlay's generations among them.
#
# Each sysroot gives clang-tidy one generation to read; descriptor-counted, which no packaged
# wasi-libc has yet, needs nothing from the sysroot and is read against the last one.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.toolchain/bin:$PATH

mapfile -t c_files < <(git ls-files '*.c' '*.h' '*.cpp')
mapfile -t shell_files < <(git ls-files '*.sh' .ci/run)

clang-format --dry-run --Werror "${c_files[@]}"
shellcheck -x "${shell_files[@]}"
ruff check --quiet .
ruff format --check --quiet .

flags=(--target=wasm32-wasip2 -std=c++20 -fno-exceptions -fno-rtti -nostdinc++ -D_GNU_SOURCE
    -Wall -Wextra -Wconversion -isystem include -Iwit-imports -Ilibc-overlay -DWASI_UTIMENS_NOFD=false)

tidy() { # GENERATION SYSROOT
    local output
    output=$(clang-tidy --quiet libc-overlay/posix/*.cpp -- "${flags[@]}" --sysroot="$2" \
        -DWASI_LIBC_GENERATION="\"generation/$1.h\"" 2>&1) || {
        echo "$output"
        return 1
    }
}

declare -A seen
for sysroot; do
    generation=$(scripts/generation.py "$sysroot")
    [ -n "${seen[$generation]:-}" ] || tidy "$generation" "$sysroot"
    seen[$generation]=yes
done
[ -n "${seen[descriptor-counted]:-}" ] || tidy descriptor-counted "$sysroot"
echo "lint: clean"
