# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Linking the overlay into guests of every kind."""

import pytest
import toolbox

GUEST = """
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <utime.h>

int main(void) {
  const struct timespec first[2] = {{1, 2}, {3, 4}};
  const struct timeval second[2] = {{5, 6}, {7, 8}};
  struct utimbuf third;
  struct stat st;
  int fd = open("/d/file", O_RDWR | O_CREAT, 0666);
  third.actime = 9;
  third.modtime = 10;
  printf("%d ", futimens(fd, first));
  printf("%d ", utimensat(AT_FDCWD, "/d/file", first, 0));
  printf("%d ", futimes(fd, second));
  printf("%d ", utimes("/d/file", second));
  printf("%d ", lutimes("/d/file", second));
  printf("%d ", futimesat(AT_FDCWD, "/d/file", second));
  stat("/d/file", &st);
  printf("%lld.%09ld ", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  printf("%d ", utime("/d/file", &third));
  fstat(fd, &st);
  printf("%lld.%09ld\\n", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  return 0;
}
"""


@pytest.mark.parametrize("lto", [False, True], ids=["objects", "lto"])
@pytest.mark.parametrize("language", ["c", "c++"])
@pytest.mark.parametrize("link", [toolbox.WRAP, toolbox.SYSROOT])
def test_guest_uses_every_function_and_opens_files(snapshot, link, language, lto, tmp_path):
    source = tmp_path / f"guest.{'c' if language == 'c' else 'cpp'}"
    source.write_text(GUEST)
    flags = ["-D_GNU_SOURCE", "-Wall", "-Werror"] + (["-flto"] if lto else [])
    guest = toolbox.compile_guest(
        snapshot, link, tmp_path / "guest.wasm", source, flags=flags, cxx=language == "c++"
    )
    done = toolbox.run_guest(guest, dirs={"/d": tmp_path})
    assert done.stdout == "0 0 0 0 0 0 7.000008000 0 10.000000000\n"


SMALLEST = """
#include <errno.h>
#include <sys/stat.h>

int main(void) { return futimens(77, 0) == -1 && errno == EBADF ? 0 : 1; }
"""


@pytest.mark.parametrize("link", toolbox.LINKS)
def test_guest_without_a_table_of_sockets(snapshot, link, tmp_path):
    """It has no close, no socket and no stdio, so the libc of 2024 leaves its own descriptor table out."""
    source = tmp_path / "guest.c"
    source.write_text(SMALLEST)
    guest = toolbox.compile_guest(snapshot, link, tmp_path / "guest.wasm", source)
    toolbox.run_guest(guest)
