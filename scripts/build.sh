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

# settled DIR PIN: whether DIR was configured for PIN. If it was configured for another, it is removed.
settled() {
    [ "$(cat "$1/settled" 2>/dev/null)" != "$2" ] || return 0
    rm -rf "$1"
    mkdir -p "$1"
    return 1
}
