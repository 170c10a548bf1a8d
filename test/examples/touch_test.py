# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""examples/touch.c as a user runs it: good and bad input, on each snapshot."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import toolbox
from toolbox import times_of

START = (1_111_111_111_111_111_111, 1_222_222_222_222_222_222)


@pytest.fixture
def touch(snapshot, example, tmp_path):
    """Runs touch in the test's directory, and answers its exit status and what it said."""

    def run(*args: str, link=toolbox.WRAP) -> tuple[int, str]:
        wasm = example("touch", snapshot, link)
        done = toolbox.run_guest(wasm, *args, dirs={".": tmp_path}, check=False)
        assert done.stdout == ""
        return done.returncode, done.stderr

    return run


def make(path: Path) -> Path:
    path.write_text("content")
    os.utime(path, ns=START)
    return path


@pytest.fixture
def file(tmp_path):
    return make(tmp_path / "file")


def utc(*calendar: int, ns: int = 0) -> int:
    return int(datetime(*calendar, tzinfo=UTC).timestamp()) * 1_000_000_000 + ns


GOOD_TIMES = {
    "2001-02-03T04:05:06.789Z": utc(2001, 2, 3, 4, 5, 6, ns=789_000_000),
    "2001-02-03 04:05:06": utc(2001, 2, 3, 4, 5, 6),
    "2001-02-03t04:05:06,000000001z": utc(2001, 2, 3, 4, 5, 6, ns=1),
    "2001-02-03T04:05:06.123456789+02:00": utc(2001, 2, 3, 2, 5, 6, ns=123_456_789),
    "2001-02-03 04:05:06.5 -0330": utc(2001, 2, 3, 7, 35, 6, ns=500_000_000),
    "2001-02-03T23:05-07": utc(2001, 2, 4, 6, 5),
    "2001-02-03": utc(2001, 2, 3),
    "1970-01-01T00:00:00Z": 0,
    "1969-12-31T23:00:00-01:00": 0,
    "2000-02-29T12:00:00Z": utc(2000, 2, 29, 12),
    "2024-02-29": utc(2024, 2, 29),
    "2100-03-01": utc(2100, 3, 1),
    "2016-12-31T23:59:60Z": utc(2017, 1, 1),
    "2106-02-07T06:28:16Z": 2**32 * 1_000_000_000,
    "@0": 0,
    "@1234567890.000000001": 1_234_567_890_000_000_001,
    "@4294967296,25": 2**32 * 1_000_000_000 + 250_000_000,
}

BAD_TIMES = {
    "no form of time": ["", "now", "@", "@+1", "@1.", "@1 ", " 2001-02-03"],
    "a part is missing": ["2001", "2001-02-03T", "2001-02-03T04", "2001-02-03T04:05:06."],
    "digits are missing": ["2001-2-3", "01-02-03", "2001-02-03T04:05:06+2"],
    "too many digits": ["@1.0123456789", "@9223372036854775808", "2001-02-03T04:05:06.1234567890"],
    "no such month": ["2001-00-01", "2001-13-01"],
    "no such day": ["2001-01-00", "2001-04-31", "2001-02-29", "2100-02-29"],
    "no such time": ["2001-02-03T24:00:00", "2001-02-03T04:60:00", "2001-02-03T04:05:61"],
    "no such distance": ["2001-02-03T04:05:06+24:00", "2001-02-03T04:05:06+02:60"],
    "no such zone": ["2001-02-03T04:05:06ZZ", "2001-02-03T04:05:06 UTC"],
}

