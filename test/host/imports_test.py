# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the overlay asks for: of the host (WIT, header and guests agree), and of the libc it is linked to."""

import re
import shutil

import pytest
import toolbox
from host.error_host import core_imports, resolved, wasm_tools, wit_type

WIT = toolbox.ROOT / "wit-imports/wit"
TYPES = "wasi:filesystem/types"
SET_TIMES, SET_TIMES_AT = "[method]descriptor.set-times", "[method]descriptor.set-times-at"


def compile_object(tmp_path, *lines: str):
    """Compiles lines of C++ that use wit-imports/, as the overlay is compiled."""
    source, built = tmp_path / "lines.cpp", tmp_path / "lines.o"
    source.write_text("\n".join(['#include "filesystem.h"', "using namespace wasi_utimens::wit;", *lines]))
    flags = [f"--sysroot={toolbox.stock_sysroot(toolbox.SNAPSHOTS[-1])}", f"-I{toolbox.ROOT / 'wit-imports'}"]
    flags += ["-std=c++20", "-nostdinc++", "-Wall", "-Wextra", "-Werror"]
    toolbox.clang(*flags, "-c", source, "-o", built)
    return built


# --- The header and the WIT ---


def cpp(name: str) -> str:
    return name.replace("-", "_")


def test_header_declares_the_signatures_that_the_wit_lowers_to(tmp_path):
    lowered = core_imports(
        wasm_tools("component", "embed", "--dummy-names", "legacy", "-w", "utimens", WIT, "-t")
    )
    lowered = {key: signature for key, signature in lowered.items() if "[resource-drop]" not in key[1]}
    assert {name for _, name in lowered} == {SET_TIMES, SET_TIMES_AT}
    built = compile_object(
        tmp_path,
        "result one(descriptor d, const new_timestamp &t) { return set_times(d, t, t); }",
        "result two(descriptor d, const new_timestamp &t) {",
        '  return set_times_at(d, path_flags::none, "", 0, t, t);',
        "}",
    )
    assert core_imports(wasm_tools("print", built)) == lowered


@pytest.mark.parametrize(
    "enum, name", [("error_code", "error-code"), ("new_timestamp_tag", "new-timestamp")], ids=str
)
def test_header_has_the_cases_of_the_wit_in_their_order(enum, name, tmp_path):
    word = "enum" if name == "error-code" else "variant"
    names = [cpp(case["name"]) for case in wit_type(word, name)["cases"]]
    lines = [f"static_assert(static_cast<int>({enum}::{case}) == {i});" for i, case in enumerate(names)]
    # One that the WIT does not have is not handled here, which -Wall reports.
    lines += [f"bool known({enum} value) {{ switch (value) {{"]
    lines += [f"case {enum}::{case}:" for case in names]
    lines += ["return true; } return false; }"]
    compile_object(tmp_path, *lines)


def test_header_has_the_flags_and_the_layout_of_the_wit(tmp_path):
    flags = [cpp(flag["name"]) for flag in wit_type("flags", "path-flags")["flags"]]
    lines = [
        f"static_assert(static_cast<int>(path_flags::{flag}) == {1 << i});" for i, flag in enumerate(flags)
    ]
    lines += ["static_assert(static_cast<int>(path_flags::none) == 0);"]
    fields = {"u64": "uint64_t", "u32": "uint32_t"}
    for field in wit_type("record", "datetime")["fields"]:
        member = f"decltype(datetime::{cpp(field['name'])})"
        lines += [f"static_assert(__is_same({member}, {fields[field['type']]}));"]
    # Canonical ABI: result<_, error-code> is a byte for the case and, next to it, the enum; an enum
    # of up to 256 cases is a byte.
    assert len(wit_type("enum", "error-code")["cases"]) <= 256
    lines += [
        "static_assert(sizeof(error_code) == 1 && sizeof(result) == 2);",
        "static_assert(offsetof(result, is_err) == 0 && offsetof(result, err) == 1);",
    ]
    compile_object(tmp_path, *lines)


