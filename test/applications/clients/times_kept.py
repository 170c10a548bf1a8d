# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Real programs on the overlay sysroot keep times to the nanosecond; `make test-clients` builds them."""

import os
import re
from pathlib import Path

import pytest
import toolbox
from toolbox import times_of

CLIENTS = toolbox.ROOT / "build/clients"
XZ, BSDTAR = CLIENTS / "xz-utils/src/xz/xz", CLIENTS / "libarchive/bin/bsdtar"
FILE = (1_000_000_000_123_456_789, 1_000_000_001_987_654_321)
DIRECTORY = (1_100_000_000_111_222_333, 1_100_000_001_333_222_111)
SYMLINK = (1_200_000_000_999_999_999, 1_200_000_001_000_000_001)


@pytest.mark.parametrize(
    "config, found",
    [
        ("xz-utils/config.h", {"FUTIMENS"}),  # it stops at the best that it finds
        (
            "libarchive/config.h",
            {"FUTIMENS", "FUTIMES", "FUTIMESAT", "LUTIMES", "UTIMENSAT", "UTIMES", "UTIME"},
        ),
    ],
)
def test_configure_found(config, found):
    lines = (CLIENTS / config).read_text()
    assert set(re.findall(r"^#define HAVE_([A-Z]*UTIM[A-Z]*) 1$", lines, re.MULTILINE)) == found


@pytest.mark.parametrize("action", ["compress", "decompress"])
def test_xz(action, tmp_path):
    original = tmp_path / "file"
    original.write_bytes(b"content " * 1000)
    if action == "decompress":
        toolbox.run_guest(XZ, "-Q", "/file", dirs={"/": tmp_path})
        original = tmp_path / "file.xz"
    os.utime(original, ns=FILE)
    # -Q: WASI has no permissions, about which xz warns.
    toolbox.run_guest(XZ, "-Q", f"--{action}", f"/{original.name}", dirs={"/": tmp_path})
    (result,) = tmp_path.iterdir()
    assert result.name == ("file.xz" if action == "compress" else "file")
    assert times_of(result) == FILE
    if action == "decompress":
        assert result.read_bytes() == b"content " * 1000


@pytest.mark.parametrize("form", ["pax", "newc", "ustar"])
def test_bsdtar(form, tmp_path):
    """Files, directories, and symlinks themselves, packed and unpacked again."""
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "directory").mkdir(parents=True)
    target.mkdir()
    file, link = source / "directory/file", source / "directory/link"
    file.write_bytes(b"content")
    link.symlink_to("file")
    os.utime(file, ns=FILE)
    os.utime(link, ns=SYMLINK, follow_symlinks=False)
    os.utime(source / "directory", ns=DIRECTORY)
    mounts = {"/source": source, "/target": target, "/": tmp_path}
    toolbox.run_guest(
        BSDTAR, "-cf", "/archive", f"--format={form}", "-C", "/source", "directory", dirs=mounts
    )
    toolbox.run_guest(BSDTAR, "-xf", "/archive", "-C", "/target", dirs=mounts)
    unpacked = target / "directory"
    assert (unpacked / "link").readlink() == Path("file") and (unpacked / "file").read_bytes() == b"content"
    # Only pax has fractions of a second.
    resolution = 1 if form == "pax" else 10**9
    for path, times in [(unpacked / "link", SYMLINK), (unpacked / "file", FILE), (unpacked, DIRECTORY)]:
        assert times_of(path)[1] == times[1] // resolution * resolution, path
