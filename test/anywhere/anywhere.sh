#!/usr/bin/env bash
# Tries the project in other places: anywhere.sh [PLACE…], by default every one below. T=… is passed on to make test.
#
# In a place `make demo` and `make test` are run in a copy of this tree, whose scratch files are there
# too. What is fetched is not fetched again, except by bare-debian. A place that cannot be had here is
# named at the end, and counts neither way.
set -euo pipefail
cd "$(dirname "$0")/../.."
tree=$PWD
places=(tmpfs ext4 xfs btrfs user debian-python newest-python umask locale no-locale timezone
    space two-makes bare-debian tampered-deb)
[ $# -gt 0 ] || set -- "${places[@]}"
for place; do
    [[ " ${places[*]} " = *" $place "* ]] || {
        echo "anywhere: no place $place: there are ${places[*]}" >&2
        exit 1
    }
done
unset TREE_LOCKED MAKEFLAGS MFLAGS MAKELEVEL # our make's lock and flags are not those of the copies
export T=${T:-test}

scratch=$(mktemp -d)
chmod 755 "$scratch"
clean_up() {
    local mounted
    awk -v top="$scratch/" 'index($2, top) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mounted; do
        # What a make left in the background ends soon after it.
        for _ in {1..20}; do
            ! umount "$mounted" 2>/dev/null || break
            sleep 0.5
        done
    done
    rm -rf --one-file-system "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# A place's function calls this where this machine cannot try it.
cannot() {
    echo "$1" >"$here/why"
    return 77
}
is_root() { [ "$(id -u)" = 0 ] || cannot "only root can"; }
has() {
    local tool
    for tool; do
        command -v "$tool" >/dev/null || cannot "no $tool here" || return
    done
}

# copy DIR: this tree, with a toolchain of links to what this one has fetched.
copy() {
    local piece
    mkdir -p "$1/tree/.toolchain" "$1/tmp"
    chmod 1777 "$1/tmp"
    # Status 1: a file changed meanwhile, as a log may.
    { tar -C "$tree" --exclude=./{.toolchain,build/{cpython,clients,dist,anywhere}} -c . || [ $? = 1 ]; } |
        tar -C "$1/tree" --warning=no-timestamp -x
    for piece in "$tree"/.toolchain/*; do
        case ${piece##*/} in
        stamps) cp -r "$piece" "$1/tree/.toolchain/" ;;
        lock | tmp) ;;
        *) ln -s "$piece" "$1/tree/.toolchain/" ;;
        esac
    done
}

# without_venv DIR: as copy made it, but for Python's packages.
without_venv() { rm -r "$1"/tree/.toolchain/{venv,bin,stamps/venv}; }

# suite DIR COMMAND…: what a newcomer types, in the copy there, by way of a command such as env.
suite() {
    local dir=$1
    shift
    # shellcheck disable=SC2016 # for that bash
    (cd "$dir/tree" && "$@" env TMPDIR="$dir/tmp" bash -c 'make demo && make test T="$T"') >>"$log" 2>&1
    grep -qE '^[0-9]+ passed, 0 failed' "$log"
}

# mounted WORD…: on what mount(8) makes of these words.
mounted() {
    mkdir "$here/mounted"
    mount "$@" "$here/mounted" 2>>"$log" || cannot "cannot mount it" || return
    copy "$here/mounted"
    suite "$here/mounted" env
}

# filesystem MKFS…: on a new filesystem in a file.
filesystem() {
    is_root && has "$1" || return
    truncate -s 4G "$here/image"
    "$@" "$here/image" >>"$log" 2>&1
    mounted -o loop "$here/image"
}
try_ext4() { filesystem mkfs.ext4 -q; }
try_xfs() { filesystem mkfs.xfs -q; }
try_btrfs() { filesystem mkfs.btrfs -q; }
try_tmpfs() {
    is_root || return
    mounted -t tmpfs tmpfs
}

