# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random calls until Ctrl-C, or until one ends otherwise than it must: fuzz.py SEED"""

import contextlib
import itertools
import os
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import toolbox
from linux import calls
from linux.random_calls import Fuzz, NoFdFuzz, UbsanFuzz
from linux.random_errors import ErrorFuzz

KINDS = {
    toolbox.WRAP: Fuzz,
    toolbox.WRAP_UBSAN: UbsanFuzz,
    toolbox.WRAP_NOFD: NoFdFuzz,
    "errors": ErrorFuzz,
}


def everything(stack: contextlib.ExitStack, scratch: Path) -> list[tuple[str, Fuzz]]:
    """Each kind for each snapshot, by name, in a place of its own."""
    native = calls.native(scratch / "calls")
    tried = []
    for snapshot, kind in itertools.product(toolbox.SNAPSHOTS, KINDS):
        own = scratch / f"{snapshot}-{kind}"
        own.mkdir()
        place = stack.enter_context(calls.Place())
        tried.append((f"{snapshot} {kind}", KINDS[kind](place, snapshot, native, own)))
    return tried


def until_stopped(seed: str, tried: list[tuple[str, Fuzz]]) -> int:
    """A turn of each, as many at a time as there are processors, over and over. Returns what to exit with."""
    start = time.monotonic()

    def turn(name: str, one: Fuzz):
        one.many(f"{seed} {name}", one.turn)

    def say(end: str):
        count, seconds = sum(one.calls for _, one in tried), time.monotonic() - start
        speed = f"{count} calls in {seconds:.0f} s, {count / seconds:.0f} a second"
        print(f"{speed}, seed {seed}: {end}", flush=True)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            while True:
                list(pool.map(turn, *zip(*tried, strict=True)))
                say("no difference so far")
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # what runs ends its turn
            say("stopped, no difference")
            return 0
        except AssertionError as difference:
            say(f"a difference\n{difference}")
            return 1


def main(seed: str) -> int:
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        return until_stopped(seed, everything(stack, Path(scratch)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
