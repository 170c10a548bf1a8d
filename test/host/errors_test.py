# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the host answers, and what the guest gets: across the real component boundary."""

import os
import re

import pytest
import toolbox
from host.error_host import ABSENT, REAL, Call, Host, error_codes

# The errno of each error-code, from the one list of them in the tests.
LIST = (toolbox.ROOT / "test/guest/pure/errno-of.test.cpp").read_text()
ERRNO = {code.replace("_", "-"): errno for code, errno in re.findall(r"errno_of\((\w+)\) == (E\w+)", LIST)}

# What libc's fstat asks of the host, with the wasi-libc of 2026.
FSTAT = ["metadata-hash", "stat"]

# After these answers the fd form may still succeed on a directory.
NO_ANSWER_FOR_DIRECTORY = ["bad-descriptor", "unsupported"]

TIMES = ((1, 2), (3, 999999999))

NAMES = ["file", "link", "directory/inner", "directory", "."]


def times(root):
    """The times of all there is under a directory, itself included. Reads no directory to find out."""
    status = {name: (root / name).lstat() for name in NAMES}
    return {name: (st.st_atime_ns, st.st_mtime_ns) for name, st in status.items()}


OPENINGS = ["open file /d/file rw", "open directory /d/directory rd"]


@pytest.fixture
def guest(snapshot, link, calls_guest):
    return calls_guest(snapshot, link)


@pytest.fixture
def call(guest, make_calls):
    """Makes one call beside open files: what the guest got, and the host calls that it took."""
    return lambda host, line: make_calls(guest, OPENINGS, [line], host)[line]


@pytest.fixture
def changing_nothing(call, tree):
    """The same for a call after which all times are what they were."""

    def make(host: Host, line: str) -> tuple[str, list[Call]]:
        before = times(tree)
        answer = call(host, line)
        assert times(tree) == before
        return answer

    return make


def test_every_error_code_has_an_errno_of_its_own():
    assert list(ERRNO) == error_codes()
    assert len(set(ERRNO.values())) == len(ERRNO) == 37


@pytest.mark.parametrize("code", error_codes())
@pytest.mark.parametrize("link", toolbox.LINKS_FD)
def test_set_times_on_a_file(snapshot, code, changing_nothing):
    result, host_calls = changing_nothing(Host(set_times=code), "futimens file 1:2,3:999999999")
    assert result == ERRNO[code]
    asks = code in NO_ANSWER_FOR_DIRECTORY
    assert without_questions(snapshot, host_calls, asks=asks) == [Call("set-times", TIMES, code)]


@pytest.mark.parametrize("link", toolbox.LINKS)
@pytest.mark.parametrize("code", error_codes())
def test_set_times_at_by_path(snapshot, code, changing_nothing):
    host = Host(set_times_at=code)
    result, host_calls = changing_nothing(host, "utimensat cwd /d/file 1:2,3:999999999 0")
    assert result == ERRNO[code]
    by_path = Call("set-times-at", (frozenset({"symlink-follow"}), "file", *TIMES), code)
    assert without_questions(snapshot, host_calls) == [by_path]


@pytest.mark.parametrize("code", ["no-such-code", ""])
@pytest.mark.parametrize("link", toolbox.LINKS_FD)
def test_a_code_beyond_the_wit_never_reaches_the_guest(code, guest, tree):
    """The boundary refuses it and the guest ends there, so errno_of's EIO cannot be seen from here."""
    for host, line in (
        (Host(set_times=code), "futimens file 1:2,3:4"),
        (Host(set_times_at=code), "utimes /d/file NULL"),
    ):
        done = host.run(guest, dirs={"/d": tree}, stdin=[*OPENINGS, line])
        assert done.stdout.splitlines() == ["ok", "ok directory"]
        assert f"enum variant name `{code}` is not valid" in done.trap


def without_questions(snapshot: str, host_calls: list[Call], *, asks: bool = False) -> list[Call]:
    """The calls but for those by which libc finds out what a file descriptor is.

    With the wasi-libc of 2024 any refused call may ask, by the adapter's fd_fdstat_get. With that of
    2026 only one that `asks` does: refused so that the descriptor may still be a directory's.
    """
    asking = ["get-flags", "get-type"] if toolbox.is_preview1(snapshot) else FSTAT
    asked = [host_call.method for host_call in host_calls if host_call.method in asking]
    if toolbox.is_preview1(snapshot):
        assert len(asked) == len(set(asked))
    else:
        assert asked == (FSTAT if asks else [])
    return [host_call for host_call in host_calls if host_call.method not in asking]


