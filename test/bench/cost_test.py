# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the calls may cost at most: in fuel and bytes, which are the same on every machine.

docs/COST.md has the figures.
"""

import pytest
import toolbox
from bench import measure
from bench.measure import LONG_PATH, Bench, Call

# On the newest snapshot whose table lends references, in fuel with the loop around the call (measure.py).
LIMITS = {
    Call("futimens(fd, times)"): 170,
    Call('utimensat(AT_FDCWD, "/d/f", times, 0)'): 540,
    Call('utimensat(dirfd, "f", times, 0)'): 255,
    Call("utimensat(AT_FDCWD, LONG_PATH, times, 0)"): 780,
    Call("futimens(fd, bad_times)"): 140,
}
# On every snapshot, in a stripped guest that uses all seven functions, over stock's five.
BYTES_OVER_STOCK = 1024


@pytest.fixture
def bench(snapshot, tmp_path):
    return Bench(snapshot, tmp_path)


@pytest.mark.parametrize("call", LIMITS, ids=str)
@pytest.mark.parametrize("reference_snapshot", toolbox.of_generation("descriptor-ref")[-1:])
def test_fuel(reference_snapshot, call, tmp_path):
    assert len(LONG_PATH) == 55
    cost = Bench(reference_snapshot, tmp_path).cost(toolbox.WRAP, call)
    assert cost.result == ("-1 EINVAL" if "bad_times" in call.text else "0")
    assert cost.fuel <= LIMITS[call]


def test_no_accepted_call_is_dearer_than_stock(bench):
    dearer = {}
    for call in (*measure.ACCEPTED, *measure.NOTHING_TO_DO):
        if not call.in_stock:
            continue
        stock, overlay = (bench.cost(link, call) for link in (toolbox.STOCK, toolbox.WRAP))
        assert stock.result == overlay.result == "0"
        if overlay.fuel > stock.fuel:
            dearer[str(call)] = f"{overlay.fuel}, stock {stock.fuel}"
    assert dearer == {}


def test_bytes_added_to_a_guest(bench):
    ours, stocks = measure.SIZES["all of them"]
    for link in (toolbox.WRAP, toolbox.SYSROOT):
        assert bench.size(link, ours) - bench.size(toolbox.STOCK, stocks) <= BYTES_OVER_STOCK
