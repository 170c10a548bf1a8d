# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`make sdk`: a whole wasi-sdk with the overlay inside, as the tools take it that want the path of one."""

import os
import shutil
import sys
from pathlib import Path

import pytest
import toolbox
from packages import tools, wasi_sdk
from packages.sysroot_test import OWN_HEADERS, refused
from packages.tools import GUEST, changed, tree, unchanged
from packages.wasi_sdk import LIB

# What they share is made once.
pytestmark = pytest.mark.xdist_group("sdk")

SYSROOT = Path("share/wasi-sysroot")

WHOLE, NOFD = tools.PRINTS.values()


def command(original: Path, dest: Path, replace: str = "no") -> list[str]:
    return tools.overlay_inside("sdk.py", original, dest, snapshot=wasi_sdk.headers_of(), replace=replace)


@pytest.fixture(scope="module")
def sdk(tmp_path_factory) -> Path:
    """With a driver that is a link to the outside, as a distribution's may be."""
    top = tmp_path_factory.mktemp("wasi-sdk")
    made = wasi_sdk.make_sdk(top / "sdk")
    (top / "elsewhere").mkdir()
    (made / "bin/clang").rename(top / "elsewhere/clang")
    (made / "bin/clang").symlink_to(top / "elsewhere/clang")
    return made


@pytest.fixture(scope="module")
def copy(sdk, tmp_path_factory) -> Path:
    dest = tmp_path_factory.mktemp("copy") / "sdk"
    with unchanged(sdk):
        assert toolbox.run(command(sdk, dest)).stderr == ""
    return dest


@pytest.mark.parametrize("driver", ["clang", "clang++"])
def test_clang_without_a_sysroot(driver, copy, tmp_path):
    command = [copy / "bin" / driver, "--target=wasm32-wasip2", "-x", "c", GUEST]
    assert tools.prints(tmp_path, *command) == WHOLE


def test_the_cmake_toolchain_file_of_wasi_sdk(copy, tmp_path):
    project = f"cmake_minimum_required(VERSION 3.13)\nproject(guest C)\nadd_executable(guest {GUEST})\n"
    tools.configured(tmp_path, project, f"-DCMAKE_TOOLCHAIN_FILE={copy}/share/cmake/wasi-sdk-p2.cmake")
    assert tools.printed(tools.built(tmp_path) / "guest") == WHOLE


def test_what_changes_is_copied_and_the_rest_is_linked(sdk, copy):
    """No file that both have is another's copy, and none that differs is shared."""
    differs = {f"{SYSROOT}/{path}" for path in {*OWN_HEADERS, f"{LIB}/libc.a", f"{LIB}/libc.so"}}
    assert changed(sdk, copy) == differs | {"bin/clang"}
    linked = {
        str(path.relative_to(copy))
        for path in copy.rglob("*")
        if path.is_file() and not path.is_symlink() and os.lstat(path).st_nlink > 1
    }
    whole = {path for path in tree(copy) if (copy / path).is_file() and not (copy / path).is_symlink()}
    aside = f"{SYSROOT}/include/wasm32-wasip2/wasi/stock/sys/time.h"
    assert linked == whole - differs - {"bin/clang"} | {aside}
    assert not (copy / "bin/clang").is_symlink()


def test_make_sdk(tmp_path):
    """By make, of the SDK that it has anyway, for a host without set-times."""
    toolbox.make("sdk", f"DEST={tmp_path / 'sdk'}", "FD=no", snapshot=None)
    command = [tmp_path / "sdk/bin/clang", "--target=wasm32-wasip2", GUEST]
    assert tools.prints(tmp_path, *command) == NOFD


# --- Refused -----------------------------------------------------------------


def test_refuses_what_is_no_sdk(sdk, tmp_path):
    (tmp_path / "empty").mkdir()
    said = refused(command(tmp_path / "empty", tmp_path / "copy"), tmp_path)
    assert said == f"sdk: {tmp_path / 'empty'} is no wasi-sdk: it has no bin/clang"
    (tmp_path / "empty/bin").mkdir()
    (tmp_path / "empty/bin/clang").touch()
    said = refused(command(tmp_path / "empty", tmp_path / "copy"), tmp_path)
    assert said == f"sdk: {tmp_path / 'empty' / SYSROOT} is not a directory"


