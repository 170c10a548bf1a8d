# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""examples/utimes-probe.c: what it says of hosts that are right, poor, or wrong in a known way."""

import functools
import json
import os
import re
from pathlib import Path

import pytest
import toolbox
from examples.matrix.probe import written
from host.error_host import LIES, OK, REAL, Call, Guest, Host, Lie

TIMES = ["now", "access", "modification", "nanoseconds", "today", "epoch", "2038", "2106", "before-1970"]
FILES = ["read-only", "write-only", "read-write", "append", "renamed", "unlinked"]
PATHS = ["file", "dirfd", "directory", "preopen", "follow", "nofollow", "dangling"]
OTHERS = ["directory", "directory-renamed", "preopen", "asking"]
IDS = [f"fd-{attempt}" for attempt in [*FILES, *OTHERS, *TIMES]]
IDS += [f"path-{attempt}" for attempt in [*PATHS, *TIMES]]


def both(*attempts: str) -> list[str]:
    return [f"{form}-{attempt}" for form in ("fd", "path") for attempt in attempts]


# Every host works so as far as the overlay alone decides.
RIGHT = dict.fromkeys(IDS, "works") | dict.fromkeys(both("before-1970"), "refused EINVAL")

# All that hand the host a time, "now" or either of them.
TIMED = [id for id in IDS if not re.search("asking|now|before-1970", id)]
NOW = both("now")
SET = [*TIMED, *NOW]


@pytest.fixture(scope="module")
def guests(probes):
    """The probe as the test hosts take it."""
    return functools.cache(lambda snapshot: Guest(probes(snapshot)))


