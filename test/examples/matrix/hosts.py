# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The hosts that the toolchain has, and how each runs a guest in a directory of this machine."""

import json
import os
import shutil
import signal
import subprocess
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


class Failure(Exception):
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


def wasmtime(program: Path) -> Host:
    name = " ".join(toolbox.run([str(program), "--version"]).stdout.split()[:2])
    return Host(name, lambda guest, d: [program, "run", "--dir", f"{d}::.", guest])


def error_host(options: list[str], guest: Path, directory: Path) -> list[str | Path]:
    return [sys.executable, ERROR_HOST, *options, f"--dir={directory}::.", guest]


def jco_hosts(scratch: Path, guests: list[Path]) -> Iterator[Host]:
    """As `jco run` does it, but with each guest transpiled once.

    preview2-shim is the host. What is transpiled takes the one in the nearest node_modules, so there is
    a directory for each.
    """
    for guest in guests:
        options = ["--name", "guest", "--quiet", "--no-typescript"]
        transpile = [
            "node",
            JCO / ".bin/jco",
            "transpile",
            guest,
            "-o",
            scratch / "jco" / guest.stem,
            *options,
        ]
        toolbox.run([str(word) for word in transpile])

    def runner(name: str, shim: Path, interpreter: list[str | Path], on_disk: bool = True) -> Host:
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

    def named(shim: Path, suffix: str) -> str:
        return f"preview2-shim {json.loads((shim / 'package.json').read_text())['version']}{suffix}"

    newest = JCO / SHIM
    node = "Node " + toolbox.run(["node", "--version"]).stdout.strip("v\n").partition(".")[0]
    for shim in [*sorted((HOSTS / "preview2-shim/node_modules").glob("[0-9]*")), newest]:
        yield runner(named(shim, f" on {node}"), shim, ["node"])
    deno = HOSTS / "deno/deno"
    if deno.exists():
        name = " ".join(toolbox.run([str(deno), "--version"]).stdout.split()[:2]).capitalize()
        cache = ["env", f"DENO_DIR={scratch / 'deno'}", "DENO_NO_UPDATE_CHECK=1"]
        yield runner(named(newest, f" on {name}"), newest, [*cache, deno, "run", "-A"])
    bun = HOSTS / "bun/bun"
    if bun.exists():
        name = f"Bun {toolbox.run([str(bun), '--version']).stdout.strip()}"
        yield runner(named(newest, f" on {name}"), newest, [bun, "run"])
    yield runner(named(newest, f" in memory, on {node}"), in_memory(scratch, newest), ["node"], on_disk=False)
    chromium = HOSTS / "chromium"
    if chromium.exists():
        environment = os.environ | {"LD_LIBRARY_PATH": str(chromium / "lib")}
        said = toolbox.run([str(chromium / "chromium"), "--version"], env=environment).stdout
        name = next(word for word in said.split() if word[0].isdigit()).partition(".")[0]
        program = [sys.executable, HERE / "chromium.py", chromium, newest / "dist/browser"]
        yield Host(
            named(newest, f" in memory, in Chromium {name}"),
            lambda guest, d: [*program, scratch / "jco" / guest.stem],
            on_disk=False,
        )


def in_memory(scratch: Path, shim: Path) -> Path:
    """preview2-shim with its files for browsers, as `--jco-map` of jco has it."""
    package = scratch / "in-memory"
    package.mkdir()
    (package / "dist").symlink_to(shim / "dist")
    exports = {"./filesystem": "./dist/browser/filesystem.js", "./*": "./dist/nodejs/*.js"}
    (package / "package.json").write_text(json.dumps({"type": "module", "exports": exports}))
    return package


def run(
    host: Host, guest: Path, directory: Path, *args: str, patience: int = 60
) -> tuple[int | None, str, str]:
    """Exit status, standard output and error; the status is None where the host had to be stopped."""
    command = [str(word) for word in [*host.command(guest, directory), *args]]
    process = subprocess.Popen(
        command,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # a host may have children
        return None, *process.communicate()
    return process.returncode, *output
