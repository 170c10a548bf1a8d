#!/usr/bin/env bash
# Compiles examples/touch.c against the installed overlay, runs it, shows the times: demo.sh SDK SYSROOT PREFIX DIR
#
# DIR is made anew. The lines after a $ are what is run, so they can be typed again where the reader is,
# the directory of `make demo`. What they do is checked: a wrong time, or another host call, is a failure.
set -euo pipefail
export LC_ALL=C TZ=UTC0 WASMTIME_LOG=wasmtime_wasi::p2::bindings=trace NO_COLOR=1

fail() {
    echo "demo: $*" >&2
    exit 1
}

[ $# = 4 ] || fail "usage: demo.sh SDK SYSROOT PREFIX DIR"
sdk=$1 sysroot=${2#"$PWD/"} prefix=${3#"$PWD/"} dir=${4#"$PWD/"}
[[ $sdk != "$PWD"/* ]] || sdk="\$PWD/${sdk#"$PWD/"}" # the PATH needs whole names
rm -rf "$dir"
mkdir -p "$dir/files"

# typed COMMAND: shows it and runs it, in this shell; $output is what it says.
typed() {
    printf '  $ %s\n' "$1"
    eval "$1" >"$dir/output" 2>&1 || fail "failed: $(cat "$dir/output")"
    output=$(cat "$dir/output")
}

# times FILE: as the host's own stat has them, of a link itself.
times() { stat -c '%x, %y' "$dir/files/$1" | sed 's/ +0000//g'; }

# show WHAT FILE TIME CALL OPTION…: runs touch, and shows what became of FILE.
show() {
    local what=$1 file=$2 time=$3 call=$4 before after expected
    shift 4
    before=$(times "$file")
    printf '\n%s\n' "$what"
    typed "wasmtime run --dir \$DEMO/files::. \$DEMO/touch.wasm ${*:+$* }-d $time $file"
    after=$(times "$file")
    printf '  %-7s before  %s\n  %-7s after   %s\n' "$file" "$before" "$file" "$after"
    expected=$(sed 's/T/ /; s/Z$//' <<<"$time")
    [ "$after" = "$expected, $expected" ] || fail "$file should have $expected, $expected"
    # Of the two imports, those that the host's own log has.
    output=$(grep -o 'set-times[-a-z]*"}: [^ ]*: call' <<<"$output" | sed 's/".*//' | xargs)
    printf '  the host logged one call of [method]descriptor.%s\n' "$output"
    [ "$output" = "$call" ] || fail "the host should have been asked for one $call"
}

echo 'examples/touch.c, an ordinary C program, compiled with the overlay for WASI 0.2:'
typed "export PATH=$sdk/bin:\$PWD/.toolchain/bin:\$PATH"
typed "S=$sysroot DIR=$prefix DEMO=$dir"
typed "clang --target=wasm32-wasip2 --sysroot=\$S -isystem \$DIR/include/wasm32-wasip2 examples/touch.c \\
      @\$DIR/share/wasi-utimens/link.rsp \$DIR/lib/wasm32-wasip2/libwasi-utimens.a -o \$DEMO/touch.wasm"

printf '\nIt imports both ways to set times from wasi:filesystem:\n'
typed "wasm-tools component wit \$DEMO/touch.wasm"
for import in set-times set-times-at; do
    grep -m1 "^ *$import: func" <<<"$output" || fail "touch.wasm does not import $import"
done

echo hello >"$dir/files/letter"
ln -s letter "$dir/files/link"
printf "\nAccess and modification times, in UTC, from the host's stat:\n"
show 'Through a file descriptor: open, then futimens(fd, times)' \
    letter 2001-02-03T04:05:06.123456789Z set-times
show 'By path: utimensat(AT_FDCWD, "letter", times, 0)' \
    letter 2010-11-12T13:14:15.000000001Z set-times-at -c
letter=$(times letter)
show 'The symbolic link itself: utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW)' \
    link 2038-01-19T03:14:08.987654321Z set-times-at -h
[ "$(times letter)" = "$letter" ] || fail "the link's target should have kept its times"
printf '  %-7s still   %s\n' letter "$letter"
