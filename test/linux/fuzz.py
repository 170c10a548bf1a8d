# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random calls until Ctrl-C, or until one ends otherwise than it must: fuzz.py SEED"""

import contextlib
import itertools
import os
import queue
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
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
SAYS_EVERY = 30  # seconds


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
    """Takes them in turns, as many at a time as there are processors. Returns what to exit with."""
    waiting = queue.SimpleQueue()
    for one in tried:
        waiting.put(one)
    stopping = threading.Event()

    def work():
        while not stopping.is_set():
            name, one = waiting.get()
            one.many(f"{seed} {name}", one.at_once)
            waiting.put((name, one))

    def say(end: str):
        count, seconds = sum(one.calls for _, one in tried), time.monotonic() - start
        print(
            f"{count} calls in {seconds:.0f} s, {count / seconds:.0f} a second, seed {seed}: {end}",
            flush=True,
        )

    start = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        workers = [pool.submit(work) for _ in range(os.cpu_count())]
        try:
            while not (ended := wait(workers, SAYS_EVERY, FIRST_COMPLETED).done):
                say("no difference so far")
            ended.pop().result()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # what runs ends its turn
            say("stopped, no difference")
            return 0
        except AssertionError as difference:
            say(f"a difference\n{difference}")
            return 1
        finally:
            stopping.set()


def main(seed: str) -> int:
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        return until_stopped(seed, everything(stack, Path(scratch)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
