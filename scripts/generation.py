#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints which wasi-libc generation a sysroot is, by what its libc.a holds: generation.py SYSROOT

  preview1            files go through preview 1 imports
  descriptor-ref      wasi:filesystem, the descriptor of an fd from descriptor_table_get_ref
  descriptor-counted  wasi:filesystem, the descriptor of an fd from descriptor_table_get, counted

What the overlay relies on is checked, as far as an archive shows it: the types of the functions that
it calls, and that file_vtable has fstat and get_file where it calls them. Where the names of libc's
local functions were stripped, so that there is no file_vtable to find, the types alone.
"""

import sys
from pathlib import Path

import wasm_object

LIBC = Path("lib/wasm32-wasip2/libc.a")
BITCODE = b"BC\xc0\xde"
# What `make sysroot` leaves of stock's futimens.
OVERLAID = b"__stock_futimens"

# The functions by which a generation is known, with the types that the overlay declares. The libcs
# of 2024 and 2025 with preview 1 have a descriptor table as well, for sockets alone: they come first.
KNOWN_BY = {
    "preview1": {
        b"__wasi_fd_filestat_set_times": "(i32, i64, i64, i32) -> i32",
    },
    "descriptor-ref": {
        b"descriptor_table_get_ref": "(i32) -> i32",
    },
    "descriptor-counted": {
        b"descriptor_table_get": "(i32, i32) -> i32",
        b"__wasilibc_descriptor_deallocate": "(i32) -> nothing",
    },
}
# Of the sockets of preview1.
SOCKET_TABLE = {b"descriptor_table_get_ref": "(i32, i32) -> i32"}
# That of wasi-libc from September to November 2025, and of no other.
TABLE_OF_2025 = b"descriptor_table_update"
# The slots of descriptor_vtable_t that the overlay calls.
VTABLE, SLOTS = b"file_vtable", {4: b"file_fstat", 5: b"file_get_file"}


class Refused(Exception):
    pass


class Libc:
    """What an archive says of the descriptor table."""

    def __init__(self, archive: Path):
        self.types: dict[bytes, str] = {}  # of the functions that it defines
        self.vtable: dict[int, bytes] | None = None  # by slot
        self.names_locals = False
        self.is_bitcode = self.is_overlaid = False
        wanted = {TABLE_OF_2025, VTABLE, OVERLAID, *SOCKET_TABLE}.union(*KNOWN_BY.values())
        for member, content in wasm_object.members(archive):
            self.is_bitcode |= content.startswith(BITCODE)
            if wasm_object.is_object(content) and any(name in content for name in wanted):
                try:
                    self.look_at(content)
                except (wasm_object.Malformed, IndexError) as error:
                    raise Refused(f"{archive}: cannot read its {member}: {error}") from None

    def look_at(self, module: bytes) -> None:
        types = wasm_object.function_types(module)
        for symbol in wasm_object.symbols(module):
            if symbol.defined and symbol.kind == wasm_object.FUNCTION:
                self.types[symbol.name] = types[symbol.numbers[0]]
                self.names_locals |= bool(symbol.name and symbol.flags & wasm_object.LOCAL)
                self.is_overlaid |= symbol.name == OVERLAID
            elif symbol.defined and symbol.name == VTABLE:
                pointers = wasm_object.function_pointers(module, symbol)
                self.vtable = {offset // 4: name for offset, name in pointers.items()}

    def unlike(self, functions: dict[bytes, str]) -> list[str]:
        """How the types of those functions that are there differ."""
        return [
            f"{name.decode()} is {self.types[name]}, not {wanted}"
            for name, wanted in functions.items()
            if self.types.get(name, wanted) != wanted
        ]

    def vtable_unlike(self) -> list[str]:
        if self.vtable is None:
            return [f"it has no {VTABLE.decode()}"] if self.names_locals else []
        return [
            f"slot {slot} of {VTABLE.decode()} is {self.vtable.get(slot, b'').decode() or 'another'},"
            f" not {wanted.decode()}"
            for slot, wanted in SLOTS.items()
            if self.vtable.get(slot) != wanted
        ]


def generation_of(sysroot: Path) -> str:
    if not sysroot.is_dir():
        raise Refused(f"{sysroot} is not a directory")
    archive = sysroot / LIBC
    try:
        libc = Libc(archive)
    except FileNotFoundError:
        raise Refused(
            f"{sysroot} is not a wasi-libc sysroot, or one older than wasm32-wasip2: it has no {LIBC}"
        ) from None
    except OSError as error:
        raise Refused(f"cannot read {archive}: {error.strerror}") from None
    if libc.is_overlaid:
        raise Refused(f"{sysroot} already holds the overlay: name the sysroot that it was made from")
    if TABLE_OF_2025 in libc.types:
        raise Refused(
            f"{sysroot} has the wasi-libc of September to November 2025 (wasi-sdk 28), which leaks a"
            " file descriptor at each path and is no generation of ours: take wasi-sdk 29 or later"
        )
    for name, functions in KNOWN_BY.items():
        if functions.keys() <= libc.types.keys():
            differs = libc.unlike(functions)
            differs += libc.unlike(SOCKET_TABLE) if name == "preview1" else libc.vtable_unlike()
            if not differs:
                return name
            raise unknown(sysroot, f"like {name}, but {'; '.join(differs)}")
    if libc.is_bitcode:
        raise Refused(f"{archive} is of LLVM bitcode: use a sysroot whose libc.a is of wasm objects")
    names = (" with ".join(name.decode() for name in functions) for functions in KNOWN_BY.values())
    raise unknown(sysroot, f"it defines none of {', '.join(names)}")


def unknown(sysroot: Path, why: str) -> Refused:
    return Refused(f"unknown wasi-libc in {sysroot}: {why}; use another sysroot, or add its generation")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("generation: usage: generation.py SYSROOT")
    try:
        print(generation_of(Path(sys.argv[1])))
    except (Refused, wasm_object.Malformed) as error:
        sys.exit(f"generation: {error}")
