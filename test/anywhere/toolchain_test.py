# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""toolchain.sh, in a tree of its own: what is fetched is what was meant, Catch2 from where the user says."""

import hashlib
import json
import os
import re
import shutil
import tarfile
from pathlib import Path

import pytest
import toolbox

CATCH2_HEADER = "#define CATCH_VERSION_MAJOR 3\n"
CRATE = "wasm-component-ld"


@pytest.fixture
def tree(tmp_path) -> Path:
    shutil.copytree(toolbox.ROOT / "scripts", tmp_path / "tree/scripts")
    return tmp_path / "tree"


def toolchain(tree: Path, part: str, **variables: str) -> tuple[int, str]:
    """One part alone, and what it complains of."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("CATCH2", "WASI_SDK_PATH")
    }
    command = [str(tree / "scripts/toolchain.sh"), part]
    done = toolbox.run(command, check=False, env=environment | variables)
    return done.returncode, done.stderr


def test_a_python_package_is_the_one_of_its_hash(tree, tmp_path):
    pinned, other = (toolbox.wheel("pinned", "pinned.py", content) for content in (b"x = 1", b"x = 2"))
    hashed = f"pinned==1.0 --hash=sha256:{hashlib.sha256(pinned).hexdigest()}\n"
    (tree / "scripts/requirements.txt").write_text(hashed)
    (tmp_path / "pinned-1.0-py3-none-any.whl").write_bytes(other)
    status, complaint = toolchain(tree, "runtime", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    assert (status, complaint) == (
        1,
        "toolchain: cannot fill the Python venv from PyPI: "
        "pinned==1.0 is not, byte for byte, what the hashes of its pin say\n",
    )
    assert not (tree / ".toolchain/venv").exists()


def test_every_python_package_has_its_hash():
    lines = (toolbox.ROOT / "scripts/requirements.txt").read_text().replace("\\\n", "").splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    assert packages
    assert [line for line in packages if "==" not in line or "--hash=sha256:" not in line] == []


def local_registry(directory: Path, *, tampered: bool) -> str:
    """A registry of one crate, as cargo takes it from a directory, and its checksum."""
    source = directory / f"{CRATE}-1.0.0"
    (source / "src").mkdir(parents=True)
    (source / "Cargo.toml").write_text(f'[package]\nname = "{CRATE}"\nversion = "1.0.0"\n')
    (source / "src/lib.rs").write_text("pub fn main() {}\n")
    archive = directory / f"{CRATE}-1.0.0.crate"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(source, source.name)
    checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
    index = directory / "index/wa/sm" / CRATE
    index.parent.mkdir(parents=True)
    line = {"name": CRATE, "vers": "1.0.0", "deps": [], "cksum": checksum, "features": {}, "yanked": False}
    index.write_text(json.dumps(line) + "\n")
    if tampered:
        archive.write_bytes(archive.read_bytes() + b"\0")
    return checksum


@pytest.mark.parametrize("wrong", [None, "crate", "lockfile"])
def test_a_crate_is_the_one_of_the_lockfile(tree, tmp_path, wrong):
    if shutil.which("cargo") is None or shutil.which("cc") is None:
        pytest.skip("no cargo and cc")
    registry = tmp_path / "registry"
    checksum = local_registry(registry, tampered=wrong == "crate")
    crate = tree / "scripts/wasm-component-ld"
    manifest = (crate / "Cargo.toml").read_text()
    (crate / "Cargo.toml").write_text(re.sub('"=[0-9.]+"', '"=1.0.0"', manifest))
    source = re.search("^source = .*", (crate / "Cargo.lock").read_text(), re.M)[0]
    if wrong == "lockfile":
        checksum = checksum[::-1]
    (crate / "Cargo.lock").write_text(
        f'version = 4\n\n[[package]]\nname = "{CRATE}"\nversion = "1.0.0"\n{source}\n'
        f'checksum = "{checksum}"\n\n'
        f'[[package]]\nname = "{CRATE}-locked"\nversion = "0.0.0"\ndependencies = [\n "{CRATE}",\n]\n'
    )
    home = tmp_path / "cargo"
    home.mkdir()
    (home / "config.toml").write_text(
        f'[source.crates-io]\nreplace-with = "here"\n[source.here]\nlocal-registry = "{registry}"\n'
    )
    status, complaint = toolchain(tree, "component-ld", CARGO_HOME=str(home))
    built = tree / ".toolchain/cargo/bin/wasm-component-ld"
    assert built.exists() == (wrong is None)
    if wrong is None:
        assert (status, complaint) == (0, "")
        return
    assert status == 1
    assert complaint.startswith("toolchain: cannot build wasm-component-ld: error: ")
    assert complaint.count("\n") == 1
    assert f"`{CRATE} v1.0.0" in complaint


@pytest.mark.parametrize("below", ["", "extras"])
def test_catch2_from_a_directory(tree, tmp_path, below):
    directory = tmp_path / below
    directory.mkdir(exist_ok=True)
    (directory / "catch_amalgamated.hpp").write_text(CATCH2_HEADER)
    (directory / "catch_amalgamated.cpp").write_text("one")
    placed = tree / ".toolchain/src/catch2"
    assert toolchain(tree, "catch2", CATCH2=str(tmp_path)) == (0, "")
    assert (placed / "catch_amalgamated.hpp").read_text() == CATCH2_HEADER
    # It stays where nothing else is asked for.
    (directory / "catch_amalgamated.cpp").unlink()
    assert toolchain(tree, "catch2") == (0, "")
    assert (placed / "catch_amalgamated.cpp").read_text() == "one"


@pytest.mark.parametrize("header", [None, "#define CATCH_VERSION_MAJOR 2\n"])
def test_what_is_no_catch2_3_is_refused(tree, tmp_path, header):
    (tmp_path / "catch_amalgamated.cpp").touch()
    if header is not None:
        (tmp_path / "catch_amalgamated.hpp").write_text(header)
    status, complaint = toolchain(tree, "catch2", CATCH2=str(tmp_path))
    assert status == 1
    assert complaint.startswith(
        f"toolchain: CATCH2={tmp_path} is no Catch2 3: it has no catch_amalgamated.hpp "
    )
    assert complaint.count("\n") == 1
    assert not (tree / ".toolchain/src").exists()


@pytest.fixture
def no_debian(tmp_path) -> str:
    """A PATH without apt-get, nor anything that only some tests need."""
    (tmp_path / "bin").mkdir()
    for tool in ("bash", "basename", "cat", "dirname", "env", "flock", "id", "mkdir", "rm", "tail"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    return str(tmp_path / "bin")


def test_no_catch2_and_no_debian(tree, no_debian):
    advice = "set CATCH2 to a directory with the catch_amalgamated.hpp and .cpp of Catch2 3"
    complaint = f"toolchain: this is not Debian: {advice}\n"
    assert toolchain(tree, "catch2", PATH=no_debian) == (1, complaint)


def test_tools_that_cannot_be_installed_are_a_warning(tree, no_debian):
    missing = "musl-gcc pkg-config cmake autoconf"
    warning = (
        f"toolchain: warning: no {missing}, which only root of a Debian can install here: "
        "the tests that need them are skipped\n"
    )
    assert toolchain(tree, "test-tools", PATH=no_debian) == (0, warning)
