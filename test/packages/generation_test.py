# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which wasi-libc a sysroot has: each generation is known, and what is not quite one is refused by name."""

import sys
from pathlib import Path

import pytest
import toolbox
from packages import tools, wasi_sdk

LIBC = "lib/wasm32-wasip2/libc.a"
PYTHON = [sys.executable, tools.SCRIPTS / "generation.py"]
# What a release has in its place: by the names of symbols alone.
SHELL = ["sh", tools.SCRIPTS / "generation.sh"]
BOTH = pytest.mark.parametrize("by", [PYTHON, SHELL], ids=["python", "shell"])


def generation_of(sysroot: Path, by=PYTHON):
    return toolbox.run([*by, sysroot], check=False)


def refused(sysroot: Path, by=PYTHON) -> str:
    line = toolbox.refused(generation_of(sysroot, by))
    assert line.startswith("generation: ") and str(sysroot) in line
    return line


# --- Libcs of a few lines ----------------------------------------------------

PREVIEW1 = """
int __wasi_fd_filestat_set_times(int fd, unsigned long long a, unsigned long long m, int flags) { return 0; }
"""
SOCKETS = "_Bool descriptor_table_get_ref(int fd, void **entry) { return 0; }"
REF = "void *descriptor_table_get_ref(int fd) { return 0; }"
COUNTED = """
struct entry { unsigned *count; const void *vtable; };
int descriptor_table_get(int fd, struct entry *entry) { return -1; }
void __wasilibc_descriptor_deallocate(struct entry entry) {}
"""
# As libc's file.c: the functions are local, and only the table of them goes anywhere.
FILES = """
static void file_free(void *data) {}
static int file_set_blocking(void *data, _Bool on) { return 0; }
static int file_fstat(void *data, void *status) { return 0; }
static int file_get_file(void *data, int *borrow) { return 0; }
static struct {
  void (*free)(void *);
  void *streams[2];
  int (*set_blocking)(void *, _Bool);
  int (*slots[2])();
} file_vtable = {file_free, {0, 0}, file_set_blocking, {file_fstat, file_get_file}};
void *file(void) { return &file_vtable; }
"""
ADVICE = "use another sysroot, or add its generation"


@pytest.fixture
def libc(tmp_path):
    """Makes a sysroot whose libc.a is compiled from these sources."""

    def make(*sources: str, flags=()) -> Path:
        objects = [
            tools.compiled(tmp_path / f"{number}.c", source, *flags) for number, source in enumerate(sources)
        ]
        tools.archived(tmp_path / "sysroot" / LIBC, *objects)
        return tmp_path / "sysroot"

    return make


KNOWN = {
    "preview1": [PREVIEW1],
    "preview1, with sockets": [PREVIEW1, SOCKETS],
    "descriptor-ref": [REF, FILES],
    "descriptor-ref, whose table is used from elsewhere": [
        REF,
        FILES.replace("static struct", "struct table"),
        "extern const char file_vtable[]; const char *use(void) { return file_vtable; }",
    ],
    "descriptor-counted": [COUNTED, FILES],
}


@BOTH
@pytest.mark.parametrize("name", KNOWN)
def test_each_generation_is_known(name, by, libc):
    done = generation_of(libc(*KNOWN[name]), by)
    assert (done.stdout, done.stderr) == (f"{name.split(',')[0]}\n", "")


@pytest.mark.parametrize("flags", [["-fPIC"], ["-O2", "-g"], ["-ffunction-sections", "-fdata-sections"]])
def test_however_it_was_compiled(flags, libc):
    assert generation_of(libc(REF, FILES, flags=flags)).stdout == "descriptor-ref\n"


def swapped(first: str, second: str) -> str:
    """file.c with two members of the vtable in each other's place."""
    before, table = FILES.split("} file_vtable = ")
    return f"{before}}} file_vtable = {table.replace(f'{first}, {second}', f'{second}, {first}')}"


UNKNOWN = {
    "another signature: by reference": (
        [SOCKETS, FILES],
        "like descriptor-ref, but descriptor_table_get_ref is (i32, i32) -> i32, not (i32) -> i32;",
    ),
    "another signature: counted": (
        [COUNTED.replace("int fd,", ""), FILES],
        "like descriptor-counted, but descriptor_table_get is (i32) -> i32, not (i32, i32) -> i32;",
    ),
    "another signature: the end of a count": (
        [COUNTED.replace("struct entry entry", "struct entry *entry, int fd"), FILES],
        "__wasilibc_descriptor_deallocate is (i32, i32) -> nothing, not (i32) -> nothing;",
    ),
    "another signature: preview 1": (
        [PREVIEW1.replace("int flags", "int flags, int more")],
        "like preview1, but __wasi_fd_filestat_set_times is (i32, i64, i64, i32, i32) -> i32, not",
    ),
    "another signature: the sockets of preview 1": (
        [PREVIEW1, REF],
        "like preview1, but descriptor_table_get_ref is (i32) -> i32, not (i32, i32) -> i32;",
    ),
    "slots swapped": (
        [REF, swapped("file_fstat", "file_get_file")],
        "slot 4 of file_vtable is file_get_file, not file_fstat; slot 5 of file_vtable is file_fstat, not",
    ),
    "slots swapped, counted": ([COUNTED, swapped("file_fstat", "file_get_file")], "slot 4 of file_vtable is"),
    "a slot more in front": (
        [REF, FILES.replace("*streams[2]", "*streams[3]").replace("{0, 0}", "{0, 0, 0}")],
        "slot 4 of file_vtable is file_set_blocking, not file_fstat",
    ),
    "an empty slot": (
        [REF, FILES.replace("{file_fstat, file_get_file}", "{file_fstat, 0}")],
        "slot 5 of file_vtable is another, not file_get_file",
    ),
    "data of that name": (["int descriptor_table_get_ref = 1;", FILES], "it defines none of"),
    "no vtable": ([REF + "static int grow() { return 0; } void *used = grow;"], "but it has no file_vtable;"),
}


