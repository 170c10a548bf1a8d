# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A release: what it holds, and guests on each wasi-libc generation from its tarball alone."""

import gzip
import os
import re
import shlex
import shutil
import tarfile
from pathlib import Path

import pytest
import toolbox
from packages import tools
from packages.install_test import SH
from packages.package_test import CMAKE_PROJECT
from packages.tools import GUEST, NAMES, NEWEST, PRINTS, tree, unchanged

COUNTED = "descriptor-counted"
# Beside the sysroots of the toolchain a libc of the counted generation: a stand-in for its table,
# which guests are linked with, over the newest with the table by reference.
STANDS_ON = toolbox.stand_in_sysroot()
SYSROOTS = [*toolbox.SNAPSHOTS, *([COUNTED] if STANDS_ON else [])]
pytestmark = pytest.mark.skipif(
    bool(toolbox.NAMED_SYSROOT), reason="a release is made from the toolchain's sysroots"
)


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> list[Path]:
    """The tarball, made twice."""
    found = []
    for _ in range(2):
        where = tmp_path_factory.mktemp("dist")
        toolbox.make("dist", f"DIST={where}")
        found += where.iterdir()
    return found


@pytest.fixture(scope="module")
def release(releases, tmp_path_factory) -> Path:
    """Unpacked, in a place with a space in its name."""
    where = tmp_path_factory.mktemp("a release")
    with tarfile.open(releases[0]) as archive:
        archive.extractall(where)
    (top,) = where.iterdir()
    return top


@pytest.fixture(params=SYSROOTS)
def sysroot(request, tmp_path) -> tuple[str, Path, list[str]]:
    """The generation of a sysroot, where install.sh finds it, and with what a guest is linked."""
    if request.param != COUNTED:
        stock = toolbox.stock_sysroot(request.param)
        return toolbox.generation(request.param), stock, [f"--sysroot={stock}"]
    table = toolbox.stand_in(STANDS_ON[0])
    tools.archived(tmp_path / "counted/lib/wasm32-wasip2/libc.a", table)
    return COUNTED, tmp_path / "counted", [f"--sysroot={toolbox.stock_sysroot(STANDS_ON[0])}", str(table)]


def install(release: Path, *words: str | Path, check=True, **options):
    return toolbox.run([SH, release / "install.sh", *words], check=check, **options)


def check_guest(prefix: Path, link: list[str], tmp_path: Path) -> None:
    for name in NAMES:
        config = f"--config={prefix}/share/wasi-utimens/{name}.cfg"
        command = [toolbox.SDK / "bin/clang", config, "-Wall", "-Wextra", "-Werror", GUEST, *link]
        assert tools.prints(tmp_path, *command) == PRINTS[name]


def test_the_same_bytes_whenever_it_is_made(releases):
    first, second = (path.read_bytes() for path in releases)
    assert first == second
    assert str(toolbox.ROOT).encode() not in gzip.decompress(first)


def test_installed_for_a_sysroot(release, sysroot, tmp_path):
    generation, stock, link = sysroot
    prefix = tmp_path / "the prefix"
    env = toolbox.ENVIRONMENT | {"WASI_SDK_PATH": str(toolbox.SDK)}
    install(release, "--sysroot", stock, "--prefix", prefix, env=env)
    archive = "lib/wasm32-wasip2/libwasi-utimens.a"
    assert (prefix / archive).read_bytes() == (release / generation / archive).read_bytes()
    assert not any(path.is_symlink() for path in prefix.rglob("*"))
    check_guest(prefix, link, tmp_path)
    install(release, "--uninstall", "--prefix", prefix)
    assert not prefix.exists()


def test_what_each_package_holds(release):
    for generation, shared in {"preview1": True, "descriptor-ref": True, COUNTED: False}.items():
        if generation == COUNTED or toolbox.of_generation(generation):
            for name in NAMES:
                library = release / generation / "lib/wasm32-wasip2" / f"lib{name}"
                assert library.with_suffix(".a").is_file()
                assert library.with_suffix(".so").is_file() == shared


