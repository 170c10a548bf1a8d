# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tries the tests on broken code: mutants.py TOOL [FILE…]

TOOL is the directory that universalmutator is in. It breaks a line of a FILE in every way that *.rules
say. A mutant that does not compile, or compiles to the same object files, is none; for each of the
others tests run, the fastest first, until one fails. What survives all of them must be in reasons.toml
with the reason why it makes no difference.

Verdicts are kept in build/mutants, so that a run goes on where another one was stopped: a verdict holds
for a line with its neighbours, but a survivor without a reason is tried again. The report is
docs/MUTANTS.md.
"""

import argparse
import collections
import contextlib
import io
import itertools
import json
import multiprocessing
import os
import sys
import time
import tomllib
from pathlib import Path

from tree import ROOT, STATE, Mutant, Tree, tests

HERE = Path(__file__).parent
REPORT = ROOT / "docs/MUTANTS.md"

FILES = [
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "libc-overlay").glob("*/*")),
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "include").glob("*/*")),
    "scripts/wasm_rename.py",
    "scripts/wasm_object.py",
    "scripts/sysroot.py",
    "scripts/generation.py",
]


def mutants_of(file: str, tool: str) -> list[Mutant]:
    sys.path.insert(0, tool)
    from universalmutator.mutator import mutants_regexp

    lines = (ROOT / file).read_text().splitlines(keepends=True)
    rules = HERE / ("python.rules" if file.endswith(".py") else "cpp.rules")
    with contextlib.redirect_stdout(io.StringIO()):
        found = mutants_regexp(lines, [str(rules)], ignorePatterns=[])
    around = ["", *lines, ""]
    return [
        Mutant(file, number, (around[number - 1], around[number + 1]), lines[number - 1], after)
        for number, after, *_ in found
    ]


worker: Tree


def start_worker(numbers):
    global worker
    worker = Tree(f"tree-{numbers.get()}")


def check(further: list[str]):
    Tree("unbroken").check(further)


def work(job: tuple[Mutant, bool, float]) -> tuple[Mutant, str, str] | None:
    mutant, quick, deadline = job
    return (mutant, *worker.try_mutant(mutant, quick)) if time.monotonic() < deadline else None


def verdicts() -> dict[str, list[str]]:
    path = STATE / "verdicts.jsonl"
    return dict(map(json.loads, path.read_text().splitlines())) if path.exists() else {}


def reasons() -> dict[tuple[str, str, str], str]:
    """By file, the line, and what it is in the mutant."""
    lines = tomllib.loads((HERE / "reasons.toml").read_text()).get("line", [])
    return {(one["file"], one["is"], after): one["reason"] for one in lines for after in one["may_be"]}


def reason_of(mutant: Mutant, why: dict[tuple[str, str, str], str]) -> str | None:
    return why.get((mutant.file, mutant.before.strip(), mutant.after.strip()))


def report(mutants: dict[str, list[Mutant]], known: dict[str, list[str]]) -> tuple[list[str], int]:
    """Writes it. Returns the survivors that have no reason, and how many mutants are not tried yet."""
    why = reasons()
    table, unexplained = [], []
    explained = collections.defaultdict(list)
    total = collections.Counter()
    for file, of_file in mutants.items():
        count = collections.Counter()
        for mutant in of_file:
            verdict = known.get(mutant.key, ["missing"])[0]
            if verdict == "survived":
                reason = reason_of(mutant, why)
                verdict = "explained" if reason else "survived"
                if reason:
                    explained[file, mutant.before.strip(), reason].append(mutant.after.strip())
                else:
                    unexplained.append(str(mutant))
            count[verdict] += 1
        table.append(row(file, count))
        total += count
    lines = [
        (HERE / "report.md").read_text(),
        "| file | mutants | the same object code | killed | no difference | survived | not tried yet |",
        "|---|---|---|---|---|---|---|",
        *table,
        row("all", total),
        "",
        "## What survives, and why it makes no difference",
        "",
    ]
    for (file, before, reason), after in explained.items():
        lines += [f"- {file}: `{before}`  ", *(f"  → `{one}`  " for one in after), f"  {reason}"]
    REPORT.write_text("\n".join(lines) + "\n")
    return unexplained, total["missing"]


def row(name: str, count: collections.Counter) -> str:
    columns = [count[verdict] for verdict in ("same", "killed", "explained", "survived", "missing")]
    return "| " + " | ".join([name, *map(str, [sum(columns), *columns])]) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--quick", action="store_true", help="only the fastest tests")
    parser.add_argument("--report", action="store_true", help="try none")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin none after so long")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    words = parser.parse_args()

    mutants = {file: mutants_of(file, words.tool) for file in words.files or FILES}
    known = verdicts()
    deadline = time.monotonic() + words.seconds
    jobs = [
        (mutant, words.quick, deadline)
        for mutant in itertools.chain.from_iterable(mutants.values())
        if is_to_be_tried(mutant, known.get(mutant.key), words.quick)
    ]
    if not words.report:
        try_all(jobs, known, words.workers)
    unexplained, missing = report({file: mutants_of(file, words.tool) for file in FILES}, known)
    print(*unexplained, sep="\n")
    print(f"{len(unexplained)} survivors without a reason, {missing} mutants not tried yet")
    sys.exit(bool(unexplained or missing))


def is_to_be_tried(mutant: Mutant, verdict: list[str] | None, quick: bool) -> bool:
    if verdict is None:
        return True
    return verdict[0] == "survived" and not quick and not reason_of(mutant, reasons())


def try_all(jobs: list[tuple[Mutant, bool, float]], known: dict[str, list[str]], workers: int):
    STATE.mkdir(parents=True, exist_ok=True)
    further = dict.fromkeys(words for mutant, quick, _ in jobs for words in tests(mutant.file, quick))
    checking = multiprocessing.Process(target=check, args=(list(further),))
    checking.start()
    checking.join()
    if checking.exitcode != 0:
        sys.exit(1)
    numbers = multiprocessing.Queue()
    for number in range(workers):
        numbers.put(number)
    with (
        (STATE / "verdicts.jsonl").open("a") as file,
        multiprocessing.Pool(workers, start_worker, (numbers,)) as pool,
    ):
        for mutant, verdict, by in filter(None, pool.imap_unordered(work, jobs)):
            known[mutant.key] = [verdict, by]
            file.write(json.dumps([mutant.key, [verdict, by]]) + "\n")
            file.flush()
            if verdict in ("killed", "survived"):
                print(f"{verdict}: {mutant}" + (f"  [{by}]" if by else ""), flush=True)
        pool.close()
        pool.join()


if __name__ == "__main__":
    main()
