#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Copies a sysroot, with the overlay in its libc.a: sysroot.py SYSROOT DEST ARCHIVE HEADERS AR NAME…

ARCHIVE holds the overlay under the functions' own names, HEADERS is its include directory, AR an
llvm-ar, and the NAMEs are the functions that it takes over. Stock's definition of each stays in the
copy as __stock_NAME. An object of libc.a that defines one of them goes on calling stock's others;
every other object calls the overlay's.
"""

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import generation
import wasm_object
import wasm_rename
from generation import Refused
from wasm_object import members

TARGET = "wasm32-wasip2"
LIB, INCLUDE = Path("lib", TARGET), Path("include", TARGET)

# Where the header of a sysroot goes that one of ours, including it, takes the place of.
STOCK_HEADERS = INCLUDE / "wasi/stock"
STOCK_PREFIX = b"__stock_"
# Before the name of each member of ours, which may be that of one of libc's.
MEMBER_PREFIX = "wasi-utimens-"


def write_archive(path: Path, contents: list[tuple[str, bytes]], ar: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        files = []
        for number, (name, content) in enumerate(contents):
            file = Path(scratch, str(number), name)
            file.parent.mkdir()
            file.write_bytes(content)
            files.append(file)
        listing = Path(scratch, "members")
        listing.write_text("".join(f'"{file}"\n' for file in files))
        path.unlink()
        subprocess.run([ar, "qcsD", path, f"@{listing}"], check=True)


def stock_renamed(content: bytes, names: dict[bytes, bytes]) -> bytes:
    if not wasm_object.is_object(content) or names.keys().isdisjoint(wasm_object.defined_symbols(content)):
        return content
    return wasm_rename.rename(content, names)


def with_overlay(stock: Path, overlay: Path, functions: list[str]) -> list[tuple[str, bytes]]:
    names = {name.encode(): STOCK_PREFIX + name.encode() for name in functions}
    ours = [(MEMBER_PREFIX + name, content) for name, content in members(overlay)]
    return [(name, stock_renamed(content, names)) for name, content in members(stock)] + ours


def put_headers(root: Path, headers: Path) -> None:
    for header in sorted(headers.rglob("*.h")):
        name = header.relative_to(headers)
        if (root / INCLUDE / name).exists():
            aside = root / STOCK_HEADERS / name
            aside.parent.mkdir(parents=True)
            (root / INCLUDE / name).rename(aside)
        (root / INCLUDE / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(header, root / INCLUDE / name)


def check(sysroot: Path, dest: Path) -> None:
    generation.generation_of(sysroot)
    if not (sysroot / INCLUDE / "sys/time.h").is_file():
        raise Refused(f"{sysroot} is not a wasi-libc sysroot: it has no {INCLUDE}/sys/time.h")
    for part in (LIB, INCLUDE, INCLUDE / "sys", INCLUDE / "wasi"):
        if (sysroot / part).resolve() != sysroot.resolve() / part:
            raise Refused(f"{sysroot / part} is a link: a copy would change what it points to")
    if dest.is_symlink() or (dest.exists() and not (dest.is_dir() and not any(dest.iterdir()))):
        raise Refused(f"{dest} exists: name a new or an empty directory")
    if dest.resolve().is_relative_to(sysroot.resolve()):
        raise Refused(f"{dest} is inside the sysroot that is to be copied: name another place")


def make(sysroot: Path, dest: Path, archive: Path, headers: Path, ar: str, functions: list[str]) -> None:
    check(sysroot, dest)
    dest.parent.mkdir(parents=True, exist_ok=True)
    # All of it, or nothing: made beside its place, then put there.
    with tempfile.TemporaryDirectory(prefix=f".{dest.name}.", dir=dest.parent) as scratch:
        root = Path(scratch, "sysroot")
        shutil.copytree(sysroot, root, symlinks=True)
        libc = with_overlay(sysroot / LIB / "libc.a", archive, functions)
        # A wasi-sdk may have a second libc.a, of bitcode, that clang prefers with -flto.
        for path in sorted((root / LIB).rglob("libc.a")):
            write_archive(path, libc, ar)
        put_headers(root, headers)
        with contextlib.suppress(FileNotFoundError):
            dest.rmdir()
        root.rename(dest)


def main(words: list[str]) -> None:
    if len(words) < 6:
        raise Refused("usage: sysroot.py SYSROOT DEST ARCHIVE HEADERS AR NAME…")
    sysroot, dest, archive, headers, ar, *functions = words
    if not dest:
        raise Refused("no place named for the copy: say make sysroot DEST=DIR")
    make(Path(sysroot), Path(dest).absolute(), Path(archive), Path(headers), ar, functions)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(sys.argv[1:])
    except (Refused, wasm_object.Malformed, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"sysroot: {error}")
