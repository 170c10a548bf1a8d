# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs examples/utimes-probe.c on a host, and looks from outside at what it left: probe.py DIRECTORY

On the command line: after `host run --dir DIRECTORY::. utimes-probe.wasm --json --keep >rows.json`,
`python3 test/examples/matrix/probe.py DIRECTORY <rows.json` says what each row came to.
"""

import json
import sys
import time
from pathlib import Path

Row = dict
DAY = 24 * 3600 * 10**9

WRONG_ON_DISK, WRONG_WHEN_READ, DIES, NOT_TRIED = "wrong on disk", "wrong when read", "dies", "not tried"


def rows_of(printed: str) -> list[Row]:
    """Of a run that ended in the middle, the row that it ended in is the last and dies."""
    ending = "" if printed.endswith("]}\n") else f', "verdict": "{DIES}"}}]}}'
    return json.loads(printed + ending)["results"]


def in_ns(time: str) -> int | None:
    """A time as the probe writes it; None: one that nobody asked for."""
    if time in ("now", "omit"):
        return None
    seconds, nanoseconds = time.split(".")
    return int(seconds) * 10**9 + int(nanoseconds)


def written(ns: int) -> str:
    return f"{ns // 10**9}.{ns % 10**9:09}"


def seen_from_outside(row: Row, directory: Path) -> Row:
    """The row, judged again by the times that its file has on the disk."""
    if "file" not in row:
        return row
    status = (directory / row["file"]).lstat()
    now = time.time_ns()
    seen = [status.st_atime_ns, status.st_mtime_ns]
    asked = [in_ns(text) for text in row["asked"]]
    found = [in_ns(text) for text in row["found"]]
    as_asked = [seen[i] == asked[i] for i in range(2) if asked[i] is not None]
    outside = {"seen": [written(ns) for ns in seen]}
    if row["verdict"] == "refused" and any(as_asked):
        return row | {"verdict": WRONG_ON_DISK, "reason": "refused, yet set"} | outside
    if row["verdict"] == "refused" or seen == found:
        return row
    if as_asked and all(as_asked):
        return row | {"verdict": WRONG_WHEN_READ, "reason": "the disk is right"}
    which = [
        name
        for name, ask, see in zip(["access", "modification"], asked, seen, strict=True)
        if ask not in (None, see) and abs(see - now) > DAY  # of today is the making of the file
    ]
    row = {key: value for key, value in row.items() if key != "time"} | outside
    if which:
        row["time"] = which[0]
    if row["verdict"] == "works":
        row |= {"verdict": WRONG_ON_DISK, "reason": "another time than it reads"}
    return row


def all_from_outside(rows: list[Row], directory: Path) -> list[Row]:
    """But for a row whose file a later one has set again: the preopened directory is the same for all."""
    last = {row["file"]: row["id"] for row in rows if "file" in row}
    return [
        seen_from_outside(row, directory) if last.get(row.get("file")) == row["id"] else row for row in rows
    ]


def wrong_time(row: Row) -> tuple[str, str] | None:
    """What was asked for and what it became, where that is of interest."""
    if "time" not in row:
        return None
    i = ["access", "modification"].index(row["time"])
    return row["asked"][i], row.get("seen", row["found"])[i]


def in_words(row: Row) -> str:
    """A cell of the table."""
    why = row.get("errno") or row.get("reason")
    match row["verdict"]:
        case "works":
            return "works"
        case "refused":
            return row["errno"]
        case "wrong" | "wrong on disk" | "wrong when read":
            return f"**{row['verdict']}**: {why}"
        case "dies":
            return "**the run ends**"
        case "not tried":
            return f"not tried: {why}"
    raise ValueError(f"the probe has a new verdict: {row['verdict']}")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: probe.py DIRECTORY <what utimes-probe.wasm --json --keep wrote")
    directory = Path(sys.argv[1])
    try:
        rows = all_from_outside(rows_of(sys.stdin.read()), directory)
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"probe.py: not what the probe wrote and left in {directory}: {error}")
    for row in rows:
        became = wrong_time(row)
        print(f"{row['id']:22} {in_words(row)}" + (f", {became[0]} became {became[1]}" if became else ""))


if __name__ == "__main__":
    main()
