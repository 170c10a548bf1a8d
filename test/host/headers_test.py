# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The headers, named by -I, in the strictest compilation of each standard."""

import subprocess

import pytest
import toolbox

STANDARDS = ["c89", "c99", "c11", "c17", "c23", "gnu89", "gnu17", "gnu23"]
STANDARDS += ["c++98", "c++11", "c++14", "c++17", "c++20", "c++23", "gnu++98", "gnu++23"]
# clang++ defines _GNU_SOURCE by itself.
GUEST = """
#include <sys/time.h>
#include <wasi/utimens.h>
#define USE(function) use((void (*)(void))(function))
void use(void (*function)(void)) { (void)function; }
int main(void) {
  USE(wasi_utimens_fd_support);
  USE(utimes);
#ifdef MORE
  USE(futimes);
  USE(lutimes);
  USE(futimesat);
#endif
  return 0;
}
"""


def compiled(snapshot, tmp_path, standard: str, *flags: str) -> subprocess.CompletedProcess:
    source = tmp_path / f"guest.{'cpp' if '+' in standard else 'c'}"
    source.write_text(GUEST)
    words = [f"--sysroot={toolbox.stock_sysroot(snapshot)}", f"-I{toolbox.ROOT / 'include'}"]
    words += ["-fsyntax-only", f"-std={standard}", "-pedantic", "-Wall", "-Wextra", "-Werror"]
    return toolbox.clang(*words, "-Wno-cast-function-type", *flags, source, check=False)


@pytest.mark.parametrize("standard", STANDARDS)
def test_no_warning_in_any_standard(snapshot, standard, tmp_path):
    for flags in ([], ["-DMORE", "-D_GNU_SOURCE"], ["-DMORE", "-D_BSD_SOURCE"]):
        done = compiled(snapshot, tmp_path, standard, *flags)
        assert (done.returncode, done.stderr) == (0, "")


def test_what_declares_futimes_and_its_like(snapshot, tmp_path):
    """As <wasi/utimens.h> says: _GNU_SOURCE or _BSD_SOURCE, which wasi-libc defines outside of ISO C."""
    assert compiled(snapshot, tmp_path, "gnu17", "-DMORE").returncode == 0
    for flags in (["c17"], ["gnu17", "-D_POSIX_C_SOURCE=200809L"]):
        done = compiled(snapshot, tmp_path, *flags, "-DMORE")
        for name in ("futimes", "lutimes", "futimesat"):
            assert f"undeclared identifier '{name}'" in done.stderr
