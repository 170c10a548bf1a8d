# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Renames symbols of a wasm object file, and makes hidden ones visible, which llvm-objcopy cannot.

The names of an object's symbols are in the symbol table of its custom section `linking`; an
undefined one has that of its import. No relocation points into either section.
"""

from collections.abc import Callable, Container, Mapping

from wasm_object import (
    CUSTOM,
    DATA,
    EXPORTED,
    HIDDEN,
    IMPORT,
    LINKING_VERSION,
    MAGIC,
    SYMBOL_TABLE,
    Reader,
    Symbol,
    imports,
    linking_subsections,
    sections,
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
    renamed = [
        # In env the compiler puts what another object is to define.
        vector(module) + vector(names.get(name, name) if module == b"env" else name) + what
        for module, name, what in imports(Reader(section))
    ]
    return uleb(len(renamed)) + b"".join(renamed)


def encoded(symbol: Symbol) -> bytes:
    name = b"" if symbol.name is None else vector(symbol.name)
    numbers = b"".join(map(uleb, symbol.numbers))
    rest = name + numbers if symbol.kind == DATA else numbers + name
    return bytes([symbol.kind]) + uleb(symbol.flags) + rest


def with_symbols(content: bytes, changed: Callable[[Symbol], Symbol]) -> bytes:
    """A linking section whose symbols are as `changed` gives them."""
    out = bytearray(uleb(LINKING_VERSION))
    for kind, data in linking_subsections(content):
        if kind == SYMBOL_TABLE:
            symbols = [encoded(changed(symbol)) for symbol in symbol_table(data)]
            data = uleb(len(symbols)) + b"".join(symbols)
        out += bytes([kind]) + vector(data)
    return bytes(out)


def changed_object(module: bytes, changed: Callable[[Symbol], Symbol], names: Mapping[bytes, bytes]) -> bytes:
    """The object with its symbols as `changed` gives them, and imports renamed."""
    out = bytearray(MAGIC)
    for number, payload in sections(module):
        if number == IMPORT:
            payload = renamed_imports(payload, names)
        elif number == CUSTOM:
            reader = Reader(payload)
            if (name := reader.vector()) == b"linking":
                payload = vector(name) + with_symbols(payload[reader.at :], changed)
        out += bytes([number]) + vector(payload)
    return bytes(out)


def rename(module: bytes, names: Mapping[bytes, bytes]) -> bytes:
    """The object with the symbols in `names` renamed, where it defines them and where it uses them."""
    return changed_object(
        module, lambda symbol: symbol._replace(name=names.get(symbol.name, symbol.name)), names
    )


def make_visible(module: bytes, names: Container[bytes]) -> bytes:
    """The object with the symbols in `names` no longer hidden where it defines them, nor any that it uses."""

    def changed(symbol: Symbol) -> Symbol:
        # What is exported is as it must be for its caller to find this one.
        if symbol.flags & EXPORTED or (symbol.defined and symbol.name not in names):
            return symbol
        return symbol._replace(flags=symbol.flags & ~HIDDEN)

    return changed_object(module, changed, {})
