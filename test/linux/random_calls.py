# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs random sequences on Linux and in the guest, and makes a difference as short as it can be."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import toolbox
from linux import calls, deviations, sequences
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
    """What the guest's process held at the end of each sequence, where that is looked at."""

    def __init__(self):
        self.seen: list[dict[str, int]] = []

    def __call__(self, process, line: str):
        held = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}
        held["host fds"] = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        status = Path(f"/proc/{process.pid}/status").read_text()
        held["host kB"] = int(re.search(r"VmRSS:\s*(\d+)", status)[1])
        self.seen.append(held)

    def check(self):
        settled = self.seen[len(self.seen) // 4 :]
        for first, held in itertools.product(settled[:1], settled):
            # libc gives out the number that was closed last, and a thread of the host may have a file
            # open: neither is the same each time, but a call in a hundred that leaks would show.
            assert held["fd"] < 16, f"the guest's file descriptors grew: {self.seen}"
            assert held["host fds"] <= first["host fds"] + 4, f"the host's file descriptors grew: {self.seen}"
            assert held["memory"] == first["memory"], f"the guest's memory grew: {self.seen}"
            assert held["host kB"] < first["host kB"] + 4096, f"the host's memory grew: {self.seen}"


class Fuzz:
    """Both programs, in one place."""

    expects = "Linux"  # who says what is right
    link, flags = toolbox.WRAP, ()  # what calls.c is compiled with

    def __init__(self, place: Place, snapshot: str, native: Path, scratch: Path):
        self.place, self.native = place, native
        self.guest = self.compile(snapshot, scratch)
        self.rules = deviations.load(snapshot)
        self.preview1 = toolbox.is_preview1(snapshot)
        self.calls = self.sequences = 0  # so far

    def compile(self, snapshot: str, scratch: Path) -> Path:
        return calls.guest(snapshot, self.link, scratch / "calls.cwasm", *self.flags)

    def lines(self, sequence: Sequence) -> list[str]:
        return sequence.lines(self.place.top)

    def ask_guest(self, script: list[str], growth: Growth | None) -> Iterable[tuple[str, list]]:
        """Each answer, with what the guest asked of the host for it, where that is seen."""
        return [(answer, []) for answer in self.place.answers(self.guest, script, growth)]

    def difference(self, batch: list[Sequence], growth: Growth | None = None) -> Difference | None:
        """The first step of a batch that ends otherwise in the guest than it must."""
        script = [line for sequence in batch for line in self.lines(sequence)]
        self.place.clear()
        linux = iter(self.place.answers(self.native, script))
        self.place.clear()
        guest = iter(self.ask_guest(script, growth))
        for sequence in batch:
            self.calls += sum(isinstance(step, Call) for step in sequence.steps)
            theirs = list(itertools.islice(linux, len(sequence.steps)))
            for step in range(len(sequence.steps)):
                answer, asked = next(guest)
                expected = self.expected(sequence, step, theirs, answer, asked)
                if answer != expected:
                    told = f" ({'; '.join(map(str, asked))})" if asked else ""
                    return Difference(sequence, step, expected, answer + told)
        return None

    def expected(self, sequence: Sequence, step: int, linux: list[str], guest: str, asked: list) -> str:
        """The right answer to a step, after Linux's answers to the whole sequence."""
        excused = guest != linux[step] and self.excused(sequence, step, linux[step], guest)
        return guest if excused else linux[step]

    def excused(self, sequence: Sequence, step: int, linux: str, guest: str) -> bool:
        call = self.call(sequence, step)
        return (
            call is not None and len(deviations.excuses(self.rules, call, linux, guest, self.place.top)) == 1
        )

    def call(self, sequence: Sequence, step: int) -> Call | None:
        """A step with its directory's name, if it is a call of the family."""
        call = sequence.steps[step]
        return call.at(BASE, f"{self.place.top}/s{sequence.number}") if isinstance(call, Call) else None

    def shortest(self, difference: Difference) -> Difference:
        """Leaves out whatever the difference does not need."""
        steps = len(difference.sequence.steps)
        best = self.without(difference, range(difference.step + 1, steps)) or difference
        size = steps // 2
        while size > 0:
            start = len(SET_UP)
            while start < len(best.sequence.steps):
                shorter = self.without(best, range(start, start + size))
                if shorter:
                    best = shorter
                else:
                    start += size
            size //= 2
        return best

    def without(self, difference: Difference, left_out: range) -> Difference | None:
        steps = difference.sequence.steps
        kept = tuple(step for i, step in enumerate(steps) if i not in left_out)
        return self.difference([Sequence(difference.sequence.number, kept)])

    def many(self, seed: str, calls: int) -> Growth:
        """At least so many calls more of the utime family. Fails at the first difference, made short.

        Returns what the guest's process held in the last of them.
        """
        end = self.calls + calls
        while self.calls < end:
            batch = []
            missing = end - self.calls
            while missing > 0 and len(batch) < AT_ONCE:
                batch.append(sequences.draw(seed, self.sequences))
                missing -= sum(isinstance(step, Call) for step in batch[-1].steps)
                self.sequences += 1
            growth = Growth()
            found = self.difference(batch, growth)
            if found:
                raise AssertionError(self.report(seed, found))
            growth.check()
        return growth

    def report(self, seed: str, found: Difference) -> str:
        alone = self.difference([found.sequence])
        short = self.shortest(alone) if alone else found
        how = "made short" if alone else "only after the sequences before it"
        top = str(self.place.top)
        steps = short.sequence.steps[: short.step + 1]
        return "\n".join(
            [
                f"seed {seed}, sequence {found.sequence.number}, step {found.step}, {how}:",
                *(f"  {step}" for step in steps),
                f"{self.expects}: {short.expected}".replace(top, "TOP"),
                f"guest: {short.guest}".replace(top, "TOP"),
            ]
        )


class UbsanFuzz(Fuzz):
    """With the undefined behaviour sanitizer, which ends the guest."""

    link, flags = toolbox.WRAP_UBSAN, ("-fsanitize=undefined", "-fsanitize-trap=undefined")


class NoFdFuzz(Fuzz):
    """With the no-fd build: what would ask the host by fd is ENOSYS, but for a directory."""

    link = toolbox.WRAP_NOFD

    def lines(self, sequence: Sequence) -> list[str]:
        """Files are watched by their names alone, since no times are set back by a file descriptor."""
        return [
            re.sub(r" @\d", "", line) if line.startswith("watch ") else line
            for line in super().lines(sequence)
        ]

    def expected(self, sequence: Sequence, step: int, linux: list[str], guest: str, asked: list) -> str:
        call = self.call(sequence, step)
        asks = call is not None and self.asks_by_fd(call, linux[step].partition(" ")[0])
        if asks and not is_directory(call.fd, sequence.steps[:step], linux):
            return "ENOSYS"
        return super().expected(sequence, step, linux, guest, asked)

    def asks_by_fd(self, call: Call, linux: str) -> bool:
        facts = deviations.Facts(call, str(self.place.top))
        refused = facts.negative or facts.bad_fraction or (self.preview1 and facts.too_late)
        reached = linux in ("ok", "EACCES", "EPERM") and call.fd.startswith("@")
        return facts.fd_form and reached and not refused and not facts.both_omitted


def is_directory(fd: str, steps: tuple[str | Call, ...], answers: list[str]) -> bool:
    """Whether the slot `@N` has a directory open after these steps."""
    opened = [
        answer
        for step, answer in zip(steps, answers, strict=False)
        if str(step).startswith(f"open {fd} ") and answer.startswith("ok")
    ]
    return opened[-1] == "ok directory"
