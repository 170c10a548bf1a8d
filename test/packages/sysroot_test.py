# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A sysroot that holds the overlay: what is in the copy, what links with it, what is refused."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toolbox
import wasm_object
from packages import tools, wasi_sdk
from packages.tools import FUNCTIONS, NEWEST, STOCK_HAS, changed, small_sysroot, tree, unchanged
from sysroot import placed
from wasm_object import members

AR, NM, WASM_LD = (toolbox.SDK / "bin" / tool for tool in ("llvm-ar", "llvm-nm", "wasm-ld"))
LIB, INCLUDE = "lib/wasm32-wasip2", "include/wasm32-wasip2"
LIBC = f"{LIB}/libc.a"
TIME_H = f"{INCLUDE}/sys/time.h"


def command(sysroot: Path, dest: Path, **options) -> list[str]:
    return tools.overlay_inside("sysroot.py", sysroot, dest, **options)


OWN_HEADERS = {
    f"{INCLUDE}/sys/time.h",
    f"{INCLUDE}/wasi/utimens.h",
    f"{INCLUDE}/wasi/stock",
    f"{INCLUDE}/wasi/stock/sys",
    f"{INCLUDE}/wasi/stock/sys/time.h",
}


def libcs(sysroot: Path) -> set[str]:
    """Each libc.a, that of bitcode too, and libc.so."""
    found = [path for name in ("libc.a", "libc.so") for path in (sysroot / LIB).rglob(name)]
    return {str(path.relative_to(sysroot)) for path in found}


@pytest.mark.parametrize("link", [toolbox.SYSROOT, toolbox.SYSROOT_NOFD])
def test_all_but_libc_and_the_headers_is_the_original(snapshot, link):
    original, copy = toolbox.stock_sysroot(snapshot), toolbox.build_dir(snapshot) / link
    both = [path for path in tree(copy).keys() & tree(original).keys() if (copy / path).is_file()]
    assert not any((copy / path).samefile(original / path) for path in both)
    assert changed(original, copy) == libcs(original) | OWN_HEADERS
    aside = copy / INCLUDE / "wasi/stock/sys/time.h"
    assert aside.read_bytes() == (original / INCLUDE / "sys/time.h").read_bytes()
    for header in ("sys/time.h", "wasi/utimens.h"):
        assert (copy / INCLUDE / header).read_bytes() == (toolbox.ROOT / "include" / header).read_bytes()


def symbols(archive: Path) -> list[tuple[str, str, str]]:
    """(member, type, name) of every symbol, in order."""
    listing = toolbox.run([NM, "--format=posix", "--no-sort", "--print-file-name", archive]).stdout
    found = []
    for line in listing.splitlines():
        member, name, kind = line.split()[:3]
        found.append((member.split("[")[-1].rstrip("]:"), kind, name))
    return found


def test_in_libc_only_the_names_of_stock_definitions_change(snapshot):
    before = symbols(toolbox.stock_sysroot(snapshot) / LIBC)
    after = symbols(toolbox.build_dir(snapshot) / toolbox.SYSROOT / LIBC)
    defining = {member for member, kind, name in before if name in STOCK_HAS and kind in "TW"}
    assert {name for _, kind, name in before if name in FUNCTIONS and kind in "TW"} == set(STOCK_HAS)
    expected = [
        (member, kind, f"__stock_{name}" if member in defining and name in FUNCTIONS else name)
        for member, kind, name in before
    ]
    assert after[: len(before)] == expected
    ours = [(kind, name) for _, kind, name in after[len(before) :]]
    assert sorted(name for kind, name in ours if kind == "T" and name in FUNCTIONS) == sorted(FUNCTIONS)


def test_members_keep_their_order_and_the_others_their_bytes(snapshot):
    before = members(toolbox.stock_sysroot(snapshot) / LIBC)
    after = members(toolbox.build_dir(snapshot) / toolbox.SYSROOT / LIBC)
    listed = toolbox.run([AR, "t", toolbox.stock_sysroot(snapshot) / LIBC]).stdout.split()
    assert [name for name, _ in before] == listed
    assert [name for name, _ in after[: len(before)]] == listed
    assert {name for name, _ in after[len(before) :]} == {
        f"wasi-utimens-{name}.o" for name in [*FUNCTIONS, "wasi_utimens_fd_support"]
    }
    rewritten = [name for (name, was), (_, now) in zip(before, after, strict=False) if was != now]
    assert {name.split(".")[0] for name in rewritten} == {"futimens", "at_fdcwd", "futimesat", "posix"}


