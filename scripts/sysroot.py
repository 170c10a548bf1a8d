#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Copies a sysroot, with the overlay in its libc.a and its libc.so.

Stock's definition of each function stays in the copy as __stock_NAME. An object of libc.a that
defines one of them goes on calling stock's others; every other object calls the overlay's.
"""

import argparse
import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
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
# What libc.so has in place of libc.a's members of the same functions.
LONG_DOUBLE = "libc-printscan-long-double.a"
# How libc.so is linked, and what goes beside it.
SHARED = ["-shared", "-Wl,--skip-wit-component,--experimental-pic,--allow-undefined"]

Members = list[tuple[str, bytes]]


# --- Tools -------------------------------------------------------------------


def run(tool: Path, *words: str | Path) -> str:
    done = subprocess.run([tool, *words], capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
        raise Refused(f"{tool.name} fails: {said[0]}")
    return done.stdout.strip()


def clang(sdk: Path, sysroot: Path, *words: str | Path) -> str:
    return run(sdk / "bin/clang", f"--target={TARGET}", f"--sysroot={sysroot}", *words)


def write_members(contents: Members, scratch: str) -> str:
    """Writes each to a file of its own; returns the argument that names them all to a tool of LLVM."""
    files = []
    for number, (name, content) in enumerate(contents):
        file = Path(scratch, str(number), name)
        file.parent.mkdir()
        file.write_bytes(content)
        files.append(file)
    listing = Path(scratch, "members")
    listing.write_text("".join(f'"{file}"\n' for file in files))
    return f"@{listing}"


# --- libc.a and libc.so ------------------------------------------------------


def each_object(contents: Members, changed: Callable[[bytes], bytes]) -> Members:
    return [
        (name, changed(content) if wasm_object.is_object(content) else content) for name, content in contents
    ]


def with_overlay(stock: Members, ours: Path, functions: list[bytes]) -> Members:
    names = {name: STOCK_PREFIX + name for name in functions}

    def renamed(content: bytes) -> bytes:
        defines_none = names.keys().isdisjoint(wasm_object.defined_symbols(content))
        return content if defines_none else wasm_rename.rename(content, names)

    return each_object(stock, renamed) + [(MEMBER_PREFIX + name, content) for name, content in members(ours)]


def write_archive(path: Path, contents: Members, sdk: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch, "libc.a")
        run(sdk / "bin/llvm-ar", "qcsD", made, write_members(contents, scratch))
        path.unlink()
        shutil.copyfile(made, path)


def with_long_double(stock: Members, archive: Path) -> Members:
    """libc.a's members, those of the archive in place of the ones that define the same."""
    if not archive.is_file():
        return stock
    instead = members(archive)
    defined = set().union(*(wasm_object.defined_symbols(content) for _, content in instead))
    return instead + [
        (name, content)
        for name, content in stock
        if not wasm_object.is_object(content) or defined.isdisjoint(wasm_object.defined_symbols(content))
    ]


def write_shared(path: Path, root: Path, stock: Members, options: argparse.Namespace) -> None:
    """A libc.so in the place of stock's, made as that was, with its exports and our functions."""
    wanted = wasm_object.exports(path.read_bytes())
    ours = {
        name
        for _, content in members(options.pic_archive)
        for name in wasm_object.defined_symbols(content)
        if not name.startswith(b"_Z")
    }
    like_stock = with_long_double(stock, root / LIB / LONG_DOUBLE)
    contents = with_overlay(like_stock, options.pic_archive, options.functions)
    visible = each_object(contents, lambda content: wasm_rename.make_visible(content, wanted | ours))
    builtins = clang(options.sdk, root, "-print-libgcc-file-name")
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch, "libc.so")
        objects = write_members(visible, scratch)
        clang(options.sdk, root, *SHARED, "-nodefaultlibs", objects, builtins, "-o", made)
        missing = wanted - wasm_object.exports(made.read_bytes())
        if missing:
            raise Refused(
                f"cannot make {LIB / path.name}: it would lack {b', '.join(sorted(missing)).decode()}"
            )
        path.unlink()
        shutil.copyfile(made, path)


# --- The copy ----------------------------------------------------------------


