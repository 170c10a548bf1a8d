# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A link by --wrap that cannot be right fails and says why; one that is right is not taken for one."""

import functools
import itertools
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import toolbox
from sysroot import each_object, write_archive
from wasm_object import members
from wasm_rename import rename

GENERATIONS = ["preview1", "descriptor-ref", "descriptor-counted"]
NOFD = pytest.mark.parametrize("nofd", ["", "-nofd"], ids=["fd", "nofd"])


def guest_that_calls(*names: str) -> str:
    """It opens a file too, which takes utimes and utime out of libc.a as well."""
    return f'#define USE {toolbox.uses(names)}\n#include "{toolbox.FAMILY_GUEST}"\n'


def of_generation(generation: str) -> tuple[str, str]:
    """The newest snapshot of this generation, or what stands in for one; and how its archive is linked."""
    for snapshot in toolbox.of_generation(generation)[-1:]:
        return snapshot, toolbox.WRAP
    for snapshot in toolbox.stand_in_sysroot() if generation == "descriptor-counted" else []:
        return snapshot, toolbox.COUNTED
    pytest.skip(f"no sysroot of the generation {generation} here")


def named_as_counted(snapshot: str, sysroot: Path) -> Path:
    """A sysroot that defines what a counted one does, and not what descriptor-ref does: by name only."""
    shutil.copytree(toolbox.stock_sysroot(snapshot), sysroot, copy_function=os.symlink)
    libc = sysroot / "lib/wasm32-wasip2/libc.a"
    names = {
        b"descriptor_table_get_ref": b"descriptor_table_get",
        b"descriptor_table_remove": b"__wasilibc_descriptor_deallocate",
    }
    renamed = each_object(members(libc), lambda content: rename(content, names))
    write_archive(libc, renamed, toolbox.SDK)
    return sysroot


@pytest.fixture(scope="module")
def sysroot_of(tmp_path_factory):
    """A sysroot of each generation, the newest there is."""

    @functools.cache
    def sysroot(generation: str) -> Path:
        snapshot, link = of_generation(generation)
        if link == toolbox.WRAP:
            return toolbox.stock_sysroot(snapshot)
        return named_as_counted(snapshot, tmp_path_factory.mktemp("counted") / "sysroot")

    return sysroot


def linked(tmp_path, sysroot, source: str, *words, cxx=False, flags=()) -> subprocess.CompletedProcess:
    """Compiles and links a guest, with these words after its source; their order matters."""
    file = tmp_path / f"guest.{'cpp' if cxx else 'c'}"
    file.write_text(source)
    before = [f"--sysroot={sysroot}", "-D_GNU_SOURCE", *flags, f"-isystem{toolbox.ROOT / 'include'}"]
    return toolbox.clang(*before, file, *words, "-o", tmp_path / "guest.wasm", cxx=cxx, check=False)


def link_rsp() -> str:
    return f"@{toolbox.installed(toolbox.SNAPSHOTS[-1])}/share/wasi-utimens/link.rsp"


@pytest.fixture
def linked_as_usual(snapshot, tmp_path):
    """The same with the overlay's archive for this sysroot."""
    words = [link_rsp(), toolbox.archive(snapshot, toolbox.WRAP)]
    sysroot = toolbox.stock_sysroot(snapshot)
    return lambda source, *before, flags=(): linked(tmp_path, sysroot, source, *before, *words, flags=flags)


@pytest.mark.parametrize("lto", [[], ["-flto"]], ids=["objects", "lto"])
@pytest.mark.parametrize("cxx, call", [(False, "futimens"), (True, "utime")], ids=["c", "c++"])
@NOFD
@pytest.mark.parametrize("ours, theirs", list(itertools.permutations(GENERATIONS, 2)))
def test_an_archive_for_another_libc_does_not_link(ours, theirs, nofd, cxx, call, lto, sysroot_of, tmp_path):
    snapshot, link = of_generation(ours)
    words = [link_rsp(), toolbox.archive(snapshot, link + nofd)]
    done = linked(tmp_path, sysroot_of(theirs), guest_that_calls(call), *words, cxx=cxx, flags=lto)
    assert done.returncode != 0
    assert f"{words[-1]}(this-archive-is-for-another-wasi-libc.o): undefined symbol: " in done.stderr


@pytest.mark.parametrize("lto", [[], ["-flto"]], ids=["objects", "lto"])
@NOFD
def test_an_archive_without_the_flags_of_link_rsp_does_not_link(snapshot, nofd, lto, tmp_path):
    for name in toolbox.FAMILY:
        words = [toolbox.archive(snapshot, toolbox.WRAP + nofd)]
        done = linked(tmp_path, toolbox.stock_sysroot(snapshot), guest_that_calls(name), *words, flags=lto)
        assert done.returncode != 0, name
        assert "undefined symbol: wasi_utimens_is_linked_without_the_flags_of_link_rsp" in done.stderr


OWN_FUNCTION = "int {}({}) {{ return 42; }} int main(void) {{ return {}({}); }}"
PARAMETERS = {"futimes": "int fd, const void *times", "lutimes": "const char *path, const void *times"}
PARAMETERS["futimesat"] = "int fd, const char *path, const void *times"


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_guests_own_function_is_a_duplicate(name, linked_as_usual):
    """Of the other four libc.a has definitions, some beside open: those here are weak, so nothing is said."""
    arguments = ", ".join("0" for _ in PARAMETERS[name].split(","))
    done = linked_as_usual(OWN_FUNCTION.format(name, PARAMETERS[name], name, arguments))
    assert done.returncode != 0
    assert f"duplicate symbol: {name}" in done.stderr
    # With other parameters the linker only warns.
    done = linked_as_usual(OWN_FUNCTION.format(name, "void", name, ""))
    assert f"function signature mismatch: {name}" in done.stderr


@pytest.mark.parametrize("name", toolbox.FAMILY)
def test_a_guests_own_variable_is_named_and_no_crash(name, linked_as_usual):
    """wasm-ld crashes where a wrapped name is a variable (docs/HOSTS.md), if nothing stops it before."""
    done = linked_as_usual(f"long {name}; int main(void) {{ return (int){name}; }}")
    assert done.returncode != 0
    assert f"symbol type mismatch: {name}" in done.stderr


RIGHT = {
    "as usual": ([], []),
    "libc named before the archive, as by Rust": ([], ["-lc"]),
    "every section kept": (["-Wl,--no-gc-sections"], []),
    "warnings are errors": (["-Wl,--fatal-warnings"], []),
}


@pytest.mark.parametrize("way", RIGHT)
def test_no_false_alarm(way, linked_as_usual):
    flags, before = RIGHT[way]
    for names in (toolbox.FAMILY, ()):
        done = linked_as_usual(guest_that_calls(*names), *before, flags=flags)
        assert (done.returncode, done.stderr) == (0, "")