def test_libc_has_an_index_of_our_symbols(snapshot):
    libc = toolbox.build_dir(snapshot) / toolbox.SYSROOT / LIBC
    index = toolbox.run([NM, "--print-armap", "--quiet", libc]).stdout.split("\n\n")[0]
    for name in FUNCTIONS:
        assert f"{name} in wasi-utimens-{name}.o" in index.splitlines()


def test_an_object_that_only_uses_a_function_calls_the_overlay(tmp_path):
    """Only one that defines some of them goes on calling stock's others."""
    sources = {"uses": "int utimes(); int f() { return utimes(); }",
               "defines": "int utimes(); int utime() { return utimes(); }"}  # fmt: skip
    stock = small_sysroot(tmp_path / "stock")
    objects = [tools.compiled(tmp_path / f"{name}.c", source) for name, source in sources.items()]
    tools.archived(stock / LIBC, *objects)
    toolbox.run(command(stock, tmp_path / "copy"))
    after = dict(members(tmp_path / "copy" / LIBC))
    assert after["uses.o"] == objects[0].read_bytes()
    assert b"__stock_utimes" in after["defines.o"]
    assert b"__stock_utime" in {symbol.name for symbol in wasm_object.symbols(after["defines.o"])}


def test_the_same_bytes_whenever_it_is_made(tmp_path):
    for name in ("one", "two"):
        toolbox.run(command(toolbox.stock_sysroot(NEWEST), tmp_path / name))
        time.sleep(1.1)  # archives note times in whole seconds
    assert changed(tmp_path / "one", tmp_path / "two") == set()


# --- Linking -----------------------------------------------------------------

USES_FILES = """
int open(const char *, int, ...), stat(const char *, void *);
int main(void) { return open("/d", 0) + stat("/d", 0); }
"""
# A collision takes two members of the archive.
SUBSETS = [chosen for size in (0, 1, 2, 7) for chosen in itertools.combinations(FUNCTIONS, size)]
# What else a program may pull out of libc.a beside them.
COMPANIONS = ["chdir", "wasi_utimens_fd_support", *(f"__stock_{name}" for name in STOCK_HAS)]


@pytest.mark.parametrize("link", [toolbox.SYSROOT, toolbox.SYSROOT_NOFD])
def test_any_choice_of_functions_links(snapshot, link, tmp_path):
    """wasm-ld, with any two of the functions, and all of them with each of the companions."""
    sysroot = toolbox.build_dir(snapshot) / link
    root = f"--sysroot={sysroot}"
    guest = tools.compiled(tmp_path / "guest.c", USES_FILES, root)
    runtime = toolbox.clang(root, "-print-libgcc-file-name").stdout.strip()
    start = [WASM_LD, "--fatal-warnings", f"-L{sysroot / LIB}"]
    objects = [sysroot / LIB / "crt1-command.o", guest, "-lc", runtime]
    choices = SUBSETS if link == toolbox.SYSROOT else [FUNCTIONS]
    companions = [[*FUNCTIONS, companion] for companion in COMPANIONS]
    for chosen in [*choices, *companions, [*FUNCTIONS, *COMPANIONS]]:
        undefined = [f"--undefined={name}" for name in chosen]
        done = toolbox.run([*start, *undefined, *objects, "-o", tmp_path / "guest.wasm"])
        assert done.stderr == "", chosen


# Calls of calls.c, and what stock answers. The overlay takes no flag that it does not know, and no ""
# for the current directory.
SET_BY_STOCK = {
    "open f /d/file rwc": "ok",
    "watch /d/file": "ok",
    "futimens f 0:1,1:2": "ok /d/file.atime=0.000000001 /d/file.mtime=1.000000002",
    "utimes /d/file 0:1,3:4": "ok /d/file.atime=0.000001000 /d/file.mtime=3.000004000",
    "utimensat cwd /d/file 0:1,1:2 0": "ok /d/file.atime=0.000000001 /d/file.mtime=1.000000002",
    "futimesat cwd /d/file 0:1,3:4": "ok /d/file.atime=0.000001000 /d/file.mtime=3.000004000",
    "utime /d/file 5:0,6:0": "ok /d/file.atime=5.000000000 /d/file.mtime=6.000000000",
    "utimensat cwd /d/file 0:1,1:2 0x4000": "ok /d/file.atime=0.000000001 /d/file.mtime=1.000000002",
    "futimesat cwd EMPTY 0:1,3:4": "ok",
}
SET_BY_THE_OVERLAY = SET_BY_STOCK | {
    "utimensat cwd /d/file 0:1,1:2 0x4000": "EINVAL",
    "futimesat cwd EMPTY 0:1,3:4": "ENOENT",
}


