# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What CPython's own tests leave out about os.utime, to be run inside CPython for WASI."""

import contextlib
import errno
import os
import pathlib
import shutil
import stat
import tempfile
import time
import unittest

TIMES = (1_000_000_000_123_456_789, 1_100_000_000_987_654_321)
BEFORE = (900_000_000_000_000_001, 900_000_000_000_000_002)
TAKES_FD = os.utime in os.supports_fd


def times_of(path, **how):
    result = os.stat(path, **how)
    return result.st_atime_ns, result.st_mtime_ns


class Case(unittest.TestCase):
    """Each has an empty current directory; the files that it makes have the times BEFORE."""

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(dir=os.getcwd()))
        self.enterContext(contextlib.chdir(self.directory))

    def file(self, name="file"):
        pathlib.Path(name).write_bytes(b"content")
        os.utime(name, ns=BEFORE)
        return name

    @contextlib.contextmanager
    def opened(self, path, flags=os.O_RDONLY):
        fd = os.open(path, flags)
        try:
            yield fd
        finally:
            os.close(fd)

    @contextlib.contextmanager
    def unchanged(self, *paths):
        before = [times_of(path, follow_symlinks=False) for path in paths]
        yield
        self.assertEqual([times_of(path, follow_symlinks=False) for path in paths], before)

    @contextlib.contextmanager
    def fails(self, number):
        with self.assertRaises(OSError) as caught:
            yield
        self.assertEqual(errno.errorcode[caught.exception.errno], errno.errorcode[number])


@unittest.skipUnless(TAKES_FD, "os.utime takes no fd in this build")
class Descriptors(Case):
    def test_every_access_mode(self):
        path = self.file()
        modes = [os.O_RDONLY, os.O_WRONLY, os.O_RDWR]
        modes += [mode | flag for mode in modes[1:] for flag in (os.O_APPEND, os.O_TRUNC, os.O_CREAT)]
        for mode in modes:
            with self.subTest(mode=mode), self.opened(path, mode) as fd:
                os.utime(fd, ns=BEFORE)
                os.utime(fd, ns=TIMES)
                self.assertEqual(times_of(path), TIMES)
                self.assertEqual(times_of(fd), TIMES)

    def test_directory(self):
        os.mkdir("directory")
        with self.opened("directory", os.O_RDONLY | os.O_DIRECTORY) as fd:
            os.utime(fd, ns=TIMES)
            self.assertEqual(times_of(fd), TIMES)
        self.assertEqual(times_of("directory"), TIMES)

    def test_preopened_directory(self):
        with self.opened("/tmp", os.O_RDONLY | os.O_DIRECTORY) as fd:
            os.utime(fd, ns=TIMES)
        self.assertEqual(times_of("/tmp"), TIMES)

    def test_file_without_a_name(self):
        path = self.file()
        with self.opened(path, os.O_RDWR) as fd:
            os.unlink(path)
            os.utime(fd, ns=TIMES)
            self.assertEqual(times_of(fd), TIMES)

    def test_the_file_and_not_its_old_name(self):
        with self.opened(self.file("old"), os.O_RDWR) as fd:
            os.rename("old", "new")
            self.file("old")
            with self.unchanged("old"):
                os.utime(fd, ns=TIMES)
        self.assertEqual(times_of("new"), TIMES)

    def test_file_object(self):
        with open(self.file(), "rb+") as file:
            os.utime(file.fileno(), ns=TIMES)
            self.assertEqual(times_of(file.fileno()), TIMES)

    def test_now(self):
        for arguments in ({}, {"times": None}):
            path = self.file()
            before = time.time_ns() - 10**9  # a file's clock may be behind
            with self.opened(path) as fd:
                os.utime(fd, **arguments)
            for found in times_of(path):
                self.assertTrue(before <= found <= time.time_ns() + 10**9)

    def test_closed(self):
        with self.opened(self.file()) as fd:
            pass
        with self.fails(errno.EBADF), self.unchanged("file", "."):
            os.utime(fd, ns=TIMES)

    def test_streams(self):
        for fd in (0, 1, 2):
            with self.subTest(fd=fd), self.fails(errno.EINVAL), self.unchanged("."):
                os.utime(fd, ns=TIMES)

    def test_negative_fd_is_not_the_current_directory(self):
        # CPython takes -1 for no fd at all, and calls utimensat with neither a path nor an fd.
        for fd, number in ((-1, errno.EFAULT), (-2, errno.EBADF), (-100, errno.EBADF)):
            with self.subTest(fd=fd), self.unchanged("."), self.fails(number):
                os.utime(fd, ns=TIMES)

    def test_fd_with_what_is_for_paths(self):
        with self.opened(self.file()) as fd, self.opened(".") as directory:
            with self.assertRaises(ValueError):
                os.utime(fd, ns=TIMES, follow_symlinks=False)
            with self.assertRaises(ValueError):
                os.utime(fd, ns=TIMES, dir_fd=directory)


