#!/usr/bin/env bash
# What `make install` copies: package.sh ARCHIVES LIBRARIES DIR FUNCTION…
#
# ARCHIVES has the archives, LIBRARIES the shared libraries; it is empty where there are none.
# DIR is made anew, as an installation prefix: headers, archives, and what tells each build system how
# to link them. Nothing in it says where it is, so it works wherever it is moved.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -ge 4 ] || {
    echo "usage: package.sh ARCHIVES LIBRARIES DIR FUNCTION…" >&2
    exit 1
}
archives=$1 libraries=$2 dir=$3
shift 3
wrap=("${@/#/-Wl,--wrap=}")
version=$(awk '/define WASI_UTIMENS_VERSION_(MAJOR|MINOR|PATCH)/ { printf "%s%s", dot, $3; dot = "." }' include/wasi/utimens.h)

# put MODE-644 FILE, from standard input
put() {
    mkdir -p "$(dirname "$dir.new/$1")"
    cat >"$dir.new/$1"
}

# filled TEMPLATE [NAME DESCRIPTION]: the flags as words, or as a CMake list.
filled() {
    local IFS
    sed -e "s/@NAME@/${2:-}/; s/@DESCRIPTION@/${3:-}/; s/@VERSION@/$version/; s/@WRAP@/${wrap[*]}/" \
        -e "s/@WRAP_LIST@/$(IFS=';' && echo "${wrap[*]}")/" "scripts/package/$1.in"
}

rm -rf "$dir" "$dir.new"
put include/wasm32-wasip2/sys/time.h <include/sys/time.h
put include/wasm32-wasip2/wasi/utimens.h <include/wasi/utimens.h
printf '%s\n' "${wrap[@]}" | put share/wasi-utimens/link.rsp
for file in config config-version; do
    filled "wasi-utimens-$file.cmake" | put "lib/cmake/wasi-utimens/wasi-utimens-$file.cmake"
done
for name in wasi-utimens wasi-utimens-nofd; do
    what=''
    [ "$name" = wasi-utimens ] || what=', without the import of set-times'
    put "lib/wasm32-wasip2/lib$name.a" <"$archives/lib$name.a"
    filled wasi-utimens.pc "$name" "$what" | put "lib/wasm32-wasip2/pkgconfig/$name.pc"
    filled wasi-utimens.cfg "$name" | put "share/wasi-utimens/$name.cfg"
done
for file in ${libraries:+"$libraries"/*.so}; do
    [ ! -e "$file" ] || put "lib/wasm32-wasip2/${file##*/}" <"$file"
done
# What install.sh goes by. The last to be written: without it nothing is installed.
(cd "$dir.new" && find . -type f | sed 's|^\./||' | LC_ALL=C sort | xargs cksum) >"$dir.sums"
mv "$dir.sums" "$dir.new/share/wasi-utimens/manifest"
mv "$dir.new" "$dir"
