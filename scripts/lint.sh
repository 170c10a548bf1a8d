#!/usr/bin/env bash
# Runs the linter of each file of ours: lint.sh BUILD…, the build directories of the sysroots.
#
# Each gives clang-tidy its generation to read; descriptor-counted, which no packaged wasi-libc has
# yet, needs nothing from the sysroot and is read as built over the last one.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.toolchain/bin:$PATH

mapfile -t c_files < <(git ls-files '*.c' '*.h' '*.cpp')
mapfile -t shell_files < <(git ls-files '*.sh' .ci/run)

clang-format --dry-run --Werror "${c_files[@]}"
shellcheck -x "${shell_files[@]}"
ruff check --quiet .
ruff format --check --quiet .

# tidy DIRECTORY: with the flags that its compile_commands.json has.
tidy() {
    local output files
    mapfile -t files < <(sed -nE 's/.*"file": "([^"]+)".*/\1/p' "$1/compile_commands.json")
    output=$(clang-tidy --quiet -p "$1" "${files[@]}" 2>&1) || {
        echo "$output"
        return 1
    }
}

for build; do
    tidy "$build/wrap"
done
tidy "$build/counted"
echo "lint: clean"
