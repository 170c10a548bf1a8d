# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random calls: the same sequence on Linux and in the guest, step by step.

`make fuzz N=…` sets how many calls, of all tests together, and the seed.
"""

import os

import pytest
import toolbox
from linux import calls
from linux.random_calls import Fuzz
from linux.random_errors import ErrorFuzz

BUILDS = {"plain": [], "ubsan": ["-fsanitize=undefined", "-fsanitize-trap=undefined"]}
CALLS = int(os.environ.get("FUZZ_CALLS", 16000)) // (len(BUILDS) * len(toolbox.SNAPSHOTS)) + 1
SEED = os.environ.get("FUZZ_SEED", "1")


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    return calls.native(tmp_path_factory.mktemp("native") / "calls")


@pytest.mark.parametrize("build", BUILDS)
def test_random_calls_end_as_on_linux(snapshot, build, native, tmp_path, record_property):
    link = toolbox.WRAP_UBSAN if build == "ubsan" else toolbox.WRAP
    guest = calls.guest(snapshot, link, tmp_path / "calls.cwasm", *BUILDS[build])
    with calls.Place() as place:
        fuzz = Fuzz(place, snapshot, native, guest)
        last = fuzz.many(f"{SEED} {snapshot} {build}", CALLS)
    record_property(
        "summary",
        f"random calls, wasi-libc {snapshot}, {build}: {fuzz.calls} as on Linux (seed {SEED}), "
        f"nothing grew: guest {last['memory']} pages, host {last['host fds']} fds and {last['host kB']} kB",
    )


def test_random_errors_of_the_host(snapshot, native, tmp_path, record_property):
    guest = toolbox.compile_calls(snapshot, toolbox.WRAP_UBSAN, tmp_path / "calls.wasm")
    with calls.Place() as place:
        fuzz = ErrorFuzz(place, snapshot, native, guest)
        fuzz.many(f"{SEED} {snapshot} errors", CALLS // 2, grows=False)
    assert fuzz.host_calls >= CALLS // 10
    record_property(
        "summary",
        f"random errors, wasi-libc {snapshot}: {fuzz.calls} as the contract says (seed {SEED}), "
        f"{fuzz.host_calls} of them answered by the host",
    )