def test_refuses_a_place_that_is_taken(sdk, copy, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    for replace in ("no", "yes"):
        said = refused(command(sdk, tmp_path / "full", replace), tmp_path)
        assert said == f"sdk: {tmp_path / 'full'} exists: name a new or an empty directory"
    said = refused(command(sdk, copy), tmp_path)
    assert said.endswith("exists: name a new directory, or say REPLACE=yes to have it made anew")
    assert "is inside what is to be copied" in refused(command(sdk, sdk / "copy"), sdk)
    assert "holds what is to be copied" in refused(command(sdk, sdk.parent), sdk)


def test_refuses_an_sdk_that_holds_the_overlay(copy, tmp_path):
    assert "already holds the overlay" in refused(command(copy, tmp_path / "again"), tmp_path)


@pytest.mark.parametrize(
    "words, said", [([], "say make sdk DEST=DIR"), (["SYSROOT=@"], "leave SYSROOT away")]
)
def test_make_refuses(words, said):
    if toolbox.NAMED_SYSROOT and words:
        pytest.skip("the SDK's own sysroot may be named")
    sysroot = str(toolbox.stock_sysroot(toolbox.SNAPSHOTS[0]))
    words = [word.replace("@", sysroot) for word in words]
    assert said in toolbox.refused(toolbox.make("sdk", *words, snapshot=None, check=False))


# --- All of it or nothing ----------------------------------------------------

# Runs a script in which the n-th thing that is written, made, renamed or called fails.
FAIL_AT = """
import os, runpy, sys
wanted, events, script = int(sys.argv[1]), sys.argv[2].split(","), sys.argv[3]
sys.argv = sys.argv[3:]
sys.path.insert(0, os.path.dirname(script))
sys.dont_write_bytecode = True
seen = 0
def hook(event, arguments):
    global seen
    if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
        return
    if event in events:
        seen += 1
        if seen == wanted:
            raise OSError(28, "No space left on device")
sys.addaudithook(hook)
try:
    runpy.run_path(script, run_name="__main__")
finally:
    if seen < wanted:
        print("done before")
"""
# As little of a libc as there may be.
LIBC = """
void *descriptor_table_get_ref(int fd) { return 0; }
int futimens(int fd, const void *times) { return 0; }
static int file_fstat() { return 0; }
static int file_get_file() { return 0; }
static struct { void *others[4]; int (*slots[2])(); } file_vtable = {{0}, {file_fstat, file_get_file}};
void *file(void) { return &file_vtable; }
"""


@pytest.fixture(scope="module")
def small_sdk(tmp_path_factory) -> Path:
    where = tmp_path_factory.mktemp("small") / "sdk"
    lib = where / SYSROOT / LIB
    headers = where / SYSROOT / "include/wasm32-wasip2"
    for directory in (lib, headers / "sys", where / "bin"):
        directory.mkdir(parents=True)
    (headers / "sys/time.h").touch()
    (where / "bin/clang").touch()
    tools.archived(lib / "libc.a", tools.compiled(where.parent / "libc.c", LIBC, "-fPIC"))
    crt = tools.compiled(where.parent / "crt.c", "void _initialize(void) {}", "-fPIC")
    crt.rename(lib / "crt1-reactor.o")
    wasi_sdk.link_libc_so(where / SYSROOT)
    return where


@pytest.mark.parametrize(
    "replace, events", [("no", "open,os.mkdir,os.link,os.rename,subprocess.Popen"), ("yes", "os.rename")]
)
def test_a_failure_at_any_write_leaves_what_there_was(replace, events, small_sdk, tmp_path):
    """Nothing, or the copy that was to be replaced. Where a link cannot be made there is a copy of it."""
    dest = tmp_path / "place/copy"
    dest.parent.mkdir()
    words = command(small_sdk, dest, replace)
    if replace == "yes":
        toolbox.run(words)
        (dest / "old").touch()
    before, stock = tree(tmp_path), tree(small_sdk)
    failures = 0
    for number in range(1, 1000):
        injected = [sys.executable, "-c", FAIL_AT, str(number), events, *words[1:]]
        done = toolbox.run(injected, check=False)
        assert tree(small_sdk) == stock
        if done.returncode == 0:
            whole = tree(dest)
            assert f"{SYSROOT / LIB}/libc.so" in whole and not (dest / "old").exists()
            if "done before" in done.stdout:
                break
            shutil.rmtree(dest)
        else:
            failures += 1
            assert done.stderr.startswith("sdk: ") and done.stderr.count("\n") == 1
            assert tree(tmp_path) == before
    assert failures >= (2 if replace == "yes" else 15)
