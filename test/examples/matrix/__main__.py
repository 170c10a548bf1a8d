# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the compatibility table into docs/COMPATIBILITY.md: python -m examples.matrix

`make matrix` has set up all that is looked for here. The same hosts give the same page, whenever it
is written.
"""

from pathlib import Path

import toolbox
from examples.matrix.measure import measure
from examples.matrix.table import long, short

from docs import pages


def tables(scratch: Path) -> dict[str, str]:
    results, specials = measure(scratch)
    print(f"matrix: {len(results)} runs on {len({run.host for run in results})} hosts")
    snapshots = f"With wasi-libc {', '.join(toolbox.SNAPSHOTS)}:\n\n"
    return {"short": snapshots + short(results), "long": long(results, specials)}


if __name__ == "__main__":
    pages.fill_as_command("matrix", "docs/COMPATIBILITY.md", tables)
