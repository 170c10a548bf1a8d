# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The text of docs/COMPATIBILITY.md, from what was measured."""

import itertools
import string
from collections.abc import Iterable, Iterator

import toolbox
from docs.pages import row
from examples.matrix.measure import BUILDS, SPECIALS, Run
from examples.matrix.probe import Row, in_words, wrong_time
from examples.matrix.reliable import CALLS, words

FORMS = {"fd": "Through a file descriptor", "path": "By path"}


def grouped(pairs: Iterable[tuple]) -> dict:
    """From each key to all values that come with it."""
    groups: dict = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def keys_of_same(values: dict) -> dict:
    """From key → values to tuple of values → keys."""
    return grouped((tuple(those), key) for key, those in values.items())


def in_few_lines(runs: list[Run]) -> Iterator[tuple[list[str], list[str], tuple[str, ...]]]:
    """Hosts, builds and snapshots, each with all of the others, that make up `runs`."""
    of_host = grouped((run.host, (run.build, run.snapshot)) for run in runs)
    for pairs, names in keys_of_same(of_host).items():
        for snapshots, builds in keys_of_same(grouped(pairs)).items():
            yield names, builds, snapshots


def in_few_words(names: Iterable[str]) -> str:
    """Names one after the other, a first word that they share only once."""
    words = []
    for program, same in itertools.groupby(names, key=lambda name: name.partition(" ")[0]):
        words.append(f"{program} " + ", ".join(name.removeprefix(f"{program} ") for name in same))
    return ", ".join(words)


def head(*titles: str) -> str:
    return row("", *titles) + row(*["---"] * (1 + len(titles)))


def by_host(cells_of: dict[str, Iterable[str]]) -> str:
    """A line for the hosts that have the same cells."""
    return "".join(row(in_few_words(names), *cells) for cells, names in keys_of_same(cells_of).items())


def short(results: dict[Run, list[Row]]) -> str:
    """Which calls can be relied on."""
    runs = grouped((run.host, rows) for run, rows in results.items() if run.build == toolbox.WRAP)
    return head(*(call for call, _ in CALLS)) + by_host({host: words(those) for host, those in runs.items()})


def long(results: dict[Run, list[Row]], specials: dict[str, list[str]]) -> str:
    """What each run found; runs share a column where they agree in every word and every time found."""
    columns = keys_of_same(
        {run: [(in_words(row), wrong_time(row)) for row in rows] for run, rows in results.items()}
    )
    letters = dict(zip(string.ascii_uppercase, columns.values(), strict=False))
    if len(letters) < len(columns):
        raise ValueError(f"{len(columns)} kinds of runs, more than letters: do they say the same each time?")

    text = head("host", "overlay", "wasi-libc")
    for letter, runs in letters.items():
        for names, builds, snapshots in in_few_lines(runs):
            every = len(snapshots) == len(toolbox.SNAPSHOTS)
            text += row(
                f"**{letter}**",
                in_few_words(names),
                " or ".join(f"`{BUILDS[build]}`" for build in builds),
                "all" if every else ", ".join(snapshots),
            )

    labels = [(result["id"].partition("-")[0], result["label"]) for result in next(iter(results.values()))]
    cells_of = [[words for words, _ in column] for column in columns]
    rows = [(form, label, cells) for (form, label), *cells in zip(labels, *cells_of, strict=True)]
    for form, title in FORMS.items():
        text += f"\n## {title}\n\n" + head(*letters)
        for cells, alike in itertools.groupby((r for r in rows if r[0] == form), key=lambda r: r[2]):
            text += row("; ".join(label for _, label, _ in alike), *cells)

    text += "\n## How wrong a time is\n\n" + head("", "asked for", "became")
    examples = []
    for letter, column in zip(letters, columns, strict=True):
        reasons: dict[tuple[str, str], tuple[str, ...]] = {}
        for (form, label), (reason, times) in zip(labels, column, strict=True):
            if times:
                reasons.setdefault((form, reason), (f"{FORMS[form].lower()}, {label}", *times))
        examples += [(line, letter) for line in reasons.values()]
    for line, those in grouped(examples).items():
        text += row(", ".join(those), *line)

    text += "\n## Files of special kinds, by path\n\n"
    return text + head(*(special.title for special in SPECIALS)) + by_host(specials)
