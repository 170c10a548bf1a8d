#!/usr/bin/env bash
# Packs a release, the same bytes whenever it is made: dist.sh DIR GENERATION=PACKAGE…
#
# Each PACKAGE is what `make install` copies; of several for one GENERATION the last is taken. They
# share their headers: over a sysroot, whose headers a whole package would replace, none can be unpacked.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

[ $# -ge 2 ] || {
    echo "usage: dist.sh DIR GENERATION=PACKAGE…" >&2
    exit 1
}
dir=$1
shift
version=$(sed -n 's/^Version: //p' "${1#*=}/lib/wasm32-wasip2/pkgconfig/wasi-utimens.pc")
name=wasi-utimens-$version
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
top=$tmp/$name

mkdir -p "$top/lib/cmake/wasi-utimens" "$top/docs" "$dir"
for pair; do
    generation=${pair%%=*} package=${pair#*=}
    rm -rf "${top:?}/$generation"
    cp -R "$package" "$top/$generation"
    rm -rf "$top/$generation/include/wasm32-wasip2"
    ln -s ../../headers "$top/$generation/include/wasm32-wasip2"
done
cp -R include "$top/headers"
cp -R LICENSE CHANGELOG.md examples scripts/install.sh scripts/generation.sh "$top/"
cp scripts/package/release-config.cmake "$top/lib/cmake/wasi-utimens/wasi-utimens-config.cmake"
cp "$package/lib/cmake/wasi-utimens/wasi-utimens-config-version.cmake" "$top/lib/cmake/wasi-utimens/"

# What wasi-sdk's releases are is said in README.md alone. Of docs/ only the pages for users are packed.
which=$(sed -n '/^## Which wasi-sdk/,/^## /{/^## /!p}' README.md)
WHICH=$which awk '$0 == "@WHICH@" { $0 = ENVIRON["WHICH"] } { print }' scripts/package/README.md >"$top/README.md"
for page in SEMANTICS COMPATIBILITY HOSTS COST; do
    [ ! -e "docs/$page.md" ] || sed 's|(\.\./include/|(../headers/|g' "docs/$page.md" >"$top/docs/$page.md"
done
cp docs/*.svg "$top/docs/"

# The date is that of the source.
date=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
tar --directory="$tmp" --sort=name --format=ustar --mtime="@$date" --owner=0 --group=0 --numeric-owner \
    --mode=u=rwX,go=rX -cf - "$name" | gzip -n9 >"$tmp/$name.tar.gz"
mv "$tmp/$name.tar.gz" "$dir/"
echo "dist: $dir/$name.tar.gz"
