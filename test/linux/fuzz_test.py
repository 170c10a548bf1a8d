# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random calls: the same sequence on Linux and in the guest, step by step.

`make fuzz N=…` sets how many calls, of all tests together, and the seed.
"""

import os

import pytest
import toolbox
from linux import calls
from linux.random_calls import Fuzz, NoFdFuzz, UbsanFuzz
from linux.random_errors import ErrorFuzz

ON_LINUX = {toolbox.WRAP: Fuzz, toolbox.WRAP_UBSAN: UbsanFuzz, toolbox.WRAP_NOFD: NoFdFuzz}
CALLS = int(os.environ.get("FUZZ_CALLS", 16000)) // (len(ON_LINUX) * len(toolbox.SNAPSHOTS)) + 1
SEED = os.environ.get("FUZZ_SEED", "1")


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    return calls.native(tmp_path_factory.mktemp("native") / "calls")


@pytest.mark.parametrize("link", ON_LINUX)
def test_random_calls_end_as_on_linux(snapshot, link, native, tmp_path, record_property):
    with calls.Place() as place:
        tried = ON_LINUX[link](place, snapshot, native, tmp_path)
        last = tried.many(f"{SEED} {snapshot} {link}", CALLS).seen[-1]
    record_property(
        "summary",
        f"random calls, wasi-libc {snapshot}, {link}: {tried.calls} as on Linux (seed {SEED}), "
        f"nothing grew: guest {last['memory']} pages, host {last['host fds']} fds and {last['host kB']} kB",
    )


def test_random_errors_of_the_host(snapshot, native, tmp_path, record_property):
    with calls.Place() as place:
        tried = ErrorFuzz(place, snapshot, native, tmp_path)
        tried.many(f"{SEED} {snapshot} errors", CALLS // 2)
    assert tried.host_calls >= CALLS // 10
    record_property(
        "summary",
        f"random errors, wasi-libc {snapshot}: {tried.calls} as the contract says (seed {SEED}), "
        f"{tried.host_calls} of them answered by the host",
    )