def check_side_by_side(sysroot: Path, where: Path) -> None:
    """A program that has both, and calls the ones or the others."""
    both = [f"-Wl,--undefined={name},--undefined=__stock_{name}" for name in STOCK_HAS]
    command = [f"--sysroot={sysroot}", *toolbox.CALLS_FLAGS, *both, toolbox.CALLS]
    stock = [f"-D{name}=__stock_{name}" for name in STOCK_HAS]
    (where / "d").mkdir()
    for names, answers in ((stock, SET_BY_STOCK), ([], SET_BY_THE_OVERLAY)):
        toolbox.clang(*command, *names, "-o", where / "guest.wasm")
        (where / "calls").write_text("\n".join(answers))
        dirs = {"/d": where / "d", ".": where}
        said = toolbox.run_guest(where / "guest.wasm", "-f", "calls", dirs=dirs).stdout
        assert dict(zip(answers, said.splitlines(), strict=True)) == answers


def test_stock_functions_beside_the_overlay(snapshot, tmp_path):
    check_side_by_side(toolbox.build_dir(snapshot) / toolbox.SYSROOT, tmp_path)


def test_fd_no_imports_no_set_times(snapshot, tmp_path):
    wasm = toolbox.compile_guest(snapshot, toolbox.SYSROOT_NOFD, tmp_path / "guest.wasm", tools.GUEST)
    assert tools.printed(wasm) == tools.PRINTS["wasi-utimens-nofd"]
    core = toolbox.run([toolbox.WASM_TOOLS, "print", wasm]).stdout
    assert "[method]descriptor.set-times-at" in core
    assert '"[method]descriptor.set-times"' not in core


LAST_WRITE_TIME = """
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

int main() {
  std::ofstream("/d/file") << "x";
  const std::filesystem::file_time_type time(std::chrono::nanoseconds(1000000002));
  std::filesystem::last_write_time("/d/file", time);
  std::printf("%lld\\n", static_cast<long long>(
      std::chrono::nanoseconds(std::filesystem::last_write_time("/d/file").time_since_epoch()).count()));
}
"""


def test_last_write_time(snapshot, tmp_path):
    headers = toolbox.stock_sysroot(snapshot) / INCLUDE / "c++/v1"
    if "define _LIBCPP_HAS_FILESYSTEM 1" not in (headers / "__config_site").read_text():
        pytest.skip("this sysroot's libc++ was built without std::filesystem")
    source = tmp_path / "guest.cpp"
    source.write_text(LAST_WRITE_TIME)
    flags, wasm = ["-std=c++20", "-fno-exceptions"], tmp_path / "guest.wasm"
    toolbox.compile_guest(snapshot, toolbox.SYSROOT, wasm, source, flags=flags, cxx=True)
    assert tools.printed(wasm) == "1000000002\n"


# --- Other shapes of a sysroot -----------------------------------------------


def test_the_shape_of_a_wasi_sdk(tmp_path):
    """Several targets, links of every kind, and libraries of bitcode for -flto."""
    sdk = tmp_path / "share/wasi-sysroot"
    shutil.copytree(toolbox.stock_sysroot(NEWEST), sdk, symlinks=True)
    shutil.copytree(sdk / LIB, sdk / "lib/wasm32-wasip1-threads")
    version = toolbox.clang("-dumpversion").stdout.strip()
    bitcode = sdk / LIB / "llvm-lto" / version
    bitcode.mkdir(parents=True, exist_ok=True)
    (bitcode / "libc.a").write_bytes(b"!<arch>\n")
    (sdk / "lib/wasm32-unknown-wasip2").symlink_to("wasm32-wasip2")
    (sdk / LIB / "dangling").symlink_to("nowhere")
    (sdk / "absolute").symlink_to(toolbox.ROOT / "LICENSE")
    (tmp_path / "given").symlink_to(sdk)

    with unchanged(sdk):
        toolbox.run(command(tmp_path / "given", tmp_path / "copy"))
    lto_libc = f"{LIB}/llvm-lto/{version}/libc.a"
    assert changed(sdk, tmp_path / "copy") == libcs(sdk) | OWN_HEADERS
    assert (tmp_path / "copy" / LIBC).read_bytes() == (tmp_path / "copy" / lto_libc).read_bytes()