@pytest.mark.parametrize("sources, said", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_quite_one_is_refused(sources, said, libc):
    line = refused(libc(*sources))
    assert line.startswith("generation: unknown wasi-libc in ") and said in line and ADVICE in line


USES_IT = "void *descriptor_table_get_ref(int); void *use(void) { return descriptor_table_get_ref(3); }"
FROM_THE_HOST = USES_IT.replace("void *", '__attribute__((import_name("get"))) void *', 1)
WITHOUT_ITS_SYMBOLS = {
    "symbol gone": FILES,
    "half of the symbols gone": COUNTED.replace("deallocate", "drop"),
    "used, not defined": USES_IT,
    "the host's, not defined": FROM_THE_HOST,
    "a name that ends like it": REF.replace("descriptor", "my_descriptor"),
    "a name that begins like it": REF.replace("get_ref", "get_reference"),
}


@BOTH
@pytest.mark.parametrize("source", WITHOUT_ITS_SYMBOLS.values(), ids=WITHOUT_ITS_SYMBOLS)
def test_a_libc_without_the_symbols_of_any(source, by, libc):
    line = refused(libc(source, FILES.replace("*file(", "*other(")), by)
    assert (
        "it defines none of __wasi_fd_filestat_set_times, descriptor_table_get_ref, " in line
        and ADVICE in line
    )


def test_without_the_names_of_local_functions(libc):
    """No vtable is to be found then: the types of the functions decide."""
    assert generation_of(libc(REF)).stdout == "descriptor-ref\n"


@BOTH
def test_the_wasi_libc_of_wasi_sdk_28(by, libc):
    line = refused(libc(SOCKETS, "_Bool descriptor_table_update(int fd, void *entry) { return 0; }"), by)
    assert "September to November 2025" in line and line.endswith("take wasi-sdk 29 or later")


def test_a_libc_of_bitcode(libc):
    assert "is of LLVM bitcode: use a sysroot" in refused(libc(REF, FILES, flags=["-flto"]))


# --- Libcs as they are -------------------------------------------------------


def test_the_libc_of_rust(tmp_path):
    """A wasi-sdk built it, position-independent, with sockets."""
    stdout = generation_of(wasi_sdk.rust_sysroot(tmp_path / "sysroot")).stdout
    assert stdout in ("preview1\n", "descriptor-ref\n", "descriptor-counted\n")


@BOTH
def test_a_sysroot(snapshot, by):
    """As built, and with the overlay inside."""
    assert generation_of(toolbox.stock_sysroot(snapshot), by).stdout == f"{toolbox.generation(snapshot)}\n"
    for link in (toolbox.SYSROOT, toolbox.SYSROOT_NOFD):
        line = refused(toolbox.build_dir(snapshot) / link, by)
        assert line.endswith(" already holds the overlay: name the sysroot that it was made from")


# --- No libc -----------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("words", [[], ["one", "two"]], ids=["none", "two"])
def test_other_than_one_word(by, words):
    line = toolbox.refused(toolbox.run([*by, *words], check=False))
    assert line == f"generation: usage: {by[-1].name} SYSROOT"


@BOTH
def test_no_directory(by, tmp_path):
    assert "missing is not a directory" in refused(tmp_path / "missing", by)
    (tmp_path / "file").touch()
    assert "file is not a directory" in refused(tmp_path / "file", by)


@BOTH
def test_no_libc(by, tmp_path):
    assert "not a wasi-libc sysroot" in refused(tmp_path, by)


def test_a_libc_that_cannot_be_read(tmp_path):
    (tmp_path / LIBC).mkdir(parents=True)
    assert f"cannot read {tmp_path / LIBC}: Is a directory" in refused(tmp_path)


def damaged(archive: bytes) -> dict[str, tuple[bytes, str]]:
    member = archive.index(b"\0asm")
    return {
        "no archive": (b"GROUP(libc)\n", "is not an archive"),
        "empty": (b"", "is not an archive"),
        "cut short": (archive[:-100], "is cut short or broken, at byte"),
        "a header cut short": (archive[: member - 30], "is cut short or broken, at byte"),
        "a size that is no number": (archive[: member - 12] + b"x" + archive[member - 11 :], "at byte"),
        "a header that ends otherwise": (archive[: member - 2] + b"xx" + archive[member:], "at byte"),
        "a member cut short": (archive[: member + 9] + b"\xff\x7f" + archive[member + 11 :], "0.o: it ends"),
    }


@pytest.mark.parametrize("damage", damaged(b"\0asm"))
def test_damaged_archives(damage, libc):
    sysroot = libc(REF, FILES)
    content, said = damaged((sysroot / LIBC).read_bytes())[damage]
    (sysroot / LIBC).write_bytes(content)
    assert said in refused(sysroot)
    if "archive" in said or "number" in damage:
        assert f"llvm-nm cannot read {sysroot / LIBC}" in refused(sysroot, SHELL)
