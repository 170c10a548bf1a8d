# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How a test gates itself on a host that sets no times through a descriptor: docs/CPYTHON.md shows it."""

# [the page begins]
import errno
import os
import tempfile
import unittest
from pathlib import Path

TIMES = (1_700_000_000_000_000_000, 1_800_000_000_000_000_000)


def why_no_fd_times():
    """None where os.utime(fd) can be relied on, else the reason."""
    if os.utime not in os.supports_fd:
        return "this build takes no descriptor"
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "file")
        fd = os.open(path, os.O_RDONLY | os.O_CREAT)  # enough, and some hosts refuse to open for writing
        try:
            os.utime(fd, ns=TIMES)
        except OSError as error:
            if error.errno != errno.ENOSYS:
                raise
            return "this host has no such call"
        finally:
            os.close(fd)
        found = path.stat()
        if (found.st_atime_ns, found.st_mtime_ns) != TIMES:
            return "this host sets other times"
    return None


WHY_NO_FD_TIMES = why_no_fd_times()


class Times(unittest.TestCase):
    @unittest.skipIf(WHY_NO_FD_TIMES, WHY_NO_FD_TIMES)
    def test_descriptor(self):
        with tempfile.NamedTemporaryFile() as file:
            os.utime(file.fileno(), ns=TIMES)
            self.assertEqual(Path(file.name).stat().st_mtime_ns, TIMES[1])