class Times(Case):
    def each_way(self, path):
        """The path itself, and a descriptor of it where os.utime takes one."""
        yield path
        if TAKES_FD:
            with self.opened(path, os.O_RDWR) as fd:
                yield fd

    def test_negative(self):
        path = self.file()
        wrong = [
            {"ns": (-1, 0)},
            {"ns": (0, -1)},
            {"times": (-1, 0)},
            {"times": (0, -0.5)},
            {"ns": (-(10**18), 0)},
        ]
        for target in self.each_way(path):
            for arguments in wrong:
                part = self.subTest(fd=target != path, **arguments)
                with part, self.unchanged(path), self.fails(errno.EINVAL):
                    os.utime(target, **arguments)

    def test_nanoseconds(self):
        path = self.file()
        pairs = [(0, 0), (1, 2), (999_999_999, 10**9), (2**31 * 10**9 + 7, 2**32 * 10**9 + 8)]
        for target in self.each_way(path):
            for ns in pairs:
                with self.subTest(fd=target != path, ns=ns):
                    os.utime(target, ns=ns)
                    self.assertEqual(times_of(path), ns)

    def test_seconds(self):
        path = self.file()
        for target in self.each_way(path):
            for times in [(5, 6), (1.5, 2.25)]:
                with self.subTest(fd=target != path, times=times):
                    os.utime(target, times=times)
                    self.assertEqual(times_of(path), tuple(time * 10**9 for time in times))


class Paths(Case):
    def test_empty_path_is_not_the_current_directory(self):
        for path in ("", b""):
            with self.subTest(path), self.unchanged("."), self.fails(errno.ENOENT):
                os.utime(path, ns=TIMES)

    def test_current_directory(self):
        os.utime(".", ns=TIMES)
        self.assertEqual(times_of(self.directory), TIMES)

    def test_path_that_is_not_utf8(self):
        with self.fails(errno.EILSEQ), self.unchanged("."):
            os.utime(b"\xff", ns=TIMES)

    def test_missing(self):
        for path in ("missing", "missing/file", "/missing", os.path.join(self.directory, "missing")):
            with self.subTest(path), self.fails(errno.ENOENT):
                os.utime(path, ns=TIMES)

    def test_file_as_directory(self):
        with self.fails(errno.ENOTDIR):
            os.utime(self.file() + "/x", ns=TIMES)

    def test_symlink_itself(self):
        os.symlink(self.file(), "link")
        os.symlink("missing", "dangling")
        for link in ("link", "dangling"):
            with self.subTest(link), self.unchanged("file"):
                os.utime(link, ns=TIMES, follow_symlinks=False)
                self.assertEqual(times_of(link, follow_symlinks=False), TIMES)

    def test_symlink_followed(self):
        os.symlink(self.file(), "link")
        os.utime("link", ns=BEFORE, follow_symlinks=False)
        os.utime("link", ns=TIMES)
        self.assertEqual(times_of("file"), TIMES)
        self.assertEqual(times_of("link", follow_symlinks=False)[1], BEFORE[1])  # the lookup read it

    def test_dir_fd(self):
        os.mkdir("directory")
        self.file("directory/file")
        absolute = os.path.join(self.directory, self.file("absolute"))
        os.symlink("file", "directory/link")
        with self.opened("directory", os.O_RDONLY | os.O_DIRECTORY) as fd:
            os.utime("file", ns=TIMES, dir_fd=fd)
            os.utime(absolute, ns=TIMES, dir_fd=fd)
            with self.unchanged("directory/file"):
                os.utime("link", ns=BEFORE, dir_fd=fd, follow_symlinks=False)
            with self.fails(errno.ENOENT), self.unchanged("directory"):
                os.utime("", ns=TIMES, dir_fd=fd)
        self.assertEqual(times_of("directory/file"), TIMES)
        self.assertEqual(times_of("absolute"), TIMES)
        self.assertEqual(times_of("directory/link", follow_symlinks=False), BEFORE)

    def test_dir_fd_that_is_none(self):
        with self.opened(self.file()) as fd, self.fails(errno.ENOTDIR):
            os.utime("file", ns=TIMES, dir_fd=fd)
        with self.fails(errno.EBADF):
            os.utime("file", ns=TIMES, dir_fd=fd)