# Read right, and then refused by the call: WASI counts from 1970.
EARLY_TIMES = ["1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "@-1", "@-0.000000001", "0000-02-29"]


@pytest.mark.parametrize("text", GOOD_TIMES)
def test_time_is_read(touch, text, file, tmp_path):
    """And set through a descriptor, and of a directory by path."""
    assert touch("-d", text, "file", ".") == (0, "")
    assert times_of(file) == times_of(tmp_path) == (GOOD_TIMES[text],) * 2


@pytest.mark.parametrize("text", [text for texts in BAD_TIMES.values() for text in texts])
def test_what_is_no_time_is_refused(touch, text, file, tmp_path):
    assert touch("-d", text, "file", "missing") == (1, f"touch: {text}: not a time\n")
    assert times_of(file) == START
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("option", ["-d", "-cd"], ids=["descriptor", "path"])
@pytest.mark.parametrize("text", EARLY_TIMES)
def test_time_before_1970_is_left_to_the_call(touch, option, text, file):
    assert touch(option, text, "file") == (1, "touch: file: Invalid argument\n")
    assert times_of(file) == START


@pytest.mark.parametrize("by", ["-", "-c"], ids=["descriptor", "path"])
@pytest.mark.parametrize(
    "options, times",
    [
        ("ad@5", (5_000_000_000, START[1])),
        ("md@5", (START[0], 5_000_000_000)),
        ("mad@4294967296,25", (GOOD_TIMES["@4294967296,25"],) * 2),
    ],
)
def test_which_of_the_times(touch, by, options, times, file):
    assert touch(f"{by}{options}", "file") == (0, "")
    assert times_of(file) == times


def test_no_time_is_now_and_what_is_missing_is_made(touch, tmp_path):
    make(tmp_path / "-a"), make(tmp_path / "by-path")
    before = time.time_ns()
    assert touch("new", "-d", "--", "-r") == (0, "")  # options end at the first file
    assert touch("--", "-a") == (0, "")
    assert touch("-c", "by-path") == (0, "")
    after = time.time_ns()
    there = {"new": "", "-d": "", "--": "", "-r": "", "-a": "content", "by-path": "content"}
    assert all(before <= t <= after for name in there for t in times_of(tmp_path / name))
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == there


def test_c_makes_nothing_and_says_nothing(touch, tmp_path):
    assert touch("-c", "missing", "nor/this") == (0, "")
    assert not any(tmp_path.iterdir())


def test_directory(touch, tmp_path):
    (tmp_path / "directory").mkdir()
    assert touch("-d@7", "directory", ".") == (0, "")
    assert times_of(tmp_path / "directory") == times_of(tmp_path) == (7_000_000_000, 7_000_000_000)


def test_link(touch, tmp_path):
    target = make(tmp_path / "target")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "dangling").symlink_to("nothing")
    assert touch("-hd@8.000000008", "link", "dangling") == (0, "")
    assert times_of(tmp_path / "link") == times_of(tmp_path / "dangling") == (8_000_000_008, 8_000_000_008)
    assert times_of(target) == START
    assert touch("-d@9", "link") == (0, "")
    assert times_of(target) == (9_000_000_000, 9_000_000_000)
    assert times_of(tmp_path / "link")[1] == 8_000_000_008  # following it was an access
    assert touch("-h", "missing") == (1, "touch: missing: No such file or directory\n")
    assert not (tmp_path / "missing").exists()


def test_reference(touch, tmp_path):
    reference = make(tmp_path / "reference")
    (tmp_path / "link").symlink_to("reference")
    os.utime(tmp_path / "link", ns=(10, 11), follow_symlinks=False)
    make(tmp_path / "copy")
    assert touch("-hr", "link", "copy") == (0, "")
    assert times_of(tmp_path / "copy") == (10, 11)
    assert touch("-mr", "reference", "copy") == (0, "")
    assert times_of(tmp_path / "copy") == (10, START[1])
    assert touch("-r", "link", "new") == (0, "")
    assert times_of(tmp_path / "new") == times_of(reference) == START
    assert touch("-r", "missing", "none") == (1, "touch: missing: No such file or directory\n")
    assert not (tmp_path / "none").exists()


def test_one_bad_file_does_not_stop_the_others(touch, file, tmp_path):
    last = make(tmp_path / "last")
    status, said = touch("-d@12", "file", "file/below", "", "no/parent", "last")
    assert times_of(file) == times_of(last) == (12_000_000_000, 12_000_000_000)
    assert status == 1
    assert said.splitlines() == [
        "touch: file/below: Not a directory",
        "touch: : No such file or directory",
        "touch: no/parent: No such file or directory",
    ]


def test_host_without_the_fd_primitive_is_served_by_path(touch, file, tmp_path):
    assert touch("-d@13", "file", "new", link=toolbox.WRAP_NOFD) == (0, "")
    assert times_of(file) == times_of(tmp_path / "new") == (13_000_000_000, 13_000_000_000)


@pytest.mark.parametrize(
    "args, complaint",
    [
        ([], "no file named"),
        (["-a"], "no file named"),
        (["-c", "--"], "no file named"),
        (["-d"], "-d needs an argument"),
        (["-ar"], "-r needs an argument"),
        (["-x", "file"], "-x is no option"),
        (["-afx", "file"], "-f is no option"),
        (["--help"], "-- is no option"),
        (["-d@1", "-r", "file", "file"], "-d and -r exclude each other"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_usage(touch, args, complaint, file):
    status, said = touch(*args)
    assert status == 1
    assert said.splitlines()[:2] == [
        f"touch: {complaint}",
        "usage: touch [-achm] [-d TIME | -r FILE] [--] FILE...",
    ]
    assert times_of(file) == START