def test_each_package_works_where_it_is(release, sysroot, tmp_path):
    generation, _, link = sysroot
    check_guest(release / generation, link, tmp_path)


def test_installed_for_a_wasi_sdk(release, tmp_path):
    """By its own llvm-nm, with no other on PATH, and no compiler."""
    bare = tmp_path / "bin"
    bare.mkdir()
    for tool in ("cat", "chmod", "cksum", "cp", "dirname", "grep", "mkdir", "mv", "rm", "sh", "sleep"):
        (bare / tool).symlink_to(shutil.which(tool))
    install(release, "--sdk", toolbox.SDK, "--prefix", tmp_path / "new", env={"PATH": str(bare)})
    check_guest(tmp_path / "new", [], tmp_path)


@pytest.mark.parametrize(
    "words, said",
    [
        (["--prefix", "new"], "install: for which wasi-libc? Name a --sysroot, or a wasi-sdk as --sdk"),
        (["--sysroot", "", "--prefix", "new"], "install: --sysroot is empty: name a directory"),
        (["--sysroot", "empty", "--prefix", "new"], "empty is not a wasi-libc sysroot"),
        (["--sdk", "empty", "--prefix", "new"], "empty is no wasi-sdk: it has no bin/llvm-nm"),
        (["--sysroot", "2025", "--prefix", "new"], "(wasi-sdk 28)"),
        (["--sysroot", "overlaid", "--prefix", "new"], "overlaid already holds the overlay"),
        (["--sysroot", "unknown", "--prefix", "new"], "unknown wasi-libc in"),
        (["--sdk", "@sdk"], "install: where to? Name a --prefix"),
        (["--sdk", "@sdk", "--prefix"], "install: --prefix is empty: name a directory"),
        (["--sdk", "@sdk", "--prefix", "a\nb"], "install: --prefix has a line break in its name"),
        (["--sdk", "@sdk", "--prefix", "@sysroot"], "is not as wasi-utimens installs it"),
        (["--force"], "install: no option --force: see install.sh --help"),
        (["--uninstall"], "uninstall: where to? Name a --prefix"),
    ],
)
def test_refused_by_name(words, said, release, tmp_path):
    defines = {
        "2025": ["descriptor_table_get_ref", "descriptor_table_update"],
        "overlaid": ["descriptor_table_get_ref", "__stock_futimens"],
        "unknown": ["futimens"],
    }
    for name, symbols in defines.items():
        source = "".join(f"void {symbol}(void) {{}}\n" for symbol in symbols)
        libc = tools.compiled(tmp_path / f"{name}.c", source)
        tools.archived(tmp_path / name / "lib/wasm32-wasip2/libc.a", libc)
    (tmp_path / "empty").mkdir()
    (tmp_path / "sysroot/include/wasm32-wasip2/sys").mkdir(parents=True)
    (tmp_path / "sysroot/include/wasm32-wasip2/sys/time.h").write_text("the sysroot's own\n")
    places = {"@sdk": str(toolbox.SDK), "@sysroot": str(tmp_path / "sysroot")}
    words = [places.get(word, word) for word in words]
    env = toolbox.ENVIRONMENT | {"WASI_SDK_PATH": str(toolbox.SDK)}
    with unchanged(tmp_path):
        assert said in toolbox.refused(install(release, *words, check=False, env=env, cwd=tmp_path))


