# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests of packages share: what is where, and how a few lines of C become what a test needs."""

import contextlib
import hashlib
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import toolbox
from packages import wasi_sdk

NEWEST = toolbox.SNAPSHOTS[-1]
SCRIPTS = toolbox.ROOT / "scripts"
FUNCTIONS = list(toolbox.FAMILY)
STOCK_HAS = [name for name in FUNCTIONS if name not in toolbox.MISSING_IN_STOCK]
# A program that sets times, and what it prints by the name of the overlay.
GUEST = Path(__file__).with_name("guest.c")
PRINTS = {"wasi-utimens": "0 0 -1 1 0 ok\n", "wasi-utimens-nofd": "-1 0 -1 0 -1 ENOSYS\n"}
NAMES = list(PRINTS)


# --- What is there -----------------------------------------------------------


def tree(root: Path) -> dict[str, str]:
    """What is at each place below `root`: kind and mode, and where a link points or what a file holds."""
    found = {}
    for path in root.rglob("*"):
        what = ""
        if path.is_symlink():
            what = str(path.readlink())
        elif path.is_file():
            what = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(root))] = f"{stat.filemode(path.lstat().st_mode)} {what}"
    return found


def changed(original: Path, copy: Path) -> set[str]:
    """The places where two trees differ."""
    return {path for path, _ in tree(original).items() ^ tree(copy).items()}


@contextlib.contextmanager
def unchanged(root: Path) -> Iterator[dict[str, str]]:
    before = tree(root)
    yield before
    assert tree(root) == before


# --- What is made ------------------------------------------------------------


def compiled(source: Path, text: str, *flags: str | Path) -> Path:
    """The object file of this text, beside the source that it is written to."""
    source.write_text(text)
    made = source.with_suffix(".o")
    toolbox.clang("-w", "-std=c17", *flags, "-c", source, "-o", made)
    return made


def archived(archive: Path, *objects: Path) -> Path:
    archive.parent.mkdir(parents=True, exist_ok=True)
    toolbox.run([toolbox.SDK / "bin/llvm-ar", "rcs", archive, *objects])
    return archive


def small_sysroot(where: Path, snapshot: str = NEWEST) -> Path:
    """As little of one as the overlay goes into."""
    stock = toolbox.stock_sysroot(snapshot)
    for directory in ("include/wasm32-wasip2/sys", "include/wasm32-wasip2/wasi"):
        shutil.copytree(stock / directory, where / directory)
    (where / "lib/wasm32-wasip2").mkdir(parents=True)
    shutil.copy(stock / "lib/wasm32-wasip2/libc.a", where / "lib/wasm32-wasip2")
    return where


def overlay_inside(
    script: str,
    original: Path,
    dest: Path | str,
    name: str = "wasi-utimens",
    snapshot: str = NEWEST,
    sdk: Path = toolbox.SDK,
    replace: str = "no",
) -> list[str]:
    """The command by which make has sysroot.py or sdk.py make a copy."""
    words = [sys.executable, SCRIPTS / script, original, dest, "--sdk", sdk, "--replace", replace]
    for option, kind in (("--archive", "plain"), ("--pic-archive", "pic")):
        words += [option, toolbox.build_dir(snapshot) / kind / f"lib{name}.a"]
    return [str(word) for word in [*words, "--headers", toolbox.ROOT / "include", *FUNCTIONS]]


def printed(guest: Path) -> str:
    """By a guest whose /d and whose current directory are beside it."""
    directory = guest.parent / "d"
    directory.mkdir(exist_ok=True)
    return toolbox.run_guest(guest, dirs={"/d": directory, ".": guest.parent}).stdout


def prints(where: Path, *compiler: str | Path) -> str:
    """The guest that this command makes, once it is told where."""
    toolbox.run([*compiler, "-o", where / "guest.wasm"])
    return printed(where / "guest.wasm")


# --- CMake -------------------------------------------------------------------


def cmake_toolchain(file: Path, sysroot: Path | None) -> str:
    """The option that has CMake take the SDK, and this sysroot."""
    named = f"set(CMAKE_SYSROOT {sysroot})" if sysroot else ""
    file.write_text(f"set(WASI_SDK_PREFIX {toolbox.SDK})\n{named}\n{wasi_sdk.CMAKE_TOOLCHAIN}")
    return f"-DCMAKE_TOOLCHAIN_FILE={file}"


def configured(where: Path, project: str, *words: str, check=True):
    toolbox.needs("cmake")
    (where / "CMakeLists.txt").write_text(project)
    command = ["cmake", "-S", where, "-B", where / "build", "-G", "Unix Makefiles", *words]
    return toolbox.run(command, check=check)


def built(where: Path) -> Path:
    toolbox.run(["cmake", "--build", where / "build"])
    return where / "build"
