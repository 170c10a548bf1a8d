#!/usr/bin/env bash
# Packs a release, the same bytes whenever it is made: dist.sh DIR BUILD…
#
# Each BUILD is the build directory of a sysroot, with what `make install` copies from it. The release
# has one per generation of wasi-libc, of the last BUILD that is of this generation.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

[ $# -ge 2 ] || {
    echo "usage: dist.sh DIR BUILD…" >&2
    exit 1
}
dir=$1
shift
version=$(sed -n 's/^Version: //p' "$1/package/lib/wasm32-wasip2/pkgconfig/wasi-utimens.pc")
name=wasi-utimens-$version
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir -p "$tmp/$name" "$dir"
cp README.md LICENSE CHANGELOG.md "$tmp/$name/"
cp -R docs "$tmp/$name/"
for build; do
    generation=$(cat "$build/generation")
    rm -rf "${tmp:?}/$name/$generation"
    cp -R "$build/package" "$tmp/$name/$generation"
done
# The date is that of the source.
date=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
tar --directory="$tmp" --sort=name --format=ustar --mtime="@$date" --owner=0 --group=0 --numeric-owner \
    --mode=u=rwX,go=rX -cf - "$name" | gzip -n9 >"$tmp/$name.tar.gz"
mv "$tmp/$name.tar.gz" "$dir/"
echo "dist: $dir/$name.tar.gz"
