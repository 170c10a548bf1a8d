# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares what Linux and the guest answered, by the rules of deviations.toml."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_to_bytes

import toolbox
from linux.calls import NSEC, UNIT, Call

# Files of the oracle that no path relative to the preopened directory leads to.
LEAVING_LINKS = ("link-absolute", "link-outside")


def leaves(path: str) -> bool:
    """Whether a relative path leads out of its directory, as far as the text shows."""
    depth = 0
    for part in path.split("/"):
        depth += {"": 0, ".": 0, "..": -1}.get(part, 1)
        if depth < 0:
            return True
    return False


def is_utf8(path: bytes) -> bool:
    try:
        path.decode()
    except UnicodeDecodeError:
        return False
    return True


class Facts:
    """What an expression under `when` can use, beside the fields of the call itself."""

    def __init__(self, call: Call, top: str):
        explicit = [time for time in call.times or () if time.explicit]
        self.function, self.fd, self.path, self.target = call.function, call.fd, call.path, call.target
        self.flags = call.flags
        self.fd_form = call.function in ("futimens", "futimes") or (call.path == "NULL" and call.fd != "cwd")
        self.stream = self.fd_form and call.fd in ("0", "1", "2")
        self.follow = call.function != "lutimes" and "nofollow" not in call.flags
        self.not_utf8 = not is_utf8(unquote_to_bytes(call.path))
        self.both_now = call.times is None or all(time.fraction == "now" for time in call.times)
        self.both_omitted = call.times is not None and all(time.fraction == "omit" for time in call.times)
        unit = UNIT[call.function]
        self.bad_fraction = any(not 0 <= time.fraction < unit for time in explicit)
        self.negative = any(time.seconds < 0 for time in explicit)
        # Past 64 bits of nanoseconds.
        self.too_late = any(time.seconds * NSEC + time.fraction * NSEC // unit >= 2**64 for time in explicit)
        # musl and Linux look at tv_usec in these two before all else.
        self.musl_refuses_first = call.function in ("utimes", "futimesat") and self.bad_fraction
        absolute = call.path.startswith("/")
        relative = not self.fd_form and not absolute
        self.from_cwd = relative and call.fd == "cwd"
        self.from_dirfd = relative and not self.from_cwd
        self.outside = absolute and not f"{call.path}/".startswith(f"{top}/")
        inner = call.path.removeprefix(top) if absolute else call.path
        self.leaves = call.target in LEAVING_LINKS or ((absolute or self.from_dirfd) and leaves(inner))
        # Behind a link to the directory itself, that is; the text does not show it.
        self.may_leave = self.from_dirfd and ".." in call.path.split("/") and not self.leaves


@dataclass
class Rule:
    """A table of deviations.toml or stock-faults.toml."""

    name: str
    by: str = ""
    reason: str = ""
    when: str = "True"
    linux: list[str] = field(default_factory=list)  # none: any
    guest: list[str] = field(default_factory=list)
    rows: int = 0
    others_rows: int = 0
    generation: str | None = None

    def __post_init__(self):
        self.expression = compile(self.when, self.name, "eval")

    def covers(self, facts: dict, linux: str, guest: str) -> bool:
        allowed = linux in (self.linux or [linux]) and guest in (self.guest or [guest])
        return allowed and bool(eval(self.expression, {}, facts))


def load(snapshot: str, file="deviations.toml") -> list[Rule]:
    """The rules that there are with this snapshot's generation."""
    (tables,) = tomllib.loads(Path(__file__).with_name(file).read_text()).values()
    rules = [Rule(**table) for table in tables]
    return [one for one in rules if one.generation in (None, toolbox.generation(snapshot))]


def covering(rules: list[Rule], call: Call, linux: str, guest: str, top: Path) -> list[str]:
    """The names of the rules for these two results."""
    facts = vars(Facts(call, str(top)))
    return [one.name for one in rules if one.covers(facts, linux.partition(" ")[0], guest.partition(" ")[0])]


def excuses(deviations: list[Rule], call: Call, linux: str, guest: str, top: Path) -> list[str]:
    """The names of the deviations that excuse these two answers, which are not equal."""
    linux_result, _, linux_times = linux.partition(" ")
    guest_result, _, guest_times = guest.partition(" ")
    if guest_times and (guest_result != "ok" or (linux_result == "ok" and linux_times != guest_times)):
        return []
    return covering(deviations, call, linux, guest, top)
