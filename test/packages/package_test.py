# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The overlay by each way of packaging it: a guest is built that way, and run."""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
import toolbox
from packages import tools, wasi_sdk
from packages.tools import FUNCTIONS, GUEST, NAMES, NEWEST, PRINTS, STOCK_HAS, printed, prints

CLANG = toolbox.SDK / "bin/clang"


@pytest.fixture(params=toolbox.SNAPSHOTS)
def installed(request, tmp_path) -> tuple[str, Path]:
    """A snapshot and an installation for it, in a place that it was not made for."""
    prefix = tmp_path / "moved to"
    shutil.copytree(toolbox.installed(request.param), prefix)
    return request.param, prefix


def compiler(snapshot: str) -> list[str | Path]:
    sysroot = toolbox.stock_sysroot(snapshot)
    return [*toolbox.CLANG, f"--sysroot={sysroot}", "-Wall", "-Wextra", "-Werror"]


def pkg_config(prefix: Path, *words: str, **environment: str) -> list[str]:
    """What it prints, as a shell would read it: the prefix has a space in its name."""
    toolbox.needs("pkg-config")
    where = {"PKG_CONFIG_LIBDIR": f"{prefix}/lib/wasm32-wasip2/pkgconfig", "PKG_CONFIG_PATH": ""}
    return shlex.split(toolbox.run(["pkg-config", *words], env=os.environ | where | environment).stdout)


@pytest.mark.parametrize("name", NAMES)
def test_pkg_config(installed, name, tmp_path):
    snapshot, prefix = installed
    flags = pkg_config(prefix, "--cflags", "--libs", name)
    assert prints(tmp_path, *compiler(snapshot), GUEST, *flags) == PRINTS[name]
    (version,) = pkg_config(prefix, "--modversion", name)
    major, minor, patch = version.split(".")
    # By -isystem: the header goes on to the sysroot's by an extension of the language.
    (include,) = pkg_config(prefix, "--cflags", name)
    assert Path(include.removeprefix("-isystem")).samefile(prefix / "include/wasm32-wasip2")
    number = f"{major} * 10000 + {minor} * 100 + {patch}"
    text = f'#include <wasi/utimens.h>\n_Static_assert(WASI_UTIMENS_VERSION == {number}, "");\n'
    sysroot = f"--sysroot={toolbox.stock_sysroot(snapshot)}"
    tools.compiled(tmp_path / "version.c", text, sysroot, include)


def test_pkg_config_with_a_system_root(tmp_path):
    """PKG_CONFIG_SYSROOT_DIR, for what was installed below that directory."""
    root = tmp_path / "root"
    toolbox.make("install", f"DESTDIR={root}", "PREFIX=/opt/overlay")
    words = ["--cflags", "--libs", "wasi-utimens"]
    flags = pkg_config(root / "opt/overlay", *words, PKG_CONFIG_SYSROOT_DIR=str(root))
    assert prints(tmp_path, *compiler(NEWEST), GUEST, *flags) == PRINTS["wasi-utimens"]


@pytest.mark.parametrize("name", NAMES)
def test_clang_configuration_file_and_nothing_else(name, tmp_path):
    """No target and no sysroot named: the SDK's own."""
    if toolbox.NAMED_SYSROOT:
        pytest.skip("the sysroot is not the SDK's own")
    sysroot = toolbox.SDK / "share/wasi-sysroot"
    own = toolbox.run([toolbox.ROOT / "scripts/generation.sh", sysroot]).stdout.strip()
    snapshot = next(s for s in toolbox.SNAPSHOTS if toolbox.generation(s) == own)
    config = toolbox.installed(snapshot) / f"share/wasi-utimens/{name}.cfg"
    assert prints(tmp_path, CLANG, f"--config={config}", GUEST) == PRINTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_clang_configuration_file(installed, name, tmp_path):
    """In one step, and compiled and linked apart: no flag is unused in either."""
    snapshot, prefix = installed
    command = [*compiler(snapshot), f"--config={prefix}/share/wasi-utimens/{name}.cfg"]
    assert prints(tmp_path, *command, GUEST) == PRINTS[name]
    toolbox.run([*command, "-c", GUEST, "-o", tmp_path / "guest.o"])
    assert prints(tmp_path, *command, tmp_path / "guest.o") == PRINTS[name]