def test_a_libc_that_wasi_sdk_built(tmp_path):
    """That of Rust's wasm32-wasip2, with Debian's headers of about its time."""
    stock, copy = wasi_sdk.make_sysroot(tmp_path / "stock"), tmp_path / "copy"
    toolbox.run(command(stock, copy, snapshot=wasi_sdk.headers_of()))
    check_side_by_side(copy, tmp_path)


def test_make_sysroot_for_a_host_without_set_times(tmp_path):
    toolbox.make("sysroot", f"DEST={tmp_path / 'copy'}", "FD=no")

    def without_modes(root: Path) -> dict[str, str]:  # which are those of the umask
        return {path: what.partition(" ")[2] for path, what in tree(root).items()}

    assert without_modes(tmp_path / "copy") == without_modes(toolbox.build_dir(NEWEST) / toolbox.SYSROOT_NOFD)


# --- Refused -----------------------------------------------------------------


def refused(words: list[str], where: Path) -> str:
    """The one line that a refusal says; nothing is written."""
    with unchanged(where):
        return toolbox.refused(toolbox.run(words, check=False))


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> Path:
    """What may be copied, what may not, and where no copy may go."""
    top = tmp_path_factory.mktemp("places")
    for name in ("stock", "another", "no archive", "no header"):
        small_sysroot(top / name)
    (top / "no archive" / LIBC).write_text("GROUP(libc)\n")
    (top / "no header" / TIME_H).unlink()
    for name in ("empty", "full"):
        (top / name).mkdir()
    (top / "full/file").touch()
    for name, target in {"dangling": "nowhere", "to stock": "stock", "to another": "another"}.items():
        (top / name).symlink_to(target)
    return top


NONE = "{original} is not a wasi-libc sysroot"
TAKEN = "{dest} exists: name a new or an empty directory"
INSIDE = "{dest} is inside what is to be copied: name another place"


@pytest.mark.parametrize(
    "original, dest, replace, said",
    [
        ("empty", "copy", "no", f"{NONE}, or one older than wasm32-wasip2: it has no {LIBC}"),
        ("missing", "copy", "no", "{original} is not a directory"),
        ("no archive", "copy", "no", f"{{original}}/{LIBC} is not an archive"),
        ("no header", "copy", "no", f"{NONE}: it has no {TIME_H}"),
        ("stock", "full", "no", TAKEN),
        ("stock", "full/file", "no", TAKEN),
        ("stock", "dangling", "no", TAKEN),
        ("stock", "another", "yes", TAKEN),
        ("stock", "full/file", "yes", TAKEN),
        ("stock", "to another", "yes", TAKEN),
        ("stock", "stock/copy", "no", INSIDE),
        ("stock", "stock/share/a/copy", "no", INSIDE),
        ("stock", "to stock/copy", "no", INSIDE),
        ("stock", f"stock/{LIB}/../copy", "no", INSIDE),
        ("stock", "", "yes", "{dest} holds what is to be copied: name another place"),
    ],
)
def test_refuses(original, dest, replace, said, places):
    original, dest = places / original, places / dest
    line = refused(command(original, dest, replace=replace), places)
    assert line == f"sysroot: {said.format(original=original, dest=dest)}"


@pytest.mark.parametrize("goal, place", [("sysroot", "DEST"), ("install", "PREFIX")])
def test_make_refuses_a_sysroot_that_holds_the_overlay(goal, place, tmp_path):
    """Linked with the overlay again it would define each function twice."""
    copy = tmp_path / "copy"
    toolbox.run(command(small_sysroot(tmp_path / "stock"), copy))
    words = [f"BUILD={tmp_path}/build", f"SYSROOT={copy}", f"{place}={tmp_path}/work/new"]
    line = toolbox.refused(toolbox.make(goal, *words, check=False))
    assert line.startswith(f"generation: {copy} already holds the overlay")
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("part", [LIB, INCLUDE, f"{INCLUDE}/sys", f"{INCLUDE}/wasi"])
def test_refuses_a_sysroot_of_which_a_part_is_a_link(part, tmp_path):
    """What is written there would go to where it points."""
    stock = small_sysroot(tmp_path / "stock")
    (stock / part).rename(tmp_path / "elsewhere")
    (stock / part).symlink_to(tmp_path / "elsewhere")
    said = f"{stock / part} is a link: a copy would change what it points to"
    assert refused(command(stock, tmp_path / "copy"), tmp_path) == f"sysroot: {said}"


