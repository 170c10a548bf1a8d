#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs CPython's tests of file times, and ours, on each build; compares them with known.toml.

`make test-cpython` has made the builds: overlay, nofd (FD=no), and stock, which is only compared.
A test is to pass on the overlay, and to end on the others as it does there; known.toml lists every
other outcome with its reason, and an entry that no longer holds is a failure, too.
"""

import fnmatch
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
CPYTHON = HERE.parents[2] / "build/cpython"
WASMTIME = HERE.parents[2] / ".toolchain/bin/wasmtime"
TAKES_FD = {"overlay": True, "nofd": False, "stock": True}
ANSWERS = {
    "HAVE_FUTIMENS": {"overlay", "stock"},
    "HAVE_UTIMENSAT": {"overlay", "nofd", "stock"},
    "HAVE_FUTIMES": {"overlay"},
    "HAVE_LUTIMES": {"overlay", "nofd"},
}
SUITES = [
    ["test.test_os:*[uU]time*", "test.test_posix:*[uU]time*", "utime_cases"],
    ["test.test_shutil", "test.test_zipfile", "test.test_zipimport"],
    ["test.test_pathlib"],
    ["test.test_tarfile"],
]
LIMIT = 900  # seconds; the longest takes a tenth of it


def run_suite(build: str, words: list[str]) -> tuple[dict[str, tuple[str, str]], str]:
    """The outcome and the reason of each test, and all that was printed."""
    script = CPYTHON / ("python.sh" if build == "overlay" else f"python-{build}.sh")
    with tempfile.TemporaryDirectory() as scratch:
        flags = f"--dir={scratch}::/tmp --dir={HERE}::/cases --env UTIME_TAKES_FD={int(TAKES_FD[build])}"
        done = subprocess.run(
            [str(script), "-B", "/cases/outcomes.py", *words],
            env=os.environ | {"WASMTIME_FLAGS": flags},
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT,
        )
    text = done.stdout.decode(errors="replace")
    outcomes = {}
    for line in re.findall(r"^@ (.*)$", text, re.MULTILINE):
        name, outcome, reason = [*line.split(" ", 2), "", ""][:3]
        outcomes[name] = (outcome, reason)
    if "end" not in outcomes:
        outcomes[" ".join(words)] = ("failed", f"it did not end: exit {done.returncode}")
    outcomes.pop("end", None)
    return outcomes, text


# What gate.py says in each build and on each host: what is not to run is skipped, with the reason.
ERROR_HOST = [HERE.parents[2] / ".toolchain/venv/bin/python", HERE.parents[1] / "host/error_host.py"]
GATES = [
    ("overlay", [], "passed", ""),
    ("nofd", [], "skipped", "this build takes no descriptor"),
    ("overlay", ["--set-times=unsupported"], "skipped", "this host has no such call"),
    ("overlay", ["--lie=scales"], "skipped", "this host sets other times"),
    ("overlay", ["--lie=milliseconds"], "passed", ""),
    ("overlay", ["--lie=nothing"], "skipped", "this host sets other times"),
]


def run_gate(build: str, lie: list[str]) -> str:
    """What came of gate.py under wasmtime, or on a host that does as `lie` says."""
    with tempfile.TemporaryDirectory() as scratch:
        source = CPYTHON / "src"
        python = f"cross-build/{build}/python.wasm"
        libraries = (source / f"cross-build/{build}/pybuilddir.txt").read_text()
        options = [
            f"--argv0={python}",
            f"--dir={source}::/",
            f"--dir={scratch}::/tmp",
            f"--dir={HERE}::/cases",
        ]
        options += [f"--env=PYTHONPATH=/cross-build/{build}/{libraries}"]
        host = [*ERROR_HOST, *lie] if lie else [WASMTIME, "run", "--wasm=max-wasm-stack=8388608"]
        command = [*host, *options, source / python, "-B", "/cases/outcomes.py", "gate"]
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT,
            text=True,
        )
    return done.stdout


def gates() -> dict[str, tuple[str, str]]:
    """A test of each, and one of the page that shows the code."""
    outcomes = {}
    for build, lie, outcome, reason in GATES:
        printed = run_gate(build, lie)
        wanted = f"@ gate.Times.test_descriptor {outcome} {reason}"
        right = wanted.rstrip() in [line.rstrip() for line in printed.splitlines()]
        name = f"gate.{build}.{''.join(lie).lstrip('-') or 'wasmtime'}"
        outcomes[name] = ("passed", "") if right else ("failed", f"not {wanted!r}: {printed[-300:]!r}")
    shown = (HERE / "gate.py").read_text().partition("# [the page begins]\n")[2]
    page = (HERE.parents[2] / "docs/CPYTHON.md").read_text()
    indented = "".join(f"    {line}".rstrip() + "\n" for line in shown.splitlines())
    outcomes["gate.page"] = (
        ("passed", "") if indented in page else ("failed", "docs/CPYTHON.md shows another")
    )
    return outcomes


def answers(build: str) -> dict[str, tuple[str, str]]:
    """What configure found, as a test of each name."""
    config = (CPYTHON / f"src/cross-build/{build}/pyconfig.h").read_text()
    found = {name for name in ANSWERS if re.search(rf"^#define {name} 1$", config, re.MULTILINE)}
    return {
        f"configure.{name}": ("passed" if (name in found) == (build in builds) else "failed", "")
        for name, builds in ANSWERS.items()
    }


class Known:
    def __init__(self):
        self.entries = tomllib.loads((HERE / "known.toml").read_text())["outcome"]
        self.used = set()

    def entry(self, build: str, test: str):
        for number, entry in enumerate(self.entries):
            if build in entry["builds"] and any(fnmatch.fnmatchcase(test, name) for name in entry["tests"]):
                yield number, entry

    def wrong(self, build: str, test: str, outcome: str, expected: str) -> str | None:
        """What is wrong with an outcome, if anything is."""
        for number, entry in self.entry(build, test):
            expected = entry["outcome"]
            self.used.add(number)
        return None if outcome == expected else f"{outcome} where it is to be {expected}"

    def stale(self) -> list[str]:
        return [str(entry["tests"]) for number, entry in enumerate(self.entries) if number not in self.used]


def main() -> int:
    jobs = [(build, words) for words in SUITES for build in TAKES_FD]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: run_suite(*job), jobs))
    outcomes = {build: answers(build) for build in TAKES_FD}
    for (build, words), (found, text) in zip(jobs, results, strict=True):
        outcomes[build] |= found
        (CPYTHON / f"test-{build}-{words[0].split(':')[0]}.log").write_text(text)

    known, wrong, total = Known(), [], dict.fromkeys(("passed", "failed", "skipped"), 0)
    for build, found in outcomes.items():
        counts = dict.fromkeys(total, 0)
        for test in sorted(outcomes["overlay"].keys() | found.keys()):
            outcome, reason = found.get(test, ("failed", "it was not run"))
            usual = outcomes["overlay"].get(test, ("passed", ""))[0]
            expected = "skipped" if usual == "skipped" else "passed"
            counts[outcome] += 1
            if said := known.wrong(build, test, outcome, expected):
                wrong.append(f"FAILED {build} {test}: {said}. {reason}".rstrip())
            elif outcome != "failed":
                total[outcome] += 1
        print(f"{build}: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    for name, (outcome, reason) in gates().items():
        if outcome == "passed":
            total["passed"] += 1
        else:
            wrong.append(f"FAILED {name}: {reason}")
    wrong += [f"FAILED known.toml: nothing ends so any more: {names}" for names in known.stale()]
    for entry in known.entries:
        builds, tests = ", ".join(entry["builds"]), ", ".join(entry["tests"])
        print(f"{entry['outcome']} on {builds}, as known: {tests}: {entry['reason']}")
    for line in wrong:
        print(line)
    print(f"{total['passed']} passed, {len(wrong)} failed, {total['skipped']} skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
