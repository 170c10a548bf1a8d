#!/usr/bin/env bash
# A Debian mirror where a byte of wasi-libc is another, and one where a byte of the index is: tampered-deb.sh SCRATCH
#
# The mirror is of one package, with the signed index of the real one, which is fetched.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$1
# shellcheck source=scripts/versions.env
. scripts/versions.env
# shellcheck source=scripts/fetch.sh
. scripts/fetch.sh
tmp=$scratch/tmp
mkdir -p "$tmp"

pin=${WASI_LIBC[1]}
name=${pin%%=*}
suite "$name" deb || fail "no suite $name"
mirror=$scratch/mirror dists=dists/$name
mkdir -p "$mirror/$dists/main"
cp "$tmp/apt-$name-deb/lists"/*_InRelease "$mirror/$dists/InRelease"
(cd "$scratch" && apt-get "${apt_options[@]}" download "wasi-libc=${pin#*=}")
index=$(echo "$tmp/apt-$name-deb/lists"/*_Packages*)
place=$(apt-cache "${apt_options[@]}" show "wasi-libc=${pin#*=}" | sed -n 's/^Filename: //p')
mkdir -p "$mirror/$(dirname "$place")" "$mirror/$dists/main/binary-$(dpkg --print-architecture)"
cp "$scratch"/wasi-libc_*.deb "$mirror/$place"
/usr/lib/apt/apt-helper cat-file "$index" >"$mirror/$dists/main/binary-$(dpkg --print-architecture)/Packages"

cat >"$scratch/sources.list" <<END
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg lang=none target=Packages] copy:$mirror $name main
END
cat >"$scratch/apt.conf" <<END
Dir::Etc::sourcelist "$scratch/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$scratch/lists";
Dir::Etc::parts "/dev/null";
END

# fetch TREE: the sysroot, from that mirror alone.
fetch() {
    mkdir -p "$1"
    cp -r scripts "$1/"
    sed -i "/^WASI_LIBC=(/,/^)/c WASI_LIBC=('$pin')" "$1/scripts/versions.env"
    APT_CONFIG=$scratch/apt.conf "$1/scripts/toolchain.sh" sysroots
}

# refused WHAT: it was, by one line that says what it is.
refused() {
    local said
    ! said=$(fetch "$scratch/$1" 2>&1 >/dev/null) || fail "$1: taken as it is"
    echo "$said"
    [ "$(wc -l <<<"$said")" = 1 ] || fail "$1: not one line"
    [[ $said = *"$2"* ]] || fail "$1: no line that names $2"
    [ -z "$(ls -A "$scratch/$1/.toolchain/sysroots" 2>/dev/null)" ] || fail "$1: kept"
}

# tamper FILE: another byte in the middle.
tamper() { printf '\377' | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") / 2)) conv=notrunc status=none; }

fetch "$scratch/as-it-is"
cp "$mirror/$place" "$scratch/right.deb"
tamper "$mirror/$place"
refused deb wasi-libc
cp "$scratch/right.deb" "$mirror/$place"
tamper "$mirror/$dists/InRelease"
refused index "$name"