CMAKE_PROJECT = """
cmake_minimum_required(VERSION 3.13)
project(guest C)
find_package(wasi-utimens 0.1 REQUIRED)
find_package(wasi-utimens REQUIRED)  # twice, as by two parts of one program
add_executable(guest {guest})
target_link_libraries(guest PRIVATE wasi-utimens::{name})
# The functions used by a static library, which says so to itself alone.
add_library(part STATIC {guest})
target_link_libraries(part PRIVATE wasi-utimens::{name})
file(WRITE ${{CMAKE_CURRENT_BINARY_DIR}}/empty.c "")
add_executable(through_part ${{CMAKE_CURRENT_BINARY_DIR}}/empty.c)
target_link_libraries(through_part PRIVATE part)
"""


@pytest.mark.parametrize(
    "found_by", ["wasi-utimens_DIR={}/lib/cmake/wasi-utimens", "CMAKE_FIND_ROOT_PATH={}"]
)
@pytest.mark.parametrize("name", NAMES)
def test_cmake(installed, name, found_by, tmp_path):
    snapshot, prefix = installed
    toolchain = tools.cmake_toolchain(tmp_path / "toolchain.cmake", toolbox.stock_sysroot(snapshot))
    project = CMAKE_PROJECT.format(name=name, guest=GUEST)
    tools.configured(tmp_path, project, f"-D{found_by.format(prefix)}", toolchain)
    assert printed(tools.built(tmp_path) / "guest") == PRINTS[name]
    assert printed(tmp_path / "build/through_part") == PRINTS[name]


CMAKE_VERSIONS = """
cmake_minimum_required(VERSION 3.13)
project(versions NONE)
foreach(wanted {wanted})
  string(REPLACE "_" ";" words ${{wanted}})
  find_package(wasi-utimens ${{words}} QUIET CONFIG)
  message("${{wanted}} ${{wasi-utimens_FOUND}}")
endforeach()
"""


def test_cmake_versions(tmp_path):
    """What find_package asks for, the upper end of a range too."""
    prefix = toolbox.installed(NEWEST)
    pc = (prefix / "lib/wasm32-wasip2/pkgconfig/wasi-utimens.pc").read_text()
    (version,) = re.findall(r"^Version: (.*)$", pc, re.M)
    found = ["0.0.1", version, f"{version}_EXACT", f"0.0.1...{version}", "0.0.1...<99", f"{version}...99"]
    not_found = ["99.1", "0.0.1_EXACT", f"0.0.1...<{version}", "0.0.1...0.0.2", f"{version}.1...99"]
    project = CMAKE_VERSIONS.format(wanted=" ".join(found + not_found))
    done = tools.configured(tmp_path, project, f"-DCMAKE_PREFIX_PATH={prefix}")
    assert done.stderr.splitlines() == [f"{v} 1" for v in found] + [f"{v} 0" for v in not_found]


CONFIGURE_AC = """
AC_INIT([guest], [1])
AC_USE_SYSTEM_EXTENSIONS
AC_PROG_CC
AC_CHECK_FUNCS([futimens utimensat utimes utime futimesat futimes lutimes])
AC_CHECK_DECLS([futimens, utimensat], [], [], [[#include <sys/stat.h>]])
AC_CHECK_DECLS([utimes, futimesat, futimes, lutimes], [], [], [[#include <sys/time.h>]])
AC_OUTPUT
"""


@pytest.fixture(scope="module")
def configure(tmp_path_factory) -> Path:
    toolbox.needs("autoconf")
    where = tmp_path_factory.mktemp("configure")
    (where / "configure.ac").write_text(CONFIGURE_AC)
    toolbox.run(["autoconf"], cwd=where)
    return where / "configure"