# --- A host without the primitive ---


def first_answer(link: str, host_answer: str, *, of_adapter: bool = False) -> tuple[str, list[Call]]:
    """What the fd form gets before it tries "." for a directory, and at what cost."""
    if link in toolbox.LINKS_NOFD:
        return "unsupported", []
    if of_adapter:  # its own answer for every directory
        return "bad-descriptor", []
    return host_answer, [Call("set-times", TIMES, host_answer)]


FUTIMENS = "futimens {} 1:2,3:999999999"
UTIMENSAT_NULL = "utimensat {} NULL 1:2,3:999999999 0"


@pytest.mark.parametrize("function", [FUTIMENS, UTIMENSAT_NULL])
@pytest.mark.parametrize("link", toolbox.LINKS)
@pytest.mark.parametrize("host_answer", NO_ANSWER_FOR_DIRECTORY)
def test_directory_all_the_same(snapshot, link, host_answer, function, call, tree):
    expected = times(tree)
    expected["directory"] = (1_000_000_002, 3_999_999_999)
    host = Host(set_times=host_answer)
    result, host_calls = call(host, function.format("directory"))
    assert result == "ok"
    assert times(tree) == expected
    _, first = first_answer(link, host_answer, of_adapter=toolbox.is_preview1(snapshot))
    dot = Call("set-times-at", (frozenset(), ".", *TIMES))
    if toolbox.is_preview1(snapshot):  # a good call does not ask
        assert host_calls == [*first, dot]
    else:
        assert without_questions(snapshot, host_calls, asks=True) == [*first, dot]


@pytest.mark.parametrize("function", [FUTIMENS, UTIMENSAT_NULL])
@pytest.mark.parametrize("link", toolbox.LINKS)
@pytest.mark.parametrize("host_answer", NO_ANSWER_FOR_DIRECTORY)
def test_file_is_refused_and_its_neighbours_untouched(
    snapshot, link, host_answer, function, changing_nothing
):
    result, host_calls = changing_nothing(Host(set_times=host_answer), function.format("file"))
    first, first_calls = first_answer(link, host_answer)
    assert result == ERRNO[first]
    assert without_questions(snapshot, host_calls, asks=True) == first_calls


@pytest.mark.parametrize("link", toolbox.LINKS)
@pytest.mark.parametrize("host_answer", NO_ANSWER_FOR_DIRECTORY)
def test_what_is_no_regular_file_is_no_directory_yet(snapshot, link, host_answer, guest, tree, make_calls):
    """A FIFO and a device: "." is not tried on them either."""
    os.mkfifo(tree / "fifo")
    both_ends = os.open(tree / "fifo", os.O_RDWR)  # so that opening it does not wait
    openings = ["open fifo /d/fifo rw", "open null /dev/null r"]
    lines = [FUTIMENS.format(name) for name in ("fifo", "null")]
    got = make_calls(guest, openings, lines, Host(set_times=host_answer), {"/dev": "/dev"})
    os.close(both_ends)
    first, first_calls = first_answer(link, host_answer)
    for result, host_calls in got.values():
        assert result == ERRNO[first]
        assert without_questions(snapshot, host_calls, asks=True) == first_calls


@pytest.mark.parametrize("link", [toolbox.WRAP, toolbox.WRAP_NOFD])
@pytest.mark.parametrize("host_answer", NO_ANSWER_FOR_DIRECTORY)
@pytest.mark.parametrize("code", error_codes())
def test_second_answer_for_a_directory(snapshot, link, host_answer, code, changing_nothing):
    host = Host(set_times=host_answer, set_times_at=code)
    result, host_calls = changing_nothing(host, FUTIMENS.format("directory"))
    first, first_calls = first_answer(link, host_answer, of_adapter=toolbox.is_preview1(snapshot))
    stands = code in ("not-directory", "bad-descriptor")
    assert result == ERRNO[first if stands else code]
    second = Call("set-times-at", (frozenset(), ".", *TIMES), code)
    assert without_questions(snapshot, host_calls, asks=True) == [*first_calls, second]


