# shellcheck shell=bash
# How pieces of .toolchain/ are fetched from package registries: sourced by what does it, at the top of the tree.
#
# A piece leaves a stamp with its pin when it is whole, so an interrupted run resumes and a second one
# does nothing.

top=$PWD/.toolchain
tmp=$top/tmp
export LC_ALL=C

program=$(basename "$0" .sh)
say() { echo "$program: $*"; }
warn() { echo "$program: warning: $*" >&2; }
fail() {
    echo "$program: $*" >&2
    exit 1
}

# reason: the line of the last command's output that says why it failed. pip names the package whose
# hash is another on the next line, cargo on a later one.
reason() {
    local line
    if line=$(grep -A1 'DO NOT MATCH THE HASHES' "$tmp/log"); then
        sed -En '$s/^ *([^ ]*).*/\1 is not, byte for byte, what the hashes of its pin say/p' <<<"$line"
    elif line=$(grep -m1 'failed to verify the checksum' "$tmp/log"); then
        echo "error: ${line#"${line%%[! ]*}"}"
    else
        grep -m1 -E '^(E:|W:|ERROR|error)' "$tmp/log" || tail -n1 "$tmp/log"
    fi
}

# try WHAT COMMAND…: silent, unless the command fails.
try() {
    local what=$1
    shift
    "$@" >"$tmp/log" 2>&1 || fail "$what: $(reason)"
}

# stamped PIECE PIN PATH: whether the piece is there, at this pin.
stamped() { [ -e "$3" ] && [ "$(cat "$top/stamps/$1" 2>/dev/null)" = "$2" ]; }
stamp() { echo "$2" >"$top/stamps/$1"; }

# place NEW PATH: a whole new tree in the place of an old one.
place() {
    mkdir -p "$(dirname "$2")"
    [ ! -e "$2" ] || mv "$2" "$tmp/old.${2##*/}.$RANDOM"
    mv "$1" "$2"
}

# keep PIECE PIN NEW PATH: the same, with its stamp.
keep() {
    place "$3" "$4"
    stamp "$1" "$2"
}

is_debian() { command -v apt-get >/dev/null; }
need_debian() { is_debian || fail "this is not Debian: ${1:-set WASI_SDK_PATH to a wasi-sdk}"; }

installed() { dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^installed //p'; }

# packages NAME=VERSION…: from the machine's own suites, the pinned version where they have it.
packages() {
    local pin name missing=() ask=() update=''
    for pin; do
        [ -n "$(installed "${pin%%=*}")" ] || missing+=("$pin")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] ||
        fail "not root, and Debian packages are missing: as root, apt-get install --no-install-recommends ${missing[*]%%=*}"
    say "installing ${missing[*]%%=*}"
    # Not the end yet: the source that fails may be another one.
    apt-get -q update -o APT::Update::Error-Mode=any >"$tmp/log" 2>&1 || update=" (no network? apt-get update: $(reason))"
    for pin in "${missing[@]}"; do
        name=${pin%%=*}
        if apt-cache madison "$name" | grep -qF " ${pin#*=} "; then
            ask+=("$pin")
        else
            ask+=("$name")
        fi
    done
    try "cannot install ${missing[*]%%=*}$update" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qy -o DPkg::Lock::Timeout=600 install --no-install-recommends "${ask[@]}"
    for pin in "${missing[@]}"; do
        name=${pin%%=*}
        [ "$(installed "$name")" = "${pin#*=}" ] ||
            warn "Debian has $name $(installed "$name") now, not ${pin#*=} as pinned: going on with it"
    done
}

# suite NAME deb|deb-src: sets apt_options to a private apt that knows only this suite, on the
# machine's own mirror. The machine's apt is left alone; signatures stay checked, but the versions
# being pinned, an index past its date serves as well. Status 1: the mirror answers, and has no such suite.
suite() {
    local dir=$tmp/apt-$1-$2 mirror target=Packages
    [ "$2" = deb ] || target=Sources
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    apt_options=(-q -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root
        -o APT::Update::Error-Mode=any -o Acquire::Retries=2 -o Acquire::Check-Valid-Until=false)
    # shellcheck disable=SC2016 # apt's own variables
    local mirrors=(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian')
    mirror=$("${mirrors[@]}" | sed -n 1p)
    if [ -z "$mirror" ]; then # apt knows who is who only after an update
        apt-get "${apt_options[@]}" update >"$tmp/log" 2>&1 || true
        mirror=$("${mirrors[@]}" "${apt_options[@]}" | sed -n 1p)
        [ -n "$mirror" ] || fail "no Debian mirror answers among this machine's apt sources (no network?): $(reason)"
    fi
    echo "$2 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg lang=none target=$target] $mirror $1 main" \
        >"$dir/sources.list"
    apt_options+=(-o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=-)
    apt-get "${apt_options[@]}" update >"$tmp/log" 2>&1 && return
    ! grep -q 'have a Release file' "$tmp/log" || return 1
    fail "cannot fetch the index of Debian's suite $1 (no network?): $(reason)"
}

# source_package NAME SUITE=VERSION: the files of a Debian source package, in $tmp/NAME, with the
# upstream tarball as $tarball: of the pinned version, or where the suite has it no more, of another.
# Status 1: there is none.
source_package() {
    local name=${2%%=*} pinned=${2#*=} dir=$tmp/$1
    need_debian "$1 comes from Debian's source package"
    suite "$name" deb-src || return 1
    rm -rf "$dir"
    mkdir "$dir"
    download() { (cd "$dir" && apt-get "${apt_options[@]}" source --download-only "$1") >"$tmp/log" 2>&1; }
    if ! download "$1=$pinned"; then
        download "$1" || return 1
        warn "Debian's $name has $(cd "$dir" && echo *.dsc) now, not $1 $pinned as pinned: going on with it"
    fi
    tarball=$(echo "$dir/$1"_*.orig.tar.*[!c])
}

# source_tree NAME SUITE=VERSION TAR_OPTION…: .toolchain/src/NAME, from the upstream source as it is.
source_tree() {
    local tarball
    ! stamped "$1" "$2" "$top/src/$1" || return 0
    say "the source of $1"
    source_package "$1" "$2" || fail "cannot fetch the source of $1 from Debian's ${2%%=*} (no network?): $(reason)"
    mkdir "$tmp/$1/src"
    tar -xf "$tarball" -C "$tmp/$1/src" "${@:3}"
    keep "$1" "$2" "$tmp/$1/src" "$top/src/$1"
}

# assemble KIND 'ALL…' NAME…: KIND_NAME of each, one after the other, with a fresh $tmp; no other run beside this one.
assemble() {
    local kind=$1 all=$2 name
    shift 2
    for name; do
        [[ " $all " = *" $name "* ]] || fail "no $kind $name: there are $all"
    done
    if ! mkdir -p "$top/stamps" 2>/dev/null || [ ! -w "$top" ]; then
        fail "cannot write to $top"
    fi
    exec 9>"$top/lock"
    flock -n 9 || {
        say "waiting for another run"
        flock 9
    }
    rm -rf "$tmp" # a killed run's
    mkdir "$tmp"
    trap 'rm -rf "$tmp"' EXIT
    trap 'exit 130' INT TERM
    for name; do
        "${kind}_$name"
    done
}
