# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The hosts that the toolchain has, and how each runs a guest in a directory of this machine."""

import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import toolbox

HERE = Path(__file__).resolve().parent
HOSTS = toolbox.TOOLCHAIN / "hosts"
ERROR_HOST = toolbox.ROOT / "test/host/error_host.py"
JCO = HOSTS / "jco/node_modules"
SHIM = "@bytecodealliance/preview2-shim"


class Failure(RuntimeError):
    pass


@dataclass(frozen=True)
class Host:
    name: str
    # The command that runs a guest in a directory, which becomes the guest's ".".
    command: Callable[[Path, Path], list[str | Path]]
    # Whether the guest's files are those of the directory.
    on_disk: bool = True


def hosts(scratch: Path, guests: list[Path]) -> Iterator[Host]:
    """Each host that is there; `guests` are made ready for those that take no component as it is."""
    yield from map(wasmtime, [*sorted(HOSTS.glob("wasmtime-*/wasmtime_cli/wasmtime")), toolbox.WASMTIME])
    library = f"wasmtime-py {version('wasmtime')}"
    yield Host(library, partial(error_host, []))
    yield Host(
        f"{library} with a `set-times` that answers `unsupported`",
        partial(error_host, ["--set-times=unsupported"]),
    )
    if JCO.exists():
        yield from jco_hosts(scratch, guests)


def version_of(program: str | Path, **options) -> str:
    return re.search(r"\d[\d.]*", toolbox.run([program, "--version"], **options).stdout)[0]


def wasmtime(program: Path) -> Host:
    name = f"wasmtime {version_of(program)}"
    return Host(name, lambda guest, d: [program, "run", "--dir", f"{d}::.", guest])


def error_host(options: list[str], guest: Path, directory: Path) -> list[str | Path]:
    return [sys.executable, ERROR_HOST, *options, f"--dir={directory}::.", guest]


def jco_hosts(scratch: Path, guests: list[Path]) -> Iterator[Host]:
    """As `jco run` does it, but with each guest transpiled once.

    preview2-shim is the host. What is transpiled takes the one in the nearest node_modules, so there is
    a directory for each.
    """
    options = ["--name", "guest", "--quiet", "--no-typescript"]
    for guest in guests:
        output = ["-o", scratch / "jco" / guest.stem]
        toolbox.run(["node", JCO / ".bin/jco", "transpile", guest, *output, *options])

    def named(shim: Path, where: str) -> str:
        return f"preview2-shim {json.loads((shim / 'package.json').read_text())['version']} {where}"

    def runner(shim: Path, where: str, interpreter: list[str | Path], on_disk: bool = True) -> Host:
        name = named(shim, where)
        place = scratch / name.replace(" ", "-")
        shutil.copytree(scratch / "jco", place)
        (place / "package.json").write_text('{"type": "module"}')  # Deno looks for one
        for guest in guests:
            shutil.copy(HERE / "node.mjs", place / guest.stem)
        modules = place / "node_modules" / SHIM
        modules.parent.mkdir(parents=True)
        modules.symlink_to(shim)

        def command(guest: Path, directory: Path) -> list[str | Path]:
            return [*interpreter, place / guest.stem / "node.mjs", directory if on_disk else "memory"]

        return Host(name, command, on_disk)

    newest, deno, bun, chromium = JCO / SHIM, HOSTS / "deno/deno", HOSTS / "bun/bun", HOSTS / "chromium"
    node = f"Node {version_of('node').partition('.')[0]}"
    for shim in [*sorted((HOSTS / "preview2-shim/node_modules").glob("[0-9]*")), newest]:
        yield runner(shim, f"on {node}", ["node"])
    if deno.exists():
        cache = ["env", f"DENO_DIR={scratch / 'deno'}", "DENO_NO_UPDATE_CHECK=1"]
        yield runner(newest, f"on Deno {version_of(deno)}", [*cache, deno, "run", "-A"])
    if bun.exists():
        yield runner(newest, f"on Bun {version_of(bun)}", [bun, "run"])
    yield runner(in_memory(scratch, newest), f"in memory, on {node}", ["node"], on_disk=False)
    if chromium.exists():
        environment = os.environ | {"LD_LIBRARY_PATH": str(chromium / "lib")}
        major = version_of(chromium / "chromium", env=environment).partition(".")[0]
        program = [sys.executable, HERE / "chromium.py", chromium, newest / "dist/browser"]
        yield Host(
            named(newest, f"in memory, in Chromium {major}"),
            lambda guest, d: [*program, scratch / "jco" / guest.stem],
            on_disk=False,
        )


def in_memory(scratch: Path, shim: Path) -> Path:
    """preview2-shim with its files for browsers, as `--jco-map` of jco has it."""
    package = scratch / "in-memory"
    package.mkdir()
    (package / "dist").symlink_to(shim / "dist")
    description = json.loads((shim / "package.json").read_text())
    description["exports"] = {"./filesystem": "./dist/browser/filesystem.js", "./*": "./dist/nodejs/*.js"}
    (package / "package.json").write_text(json.dumps(description))
    return package


def run(
    host: Host, guest: Path, directory: Path, *args: str, patience: int = 60
) -> tuple[int | None, str, str]:
    """Exit status, standard output and error; the status is None where the host had to be stopped."""
    limit = ["timeout", "--signal=KILL", str(patience)]  # which ends with its group: a host may have children
    done = toolbox.run([*limit, *host.command(guest, directory), *args], check=False, errors="replace")
    return None if done.returncode == -signal.SIGKILL else done.returncode, done.stdout, done.stderr
