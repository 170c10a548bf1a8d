# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How many calls of the host each call takes, and exactly what reaches the host."""

import os
import re

import pytest
import toolbox
from host.error_host import Call, Host

FILES = [
    "open f /d/file rw",
    "open r /d/file r",
    "open w /d/file w",
    "open a /d/file wa",
    "open d /d/directory rd",
]
OTHERS = ["open gone /d/gone rwc", "unlink /d/gone", "open moved /d/moved rwc", "rename /d/moved /d/there"]


def set_times(access, modification):
    return Call("set-times", (access, modification))


def set_times_at(path, access, modification, nofollow=False, answer=None):
    flags = frozenset() if nofollow else frozenset({"symlink-follow"})
    return Call("set-times-at", (flags, path, access, modification), answer)


# What each good call asks of the host: this, once, and nothing else.
ON_FILES = {
    # Nanoseconds as given, `now` as now, `omit` as no-change, each in either member, with anything
    # in the other half.
    "futimens f 1:2,3:4": set_times((1, 2), (3, 4)),
    "futimens f 0:0,0:999999999": set_times((0, 0), (0, 999999999)),
    "futimens f 1:1,4294967296:999999999": set_times((1, 1), (4294967296, 999999999)),
    "futimens f NULL": set_times("now", "now"),
    "futimens f 7:now,-9:now": set_times("now", "now"),
    "futimens f -7:now,5:6": set_times("now", (5, 6)),
    "futimens f 5:6,99:now": set_times((5, 6), "now"),
    "futimens f -7:omit,5:6": set_times("no-change", (5, 6)),
    "futimens f 5:6,9223372036854775807:omit": set_times((5, 6), "no-change"),
    "futimens f 0:omit,0:now": set_times("no-change", "now"),
    "futimens f 0:now,0:omit": set_times("now", "no-change"),
    "futimens r 1:2,3:4": set_times((1, 2), (3, 4)),
    "futimens w 1:2,3:4": set_times((1, 2), (3, 4)),
    "futimens a 1:2,3:4": set_times((1, 2), (3, 4)),
    "futimens gone 1:2,3:4": set_times((1, 2), (3, 4)),
    "futimens moved 1:2,3:4": set_times((1, 2), (3, 4)),
    "futimes f 1:2,3:999999": set_times((1, 2000), (3, 999999000)),
    "futimes f NULL": set_times("now", "now"),
    "utimensat f NULL 1:2,3:4 0": set_times((1, 2), (3, 4)),
    "futimesat f NULL 1:2,3:4": set_times((1, 2000), (3, 4000)),
    "utimensat cwd /d/file 1:2,3:4 0": set_times_at("file", (1, 2), (3, 4)),
    "utimensat cwd /d/file 1:now,3:omit 0": set_times_at("file", "now", "no-change"),
    "utimensat cwd /d/link 1:omit,3:999999999 nofollow": set_times_at(
        "link", "no-change", (3, 999999999), nofollow=True
    ),
    "utimensat cwd /d/link 1:2,3:4 0": set_times_at("link", (1, 2), (3, 4)),
    "utimensat cwd /d/dangling 1:2,3:4 nofollow": set_times_at("dangling", (1, 2), (3, 4), nofollow=True),
    "utimensat cwd d/file 1:2,3:4 0": set_times_at("file", (1, 2), (3, 4)),
    "utimensat cwd /d/directory NULL 0": set_times_at("directory", "now", "now"),
    "utimensat cwd /d/directory/inner NULL 0": set_times_at("directory/inner", "now", "now"),
    "utimensat d inner 1:2,3:4 0": set_times_at("inner", (1, 2), (3, 4)),
    "utimensat d inner 1:2,3:4 nofollow": set_times_at("inner", (1, 2), (3, 4), nofollow=True),
    "utimensat d ./inner 1:2,3:4 0": set_times_at("./inner", (1, 2), (3, 4)),
    "utimensat d . 1:2,3:4 0": set_times_at(".", (1, 2), (3, 4)),
    "utimensat 77 /d/file 1:2,3:4 0": set_times_at("file", (1, 2), (3, 4)),
    "futimesat d inner 1:2,3:4": set_times_at("inner", (1, 2000), (3, 4000)),
    "utimes /d/file 1:2,3:4": set_times_at("file", (1, 2000), (3, 4000)),
    "utimes /d/file NULL": set_times_at("file", "now", "now"),
    "lutimes /d/link 1:2,3:4": set_times_at("link", (1, 2000), (3, 4000), nofollow=True),
    "utime /d/file 1:0,3:0": set_times_at("file", (1, 0), (3, 0)),
    "utime /d/file NULL": set_times_at("file", "now", "now"),
    "support f": set_times("no-change", "no-change"),
}


