# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the compatibility table, every cell from a run of examples/utimes-probe.c: matrix.py FILE

`make matrix` has set up all that is looked for here. The same hosts give the same file, whenever it
is written.
"""

import itertools
import json
import os
import platform
import signal
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import toolbox

HOSTS = toolbox.TOOLCHAIN / "hosts"
ERROR_HOST = toolbox.ROOT / "test/host/error_host.py"

BUILDS = {toolbox.WRAP: "libwasi-utimens.a", toolbox.WRAP_NOFD: "libwasi-utimens-nofd.a"}
FORMS = {"fd": "Through a file descriptor", "path": "By path"}


class Failure(Exception):
    pass


@dataclass(frozen=True)
class Host:
    name: str
    # The command that runs a guest in a directory, which becomes the guest's ".".
    command: Callable[[Path, Path], list[str | Path]]


@dataclass(frozen=True)
class Run:
    host: str
    build: str
    snapshot: str


def hosts(scratch: Path) -> Iterator[Host]:
    programs = sorted(HOSTS.glob("wasmtime-*/wasmtime_cli/wasmtime"))
    yield from map(wasmtime_cli, [*programs, toolbox.WASMTIME])
    library = f"wasmtime-py {version('wasmtime')}"
    yield Host(library, lambda guest, d: [sys.executable, ERROR_HOST, f"--dir={d}::.", guest])
    yield Host(
        f"{library} with a `set-times` that answers `unsupported`",
        lambda guest, d: [sys.executable, ERROR_HOST, "--set-times=unsupported", f"--dir={d}::.", guest],
    )
    if (HOSTS / "jco").exists():
        yield jco(HOSTS / "jco/node_modules", scratch)


def wasmtime_cli(program: Path) -> Host:
    name = " ".join(toolbox.run([str(program), "--version"]).stdout.split()[:2])
    return Host(name, lambda guest, d: [program, "run", "--dir", f"{d}::.", guest])


def jco(modules: Path, scratch: Path) -> Host:
    """jco's own host has no option for directories: a module does it, which must see jco's packages."""
    (scratch / "node_modules").symlink_to(modules)
    program = modules / ".bin/jco"
    preopen = scratch / "preopen.mjs"
    preopen.write_text(
        'import { _setPreopens } from "@bytecodealliance/preview2-shim/filesystem";\n'
        '_setPreopens({ ".": process.env.GUEST_DIRECTORY });\n'
    )

    def version_of(package: str) -> str:
        return json.loads((modules / "@bytecodealliance" / package / "package.json").read_text())["version"]

    node = toolbox.run(["node", "--version"]).stdout.strip("v\n").partition(".")[0]
    name = f"jco {version_of('jco')} with preview2-shim {version_of('preview2-shim')} on Node {node}"
    return Host(
        name,
        lambda guest, d: ["env", f"GUEST_DIRECTORY={d}", program, "run", "--jco-import", preopen, guest],
    )


def run(
    host: Host, guest: Path, directory: Path, *args: str, patience: int = 60
) -> tuple[int | None, str, str]:
    """Exit status, standard output and error; the status is None where the host had to be stopped."""
    command = [str(word) for word in [*host.command(guest, directory), *args]]
    process = subprocess.Popen(
        command,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # a host may have children
        return None, *process.communicate()
    return process.returncode, *output


def probe(host: Host, guest: Path, directory: Path) -> list[dict]:
    status, stdout, stderr = run(host, guest, directory, "--json")
    if status != 0:
        how = "hangs" if status is None else f"ends with status {status}: {stderr.strip()}"
        raise Failure(f"{host.name}: the probe {how}")
    if left := list(directory.iterdir()):
        raise Failure(f"{host.name}: the probe left {left[0].name} behind")
    return json.loads(stdout)["results"]


@dataclass(frozen=True)
class Special:
    """A file such as no guest can make, so the probe does not try it: touch does."""

    title: str
    make: Callable[[Path], None]
    options: tuple[str, ...]
    # What the host runs under, with the file's directory as $0; where that is not allowed, it is not tried.
    under: str = 'exec "$@"'


def another_users(file: Path) -> None:
    file.touch()
    file.chmod(0o666)
    os.chown(file, 65534, 65534)


DATE = 1000003
# Root without the right to do as owners do is a user who may write the file and owns it not.
NO_OWNER = 'exec setpriv --bounding-set=-fowner --inh-caps=-fowner "$@"'
READ_ONLY = """exec unshare --mount sh -ec 'mount --bind "$0" "$0"
    mount -o remount,bind,ro "$0"
    exec "$@"' "$0" "$@" """
