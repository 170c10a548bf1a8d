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


def archive_of(generation: str, nofd: str) -> Path:
    """The overlay's archive for this generation: a snapshot's, or that of the suite."""
    for snapshot in toolbox.of_generation(generation)[-1:]:
        return toolbox.archive(snapshot, toolbox.WRAP + nofd)
    for snapshot in toolbox.stand_in_sysroot() if generation == "descriptor-counted" else []:
        return toolbox.archive(snapshot, toolbox.COUNTED + nofd)
    pytest.skip(f"no sysroot of the generation {generation} here")


def named_as_counted(sysroot: Path) -> Path:
    """A sysroot that defines what a counted one does, and not what descriptor-ref does: by name only."""
    (snapshot,) = toolbox.stand_in_sysroot()
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
        for snapshot in toolbox.of_generation(generation)[-1:]:
            return toolbox.stock_sysroot(snapshot)
        if generation == "descriptor-counted" and toolbox.stand_in_sysroot():
            return named_as_counted(tmp_path_factory.mktemp("counted") / "sysroot")
        pytest.skip(f"no sysroot of the generation {generation} here")

    return sysroot


def linked(tmp_path, sysroot, source: str, *words, cxx=False, flags=()) -> subprocess.CompletedProcess:
    """Compiles and links a guest, with these words after its source; their order matters."""
    file = tmp_path / f"guest.{'cpp' if cxx else 'c'}"
    file.write_text(source)
    before = [f"--sysroot={sysroot}", "-D_GNU_SOURCE", *flags, f"-isystem{toolbox.ROOT / 'include'}"]
    return toolbox.clang(*before, file, *words, "-o", tmp_path / "guest.wasm", cxx=cxx, check=False)


def link_rsp() -> str:
    return f"@{toolbox.installed(toolbox.SNAPSHOTS[-1])}/share/wasi-utimens/link.rsp"


@pytest.mark.parametrize("lto", [[], ["-flto"]], ids=["objects", "lto"])
@pytest.mark.parametrize("cxx, call", [(False, "futimens"), (True, "utime")], ids=["c", "c++"])
@NOFD
@pytest.mark.parametrize("ours, theirs", list(itertools.permutations(GENERATIONS, 2)))
def test_an_archive_for_another_libc_does_not_link(ours, theirs, nofd, cxx, call, lto, sysroot_of, tmp_path):
    words = [link_rsp(), archive_of(ours, nofd)]
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
def test_a_guests_own_function_is_a_duplicate(snapshot, name, tmp_path):
    """Of the other four libc.a has definitions, some beside open: those here are weak, so nothing is said."""
    arguments = ", ".join("0" for _ in PARAMETERS[name].split(","))
    source = OWN_FUNCTION.format(name, PARAMETERS[name], name, arguments)
    words = [link_rsp(), toolbox.archive(snapshot, toolbox.WRAP)]
    done = linked(tmp_path, toolbox.stock_sysroot(snapshot), source, *words)
    assert done.returncode != 0
    assert f"duplicate symbol: {name}" in done.stderr
    # With other parameters the linker only warns.
    done = linked(
        tmp_path, toolbox.stock_sysroot(snapshot), OWN_FUNCTION.format(name, "void", name, ""), *words
    )
    assert f"function signature mismatch: {name}" in done.stderr


@pytest.mark.parametrize("name", toolbox.FAMILY)
def test_a_guests_own_variable_is_named_and_no_crash(snapshot, name, tmp_path):
    """wasm-ld crashes where a wrapped name is a variable (docs/HOSTS.md), if nothing stops it before."""
    source = f"long {name}; int main(void) {{ return (int){name}; }}"
    done = linked(
        tmp_path, toolbox.stock_sysroot(snapshot), source, link_rsp(), toolbox.archive(snapshot, toolbox.WRAP)
    )
    assert done.returncode != 0
    assert f"symbol type mismatch: {name}" in done.stderr


RIGHT = {
    "as usual": ([], []),
    "libc named before the archive, as by Rust": ([], ["-lc"]),
    "every section kept": (["-Wl,--no-gc-sections"], []),
    "warnings are errors": (["-Wl,--fatal-warnings"], []),
}


@pytest.mark.parametrize("way", RIGHT)
def test_no_false_alarm(snapshot, way, tmp_path):
    flags, before = RIGHT[way]
    guest = guest_that_calls(*toolbox.FAMILY)
    words = [*before, link_rsp(), toolbox.archive(snapshot, toolbox.WRAP)]
    done = linked(tmp_path, toolbox.stock_sysroot(snapshot), guest, *words, flags=flags)
    assert (done.returncode, done.stderr) == (0, "")
    done = linked(tmp_path, toolbox.stock_sysroot(snapshot), guest_that_calls(), *words, flags=flags)
    assert (done.returncode, done.stderr) == (0, "")