# As nobody, who cannot read root's files: the toolchain is fetched anew.
try_user() {
    is_root && has setpriv || return
    copy "$here"
    rm -r "$here/tree/.toolchain" "$here/tree/build"
    mkdir "$here/home" "$here/bin"
    cp "$tree/.toolchain/wasi-sdk/bin/wasm-component-ld" "$here/bin/" # which only root may install a compiler for
    chown -R nobody "$here"
    suite "$here" setpriv --reuid=nobody --regid=nogroup --clear-groups env -i LANG="${LANG:-C.UTF-8}" T="$T" \
        HOME="$here/home" PATH="$here/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

# python PROGRAM: with this python3.
python() {
    copy "$here"
    without_venv "$here"
    mkdir "$here/bin"
    printf '#!/bin/sh\nexec %s "$@"\n' "$1" >"$here/bin/python3"
    chmod +x "$here/bin/python3"
    suite "$here" env PATH="$here/bin:$PATH"
}
version() { "$1" -c 'import sys; print(".".join(map(str, sys.version_info[:3])))'; }
try_debian-python() {
    [ -x /usr/bin/python3 ] || cannot "no /usr/bin/python3" || return
    python /usr/bin/python3
}
try_newest-python() {
    local newest
    newest=$(for python in ~/.pyenv/versions/*/bin/python3 /usr/bin/python3 /usr/local/bin/python3; do
        [ ! -x "$python" ] || echo "$(version "$python") $python"
    done | sort -V | tail -n 1)
    [ "${newest%% *}" != "$(version python3)" ] || cannot "python3 is the newest here" || return
    python "${newest#* }"
}

# surroundings COMMAND…: by way of a command such as env.
surroundings() {
    copy "$here"
    suite "$here" "$@"
}
# shellcheck disable=SC2016 # for that sh
try_umask() { surroundings sh -c 'umask 077 && exec "$@"' sh; }
try_locale() { surroundings env -u LC_ALL LANG=de_DE.UTF-8; }
try_no-locale() { surroundings env -u LC_ALL -u LANG; }
try_timezone() { surroundings env TZ=Asia/Kathmandu; }

# One line that says so, at once.
try_space() {
    local status=0
    mkdir "$here/a b"
    copy "$here/a b"
    make -C "$here/a b/tree" demo >>"$log" 2>"$here/said" || status=$?
    cat "$here/said" >>"$log"
    [ "$status" = 2 ] && [ "$(grep -c . "$here/said")" = 1 ] && grep -q 'a space is in its name' "$here/said"
}

# Each starts from nothing and makes all of it.
try_two-makes() {
    local first status=0
    copy "$here"
    rm -rf "$here/tree/build"
    (cd "$here/tree" && make test-build) >>"$here/first" 2>&1 &
    first=$!
    (cd "$here/tree" && make test-build && make examples) >>"$here/second" 2>&1 || status=$?
    wait "$first" || status=$?
    cat "$here/first" "$here/second" >>"$log"
    return "$status"
}

# Debian 12 as debootstrap leaves it, with what README asks for. The network is this machine's.
try_bare-debian() {
    local root=$here/root mirror security
    is_root && has debootstrap || return
    # shellcheck disable=SC2016 # apt's own variable
    target() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Label: $1" | sed -n 1p; }
    mirror=$(target Debian) security=$(target Debian-Security)
    [ -n "$mirror" ] && [ -n "$security" ] || cannot "no Debian mirror among this machine's apt sources" || return
    debootstrap --variant=minbase --include=git,make,python3,ca-certificates bookworm "$root" "$mirror" >>"$log" 2>&1 ||
        cannot "debootstrap: $(tail -n 1 "$log")" || return
    printf 'deb %s bookworm main\n' "$mirror" >"$root/etc/apt/sources.list"
    printf 'deb %s bookworm-security main\n' "$security" >>"$root/etc/apt/sources.list"
    cp /etc/resolv.conf "$root/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    copy "$root/home"
    rm -r "$root/home/tree/.toolchain" "$root/home/tree/build"
    # shellcheck disable=SC2016 # for that bash
    chroot "$root" env -i T="$T" HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        bash -c 'cd /home/tree && make demo && make test T="$T"' >>"$log" 2>&1
    grep -qE '^[0-9]+ passed, 0 failed' "$log"
}

try_tampered-deb() { test/anywhere/tampered-deb.sh "$here" >>"$log" 2>&1; }

passed=0 failed=0 untried=()
mkdir -p build/anywhere
for place; do
    here=$scratch/$place log=$tree/build/anywhere/$place.log status=0
    mkdir "$here"
    : >"$log"
    echo "anywhere: $place (build/anywhere/$place.log)"
    # Not `|| status=$?`, under which a failing step would not end the function.
    set +e
    (
        set -e
        "try_$place"
        exit
    )
    status=$?
    set -e
    case $status in
    0) passed=$((passed + 1)) ;;
    77) untried+=("$place ($(cat "$here/why"))") ;;
    *)
        failed=$((failed + 1))
        tail -n 20 "$log"
        ;;
    esac
    clean_up
    mkdir -m 755 "$scratch"
done
for place in ${untried[@]+"${untried[@]}"}; do
    echo "anywhere: not tried here: $place"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
