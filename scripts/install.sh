#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs wasi-utimens, or takes it away: `install.sh --help`. For a release, and for `make install`.
#
# All of it or nothing: what is installed is copied beside its place and compared, then moved. A
# manifest has what an installation wrote, with sums, and the directories that it made. What is there
# otherwise than a manifest says is another's: it is never replaced and never removed.
set -euf
# Words end at line breaks alone.
IFS='
'
newline=$IFS
export LC_ALL=C
unset CDPATH
umask 022

name=install
fail() { # WHY…, of which the first line is said
    why=$*
    printf '%s: %s\n' "$name" "${why%%"$newline"*}" >&2
    exit 1
}

# try COMMAND…: what it says is in `said`; where it fails that is why.
try() {
    said=$("$@" 2>&1) || fail "${said:-$1 failed}"
}

# --- What is asked for -------------------------------------------------------

# from: what `make` has built for a sysroot
sysroot='' sdk='' prefix='' from='' uninstall=''
while [ $# -gt 0 ]; do
    case $1 in
    --help)
        cat <<'END'
usage: install.sh --sysroot DIR --prefix DIR   what this sysroot's wasi-libc needs
       install.sh --sdk DIR --prefix DIR       the same, by the sysroot of a wasi-sdk
       install.sh --uninstall --prefix DIR     what was installed there gone, and nothing else
DESTDIR, where it is set, goes before the prefix.
END
        exit
        ;;
    --uninstall) uninstall=yes name=uninstall ;;
    --sysroot | --sdk | --prefix | --from)
        case ${2:-} in
        '') fail "$1 is empty: name a directory" ;;
        *"$newline"*) fail "$1 has a line break in its name: name another directory" ;;
        /*) directory=$2 ;;
        *) directory=$PWD/$2 ;;
        esac
        eval "${1#--}=\$directory"
        shift
        ;;
    *) fail "no option $1: see install.sh --help" ;;
    esac
    shift
done

# A release has a package for each generation beside this file.
case $0 in
/*) here=${0%/*} ;;
*/*) here=$PWD/${0%/*} ;;
*) here=$PWD ;;
esac
package=$from
if [ -z "$uninstall$package" ]; then
    [ -n "$sysroot$sdk" ] || fail "for which wasi-libc? Name a --sysroot, or a wasi-sdk as --sdk"
    [ -z "$sdk" ] || [ -x "$sdk/bin/llvm-nm" ] || fail "$sdk is no wasi-sdk: it has no bin/llvm-nm"
    generation=$(WASI_SDK_PATH=${sdk:-${WASI_SDK_PATH:-}} sh "$here/generation.sh" "${sysroot:-$sdk/share/wasi-sysroot}")
    package=$here/$generation
    [ -d "$package" ] || fail "this release has nothing for $generation"
fi

[ -n "$prefix" ] || fail "where to? Name a --prefix"
prefix=${prefix%/}
case ${DESTDIR:-/} in
*"$newline"*) fail "DESTDIR has a line break in its name: name another directory" ;;
/*) target=${DESTDIR:-}$prefix ;;
*) target=$PWD/$DESTDIR$prefix ;;
esac
target=${target:-/}

# --- What is there -----------------------------------------------------------

# From here on the working directory is the prefix. The lines of a manifest are "SUM SIZE FILE", as
# cksum prints it, and "directory DIR" for what an installation made; a DIR above the prefix is absolute.
manifest=share/wasi-utimens/manifest

files() { # none of them outside, whoever wrote the manifest
    for line in $1; do
        case $line in
        *' /'* | *..*) ;;
        [0-9]*) printf '%s\n' "${line#* * }" ;;
        esac
    done
}

has_line() {
    case $newline$1$newline in
    *"$newline$2$newline"*) ;;
    *) return 1 ;;
    esac
}

is_there() { [ -e "$1" ] || [ -h "$1" ]; }

# missing DIR: it and those above it that are not there, from the top.
missing() {
    [ ! -d "$1" ] || return 0
    ! is_there "$1" || fail "$1 is no directory"
    case $1 in ?*/*) missing "${1%/*}" ;; esac
    printf '%s\n' "$1"
}

# Whether this was installed before there were manifests. A sysroot that holds the overlay is not that.
is_early() {
    [ ! -e $manifest ] && [ -e share/wasi-utimens/link.rsp ] && [ ! -e lib/wasm32-wasip2/libc.a ] &&
        grep -qs WASI_UTIMENS_SYS_TIME_H include/wasm32-wasip2/sys/time.h
}

