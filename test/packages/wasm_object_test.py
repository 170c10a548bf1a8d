# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What scripts/wasm_object.py reads in an object is what LLVM's own reader shows."""

from pathlib import Path

import pytest
import toolbox
import wasm_object
from packages import tools
from wasm_rename import vector

OBJDUMP = toolbox.SDK / "bin/llvm-objdump"

SOURCE = """
int used(int);
extern int used_data;
__attribute__((visibility("hidden"))) extern int hidden_data;
__attribute__((import_module("host"), import_name("f"))) int of_the_host(void);
static int local(int x) { return used(x) + used_data + hidden_data + of_the_host(); }
int (*pointers[2])(int) = {used, local};
int zero, *place = &used_data;
__attribute__((weak, visibility("hidden"))) int weak_hidden(void) { return local(1); }
__attribute__((export_name("exported"))) void *exported(void) { return local; }
"""
LETTERS = {wasm_object.FUNCTION: "F", wasm_object.DATA: "O", wasm_object.SECTION: "d"}
RELOCATIONS = {
    "R_WASM_TABLE_INDEX_I32": wasm_object.TABLE_INDEX_I32,
    "R_WASM_TABLE_INDEX_SLEB": wasm_object.TABLE_INDEX_SLEB,
    "R_WASM_MEMORY_ADDR_LEB": wasm_object.MEMORY_ADDR_LEB,
    "R_WASM_MEMORY_ADDR_SLEB": wasm_object.MEMORY_ADDR_SLEB,
}
# By their numbers, as in tool-conventions.
BY_NUMBER = """
    FUNCTION_INDEX_LEB TABLE_INDEX_SLEB TABLE_INDEX_I32 MEMORY_ADDR_LEB MEMORY_ADDR_SLEB MEMORY_ADDR_I32
    TYPE_INDEX_LEB GLOBAL_INDEX_LEB FUNCTION_OFFSET_I32 SECTION_OFFSET_I32 TAG_INDEX_LEB
    MEMORY_ADDR_REL_SLEB TABLE_INDEX_REL_SLEB GLOBAL_INDEX_I32 MEMORY_ADDR_LEB64 MEMORY_ADDR_SLEB64
    MEMORY_ADDR_I64 MEMORY_ADDR_REL_SLEB64 TABLE_INDEX_SLEB64 TABLE_INDEX_I64 TABLE_NUMBER_LEB
    MEMORY_ADDR_TLS_SLEB FUNCTION_OFFSET_I64 MEMORY_ADDR_LOCREL_I32 TABLE_INDEX_REL_SLEB64
    MEMORY_ADDR_TLS_SLEB64 FUNCTION_INDEX_I32
"""
ALL_RELOCATIONS = BY_NUMBER.split()


@pytest.fixture(params=["-O0", "-g", "-fPIC", "-O2 -ffunction-sections -fdata-sections"])
def compiled(request, tmp_path) -> Path:
    return tools.compiled(tmp_path / "guest.c", SOURCE, *request.param.split())


def names(module: bytes) -> list[str]:
    """Of every symbol, that of its import or its section where it has none of its own."""
    custom = iter(wasm_object.custom_sections(module))
    of_section = [next(custom)[0] if number == 0 else b"" for number, _ in wasm_object.sections(module)]
    imported = list(wasm_object.imports(wasm_object.section(module, wasm_object.IMPORT)))
    kind_of_import = {wasm_object.FUNCTION: 0, wasm_object.TABLE: 1, wasm_object.GLOBAL: 3}

    def name(symbol: wasm_object.Symbol) -> bytes:
        if symbol.name is not None:
            return symbol.name
        if symbol.kind == wasm_object.SECTION:
            return of_section[symbol.numbers[0]]
        kind = kind_of_import[symbol.kind]
        return [name for _, name, what in imported if what[0] == kind][symbol.numbers[0]]

    return [name(symbol).decode() for symbol in wasm_object.symbols(module)]


def test_symbols(compiled):
    lines = toolbox.run([OBJDUMP, "--syms", compiled]).stdout.partition("SYMBOL TABLE:\n")[2].splitlines()
    module = compiled.read_bytes()
    found = zip(wasm_object.symbols(module), names(module), lines, strict=True)
    for symbol, name, line in found:
        flags, rest = line[9:16], line[17:].split()
        assert name == rest[-1]
        assert flags[5:].strip() == LETTERS.get(symbol.kind, "")
        assert bool(symbol.flags & wasm_object.LOCAL) == (flags[0] == "l"), line
        assert bool(symbol.flags & wasm_object.HIDDEN) == (".hidden" in rest), line
        assert symbol.defined == (rest[0] != "*UND*"), line


@pytest.mark.parametrize("section", ["CODE", "DATA"])
def test_relocations(section, compiled):
    listing = toolbox.run([OBJDUMP, "--reloc", compiled]).stdout
    lines = listing.partition(f"FOR [{section}]:\n")[2].partition("\n\n")[0].splitlines()[1:]
    module = compiled.read_bytes()
    symbols = names(module)
    number = {"CODE": wasm_object.CODE, "DATA": wasm_object.DATA_SECTION}[section]
    found = list(wasm_object.relocations(module, number))
    assert found
    for (kind, at, index), line in zip(found, lines, strict=True):
        offset, name, target = line.split()
        assert at == int(offset, 16)
        assert RELOCATIONS.get(name, kind) == kind and (name in RELOCATIONS) == (kind in RELOCATIONS.values())
        if "TYPE" not in name:
            assert symbols[index] == target.rpartition("+")[0]


