# shellcheck shell=bash
# How other people's programs are built: sourced by what does it, at the top of the tree.

unset MAKEFLAGS MFLAGS MAKELEVEL # our make's rules are not theirs
program=$(basename "$0" .sh)
say() { echo "$program: $*"; }

# fail LOG WHAT
fail() {
    tail -n 15 "$1" >&2
    echo "$program: $2: see $1" >&2
    exit 1
}

# logged LOG WHAT COMMAND…
logged() {
    local log=$1 what=$2
    shift 2
    "$@" >"$log" 2>&1 </dev/null || fail "$log" "$what fails"
}

# made DIR PIN WHAT COMMAND…: DIR, made anew by the command, unless it was with this PIN.
made() {
    local dir=$1 stamp=$2 what=$3
    shift 3
    [ "$(cat "$dir/settled" 2>/dev/null)" != "$stamp" ] || return 0
    rm -rf "$dir"
    mkdir -p "$dir"
    say "$what"
    "$@"
    echo "$stamp" >"$dir/settled"
}

# relinked PROGRAM SYSROOT: gone, where its libc.a is newer.
relinked() { [ ! "$2/lib/wasm32-wasip2/libc.a" -nt "$1" ] || rm -f "$1"; }
