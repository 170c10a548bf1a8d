# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""docs/HOSTS.md: what is typed there comes to what stands below it, line for line.

`make matrix` runs it, which has fetched the hosts. To write what came of each line into the page:
PYTHONPATH=test python test/examples/hosts_page_test.py
"""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import toolbox

PAGE = toolbox.ROOT / "docs/HOSTS.md"
MARK = "@@@"


# What is typed, line for line, and what stands below it.
COMMAND = re.compile(r"((?:    \$ .*\n)(?:    > .*\n)*)(?:    (?![$>] ).*\n)*")


def filled(text: str) -> str:
    """The page, with what came of each command below it, all typed one after the other in one shell."""
    typed = [textwrap.dedent(command) for command in COMMAND.findall(text)]
    script = "".join(re.sub("^[$>] ", "", lines, flags=re.M) + f"echo {MARK}\n" for lines in typed)
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "TREE_LOCKED") if name in os.environ}
    done = subprocess.run(
        ["bash"], input=script, cwd=toolbox.ROOT, env=environment, text=True, capture_output=True
    )
    came = iter(done.stdout.split(f"{MARK}\n"))
    return COMMAND.sub(lambda command: command[1] + textwrap.indent(next(came), "    "), text)


@pytest.mark.skipif("HOSTS_PAGE" not in os.environ, reason="make matrix runs it")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a mount")
def test_what_is_typed_comes_to_what_stands_there():
    text = PAGE.read_text()
    assert filled(text) == text


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else PAGE).write_text(filled(PAGE.read_text()))
