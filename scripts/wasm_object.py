# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads archives, and wasm object files: their symbols, the types of functions, relocations of data.

Conventions: https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MAGIC = b"\0asm\1\0\0\0"
CUSTOM, TYPE, IMPORT, FUNCTION_SECTION, EXPORT, CODE, DATA_SECTION = 0, 1, 2, 3, 7, 10, 11  # section ids
LINKING_VERSION = 2
SYMBOL_TABLE = 8  # a subsection of linking
FUNCTION, DATA, GLOBAL, SECTION, TAG, TABLE = range(6)  # kinds of symbols
LOCAL, HIDDEN, UNDEFINED, EXPORTED, EXPLICIT_NAME = 0x02, 0x04, 0x10, 0x20, 0x40  # flags of symbols
# Relocations: the place of a function in the table, as data and in code; an address in code.
TABLE_INDEX_I32, TABLE_INDEX_SLEB, MEMORY_ADDR_LEB, MEMORY_ADDR_SLEB = 2, 1, 3, 4
WITH_ADDEND = {3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25}  # the relocations that have one
VALUE_TYPES = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64"}


class Malformed(Exception):
    """Not an archive, or not a wasm object, that these rules understand."""


# --- Archives ----------------------------------------------------------------


def members(archive: Path) -> list[tuple[str, bytes]]:
    """The members of an archive, in order. Names may repeat, so llvm-ar cannot take them out by name."""
    data = archive.read_bytes()
    if not data.startswith(b"!<arch>\n"):
        raise Malformed(f"{archive} is not an archive")
    found, at, long_names = [], 8, b""
    while at < len(data):
        header, body = data[at : at + 60], at + 60
        size = header[48:58].strip()
        if not header.endswith(b"`\n") or not size.isdigit() or body + int(size) > len(data):
            raise Malformed(f"{archive} is cut short or broken, at byte {at}")
        name, content = header[:16].rstrip().decode(), data[body : body + int(size)]
        if name == "//":
            long_names = content
        elif name not in ("/", "/SYM64/"):
            if name.startswith("/"):
                start = int(name[1:])
                name = long_names[start : long_names.index(b"\n", start)].decode()
            found.append((name.removesuffix("/"), content))
        at = body + int(size) + int(size) % 2
    return found


# --- Objects -----------------------------------------------------------------


