# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The headers, from wherever they may be, in the strictest compilation of each standard."""

import subprocess

import pytest
import toolbox

STANDARDS = ["c89", "c99", "c11", "c17", "c23", "gnu89", "gnu17", "gnu23"]
STANDARDS += ["c++98", "c++11", "c++14", "c++17", "c++20", "c++23", "gnu++98", "gnu++23"]
# A program of strict POSIX may have functions of its own by these names.
GUEST = """
#include <sys/time.h>
#include <sys/time.h>
#include <wasi/utimens.h>
static struct timeval now;
int guest(void) { return gettimeofday(&now, 0) + utimes("/d", &now) + wasi_utimens_fd_support(3); }
#if defined(_GNU_SOURCE) || defined(_BSD_SOURCE) || defined(MORE)
int more(void) { return futimes(3, &now) + lutimes("/d", &now) + futimesat(3, "/d", &now); }
#else
static char *futimes, *lutimes;
char *own(void) { return futimes + (lutimes - futimes); }
#endif
"""


def installed(snapshot: str) -> str:
    return f"-isystem{toolbox.installed(snapshot)}/include/wasm32-wasip2"


def inside(snapshot: str) -> str:
    return f"--sysroot={toolbox.build_dir(snapshot) / toolbox.SYSROOT}"


WAYS = {
    "by -I": lambda snapshot: [f"-I{toolbox.ROOT / 'include'}"],
    "installed": lambda snapshot: [installed(snapshot)],
    "in the sysroot": lambda snapshot: [inside(snapshot)],
    "in the sysroot and installed": lambda snapshot: [inside(snapshot), installed(snapshot)],
}


def compiled(snapshot, way, tmp_path, standard: str, *flags: str) -> subprocess.CompletedProcess:
    source = tmp_path / f"guest.{'cpp' if '+' in standard else 'c'}"
    source.write_text(GUEST)
    words = [f"--sysroot={toolbox.stock_sysroot(snapshot)}", *WAYS[way](snapshot), "-fsyntax-only"]
    words += [f"-std={standard}", "-pedantic", "-Wall", "-Wextra", "-Werror"]
    return toolbox.clang(*words, *flags, source, check=False)


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("way", WAYS)
def test_no_warning_in_any_standard(snapshot, way, standard, tmp_path):
    for flag in ("-U_GNU_SOURCE", "-D_GNU_SOURCE", "-D_BSD_SOURCE"):  # clang++ defines the first by itself
        done = compiled(snapshot, way, tmp_path, standard, flag)
        assert (done.returncode, done.stderr) == (0, "")


def test_what_declares_futimes_and_its_like(snapshot, tmp_path):
    """As <wasi/utimens.h> says: _GNU_SOURCE or _BSD_SOURCE, which wasi-libc defines outside of ISO C."""
    assert compiled(snapshot, "by -I", tmp_path, "gnu17", "-DMORE").returncode == 0
    for flags in (["c17"], ["gnu17", "-D_POSIX_C_SOURCE=200809L"]):
        done = compiled(snapshot, "by -I", tmp_path, *flags, "-DMORE")
        for name in ("futimes", "lutimes", "futimesat"):
            assert f"undeclared function '{name}'" in done.stderr


def test_the_version_is_a_number_of_three_parts(tmp_path):
    """Of a version to come too, whose parts are all others."""
    source = tmp_path / "version.c"
    lines = ["#include <wasi/utimens.h>"]
    for part, number in {"MAJOR": 12, "MINOR": 34, "PATCH": 56}.items():
        name = f"WASI_UTIMENS_VERSION_{part}"
        lines += [f"#undef {name}", f"#define {name} {number}"]
    lines += ['_Static_assert(WASI_UTIMENS_VERSION == 123456, "");', ""]
    source.write_text("\n".join(lines))
    sysroot = toolbox.stock_sysroot(toolbox.SNAPSHOTS[-1])
    include = f"-I{toolbox.ROOT / 'include'}"
    toolbox.run([*toolbox.CLANG, f"--sysroot={sysroot}", include, "-fsyntax-only", source])
