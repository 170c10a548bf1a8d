# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests on the host's side share: the sysroots, compiling a guest, running it.

`make test` has built all that is looked for here: see `test-build` in the Makefile.
"""

import io
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLCHAIN = ROOT / ".toolchain"
SDK = Path(os.environ.get("WASI_SDK_PATH") or TOOLCHAIN / "wasi-sdk").absolute()
WASMTIME = TOOLCHAIN / "bin/wasmtime"
WASM_TOOLS = TOOLCHAIN / "bin/wasm-tools"

# The sysroots to test, each by the name of its build directory: the one that the user named (make
# says which), else all of the toolchain.
NAMED_SYSROOT, NAMED_BUILD = os.environ.get("TEST_SYSROOT"), os.environ.get("TEST_BUILD")
SYSROOTS = (
    {Path(NAMED_BUILD).name: Path(NAMED_SYSROOT)}
    if NAMED_SYSROOT
    else {path.name: path for path in sorted((TOOLCHAIN / "sysroots").iterdir())}
)
SNAPSHOTS = list(SYSROOTS)

# Without what a make above this run hands down, and what a user may have said to it: the tests call
# make as a user types it.
OF_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "DESTDIR", "DEST", "PREFIX", "SYSROOT"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in OF_MAKE}

# The ways to link the overlay: by --wrap into an untouched sysroot or inside libc.a, each with and
# without the fd primitive; and none of it.
WRAP, WRAP_NOFD, SYSROOT, SYSROOT_NOFD, STOCK = "wrap", "wrap-nofd", "sysroot", "sysroot-nofd", "stock"
WRAP_UBSAN = "wrap-ubsan"  # with the sanitizer, for the random calls
# The counted descriptor table of July 2026, which a toolchain may not have: by --wrap, over a stand-in.
COUNTED, COUNTED_NOFD = "counted", "counted-nofd"
LINKS = [WRAP, WRAP_NOFD, SYSROOT, SYSROOT_NOFD]
LINKS_FD, LINKS_NOFD = [WRAP, SYSROOT], [WRAP_NOFD, SYSROOT_NOFD]
LINKS_COUNTED = [COUNTED, COUNTED_NOFD]


def stock_sysroot(snapshot: str) -> Path:
    return SYSROOTS[snapshot]


def build_dir(snapshot: str) -> Path:
    return ROOT / "build" / snapshot


def generation(snapshot: str) -> str:
    """As the build found out."""
    return (build_dir(snapshot) / "generation").read_text().strip()


def is_preview1(snapshot: str) -> bool:
    """Whether files go through preview 1 and the adapter."""
    return generation(snapshot) == "preview1"


def of_generation(wanted: str) -> list[str]:
    return [snapshot for snapshot in SNAPSHOTS if generation(snapshot) == wanted]


def stand_in_sysroot() -> list[str]:
    """What the stand-in for the counted descriptor table can stand on: the newest, if there is any."""
    return of_generation("descriptor-ref")[-1:]


def stand_in(snapshot: str) -> Path:
    """The table of test/guest/generation/counted."""
    return build_dir(snapshot) / "catch2/generation/counted/table.o"


def installed(snapshot: str) -> Path:
    """What `make install PREFIX=… SYSROOT=…` made for this snapshot."""
    return build_dir(snapshot) / "install"


def link_flags(snapshot: str, link: str) -> list[str]:
    """What a user types after `clang --target=wasm32-wasip2` to have the overlay linked this way."""
    if link in (SYSROOT, SYSROOT_NOFD):
        return [f"--sysroot={build_dir(snapshot) / link}"]
    flags = [f"--sysroot={stock_sysroot(snapshot)}"]
    if link == STOCK:
        return flags
    prefix = installed(snapshot)
    flags += [f"-isystem{prefix}/include/wasm32-wasip2", f"@{prefix}/share/wasi-utimens/link.rsp"]
    if link in LINKS_COUNTED:
        flags.append(str(stand_in(snapshot)))
    return [*flags, str(archive(snapshot, link))]


def archive(snapshot: str, link: str) -> Path:
    """What is linked by --wrap."""
    if link in (WRAP, WRAP_NOFD):
        library = installed(snapshot) / "lib/wasm32-wasip2"
    else:
        library = build_dir(snapshot) / ("ubsan" if link == WRAP_UBSAN else COUNTED)
    return library / f"libwasi-utimens{'-nofd' if link.endswith('-nofd') else ''}.a"


def compile_guest(snapshot: str, link: str, output: Path, *sources: Path | str, flags=(), cxx=False):
    """Compiles and links a guest, as a user would."""
    clang(*flags, *sources, *link_flags(snapshot, link), "-o", output, cxx=cxx)
    return output


# Opens a file, so that libc.a's own functions are near, and makes the calls that it is compiled with.
FAMILY_GUEST = ROOT / "test/family.c"
FAMILY = {
    "futimens": "futimens(fd, NULL)",
    "utimensat": "utimensat(AT_FDCWD, path, NULL, 0)",
    "utimes": "utimes(path, NULL)",
    "utime": "utime(path, NULL)",
    "futimesat": "futimesat(AT_FDCWD, path, NULL)",
    "futimes": "futimes(fd, NULL)",
    "lutimes": "lutimes(path, NULL)",
}
MISSING_IN_STOCK = ("futimes", "lutimes")


def uses(names: Iterable[str]) -> str:
    """What USE is for calls of these functions."""
    return "".join(f"failed |= {FAMILY[name]};" for name in names)


# Makes the calls that it is told, in the guest and on Linux.
CALLS = ROOT / "test/calls.c"
CALLS_FLAGS = ["-std=gnu17", "-O2", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"]


def compile_calls(snapshot: str, link: str, output: Path, *flags: str) -> Path:
    return compile_guest(snapshot, link, output, CALLS, flags=[*CALLS_FLAGS, *flags])


def run_guest(
    wasm: Path, *args: str, dirs: dict[str, Path] | None = None, wasmtime=WASMTIME, flags=(), check=True
):
    """Runs a guest under wasmtime with host directories in the places that `dirs` names."""
    mounts = [word for guest, host in (dirs or {}).items() for word in ("--dir", f"{host}::{guest}")]
    return run([str(wasmtime), "run", *flags, *mounts, str(wasm), *args], check=check)


def times_of(path: Path) -> tuple[int, int]:
    """Access and modification time in nanoseconds, of a link itself."""
    status = path.lstat()
    return status.st_atime_ns, status.st_mtime_ns


def kept_times(directory: Path) -> tuple[int, int]:
    """What the filesystem there can hold: the last second, and what nanoseconds are a multiple of."""
    with tempfile.NamedTemporaryFile(dir=directory) as file:

        def kept(time: int) -> int:
            os.utime(file.name, ns=(time, time))
            return Path(file.name).stat().st_mtime_ns

        return kept((2**63 - 1) * 10**9) // 10**9, 10**9 - kept(10**9 - 1)


def run(command: list[str | Path], check=True, stdin=subprocess.DEVNULL, together=False, **options):
    """With what is complained of in its own string, or together with what is printed."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT if together else subprocess.PIPE}
    options = {"env": ENVIRONMENT, "text": True} | streams | options
    command = [str(word) for word in command]
    done = subprocess.run(command, stdin=stdin, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


CLANG, CLANGXX = ([SDK / "bin" / driver, "--target=wasm32-wasip2"] for driver in ("clang", "clang++"))


def clang(*words: str | Path, cxx=False, **options):
    return run([*(CLANGXX if cxx else CLANG), *words], **options)


def make(*words: str | Path, snapshot: str | None = SNAPSHOTS[-1], **options):
    """As a user types it, for this sysroot; without one, for make's own."""
    sysroot = [f"SYSROOT={stock_sysroot(snapshot)}"] if snapshot else []
    return run(["make", "-s", "-C", ROOT, *sysroot, *words], **options)


def refused(done: subprocess.CompletedProcess) -> str:
    """The one line that a refusal says."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode != 0 and done.stdout == "" and len(lines) == 1, done
    return lines[0]


def needs(tool: str) -> None:
    """Skips the test, by the name of the tool that this machine lacks."""
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool} here: scripts/toolchain.sh test-tools installs it where it can")


def wheel(name: str, file: str, content: bytes) -> bytes:
    """A Python package of one file and version 1.0; the same bytes whenever it is made."""
    data, info = io.BytesIO(), f"{name}-1.0.dist-info"
    with zipfile.ZipFile(data, "w") as archive:
        for path, member in {
            file: content,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": "",
        }.items():
            archive.writestr(zipfile.ZipInfo(path), member)
    return data.getvalue()