@pytest.mark.parametrize("kind", range(len(ALL_RELOCATIONS)), ids=ALL_RELOCATIONS)
def test_only_addresses_and_offsets_have_an_addend(kind):
    """The next relocation begins behind it."""
    addend = b"\x7f" if "_ADDR_" in ALL_RELOCATIONS[kind] or "_OFFSET_" in ALL_RELOCATIONS[kind] else b""
    content = b"\0\2" + bytes([kind, 5, 6]) + addend + bytes([kind, 7, 8]) + addend
    custom = vector(b"reloc.CODE") + content
    module = wasm_object.MAGIC + bytes([wasm_object.CODE]) + vector(b"\0") + b"\0" + vector(custom)
    assert list(wasm_object.relocations(module, wasm_object.CODE)) == [(kind, 5, 6), (kind, 7, 8)]


def test_a_pointer_to_what_has_no_name_of_its_own(compiled):
    """It is the import's."""
    module = compiled.read_bytes()
    (pointers,) = (symbol for symbol in wasm_object.symbols(module) if symbol.name == b"pointers")
    assert wasm_object.function_pointers(module, pointers) == {0: b"", 4: b"local"}


# --- What objects here do not have -------------------------------------------


def test_segments_of_every_kind():
    """Active, passive, and active in a memory that is named: where the content of each begins."""
    segments = [
        b"\0\x41\x80\x0b\x0b" + vector(b"first"),
        b"\1" + vector(b"second"),
        b"\2\0\x41\0\x0b" + vector(b""),
    ]
    payload = bytes([len(segments)]) + b"".join(segments)
    module = wasm_object.MAGIC + bytes([wasm_object.DATA_SECTION]) + vector(payload)
    first, second, third = wasm_object.segment_starts(module)
    assert (
        payload[first:].startswith(b"first")
        and payload[second:].startswith(b"second")
        and third == len(payload)
    )


def test_types_of_functions():
    """The imported ones first, by their types' numbers; of no function type there is only a complaint."""
    types = bytes([3]) + b"\x60\2\x7f\x7e\0" + b"\x60\0\1\x7d" + b"\x60\1\x7c\1\x70"
    imported = (
        bytes([2]) + vector(b"env") + vector(b"memory") + b"\2\0\1" + vector(b"env") + vector(b"f") + b"\0\1"
    )
    contents = {
        wasm_object.TYPE: types,
        wasm_object.IMPORT: imported,
        wasm_object.FUNCTION_SECTION: b"\2\2\0",
    }
    module = wasm_object.MAGIC + b"".join(bytes([number]) + vector(data) for number, data in contents.items())
    expected = ["() -> f32", "(f64) -> 0x70", "(i32, i64) -> nothing"]
    assert wasm_object.function_types(module) == expected
    with pytest.raises(wasm_object.Malformed, match="a type that is no function's"):
        wasm_object.function_types(module.replace(b"\x60\0", b"\x5f\0"))


def test_exports():
    payload = b"\2" + vector(b"one") + b"\0\x80\1" + vector(b"two") + b"\3\0"
    module = wasm_object.MAGIC + bytes([wasm_object.EXPORT]) + vector(payload)
    assert wasm_object.exports(module) == {b"one", b"two"}
    assert wasm_object.exports(wasm_object.MAGIC) == set()


def test_members(tmp_path):
    """In order, of even and odd sizes, of short, long and repeated names."""
    contents = [
        ("odd", b"x"),
        ("even", b"xy"),
        ("a name of more than 15 bytes", b"xyz"),
        ("odd", b""),
        ("z" * 16, b"1"),
    ]
    files = []
    for number, (name, content) in enumerate(contents):
        files.append(tmp_path / str(number) / name)
        files[-1].parent.mkdir()
        files[-1].write_bytes(content)
    toolbox.run([toolbox.SDK / "bin/llvm-ar", "qcS", tmp_path / "archive.a", *files])
    assert wasm_object.members(tmp_path / "archive.a") == contents


def member(name: bytes, content: bytes) -> bytes:
    """With every field as wide as it can be."""
    size = b"%010d" % len(content)
    return name.ljust(16) + b"9" * 12 + b"9" * 6 + b"9" * 6 + b"10000644" + size + b"`\n" + content


@pytest.mark.parametrize("index", [b"/", b"/SYM64/"])
def test_an_archive_whose_fields_are_full(index, tmp_path):
    written = member(index, b"\0" * 8) + 2 * (member(b"sixteen letters.", b"abc") + b"\n")
    (tmp_path / "archive.a").write_bytes(b"!<arch>\n" + written)
    assert wasm_object.members(tmp_path / "archive.a") == 2 * [("sixteen letters.", b"abc")]