# look FILES: sets `old`, the lines of the manifest that is there, and `ours`, the files that are as
# it says. That one of FILES is there and is none of those is refused.
look() {
    old='' ours='' there=''
    if [ -e $manifest ]; then
        try cat $manifest
        old=$said
    fi
    for file in $(files "$old") $1; do
        is_there "$file" || continue
        if [ ! -f "$file" ] || [ -h "$file" ]; then
            fail "$target/$file is no plain file: name another prefix"
        fi
        has_line "$there" "$file" || there=$there$newline$file
    done
    [ -n "$there" ] || return 0
    # shellcheck disable=SC2086 # a word a line, here and below
    try cksum $there
    sums=$said
    ! is_early || old=$sums
    for line in $sums; do
        if has_line "$old" "$line"; then
            ours=$ours$newline${line#* * }
        elif has_line "$1" "${line#* * }"; then
            fail "$target/${line#* * } is not as wasi-utimens installs it: name another prefix"
        fi
    done
}

# --- Done, or undone ---------------------------------------------------------

# Where an installation is made ready. Whoever could make it has the lock.
stage=.wasi-utimens-installing
locked='' aside='' placed='' above='' below=''

lock() {
    tries=0
    until said=$(mkdir "$target/$stage" 2>&1); do
        tries=$((tries + 1))
        if [ ! -d $stage ]; then
            [ $tries -lt 20 ] || fail "$said"
        else
            [ $tries -lt 20 ] || fail "another one is at work in $target; if none is, remove its $stage"
            sleep 1 || :
        fi
    done
    locked=yes
}

# remove_directories DIRS: those that are empty, the last first.
remove_directories() {
    cd / # it may be one of them
    backwards='' left=''
    for directory in $1; do
        backwards=$directory$newline$backwards
    done
    for directory in $backwards; do
        case $directory in
        /*) case $target/ in "$directory"/*) ;; *) continue ;; esac ;;
        .) directory=$target ;;
        *) directory=$target/$directory ;;
        esac
        if [ -d "$directory" ] && [ -z "$(ls -A "$directory")" ]; then
            rmdir "$directory" 2>/dev/null || left="$directory is empty and cannot be removed"
        fi
    done
}

# What did not come to its end leaves all as it was.
undo() {
    status=$?
    trap '' HUP INT TERM
    for file in $placed; do
        rm -f "$file" || :
    done
    for file in $aside; do
        [ ! -e "$stage/old/$file" ] || mv -f "$stage/old/$file" "$file" || locked=''
    done
    [ -z "$locked" ] || rm -rf $stage || :
    remove_directories "$above$newline$below"
    exit $status
}

write() { # FILE LINES
    printf '%s\n' "$2" >"$1" && [ "$(cat "$1")" = "$2" ]
}

# shellcheck disable=SC2086
install_package() {
    try cat "$package/$manifest"
    lines=$said
    new=$(files "$lines")
    [ -n "$new" ] || fail "$package/$manifest is empty"
    # First without a trace, if nobody else is at work here.
    above=$(missing "$target")
    if [ -z "$above" ] && [ ! -d "$target/$stage" ]; then
        said=$(cd "$target" && look "$new" 2>&1) || [ -d "$target/$stage" ] || fail "${said#install: }"
    fi
    try mkdir -p "$target"
    cd "$target"
    lock
    look "$new"

    directories=''
    for file in $new; do
        directories=$directories$newline$(missing "${file%/*}")
    done
    for directory in $directories; do
        has_line "$below" "$directory" || below=$below$newline$directory
    done
    # From the top, since they are removed the last first: of several at once the first to lock need not
    # be the one that made the prefix.
    made=''
    for directory in $above; do
        case $directory in
        "$target") directory=. ;;
        *) [ -z "${DESTDIR:-}" ] || continue ;;
        esac
        made=${made}directory\ $directory$newline
    done
    for line in $old; do
        case $line in directory*) made=$made$line$newline ;; esac
    done
    for directory in $below; do
        made=${made}directory\ $directory$newline
    done

    # Everything is written before anything is changed.
    try mkdir $stage/new
    try cp -RL "$package/." $stage/new
    try chmod -R u+rwX $stage/new # what it was copied from may be read-only
    (
        cd $stage/new
        try chmod 644 $new
        try cksum $new
        [ "$said" = "$lines" ] || fail "what was copied is not what $package/$manifest says"
    )
    kept=$stage/old/${manifest%/*}
    for file in $ours; do
        kept=$kept$newline$stage/old/${file%/*}
    done
    try mkdir -p $kept
    [ ! -e $manifest ] || try cp $manifest $stage/old/$manifest
    # Until the end the manifest has both the old files and the new.
    try write $stage/both "$made$old$newline$lines"
    try write $stage/manifest "$made$lines"

    [ -z "$below" ] || try mkdir -p $below
    aside=$manifest placed=$manifest
    try mv -f $stage/both $manifest
    for file in $ours; do
        aside=$aside$newline$file
        try mv -f "$file" "$stage/old/$file"
    done
    for file in $new; do
        placed=$placed$newline$file
        try mv -f "$stage/new/$file" "$file"
    done
    try cksum $new
    [ "$said" = "$lines" ] || fail "what is in $target is not what was put there"
    try mv -f $stage/manifest $manifest
    trap - EXIT
    try rm -rf $stage
    echo "install: wasi-utimens is in $target"
}

# shellcheck disable=SC2086
uninstall() {
    if [ ! -e "$target/$manifest" ]; then
        [ ! -e "$target/share/wasi-utimens/link.rsp" ] ||
            fail "$target has no $manifest: install there again, and that can be uninstalled"
        echo "uninstall: nothing of wasi-utimens is in $target"
        return
    fi
    cd "$target"
    lock
    look ''
    [ -z "$ours" ] || try rm -f $ours
    for file in $(files "$old"); do
        [ ! -e "$file" ] || echo "uninstall: $target/$file was changed since, and stays" >&2
    done
    try rm -f $manifest
    try rm -rf $stage
    locked='' made=''
    for line in $old; do
        case $line in directory*) made=$made${line#* }$newline ;; esac
    done
    remove_directories "$made"
    [ -z "$left" ] || fail "$left"
    echo "uninstall: wasi-utimens is no longer in $target"
}

trap undo EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
if [ -n "$uninstall" ]; then
    uninstall
else
    install_package
fi
