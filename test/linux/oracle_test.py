# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Linux as the oracle: thousands of calls end in the guest as on Linux, or as written down with a reason."""

from collections import Counter
from dataclasses import dataclass

import pytest
import toolbox
from linux import calls, deviations, rows


@pytest.fixture(scope="module")
def place():
    with calls.Place() as place:
        yield place


def answers(place, program, is_made=lambda line: True, dirs=None) -> list[tuple[str | calls.Call, str]]:
    """Each line of the script with its answer; "missing" where it is not made."""
    place.clear()
    rows.make_files(place)
    script = list(rows.rows(place))
    given = iter(place.answers(program, [str(line) for line in script if is_made(line)], dirs=dirs))
    return [(line, next(given) if is_made(line) else "missing") for line in script]


@pytest.fixture(scope="module")
def linux(place, tmp_path_factory):
    return answers(place, calls.native(tmp_path_factory.mktemp("native") / "calls"))


@dataclass
class Unexcused:
    call: calls.Call
    linux: str
    guest: str
    rules: list[str]  # that excuse it, none or too many

    def __str__(self):
        excused = f"excused by {' and '.join(self.rules) or 'nothing'}"
        return f"{self.call} [{self.call.target}]: Linux {self.linux}; guest {self.guest}; {excused}"


class Comparison:
    """Every row, those that differ, and those that no deviation excuses."""

    def __init__(self, snapshot, place, linux, guest):
        self.rules = deviations.load(snapshot)
        self.used = Counter()
        self.rows = self.different = 0
        self.unexcused = []
        for (call, theirs), (_, ours) in zip(linux, guest, strict=True):
            if isinstance(call, str):
                assert theirs == ours, f"set-up: {call}"
                continue
            self.rows += 1
            if theirs == ours:
                continue
            self.different += 1
            names = deviations.excuses(self.rules, call, theirs, ours, place.top)
            if len(names) == 1:
                self.used[names[0], rows.is_about_others(call)] += 1
            else:
                self.unexcused.append(Unexcused(call, theirs, ours, names))


@pytest.mark.parametrize("link", [toolbox.WRAP, toolbox.SYSROOT])
def test_each_row_is_as_on_linux(snapshot, link, place, linux, tmp_path, record_property):
    guest = answers(place, calls.guest(snapshot, link, tmp_path / f"{snapshot}-{link}.cwasm"))
    found = Comparison(snapshot, place, linux, guest)
    shown = "\n".join(map(str, found.unexcused[:40]))
    assert not found.unexcused, f"{len(found.unexcused)} of {found.rows} rows, the first of them:\n{shown}"

    wrong = []
    for rule in found.rules:
        expected = (rule.rows, rule.others_rows if calls.User().is_root else 0)
        excused = (found.used[rule.name, False], found.used[rule.name, True])
        if excused != expected or not rule.rows + rule.others_rows:
            wrong.append(f"{rule.name}: excuses {excused} (rows, others_rows), written down are {expected}")
    assert not wrong, "\n".join(["deviations.toml:", *wrong])
    record_property(
        "summary",
        f"oracle, wasi-libc {snapshot}, overlay ({link}): all of {found.rows} rows, "
        f"{found.rows - found.different} as on Linux and {found.different} by a written deviation",
    )


def test_a_guest_without_chdir_ends_the_same(snapshot, place, tmp_path):
    """Such a guest has no current directory: a relative path is one under what is preopened as "."."""

    def same(line: str | calls.Call) -> bool:
        if isinstance(line, str):
            return not line.startswith("chdir")
        return not (line.path.startswith(("/", "..")) or len(line.path) > 3900 or line.fd == "@11")

    with_chdir = answers(place, calls.guest(snapshot, toolbox.WRAP, tmp_path / f"{snapshot}-chdir.cwasm"))
    program = calls.guest(snapshot, toolbox.WRAP, tmp_path / f"{snapshot}-none.cwasm", "-DWITHOUT_CHDIR")
    without = answers(place, program, same, {".": place.top / "tree", str(place.top): place.top})
    made = [line for line, _ in without if isinstance(line, calls.Call) and same(line)]
    by_path = {line.function for line in made if line.path == "file"}
    assert by_path == {function for function in calls.FUNCTIONS if calls.takes_path(function)}
    different = [
        f"{line}: {one}; {other}"
        for (line, one), (_, other) in zip(with_chdir, without, strict=True)
        if same(line) and one != other
    ]
    assert not different, "\n".join(different[:40])


def test_score_of_stock(snapshot, place, linux, tmp_path, record_property):
    """The same rows without the overlay: each known fault of this wasi-libc is seen, and no other."""
    program = calls.guest(snapshot, toolbox.STOCK, tmp_path / f"{snapshot}-stock.cwasm")

    def is_made(line: str | calls.Call) -> bool:
        return isinstance(line, str) or line.function not in toolbox.MISSING_IN_STOCK

    found = Comparison(snapshot, place, linux, answers(place, program, is_made))
    known = deviations.load(snapshot, "stock-faults.toml")
    unseen = {fault.name for fault in known}
    unknown = []
    for row in found.unexcused:
        seen = deviations.covering(known, row.call, row.linux, row.guest, place.top)
        unseen.difference_update(seen)
        if not seen:
            unknown.append(str(row))
    assert not unknown, "\n".join([f"{len(unknown)} rows of no known fault:", *unknown[:40]])
    assert not unseen, f"not seen: {unseen}"
    record_property(
        "summary",
        f"oracle, wasi-libc {snapshot}, stock: {found.rows - len(found.unexcused)} of {found.rows} rows",
    )
