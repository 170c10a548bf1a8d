# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every combination of function, descriptor or path, flags and times that the oracle is asked about."""

import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from linux.calls import AT, BY_FD, BY_PATH, NSEC, SEC, UNIT, USEC, Call, Place, Time

# --- Times --------------------------------------------------------------------------------------

PLAIN, OTHER = Time(1000000001, 5), Time(1600000000, 999999)
LARGEST, SMALLEST = 2**63 - 1, -(2**63)
SECONDS_AT_EDGES = [
    *(0, 1),
    *(2**31 - 1, 2**31, 2**32 - 1, 2**32),
    *(15032385535, 15032385536),  # the last that ext4 keeps, and the next
    *(18446744073, 18446744074),  # the last that 64 bits of nanoseconds keep, and the next
    LARGEST,
    *(-1, -(2**31) - 1, SMALLEST),
]
# Beside the numbers that stand for UTIME_NOW and UTIME_OMIT, here or on Linux.
NANOSECONDS_AT_EDGES = [0, 1, 999999999, 1000000000, -3, 2**31 - 1, -(2**31), 2**30 - 3, 2**30]
# The last time in 64 bits of nanoseconds, and the next.
LAST, PAST_LAST = Time(18446744073, 709551615), Time(18446744073, 709551616)
LAST_MICROSECOND, PAST_LAST_MICROSECOND = Time(18446744073, 709551), Time(18446744073, 709552)
MICROSECONDS_AT_EDGES = [
    *(0, 1, 999999, 1000000),
    *(-1, -2, -3),  # this side's UTIME_NOW and UTIME_OMIT among them
    # What a multiplication by 1000 would make good again, in 32 bits or 64.
    *(2**32, 4294968, 2147484, 2**31 - 1, 2**63 - 1, -(2**63)),
]
NOW, NOW_ODD, OMIT, OMIT_ODD = Time(0, "now"), Time(-7, "now"), Time(0, "omit"), Time(LARGEST, "omit")


def pairs(singles: list[Time], core: list[Time], plain=PLAIN, other=OTHER) -> list[tuple[Time, Time] | None]:
    """Each time in each of the two places; and all pairs of the few that may act on each other."""
    mixed = [pair for single in singles for pair in ((single, plain), (other, single))]
    return [None, *dict.fromkeys(mixed + list(itertools.product(core, repeat=2)))]


BAD = Time(5, 1000000000)
ALL_TIMES = {
    NSEC: pairs(
        [Time(s, 5) for s in SECONDS_AT_EDGES]
        + [Time(5, n) for n in NANOSECONDS_AT_EDGES]
        + [LAST, PAST_LAST, Time(LARGEST, 999999999)]
        + [NOW_ODD, OMIT_ODD],
        [PLAIN, NOW, OMIT, BAD, Time(-1, 999999999)],
    ),
    USEC: pairs(
        [Time(s, 5) for s in SECONDS_AT_EDGES]
        + [Time(5, n) for n in MICROSECONDS_AT_EDGES]
        + [LAST_MICROSECOND, PAST_LAST_MICROSECOND],
        [PLAIN, Time(5, 1000000), Time(-1, 999999)],
    ),
    SEC: pairs([Time(s, 0) for s in SECONDS_AT_EDGES], [], Time(5, 0), Time(6, 0)),
}
FEW_TIMES = {
    NSEC: [
        None,
        (PLAIN, OTHER),
        (NOW, OTHER),
        (NOW, OMIT),
        (NOW, NOW),
        (OMIT_ODD, OMIT),
        (PLAIN, BAD),
        (Time(-1, 0), OMIT),
    ],
    USEC: [None, (PLAIN, OTHER), (PLAIN, Time(5, 1000000)), (Time(-1, 0), PLAIN)],
    SEC: [None, (Time(5, 0), Time(6, 0)), (Time(-1, 0), Time(6, 0))],
}


# --- Files --------------------------------------------------------------------------------------

LONG_NAME, TOO_LONG_NAME = "n" * 255, "n" * 256
LONG_PATH, LONG_JOINED_PATH, TOO_LONG_PATH = ("./" * n + "file" for n in (1900, 2045, 2100))


FILES = dict.fromkeys(("file", "é", "second", "dir/inner", "closed-dir/inner", "../../outside"), 0o644)
FILES |= {"closed": 0, "readonly": 0o444, "writeonly": 0o222}
# Symbolic links, and what each leads to.
LINKS = {
    "link": "file",
    "link-link": "link",
    "link-dir": "dir",
    "link-outside": "../../outside",
    "link-others": "others",
    "dir/up": "../file",
    "dir/here": ".",
    "dangling": "missing",
    "loop": "loop",
}
# Of root, where we are root.
OTHERS_FILES = {"others": 0o644, "others-writable": 0o666, "others-closed": 0o600}