# --- Guests ---

# What stock wasi-libc has in the place of the functions that it lacks.
INSTEAD = {"futimes": "futimens", "lutimes": "utimensat"}


def guest(snapshot, link, names, tmp_path):
    """A guest that opens a file and calls these functions, linked in this way."""
    if link == toolbox.STOCK:
        names = dict.fromkeys(INSTEAD.get(name, name) for name in names)
    flags = ["-O2", "-D_GNU_SOURCE", "-Wall", "-Werror", f"-DUSE={toolbox.uses(names)}"]
    output = tmp_path / f"{link}.wasm"
    return toolbox.compile_guest(snapshot, link, output, toolbox.FAMILY_GUEST, flags=flags)


def imports(wasm) -> set[str]:
    """Each function that a component imports, as INTERFACE/FUNCTION."""
    component = resolved(wasm)
    (world,) = component["worlds"]
    functions = set()
    for item in world["imports"].values():
        imported = component["interfaces"][item["interface"]["id"]]
        package = component["packages"][imported["package"]]["name"].partition("@")[0]
        functions |= {f"{package}/{imported['name']}#{name}" for name in imported["functions"]}
    return functions


def test_wit_is_a_part_of_what_a_guest_imports(snapshot, tmp_path):
    """What the WIT asks for is there in the guest's version too, in the same types: wasm-tools compares."""
    stock = wasm_tools("component", "wit", guest(snapshot, toolbox.STOCK, toolbox.FAMILY, tmp_path))
    version = re.search(r"^package wasi:filesystem(@\S+) ", stock, re.M)[1]
    theirs, core, ours = (tmp_path / name for name in ("theirs.wit", "core.wasm", "ours.wasm"))
    theirs.write_text(re.sub(r"^  export .*", "", stock, flags=re.M))
    shutil.copytree(WIT, tmp_path / "wit")
    for file in (tmp_path / "wit").rglob("*.wit"):
        file.write_text(re.sub(r"@[\d.]*\d", version, file.read_text()))
    wasm_tools("component", "embed", "--dummy", "-w", "utimens", tmp_path / "wit", "-o", core)
    wasm_tools("component", "new", core, "-o", ours)
    toolbox.run([toolbox.WASM_TOOLS, "component", "targets", theirs, ours])


FD, AT = f"{TYPES}#{SET_TIMES}", f"{TYPES}#{SET_TIMES_AT}"


def demo(snapshot, link, tmp_path):
    """examples/touch.c, which uses only functions that wasi-libc has too."""
    touch, flags = toolbox.ROOT / "examples/touch.c", ["-O2", "-D_GNU_SOURCE"]
    return toolbox.compile_guest(snapshot, link, tmp_path / f"{link}.wasm", touch, flags=flags)


def family(snapshot, link, tmp_path):
    return guest(snapshot, link, toolbox.FAMILY, tmp_path)


@pytest.mark.parametrize("compiled", [demo, family])
def test_guest_imports_what_it_does_with_stock_libc(snapshot, compiled, tmp_path):
    links = (toolbox.STOCK, toolbox.WRAP, toolbox.WRAP_NOFD)
    stock, overlay, without = (imports(compiled(snapshot, link, tmp_path)) for link in links)
    assert {FD, AT} <= overlay <= stock
    assert AT in without
    assert FD not in without
    assert without <= stock


@pytest.mark.parametrize("name", toolbox.FAMILY)
def test_guest_of_one_function_imports_little_else(snapshot, name, tmp_path):
    stock = imports(guest(snapshot, toolbox.STOCK, [name], tmp_path))
    overlay = imports(guest(snapshot, toolbox.WRAP, [name], tmp_path))
    more = {FD, AT}  # an fd may be a directory's, a path may be NULL
    if toolbox.is_preview1(snapshot):  # fd_fdstat_get, for a call that is refused
        more |= {f"{TYPES}#[method]descriptor.{question}" for question in ("get-flags", "get-type")}
    assert overlay - stock <= more