@pytest.mark.parametrize("link", toolbox.LINKS_FD)
@pytest.mark.parametrize("flags", [[], ["-DWITHOUT_CHDIR"]], ids=["chdir", "no-chdir"])
def test_a_good_call_is_one_host_call(snapshot, link, flags, calls_guest, make_calls):
    guest = calls_guest(snapshot, link, *flags)
    expected = {line: ("1" if line == "support f" else "ok", [call]) for line, call in ON_FILES.items()}
    assert make_calls(guest, FILES + OTHERS, ON_FILES) == expected


LARGEST = 9223372036854775807


def test_largest_time(snapshot, calls_guest, make_calls):
    """The adapter counts nanoseconds in 64 bits; else it is the largest time_t."""
    guest = calls_guest(snapshot, toolbox.WRAP)
    seconds, nanoseconds = divmod(2**64 - 1, 10**9) if toolbox.is_preview1(snapshot) else (LARGEST, 999999999)
    # Whether the file system can hold it is another thing: the host's answer does not matter.
    host = Host(set_times="ok", set_times_at="ok")
    good = f"0:0,{seconds}:{nanoseconds}"
    lines = [f"futimens f {good}", f"utimensat cwd /d/file {good} 0"]
    by_fd, by_path = make_calls(guest, FILES, lines, host).values()
    assert by_fd == ("ok", [set_times((0, 0), (seconds, nanoseconds))])
    assert by_path == ("ok", [set_times_at("file", (0, 0), (seconds, nanoseconds))])
    if toolbox.is_preview1(snapshot):
        beyond = [f"{seconds}:{nanoseconds + 1}", f"{seconds + 1}:0", f"{LARGEST}:0"]
        for bad in beyond:
            lines = [f"futimens f 0:0,{bad}", f"utimensat cwd /d/file {bad},0:0 0"]
            for result, host_calls in make_calls(guest, FILES, lines, host).values():
                assert result == "EINVAL"
                assert not any(call.method.startswith("set-times") for call in host_calls)


def test_directories(snapshot, calls_guest, make_calls):
    """One call where the host answers for a directory; set-times-at beside where step 7 is needed."""
    guest = calls_guest(snapshot, toolbox.WRAP)
    dot = set_times_at(".", (1, 2), (3, 4), nofollow=True)
    for fd in ("d", "3"):  # 3 is the preopened directory
        line = f"futimens {fd} 1:2,3:4"
        good = make_calls(guest, FILES, [line])[line]
        refused = make_calls(guest, FILES, [line], Host(set_times="bad-descriptor"))[line]
        if toolbox.is_preview1(snapshot):  # the adapter says bad-descriptor without asking
            assert good == refused == ("ok", [dot])
        else:
            first = Call("set-times", ((1, 2), (3, 4)), "bad-descriptor")
            # Only a directory is asked for ".": libc's fstat says so.
            questions = [Call("metadata-hash"), Call("stat")]
            assert refused == ("ok", [first, *questions, dot])
            # wasmtime 50.0 sets a preopened directory's times too; 49.0 says bad-descriptor.
            assert good == ("ok", [set_times((1, 2), (3, 4))])


