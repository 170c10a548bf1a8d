# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the compatibility table: python -m examples.matrix FILE

`make matrix` has set up all that is looked for here. The same hosts give the same file, whenever it
is written.
"""

import platform
import sys
import tempfile
from pathlib import Path

import toolbox
from examples.matrix.hosts import Failure
from examples.matrix.measure import measure
from examples.matrix.table import long, short

PAGE = Path(__file__).with_name("page.md")


def main() -> None:
    if len(sys.argv) != 2:
        raise Failure("usage: python -m examples.matrix FILE")
    output = Path(sys.argv[1])
    with tempfile.TemporaryDirectory(dir=toolbox.ROOT / "build", prefix="matrix.") as scratch:
        results, specials = measure(Path(scratch))
    page = PAGE.read_text().partition("\n")[2]  # after the line that says what it is
    text = page.format(
        system=platform.system(),
        snapshots=", ".join(toolbox.SNAPSHOTS),
        short=short(results),
        long=long(results, specials),
    )
    changed = not output.exists() or output.read_text() != text
    output.write_text(text)
    hosts = len({run.host for run in results})
    print(f"{output}: {len(results)} runs on {hosts} hosts, {'changed' if changed else 'unchanged'}")


if __name__ == "__main__":
    try:
        main()
    except (Failure, AssertionError) as failure:
        sys.exit(f"matrix: {failure}")
