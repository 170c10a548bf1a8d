# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads our Markdown pages: their code blocks and tables."""

import itertools
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
