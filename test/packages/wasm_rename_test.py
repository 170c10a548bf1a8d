# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Objects with their symbols renamed or made visible; archives and objects that are malformed."""

from pathlib import Path

import pytest
import toolbox
import wasm_object
import wasm_rename
from packages import tools

NM, WASM_LD = toolbox.SDK / "bin/llvm-nm", toolbox.SDK / "bin/wasm-ld"

SOURCE = """
int used(int);
extern int data;
int made(int x) { return used(x) + data; }
int other(void) { return made(1); }
"""


def compiled(where: Path, source: str, *flags: str) -> bytes:
    return tools.compiled(where / "guest.c", source, *flags).read_bytes()


def symbols(where: Path, module: bytes) -> set[tuple[str, str]]:
    (where / "symbols.o").write_bytes(module)
    listing = toolbox.run([NM, "--format=posix", where / "symbols.o"]).stdout
    return {tuple(line.split()[:2]) for line in listing.splitlines()}


@pytest.mark.parametrize("length", [1, 127, 128, 16384])
def test_names_of_any_length(length, tmp_path):
    """The lengths in front of a name, of its section and of its archive member grow with it."""
    new = {name: name[:1] * length for name in (b"used", b"data", b"made")}
    renamed = wasm_rename.rename(compiled(tmp_path, SOURCE), new)
    expected = {("u" * length, "U"), ("d" * length, "U"), ("m" * length, "T"), ("other", "T")}
    assert expected <= symbols(tmp_path, renamed)
    link = [WASM_LD, "--no-entry", "--allow-undefined", "--export=other", tmp_path / "symbols.o"]
    toolbox.run([*link, "-o", tmp_path / "out.wasm"])
    toolbox.run([toolbox.WASM_TOOLS, "validate", tmp_path / "out.wasm"])


def test_an_import_from_another_module_keeps_its_name(tmp_path):
    """It is the host's, whatever libc calls a function of its own."""
    source = """
    __attribute__((import_module("host"), import_name("futimens"))) int of_the_host(void);
    int guest(void) { return of_the_host(); }
    """
    module = compiled(tmp_path, source)
    imported = b"\x04host\x08futimens"
    assert imported in module and imported in wasm_rename.rename(module, {b"futimens": b"other"})


def test_what_an_object_defines_is_what_others_see(tmp_path):
    source = """
    int used(void), made;
    extern int elsewhere;
    static int local(void) { return used() + elsewhere; }
    int (*pointer)(void) = local;
    """
    assert wasm_object.defined_symbols(compiled(tmp_path, source)) == {b"made", b"pointer"}


def flags_of(module: bytes) -> dict[bytes | None, int]:
    return {symbol.name: symbol.flags for symbol in wasm_object.symbols(module)}


def test_only_hidden_symbols_that_are_named_become_visible(tmp_path):
    source = "int named(void) { return 0; } int kept(void) { return 1; }"
    module = compiled(tmp_path, source, "-fvisibility=hidden")
    before, after = flags_of(module), flags_of(wasm_rename.make_visible(module, {b"named"}))
    assert before[b"named"] & wasm_object.HIDDEN and before[b"kept"] & wasm_object.HIDDEN
    assert after == before | {b"named": before[b"named"] & ~wasm_object.HIDDEN}


def test_what_is_used_from_elsewhere_becomes_visible(tmp_path):
    """It may be in another library."""
    source = '__attribute__((visibility("hidden"))) extern int used; int *guest(void) { return &used; }'
    module = compiled(tmp_path, source)
    before, after = flags_of(module)[b"used"], flags_of(wasm_rename.make_visible(module, set()))[b"used"]
    assert before & wasm_object.HIDDEN and after == before & ~wasm_object.HIDDEN


def test_what_is_exported_by_attribute_stays_as_it_is(tmp_path):
    """Its caller in libc is to find this one, whatever another library has by that name."""
    source = '__attribute__((export_name("cabi_realloc"), weak)) void *cabi_realloc(void) { return 0; }'
    module = compiled(tmp_path, source, "-fvisibility=hidden")
    assert flags_of(wasm_rename.make_visible(module, {b"cabi_realloc"})) == flags_of(module)
    assert flags_of(module)[b"cabi_realloc"] & wasm_object.HIDDEN


