# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What docs/SEMANTICS.md says of stock wasi-libc and of the overlay beside it, each cell from a run.

The calls are compiled as the page has them.
"""

import functools
import os
import re
from pathlib import Path

import pytest
import toolbox
from bench import measure
from host.error_host import Guest, Host
from toolbox import times_of

from docs import pages

PAGE = "docs/SEMANTICS.md"
ROWS = pages.table(PAGE, "What wasi-libc answers")
BEFORE = (100_000_000_000, 100_000_000_000)
SET = [(1_000_000_002, 3_000_000_004), (1_000_002_000, 3_000_004_000)]  # `times` and `timevals`


def code(cell: str) -> str:
    return re.match("`(.*?)`", cell)[1]


@pytest.fixture(scope="module")
def guest(tmp_path_factory):
    @functools.cache
    def compiled(snapshot: str, link: str) -> Guest:
        output = tmp_path_factory.mktemp("stock") / "guest.wasm"
        calls = dict.fromkeys(code(row["call"]) for row in ROWS)
        flags = measure.flags(toolbox.generation(snapshot), output.with_suffix(".inc"), calls)
        flags += ["-D_GNU_SOURCE"]
        return Guest(toolbox.compile_guest(snapshot, link, output, measure.SOURCE, flags=flags))

    return compiled


def outcome(guest: Guest, call: str, host: str, root: Path) -> str:
    """In the page's words."""
    directory = root / "d"
    directory.mkdir()
    files = {"f": directory / "f", "d": directory}
    files["f"].touch()
    for file in files.values():
        os.utime(file, ns=BEFORE)
    place = re.match("preopens `(.*?)`", host)[1]
    answers = "unsupported" if "without `set-times`" in host else "real"
    done = Host(set_times=answers, watch=False).run(guest, place, call, "0", dirs={place: directory})
    now = {name: times_of(file) for name, file in files.items()}
    changed = [f"sets `{name}`" for name in files if now[name] != BEFORE]
    if done.trap:
        assert not changed
        return "the guest dies"
    answer = done.stdout.strip()
    if answer != "0":
        assert not changed
        return answer
    if any(times not in (BEFORE, *SET) for times in now.values()):
        changed.append("to another time")
    return " ".join(changed) or "0"


def column(snapshot: str) -> str:
    """That of a snapshot's generation."""
    (name,) = [name for name in ROWS[0] if f"`{toolbox.generation(snapshot)}`" in name]
    return name


@pytest.mark.parametrize("index", range(len(ROWS)), ids=[f"{row['call']}, {row['host']}" for row in ROWS])
def test_each_answer_is_as_the_page_says(snapshot, guest, index, tmp_path):
    row = ROWS[index]
    for link, where in [(toolbox.STOCK, column(snapshot)), (toolbox.WRAP, "overlay")]:
        (tmp_path / link).mkdir()
        found = outcome(guest(snapshot, link), code(row["call"]), row["host"], tmp_path / link)
        assert found == row[where], link


@pytest.mark.parametrize("function", ["futimes", "lutimes"])
def test_stock_has_no_such_function(snapshot, function, tmp_path):
    source = tmp_path / "guest.c"
    source.write_text(f"void *{function}(void); int main(void) {{ return {function}() == 0; }}")
    with pytest.raises(AssertionError, match=f"undefined symbol: {function}\n"):
        toolbox.compile_guest(snapshot, toolbox.STOCK, tmp_path / "guest.wasm", source)


def test_a_year_that_the_filesystem_cannot_hold_is_what_linux_makes_of_it(tmp_path):
    """The page's figure is ext4's, with inodes of 256 bytes."""
    file = tmp_path / "file"
    file.touch()
    os.utime(file, (253_370_764_800, 253_370_764_800))  # 9999-01-01
    native = times_of(file)
    newest = [snapshot for snapshot in toolbox.SNAPSHOTS if not toolbox.is_preview1(snapshot)]
    if not newest:
        pytest.skip("preview 1 ends in 2554")
    touch = toolbox.ROOT / "examples/touch.c"
    wasm = toolbox.compile_guest(newest[-1], toolbox.WRAP, tmp_path / "touch.wasm", touch)
    os.utime(file, (1, 1))
    toolbox.run_guest(wasm, "-c", "-d", "@253370764800", "/d/file", dirs={"/d": tmp_path})
    assert times_of(file) == native
    if native[1] == 15_032_385_535_000_000_000:
        assert "a year 9999 becomes 2446" in " ".join(pages.path(PAGE).read_text().split())