def found_by(configure: Path, where: Path, flags: list[str]) -> tuple[set[str], set[str]]:
    """The functions and the declarations that a configure script finds."""
    where.mkdir()
    compiler = " ".join(map(str, [*toolbox.CLANG, *flags]))
    toolbox.run([configure, "--host=wasm32-wasip2", f"CC={compiler}"], cwd=where)
    log = (where / "config.log").read_text()
    functions, declared = (
        {*re.findall(rf"^ac_cv_{kind}_(\w*utim\w*)=yes$", log, re.M)} for kind in ("func", "have_decl")
    )
    return functions, declared


def test_configure_scripts_find_all(configure, tmp_path):
    """On one snapshot: the names are the same on each, and a configure script takes its time."""
    config = f"--config={toolbox.installed(NEWEST)}/share/wasi-utimens/wasi-utimens.cfg"
    stock = toolbox.link_flags(NEWEST, toolbox.STOCK)
    expected = {
        "stock": (stock, STOCK_HAS),
        "sysroot": (toolbox.link_flags(NEWEST, toolbox.SYSROOT), FUNCTIONS),
        "sysroot-nofd": (toolbox.link_flags(NEWEST, toolbox.SYSROOT_NOFD), FUNCTIONS),
        "config": ([*stock, config], FUNCTIONS),
    }
    for name, (flags, functions) in expected.items():
        assert found_by(configure, tmp_path / name, flags) == ({*functions}, {*functions} - {"utime"})


RUST = """
use std::os::fd::AsRawFd;

#[repr(C)]
struct timespec {
    tv_sec: i64,
    tv_nsec: std::ffi::c_long,
}

extern "C" {
    fn futimens(fd: i32, times: *const timespec) -> i32;
    fn utimensat(dirfd: i32, path: *const std::ffi::c_char, times: *const timespec, flags: i32) -> i32;
}

fn main() {
    let file = std::fs::File::create("/d/file").unwrap();
    let times = [timespec { tv_sec: 1, tv_nsec: 2 }, timespec { tv_sec: 3, tv_nsec: 4 }];
    let none = unsafe { utimensat(file.as_raw_fd(), c"".as_ptr(), times.as_ptr(), 0) };
    print!("{} {}", unsafe { futimens(file.as_raw_fd(), times.as_ptr()) }, none);
}
"""


def test_rust(snapshot, tmp_path):
    """Rust has a wasi-libc of its own, and its linker takes the flags without -Wl.

    An archive for another generation than that libc's does not link.
    """
    sysroot = wasi_sdk.rust_sysroot(tmp_path / "sysroot")
    generation = toolbox.run([tools.SCRIPTS / "generation.py", sysroot]).stdout.strip()
    prefix = toolbox.installed(snapshot)
    source, wasm = tmp_path / "main.rs", tmp_path / "main.wasm"
    source.write_text(RUST)
    flags = (prefix / "share/wasi-utimens/link.rsp").read_text().replace("-Wl,", "").split()
    flags.append(prefix / "lib/wasm32-wasip2/libwasi-utimens.a")
    rustc = ["rustc", "--target=wasm32-wasip2", "--edition=2021", "-O", source, "-o", wasm]
    done = toolbox.run([*rustc, *(f"-Clink-arg={flag}" for flag in flags)], check=False)
    if generation != toolbox.generation(snapshot):
        # rustc lets the linker take what is undefined for an import; a component has no such.
        assert done.returncode != 0 and "failed to resolve import `env::" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert printed(wasm) == "0 -1"
    assert (tmp_path / "d/file").stat().st_mtime_ns == 3_000_000_004


def test_make_examples_prints_where_they_are():
    """In one place, whichever sysroot they were compiled for."""
    for snapshot in toolbox.SNAPSHOTS:
        lines = toolbox.make("examples", snapshot=snapshot).stdout.splitlines()
        assert lines == ["build/examples/touch.wasm", "build/examples/utimes-probe.wasm"]
        for path in lines:
            toolbox.run([toolbox.WASM_TOOLS, "validate", toolbox.ROOT / path])
