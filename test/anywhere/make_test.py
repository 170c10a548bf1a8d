# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Two makes in one tree wait for each other; a place that make cannot take is refused in one line."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import toolbox


def copied(to: Path) -> Path:
    """What make reads of the tree."""
    for file in [toolbox.ROOT / "Makefile", *toolbox.ROOT.glob("test/**/*.mk")]:
        copy = to / file.relative_to(toolbox.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    return to


def make(tree: Path, *words: str, stdin=subprocess.DEVNULL) -> subprocess.Popen:
    """As a user types it, whatever make runs the tests."""
    outer = ("TREE_LOCKED", "WASI_SDK_PATH")
    environment = {name: value for name, value in toolbox.ENVIRONMENT.items() if name not in outer}
    streams = {"stdin": stdin, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(["make", "-s", "-C", str(tree), *words], env=environment, text=True, **streams)


def outcome(tree: Path, *words: str) -> tuple[int, str, str]:
    with make(tree, *words) as process:
        stdout, stderr = process.communicate()
    return process.returncode, stdout, stderr


@pytest.fixture
def locked(tmp_path):
    """A tree where another make is at work, as far as a second one can see, and what ends that."""
    (copied(tmp_path) / "build").mkdir()
    directory = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(directory, fcntl.LOCK_EX)
    yield tmp_path, lambda: fcntl.flock(directory, fcntl.LOCK_UN)
    os.close(directory)


def test_a_second_make_waits_for_the_first(locked):
    tree, release = locked
    with make(tree, "clean") as second:
        assert second.stderr.readline() == "make: waiting for another make in this tree\n"
        assert (tree / "build").exists()
        release()
        assert second.wait() == 0
    assert not (tree / "build").exists()


def test_help_waits_for_nobody(locked):
    status, stdout, stderr = outcome(locked[0], "help")
    assert (status, stderr) == (0, "") and "make" in stdout


def test_a_make_holds_the_lock_until_it_ends(tmp_path):
    tree = copied(tmp_path)
    with (tree / "Makefile").open("a") as makefile:
        makefile.write("hold:\n\t@echo held; read -r\n")
    with make(tree, "hold", stdin=subprocess.PIPE) as first:
        assert first.stdout.readline() == "held\n"
        with make(tree, "clean") as second:
            assert second.stderr.readline() == "make: waiting for another make in this tree\n"
            first.communicate("\n")
            assert second.wait() == 0


def test_a_make_that_ended_holds_no_lock_where_nobody_waited_for_it(tmp_path):
    tree = copied(tmp_path)
    first = make(tree, "clean")
    os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
    second = make(tree, "clean")
    try:
        assert second.wait(timeout=60) == 0
    finally:
        first.communicate()
        second.communicate()


def test_a_space_in_the_name_of_the_tree(tmp_path):
    status, stdout, stderr = outcome(copied(tmp_path / "a b"), "demo")
    assert (status, stdout, stderr.count("\n")) == (2, "", 1)
    assert "a space is in its name" in stderr


@pytest.mark.parametrize("goal", ["demo", "test", "install", "sysroot", "sdk", "bench", "help", "clean"])
@pytest.mark.parametrize(
    "said, why",
    [
        ("WASI_SDK_PATH=/nowhere", "WASI_SDK_PATH=/nowhere is no wasi-sdk: it has no bin/clang"),
        ("SYSROOT=/nowhere", "SYSROOT=/nowhere is no wasi-libc sysroot: it has no lib/wasm32-wasip2/libc.a"),
        ("SYSROOT=", "SYSROOT is empty: name a directory, or leave SYSROOT away"),
        ("PREFIX=", "PREFIX is empty: name a directory, or leave PREFIX away"),
        ("DEST=", "DEST is empty: name a directory, or leave DEST away"),
    ],
)
def test_what_cannot_be_right_is_one_line_from_every_target(said, why, goal, tmp_path):
    tree = copied(tmp_path)
    status, stdout, stderr = outcome(tree, goal, said)
    assert (status, stdout, stderr.count("\n")) == (2, "", 1)
    assert why in stderr
    assert not (tree / "build").exists() and not (tree / ".toolchain").exists()
