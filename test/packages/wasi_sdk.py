# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A sysroot, and an SDK, in the shape that wasi-sdk gives them, of what this machine has.

The libc.a is Rust's, which a wasi-sdk built, position-independent; the libc.so is made from it as
wasi-libc's own build makes it; headers and the other libraries are Debian's of about its time.
"""

import shutil
from pathlib import Path

import pytest
import toolbox

LIB = Path("lib/wasm32-wasip2")


def rust_libc() -> Path:
    """Where Rust has the wasi-libc of its wasm32-wasip2."""
    if shutil.which("rustc"):
        libdir = ["rustc", "--target=wasm32-wasip2", "--print=target-libdir"]
        found = Path(toolbox.run(libdir, check=False).stdout.strip(), "self-contained")
        if found.is_absolute() and (found / "libc.a").is_file():
            return found
    pytest.skip("no Rust for wasm32-wasip2: rustup target add wasm32-wasip2")


def rust_sysroot(where: Path) -> Path:
    """No more of one than tells the generation."""
    (where / LIB).mkdir(parents=True)
    (where / LIB / "libc.a").symlink_to(rust_libc() / "libc.a")
    return where


def headers_of() -> str:
    """The snapshot whose headers go with it."""
    like = toolbox.of_generation("descriptor-ref")
    if not like:
        pytest.skip("no sysroot of the generation descriptor-ref, whose headers Rust's libc needs")
    return like[-1]


def link_libc_so(sysroot: Path, hidden: frozenset[str] = frozenset()) -> None:
    """libc.so of all that libc.a defines, but what is to be hidden."""
    archive = sysroot / LIB / "libc.a"
    # llvm-nm sees nothing in the members that are no objects, and says so.
    nm = [toolbox.SDK / "bin/llvm-nm", "--extern-only", "--defined-only", "--format=just-symbols", "--quiet"]
    names = {*toolbox.run([*nm, archive]).stdout.split()} - hidden
    listing = sysroot / LIB / "exports"
    listing.write_text("".join(f"-Wl,--export={name}\n" for name in names if ":" not in name))
    root = f"--sysroot={sysroot}"
    builtins = toolbox.clang(root, "-print-libgcc-file-name").stdout.strip()
    flags = "--skip-wit-component,--experimental-pic,--allow-undefined,--whole-archive"
    words = [root, "-shared", "-nodefaultlibs", f"-Wl,{flags}", archive, "-Wl,--no-whole-archive", builtins]
    toolbox.clang(*words, f"@{listing}", "-o", sysroot / LIB / "libc.so")
    listing.unlink()


def make_sysroot(where: Path, hidden: frozenset[str] = frozenset()) -> Path:
    libc, headers = rust_libc(), toolbox.stock_sysroot(headers_of())
    shutil.copytree(headers, where, symlinks=True)
    for file in ("libc.a", "crt1-command.o", "crt1-reactor.o"):
        shutil.copyfile(libc / file, where / LIB / file)
    # Of another build than libc.a: position-dependent, and not for it.
    (where / LIB / "libc-printscan-long-double.a").unlink(missing_ok=True)
    link_libc_so(where, hidden)
    return where


# As wasi-sdk's share/cmake/wasi-sdk-p2.cmake: all places are relative to its own.
CMAKE_TOOLCHAIN = """
set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_VERSION 1)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(triple wasm32-wasip2)
if(NOT WASI_SDK_PREFIX)
  set(WASI_SDK_PREFIX ${CMAKE_CURRENT_LIST_DIR}/../../)
endif()
set(CMAKE_C_COMPILER ${WASI_SDK_PREFIX}/bin/clang)
set(CMAKE_CXX_COMPILER ${WASI_SDK_PREFIX}/bin/clang++)
set(CMAKE_AR ${WASI_SDK_PREFIX}/bin/llvm-ar)
set(CMAKE_RANLIB ${WASI_SDK_PREFIX}/bin/llvm-ranlib)
set(CMAKE_C_COMPILER_TARGET ${triple})
set(CMAKE_CXX_COMPILER_TARGET ${triple})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
"""


def make_sdk(where: Path) -> Path:
    """The toolchain's compiler around such a sysroot."""
    shutil.copytree(toolbox.SDK, where, symlinks=True, ignore=shutil.ignore_patterns("wasi-sysroot"))
    make_sysroot(where / "share/wasi-sysroot")
    (where / "share/cmake").mkdir(exist_ok=True)
    (where / "share/cmake/wasi-sdk-p2.cmake").write_text(CMAKE_TOOLCHAIN)
    return where
