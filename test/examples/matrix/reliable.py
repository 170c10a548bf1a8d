# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The short table: which calls can be relied on, on which host, in one word each."""

from collections.abc import Iterable, Iterator

from examples.matrix.probe import Row

# Each call, and the rows of the probe that are about it.
FILES = ["read-only", "write-only", "read-write", "append", "renamed", "unlinked", "epoch", "2038", "2106"]
PATHS = ["file", "dirfd", "directory", "preopen", "epoch", "2038", "2106"]
CALLS = [
    ("`futimens`, a date", [f"fd-{row}" for row in FILES]),
    ("its nanoseconds", ["fd-nanoseconds", "fd-today"]),
    ("both now", ["fd-now"]),
    ("one time alone", ["fd-access", "fd-modification"]),
    ("a directory", ["fd-directory", "fd-directory-renamed", "fd-preopen"]),
    ("`utimensat`, a date", [f"path-{row}" for row in PATHS]),
    ("its nanoseconds", ["path-nanoseconds", "path-today"]),
    ("both now", ["path-now"]),
    ("one time alone", ["path-access", "path-modification"]),
    ("links", ["path-follow", "path-nofollow", "path-dangling"]),
]
# Of the overlay alone, or of a question: they are in the long tables only.
ELSEWHERE = {"fd-asking", "fd-before-1970", "path-before-1970"}


def word(verdicts: Iterable[str]) -> str:
    """For what is the same call to the user: yes only where each is."""
    found = {"wrong" if verdict not in ("works", "refused", "not tried") else verdict for verdict in verdicts}
    if found == {"works"}:
        return "yes"
    if "wrong" in found:
        return "**wrong**"
    return "partly" if "works" in found else "no"


def words(runs: list[list[Row]]) -> Iterator[str]:
    """A cell for each call, over all runs of a host with the overlay's usual build."""
    for _, ids in CALLS:
        yield word(row["verdict"] for rows in runs for row in rows if row["id"] in ids)