class Reader:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def more(self) -> bool:
        return self.at < len(self.data)

    def take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) != size:
            raise Malformed("it ends early")
        self.at += size
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def uleb(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def vector(self) -> bytes:
        return self.take(self.uleb())


def is_object(data: bytes) -> bool:
    return data.startswith(MAGIC)


def sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    reader = Reader(module)
    if reader.take(len(MAGIC)) != MAGIC:
        raise Malformed("no wasm header")
    while reader.more():
        yield reader.byte(), reader.vector()


def custom_sections(module: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(name, content) of each."""
    for number, payload in sections(module):
        if number == CUSTOM:
            reader = Reader(payload)
            name = reader.vector()
            yield name, payload[reader.at :]


def section(module: bytes, wanted: int) -> Reader:
    """The first of this number; an empty vector where there is none."""
    return Reader(next((payload for number, payload in sections(module) if number == wanted), b"\0"))


def imports(reader: Reader) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(module, name, what it is: a byte for its kind, and its type)."""
    for _ in range(reader.uleb()):
        module, name, start = reader.vector(), reader.vector(), reader.at
        step_over_import_type(reader)
        yield module, name, reader.data[start : reader.at]


def step_over_import_type(reader: Reader) -> None:
    kind = reader.byte()
    if kind == 0:  # function: a type index
        reader.uleb()
    elif kind in (1, 2):  # table, memory: limits, a table's after the type of its elements
        if kind == 1:
            reader.byte()
        has_maximum = reader.uleb() & 1
        reader.uleb()
        if has_maximum:
            reader.uleb()
    elif kind == 3:  # global: type, mutability
        reader.take(2)
    elif kind == 4:  # tag: attribute, a type index
        reader.byte()
        reader.uleb()
    else:
        raise Malformed(f"an import of the unknown kind {kind}")


# --- Symbols -----------------------------------------------------------------


class Symbol(NamedTuple):
    kind: int
    flags: int
    name: bytes | None  # None where it is the import's
    numbers: tuple[int, ...]  # the index of what it names; of defined data: segment, offset, size

    @property
    def defined(self) -> bool:
        return not self.flags & UNDEFINED


def symbol_table(table: bytes) -> Iterator[Symbol]:
    reader = Reader(table)
    for _ in range(reader.uleb()):
        kind, flags = reader.byte(), reader.uleb()
        name, numbers = None, ()
        if kind == DATA:
            name = reader.vector()
            if not flags & UNDEFINED:
                numbers = (reader.uleb(), reader.uleb(), reader.uleb())
        elif kind in (FUNCTION, GLOBAL, SECTION, TAG, TABLE):
            numbers = (reader.uleb(),)
            if kind != SECTION and (not flags & UNDEFINED or flags & EXPLICIT_NAME):
                name = reader.vector()
        else:
            raise Malformed(f"a symbol of the unknown kind {kind}")
        yield Symbol(kind, flags, name, numbers)
    if reader.more():
        raise Malformed("its symbol table is longer than its symbols")


def linking_subsections(content: bytes) -> Iterator[tuple[int, bytes]]:
    reader = Reader(content)
    if reader.uleb() != LINKING_VERSION:
        raise Malformed(f"its linking section is not of version {LINKING_VERSION}")
    while reader.more():
        yield reader.byte(), reader.vector()


def symbols(module: bytes) -> list[Symbol]:
    """In the order of their numbers, which relocations give."""
    return [
        symbol
        for name, content in custom_sections(module)
        if name == b"linking"
        for kind, data in linking_subsections(content)
        if kind == SYMBOL_TABLE
        for symbol in symbol_table(data)
    ]


def defined_symbols(module: bytes) -> set[bytes]:
    """For other objects: no local ones."""
    return {
        symbol.name
        for symbol in symbols(module)
        if symbol.defined and symbol.name and not symbol.flags & LOCAL
    }


# --- Types and relocations ---------------------------------------------------


def function_types(module: bytes) -> list[str]:
    """Of each function, the imported ones first: "(i32, i32) -> i32"."""
    types, reader = [], section(module, TYPE)
    for _ in range(reader.uleb()):
        if reader.byte() != 0x60:
            raise Malformed("a type that is no function's")
        parameters, results = (
            ", ".join(VALUE_TYPES.get(byte, f"{byte:#x}") for byte in reader.vector()) for _ in range(2)
        )
        types.append(f"({parameters}) -> {results or 'nothing'}")
    imported = (what for _, _, what in imports(section(module, IMPORT)))
    found = [Reader(what[1:]).uleb() for what in imported if what[0] == 0]
    reader = section(module, FUNCTION_SECTION)
    found += [reader.uleb() for _ in range(reader.uleb())]
    return [types[index] for index in found]


def segment_starts(module: bytes) -> list[int]:
    """Where in the data section the content of each segment begins."""
    found, reader = [], section(module, DATA_SECTION)
    for _ in range(reader.uleb()):
        flags = reader.uleb()
        if flags == 2:  # of a memory named by its number
            reader.uleb()
        if flags != 1:  # not a passive one: where it goes, an expression that ends in 0x0b
            while reader.byte() != 0x0B:
                reader.uleb()
        size = reader.uleb()
        found.append(reader.at)
        reader.take(size)
    return found


def relocations(module: bytes, wanted: int) -> Iterator[tuple[int, int, int]]:
    """(type, offset, index) of each in the sections of this number."""
    numbers = [number for number, _ in sections(module)]
    for name, content in custom_sections(module):
        reader = Reader(content)
        if not name.startswith(b"reloc.") or numbers[reader.uleb()] != wanted:
            continue
        for _ in range(reader.uleb()):
            kind, at, index = reader.byte(), reader.uleb(), reader.uleb()
            if kind in WITH_ADDEND:
                reader.uleb()
            yield kind, at, index


def function_pointers(module: bytes, data: Symbol) -> dict[int, bytes]:
    """By their offset in a piece of data, the names of the functions that it points to; b"" without one."""
    segment, offset, size = data.numbers
    table, start = symbols(module), segment_starts(module)[segment] + offset
    return {
        at - start: table[index].name or b""
        for kind, at, index in relocations(module, DATA_SECTION)
        if kind == TABLE_INDEX_I32 and 0 <= at - start < size
    }


def is_position_independent(module: bytes) -> bool:
    fixed = {TABLE_INDEX_SLEB, MEMORY_ADDR_LEB, MEMORY_ADDR_SLEB}
    return all(kind not in fixed for kind, _, _ in relocations(module, CODE))


def exports(module: bytes) -> set[bytes]:
    found, reader = set(), section(module, EXPORT)
    for _ in range(reader.uleb()):
        found.add(reader.vector())
        reader.byte()
        reader.uleb()
    return found