# --- The archives ---

# What an archive may need of the libc: nothing of compiler-rt, libc++ or libc++abi, no heap, no
# memcpy. A weak symbol is there only where the guest links what defines it.
LIBC = {
    "U errno",
    "U __wasilibc_find_abspath",
    "w __wasilibc_find_relpath_alloc",  # with chdir
    # Wrapped by link.rsp: without it the link fails.
    "U wasi_utimens_is_linked_without_the_flags_of_link_rsp",
}
NEEDED = {
    "preview1": LIBC
    | {
        "U __wasi_fd_fdstat_get",
        "U wasi_utimens_import_fd_filestat_set_times",
        "U wasi_utimens_import_path_filestat_set_times",
        "w descriptor_table_get_ref",  # with sockets
    },
    "descriptor-ref": LIBC
    | {
        "U descriptor_table_get_ref",
        "U __wasilibc_init_stdio",  # not called: only to tell one libc from another
        "U wasi_utimens_import_set_times",
        "U wasi_utimens_import_set_times_at",
    },
    "descriptor-counted": LIBC
    | {
        "U descriptor_table_get",
        "U __wasilibc_descriptor_deallocate",
        "U wasi_utimens_import_set_times",
        "U wasi_utimens_import_set_times_at",
    },
}
FD_CALLS = {"U wasi_utimens_import_fd_filestat_set_times", "U wasi_utimens_import_set_times"}
# The linker itself makes these.
LINKER = {"U __stack_pointer", "U __indirect_function_table"}


@pytest.mark.parametrize("link", [toolbox.WRAP, toolbox.WRAP_NOFD])
def test_archive_needs_nothing_but_libc(snapshot, link):
    nm = toolbox.run([toolbox.SDK / "bin/llvm-nm", toolbox.archive(snapshot, link)]).stdout
    symbols = re.findall(r"^[0-9a-f ]{8} (\w) (\S+)$", nm, re.M)
    defined = {name for kind, name in symbols if kind not in "Uw"}
    needed = {f"{kind} {name}" for kind, name in symbols if kind in "Uw" and name not in defined} - LINKER
    assert needed == NEEDED[toolbox.generation(snapshot)] - (FD_CALLS if link == toolbox.WRAP_NOFD else set())


def found_in_objects(snapshot, link, directory, pattern: str) -> list:
    """What a pattern finds in the objects of an archive, as wasm-tools writes them out."""
    toolbox.run([toolbox.SDK / "bin/llvm-ar", "x", toolbox.archive(snapshot, link)], cwd=directory)
    found = [
        found for built in directory.glob("*.o") for found in re.findall(pattern, wasm_tools("dump", built))
    ]
    assert found
    return found


@pytest.mark.parametrize("link", [toolbox.WRAP, toolbox.WRAP_NOFD])
def test_archive_has_no_state(snapshot, link, tmp_path):
    """Data of every object is in .rodata: no .data, no .bss, nothing thread-local."""
    segments = found_in_objects(snapshot, link, tmp_path, r'Segment { name: "([^"]*)"')
    assert [segment for segment in segments if not segment.startswith(".rodata")] == []


@pytest.mark.parametrize("link", [toolbox.WRAP, toolbox.WRAP_NOFD])
def test_archive_exports_nothing(snapshot, link, tmp_path):
    """What it defines for other objects is hidden, so that --export-dynamic leaves it inside."""
    symbol = r'(?:Func|Data) \{ flags: SymbolFlags\(([^)]*)\).*?name: (?:Some\()?"([^"]*)"'
    defined = {
        name: flags
        for flags, name in found_in_objects(snapshot, link, tmp_path, symbol)
        if not {"UNDEFINED", "BINDING_LOCAL"} & {*flags.split(" | ")}
    }
    assert {"wasi_utimens_fd_support", "__wrap_futimens"} <= set(defined)
    assert [name for name, flags in defined.items() if "VISIBILITY_HIDDEN" not in flags] == []