@pytest.mark.parametrize("flags, independent", [(["-fPIC"], True), ([], False)])
@pytest.mark.parametrize(
    "source",
    ["extern int x; int *f(void) { return &x; }", "int g(void); void *f(void) { return g; }",
     "static int x[9]; int f(int i) { x[i] = i; return x[i + 1]; }"],
    ids=["address of data", "address of a function", "data"],
)  # fmt: skip
def test_position_independent(source, flags, independent, tmp_path):
    module = compiled(tmp_path, source, "-fvisibility=default", *flags)
    assert wasm_object.is_position_independent(module) == independent


@pytest.mark.parametrize("flags", [["-DIN="], ["-fPIC", "-DIN="], ['-DIN=__attribute__((section("one")))']])
def test_functions_that_a_table_points_to(flags, tmp_path):
    """By their place in this one, whatever is before and after it."""
    source = """
    static int f(void) { return 1; }
    static int g(void) { return 2; }
    IN int (*before[2])(void) = {g, g};
    IN int (*table[3])(void) = {f, 0, g};
    IN int (*after[1])(void) = {f};
    """
    module = compiled(tmp_path, source, *flags)
    (table,) = (symbol for symbol in wasm_object.symbols(module) if symbol.name == b"table")
    assert wasm_object.function_pointers(module, table) == {0: b"f", 8: b"g"}


# --- Malformed ---------------------------------------------------------------


def section(number: int, content: bytes) -> bytes:
    return bytes([number]) + wasm_rename.vector(content)


def linking(content: bytes, version: int = 2) -> bytes:
    return section(0, wasm_rename.vector(b"linking") + bytes([version]) + content)


def symbol_table(content: bytes) -> bytes:
    return linking(section(wasm_object.SYMBOL_TABLE, content))


ONE_IMPORT = wasm_rename.vector(b"env") + wasm_rename.vector(b"name")
MALFORMED = {
    "a section cut short": (b"\2\x05\1", "it ends early"),
    "a number cut short": (b"\2\x80", "it ends early"),
    "an import of an unknown kind": (
        section(2, b"\1" + ONE_IMPORT + b"\x09\0"),
        "an import of the unknown kind 9",
    ),
    "a linking section of another version": (
        linking(b"", version=3),
        "its linking section is not of version 2",
    ),
    "a symbol of an unknown kind": (symbol_table(b"\1\x09\0\0"), "a symbol of the unknown kind 9"),
    "symbols cut short": (symbol_table(b"\2\0\0\0\1f"), "it ends early"),
    "more than its symbols": (symbol_table(b"\1\0\0\0\1fx"), "its symbol table is longer than its symbols"),
}


@pytest.mark.parametrize("content, said", MALFORMED.values(), ids=MALFORMED)
def test_malformed_objects(content, said):
    with pytest.raises(wasm_object.Malformed, match=said):
        wasm_rename.rename(wasm_object.MAGIC + content, {b"f": b"g"})


def test_what_is_no_object():
    with pytest.raises(wasm_object.Malformed, match="no wasm header"):
        wasm_rename.rename(b"\0asm\2\0\0\0", {})


def test_an_object_of_every_kind_of_import():
    """Function, tables, memories, global, tag: each is stepped over, and its end is known."""
    kinds = [b"\0\1", b"\1\x70\0\1", b"\1\x70\1\1\2", b"\2\0\1", b"\2\1\1\2", b"\3\x7f\1", b"\4\0\1"]
    imports = b"".join(ONE_IMPORT + kind for kind in kinds)
    module = wasm_object.MAGIC + section(2, bytes([len(kinds)]) + imports)
    renamed = wasm_object.MAGIC + section(2, bytes([len(kinds)]) + imports.replace(b"\4name", b"\2to"))
    assert wasm_rename.rename(module, {b"name": b"to"}) == renamed
