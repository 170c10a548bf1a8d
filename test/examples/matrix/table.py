# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The text of docs/COMPATIBILITY.md, from what was measured."""

import itertools
import string
from collections.abc import Iterable, Iterator

import toolbox
from examples.matrix.measure import BUILDS, SPECIALS, Run
from examples.matrix.probe import Row, in_words, wrong_time
from examples.matrix.reliable import CALLS, words

FORMS = {"fd": "Through a file descriptor", "path": "By path"}


def keys_of_same(values: dict) -> dict:
    """From key → values to tuple of values → keys."""
    keys: dict = {}
    for key, those in values.items():
        keys.setdefault(tuple(those), []).append(key)
    return keys


def in_few_lines(runs: list[Run]) -> Iterator[tuple[list[str], list[str], tuple[str, ...]]]:
    """Hosts, builds and snapshots, each with all of the others, that make up `runs`."""
    of_host: dict[str, list[tuple[str, str]]] = {}
    for r in runs:
        of_host.setdefault(r.host, []).append((r.build, r.snapshot))
    for pairs, names in keys_of_same(of_host).items():
        of_build: dict[str, list[str]] = {}
        for build, snapshot in pairs:
            of_build.setdefault(build, []).append(snapshot)
        for snapshots, builds in keys_of_same(of_build).items():
            yield names, builds, snapshots


def in_few_words(names: Iterable[str]) -> str:
    """Names one after the other, a first word that they share only once."""
    words = ""
    for program, same in itertools.groupby(names, key=lambda name: name.partition(" ")[0]):
        words += (
            ", " * bool(words) + f"{program} " + ", ".join(name.removeprefix(f"{program} ") for name in same)
        )
    return words


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def short(results: dict[Run, list[Row]]) -> str:
    """Which calls can be relied on."""
    runs: dict[str, list[list[Row]]] = {}
    for key, rows in results.items():
        if key.build == toolbox.WRAP:
            runs.setdefault(key.host, []).append(rows)
    text = row("", *(call.strip() for call in CALLS)) + row(*["---"] * (1 + len(CALLS)))
    for cells, names in keys_of_same({host: words(those) for host, those in runs.items()}).items():
        text += row(in_few_words(names), *cells)
    return text


def long(results: dict[Run, list[Row]], specials: dict[str, list[str]]) -> str:
    """What each run found; runs share a column where they agree in every word and every time found."""
    columns = keys_of_same(
        {r: [(in_words(row), wrong_time(row)) for row in those] for r, those in results.items()}
    )
    letters = dict(zip(string.ascii_uppercase, columns.values(), strict=False))
    if len(letters) < len(columns):
        raise ValueError(f"{len(columns)} kinds of runs, more than letters: do they say the same each time?")

    text = row("", "host", "overlay", "wasi-libc") + row(*["---"] * 4)
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
        text += f"\n## {title}\n\n" + row("", *letters) + row(*["---"] * (1 + len(letters)))
        for cells, alike in itertools.groupby((r for r in rows if r[0] == form), key=lambda r: r[2]):
            text += row("; ".join(label for _, label, _ in alike), *cells)

    text += "\n## How wrong a time is\n\n" + row("", "", "asked for", "became") + row(*["---"] * 4)
    examples: dict[tuple[str, ...], list[str]] = {}
    for letter, column in zip(letters, columns, strict=True):
        reasons: dict[tuple[str, str], tuple[str, ...]] = {}
        for (form, label), (reason, times) in zip(labels, column, strict=True):
            if times:
                reasons.setdefault((form, reason), (f"{FORMS[form].lower()}, {label}", *times))
        for line in reasons.values():
            examples.setdefault(line, []).append(letter)
    for line, those in examples.items():
        text += row(", ".join(those), *line)

    text += "\n## Files of special kinds, by path\n\n"
    text += row("", *(special.title for special in SPECIALS)) + row(*["---"] * (1 + len(SPECIALS)))
    for cells, names in keys_of_same(specials).items():
        text += row(in_few_words(names), *cells)
    return text
