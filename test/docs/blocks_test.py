# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every shell block of our pages works as it is typed, in order, in a clean copy, as an ordinary user.

An HTML comment before a block says what else it is: `not run: WHY`, or `file: NAME` where it is the
content of a file for the blocks after it.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
import toolbox
from packages import wasi_sdk

from docs import pages

PAGES = ["README.md", "CONTRIBUTING.md", "docs/CPYTHON.md", "docs/COMPATIBILITY.md"]
NOBODY = 65534
IS_ROOT = os.geteuid() == 0
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def user(script: str) -> list[str]:
    """An ordinary one, unless the script needs a Python that only root can run."""
    python = [*AS_NOBODY, "sh", "-c", '"$1" -c ""', "sh", toolbox.TOOLCHAIN / "venv/bin/python"]
    if not IS_ROOT or ("make test" in script and toolbox.run(python, check=False).returncode != 0):
        return []
    return AS_NOBODY


def copy_of_the_project(where: Path) -> Path:
    """What is in the repository, with the toolchain."""
    left_out = shutil.ignore_patterns(".git", ".toolchain", "build", "__pycache__", ".*_cache")
    shutil.copytree(toolbox.ROOT, where, symlinks=True, ignore=left_out)
    (where / ".toolchain").mkdir()
    for piece in toolbox.TOOLCHAIN.iterdir():
        mine = where / ".toolchain" / piece.name
        if piece.name in ("bin", "stamps"):  # those that a run writes to
            shutil.copytree(piece, mine, symlinks=True)
        elif piece.is_dir() and piece.name != "wasi-sdk":
            mine.symlink_to(piece)
    return where


def copy_what_is_built(project: Path) -> None:
    """For one sysroot: what the tests need, and would take minutes to make."""
    built = toolbox.build_dir(toolbox.SNAPSHOTS[-1])
    passing = shutil.ignore_patterns("*.new")  # a make beside this test
    shutil.copytree(built, project / "build" / built.name, symlinks=True, ignore=passing)


def a_wasi_sdk(where: Path) -> Path:
    """The toolchain's, as the reader has one. It serves `make demo` too, for one build less."""
    (where / "share/cmake").mkdir(parents=True)
    for piece in ("bin", "lib"):
        shutil.copytree(toolbox.SDK / piece, where / piece, symlinks=True)
    (where / "share/wasi-sysroot").symlink_to(toolbox.SDK / "share/wasi-sysroot")
    (where / "share/cmake/wasi-sdk-p2.cmake").write_text(wasi_sdk.CMAKE_TOOLCHAIN)
    return where


# The guest of a reader. It fails with stock wasi-libc, which takes any flag; its file is guest.wasm itself.
READERS_GUEST = f"""#define _GNU_SOURCE
#define USE {toolbox.uses(toolbox.FAMILY)} failed |= utimensat(AT_FDCWD, path, NULL, -1) == 0;
#include "{toolbox.FAMILY_GUEST.relative_to(toolbox.ROOT)}"
"""


@pytest.fixture
def place():
    """Not pytest's own, which only its user can reach."""
    with tempfile.TemporaryDirectory(prefix="wasi-utimens-docs-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def script_of(page: str, project: Path) -> str:
    lines = []
    for block in pages.blocks(page):
        kind, _, rest = block.comment.partition(": ")
        if kind == "not run" and rest:
            continue
        if kind == "file" and rest:
            (project / rest).write_text(block.text)
        else:
            assert block.language in ("", "sh"), (
                f"{page}:{block.line}: {block.language} says neither file nor why not run"
            )
            lines += [f"echo '== {page}:{block.line}'", block.text]
    return "\n".join(lines)


@pytest.mark.skipif(toolbox.NAMED_SYSROOT is not None, reason="the pages are typed with the toolchain's own")
@pytest.mark.parametrize("page", PAGES)
def test_every_block_works_as_it_is_typed(page, place):
    project = copy_of_the_project(place / "wasi-utimens")
    (project / "guest.c").write_text(READERS_GUEST)
    shutil.copy2(Path(__file__).with_name("CMakeLists.txt"), project)
    script = script_of(page, project)
    for tool in ("cmake", "pkg-config"):
        if f"{tool} " in script:
            toolbox.needs(tool)
    sdk = a_wasi_sdk(project / ".toolchain/wasi-sdk")
    if "make test" in script:
        copy_what_is_built(project)
    environment = {
        "HOME": str(place),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "SDK": str(sdk),
        "DIR": str(place / "DIR"),
    }
    as_user = user(script)
    if as_user:
        toolbox.run(["chown", "-R", f"{NOBODY}:{NOBODY}", place])
    command = [*as_user, "bash", "-euo", "pipefail", "-c", script]
    done = toolbox.run(command, check=False, together=True, cwd=project, env=environment)
    print(done.stdout)
    assert done.returncode == 0, f"the block at the last == ended with {done.returncode}\n{done.stdout}"
