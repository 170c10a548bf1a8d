#!/usr/bin/env bash
# Compiles examples/touch.c against the installed overlay, runs it, shows the times: demo.sh SDK SYSROOT PREFIX DIR
#
# DIR is made anew. The lines after a $ can be typed again where the reader is, the directory of `make
# demo`. What is shown is checked too: a wrong time, or another host call, is a failure.
set -euo pipefail
export LC_ALL=C TZ=UTC0

fail() {
    echo "demo: $*" >&2
    exit 1
}

[ $# = 4 ] || fail "usage: demo.sh SDK SYSROOT PREFIX DIR"
sdk=$1 sysroot=$2 prefix=$3 dir=$4
for tool in "$sdk/bin/clang" wasmtime wasm-tools; do
    command -v "$tool" >/dev/null || fail "no $tool: run make demo, which sets it up"
done
rm -rf "$dir"
mkdir -p "$dir/files"

# As the reader would type them; the PATH needs whole names.
typed_sdk=$sdk
[[ $sdk != "$PWD"/* ]] || typed_sdk="\$PWD/${sdk#"$PWD/"}"
typed_sysroot=${sysroot#"$PWD/"} typed_prefix=${prefix#"$PWD/"} typed_dir=${dir#"$PWD/"}

# times FILE: as the host's own stat has them, of a link itself.
times() { stat -c '%x, %y' "$1" | sed 's/ +0000//g'; }

# show WHAT FILE TIME CALL OPTION…: runs touch, and shows what became of FILE.
show() {
    local what=$1 name=$2 file=$dir/files/$2 time=$3 call=$4 before after expected log
    shift 4
    before=$(times "$file")
    printf '\n%s\n' "$what"
    echo "  \$ wasmtime run --dir \$DEMO/files::. \$DEMO/touch.wasm ${*:+$* }-d $time $name"
    log=$(WASMTIME_LOG=wasmtime_wasi::p2::bindings=trace NO_COLOR=1 \
        wasmtime run --dir "$dir/files::." "$dir/touch.wasm" "$@" -d "$time" "$name" 2>&1) || fail "touch failed: $log"
    after=$(times "$file")
    printf '  %-7s before  %s\n  %-7s after   %s\n' "$name" "$before" "$name" "$after"
    expected=$(sed 's/T/ /; s/Z$//' <<<"$time")
    [ "$after" = "$expected, $expected" ] || fail "$name should have $expected, $expected"
    # Of the two imports, those that the host's own log has.
    log=$(grep -o 'set-times[-a-z]*"}: [^ ]*: call' <<<"$log" | sed 's/".*//' | xargs)
    printf '  the host logged one call of [method]descriptor.%s\n' "$log"
    [ "$log" = "$call" ] || fail "the host should have been asked for one $call"
}

cat <<END
examples/touch.c, an ordinary C program, compiled with the overlay for WASI 0.2:
  \$ export PATH=$typed_sdk/bin:\$PWD/.toolchain/bin:\$PATH
  \$ S=$typed_sysroot DIR=$typed_prefix DEMO=$typed_dir
  \$ clang --target=wasm32-wasip2 --sysroot=\$S -isystem \$DIR/include/wasm32-wasip2 examples/touch.c \\
      @\$DIR/share/wasi-utimens/link.rsp \$DIR/lib/wasm32-wasip2/libwasi-utimens.a -o \$DEMO/touch.wasm
END
"$sdk/bin/clang" --target=wasm32-wasip2 --sysroot="$sysroot" -isystem "$prefix/include/wasm32-wasip2" \
    examples/touch.c "@$prefix/share/wasi-utimens/link.rsp" "$prefix/lib/wasm32-wasip2/libwasi-utimens.a" \
    -o "$dir/touch.wasm"

echo
echo 'It imports both ways to set times from wasi:filesystem:'
echo "  \$ wasm-tools component wit \$DEMO/touch.wasm"
wit=$(wasm-tools component wit "$dir/touch.wasm")
for import in set-times set-times-at; do
    grep -m1 "^ *$import: func" <<<"$wit" || fail "touch.wasm does not import $import"
done

echo hello >"$dir/files/letter"
ln -s letter "$dir/files/link"
echo
echo "Access and modification times, in UTC, from the host's stat:"
show 'Through a file descriptor: open, then futimens(fd, times)' \
    letter 2001-02-03T04:05:06.123456789Z set-times
show 'By path: utimensat(AT_FDCWD, "letter", times, 0)' \
    letter 2010-11-12T13:14:15.000000001Z set-times-at -c
letter=$(times "$dir/files/letter")
show 'The symbolic link itself: utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW)' \
    link 2038-01-19T03:14:08.987654321Z set-times-at -h
[ "$(times "$dir/files/letter")" = "$letter" ] || fail "the link's target should have kept its times"
printf '  %-7s still   %s\n' letter "$letter"
