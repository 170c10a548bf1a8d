# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The overlay for guests of shared libraries: beside a libc.so, and inside one."""

import shutil
from pathlib import Path

import pytest
import toolbox
import wasm_object
from packages import tools, wasi_sdk
from packages.tools import FUNCTIONS, SCRIPTS
from packages.wasi_sdk import LIB

# What they share is made once.
pytestmark = pytest.mark.xdist_group("shared")

ALL = [*FUNCTIONS, "wasi_utimens_fd_support"]

# A program and a library of its own, which both set times. A path "" is the current directory with
# stock, and no file with the overlay.
LIBRARY = """
#include <fcntl.h>
#include <sys/stat.h>
int by_path(const char *path) {
  const struct timespec times[2] = {{1, 2}, {3, 4}};
  return utimensat(AT_FDCWD, path, times, 0);
}
"""
PROGRAM = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
int by_path(const char *path);
int main(void) {
  const struct timespec times[2] = {{5, 6}, {7, 8}};
  const int fd = open("/d/file", O_RDWR | O_CREAT, 0666);
  printf("%d", by_path("/d/file"));
  printf(" %d", by_path(""));
  errno = 0;
  printf(" %d", futimens(fd, times));
  printf(" %s", errno == ENOSYS ? "ENOSYS" : errno == 0 ? "ok" : "?");
  struct stat status;
  fstat(fd, &status);
  printf(" %lld.%ld\\n", status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}
"""
STOCK = "0 0 0 ok 7.8\n"
PRINTS = {"wasi-utimens": "0 -1 0 ok 7.8\n", "wasi-utimens-nofd": "0 -1 -1 ENOSYS 3.4\n"}
NAMES = list(PRINTS)


@pytest.fixture(scope="module")
def stock(tmp_path_factory) -> Path:
    return wasi_sdk.make_sysroot(tmp_path_factory.mktemp("stock") / "sysroot")


@pytest.fixture
def changeable(stock, tmp_path) -> Path:
    return shutil.copytree(stock, tmp_path / "sysroot", symlinks=True)


def link_shared(sysroot: Path, directory: Path):
    pic = toolbox.build_dir(wasi_sdk.headers_of()) / "pic"
    archives = [pic / f"lib{name}.a" for name in NAMES]
    return toolbox.run([SCRIPTS / "shared.py", sysroot, toolbox.SDK, directory, *archives, *ALL])


@pytest.fixture(scope="module")
def libraries(stock, tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("libraries") / "shared"
    assert link_shared(stock, directory).stderr == "" == (directory / "left-out").read_text()
    return directory


@pytest.fixture(scope="module")
def parts(stock, tmp_path_factory) -> list[Path]:
    """The guest, but for libc.so."""
    where = tmp_path_factory.mktemp("parts")
    (where / "library.c").write_text(LIBRARY)
    (where / "program.c").write_text(PROGRAM)
    flags = [f"--sysroot={stock}", "-fPIC", "-fvisibility=default"]
    flags += ["-Wl,--skip-wit-component,-shared,--experimental-pic"]
    library, program = where / "library.so", where / "program.so"
    toolbox.clang(*flags, "-nostartfiles", "-Wl,--no-entry", where / "library.c", "-o", library)
    toolbox.clang(*flags, where / "program.c", library, "-o", program)
    return [program, library]


def printed(where: Path, *libraries: Path) -> str:
    guest = where / "guest.wasm"
    toolbox.run([toolbox.WASM_TOOLS, "component", "link", *libraries, "-o", guest])
    return tools.printed(guest)


def text_of(module: Path) -> str:
    return toolbox.run([toolbox.WASM_TOOLS, "print", module]).stdout


# --- Beside libc.so ----------------------------------------------------------


def test_a_guest_with_stock_alone(stock, parts, tmp_path):
    assert printed(tmp_path, *parts, stock / LIB / "libc.so") == STOCK


@pytest.mark.parametrize("name", NAMES)
def test_a_guest_of_two_libraries(name, stock, libraries, parts, tmp_path):
    library, libc = libraries / f"lib{name}.so", stock / LIB / "libc.so"
    assert printed(tmp_path, *parts, library, libc) == PRINTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_library_exports_and_imports(name, libraries):
    module = (libraries / f"lib{name}.so").read_bytes()
    exports = {export.decode() for export in wasm_object.exports(module)}
    assert exports - {"__wasm_call_ctors", "__wasm_apply_data_relocs"} == set(ALL)
    assert [type for type, _ in wasm_object.custom_sections(module) if type.startswith(b"component-type")]
    imports = text_of(libraries / f"lib{name}.so")
    assert '"[method]descriptor.set-times-at"' in imports
    assert ('"[method]descriptor.set-times"' in imports) == (name == "wasi-utimens")


def test_the_component_type_is_that_of_the_wit():
    written = toolbox.run([SCRIPTS / "component_type.py", toolbox.WASM_TOOLS]).stdout
    assert (toolbox.ROOT / "wit-imports/component-type.s").read_text() == written


def test_installed_beside_the_archives(snapshot):
    built = toolbox.build_dir(snapshot) / "shared"
    there = {path.name for path in (toolbox.installed(snapshot) / LIB).glob("*.so")}
    assert there == {path.name for path in built.glob("*.so")}
    assert there == (set() if (built / "left-out").read_text() else {f"lib{name}.so" for name in NAMES})


HIDDEN = frozenset({"descriptor_table_get_ref", "descriptor_table_get", "__wasilibc_descriptor_deallocate"})


@pytest.fixture(scope="module")
def hides_its_table(tmp_path_factory) -> Path:
    """As wasi-libc since July 2026."""
    return wasi_sdk.make_sysroot(tmp_path_factory.mktemp("hides") / "sysroot", hidden=HIDDEN)


def test_refused_beside_a_libc_that_hides_its_table(hides_its_table, tmp_path):
    done = link_shared(hides_its_table, tmp_path / "shared")
    assert [path.name for path in (tmp_path / "shared").iterdir()] == ["left-out"]
    line = (tmp_path / "shared/left-out").read_text()
    assert line.count("\n") == 1 and done.stdout == done.stderr == ""
    assert f"the libc.so of {hides_its_table} hides its descriptor table (descriptor_table_get_ref)" in line
    assert line.endswith("make sysroot makes one that has the overlay inside\n")


# --- Inside libc.so ----------------------------------------------------------


def overlay_inside(sysroot: Path, dest: Path, name: str = "wasi-utimens", check: bool = True):
    command = tools.overlay_inside("sysroot.py", sysroot, dest, name, snapshot=wasi_sdk.headers_of())
    return toolbox.run(command, check=check)


@pytest.fixture(scope="module", params=NAMES)
def copy(request, stock, tmp_path_factory) -> tuple[str, Path]:
    dest = tmp_path_factory.mktemp("copy") / "sysroot"
    assert overlay_inside(stock, dest, request.param).stderr == ""
    return request.param, dest


def test_a_guest_with_the_overlay_inside_libc(copy, parts, tmp_path):
    name, sysroot = copy
    assert printed(tmp_path, *parts, sysroot / LIB / "libc.so") == PRINTS[name]


def test_libc_has_the_exports_of_stock_and_ours(copy, stock):
    before, after = (wasm_object.exports((root / LIB / "libc.so").read_bytes()) for root in (stock, copy[1]))
    assert before <= after
    ours = {name.encode() for name in ALL}
    assert after - before == ours - before


def test_a_libc_that_hides_its_table_is_made_with_the_overlay_inside(hides_its_table, parts, tmp_path):
    overlay_inside(hides_its_table, tmp_path / "copy")
    libc = tmp_path / "copy" / LIB / "libc.so"
    assert not HIDDEN & {name.decode() for name in wasm_object.exports(libc.read_bytes())}
    assert printed(tmp_path, *parts, libc) == PRINTS["wasi-utimens"]


def test_weak_functions_of_libc_may_be_replaced(copy):
    """As with stock: libc, too, takes them from whichever library of the guest is named first."""
    text = text_of(copy[1] / LIB / "libc.so")
    for weak in ("clock_gettime", "isatty", "__wasilibc_find_relpath_alloc"):
        assert f'(import "env" "{weak}" ' in text


def test_functions_of_long_double_as_in_stock(changeable, tmp_path):
    """libc.so has the members of libc-printscan-long-double.a in place of libc.a's."""
    source = "int ffs(int i) { return 77; } static int printf(void) { return 0; }"
    instead = tools.compiled(tmp_path / "ffs.c", source, "-fPIC", "-fno-builtin")
    tools.archived(changeable / LIB / "libc-printscan-long-double.a", instead)
    overlay_inside(changeable, tmp_path / "copy")
    text = text_of(tmp_path / "copy" / LIB / "libc.so")
    body = text[text.index("(func $ffs ") :]
    assert "i32.const 77" in body[: body.index("(func", 1)]


def test_what_starts_a_libc_is_the_sysroots_own(changeable, tmp_path):
    source = "void _initialize(void) {} void of_this_sysroot(void) {}"
    tools.compiled(tmp_path / "start.c", source, "-fPIC", "-fvisibility=default")
    shutil.copyfile(tmp_path / "start.o", changeable / LIB / "crt1-reactor.o")
    overlay_inside(changeable, tmp_path / "copy")
    assert b"of_this_sysroot" in wasm_object.exports((tmp_path / "copy" / LIB / "libc.so").read_bytes())


def test_a_libc_that_lacks_what_its_libc_so_has(changeable, tmp_path):
    names = [f"lost_{letter}" for letter in "abcdefg"]
    source = " ".join(f"void {name}(void) {{}}" for name in names)
    lost = tools.compiled(tmp_path / "lost.c", source, "-fPIC", "-fvisibility=default")
    tools.archived(changeable / LIB / "libc.a", lost)
    wasi_sdk.link_libc_so(changeable)
    toolbox.run([toolbox.SDK / "bin/llvm-ar", "d", changeable / LIB / "libc.a", "lost.o"])
    line = toolbox.refused(overlay_inside(changeable, tmp_path / "copy", check=False))
    assert line == f"sysroot: cannot make {LIB / 'libc.so'}: it would lack {', '.join(names)}"
    assert not (tmp_path / "copy").exists()


def test_a_libc_that_is_not_position_independent(changeable, tmp_path):
    debian = toolbox.stock_sysroot(wasi_sdk.headers_of())
    if (debian / LIB / "libc.so").exists():
        pytest.skip("the libc.a of this sysroot is position-independent, too")
    shutil.copyfile(debian / LIB / "libc.a", changeable / LIB / "libc.a")
    line = overlay_inside(changeable, tmp_path / "copy").stderr
    assert not (tmp_path / "copy" / LIB / "libc.so").exists()
    why = "it would be without the overlay, and libc.a, not being position-independent, makes no other"
    assert line == f"sysroot: {LIB / 'libc.so'} is left out: {why}\n"


# --- Bitcode for -flto -------------------------------------------------------


def test_a_libc_of_bitcode_becomes_one_of_objects(changeable, tmp_path):
    """clang looks in llvm-lto first with -flto; nothing renames what is defined in bitcode."""
    copy = tmp_path / "copy"
    version = toolbox.clang("-dumpversion").stdout.strip()
    bitcode = LIB / "llvm-lto" / version / "libc.a"
    futimens = "int futimens(int fd, const void *times) { return 77; }"
    tools.archived(changeable / bitcode, tools.compiled(tmp_path / "futimens.c", futimens, "-flto"))
    overlay_inside(changeable, copy)
    assert (copy / bitcode).read_bytes() == (copy / LIB / "libc.a").read_bytes()
    (tmp_path / "guest.c").write_text(LIBRARY + PROGRAM)
    command = [*toolbox.CLANG, f"--sysroot={copy}", "-flto", tmp_path / "guest.c"]
    assert tools.prints(tmp_path, *command) == PRINTS["wasi-utimens"]
