#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Links the shared libraries for a sysroot: shared.py SYSROOT SDK DIR ARCHIVE… NAME…

DIR is made anew: libNAME.so of each position-independent libNAME.a, with the NAMEs as its exports;
or none, where the overlay cannot reach the descriptors from outside of libc.so. Then DIR/left-out
says so.
"""

import shutil
from pathlib import Path

import generation
import sysroot
import wasm_object


def left_out(stock: Path) -> str:
    """Why there is no shared library for this sysroot; nothing where there is one."""
    name = generation.generation_of(stock)
    if name == "preview1":  # the adapter has the descriptors
        return ""
    libc = stock / sysroot.LIB / "libc.so"
    if libc.is_file():
        hidden = generation.KNOWN_BY[name].keys() - wasm_object.exports(libc.read_bytes())
    else:  # as in each libc.so of this generation that wasi-sdk has had
        hidden = generation.KNOWN_BY[name].keys() if name == "descriptor-counted" else ()
    if not hidden:
        return ""
    return (
        f"libwasi-utimens.so is left out: the libc.so of {stock} hides its descriptor table"
        f" ({b', '.join(sorted(hidden)).decode()}); make sysroot makes one that has the overlay inside"
    )


def main(words: list[str]) -> None:
    stock, sdk, directory, *others = words
    archives = [Path(word) for word in others if word.endswith(".a")]
    names = [word for word in others if not word.endswith(".a")]
    flags = ["--no-entry", *(f"--export={name}" for name in names), "--whole-archive"]
    shutil.rmtree(directory, ignore_errors=True)
    with sysroot.placed(Path(directory)) as made:
        made.mkdir()
        reason = left_out(Path(stock))
        (made / "left-out").write_text(reason and f"{reason}\n")
        for archive in archives if not reason else []:
            words = [*sysroot.SHARED, "-nostdlib", f"-Wl,{','.join(flags)}", archive]
            sysroot.clang(Path(sdk), Path(stock), *words, "-o", made / archive.with_suffix(".so").name)


if __name__ == "__main__":
    sysroot.run_as_command("shared", main)
