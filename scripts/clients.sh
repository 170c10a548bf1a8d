#!/usr/bin/env bash
# Builds xz and libarchive's bsdtar, their sources as they are, on a sysroot: clients.sh SDK SYSROOT
#
# Below build/clients; a second run only builds what is missing, or links anew where libc.a is newer.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/build.sh
. scripts/build.sh

[ $# = 2 ] || {
    echo "usage: clients.sh SDK SYSROOT" >&2
    exit 1
}
sdk=$(realpath "$1") sysroot=$(realpath "$2")
src=$PWD/.toolchain/src
top=$PWD/build/clients
clang="$sdk/bin/clang --target=wasm32-wasip2 --sysroot=$sysroot"
# What wasi-libc has only for those who ask, and what WASI has not at all.
cppflags="-D_GNU_SOURCE -D_WASI_EMULATED_SIGNAL -isystem $PWD/test/applications/clients/include"
# Not before the checks of a configure script, whose own declarations it would contradict.
stubs="-include $PWD/test/applications/clients/no-processes.h"
libs='-lwasi-emulated-signal'
export PKG_CONFIG_LIBDIR=$top/none PKG_CONFIG_PATH='' # the machine's libraries are not for this

# client NAME BINARY MAKE_ARGUMENT…: .toolchain/src/NAME, configured and built.
client() {
    local name=$1 binary=$2 pin
    shift 2
    pin="$clang $(cksum <scripts/clients.sh) $(cat ".toolchain/stamps/$name") $(find test/applications/clients -name '*.[ch]' | sort | xargs cat | cksum)"
    relinked "$top/$name/$binary" "$sysroot"
    made "$top/$name" "$pin" "configuring $name" "configure_$name"
    say "building ${binary##*/}"
    logged "$top/$name.log" "make" make -j"$(nproc)" -C "$top/$name" "$@"
}

configure_xz-utils() {
    cd "$top/xz-utils"
    logged "$top/xz-utils.log" "configure" "$src/xz-utils/configure" --host=wasm32-wasip2 --disable-shared --disable-threads \
        --disable-nls --disable-scripts --disable-doc --disable-xzdec --disable-lzmadec --disable-lzmainfo \
        CC="$clang" AR="$sdk/bin/llvm-ar" RANLIB="$sdk/bin/llvm-ranlib" CPPFLAGS="$cppflags" LIBS="$libs"
    cd - >/dev/null
}

configure_libarchive() {
    $clang -O2 -c test/applications/clients/no-children.c -o "$top/no-children.o"
    logged "$top/libarchive.log" "cmake" cmake -S "$src/libarchive" -B "$top/libarchive" -G 'Unix Makefiles' \
        -DCMAKE_SYSTEM_NAME=Generic -DCMAKE_C_COMPILER="$sdk/bin/clang" -DCMAKE_C_COMPILER_TARGET=wasm32-wasip2 \
        -DCMAKE_SYSROOT="$sysroot" -DCMAKE_AR="$sdk/bin/llvm-ar" -DCMAKE_RANLIB="$sdk/bin/llvm-ranlib" \
        -DUNIX=1 -DCMAKE_C_FLAGS="$cppflags" -DCMAKE_C_STANDARD_LIBRARIES="$libs $top/no-children.o" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY \
        -DENABLE_TEST=OFF -DENABLE_WERROR=OFF -DENABLE_CPIO=OFF -DENABLE_CAT=OFF -DENABLE_UNZIP=OFF \
        -DENABLE_ACL=OFF -DENABLE_XATTR=OFF -DENABLE_ICONV=OFF -DHAVE_FCHDIR=1 -DHAVE_READPASSPHRASE=1 -DHAVE_STATVFS= -DHAVE_FSTATVFS=
    logged "$top/libarchive.log" "cmake" cmake "-DCMAKE_C_FLAGS=$cppflags $stubs" "$top/libarchive"
}

client xz-utils src/xz/xz CPPFLAGS="$cppflags $stubs" all
client libarchive bin/bsdtar bsdtar
