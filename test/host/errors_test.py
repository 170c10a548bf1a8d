# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the host answers, and what the guest gets: across the real component boundary."""

import os

import pytest
import toolbox
from host.error_host import ABSENT, REAL, Call, Guest, Host, error_codes

# The errno of each error-code's name, as POSIX spells it. `unsupported` is ENOSYS.
ERRNO = {
    "access": "EACCES",
    "would-block": "EAGAIN",
    "already": "EALREADY",
    "bad-descriptor": "EBADF",
    "busy": "EBUSY",
    "deadlock": "EDEADLK",
    "quota": "EDQUOT",
    "exist": "EEXIST",
    "file-too-large": "EFBIG",
    "illegal-byte-sequence": "EILSEQ",
    "in-progress": "EINPROGRESS",
    "interrupted": "EINTR",
    "invalid": "EINVAL",
    "io": "EIO",
    "is-directory": "EISDIR",
    "loop": "ELOOP",
    "too-many-links": "EMLINK",
    "message-size": "EMSGSIZE",
    "name-too-long": "ENAMETOOLONG",
    "no-device": "ENODEV",
    "no-entry": "ENOENT",
    "no-lock": "ENOLCK",
    "insufficient-memory": "ENOMEM",
    "insufficient-space": "ENOSPC",
    "not-directory": "ENOTDIR",
    "not-empty": "ENOTEMPTY",
    "not-recoverable": "ENOTRECOVERABLE",
    "unsupported": "ENOSYS",
    "no-tty": "ENOTTY",
    "no-such-device": "ENXIO",
    "overflow": "EOVERFLOW",
    "not-permitted": "EPERM",
    "pipe": "EPIPE",
    "read-only": "EROFS",
    "invalid-seek": "ESPIPE",
    "text-file-busy": "ETXTBSY",
    "cross-device": "EXDEV",
}

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
def call(guest, tree):
    """Makes one call beside open files: what the guest got, and the host calls that it took."""

    def make(host: Host, call: str) -> tuple[str, list[Call]]:
        done = host.run(guest, *OPENINGS, call, dirs={"/d": tree})
        assert (done.returncode, done.trap, done.stderr) == (0, "", "")
        *openings, (line, host_calls) = done.steps
        assert [line for line, _ in openings] == [f"{opening} -> ok" for opening in OPENINGS]
        return line.removeprefix(f"{call} -> "), host_calls

    return make


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
        done = host.run(guest, *OPENINGS, line, dirs={"/d": tree})
        assert done.stdout.splitlines() == [f"{opening} -> ok" for opening in OPENINGS]
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


def first_answer(snapshot: str, link: str, host_answer: str) -> tuple[str, list[Call]]:
    """What the fd form gets for a directory before it tries ".", and at what cost."""
    if link in toolbox.LINKS_NOFD:
        return "unsupported", []
    if toolbox.is_preview1(snapshot):
        return "bad-descriptor", []  # the adapter's own answer for every directory
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
    first = first_answer(snapshot, link, host_answer)[1]
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
    assert result == ERRNO["unsupported" if link in toolbox.LINKS_NOFD else host_answer]
    first = [] if link in toolbox.LINKS_NOFD else [Call("set-times", TIMES, host_answer)]
    assert without_questions(snapshot, host_calls, asks=True) == first


@pytest.mark.parametrize("link", toolbox.LINKS)
@pytest.mark.parametrize("host_answer", NO_ANSWER_FOR_DIRECTORY)
def test_what_is_no_regular_file_is_no_directory_yet(snapshot, link, host_answer, guest, tree):
    """A FIFO and a device: "." is not tried on them either."""
    os.mkfifo(tree / "fifo")
    both_ends = os.open(tree / "fifo", os.O_RDWR)  # so that opening it does not wait
    openings = ["open fifo /d/fifo rw", "open null /dev/null r"]
    lines = [FUTIMENS.format(name) for name in ("fifo", "null")]
    host = Host(set_times=host_answer)
    done = host.run(guest, *openings, *lines, dirs={"/d": tree, "/dev": "/dev"})
    os.close(both_ends)
    error = ERRNO["unsupported" if link in toolbox.LINKS_NOFD else host_answer]
    results = [f"{opening} -> ok" for opening in openings] + [f"{line} -> {error}" for line in lines]
    assert ([line for line, _ in done.steps], done.trap) == (results, "")
    first = [] if link in toolbox.LINKS_NOFD else [Call("set-times", TIMES, host_answer)]
    for _, host_calls in done.steps[len(openings) :]:
        assert without_questions(snapshot, host_calls, asks=True) == first


@pytest.mark.parametrize("link", [toolbox.WRAP, toolbox.WRAP_NOFD])
@pytest.mark.parametrize("host_answer", NO_ANSWER_FOR_DIRECTORY)
@pytest.mark.parametrize("code", error_codes())
def test_second_answer_for_a_directory(snapshot, link, host_answer, code, changing_nothing):
    host = Host(set_times=host_answer, set_times_at=code)
    result, host_calls = changing_nothing(host, FUTIMENS.format("directory"))
    first, first_calls = first_answer(snapshot, link, host_answer)
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
def test_nothing_is_remembered_from_call_to_call(guest, tree):
    """Not a refusal, nor that the host once had the primitive."""
    host = Host(set_times=["unsupported", REAL, "access", "unsupported", REAL])
    lines = [f"futimens file {second}:0,{second}:0" for second in range(1, 6)]
    done = host.run(guest, *OPENINGS, *lines, dirs={"/d": tree})
    results = [line.partition(" -> ")[2] for line, _ in done.steps[len(OPENINGS) :]]
    assert results == ["ENOSYS", "ok", "EACCES", "ENOSYS", "ok"]
    assert times(tree)["file"] == (5 * 10**9, 5 * 10**9)


def on_a_host_without_set_times(guest: Guest, tree, *lines: str):
    if not guest.may_lack_methods:
        pytest.skip("the wasmtime library has wasi:filesystem in this guest's own version, whole")
    return Host(set_times=ABSENT).run(guest, *lines, dirs={"/d": tree})


@pytest.mark.parametrize("link", toolbox.LINKS_FD)
def test_guest_that_imports_what_is_absent_cannot_start(guest, tree):
    done = on_a_host_without_set_times(guest, tree, "support -1")
    assert done.stdout == ""
    assert "set-times" in done.trap


@pytest.mark.parametrize("link", toolbox.LINKS_NOFD)
def test_no_fd_build_runs_where_set_times_is_absent(guest, tree):
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
    done = on_a_host_without_set_times(guest, tree, *OPENINGS, *lines)
    assert done.trap == ""
    got = done.stdout.splitlines()[len(OPENINGS) :]
    assert got == [f"{line} -> {result}" for line, result in lines.items()]
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