class Library(Case):
    def test_copystat(self):
        os.mkdir("from")
        os.mkdir("to")
        self.file("from/file"), self.file("to/file")
        for name in ("from/link", "to/link"):
            os.symlink("file", name)
        for name in ("from/file", "from/link", "from"):
            os.utime(name, ns=TIMES, follow_symlinks=False)
        for name in ("file", "link", "."):
            with self.subTest(name):
                source, target = os.path.join("from", name), os.path.join("to", name)
                shutil.copystat(source, target, follow_symlinks=False)
                self.assertEqual(times_of(target, follow_symlinks=False), TIMES)

    def test_copytree(self):
        os.mkdir("from")
        self.file("from/file")
        os.utime("from/file", ns=TIMES)
        os.utime("from", ns=TIMES)
        shutil.copytree("from", "to")
        self.assertEqual(times_of("to/file")[1], TIMES[1])
        self.assertEqual(os.stat("to").st_mtime_ns, TIMES[1])

    def test_touch(self):
        path = pathlib.Path(self.file())
        path.touch()
        self.assertGreater(path.stat().st_mtime_ns, BEFORE[1])


class SupportsSets(Case):
    """A function is in os.supports_* if, and only if, it takes such an argument."""

    def setUp(self):
        super().setUp()
        self.file()
        os.mkdir("directory")
        os.symlink("file", "link")

    def check(self, members, calls):
        self.assertEqual({function.__name__ for function in members} - calls.keys(), set())
        for name, call in calls.items():
            if not hasattr(os, name):
                continue
            refused = self.assertRaises((TypeError, NotImplementedError))
            with self.subTest(name), contextlib.nullcontext() if getattr(os, name) in members else refused:
                call()

    def test_supports_fd(self):
        with (
            self.opened("file", os.O_RDWR) as file,
            self.opened(".", os.O_RDONLY | os.O_DIRECTORY) as directory,
        ):
            self.check(
                os.supports_fd,
                {
                    "chdir": lambda: os.chdir(directory),
                    "pathconf": lambda: self.assertGreater(os.pathconf(file, "PC_NAME_MAX"), 0),
                    "listdir": lambda: os.listdir(directory),
                    "scandir": lambda: list(os.scandir(directory)),
                    "stat": lambda: os.stat(file),
                    "truncate": lambda: os.truncate(file, 3),
                    "utime": lambda: os.utime(file, ns=TIMES),
                },
            )

    def test_supports_dir_fd(self):
        with self.opened(".", os.O_RDONLY | os.O_DIRECTORY) as fd:
            # WASI cannot make a hard link to what a symlink points to.
            both = {"src_dir_fd": fd, "dst_dir_fd": fd, "follow_symlinks": False}
            self.check(
                os.supports_dir_fd,
                {
                    "access": lambda: self.assertTrue(os.access("file", os.F_OK, dir_fd=fd)),
                    "link": lambda: os.link("file", "hard", **both),
                    "lstat": lambda: os.lstat("link", dir_fd=fd),
                    "mkdir": lambda: os.mkdir("made", dir_fd=fd),
                    "open": lambda: os.close(os.open("file", os.O_RDONLY, dir_fd=fd)),
                    "readlink": lambda: os.readlink("link", dir_fd=fd),
                    "rename": lambda: os.rename("hard", "moved", src_dir_fd=fd, dst_dir_fd=fd),
                    "rmdir": lambda: os.rmdir("made", dir_fd=fd),
                    "stat": lambda: os.stat("file", dir_fd=fd),
                    "symlink": lambda: os.symlink("file", "soft", dir_fd=fd),
                    "unlink": lambda: os.unlink("moved", dir_fd=fd),
                    "utime": lambda: os.utime("file", ns=TIMES, dir_fd=fd),
                },
            )

    def test_supports_follow_symlinks(self):
        with self.unchanged("file"):
            self.check(
                os.supports_follow_symlinks - {os.access},
                {
                    "stat": lambda: self.assertTrue(
                        stat.S_ISLNK(os.stat("link", follow_symlinks=False).st_mode)
                    ),
                    "link": lambda: os.link("link", "hard", follow_symlinks=False),
                    "utime": lambda: os.utime("link", ns=TIMES, follow_symlinks=False),
                },
            )
        self.assertTrue(os.path.islink("hard"))
        self.assertEqual(times_of("link", follow_symlinks=False), TIMES)

    def test_access_of_a_symlink(self):
        if os.access in os.supports_follow_symlinks:
            self.assertTrue(os.access("link", os.F_OK, follow_symlinks=False))

    def test_utime(self):
        """The sets say of os.utime what the build was made for."""
        self.assertEqual(TAKES_FD, os.environ["UTIME_TAKES_FD"] == "1")
        self.assertIn(os.utime, os.supports_dir_fd)
        self.assertIn(os.utime, os.supports_follow_symlinks)
        with self.opened("file", os.O_RDWR) as fd:
            if TAKES_FD:
                os.utime(fd, ns=TIMES)
                self.assertEqual(times_of("file"), TIMES)
            else:
                with self.assertRaises(TypeError), self.unchanged("file"):
                    os.utime(fd, ns=TIMES)
