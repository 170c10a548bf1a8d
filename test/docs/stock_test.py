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
from host.error_host import Guest, Host
from toolbox import times_of

from docs import pages

PAGE = "docs/SEMANTICS.md"
ROWS = pages.table(PAGE, "What wasi-libc answers")
BEFORE = (100_000_000_000, 100_000_000_000)
SET = [(1_000_000_002, 3_000_000_004), (1_000_002_000, 3_000_004_000)]  # `times` and `timevals`

GUEST = """
#include "../examples/errno-name.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const int dirfd = open(argv[2], O_RDONLY | O_DIRECTORY), fd = openat(dirfd, "f", O_RDWR), closed = 77;
  const struct timespec times[2] = {{1, 2}, {3, 4}}, omit[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
  const struct timeval timevals[2] = {{1, 2}, {3, 4}}, five_seconds[2] = {{1, 5000000}, {3, 5000000}};
  int result = -2;
  switch (atoi(argv[1])) {
@CALLS@
  }
  printf("%d %s", result, result == -1 ? errno_name(errno) : "");
  return 0;
}
"""


def code(cell: str) -> str:
    return re.match("`(.*?)`", cell)[1]


@pytest.fixture(scope="module")
def guest(tmp_path_factory):
    calls = [f"  case {i}: result = {code(row['call'])}; break;" for i, row in enumerate(ROWS)]
    source = tmp_path_factory.mktemp("stock") / "stock.c"
    source.write_text(GUEST.replace("@CALLS@", "\n".join(calls)))

    @functools.cache
    def compiled(snapshot: str, link: str) -> Guest:
        output = source.with_name(f"{snapshot}-{link}.wasm")
        flags = ["-D_GNU_SOURCE", "-Wno-nonnull", f"-I{toolbox.ROOT / 'test'}"]
        return Guest(toolbox.compile_guest(snapshot, link, output, source, flags=flags))

    return compiled


def outcome(guest: Guest, index: int, host: str, root: Path) -> str:
    """In the page's words."""
    directory = root / "d"
    directory.mkdir()
    files = {"f": directory / "f", "d": directory}
    files["f"].touch()
    for file in files.values():
        os.utime(file, ns=BEFORE)
    place = re.match("preopens `(.*?)`", host)[1]
    answers = "unsupported" if "without `set-times`" in host else "real"
    done = Host(set_times=answers, watch=False).run(guest, str(index), place, dirs={place: directory})
    now = {name: times_of(file) for name, file in files.items()}
    changed = [f"sets `{name}`" for name in files if now[name] != BEFORE]
    if done.trap:
        assert not changed
        return "the guest dies"
    result, *error = done.stdout.split()
    if result == "-1":
        assert not changed
        return error[0]
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
        assert outcome(guest(snapshot, link), index, row["host"], tmp_path / link) == row[where], link


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
    source = tmp_path / "guest.c"
    source.write_text(
        "#include <fcntl.h>\n#include <sys/stat.h>\n"
        "int main(void) {\n"
        "  const struct timespec late[2] = {{253370764800}, {253370764800}};\n"
        '  return utimensat(AT_FDCWD, "/d/file", late, 0);\n}\n'
    )
    newest = [snapshot for snapshot in toolbox.SNAPSHOTS if not toolbox.is_preview1(snapshot)]
    if not newest:
        pytest.skip("preview 1 ends in 2554")
    wasm = toolbox.compile_guest(newest[-1], toolbox.WRAP, tmp_path / "guest.wasm", source)
    os.utime(file, (1, 1))
    toolbox.run_guest(wasm, dirs={"/d": tmp_path})
    assert times_of(file) == native
    if native[1] == 15_032_385_535_000_000_000:
        assert "a year 9999 becomes 2446" in " ".join(pages.path(PAGE).read_text().split())
