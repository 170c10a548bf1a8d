# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""examples/utimes-probe.c: what it says of hosts that are right, poor, or wrong in a known way."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import toolbox
from host.error_host import OK, REAL, Call, Guest, Host, plain
from wasmtime import component

STRICT = ["-std=c17", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror"]

TIMES = ["now", "access", "modification", "nanoseconds", "epoch", "2038", "2106", "before-1970"]
FILES = ["read-only", "write-only", "read-write", "append", "renamed", "unlinked"]
PATHS = ["file", "dirfd", "directory", "preopen", "follow", "nofollow", "dangling"]
IDS = [f"fd-{attempt}" for attempt in [*FILES, "directory", "preopen", "asking", *TIMES]]
IDS += [f"path-{attempt}" for attempt in [*PATHS, *TIMES]]

# Every host works so as far as the overlay alone decides.
RIGHT = dict.fromkeys(IDS, "works") | dict.fromkeys(["fd-before-1970", "path-before-1970"], "refused EINVAL")


FD_FILE = [f"fd-{attempt}" for attempt in [*FILES, *TIMES[:-1]]]
# All that hand the host a time, and those that hand it "now".
TIMED = [id for id in IDS if not re.search("asking|now|before-1970", id)]


def both(*attempts: str) -> list[str]:
    return [f"{form}-{attempt}" for form in ("fd", "path") for attempt in attempts]


NOW = both("now")


@pytest.fixture(scope="module")
def probes(tmp_path_factory):
    """The compiled probe for a snapshot and a way to link, once."""
    return toolbox.compiled_once(tmp_path_factory, toolbox.ROOT / "examples/utimes-probe.c", flags=STRICT)


@pytest.fixture(scope="module")
def guests(probes):
    """The probe as the test hosts take it."""
    built = {}

    def guest(snapshot: str) -> Guest:
        if snapshot not in built:
            built[snapshot] = Guest(probes(snapshot))
        return built[snapshot]

    return guest


def names_in(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


def verdicts(stdout: str) -> dict[str, str]:
    """From a capability's id to what the probe says of it, in words."""
    results = json.loads(stdout)["results"]
    return {r["id"]: " ".join(filter(None, [r["verdict"], r.get("errno"), r.get("reason")])) for r in results}


class Tampering(Host):
    """A host that is handed one thing and does another."""

    def __init__(self, tamper: Callable[[str, list], list]):
        super().__init__()
        self.tamper = tamper

    def method(self, name, real, done):
        def tampered(store, descriptor, *arguments):
            if name in ("set-times", "set-times-at"):
                arguments = self.tamper(name, list(arguments))
            return real(store, descriptor, *arguments)

        tampered.post_return = real.post_return
        return super().method(name, tampered, done)


def new_timestamp(value: str | tuple[int, int]) -> component.Variant:
    if isinstance(value, str):
        return component.Variant(value)
    datetime = component.Record()
    datetime.seconds, datetime.nanoseconds = value
    return component.Variant("timestamp", datetime)


def with_times(change: Callable) -> Host:
    """A host that changes each new-timestamp: "no-change", "now" or (seconds, nanoseconds)."""
    return Tampering(lambda _, a: [*a[:-2], *(new_timestamp(change(plain(time))) for time in a[-2:])])


def times(change: Callable) -> Callable:
    return lambda time: change(*time) if isinstance(time, tuple) else time


class Liar(Host):
    """Sets the times, and says that it was not permitted."""

    def method(self, name, real, done):
        def lie(store, descriptor, *arguments):
            result = real(store, descriptor, *arguments)
            return "not-permitted" if name in ("set-times", "set-times-at") else result

        lie.post_return = real.post_return
        return super().method(name, lie, done)


def unsupported_when_asked(call: Call) -> str:
    return "unsupported" if call.arguments == ("no-change", "no-change") else REAL


KEPT = both("access", "modification")
HOSTS = {
    "right": (Host(), {}),
    "without set-times": (
        Host(set_times="unsupported"),
        dict.fromkeys([*FD_FILE, "fd-asking"], "refused ENOSYS"),
    ),
    "refuses all": (
        Host(set_times="access", set_times_at="access"),
        dict.fromkeys([*TIMED, *NOW, "fd-asking"], "refused EACCES"),
    ),
    "does nothing": (
        Host(set_times=OK, set_times_at=OK),
        dict.fromkeys([*TIMED, *NOW], "wrong nothing changed"),
    ),
    "scales by 1000": (
        with_times(times(lambda seconds, nanoseconds: (seconds * 1000, nanoseconds))),
        dict.fromkeys(set(TIMED) - set(both("epoch")), "wrong another time"),
    ),
    "32 bits of seconds": (
        with_times(times(lambda seconds, nanoseconds: (seconds % 2**32, nanoseconds))),
        dict.fromkeys(both("2106"), "wrong another time"),
    ),
    "microseconds only": (
        with_times(times(lambda seconds, nanoseconds: (seconds, nanoseconds // 1000 * 1000))),
        dict.fromkeys(both("nanoseconds"), "wrong rounded"),
    ),
    "now for no-change": (
        with_times(lambda time: "now" if time == "no-change" else time),
        dict.fromkeys(KEPT, "wrong the time to be left alone changed")
        | {"fd-asking": "wrong asking changed the times"},
    ),
    "1970 for now": (
        with_times(lambda time: (0, 0) if time == "now" else time),
        dict.fromkeys(NOW, "wrong not now"),
    ),
    "always follows links": (
        Tampering(lambda name, a: [{"symlink-follow"}, *a[1:]] if name == "set-times-at" else a),
        {"path-nofollow": "wrong another file's time changed", "path-dangling": "refused ENOENT"},
    ),
    "says no and does it": (
        Liar(),
        dict.fromkeys([*TIMED, *NOW], "wrong refused, yet times changed") | {"fd-asking": "refused EPERM"},
    ),
    "answers the question wrongly": (
        Host(set_times=unsupported_when_asked),
        {"fd-asking": "wrong futimens finds otherwise"},
    ),
}


@pytest.mark.parametrize("kind", HOSTS)
def test_verdicts(snapshot, kind, guests, tmp_path):
    host, expected = HOSTS[kind]
    done = host.run(guests(snapshot), "--json", dirs={".": tmp_path})
    assert (done.returncode, done.stderr, done.trap) == (0, "", "")
    assert verdicts(done.stdout) == RIGHT | expected
    assert names_in(tmp_path) == []


def test_wrong_time_is_shown(guests, tmp_path):
    done = HOSTS["scales by 1000"][0].run(guests(toolbox.SNAPSHOTS[-1]), dirs={".": tmp_path})
    line = "  file opened O_RDONLY  WRONG: another time, asked 1000001.000000000, found 1000001000.000000000"
    assert line in re.sub("(?<=[a-zA-Z])  +", "  ", done.stdout).splitlines()


@pytest.mark.parametrize("link", [toolbox.WRAP, toolbox.WRAP_NOFD])
def test_wasmtime(snapshot, link, probes, tmp_path):
    os.utime(tmp_path, ns=(1, 2))
    wasm = probes(snapshot, link)
    expected = RIGHT | (HOSTS["without set-times"][1] if link == toolbox.WRAP_NOFD else {})
    assert verdicts(toolbox.run_guest(wasm, "--json", dirs={".": tmp_path}).stdout) == expected
    table = toolbox.run_guest(wasm, "/d", dirs={"/d": tmp_path}).stdout
    counts = [sum(verdict.startswith(word) for verdict in expected.values()) for word in ("works", "refused")]
    assert len(re.findall(r"^  .* works$", table, re.M)) == counts[0]
    assert len(re.findall(r"^  .* refused: E[A-Z]+ \(", table, re.M)) == counts[1]
    assert table.endswith(f"\n{counts[0]} works, {counts[1]} refused, 0 wrong, 0 not tried\n")
    assert (tmp_path.stat().st_atime_ns, tmp_path.stat().st_mtime_ns) == (1, 2)
    assert names_in(tmp_path) == []


def test_directory_below_the_preopened_one(snapshot, probes, tmp_path):
    (tmp_path / "below").mkdir()
    done = toolbox.run_guest(probes(snapshot), "--json", "/d/below", dirs={"/d": tmp_path})
    why = "not tried this directory is not a preopened one"
    assert verdicts(done.stdout) == RIGHT | dict.fromkeys(both("preopen"), why)


def test_what_a_killed_run_left_is_removed(snapshot, probes, tmp_path):
    left = tmp_path / "utimes-probe.tmp"
    left.mkdir()
    (left / "file").touch()
    (left / "renamed").touch()
    (left / "link").symlink_to("file")
    (left / "directory").mkdir()
    done = toolbox.run_guest(probes(snapshot), "--json", dirs={".": tmp_path})
    assert verdicts(done.stdout) == RIGHT
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    "args, complaint",
    [
        (["missing"], "utimes-probe: missing: No such file or directory"),
        (["file"], "utimes-probe: file/utimes-probe.tmp: Not a directory"),
        (["d" * 5000], f"utimes-probe: {'d' * 5000}: Filename too long"),
        (["--jsn"], "usage: utimes-probe [--json] [DIRECTORY]"),
        ([".", "."], "usage: utimes-probe [--json] [DIRECTORY]"),
    ],
    ids=["missing", "file", "long", "option", "two"],
)
def test_what_cannot_run_says_why(snapshot, args, complaint, probes, tmp_path):
    (tmp_path / "file").touch()
    done = toolbox.run_guest(probes(snapshot), *args, dirs={".": tmp_path}, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{complaint}\n")
    assert names_in(tmp_path) == ["file"]
