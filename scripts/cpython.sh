#!/usr/bin/env bash
# Builds CPython for wasm32-wasip2: cpython.sh SDK SYSROOT NAME [CONFIGURE_ANSWER…]
#
# The source and all builds are below build/cpython/src, laid out as CPython's own Tools/wasm does it;
# what runs a build is build/cpython/python-NAME.sh. Each step is left out where its result is there,
# so an interrupted run resumes, and a change of SYSROOT's libc.a only links anew.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/build.sh
. scripts/build.sh
export LC_ALL=C

[ $# -ge 3 ] || {
    echo "usage: cpython.sh SDK SYSROOT NAME [CONFIGURE_ANSWER…]" >&2
    exit 1
}
sdk=$(realpath "$1") sysroot=$(realpath "$2") name=$3
shift 3
tarball=$PWD/.toolchain/src/cpython.tar.xz
top=$PWD/build/cpython
src=$top/src
build_python=$src/cross-build/build/python
export PATH=$sdk/bin:$PATH

# compile LOG WHAT ARGUMENTS…: make, with a sign of life every 50 files.
compile() {
    local log=$1 what=$2
    shift 2
    make -j"$(nproc)" "$@" 2>&1 </dev/null | tee "$log" |
        awk -v what="$what" '/ -c / { if (++n % 50 == 0) { print "cpython: " what ": " n " files compiled"; fflush() } }' ||
        fail "$log" "$what does not build"
}

exec 8>"$top.lock"
flock 8

unpack() {
    mkdir "$src"
    tar -xf "$tarball" -C "$src" --strip-components=1
    touch "$src/Modules/Setup.local" # as Tools/wasm does: no configure asks for one in a cross build
}
made "$top" "$(cksum <"$tarball")" "unpacking the source" unpack

configure_build() (
    cd "${build_python%/*}"
    logged "$top/build.log" "configure" ../../configure --config-cache
)
made "${build_python%/*}" build "configuring the build python, for this machine" configure_build
compile "$top/build.log" "the build python" -C "${build_python%/*}" all

dir=$src/cross-build/$name
# Another compiler or other headers, our own aside, make another build: here nothing looks at them
# but configure, and Modules/posixmodule.c.
pin="$(clang --version | sed -n 1p) $(cd "$sysroot/include/wasm32-wasip2" && find . -type f ! -path './c++/*' \
    ! -path './sys/time.h' ! -path './wasi/stock/*' ! -name utimens.h | sort | xargs cksum | cksum)"

# seed FROM: what is compiled in FROM serves here as well, if the answers differ only in the functions
# that posixmodule.c alone calls.
seed() {
    local file others
    others=$(diff pyconfig.h "$1/pyconfig.h" | grep '^[<>]' | grep -vE ' HAVE_(FUTIMENS|FUTIMES|LUTIMES)( |$)' || true)
    if [ ! -e "$1/python.wasm" ] || [[ "$(cat "$1/settled")" != "$pin"* ]] || [ -n "$others" ]; then
        return
    fi
    cp -a --no-clobber "$1/." .
    for file in pyconfig.h Makefile Modules/config.c; do # newer ones would have all of it compiled again
        touch -r "$1/$file" "$file"
    done
    rm -rf build platform pybuilddir.txt python.wasm libpython*.a Modules/posixmodule.o
}

# configure_wasi ANSWER…: by the relative path from which a build finds its source when it runs.
configure_wasi() (
    cd "$dir"
    local clang="clang --target=wasm32-wasip2 --sysroot=$sysroot"
    # pkg-config would find the libraries of this machine, not of WASI.
    export PKG_CONFIG_LIBDIR=$sysroot/lib/wasm32-wasip2/pkgconfig PKG_CONFIG_PATH=''
    export CONFIG_SITE=$src/Tools/wasm/config.site-wasm32-wasi
    logged "$top/$name.log" "configure" ../../configure \
        --host=wasm32-wasip2 --build="$(../../config.guess)" --with-build-python="$build_python" \
        CC="$clang" CPP="$clang -E" CXX="clang++${clang#clang}" AR=llvm-ar RANLIB=llvm-ranlib "$@"
    [ "$name" = overlay ] || seed "$src/cross-build/overlay"
)
made "$dir" "$pin $*" "configuring $name" configure_wasi "$@"
relinked "$dir/python.wasm" "$sysroot"
say "building $name"
compile "$top/$name.log" "$name" -C "$dir" all

run=$top/python$([ "$name" = overlay ] || echo "-$name").sh
cat >"$run.new" <<END
#!/bin/sh
# CPython for wasm32-wasip2 under wasmtime ($name). Its / is CPython's own tree, /here the current
# directory; WASMTIME_FLAGS has more, such as --dir=HOST::GUEST.
top=\$(cd "\$(dirname "\$0")" && pwd)
exec "\${WASMTIME:-\$top/../../.toolchain/bin/wasmtime}" run --wasm max-wasm-stack=8388608 \\
    --argv0 cross-build/$name/python.wasm --dir "\$top/src::/" --dir .::/here \$WASMTIME_FLAGS \\
    --env PYTHONPATH=/cross-build/$name/$(cat "$dir/pybuilddir.txt") \\
    "\$top/src/cross-build/$name/python.wasm" "\$@"
END
chmod +x "$run.new"
mv "$run.new" "$run"
say "${run#"$PWD/"} runs it"
