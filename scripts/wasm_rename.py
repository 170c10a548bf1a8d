# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Renames symbols of a wasm object file, which llvm-objcopy cannot.

The names of an object's symbols are in the symbol table of its custom section `linking`; an
undefined one has that of its import. No relocation points into either section.
"""

from collections.abc import Mapping

from wasm_object import (
    CUSTOM,
    IMPORT,
    LINKING_VERSION,
    MAGIC,
    SYMBOL_TABLE,
    Reader,
    linking_subsections,
    sections,
    step_over_import_type,
    symbol_table,
)


def uleb(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def vector(data: bytes) -> bytes:
    return uleb(len(data)) + data


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


def renamed_linking(content: bytes, names: Mapping[bytes, bytes]) -> bytes:
    out = bytearray(uleb(LINKING_VERSION))
    for kind, data in linking_subsections(content):
        if kind == SYMBOL_TABLE:
            symbols = list(symbol_table(data))
            data = uleb(len(symbols)) + b"".join(
                symbol.head
                + (b"" if symbol.name is None else vector(names.get(symbol.name, symbol.name)))
                + symbol.tail
                for symbol in symbols
            )
        out += bytes([kind]) + vector(data)
    return bytes(out)


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
