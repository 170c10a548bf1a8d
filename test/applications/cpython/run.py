# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs CPython's tests of file times, and ours, on each build; compares them with known.toml.

`make test-cpython` has made the builds: overlay, nofd (FD=no), and stock, which is only compared.
A test is to pass on the overlay, and to end on the others as it does there; known.toml lists every
other outcome with its reason, and an entry that no longer holds is a failure, too.
"""

import fnmatch
import os
import re
import shlex
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import toolbox

from docs import pages

HERE = Path(__file__).resolve().parent
CPYTHON = toolbox.ROOT / "build/cpython"
TAKES_FD = {"overlay": True, "nofd": False, "stock": True}
# What configure is to find in each build, by its column in the page.
ANSWERS = pages.table("docs/CPYTHON.md", "What CPython makes of it")
COLUMN = {"overlay": "overlay", "nofd": "overlay, `FD=no`", "stock": "stock wasi-libc"}
SUITES = [
    ["test.test_os:*[uU]time*", "test.test_posix:*[uU]time*", "utime_cases"],
    ["test.test_shutil", "test.test_zipfile", "test.test_zipimport"],
    ["test.test_pathlib"],
    ["test.test_tarfile"],
]
LIMIT = 900  # seconds; the longest takes a tenth of it


# How a test gates itself, as the page has it.
(GATE,) = [block.text for block in pages.blocks("docs/CPYTHON.md") if block.comment == "file: gate.py"]


def error_host(command: Path, option: str) -> str:
    """A command in the place of wasmtime, as which python-*.sh calls it: run --wasm STACK OPTION…"""
    host = [sys.executable, toolbox.ROOT / "test/host/error_host.py", option]
    command.write_text(f'#!/bin/sh\nshift 3\nexec {shlex.join(map(str, host))} "$@"\n')
    command.chmod(0o755)
    return str(command)


def run_suite(build: str, words: list[str], host: str = "") -> tuple[dict[str, tuple[str, str]], str]:
    """The outcome and the reason of each test, and all that was printed.

    Under wasmtime, or on error_host.py where `host` is an option of it.
    """
    script = CPYTHON / ("python.sh" if build == "overlay" else f"python-{build}.sh")
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "gate.py").write_text(GATE)
        flags = f"--dir={scratch}::/tmp --dir={HERE}::/cases --env UTIME_TAKES_FD={int(TAKES_FD[build])}"
        environment = os.environ | {"WASMTIME_FLAGS": flags}
        if host:
            environment["WASMTIME"] = error_host(Path(scratch, "wasmtime"), host)
        options = {"env": environment, "cwd": scratch, "timeout": LIMIT, "errors": "replace"}
        command = [script, "-B", "/cases/outcomes.py", *words]
        done = toolbox.run(command, check=False, together=True, **options)
    outcomes = {}
    for line in re.findall(r"^@ (.*)$", done.stdout, re.MULTILINE):
        name, outcome, reason = [*line.split(" ", 2), "", ""][:3]
        outcomes[name] = (outcome, reason)
    if "end" not in outcomes:
        outcomes[" ".join(words)] = ("failed", f"it did not end: exit {done.returncode}")
    outcomes.pop("end", None)
    return outcomes, done.stdout


# What the gate says in each build and on each host: what is not to run is skipped, with the reason.
GATES = [
    ("overlay", "", "passed", ""),
    ("nofd", "", "skipped", "this build takes no descriptor"),
    ("overlay", "--set-times=unsupported", "skipped", "this host has no such call"),
    ("overlay", "--lie=scales", "skipped", "this host sets other times"),
    ("overlay", "--lie=milliseconds", "passed", ""),
    ("overlay", "--lie=nothing", "skipped", "this host sets other times"),
]


def gates() -> Iterator[tuple[str, str]]:
    """A test of each: its name, and what was printed where that is not right."""
    for build, host, outcome, reason in GATES:
        found, text = run_suite(build, ["gate"], host)
        right = found == {"gate.Times.test_descriptor": (outcome, reason)}
        yield f"gate.{build}.{host.lstrip('-') or 'wasmtime'}", "" if right else text[-300:]


def answers(build: str) -> dict[str, tuple[str, str]]:
    """What configure found, as a test of each name."""
    config = (CPYTHON / f"src/cross-build/{build}/pyconfig.h").read_text()
    outcomes = {}
    for name, wanted in [(row[""].strip("`"), row[COLUMN[build]]) for row in ANSWERS]:
        if name.startswith("HAVE_"):
            found = re.search(rf"^#define {name} 1$", config, re.MULTILINE) is not None
            outcomes[f"configure.{name}"] = ("passed" if found == (wanted == "yes") else "failed", "")
    return outcomes


def known_outcome(known: list[dict], build: str, test: str, otherwise: str) -> str:
    """What known.toml has for a test, if it has an entry, which is used then."""
    for entry in known:
        if build in entry["builds"] and any(fnmatch.fnmatchcase(test, name) for name in entry["tests"]):
            entry["used"] = True
            otherwise = entry["outcome"]
    return otherwise


def main() -> int:
    jobs = [(build, words) for words in SUITES for build in TAKES_FD]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: run_suite(*job), jobs))
    outcomes = {build: answers(build) for build in TAKES_FD}
    for (build, words), (found, text) in zip(jobs, results, strict=True):
        outcomes[build] |= found
        (CPYTHON / f"test-{build}-{words[0].split(':')[0]}.log").write_text(text)

    known = tomllib.loads((HERE / "known.toml").read_text())["outcome"]
    wrong, total = [], dict.fromkeys(("passed", "failed", "skipped"), 0)
    for build, found in outcomes.items():
        counts = dict.fromkeys(total, 0)
        for test in sorted(outcomes["overlay"].keys() | found.keys()):
            outcome, reason = found.get(test, ("failed", "it was not run"))
            usual = outcomes["overlay"].get(test, ("passed", ""))[0]
            expected = known_outcome(known, build, test, "skipped" if usual == "skipped" else "passed")
            counts[outcome] += 1
            if outcome != expected:
                said = f"FAILED {build} {test}: {outcome} where it is to be {expected}. {reason}"
                wrong.append(said.rstrip())
            elif outcome != "failed":
                total[outcome] += 1
        print(f"{build}: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    for name, said in gates():
        if said:
            wrong.append(f"FAILED {name}: {said!r}")
        else:
            total["passed"] += 1
    for entry in known:
        if "used" not in entry:
            wrong.append(f"FAILED known.toml: nothing ends so any more: {entry['tests']}")
        builds, tests = ", ".join(entry["builds"]), ", ".join(entry["tests"])
        print(f"{entry['outcome']} on {builds}, as known: {tests}: {entry['reason']}")
    for line in wrong:
        print(line)
    print(f"{total['passed']} passed, {len(wrong)} failed, {total['skipped']} skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