def names_in(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


def verdicts(stdout: str) -> dict[str, str]:
    """From a capability's id to what the probe says of it, in words."""
    results = json.loads(stdout)["results"]
    return {r["id"]: " ".join(filter(None, [r["verdict"], r.get("errno"), r.get("reason")])) for r in results}


def unsupported_when_asked(call: Call) -> str:
    return "unsupported" if call.arguments == ("no-change", "no-change") else REAL


NO_PRIMITIVE = {"refused ENOSYS": [f"fd-{attempt}" for attempt in [*FILES, "asking", *TIMES[:-1]]]}
FRACTIONS = both("nanoseconds", "today")
USELESS = "wrong the answer is yes, and futimens changes nothing"
# Each host, and what differs there from RIGHT.
HOSTS = {
    "right": (Host(), {}),
    "without set-times": (Host(set_times="unsupported"), NO_PRIMITIVE),
    "refuses all": (Host(set_times="access", set_times_at="access"), {"refused EACCES": [*SET, "fd-asking"]}),
    "does nothing": (
        Host(set_times=OK, set_times_at=OK),
        {"wrong nothing changed": SET, USELESS: ["fd-asking"]},
    ),
    "does nothing and reads 0": (
        Host(lie=LIES["nothing"]),
        {"wrong reads 0, before and after": SET, USELESS: ["fd-asking"]},
    ),
    "scales by 1000": (
        Host(lie=Lie(sets=lambda s, ns: (s * 1000, ns))),
        {"wrong another time": set(TIMED) - set(both("epoch"))},
    ),
    "32 bits of seconds": (
        Host(lie=Lie(sets=lambda s, ns: (s % 2**32, ns))),
        {"wrong another time": both("2106")},
    ),
    "microseconds only": (
        Host(lie=Lie(sets=lambda s, ns: (s, ns // 1000 * 1000))),
        {"wrong rounded": FRACTIONS},
    ),
    "milliseconds only": (Host(lie=LIES["milliseconds"]), {"wrong rounded": FRACTIONS}),
    "a double of seconds": (
        Host(lie=Lie(sets=lambda s, ns: divmod(int((s + ns / 1e9) * 1e9 + 0.5), 10**9))),
        {"wrong rounded": both("today")},
    ),
    "now for no-change": (
        Host(lie=Lie(takes=lambda tag: "now")),
        {
            "wrong the time to be left alone changed": both("access", "modification"),
            "wrong asking changed the times": ["fd-asking"],
        },
    ),
    "no-change for now": (Host(lie=Lie(takes=lambda tag: "no-change")), {"wrong nothing changed": NOW}),
    "always follows links": (
        Host(lie=Lie(follows=lambda name, flags: flags if name == "stat-at" else {"symlink-follow"})),
        {"wrong another file's time changed": ["path-nofollow"], "refused ENOENT": ["path-dangling"]},
    ),
    "follows where it is not to, and only there": (
        Host(lie=LIES["swaps"]),
        {
            "wrong nothing changed": ["path-follow"],
            "wrong another file's time changed": ["path-nofollow"],
            "not tried ENOENT": ["path-dangling"],
        },
    ),
    "says no and does it": (
        Host(lie=Lie(says="not-permitted")),
        {"wrong refused, yet times changed": SET, "refused EPERM": ["fd-asking"]},
    ),
    "answers the question wrongly": (
        Host(set_times=unsupported_when_asked),
        {"wrong futimens finds otherwise": ["fd-asking"]},
    ),
}


def expected(differences: dict) -> dict[str, str]:
    return RIGHT | {id: verdict for verdict, ids in differences.items() for id in ids}


@pytest.mark.parametrize("kind", HOSTS)
def test_verdicts(snapshot, kind, guests, tmp_path):
    host, differences = HOSTS[kind]
    done = host.run(guests(snapshot), "--json", dirs={".": tmp_path})
    assert (done.returncode, done.stderr, done.trap) == (0, "", "")
    assert verdicts(done.stdout) == expected(differences)
    assert names_in(tmp_path) == []


def test_wrong_time_is_shown(guests, tmp_path):
    done = HOSTS["scales by 1000"][0].run(guests(toolbox.SNAPSHOTS[-1]), dirs={".": tmp_path})
    line = "  file opened O_RDONLY  WRONG: another time, asked 1000001.000000000, found 1000001000.000000000"
    assert line in re.sub("(?<=[a-zA-Z])  +", "  ", done.stdout).splitlines()


@pytest.mark.parametrize("link, differences", [(toolbox.WRAP, {}), (toolbox.WRAP_NOFD, NO_PRIMITIVE)])
def test_wasmtime(snapshot, link, differences, probes, tmp_path):
    os.utime(tmp_path, ns=(1, 2))
    wasm = probes(snapshot, link)
    right = expected(differences)
    assert verdicts(toolbox.run_guest(wasm, "--json", dirs={".": tmp_path}).stdout) == right
    table = toolbox.run_guest(wasm, "/d", dirs={"/d": tmp_path}).stdout
    counts = [sum(verdict.startswith(word) for verdict in right.values()) for word in ("works", "refused")]
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
    toolbox.run_guest(probes(snapshot), "--keep", dirs={".": tmp_path})
    assert names_in(tmp_path) == ["utimes-probe.tmp"]
    done = toolbox.run_guest(probes(snapshot), "--json", dirs={".": tmp_path})
    assert verdicts(done.stdout) == RIGHT
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    "args, complaint",
    [
        (["missing"], "utimes-probe: missing: No such file or directory"),
        (["file"], "utimes-probe: file/utimes-probe.tmp: Not a directory"),
        (["d" * 5000], f"utimes-probe: {'d' * 5000}: Filename too long"),
        (["--jsn"], "usage: utimes-probe [--json] [--keep] [--only ROW] [DIRECTORY]"),
        (["--only"], "usage: utimes-probe [--json] [--keep] [--only ROW] [DIRECTORY]"),
        (["--only", "fd-nothing"], "utimes-probe: no row fd-nothing: --json names them all, as id"),
        ([".", "."], "usage: utimes-probe [--json] [--keep] [--only ROW] [DIRECTORY]"),
    ],
    ids=["missing", "file", "long", "option", "no-row", "unknown-row", "two"],
)
def test_what_cannot_run_says_why(snapshot, args, complaint, probes, tmp_path):
    (tmp_path / "file").touch()
    done = toolbox.run_guest(probes(snapshot), *args, dirs={".": tmp_path}, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{complaint}\n")
    assert names_in(tmp_path) == ["file"]


def test_one_row(snapshot, probes, tmp_path):
    done = toolbox.run_guest(probes(snapshot), "--json", "--only", "path-today", dirs={".": tmp_path})
    assert verdicts(done.stdout) == {"path-today": "works"}


def test_what_is_kept_is_as_the_probe_says(snapshot, probes, tmp_path):
    done = toolbox.run_guest(probes(snapshot), "--json", "--keep", dirs={".": tmp_path})
    files = {r["id"]: r for r in json.loads(done.stdout)["results"] if "file" in r}
    gone = {"fd-unlinked", "fd-asking"}
    assert files.keys() == set(IDS) - gone
    del files["fd-preopen"]  # path-preopen has set it since
    for row in files.values():
        status = (tmp_path / row["file"]).lstat()
        assert [written(status.st_atime_ns), written(status.st_mtime_ns)] == row["found"], row


def test_host_that_ends_the_probe(guests, tmp_path):
    """What was begun is all there, the row it ended in last."""
    guest = guests(toolbox.SNAPSHOTS[-1])
    host = Host(set_times=[REAL] * 7 + ["no error-code"])
    done = host.run(guest, "--json", dirs={".": tmp_path})
    assert done.trap != ""
    whole = json.loads(done.stdout + ', "verdict": "dies"}]}')["results"]
    assert [r["id"] for r in whole] == IDS[: len(whole)]
    assert [r["verdict"] for r in whole] == ["works"] * (len(whole) - 1) + ["dies"]
    done = host.run(guest, dirs={".": tmp_path})
    assert done.stdout.splitlines()[-1] == f"  {whole[-1]['label']:<44} "