def test_a_copy_below_a_directory_that_is_not_there_yet(tmp_path):
    toolbox.run(command(small_sysroot(tmp_path / "stock"), tmp_path / "not/there/copy"))
    assert (tmp_path / "not/there/copy" / LIBC).is_file()


def test_a_copy_is_made_anew_on_demand(tmp_path):
    stock, dest = small_sysroot(tmp_path / "stock"), tmp_path / "copy"
    dest.mkdir()  # an empty directory is a place for one
    toolbox.run(command(stock, dest))
    (dest / "old").touch()
    line = refused(command(stock, dest), tmp_path)
    assert line == f"sysroot: {dest} exists: name a new directory, or say REPLACE=yes to have it made anew"
    toolbox.run(command(stock, dest, replace="yes"))
    assert not (dest / "old").exists() and (dest / LIBC).is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"stock", "copy"}


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "no place named for the copy: say make sysroot DEST=DIR"),
        (["DEST=@copy", "FD=maybe"], "FD=maybe: say yes or no"),
        (["DEST=@copy", "SYSROOT=@missing"], "missing is no wasi-libc sysroot"),
    ],
)
def test_make_refuses(words, said, tmp_path):
    words = [word.replace("=@", f"={tmp_path}/") for word in words]
    assert said in toolbox.refused(toolbox.make("sysroot", *words, check=False))
    assert not any(tmp_path.iterdir())


def test_what_make_must_name():
    done = toolbox.run([sys.executable, tools.SCRIPTS / "sysroot.py", "stock", "copy", "f"], check=False)
    wanted = "--archive, --pic-archive, --headers, --sdk, --replace"
    assert done.returncode == 2 and f"the following arguments are required: {wanted}\n" in done.stderr


def test_what_cannot_be_copied_is_named(tmp_path):
    stock = small_sysroot(tmp_path / "stock")
    os.mkfifo(stock / LIB / "pipe")
    line = toolbox.refused(toolbox.run(command(stock, tmp_path / "copy"), check=False))
    assert line.startswith(f"sysroot: cannot copy {stock / LIB / 'pipe'}: ") and "named pipe" in line
    assert [path.name for path in tmp_path.iterdir()] == ["stock"]


def with_ar(where: Path, script: str) -> Path:
    """An SDK whose llvm-ar is this one."""
    (where / "bin").mkdir()
    (where / "bin/llvm-ar").write_text(f"#!/bin/sh\n{script}\n")
    (where / "bin/llvm-ar").chmod(0o755)
    return where


@pytest.mark.parametrize(
    "ar, said",
    [
        ("exit 1", "exit 1"),
        ("echo first >&2; echo second >&2; echo third; exit 2", "first"),
        ("echo first; exit 3", "first"),
        (r"printf 'a \377' >&2; exit 1", "a \ufffd"),
    ],
)
def test_what_a_tool_complains_of(ar, said, tmp_path):
    words = command(small_sysroot(tmp_path / "stock"), tmp_path / "copy", sdk=with_ar(tmp_path, ar))
    assert refused(words, tmp_path) == f"sysroot: llvm-ar fails: {said}"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_half_a_copy_is_none(number, tmp_path):
    """Where it is stopped while a tool runs."""
    sdk = with_ar(tmp_path, f"touch {tmp_path}/started; exec sleep 60")
    words = command(small_sysroot(tmp_path / "stock"), tmp_path / "copy", sdk=sdk)
    making = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "started").exists():
        time.sleep(0.05)
    # Where it can be moved to its place at no cost.
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".copy.")]
    making.send_signal(number)
    assert making.communicate(timeout=30)[1] == "" and making.returncode == 128 + number
    assert {path.name for path in tmp_path.iterdir()} == {"stock", "bin", "started"}


def test_what_cannot_be_put_in_place_leaves_what_was_there(tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy/file").touch()
    with unchanged(tmp_path), pytest.raises(OSError), placed(tmp_path / "copy"):
        pass  # nothing is made
