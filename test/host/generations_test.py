# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The same guest source prints the same lines whichever wasi-libc it is compiled against.

Beside those of the toolchain that is upstream's counted descriptor table, by the stand-in for it that
the Catch2 suite has too (test/guest/generation/counted).
"""

import itertools

import pytest
import toolbox
from host.error_host import REAL, Host
from host.host_calls_test import FILES

OPENINGS = [
    *FILES,
    "open @gone /d/gone rwc",
    "unlink /d/gone",
    "open moved /d/moved rwc",
    "rename /d/moved /d/there",
    "open closed /d/file r",
    "close closed",
    "watch /d/file /d/directory /d/link /d/dangling /d/there @gone",
]
FDS = ["f", "r", "w", "a", "d", "@gone", "moved", "3"]
FDS += ["0", "1", "2", "closed", "77", "2147483647", "-1", "-2147483648", "cwd"]

TIMES = [
    "1:2,3:4",
    "0:0,0:0",
    "0:999999999,4294967296:999999999",
    "7:omit,5:6",
    "5:6,-7:omit",
    "NULL",
    "0:now,0:now",
    "-5:now,6:7",
    "5:6,9223372036854775807:now",
    "0:omit,0:now",
    "0:omit,0:omit",
    "-1:0,0:0",
    "0:0,-9223372036854775808:999999999",
    "0:now,-1:0",
    "1:1000000000,0:0",
    "0:0,1:-3",
    "0:0,1:2147483647",
    "0:0,1:-2147483648",
]
TIMEVALS = ["1:2,3:999999", "1:1000000,3:4", "1:2,3:-1", "1:2,3:-2", "1:4294967296,3:4", "NULL", "-1:0,3:4"]
NAMES = ["file", "directory", "directory/inner", "link", "dangling", "loop", "é"]
PATHS = [
    *(f"/d/{name}" for name in [*NAMES, "missing", "there", "file/", "directory/", "file/x", "loop/x", "."]),
    *("d/file", "./d/file", "d/./file", "d//file", "d/directory/../file", "d/../d/file"),
    *("//d/file", "/d//file"),
    *("NULL", "EMPTY", "/", ".", "..", "file", "inner", "/elsewhere", "elsewhere/x", "/d/..", "/d/../.."),
    *("/d/%FF", "/d/%C3", "/d/%ED%A0%80", "/d/file%FF", "/elsewhere/%FF", "%FF"),
    *("/d/" + "x" * 255, "/d/" + "x" * 256, "/d/" + "x/" * 2000 + "x", "/d/" + "x/" * 3000 + "x"),
]
PATHS_AT_FDS = ["inner", ".", "..", "EMPTY", "%FF", "/d/file", "../file", "x"]
FLAGS = ["0", "nofollow", "0x2", "0x4", "-1", "2147483647"]


def each(call: str, *words: list[str]) -> list[str]:
    """The call with each combination of these words in its places."""
    return [call.format(*chosen) for chosen in itertools.product(*words)]


CALLS_BY_FD = [
    *each("futimens {} {}", FDS, TIMES),
    *each("utimensat {} NULL {} 0", FDS, TIMES),
    *each("utimensat {} NULL 1:2,3:4 {}", FDS, FLAGS),
    *each("futimes {} {}", FDS, TIMEVALS),
    *each("futimesat {} NULL {}", FDS, TIMEVALS),
    *each("support {}", FDS),
]
CALLS_BY_PATH = [
    *each("utimensat cwd {} 1:2,3:4 {}", PATHS, FLAGS),
    *each("{} {} 1:2,3:4", ["utimes", "lutimes", "utime", "futimesat 77"], PATHS),
    *each("utimensat cwd {} -1:0,3:4 0", PATHS),
    *each("utimensat 77 {} 0:omit,0:omit 0x2", PATHS),
    *each("utimensat {} {} 1:2,3:4 0", FDS, PATHS_AT_FDS),
    *each("utimensat {} {} 1:-3,3:4 nofollow", FDS, PATHS_AT_FDS),
    *each("futimesat {} {} NULL", FDS, PATHS_AT_FDS),
    *each("utimensat cwd {} {} 0", ["/d/file", "/d/directory"], TIMES),
    *each("{} /d/file {}", ["utimes", "lutimes"], TIMEVALS),
]


@pytest.fixture
def same_lines(make_tree, calls_guest):
    """Checks that the guests of all generations print the same lines for these calls."""

    def answers(guest, host: Host, root, script: list[str]) -> list[str]:
        done = host.run(guest, dirs={"/d": root}, stdin=script)
        assert (done.returncode, done.trap, done.stderr) == (0, "", "")
        return [f"{line} -> {answer}" for line, answer in zip(script, done.stdout.splitlines(), strict=True)]

    def check(link: str, flags: list[str], host: Host, script: list[str]):
        guests = {snapshot: calls_guest(snapshot, link, *flags) for snapshot in toolbox.SNAPSHOTS}
        for snapshot in toolbox.stand_in_sysroot():
            counted = link.replace(toolbox.WRAP, toolbox.COUNTED)
            guests[counted] = calls_guest(snapshot, counted, *flags)
        lines = {name: answers(guest, host, make_tree(name), script) for name, guest in guests.items()}
        first = toolbox.SNAPSHOTS[0]
        assert sum(" -> ok" in line for line in lines[first]) > 90
        for name in guests:
            assert lines[name] == lines[first], name

    return check


@pytest.mark.parametrize("host_answer", [REAL, "unsupported", "bad-descriptor"])
@pytest.mark.parametrize("link", [toolbox.WRAP, toolbox.WRAP_NOFD])
def test_same_lines_by_fd(link, host_answer, same_lines):
    same_lines(link, [], Host(set_times=host_answer, watch=False), [*OPENINGS, *CALLS_BY_FD])


@pytest.mark.parametrize(
    "flags, change",
    [
        (["-DWITHOUT_CHDIR"], []),
        ([], []),
        ([], ["chdir /d"]),
        ([], ["chdir /d/directory"]),
        ([], ["chdir d", "chdir directory"]),
    ],
    ids=["without chdir", "in /", "in /d", "in /d/directory", "in d, in directory"],
)
def test_same_lines_by_path(flags, change, same_lines):
    same_lines(toolbox.WRAP, flags, Host(watch=False), [*OPENINGS, *change, *CALLS_BY_PATH])
