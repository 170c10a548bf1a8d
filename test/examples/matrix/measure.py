# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What `make matrix` runs: the probe on each host, and touch on files that no guest can make."""

import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import toolbox
from examples.matrix.hosts import Failure, Host, hosts, run
from examples.matrix.probe import NOT_TRIED, Row, all_from_outside, rows_of

BUILDS = {toolbox.WRAP: "libwasi-utimens.a", toolbox.WRAP_NOFD: "libwasi-utimens-nofd.a"}


@dataclass(frozen=True)
class Run:
    host: str
    build: str
    snapshot: str


class NotStarted(Failure):
    """The host ran nothing of the guest: one of a newer WASI than its own, for example."""


def probe(host: Host, guest: Path, directory: Path) -> list[Row]:
    """What the probe found, and the look from outside; fewer rows where the run ended in the middle."""

    def rows(*options: str) -> list[Row]:
        status, printed, stderr = run(host, guest, directory, "--json", "--keep", *options)
        try:
            found = rows_of(printed)
        except ValueError:
            how = "hangs" if status is None else f"ends with status {status}: {stderr.strip()}"
            kind = Failure if printed or status is None else NotStarted
            raise kind(f"{host.name}: the probe {how}") from None
        if host.on_disk:
            found = all_from_outside(found, directory)
        if others := {path.name for path in directory.iterdir()} - {"utimes-probe.tmp"}:
            raise Failure(f"{host.name}: the probe left {min(others)} behind")
        return found

    found = rows()
    # A row whose file is set again by a later one is looked at alone.
    file = {row["id"]: row.get("file") for row in found}
    alone = {id for id in file if file[id] and list(file.values()).count(file[id]) > 1 and host.on_disk}
    return [rows("--only", row["id"])[0] if row["id"] in alone else row for row in found]


def whole(found: dict[Run, list[Row]]) -> dict[Run, list[Row]]:
    """With the rows that a run which ended in the middle never came to."""
    every = max(found.values(), key=len)
    if any(row["verdict"] == "dies" for row in every):
        raise Failure("no host runs the probe to its end")
    reason = {"verdict": NOT_TRIED, "reason": "the run ended before"}
    return {
        key: rows + [{"id": row["id"], "label": row["label"]} | reason for row in every[len(rows) :]]
        for key, rows in found.items()
    }


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
        toolbox.run(under(["true"]))
    except (PermissionError, AssertionError):
        return "not tried: not allowed to set it up"
    os.utime(file, (0, 0))
    here = Host(host.name, lambda guest, d: under(host.command(guest, d)))
    status, _, stderr = run(here, touch, directory, *special.options, file.name, patience=15)
    modified = file.stat().st_mtime
    file.unlink()
    if status is None:
        return "hangs"
    if status != 0:
        return stderr.strip().splitlines()[0].rpartition(": ")[2]
    expected = DATE if f"-d@{DATE}" in special.options else time.time()
    return "works" if abs(modified - expected) < 60 else "**wrong**"


def all_of(jobs: dict, at_once: int) -> dict:
    """From key → function and arguments to key → result."""
    with ThreadPoolExecutor(at_once) as pool:
        futures = {key: pool.submit(*job) for key, job in jobs.items()}
    return {key: future.result() for key, future in futures.items()}


def started(runs: dict[Run, tuple]) -> dict[Run, list[Row]]:
    """What the probe found where it could start. A host may be too old for one snapshot, not for all."""

    def rows(key: Run, *arguments) -> list[Row] | None:
        try:
            return probe(*arguments)
        except NotStarted as failure:
            why = str(failure).splitlines()[0]
            print(f"matrix: wasi-libc {key.snapshot} is left out: {why}", file=sys.stderr)
            return None

    jobs = {key: (rows, key, *arguments) for key, arguments in runs.items()}
    found = {key: rows for key, rows in all_of(jobs, at_once=os.cpu_count() or 2).items() if rows is not None}
    if none := {key.host for key in runs} - {key.host for key in found}:
        raise Failure(f"{min(none)} starts no guest")
    return found


def measure(scratch: Path) -> tuple[dict[Run, list[Row]], dict[str, list[str]]]:
    """What the probe found in each run; and for each host on a disk, what came of the special files."""

    def compiled(example: str, snapshot: str, build: str) -> Path:
        output = scratch / f"{example}-{snapshot}-{build}.wasm"
        return toolbox.compile_guest(snapshot, build, output, toolbox.ROOT / f"examples/{example}.c")

    def directory() -> Path:
        return Path(tempfile.mkdtemp(dir=scratch))

    # Of a wasi-libc whose guests every host starts.
    of_touch = (toolbox.of_generation("descriptor-ref") or toolbox.SNAPSHOTS)[-1]
    touch = compiled("touch", of_touch, toolbox.WRAP)
    probes = {pair: compiled("utimes-probe", *pair) for pair in itertools.product(toolbox.SNAPSHOTS, BUILDS)}
    every_host = list(hosts(scratch, [touch, *probes.values()]))
    runs = {
        Run(host.name, build, snapshot): (host, probes[snapshot, build], directory())
        for host, build, snapshot in itertools.product(every_host, BUILDS, toolbox.SNAPSHOTS)
    }
    results = whole(started(runs))
    on_disk = [host for host in every_host if host.on_disk]
    specials = {
        (host.name, special): (try_special, special, host, touch, directory())
        for special, host in itertools.product(SPECIALS, on_disk)
    }
    specials = all_of(specials, at_once=len(on_disk))  # those that hang only wait
    return results, {host.name: [specials[host.name, special] for special in SPECIALS] for host in on_disk}
