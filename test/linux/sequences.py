# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random sequences of calls: the utime family, among calls that move the files about under it.

A sequence is drawn from a seed and its number alone. Each has a directory of its own, BASE. There is
no dup among the calls: the wasi-libcs of 2024 to 2026 have none.
"""

import random
from dataclasses import dataclass

from linux.calls import FUNCTIONS, NSEC, SEC, UNIT, USEC, Call, Time, takes_fd, takes_path
from linux.rows import (
    BAD_FLAGS,
    LAST,
    LAST_MICROSECOND,
    MICROSECONDS_AT_EDGES,
    NANOSECONDS_AT_EDGES,
    PAST_LAST,
    PAST_LAST_MICROSECOND,
    SECONDS_AT_EDGES,
)

BASE = "BASE"

# What is moved about. Not the directories that may be current: wasi-libc knows the current
# directory by its path, Linux by itself.
NAMES = ["a", "b", "c", "d", "d/a", "d/b", "keep/a", "keep/b", "keep/deep/a"]
CURRENT = [BASE, f"{BASE}/keep", f"{BASE}/keep/deep", ".", "keep", "deep", "missing"]
SLOTS = range(1, 6)
MODES = ["r", "w", "rw", "rwc", "wcx", "rd"]

SET_UP = [
    f"mkdir {BASE}",
    f"mkdir {BASE}/keep",
    f"mkdir {BASE}/keep/deep",
    f"chdir {BASE}",
    "open @1 a rwc",
    "symlink a b",
    "mkdir d",
    f"watch . {' '.join(f'{BASE}/{name}' for name in ['keep', *NAMES])} {' '.join(f'@{s}' for s in SLOTS)}",
]


END = [*(f"close @{slot}" for slot in SLOTS), "stats"]


@dataclass(frozen=True)
class Sequence:
    number: int
    steps: tuple[str | Call, ...]

    def lines(self, top) -> list[str]:
        base = f"{top}/s{self.number}"
        return [str(step).replace(BASE, base) for step in self.steps]


def draw(seed: str, number: int, length: int = 200) -> Sequence:
    rng = random.Random(f"{seed} {number}")
    return Sequence(number, (*SET_UP, *(step(rng) for _ in range(length)), *END))


def step(rng: random.Random) -> str | Call:
    return call(rng) if rng.random() < 0.6 else move(rng)


def move(rng: random.Random) -> str:
    one, other = (f"{BASE}/{rng.choice(NAMES)}" for _ in range(2))
    moves = {
        f"open @{rng.choice(SLOTS)} {one} {rng.choice(MODES)}": 6,
        f"close @{rng.choice(SLOTS)}": 2,
        f"unlink {one}": 2,
        f"rename {one} {other}": 3,
        f"symlink {rng.choice(('a', 'b', 'c', 'd', 'd/a', 'missing', '.', './a'))} {one}": 3,
        f"mkdir {one}": 2,
        f"rmdir {one}": 1,
        f"chdir {rng.choice(CURRENT)}": 1,
    }
    return rng.choices([*moves], [*moves.values()])[0]


def call(rng: random.Random) -> Call:
    function = rng.choice(FUNCTIONS)
    has_fd, has_path = takes_fd(function), takes_path(function)
    return Call(
        function,
        fd(rng, has_path) if has_fd else "cwd",
        path(rng, has_fd) if has_path else "NULL",
        flags(rng) if function == "utimensat" else "0",
        None if rng.random() < 0.1 else (time(rng, function), time(rng, function)),
    )


def fd(rng: random.Random, beside_path: bool) -> str:
    if beside_path and rng.random() < 0.6:
        return "cwd"
    if rng.random() < 0.9:
        return f"@{rng.choice(SLOTS)}"
    return rng.choice(("cwd", "-1", "-3", "0", "1", "2", "1000000", str(2**31 - 1), str(-(2**31))))


def path(rng: random.Random, may_be_null: bool) -> str:
    kind = rng.random()
    name = rng.choice(NAMES)
    if kind < 0.4:
        return name
    if kind < 0.6:
        return f"{BASE}/{name}"
    if kind < 0.7 and may_be_null:
        return "NULL"
    if kind < 0.75:
        return "x" * rng.randrange(1, 20) + in_hex(near_utf8(rng)) + "y" * rng.randrange(20)
    odd = [
        "NULL",
        "EMPTY",
        ".",
        "./",
        "..",
        "/",
        "//",
        "/missing",
        "missing",
        f"{BASE}/",
        f"{BASE}/..",
        f"./{name}",
        f".//{name}",
        f"{name}/.",
        f"{name}/..",
        f"{name}/a",
        f"d/../{name}",
        f"keep/../{name}",
        f"{BASE}/keep/deep/../../{name}",
        "n" * rng.randrange(253, 259),
        "./" * rng.randrange(2030, 2046) + name,
    ]
    return rng.choice(odd)


CHARACTERS = [0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF]
BYTES = [0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0xF5, 0xFF]


def near_utf8(rng: random.Random) -> bytes:
    """A character of any length, often with one byte wrong or lost."""
    text = bytearray(chr(rng.choice(CHARACTERS)).encode())
    kind = rng.random()
    if kind < 0.5:
        text[rng.randrange(len(text))] = rng.choice(BYTES)
    elif kind < 0.7:
        text.pop()
    return bytes(text)


def in_hex(text: bytes) -> str:
    return "".join(f"%{byte:02X}" for byte in text)


def flags(rng: random.Random) -> str:
    return rng.choices(("0", "nofollow", rng.choice(BAD_FLAGS)), (5, 5, 1))[0]


LAST_TIMES = {NSEC: (LAST, PAST_LAST), USEC: (LAST_MICROSECOND, PAST_LAST_MICROSECOND)}
EDGES = {NSEC: NANOSECONDS_AT_EDGES, USEC: MICROSECONDS_AT_EDGES}


def time(rng: random.Random, function: str) -> Time:
    """Near an edge, or of any size at all; most of them good, as one bad time is enough to refuse a call."""
    if rng.random() < 0.3:
        seconds = rng.choice(SECONDS_AT_EDGES) + rng.randrange(-1, 2)
    else:
        seconds = of_any_size(rng, 63 if rng.random() < 0.2 else 33)
    if rng.random() < 0.85:
        seconds = abs(seconds)
    seconds = max(-(2**63), min(2**63 - 1, seconds))
    unit = UNIT[function]
    if unit == SEC:
        return Time(seconds, 0)
    if unit == NSEC and rng.random() < 0.3:
        return Time(seconds, rng.choice(("now", "omit")))
    if rng.random() < 0.05:
        return rng.choice(LAST_TIMES[unit])
    kind = rng.random()
    if kind < 0.8:
        return Time(seconds, rng.randrange(unit))
    if kind < 0.95 or unit == NSEC:
        return Time(seconds, rng.choice(EDGES[unit]))
    return Time(seconds, of_any_size(rng, 63))


def of_any_size(rng: random.Random, bits: int) -> int:
    return rng.choice((1, -1)) * rng.getrandbits(rng.randrange(1, bits + 1))
