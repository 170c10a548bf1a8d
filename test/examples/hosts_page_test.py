# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""docs/HOSTS.md: what is typed there comes to what stands below it, line for line.

`make matrix` runs it, which has fetched the hosts. To write what came of each line into the page:
PYTHONPATH=test python test/examples/hosts_page_test.py
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import toolbox

PAGE = toolbox.ROOT / "docs/HOSTS.md"
MARK = "@@@"
INDENT = "    "


def commands(text: str) -> list[list[str]]:
    """Each command, its lines as they stand in the page."""
    found: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith(f"{INDENT}$ "):
            found.append([line])
        elif line.startswith(f"{INDENT}>"):
            found[-1].append(line)
    return found


def results(text: str) -> list[str]:
    """What each command wrote, typed one after the other in one shell."""
    script = ""
    for lines in commands(text):
        script += "\n".join(line[len(INDENT) + 2 :] for line in lines) + f"\necho {MARK}\n"
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "TREE_LOCKED") if name in os.environ}
    done = subprocess.run(
        ["bash"], input=script, cwd=toolbox.ROOT, env=environment, text=True, capture_output=True
    )
    *written, _ = done.stdout.split(f"{MARK}\n")
    return written


def filled(text: str) -> str:
    """The page, with what came of each command below it."""
    came = iter(results(text))
    lines, after, begun = [], "", False
    for line in [*text.splitlines(), ""]:
        typed = line.startswith((f"{INDENT}$ ", f"{INDENT}>"))
        if begun and not line.startswith(f"{INDENT}>"):
            lines += [INDENT + output for output in after.splitlines()]
            begun = False
        if line.startswith(f"{INDENT}$ "):
            after, begun = next(came), True
        if typed or not line.startswith(INDENT):
            lines.append(line)
    return "\n".join(lines[:-1]) + "\n"


@pytest.mark.skipif("HOSTS_PAGE" not in os.environ, reason="make matrix runs it")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a mount")
def test_what_is_typed_comes_to_what_stands_there():
    text = PAGE.read_text()
    assert filled(text) == text


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else PAGE).write_text(filled(PAGE.read_text()))