# Arguments that decide by themselves.
REFUSED = {
    "futimens -1 1:2,3:4": "EBADF",
    "futimens -1 0:omit,0:omit": "EBADF",
    "futimens cwd 1:2,3:4": "EBADF",
    "futimens -2147483648 NULL": "EBADF",
    "futimens 77 1:2,3:4": "EBADF",
    "futimens 2147483647 1:2,3:4": "EBADF",
    "futimens 77 1:-3,3:4": "EBADF",
    "futimes -1 1:2,3:4": "EBADF",
    "futimes 77 1:2,3:4": "EBADF",
    "utimensat 77 NULL 1:2,3:4 0": "EBADF",
    "utimensat -1 NULL 1:2,3:4 0": "EBADF",
    "futimesat 77 NULL 1:2,3:4": "EBADF",
    "futimens 0 NULL": "EINVAL",
    "futimens 1 NULL": "EINVAL",
    "futimens 2 1:2,3:4": "EINVAL",
    "utimensat 1 NULL NULL 0": "EINVAL",
    "futimens f 1:-3,3:4": "EINVAL",
    "futimens f 1:2,3:1000000000": "EINVAL",
    "futimens f -1:2,3:4": "EINVAL",
    "futimens f 1:2,-1:0": "EINVAL",
    "futimens f 0:now,-1:0": "EINVAL",
    "futimens f -9223372036854775808:0,0:omit": "EINVAL",
    "futimens d 1:2,3:1000000000": "EINVAL",
    "futimes f 1:1000000,3:4": "EINVAL",
    "futimes f 1:2,3:-1": "EINVAL",
    "futimes f 1:now,3:4": "EINVAL",
    "futimes f 1:2,3:omit": "EINVAL",
    "utimensat f NULL 1:2,3:4 nofollow": "EINVAL",
    "utimensat f NULL 1:2,3:4 0x40": "EINVAL",
    "utimensat 77 NULL 1:2,3:4 nofollow": "EINVAL",
    "utimensat cwd NULL 1:2,3:4 0": "EFAULT",
    "utimensat cwd NULL 1:2,3:4 nofollow": "EFAULT",
    "utimensat cwd NULL 1:2,3:4 0x40": "EINVAL",
    "utimensat cwd /d/file 1:2,3:4 0x40": "EINVAL",
    "utimensat cwd /d/file 1:2,3:4 -1": "EINVAL",
    "utimensat cwd EMPTY 1:2,3:4 0": "ENOENT",
    "utimensat d EMPTY 1:2,3:4 0": "ENOENT",
    "utimensat 77 EMPTY 1:2,3:4 0": "ENOENT",
    "utimensat 77 file 1:2,3:4 0": "EBADF",
    "utimensat -1 file 1:2,3:4 0": "EBADF",
    "utimensat 1 file 1:2,3:4 0": "ENOTDIR",
    "utimensat 1 %FF 1:-3,3:4 0": "ENOTDIR",
    "utimensat 77 %FF 1:-3,3:4 0": "EBADF",
    "utimensat 77 file 1:-3,3:4 0": "EBADF",
    "utimensat 1 file 1:2,-1:0 0": "ENOTDIR",
    "utimensat cwd /elsewhere 1:2,3:4 0": "ENOENT",
    "utimensat cwd /elsewhere/%FF 1:-3,3:4 0": "ENOENT",
    "utimensat cwd /d/%FF 1:2,3:4 0": "EILSEQ",
    "utimensat cwd /d/%FF 1:-3,3:4 0": "EILSEQ",
    "utimensat d %ED%A0%80 1:2,3:4 0": "EILSEQ",
    "utimensat cwd /d/file 1:-3,3:4 0": "EINVAL",
    "utimensat cwd /d/file 1:2,-3:4 nofollow": "EINVAL",
    "utimensat d inner 1:2,3:1000000000 0": "EINVAL",
    "futimesat d inner 1:2,3:1000000": "EINVAL",
    "utimes NULL NULL": "EFAULT",
    "utimes EMPTY NULL": "ENOENT",
    "utimes /d/file 1:4294967296,3:4": "EINVAL",
    "utimes /d/file 1:-1,3:4": "EINVAL",
    "utimes /d/file 1:now,3:4": "EINVAL",
    "lutimes NULL NULL": "EFAULT",
    "lutimes /d/link 1:2,3:1000000": "EINVAL",
    "utime NULL NULL": "EFAULT",
    "utime EMPTY NULL": "ENOENT",
    "utime /d/file -1:0,3:0": "EINVAL",
    "support -1": "EBADF",
    "support 77": "EBADF",
    "support 1": "EINVAL",
}

# Both times UTIME_OMIT: nothing is looked at.
NOTHING_TO_DO = [
    "futimens f 0:omit,0:omit",
    "futimens 77 0:omit,0:omit",
    "futimens 1 -1:omit,-1:omit",
    "utimensat cwd NULL 0:omit,0:omit 0x40",
    "utimensat 77 NULL 0:omit,0:omit nofollow",
    "utimensat cwd /d/file 0:omit,0:omit 0",
    "utimensat cwd /d/missing 0:omit,0:omit -1",
    "utimensat 77 EMPTY 0:omit,0:omit 0",
    "utimensat d %FF 0:omit,0:omit 0",
]


