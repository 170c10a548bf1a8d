# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs random sequences on Linux and in the guest, and makes a difference as short as it can be."""

import re
from dataclasses import dataclass
from pathlib import Path

from linux import deviations, sequences
from linux.calls import Call, Place
from linux.sequences import BASE, SET_UP, Sequence

AT_ONCE = 600  # sequences to a process


@dataclass
class Difference:
    sequence: Sequence
    step: int
    expected: str
    guest: str


class Growth:
    """What the guest's process held at each `stats`."""

    def __init__(self):
        self.seen: list[dict[str, int]] = []

    def __call__(self, process, line: str):
        held = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}
        held["host fds"] = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        status = Path(f"/proc/{process.pid}/status").read_text()
        held["host kB"] = int(re.search(r"VmRSS:\s*(\d+)", status)[1])
        self.seen.append(held)

    def check(self):
        first, *later = self.seen
        for held in later:
            # libc gives out the number that was closed last, and a thread of the host may have a file
            # open: neither is the same each time, but a call in a hundred that leaks would show.
            assert held["fd"] < 16, f"the guest's file descriptors grew: {self.seen}"
            assert held["host fds"] <= first["host fds"] + 4, f"the host's file descriptors grew: {self.seen}"
            assert held["memory"] == first["memory"], f"the guest's memory grew: {self.seen}"
            assert held["host kB"] < first["host kB"] + 4096, f"the host's memory grew: {self.seen}"


class Fuzz:
    """Both programs, in one place."""

    expects = "Linux"  # who says what is right

    def __init__(self, place: Place, snapshot: str, native: Path, guest: Path):
        self.place, self.native, self.guest = place, native, guest
        self.rules = deviations.load(snapshot)
        self.calls = 0

    def run(self, program: Path, batch: list[Sequence], at_stats=None) -> list[list[str]]:
        """The answers to each sequence, those to its set-up among them."""
        self.place.clear()
        script: list[str] = []
        stops = {len(batch) // 4, len(batch) // 2, len(batch) - 1} if at_stats else ()
        for i, sequence in enumerate(batch):
            script += sequence.lines(self.place.top)
            if i in stops:
                script += ["closeall", "stats"]
        answers = self.place.answers(program, script, at_stats)
        of_each, at = [], 0
        for i, sequence in enumerate(batch):
            length = len(SET_UP) + len(sequence.steps)
            of_each.append(answers[at : at + length])
            at += length + (2 if i in stops else 0)
        return of_each

    def difference(self, batch: list[Sequence], growth: Growth | None = None) -> Difference | None:
        """The first step of a batch that ends otherwise in the guest, with no deviation to excuse it."""
        linux = self.run(self.native, batch)
        guest = self.run(self.guest, batch, growth)
        for sequence, theirs, ours in zip(batch, linux, guest, strict=True):
            self.calls += sum(isinstance(step, Call) for step in sequence.steps)
            if theirs == ours:
                continue
            for step, (their, our) in enumerate(zip(theirs, ours, strict=True), -len(SET_UP)):
                if their != our and not self.excused(sequence, step, their, our):
                    return Difference(sequence, step, their, our)
        return None

    def excused(self, sequence: Sequence, step: int, linux: str, guest: str) -> bool:
        call = sequence.steps[step] if step >= 0 else None
        if not isinstance(call, Call):
            return False
        call = call.at(BASE, f"{self.place.top}/s{sequence.number}")
        return len(deviations.excuses(self.rules, call, linux, guest, self.place.top)) == 1

    def shortest(self, difference: Difference) -> Difference:
        """Leaves out whatever the difference does not need."""
        best = difference
        best = self.without(best, range(best.step + 1, len(best.sequence.steps))) or best
        size = max(1, len(best.sequence.steps) // 2)
        while True:
            start = 0
            while start < len(best.sequence.steps):
                shorter = self.without(best, range(start, start + size))
                if shorter:
                    best = shorter
                else:
                    start += size
            if size == 1:
                return best
            size //= 2

    def without(self, difference: Difference, left_out: range) -> Difference | None:
        steps = difference.sequence.steps
        kept = tuple(step for i, step in enumerate(steps) if i not in left_out)
        return self.difference([Sequence(difference.sequence.number, kept)])

    def many(self, seed: str, calls: int, *, grows=True) -> dict[str, int]:
        """At least so many calls of the utime family. Fails at the first difference, made short.

        Returns what the guest's process held at the end, where that is looked at.
        """
        held = {}
        number = 0
        while self.calls < calls:
            batch = []
            left = calls - self.calls
            while left > 0 and len(batch) < AT_ONCE:
                batch.append(sequences.draw(seed, number))
                left -= sum(isinstance(step, Call) for step in batch[-1].steps)
                number += 1
            growth = Growth() if grows else None
            found = self.difference(batch, growth)
            if found:
                raise AssertionError(self.report(seed, found))
            if growth:
                growth.check()
                held = growth.seen[-1]
        return held

    def report(self, seed: str, found: Difference) -> str:
        alone = self.difference([found.sequence])
        short = self.shortest(alone) if alone else found
        how = "made short" if alone else "only after the sequences before it"
        top = str(self.place.top)
        steps = (*SET_UP, *short.sequence.steps)[: short.step + len(SET_UP) + 1]
        return "\n".join(
            [
                f"seed {seed}, sequence {found.sequence.number}, step {found.step}, {how}:",
                *(f"  {step}" for step in steps),
                f"{self.expects}: {short.expected}".replace(top, "TOP"),
                f"guest: {short.guest}".replace(top, "TOP"),
            ]
        )