SPECIALS = [
    Special("A FIFO that nobody opens", os.mkfifo, ("-c", f"-d@{DATE}")),
    Special("That FIFO itself, `AT_SYMLINK_NOFOLLOW`", os.mkfifo, ("-ch", f"-d@{DATE}")),
    Special("Another user's file that we may write, both times now", another_users, ("-c",), NO_OWNER),
    Special("A file of a read-only mount", Path.touch, ("-c", f"-d@{DATE}"), READ_ONLY),
]


def try_special(special: Special, host: Host, touch: Path, directory: Path) -> str:
    file = directory / "file"

    def under(command: list[str | Path]) -> list[str | Path]:
        return ["sh", "-c", special.under, directory, *command]

    try:
        special.make(file)
        toolbox.run([str(word) for word in under(["true"])])
    except (PermissionError, AssertionError):
        return "not tried: not allowed to set it up"
    os.utime(file, (0, 0))
    here = Host(host.name, lambda guest, d: under(host.command(guest, d)))
    status, _, stderr = run(here, touch, directory, *special.options, file.name, patience=20)
    modified = file.stat().st_mtime
    file.unlink()
    if status is None:
        return "hangs"
    if status != 0:
        return stderr.splitlines()[0].rpartition(": ")[2]
    expected = DATE if f"-d@{DATE}" in special.options else time.time()
    return "works" if abs(modified - expected) < 60 else "**wrong**"


def cell(result: dict) -> str:
    match result["verdict"]:
        case "works":
            return "works"
        case "refused":
            return result["errno"]
        case "wrong":
            return f"**wrong**: {result['reason']}"
        case "not tried":
            return f"not tried: {result.get('errno') or result['reason']}"
    raise Failure(f"the probe has a new verdict: {result['verdict']}")


def keys_of_same(values: dict) -> dict:
    """From key → values to tuple of values → keys."""
    keys: dict = {}
    for key, those in values.items():
        keys.setdefault(tuple(those), []).append(key)
    return keys


def in_few_lines(runs: list[Run]) -> Iterator[tuple[list[str], list[str], tuple[str, ...]]]:
    """Hosts, builds and snapshots, each with all of the others, that make up `runs`."""
    of_host: dict[str, list[tuple[str, str]]] = {}
    for r in runs:
        of_host.setdefault(r.host, []).append((r.build, r.snapshot))
    for pairs, names in keys_of_same(of_host).items():
        of_build: dict[str, list[str]] = {}
        for build, snapshot in pairs:
            of_build.setdefault(build, []).append(snapshot)
        for snapshots, builds in keys_of_same(of_build).items():
            yield names, builds, snapshots


def in_few_words(names: Iterable[str]) -> str:
    """Names one after the other, a first word that they share only once."""
    words = ""
    for program, same in itertools.groupby(names, key=lambda name: name.partition(" ")[0]):
        words += (
            ", " * bool(words) + f"{program} " + ", ".join(name.removeprefix(f"{program} ") for name in same)
        )
    return words


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def table(results: dict[Run, list[dict]], specials: dict[str, list[str]]) -> str:
    columns = keys_of_same({r: map(cell, those) for r, those in results.items()})
    letters = dict(zip(string.ascii_uppercase[: len(columns)], columns.values(), strict=True))

    text = row("", "host", "overlay", "wasi-libc") + row(*["---"] * 4)
    for letter, runs in letters.items():
        for names, builds, snapshots in in_few_lines(runs):
            every = len(snapshots) == len(toolbox.SNAPSHOTS)
            text += row(
                f"**{letter}**",
                in_few_words(names),
                " or ".join(f"`{BUILDS[build]}`" for build in builds),
                "all" if every else ", ".join(snapshots),
            )

    labels = [(result["id"].partition("-")[0], result["label"]) for result in next(iter(results.values()))]
    rows = [(form, label, cells) for (form, label), *cells in zip(labels, *columns, strict=True)]
    for form, title in FORMS.items():
        text += f"\n## {title}\n\n" + row("", *letters) + row(*["---"] * (1 + len(letters)))
        for cells, alike in itertools.groupby((r for r in rows if r[0] == form), key=lambda r: r[2]):
            text += row("; ".join(label for _, label, _ in alike), *cells)

    text += "\n## How wrong a time is\n\n" + row("", "", "asked for", "found") + row(*["---"] * 4)
    examples: dict[tuple[str, ...], list[str]] = {}
    for letter, runs in letters.items():
        reasons: dict[str, tuple[str, ...]] = {}
        for (form, label), result in zip(labels, results[runs[0]], strict=True):
            if "asked" in result:
                line = (f"{FORMS[form].lower()}, {label}", result["asked"], result["found"])
                reasons.setdefault(result["reason"], line)
        for line in reasons.values():
            examples.setdefault(line, []).append(letter)
    for line, those in examples.items():
        text += row(", ".join(those), *line)

    text += "\n## Files of special kinds, by path\n\n"
    text += row("", *(special.title for special in SPECIALS)) + row(*["---"] * (1 + len(SPECIALS)))
    for cells, names in keys_of_same(specials).items():
        text += row(in_few_words(names), *cells)
    return text