def put_headers(root: Path, headers: Path) -> None:
    for header in headers.rglob("*.h"):
        name = header.relative_to(headers)
        if (root / INCLUDE / name).exists():
            aside = root / STOCK_HEADERS / name
            aside.parent.mkdir(parents=True)
            (root / INCLUDE / name).rename(aside)
        (root / INCLUDE / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(header, root / INCLUDE / name)


def copy(sysroot: Path, root: Path, options: argparse.Namespace, copy_file: Callable = shutil.copy2) -> None:
    """A whole new one at `root`. No file that copy_file made is written to, so that it may make links."""
    shutil.copytree(sysroot, root, symlinks=True, copy_function=copy_file)
    stock = members(sysroot / LIB / "libc.a")
    libc = with_overlay(stock, options.archive, options.functions)
    # A wasi-sdk may have a second libc.a, of bitcode, that clang prefers with -flto. Nothing renames the
    # symbols of bitcode, so there too it is the one of objects, which is not optimized with the guest.
    for path in sorted((root / LIB).rglob("libc.a")):
        write_archive(path, libc, options.sdk)
    pic = all(wasm_object.is_position_independent(content) for _, content in stock
              if wasm_object.is_object(content))  # fmt: skip
    for path in sorted((root / LIB).rglob("libc.so")):
        if pic:
            write_shared(path, root, stock, options)
        else:
            path.unlink()
            print(
                f"sysroot: {LIB / path.name} is left out: it would be without the overlay, and"
                " libc.a, not being position-independent, makes no other",
                file=sys.stderr,
            )
    put_headers(root, options.headers)


def check(sysroot: Path) -> None:
    generation.generation_of(sysroot)
    if not (sysroot / INCLUDE / "sys/time.h").is_file():
        raise Refused(f"{sysroot} is not a wasi-libc sysroot: it has no {INCLUDE}/sys/time.h")
    for part in (LIB, INCLUDE, INCLUDE / "sys", INCLUDE / "wasi"):
        if (sysroot / part).resolve() != sysroot.resolve() / part:
            raise Refused(f"{sysroot / part} is a link: a copy would change what it points to")


def check_place(options: argparse.Namespace, original: Path, made_by_us: bool) -> None:
    dest = options.dest
    if dest.resolve().is_relative_to(original.resolve()):
        raise Refused(f"{dest} is inside what is to be copied: name another place")
    if original.resolve().is_relative_to(dest.resolve()):
        raise Refused(f"{dest} holds what is to be copied: name another place")
    if dest.is_symlink() or (dest.exists() and not (dest.is_dir() and not any(dest.iterdir()))):
        if not made_by_us:
            raise Refused(f"{dest} exists: name a new or an empty directory")
        if options.replace == "no":
            raise Refused(f"{dest} exists: name a new directory, or say REPLACE=yes to have it made anew")


@contextlib.contextmanager
def placed(dest: Path) -> Iterator[Path]:
    """Where to make what goes to `dest`: all of it goes there, or nothing."""
    dest.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{dest.name}.", dir=dest.parent) as scratch:
        made, old = Path(scratch, "new"), Path(scratch, "old")
        yield made
        with contextlib.suppress(FileNotFoundError):
            dest.rename(old)
        try:
            made.rename(dest)
        except OSError:
            old.rename(dest)
            raise


def is_overlaid(sysroot: Path) -> bool:
    """Whether it is a copy that was made here."""
    try:
        return generation.Libc(sysroot / generation.LIBC).is_overlaid
    except (Refused, wasm_object.Malformed, OSError):
        return False


# --- Commands ----------------------------------------------------------------


def arguments(words: list[str], name: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("original", type=Path)
    parser.add_argument("dest")
    # The overlay under the functions' own names, and the same position-independent.
    for option in ("archive", "pic-archive", "headers", "sdk"):
        parser.add_argument(f"--{option}", type=Path, required=True)
    parser.add_argument("--replace", choices=["yes", "no"], required=True)
    parser.add_argument("functions", nargs="+", type=str.encode)  # that it takes over from libc
    options = parser.parse_args(words)
    if not options.dest:
        raise Refused(f"no place named for the copy: say make {name} DEST=DIR")
    options.dest = Path(options.dest).absolute()
    return options


def main(words: list[str]) -> None:
    options = arguments(words, "sysroot")
    check(options.original)
    check_place(options, options.original, is_overlaid(options.dest))
    with placed(options.dest) as root:
        copy(options.original, root, options)


def run_as_command(name: str, command: Callable[[list[str]], None]) -> None:
    """With one line where it fails, and nothing left behind where it is stopped."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        command(sys.argv[1:])
    except shutil.Error as error:  # of copytree: (from, to, why) of each file
        source, _, why = error.args[0][0]
        sys.exit(f"{name}: cannot copy {source}: {why}")
    except (Refused, wasm_object.Malformed, OSError) as error:
        sys.exit(f"{name}: {error}")


if __name__ == "__main__":
    run_as_command("sysroot", main)
