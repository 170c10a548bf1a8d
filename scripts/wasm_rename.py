# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Renames symbols of a wasm object file, which llvm-objcopy cannot.

The names of an object's symbols are in the symbol table of its custom section `linking`; an
undefined one has that of its import. No relocation points into either section.
Conventions: https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md
"""

from collections.abc import Mapping

MAGIC = b"\0asm\1\0\0\0"
CUSTOM, IMPORT = 0, 2  # section ids
LINKING_VERSION = 2
SYMBOL_TABLE = 8  # a subsection of linking
FUNCTION, DATA, GLOBAL, SECTION, TAG, TABLE = range(6)  # kinds of symbols
UNDEFINED, EXPLICIT_NAME = 0x10, 0x40  # flags of symbols


class Malformed(Exception):
    """Not a wasm object that these rules understand."""


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

    def copy(self, read) -> bytes:
        """The bytes that `read` steps over."""
        start = self.at
        read()
        return self.data[start : self.at]


def uleb(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def vector(data: bytes) -> bytes:
    return uleb(len(data)) + data


def sections(module: bytes):
    reader = Reader(module)
    if reader.take(len(MAGIC)) != MAGIC:
        raise Malformed("no wasm header")
    while reader.more():
        yield reader.byte(), reader.vector()


def is_object(data: bytes) -> bool:
    return data.startswith(MAGIC)


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


def renamed_imports(section: bytes, names: Mapping[bytes, bytes]) -> bytes:
    reader = Reader(section)
    count = reader.uleb()
    out = bytearray(uleb(count))
    for _ in range(count):
        module, field = reader.vector(), reader.vector()
        if module == b"env":  # where the compiler puts what another object is to define
            field = names.get(field, field)
        out += vector(module) + vector(field) + reader.copy(lambda: step_over_import_type(reader))
    return bytes(out)


def symbol_table(table: bytes):
    """Yields (head, name, tail, defined) of each symbol; name is None where it is the import's."""
    reader = Reader(table)
    for _ in range(reader.uleb()):
        start = reader.at
        kind, flags = reader.byte(), reader.uleb()
        defined = not flags & UNDEFINED
        if kind in (FUNCTION, GLOBAL, TAG, TABLE):
            reader.uleb()
            named = defined or flags & EXPLICIT_NAME
        elif kind in (DATA, SECTION):
            named = kind == DATA
        else:
            raise Malformed(f"a symbol of the unknown kind {kind}")
        head = table[start : reader.at]
        name = reader.vector() if named else None
        tail = reader.at
        if kind == SECTION:
            reader.uleb()
        elif kind == DATA and defined:
            for _ in range(3):  # segment, offset, size
                reader.uleb()
        yield head, name, table[tail : reader.at], defined
    if reader.more():
        raise Malformed("its symbol table is longer than its symbols")


def renamed_linking(content: bytes, names: Mapping[bytes, bytes]) -> bytes:
    reader = Reader(content)
    if reader.uleb() != LINKING_VERSION:
        raise Malformed(f"its linking section is not of version {LINKING_VERSION}")
    out = bytearray(uleb(LINKING_VERSION))
    while reader.more():
        kind, data = reader.byte(), reader.vector()
        if kind == SYMBOL_TABLE:
            symbols = list(symbol_table(data))
            data = uleb(len(symbols)) + b"".join(
                head + (b"" if name is None else vector(names.get(name, name))) + tail
                for head, name, tail, _ in symbols
            )
        out += bytes([kind]) + vector(data)
    return bytes(out)


def defined_symbols(module: bytes) -> set[bytes]:
    found = set()
    for number, payload in sections(module):
        reader = Reader(payload)
        if number == CUSTOM and reader.vector() == b"linking":
            reader.uleb()
            while reader.more():
                kind, data = reader.byte(), reader.vector()
                if kind == SYMBOL_TABLE:
                    found |= {name for _, name, _, defined in symbol_table(data) if defined and name}
    return found


def rename(module: bytes, names: Mapping[bytes, bytes]) -> bytes:
    """The object with the symbols in `names` renamed, where it defines them and where it uses them."""
    out = bytearray(MAGIC)
    for number, payload in sections(module):
        if number == IMPORT:
            payload = renamed_imports(payload, names)
        elif number == CUSTOM:
            reader = Reader(payload)
            if (name := reader.vector()) == b"linking":
                payload = vector(name) + renamed_linking(payload[reader.at :], names)
        out += bytes([number]) + vector(payload)
    return bytes(out)