@pytest.mark.parametrize("link", toolbox.LINKS)
@pytest.mark.parametrize("flags", [[], ["-DWITHOUT_CHDIR"]], ids=["chdir", "no-chdir"])
def test_no_host_call_where_arguments_decide(snapshot, link, flags, calls_guest, make_calls):
    guest = calls_guest(snapshot, link, *flags)
    assert make_calls(guest, FILES, NOTHING_TO_DO) == dict.fromkeys(NOTHING_TO_DO, ("ok", []))
    got = make_calls(guest, FILES, REFUSED)
    assert {line: result for line, (result, _) in got.items()} == REFUSED
    # With the wasi-libc of 2024 only the adapter knows what a file descriptor is. Its fd_fdstat_get
    # asks the host for these two, of the call's own file descriptor.
    allowed = {"get-flags", "get-type"} if toolbox.is_preview1(snapshot) else set()
    for line, (_, host_calls) in got.items():
        methods = [call.method for call in host_calls]
        assert set(methods) <= allowed, line
        assert len(methods) == len(set(methods)), line


def test_current_directory(snapshot, calls_guest, make_calls):
    guest = calls_guest(snapshot, toolbox.WRAP)
    before = [*FILES, "chdir /d/directory"]
    lines = {
        "utimes inner 1:2,3:4": ("ok", [set_times_at("directory/inner", (1, 2000), (3, 4000))]),
        "utimensat cwd . 1:2,3:4 0": ("ok", [set_times_at("directory", (1, 2), (3, 4))]),
        "utimensat d inner 1:2,3:4 0": ("ok", [set_times_at("inner", (1, 2), (3, 4))]),
        "utimes /d/file 1:2,3:4": ("ok", [set_times_at("file", (1, 2000), (3, 4000))]),
        "utimes EMPTY NULL": ("ENOENT", []),
    }
    assert make_calls(guest, before, lines) == lines


def test_longest_path_in_a_current_directory(snapshot, calls_guest, make_calls):
    """PATH_MAX - 1 bytes, once joined; the host need not have a file of that name."""
    longest = "directory/".ljust(4095, "x")
    name = longest.removeprefix("directory/")
    lines = {
        f"utimes {name} NULL": ("ok", [set_times_at(longest, "now", "now")]),
        f"utimes {name}x NULL": ("ENAMETOOLONG", []),
    }
    host, guest = Host(set_times_at="ok"), calls_guest(snapshot, toolbox.WRAP)
    assert make_calls(guest, ["chdir /d/directory"], lines, host) == lines


def test_the_host_refuses_a_path_at_once(snapshot, calls_guest, make_calls):
    refused = {
        "utimes /d/missing NULL": ("ENOENT", "missing", "no-entry"),
        "utimes /d/file/x NULL": ("ENOTDIR", "file/x", "not-directory"),
        "utimes /d/dangling NULL": ("ENOENT", "dangling", "no-entry"),
        "utimensat d ../file NULL 0": ("EPERM", "../file", "not-permitted"),
    }
    assert make_calls(calls_guest(snapshot, toolbox.WRAP), FILES, refused) == {
        line: (errno, [set_times_at(path, "now", "now", answer=code)])
        for line, (errno, path, code) in refused.items()
    }


def test_stock_wasmtime_sees_the_same_calls(snapshot, tree, tmp_path, calls_guest):
    """By wasmtime's own trace: what error_host counts is what a host is asked."""
    guest = calls_guest(snapshot, toolbox.WRAP)
    lines = [*FILES, *(line for line in ON_FILES if " gone " not in line and " moved " not in line), *REFUSED]
    counted = Host().run(guest, dirs={"/d": tree}, stdin=lines)
    environment = {**os.environ, "WASMTIME_LOG": "wasmtime_wasi=trace"}
    command = [toolbox.WASMTIME, "run", "--dir", f"{tree}::/d", guest.path]
    (tmp_path / "lines").write_text("\n".join(lines))
    with (tmp_path / "lines").open() as stdin:
        traced = toolbox.run(command, env=environment, stdin=stdin)
    assert traced.stdout == counted.stdout
    methods = re.findall(r'function="\[method\]descriptor\.([a-z-]+)"\}: \S+: call ', traced.stderr)
    assert methods == [call.method for call in counted.calls]
