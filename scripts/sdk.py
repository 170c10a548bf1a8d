#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Copies a wasi-sdk, with the overlay in its sysroot. What does not change is linked, not copied.

clang finds its sysroot from where it really is, so a driver must not be a link to the outside.
"""

import os
import shutil
from pathlib import Path

import sysroot
from generation import Refused

SYSROOT = Path("share/wasi-sysroot")


def link(source: str, target: str) -> str:
    """As copy2, at no cost in space where one file system holds both and lets its user link."""
    try:
        os.link(source, target, follow_symlinks=False)
        return target
    except OSError:
        return shutil.copy2(source, target, follow_symlinks=False)


def drivers_inside(root: Path) -> None:
    """Puts a copy in the place of each driver that is a link to the outside."""
    drivers = (path for path in (root / "bin").iterdir() if "clang" in path.name and path.is_symlink())
    reals = {path: path.resolve() for path in drivers}
    outside = {path: real for path, real in reals.items() if not real.is_relative_to(root.resolve())}
    for path, real in outside.items():
        # A link to another of these, as clang++ is to clang, stays one.
        if path.parent / path.readlink() not in outside:
            path.unlink()
            shutil.copy2(real, path)


def main(words: list[str]) -> None:
    options = sysroot.arguments(words, "sdk")
    original, dest = options.original.resolve(), options.dest
    if not (original / "bin/clang").is_file():
        raise Refused(f"{original} is no wasi-sdk: it has no bin/clang")
    sysroot.check(original / SYSROOT)
    made_by_us = sysroot.is_overlaid(dest / SYSROOT) and (dest / "bin/clang").is_file()
    sysroot.check_place(options, original, made_by_us)
    with sysroot.placed(dest) as root:

        def but_the_sysroot(directory: str, names: list[str]) -> list[str]:
            return [name for name in names if Path(directory, name) == original / SYSROOT]

        shutil.copytree(original, root, symlinks=True, copy_function=link, ignore=but_the_sysroot)
        drivers_inside(root)
        sysroot.copy((original / SYSROOT).resolve(), root / SYSROOT, options, link)


if __name__ == "__main__":
    sysroot.run_as_command("sdk", main)