@pytest.mark.parametrize("what", ["all of it", "one generation"])
def test_unpacked_over_a_sysroot(what, releases, release, tmp_path):
    """Nothing that was there is another."""
    stock = toolbox.stock_sysroot(NEWEST)
    sysroot = tmp_path / "sysroot"
    shutil.copytree(stock / "include/wasm32-wasip2/sys", sysroot / "include/wasm32-wasip2/sys")
    shutil.copytree(stock / "include/wasm32-wasip2/wasi", sysroot / "include/wasm32-wasip2/wasi")
    (sysroot / "include").chmod(0o755)  # as in the tarball
    before = tree(sysroot)
    unpack = ["tar", "-xzf", releases[0], "-C", sysroot]
    if what == "all of it":
        toolbox.run([*unpack, "--strip-components=1"])
    else:  # tar says that it cannot put the headers there
        done = toolbox.run([*unpack, "--strip-components=2", f"{release.name}/descriptor-ref"], check=False)
        assert done.returncode != 0
    after = tree(sysroot)
    assert {path: after.get(path) for path in before} == before


CMAKE_LOCATION = """
cmake_minimum_required(VERSION 3.13)
project(none NONE)
find_package(wasi-utimens 0.1)
if(wasi-utimens_FOUND)
  get_target_property(location wasi-utimens::wasi-utimens IMPORTED_LOCATION)
  message("found ${location}")
endif()
"""


def located(release: Path, sysroot: Path, tmp_path: Path) -> str:
    where = [f"-DCMAKE_PREFIX_PATH={release}", f"-DCMAKE_C_COMPILER={toolbox.SDK}/bin/clang"]
    return tools.configured(tmp_path, CMAKE_LOCATION, *where, f"-DCMAKE_SYSROOT={sysroot}").stderr


def test_find_package_picks_by_the_sysroot(release, sysroot, tmp_path):
    generation, stock, _ = sysroot
    found = f"found {release}/{generation}/lib/wasm32-wasip2/libwasi-utimens.a\n"
    assert located(release, stock, tmp_path) == found


def test_find_package_says_why_there_is_none(release, tmp_path):
    why = f"generation: {tmp_path}/none is not a directory"
    assert why in " ".join(located(release, tmp_path / "none", tmp_path).split())


@pytest.mark.parametrize("names_sysroot", [True, False], ids=["CMAKE_SYSROOT", "the compiler's own"])
def test_a_guest_by_cmake_from_the_release(names_sysroot, release, tmp_path):
    sysroot = toolbox.SDK / "share/wasi-sysroot" if names_sysroot else None
    toolchain = tools.cmake_toolchain(tmp_path / "toolchain.cmake", sysroot)
    project = CMAKE_PROJECT.format(name="wasi-utimens", guest=GUEST)
    tools.configured(tmp_path, project, f"-DCMAKE_FIND_ROOT_PATH={release}", toolchain)
    assert tools.printed(tools.built(tmp_path) / "guest") == PRINTS["wasi-utimens"]


# --- Its pages ---------------------------------------------------------------


def test_no_link_in_its_pages_is_broken(release):
    for page in release.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_every_line_of_its_readme(release, tmp_path):
    """As it is typed, with SDK and DIR set."""
    toolbox.needs("pkg-config")
    readme = (release / "README.md").read_text()
    blocks = re.findall(r"(?:^    .*\n)+", readme, re.M)
    assert len(blocks) == 3
    home = tmp_path / "release"
    shutil.copytree(release, home, symlinks=True)
    setting = f"set -eu\nSDK={shlex.quote(str(toolbox.SDK))}\nDIR={shlex.quote(str(tmp_path))}/installed\n"
    done = toolbox.run([SH, "-c", setting + "".join(blocks)], cwd=home, env=toolbox.ENVIRONMENT)
    assert f"-isystem{tmp_path}/installed" in done.stdout
    assert not (tmp_path / "installed").exists()
    assert not re.search(r"\bmake [a-z]", readme.partition("## Which wasi-sdk")[0])
    for name in ("touch", "utimes-probe"):
        toolbox.run([toolbox.WASM_TOOLS, "validate", home / f"{name}.wasm"])


def test_every_directory_of_it_is_explained(release):
    readme = (release / "README.md").read_text()
    table = readme.partition("## What is where")[2].partition("## Which")[0]
    for path in release.iterdir():
        if path.is_dir():
            assert f"`{path.name}" in table, path.name
    assert os.access(release / "install.sh", os.X_OK)
