# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads our Markdown pages, their code blocks and tables, and fills in what commands find out."""

import itertools
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import toolbox
from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """A code block, the number of its first line, and the HTML comment right before it."""

    line: int
    text: str
    language: str = ""
    comment: str = ""


def path(page: str) -> Path:
    return toolbox.ROOT / page


def blocks(page: str) -> list[Block]:
    found, comment = [], ""
    for token in PARSER.parse(path(page).read_text()):
        if token.type in ("code_block", "fence"):
            first = token.map[0] + (2 if token.type == "fence" else 1)
            found.append(Block(first, token.content, token.info.strip(), comment))
        if token.type == "html_block" and token.content.startswith("<!--"):
            comment = token.content.strip().removeprefix("<!--").removesuffix("-->").strip()
        elif token.nesting >= 0 and token.type not in ("list_item_open", "ordered_list_open"):
            comment = ""
    return found


def inline(page: str) -> list[Token]:
    """What is in the running text and the tables."""
    return [child for token in PARSER.parse(path(page).read_text()) for child in token.children or ()]


def table(page: str, heading: str) -> list[dict[str, str]]:
    """The rows of the first table under a heading: each cell by what stands over its column."""
    tokens = itertools.dropwhile(lambda token: token.content != heading, PARSER.parse(path(page).read_text()))
    tokens = itertools.dropwhile(lambda token: token.type != "table_open", tokens)
    rows: list[list[str]] = []
    for token in itertools.takewhile(lambda token: token.type != "table_close", tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token.content)
    assert rows, f"{page} has no table under {heading!r}"
    names, *rows = rows
    return [dict(zip(names, row, strict=True)) for row in rows]


def row(*cells) -> str:
    """Of a table; "-" where there is nothing."""
    return "| " + " | ".join("-" if cell is None else str(cell) for cell in cells) + " |\n"


def fill(page: str, **found: str) -> bool:
    """Puts each text between `<!-- NAME -->` and `<!-- /NAME -->`. Whether the page was another before."""
    before = after = path(page).read_text()
    for name, text in found.items():
        head, rest = after.split(f"<!-- {name} -->\n")
        _, tail = rest.split(f"<!-- /{name} -->\n")
        after = f"{head}<!-- {name} -->\n\n{text.strip()}\n\n<!-- /{name} -->\n{tail}"
    path(page).write_text(after)
    return after != before


def fill_as_command(name: str, page: str, measure: Callable[[Path], dict[str, str]]) -> None:
    """With what was measured in a scratch directory. Says how that went in one line."""
    try:
        with tempfile.TemporaryDirectory(dir=toolbox.ROOT / "build", prefix=f"{name}.") as scratch:
            changed = fill(page, **measure(Path(scratch)))
    except (AssertionError, RuntimeError) as failure:
        sys.exit(f"{name}: {failure}")
    print(f"{page}: {'changed' if changed else 'unchanged'}")
