# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a list of calls on Linux and in the guest, as the same ordinary user, with test/calls.c."""

import contextlib
import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import toolbox

HANGS_AFTER = 600  # seconds without an answer
AT_ONCE = 16  # lines

# The utime family, by what a function takes, and how many of its fractions are a second.
BY_FD, AT, BY_PATH = ("futimens", "futimes"), ("utimensat", "futimesat"), ("utimes", "lutimes", "utime")
NSEC, USEC, SEC = 10**9, 10**6, 1
UNIT = {"futimens": NSEC, "utimensat": NSEC}
UNIT |= {"futimes": USEC, "utimes": USEC, "lutimes": USEC, "futimesat": USEC, "utime": SEC}
FUNCTIONS = [*UNIT]


def takes_fd(function: str) -> bool:
    return function not in BY_PATH


def takes_path(function: str) -> bool:
    return function not in BY_FD


@dataclass(frozen=True)
class Time:
    """seconds, and a fraction in the unit of the call: a number, "now" or "omit"."""

    seconds: int
    fraction: int | str

    def __str__(self):
        return f"{self.seconds}:{self.fraction}"

    @property
    def explicit(self) -> bool:
        return isinstance(self.fraction, int)


@dataclass(frozen=True)
class Call:
    """One call of the utime family. `times` is None for a null pointer.

    One without a file descriptor has it from the current directory; one without a path, none.
    """

    function: str
    fd: str = "cwd"
    path: str = "NULL"
    flags: str = "0"
    times: tuple[Time, Time] | None = None
    target: str = field(default="", compare=False)  # what the file is, where the caller knows

    def __str__(self):
        fd = [self.fd] if takes_fd(self.function) else []
        path = [self.path] if takes_path(self.function) else []
        times = f"{self.times[0]},{self.times[1]}" if self.times else "NULL"
        flags = [self.flags] if self.function == "utimensat" else []
        return " ".join([self.function, *fd, *path, times, *flags])

    def at(self, name: str, path: str) -> "Call":
        """With `path` for the placeholder `name`."""
        return replace(self, path=self.path.replace(name, path))


def native(output: Path) -> Path:
    """The program for Linux, with musl: wasi-libc is its kin."""
    toolbox.needs("musl-gcc")
    toolbox.run(["musl-gcc", "-static", *toolbox.CALLS_FLAGS, toolbox.CALLS, "-o", output])
    return output


def guest(snapshot: str, link: str, output: Path, *flags: str) -> Path:
    """The program for the guest, compiled ahead of time: it is started many times."""
    wasm = toolbox.compile_calls(snapshot, link, output.with_suffix(".wasm"), *flags)
    toolbox.run([toolbox.WASMTIME, "compile", wasm, "-o", output])
    return output


class User:
    """The ordinary user that both sides run as: nobody where we are root, else ourselves."""

    def __init__(self):
        self.is_root = os.getuid() == 0
        entry = pwd.getpwnam("nobody") if self.is_root else pwd.getpwuid(os.getuid())
        self.uid, self.gid = entry.pw_uid, entry.pw_gid

    def own(self, path: Path):
        os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def options(self) -> dict:
        """For subprocess: to run as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_root else {}


class Place:
    """A directory that the ordinary user can reach, by the same absolute path on both sides.

    `top` is what the guest has preopened; the programs lie outside of it.
    """

    def __init__(self):
        self.user = User()
        self.directory = Path(tempfile.mkdtemp(prefix="wasi-utimens-"))
        self.directory.chmod(0o755)
        self.user.own(self.directory)
        self.top = self.directory / "top"
        self.top.mkdir()
        self.user.own(self.top)
        self.held = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear()
        shutil.rmtree(self.directory)

    def add(self, program: Path) -> Path:
        copy = self.directory / program.name
        if not copy.exists():
            shutil.copy(program, copy)
            copy.chmod(0o755)
        return copy

    def command(self, program: Path, dirs: dict[str, Path] | None = None) -> list[str]:
        """What to run; by default the guest has `top`, under the same name."""
        program = self.add(program)
        if program.suffix != ".cwasm":
            return [str(program)]
        wasmtime = self.add(toolbox.WASMTIME.resolve())
        dirs = dirs or {str(self.top): self.top}
        mounts = [f"--dir={host}::{guest}" for guest, host in dirs.items()]
        return [str(wasmtime), "run", "-Ccache=n", "--allow-precompiled", *mounts, str(program)]

    def hold(self, path: Path):
        """Keeps a file open for as long as the place is as it is."""
        self.held.append(path.open("rb+", buffering=0))

    def clear(self):
        """`top` as it was at first."""
        while self.held:
            self.held.pop().close()
        open_all(self.top)
        shutil.rmtree(self.top)
        self.top.mkdir()
        self.user.own(self.top)

    def answers(self, program: Path, script: list[str], at_stats=None, dirs=None) -> list[str]:
        """One answer for each line of the script; "trap" where the guest died.

        That to `stats` goes to `at_stats`, with the process, which waits.
        """
        answers: list[str] = []
        while len(answers) < len(script):
            # After a trap, what those before have set up.
            again = [line for line in script[: len(answers)] if not re.match("[fl]?utime|stats", line)]
            with (
                tempfile.TemporaryFile("w+") as stderr,
                subprocess.Popen(
                    self.command(program, dirs),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    env={},
                    **self.user.options(),
                ) as process,
            ):
                answers += converse(process, again + script[len(answers) :], at_stats)[len(again) :]
                process.stdin.close()
                code = process.wait()
                stderr.seek(0)
                said = stderr.read()
            if "wasm backtrace" in said:
                answers.append("trap")
            elif code == -signal.SIGINT:
                raise KeyboardInterrupt
            elif code != 0:
                killed = f"killed after {HANGS_AFTER} s without an answer"
                how = killed if code == -signal.SIGKILL else f"exit {code}: {said}"
                raise AssertionError(f"{program.name}: at {script[len(answers) :][:1]}: {how}")
        return answers


def converse(process: subprocess.Popen, script: list[str], at_stats) -> list[str]:
    """The answers to these lines, up to the one that ended the process."""
    answers: list[str] = []
    while len(answers) < len(script):
        lines = script[len(answers) : len(answers) + AT_ONCE]
        if "stats" in lines:
            lines = lines[: lines.index("stats") + 1]
        got = ask(process, lines)
        answers += got
        if len(got) < len(lines):
            break
        if lines[-1] == "stats":
            if at_stats:
                at_stats(process, answers[-1])
            answers[-1] = "ok"
    return answers


def ask(process: subprocess.Popen, lines: list[str]) -> list[str]:
    """The answers to so few lines that a pipe can hold them."""
    with contextlib.suppress(BrokenPipeError):
        os.write(process.stdin.fileno(), "".join(f"{line}\n" for line in lines).encode())
    answers = b""
    while answers.count(b"\n") < len(lines):
        if not select.select([process.stdout], [], [], HANGS_AFTER)[0]:
            process.kill()
        more = os.read(process.stdout.fileno(), 1 << 16)
        if not more:
            break
        answers += more
    return answers.decode().splitlines()


def open_all(directory: Path):
    """So that all in it can be removed, by others than root too."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
            open_all(path)