@pytest.mark.parametrize("code", [code for code in error_codes() if code not in NO_ANSWER_FOR_DIRECTORY])
@pytest.mark.parametrize("link", toolbox.LINKS_FD)
def test_any_other_answer_for_a_directory_stands(snapshot, code, call, tree):
    before = times(tree)
    result, host_calls = call(Host(set_times=code), FUTIMENS.format("directory"))
    if toolbox.is_preview1(snapshot):  # the adapter does not ask
        assert (result, [host_call.method for host_call in host_calls]) == ("ok", ["set-times-at"])
        return
    assert result == ERRNO[code]
    assert times(tree) == before
    assert host_calls == [Call("set-times", TIMES, code)]


@pytest.mark.parametrize("link", toolbox.LINKS_FD)
def test_nothing_is_remembered_from_call_to_call(guest, tree, make_calls):
    """Not a refusal, nor that the host once had the primitive."""
    host = Host(set_times=["unsupported", REAL, "access", "unsupported", REAL])
    lines = [f"futimens file {second}:0,{second}:0" for second in range(1, 6)]
    results = [result for result, _ in make_calls(guest, OPENINGS, lines, host).values()]
    assert results == ["ENOSYS", "ok", "EACCES", "ENOSYS", "ok"]
    assert times(tree)["file"] == (5 * 10**9, 5 * 10**9)


@pytest.mark.parametrize("link", toolbox.LINKS_FD)
def test_guest_that_imports_what_is_absent_cannot_start(guest):
    done = Host(set_times=ABSENT).run(guest, stdin=["support -1"])
    assert done.stdout == ""
    assert "set-times" in done.trap


@pytest.mark.parametrize("link", toolbox.LINKS_NOFD)
def test_no_fd_build_runs_where_set_times_is_absent(guest, tree, make_calls):
    lines = {
        "futimens file 1:2,3:4": "ENOSYS",
        "futimens file 1:-3,3:4": "EINVAL",
        "futimens 77 1:2,3:4": "EBADF",
        "futimens 1 1:2,3:4": "EINVAL",
        "utimensat file NULL 1:2,3:4 0": "ENOSYS",
        "utimensat cwd NULL 1:2,3:4 0": "EFAULT",
        "futimes file 1:2,3:4": "ENOSYS",
        "support file": "0",
        "support directory": "1",
        "futimens directory 5:6,7:8": "ok",
        "utimensat cwd /d/file 9:10,11:12 0": "ok",
    }
    got = make_calls(guest, OPENINGS, lines, Host(set_times=ABSENT))
    assert {line: result for line, (result, _) in got.items()} == lines
    assert times(tree)["directory"] == (5_000_000_006, 7_000_000_008)
    assert times(tree)["file"] == (9_000_000_010, 11_000_000_012)


# --- What a guest can ask ---


@pytest.mark.parametrize("link", toolbox.LINKS)
def test_directory_is_unsupported_where_both_methods_are(changing_nothing):
    """With every wasi-libc, whoever gave the first answer: the host, or the adapter of 2024."""
    host = Host(set_times="unsupported", set_times_at="unsupported")
    assert changing_nothing(host, "support directory")[0] == "0"
    assert changing_nothing(host, FUTIMENS.format("directory"))[0] == "ENOSYS"


@pytest.mark.parametrize("code", error_codes())
@pytest.mark.parametrize("link", toolbox.LINKS_FD)
def test_support_for_a_file(code, changing_nothing):
    result, host_calls = changing_nothing(Host(set_times=code), "support file")
    assert result == ("0" if code == "unsupported" else ERRNO[code])
    assert host_calls[0] == Call("set-times", ("no-change", "no-change"), code)


@pytest.mark.parametrize("fd", ["file", "directory"])
@pytest.mark.parametrize("link", toolbox.LINKS)
@pytest.mark.parametrize("host_answer", [REAL, "unsupported"])
def test_support_says_what_futimens_finds_and_changes_nothing(link, host_answer, fd, call, tree):
    before, changed = times(tree), (tree / fd).stat().st_ctime_ns
    host = Host(set_times=host_answer)
    expected = fd == "directory" or (link in toolbox.LINKS_FD and host_answer == REAL)
    result, host_calls = call(host, f"support {fd}")
    assert result == ("1" if expected else "0")
    assert times(tree) == before
    assert (tree / fd).stat().st_ctime_ns == changed
    for host_call in host_calls:
        if host_call.method.startswith("set-times"):
            assert host_call.arguments[-2:] == ("no-change", "no-change")
    assert call(host, f"futimens {fd} 1:2,3:4")[0] == ("ok" if expected else "ENOSYS")