HEAD = """# What each host does

Written by `make matrix`; every cell is what a run of
[`utimes-probe`](../examples/utimes-probe.c) found, on {system}. To try a host of yours, compile it
with `make examples` and type `host run --dir . utimes-probe.wasm`.

**works**: the time is set, as reading it back shows, to the nanosecond. **An errno**: the call is
refused with it, and nothing has changed. **wrong**: the host says that it is done, and it is not.
**not tried**: the host refused what had to come before, such as opening the file. Runs that agree
in every line share a column. `libwasi-utimens-nofd.a` is the build that does not import `set-times`.
wasi-libc is {snapshots}.

"""


def all_of(jobs: dict, at_once: int) -> dict:
    """From key → function and arguments to key → result."""
    with ThreadPoolExecutor(at_once) as pool:
        futures = {key: pool.submit(*job) for key, job in jobs.items()}
    return {key: future.result() for key, future in futures.items()}


def measure(scratch: Path) -> tuple[dict[Run, list[dict]], dict[str, list[str]]]:
    """What `table` shows."""

    def compiled(example: str, snapshot: str, build: str) -> Path:
        output = scratch / f"{example}-{snapshot}-{build}.wasm"
        return toolbox.compile_guest(snapshot, build, output, toolbox.ROOT / f"examples/{example}.c")

    def directory() -> Path:
        return Path(tempfile.mkdtemp(dir=scratch))

    touch = compiled("touch", toolbox.SNAPSHOTS[-1], toolbox.WRAP)
    probes = {pair: compiled("utimes-probe", *pair) for pair in itertools.product(toolbox.SNAPSHOTS, BUILDS)}
    every_host = list(hosts(scratch))
    results = {
        Run(host.name, build, snapshot): (probe, host, probes[snapshot, build], directory())
        for host, build, snapshot in itertools.product(every_host, BUILDS, toolbox.SNAPSHOTS)
    }
    specials = {
        (host.name, special): (try_special, special, host, touch, directory())
        for host, special in itertools.product(every_host, SPECIALS)
    }
    results = all_of(results, at_once=2)
    specials = all_of(specials, at_once=len(every_host))  # most of these only wait
    return results, {host.name: [specials[host.name, special] for special in SPECIALS] for host in every_host}


def main() -> None:
    if len(sys.argv) != 2:
        raise Failure("usage: matrix.py FILE")
    output = Path(sys.argv[1])
    with tempfile.TemporaryDirectory(dir=toolbox.ROOT / "build", prefix="matrix.") as scratch:
        results, specials = measure(Path(scratch))
    text = HEAD.format(system=platform.system(), snapshots=", ".join(toolbox.SNAPSHOTS))
    text += table(results, specials)
    changed = not output.exists() or output.read_text() != text
    output.write_text(text)
    print(f"{output}: {len(results)} runs on {len(specials)} hosts, {'changed' if changed else 'unchanged'}")


if __name__ == "__main__":
    try:
        main()
    except (Failure, AssertionError) as failure:
        sys.exit(f"matrix: {failure}")