def make_files(place: Place):
    """The files that the calls are about: the user's own, and of others beside where we are root."""
    tree = place.top / "tree"

    def directory(name: str):
        (tree / name).mkdir()
        (tree / name).chmod(0o755)

    def files(modes: dict[str, int]):
        for name, mode in modes.items():
            (tree / name).touch()
            (tree / name).chmod(mode)

    def node(name: str, mode: int, device=0):
        os.mknod(tree / name, mode, device)
        (tree / name).chmod(stat.S_IMODE(mode))

    for name in ("", "dir", "closed-dir"):
        directory(name)
    files(FILES)
    os.link(tree / "second", tree / "hardlink", follow_symlinks=False)
    for name, to in (LINKS | {"link-absolute": f"{tree}/file"}).items():
        (tree / name).symlink_to(to)
    node("fifo", stat.S_IFIFO | 0o644)
    node("socket", stat.S_IFSOCK | 0o644)
    for path in (place.directory / "outside", tree, *tree.rglob("*")):
        place.user.own(path)
    (tree / "closed-dir").chmod(0)
    place.hold(tree / "fifo")  # else wasmtime, which opens a file to set its times, waits for a writer
    if place.user.is_root:
        files(OTHERS_FILES)
        directory("others-dir")
        (tree / "others-link").symlink_to("file")
        node("device", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        for name in (*OTHERS_FILES, "others-dir", "others-link", "device"):
            os.utime(tree / name, (4000000000, 3000000000), follow_symlinks=False)


# Each path, relative to the tree, by the files that a call by it could touch.
TOUCHING = {
    "file": ["file", "./file", "file/", "file/.", "file/inner", LONG_PATH, LONG_JOINED_PATH, TOO_LONG_PATH],
    "link file": ["link", "link/", "link/."],
    "dir": ["dir", "dir/", "dir/."],
    "é": ["é"],
    "hardlink second": ["hardlink"],
    "closed": ["closed"],
    "readonly": ["readonly"],
    "writeonly": ["writeonly"],
    "dir/inner": ["dir//inner", "dir/inner", "dir/inner/"],
    "file dir": ["dir/../file"],
    "dir/up file": ["dir/up"],
    "dir/inner dir": ["dir/inner/.."],
    ".. .": [".."],
    "closed-dir": ["closed-dir", "closed-dir/", "closed-dir/inner"],
    "link-link link file": ["link-link"],
    "link-dir dir": ["link-dir", "link-dir/", "link-dir/."],
    "link-dir dir/inner": ["link-dir/inner"],
    "link-dir dir/up file": ["link-dir/up"],
    "link-dir file": ["link-dir/../file"],
    "dangling": ["dangling", "dangling/"],
    "loop": ["loop", "loop/inner"],
    "link-absolute file": ["link-absolute"],
    "link-outside": ["link-outside"],
    "socket": ["socket"],
    "fifo": ["fifo"],
    ".": [
        *(".", "./", "EMPTY", "NULL", "missing", "missing/", "missing/..", "missing/inner"),
        *(LONG_NAME, TOO_LONG_NAME, "bad%FF"),
    ],
}
PATHS = {path: watched.split() for watched, paths in TOUCHING.items() for path in paths}
OTHERS_PATHS = {
    "others": ["others"],
    "others-writable": ["others-writable"],
    "others-closed": ["others-closed"],
    "others-dir": ["others-dir"],
    "others-dir/missing": ["others-dir"],
    "link-others": ["link-others", "others"],
    "device": ["device"],
}
# Not by a function that follows links: Linux moves the access time of another user's link on the way.
OTHERS_UNFOLLOWED_PATHS = {"others-link": ["others-link", "file"]}
IN_FULL = ("file", "link", "dir", "closed", "others", "others-writable")

# Around the edges of UTF-8 (RFC 3629), and the last and first characters beside those.
UTF8_EDGES = [
    *("%80", "%C3", "%E2%82", "%F0%9F%98"),  # stray and lost bytes
    *("%C0%80", "%C1%BF", "%E0%80%80", "%E0%9F%BF", "%F0%80%80%80", "%F0%8F%BF%BF"),  # longer forms
    *("%ED%A0%80", "%ED%BF%BF"),  # surrogates
    *("%F4%90%80%80", "%F5%80%80%80", "%FE", "%FF"),  # past U+10FFFF
    *("%7F", "%C2%80", "%DF%BF", "%E0%A0%80", "%ED%9F%BF", "%EE%80%80", "%EF%BF%BF"),
    *("%F0%90%80%80", "%F4%8F%BF%BF"),
]

# Slots, how each is opened (relative to the tree), and what the descriptor then is.
SLOTS = {
    1: ("open @1 file r", "file", ["file"]),
    2: ("open @2 file w", "file", ["file"]),
    3: ("open @3 file rw", "file", ["file"]),
    4: ("open @4 file wa", "file", ["file"]),
    5: ("open @5 readonly r", "file", ["readonly"]),
    6: ("open @6 writeonly w", "file", ["writeonly"]),
    7: ("open @7 link r", "file", ["link", "file"]),
    8: ("open @8 gone rwc", "file", ["@8"]),
    9: ("open @9 . rd", "dir", ["."]),
    10: ("open @10 dir r", "dir", ["dir"]),
    11: ("preopen @11 ..", "dir", ["..", "."]),
    12: ("open @12 file r", "not-open", ["file"]),
}
OTHERS_SLOTS = {
    13: ("open @13 others r", "file", ["others"]),
    14: ("open @14 others-writable rw", "file", ["others-writable"]),
    15: ("open @15 others-dir rd", "dir", ["others-dir"]),
    16: ("open @16 device r", "file", ["device"]),
}
NO_FDS = {
    **dict.fromkeys(("0", "1", "2"), "stream"),
    "cwd": "cwd",
    **dict.fromkeys(("-1", "-5", "1000000", str(2**31 - 1), str(-(2**31))), "not-open"),
}
FLAGS = ("0", "nofollow")
BAD_FLAGS = ("follow", "removedir", "0x40000000", "nofollow|0x40000000", "0xFFFFFFFF")


def is_about_others(call: Call) -> bool:
    """Whether the row is there only where the tests run as root."""
    slots = [f"@{slot}" for slot in OTHERS_SLOTS]
    return call.fd in slots or call.target in OTHERS_PATHS | OTHERS_UNFOLLOWED_PATHS


def set_up(place: Place) -> list[str]:
    slots = SLOTS | (OTHERS_SLOTS if place.user.is_root else {})
    return [f"chdir {place.top}/tree", *(how for how, _, _ in slots.values()), "close @12", "unlink gone"]


# --- Rows ---------------------------------------------------------------------------------------


def all_calls(
    functions: tuple[str, ...], target: str, fd="cwd", path="NULL", times=FEW_TIMES, flags=FLAGS
) -> Iterator[Call]:
    """The calls of these functions with each of the times, and each of the flags where there are any."""
    for function in functions:
        for pair in times[UNIT[function]]:
            for flag in flags if function == "utimensat" else ("0",):
                yield Call(function, fd, path, flag, pair, target)


def fd_calls(fd: str, target: str, times: dict) -> Iterator[Call]:
    yield from all_calls(BY_FD, target, fd, times=times)
    yield from all_calls(AT, target, fd, flags=(*FLAGS, *BAD_FLAGS))


def path_calls(path: str, tree: Path) -> Iterator[Call]:
    """By a path in the tree: relative to the current directory, absolute, and relative to a descriptor."""
    absolute = f"{tree}/{path}"
    yield from all_calls(BY_PATH + AT, path, path=path, times=ALL_TIMES if path in IN_FULL else FEW_TIMES)
    if path == "bad%FF":  # the wasi-libc of 2024 dies of each
        return
    yield from all_calls(("utimensat",), path, path=path, flags=BAD_FLAGS)
    if path not in ("EMPTY", "NULL"):
        yield from all_calls(BY_PATH + AT, path, path=absolute)
        yield from all_calls(AT, path, "-1", absolute)
    if path != "NULL":
        yield from all_calls(AT, path, "@9", path)


def follows(call: Call) -> bool:
    return call.function != "lutimes" and call.flags != "nofollow"


def rows(place: Place) -> Iterator[str | Call]:
    """The script: lines of set-up, and calls."""
    tree = place.top / "tree"
    others = place.user.is_root
    yield from set_up(place)

    for slot, (_, target, watched) in (SLOTS | (OTHERS_SLOTS if others else {})).items():
        yield "watch " + " ".join(watched)
        yield from fd_calls(f"@{slot}", target, ALL_TIMES if slot in (1, 3, 9, 11, 14) else FEW_TIMES)
    for fd, target in NO_FDS.items():
        yield "watch . file"
        yield from fd_calls(fd, target, ALL_TIMES if fd in ("1", "-1") else FEW_TIMES)

    for path, watched in (PATHS | (OTHERS_PATHS | OTHERS_UNFOLLOWED_PATHS if others else {})).items():
        yield "watch " + " ".join(watched)
        for call in path_calls(path, tree):
            if path not in OTHERS_UNFOLLOWED_PATHS or not follows(call):
                yield call

    yield "watch ."
    for path in UTF8_EDGES:
        yield Call("utimensat", "cwd", f"missing-{path}", "0", (PLAIN, OTHER))

    # Directories that a path cannot be relative to; a path that leaves its directory; a path
    # under nothing that the guest was given.
    yield "watch . file dir"
    for fd, target in [("@1", "file"), ("@12", "not-open"), *NO_FDS.items()]:
        for path in ("file", "EMPTY", "missing", "bad%FF", TOO_LONG_PATH) if fd != "cwd" else ():
            yield from all_calls(AT, target, fd, path, flags=(*FLAGS, BAD_FLAGS[0]))
    yield "watch .. . dir/inner file"
    for fd, paths in {
        "@11": ("tree/file", ".", "tree"),
        "@10": ("inner", "../file", "here/../file"),
    }.items():
        for path in paths:
            yield from all_calls(AT, path, fd, path)
    for path in (
        "/",
        "//",
        *(f"{place.directory}/{name}" for name in ("outside", "missing", "top", "top/..")),
    ):
        target = path.replace(str(place.directory), "")
        yield from all_calls(BY_PATH + AT, target, path=path)
