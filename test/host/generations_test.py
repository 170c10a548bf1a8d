# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The same guest source prints the same lines whichever wasi-libc it is compiled against.

Beside those of the toolchain that is upstream's counted descriptor table, by the stand-in for it that
the Catch2 suite has too (test/guest/generation/counted).
"""

import functools
import itertools

import pytest
import toolbox
from host.error_host import REAL, Guest, Host

FILES = ["file", "directory", "directory/inner", "link", "dangling", "loop", "é"]

OPENINGS = [
    "open f /d/file rw",
    "open r /d/file r",
    "open w /d/file w",
    "open a /d/file wa",
    "open d /d/directory rd",
    "open gone /d/gone rwc",
    "utimes /d/gone 1:2,3:4",
    "unlink /d/gone",
    "open moved /d/moved rwc",
    "utimes /d/moved 1:2,3:4",
    "rename /d/moved /d/there",
    "open closed /d/file r",
    "close closed",
]
OPEN_FILES = ["f", "r", "w", "a", "d", "gone", "moved", "3"]
FDS = [*OPEN_FILES, "0", "1", "2", "closed", "77", "2147483647", "-1", "-2147483648", "cwd"]

EXPLICIT = ["1:2,3:4", "0:0,0:0", "0:999999999,4294967296:999999999", "7:omit,5:6", "5:6,-7:omit"]
OTHER_TIMES = [
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
PATHS = [
    *(f"/d/{name}" for name in [*FILES, "missing", "there", "file/", "directory/", "file/x", "loop/x", "."]),
    *(
        "d/file",
        "./d/file",
        "d/./file",
        "d//file",
        "d/directory/../file",
        "d/../d/file",
        "//d/file",
        "/d//file",
    ),
    *("NULL", "EMPTY", "/", ".", "..", "file", "inner", "/elsewhere", "elsewhere/x", "/d/..", "/d/../.."),
    *("/d/%FF", "/d/%C3", "/d/%ED%A0%80", "/d/file%FF", "/elsewhere/%FF", "%FF"),
    *("/d/" + "x" * 255, "/d/" + "x" * 256, "/d/" + "x/" * 2000 + "x", "/d/" + "x/" * 3000 + "x"),
]
FLAGS = ["0", "nofollow", "0x2", "0x4", "-1", "2147483647"]


# Before each look, so that no line depends on when it was printed. Of a link's access time that is to
# come nobody makes an older one by following it.
RESET = [
    *("utimensat cwd /d/file 8:8,9:9 0", "utimensat cwd /d/directory 8:8,9:9 0"),
    *(
        "utimensat cwd /d/link 4102444800:8,9:9 nofollow",
        "utimensat cwd /d/dangling 4102444800:8,9:9 nofollow",
    ),
]
LOOK = ["stat /d/file", "stat /d/directory", "lstat /d/link", "lstat /d/dangling"]


def shown(call: str) -> list[str]:
    """A call and a look at what it did."""
    return [*RESET, call, *LOOK]


def calls_by_fd() -> list[list[str]]:
    calls = []
    for function in ("futimens {} {}", "utimensat {} NULL {} 0"):
        for fd, times in itertools.product(FDS, EXPLICIT):
            call = function.format(fd, times)
            calls.append([f"futimens {fd} 8:8,9:9", call, f"fstat {fd}"] if fd in OPEN_FILES else shown(call))
        calls += [[function.format(*pair)] for pair in itertools.product(FDS, OTHER_TIMES)]
    for function in ("futimes {} {}", "futimesat {} NULL {}"):
        calls += [[function.format(*pair)] for pair in itertools.product(FDS, TIMEVALS)]
    calls += [[f"utimensat {fd} NULL 1:2,3:4 {flags}"] for fd, flags in itertools.product(FDS, FLAGS)]
    calls += [[f"support {fd}"] for fd in FDS]
    return calls


def calls_by_path() -> list[list[str]]:
    calls = []
    for path, flags in itertools.product(PATHS, FLAGS):
        calls.append(shown(f"utimensat cwd {path} 1:2,3:4 {flags}"))
    for path in PATHS:
        calls.append(shown(f"utimes {path} 1:2,3:4"))
        calls.append(shown(f"lutimes {path} 1:2,3:4"))
        calls.append(shown(f"utime {path} 1:0,3:0"))
        calls.append(shown(f"futimesat 77 {path} 1:2,3:4"))
        calls.append([f"utimensat cwd {path} -1:0,3:4 0"])
        calls.append([f"utimensat 77 {path} 0:omit,0:omit 0x2"])
    for fd, path in itertools.product(FDS, ["inner", ".", "..", "EMPTY", "%FF", "/d/file", "../file", "x"]):
        calls.append(shown(f"utimensat {fd} {path} 1:2,3:4 0"))
        calls.append([f"utimensat {fd} {path} 1:-3,3:4 nofollow"])
        calls.append([f"futimesat {fd} {path} NULL"])
    for path, times in itertools.product(["/d/file", "/d/directory"], [*EXPLICIT, *OTHER_TIMES]):
        call = f"utimensat cwd {path} {times} 0"
        calls.append(shown(call) if times in EXPLICIT else [call])
    for function, times in itertools.product(["utimes", "lutimes"], TIMEVALS):
        calls.append([f"{function} /d/file {times}"])
    return calls


def lines_of(guest, host: Host, root, before: list[str], calls: list[list[str]]) -> list[str]:
    """What the guest prints for all the calls, in as many runs as the arguments of one allow."""
    printed = []
    for start in range(0, len(calls), 100):
        (root / "there").unlink(missing_ok=True)
        arguments = [*before, *itertools.chain.from_iterable(calls[start : start + 100])]
        done = host.run(guest, *arguments, dirs={"/d": root})
        assert (done.returncode, done.trap, done.stderr) == (0, "", "")
        lines = done.stdout.splitlines()
        assert len(lines) == len(arguments)
        printed += lines
    return printed


COUNTED = "counted"


@pytest.fixture(scope="session")
def counted_guest(tmp_path_factory):
    """Compiles calls.c against the counted descriptor table."""

    @functools.cache
    def guest(link: str, *flags: str) -> Guest:
        wasm = tmp_path_factory.mktemp("counted") / "calls.wasm"
        flags = [*toolbox.CALLS_FLAGS, *flags]
        return Guest(toolbox.compile_over_stand_in(link, wasm, toolbox.CALLS, flags=flags))

    return guest


@pytest.fixture
def same_lines(make_tree, calls_guest, counted_guest):
    """Checks that the guests of all generations print the same lines for these calls."""

    def check(link: str, flags: list[str], host: Host, before: list[str], calls: list[list[str]]):
        guests = {snapshot: calls_guest(snapshot, link, *flags) for snapshot in toolbox.SNAPSHOTS}
        if toolbox.stand_in_sysroot():
            guests[COUNTED] = counted_guest(link, *flags)
        lines = {
            name: lines_of(guest, host, make_tree(name), before, calls) for name, guest in guests.items()
        }
        first = toolbox.SNAPSHOTS[0]
        assert sum(line.endswith(" -> ok") for line in lines[first]) > 100
        for name in guests:
            assert lines[name] == lines[first], name

    return check


@pytest.mark.parametrize("host_answer", [REAL, "unsupported", "bad-descriptor"])
@pytest.mark.parametrize("link", [toolbox.WRAP, toolbox.WRAP_NOFD])
def test_same_lines_by_fd(link, host_answer, same_lines):
    same_lines(link, [], Host(set_times=host_answer, watch=False), OPENINGS, calls_by_fd())


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
    same_lines(toolbox.WRAP, flags, Host(watch=False), OPENINGS + change, calls_by_path())
