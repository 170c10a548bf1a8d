# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random sequences on a host that answers errors at random.

Linux cannot say what comes of those. But what the guest asked of the host, and what the host then
answered, leave exactly one right result (docs/SEMANTICS.md); and where nothing was asked, it is as
on Linux again.
"""

import random
from collections.abc import Iterable
from pathlib import Path

import toolbox
from host import error_host
from host.error_host import REAL, Guest, Host, error_codes
from host.errors_test import ERRNO, NO_ANSWER_FOR_DIRECTORY
from linux.calls import NSEC, UNIT, Call, Time
from linux.deviations import Facts
from linux.random_calls import Fuzz
from linux.sequences import Sequence

NO_DIRECTORY = ("bad-descriptor", "not-directory")


def answer(call: error_host.Call) -> str:
    """Any error-code or the real thing, the same for the same call, whatever came before."""
    rng = random.Random(str(call))
    return REAL if rng.random() < 0.3 else rng.choice(error_codes())


class ErrorFuzz(Fuzz):
    expects = "contract"
    link = toolbox.WRAP_UBSAN
    host_calls = 0  # so far

    def compile(self, snapshot: str, scratch: Path) -> Guest:
        return Guest(toolbox.compile_calls(snapshot, self.link, scratch / "calls.wasm"))

    def lines(self, sequence: Sequence) -> list[str]:
        """No file is watched here: setting times back would be calls on the host too."""
        return ["watch" if line.startswith(("watch ", "stats")) else line for line in super().lines(sequence)]

    def ask_guest(self, script: list[str], growth=None) -> Iterable[tuple[str, list[error_host.Call]]]:
        host, top = Host(set_times=answer, set_times_at=answer), self.place.top
        done = host.run(self.guest, dirs={str(top): top}, stdin=script)
        for line, host_calls in done.steps:
            asked = [call for call in host_calls if call.method.startswith("set-times")]
            self.host_calls += len(asked)
            yield line, asked
        yield f"trap: {done.trap}", []

    def expected(self, sequence: Sequence, step: int, linux: list[str], guest: str, asked: list) -> str:
        """The right answer to a step, or what is wrong with what was asked."""
        call = self.call(sequence, step)
        if call is None:
            return linux[step] if not asked else "no call of the host"
        if not asked:
            return super().expected(sequence, step, linux, guest, asked)
        facts = Facts(call, str(self.place.top))
        if facts.negative or facts.bad_fraction or (self.preview1 and facts.too_late):
            return "EINVAL with no call of the host"
        times = new_timestamps(call)
        if any(one.arguments[-2:] != times for one in asked):
            return f"a call of the host with {times}"
        answers = [one.answer for one in asked]
        if not facts.fd_form:
            flags = frozenset({"symlink-follow"} if facts.follow else ())
            if len(asked) > 1 or asked[0].method != "set-times-at" or asked[0].arguments[0] != flags:
                return f"one set-times-at with {sorted(flags)}"
            return result(answers[0])
        if asked[-1].method == "set-times":
            return result(answers[0]) if len(asked) == 1 else "one set-times"
        # The adapter knows by itself that a directory is none of its files.
        first = answers[0] if len(asked) == 2 else "bad-descriptor" if self.preview1 else None
        if asked[-1].arguments[:2] != (frozenset(), ".") or first not in NO_ANSWER_FOR_DIRECTORY:
            return "no set-times-at, or one of the directory itself after set-times did not do"
        return result(first if answers[-1] in NO_DIRECTORY else answers[-1])


def result(code: str | None) -> str:
    return ERRNO[code] if code else "ok"


def new_timestamps(call: Call) -> tuple:
    """The times as the host must see them."""
    return tuple(map(new_timestamp, call.times or (Time(0, "now"),) * 2, [call.function] * 2))


def new_timestamp(time: Time, function: str) -> str | tuple[int, int]:
    if not time.explicit:
        return "now" if time.fraction == "now" else "no-change"
    return time.seconds, time.fraction * NSEC // UNIT[function]
