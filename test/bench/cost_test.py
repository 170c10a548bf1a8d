# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the calls may cost at most: in fuel and bytes, which are the same on every machine.

docs/COST.md has the figures.
"""

import functools

import pytest
import toolbox
from bench import cost, measure
from bench.measure import LONG_PATH, Bench, Call

# With a wasi-libc whose descriptor table lends its entries, without the loop.
LIMITS = {
    Call("futimens(fd, times)"): 165,
    Call('utimensat(AT_FDCWD, "/d/f", times, 0)'): 535,
    Call('utimensat(dirfd, "f", times, 0)'): 250,
    Call("utimensat(AT_FDCWD, LONG_PATH, times, 0)"): 775,
    Call("futimens(fd, bad_times)"): 135,
}
# With every wasi-libc, in a stripped guest that uses all seven functions, over stock's five.
BYTES_OVER_STOCK = 1024


@pytest.fixture(scope="module")
def bench_of(tmp_path_factory):
    return functools.cache(lambda snapshot: Bench(snapshot, tmp_path_factory.mktemp("bench")))


@pytest.mark.parametrize("call", LIMITS, ids=str)
def test_fuel(call, bench_of):
    assert len(LONG_PATH) == 55
    snapshots = toolbox.of_generation("descriptor-ref")
    if not snapshots:
        pytest.skip("no wasi-libc with that table")
    for snapshot in snapshots:
        found = bench_of(snapshot).cost(toolbox.WRAP, call)
        assert found.answer == ("EINVAL" if "bad_times" in call.text else "0")
        assert found.fuel <= LIMITS[call]


def test_no_accepted_call_is_dearer_than_stock(snapshot, bench_of):
    dearer = {}
    for call in (*measure.ACCEPTED, *measure.NOTHING_TO_DO):
        if not call.in_stock:
            continue
        stock, overlay = (bench_of(snapshot).cost(link, call) for link in (toolbox.STOCK, toolbox.WRAP))
        assert stock.answer == overlay.answer == "0"
        if overlay.fuel > stock.fuel:
            dearer[str(call)] = f"{overlay.fuel}, stock {stock.fuel}"
    assert dearer == {}


def test_bytes_added_to_a_guest(snapshot, bench_of):
    bench, use = bench_of(snapshot), measure.USES["all of them"]
    stock = bench.size_added(toolbox.STOCK, use)
    for link in (toolbox.WRAP, toolbox.SYSROOT):
        assert bench.size_added(link, use) - stock <= BYTES_OVER_STOCK


class StandIn(Bench):
    """The counted descriptor table, which needs not be that of any sysroot here."""

    def __init__(self, scratch):
        super().__init__(*toolbox.stand_in_sysroot(), scratch)
        self.generation = "descriptor-counted"

    def compile(self, name, source, link, *flags):
        if link == toolbox.STOCK:
            return super().compile(name, source, link, toolbox.stand_in(self.snapshot), *flags)
        return super().compile(name, source, toolbox.COUNTED, *flags)


def test_the_counted_generation_is_measured_like_the_others(bench_of, tmp_path):
    if not toolbox.stand_in_sysroot():
        pytest.skip("no wasi-libc that the stand-in can stand on")
    calls = measure.PICTURED[:2]
    assert [call.parts for call in calls] == [measure.FD, measure.DIRFD]
    counted, lent = StandIn(tmp_path), bench_of(*toolbox.stand_in_sysroot())
    for call in calls:
        assert counted.cost(toolbox.WRAP, call).answer == "0"
        (host, look_up, ours), (same_host, shorter_look_up, _) = counted.parts(call), lent.parts(call)
        assert ours > 0
        assert host == same_host + 1  # the handle is loaded, since it lies beside the reference
        assert look_up > shorter_look_up  # the reference is taken and dropped
    groups = cost.alike([lent, counted], calls)
    assert list(groups.values()) == [[counted], [lent]]
    assert "(descriptor-counted)\n\n| call |" in cost.fuel(groups)
    panels = {bar["panel"]: None for bar in cost.picture(groups, calls)["data"]["values"]}
    assert list(panels) == [cost.title(group) for group in groups.values()]
