# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The figures of our pages that need no long run to be known."""

import re

import pytest
import toolbox
from host import error_host
from linux import calls, deviations, rows

from docs import pages


def text(page: str) -> str:
    return " ".join(pages.path(page).read_text().split())


def test_error_codes():
    number = len(error_host.error_codes())
    for page in ("docs/SEMANTICS.md", "docs/DESIGN.md", "docs/TESTING.md"):
        said = re.findall(r"(\d+) (?:cases of `error-code`|values|error-codes)", text(page))
        assert said and set(said) == {str(number)}, page


def test_rows_of_the_oracle(snapshot):
    """That these are the rows is the oracle's own test."""
    if not calls.User().is_root:
        pytest.skip("the page's figures have the files of others, which only root can make")
    with calls.Place() as place:
        total = sum(isinstance(line, calls.Call) for line in rows.rows(place))
    excused = sum(rule.rows + rule.others_rows for rule in deviations.load(snapshot))
    assert f" {total} rows" in text("docs/TESTING.md")
    generation = toolbox.generation(snapshot)
    said = re.search(rf"(\d+) with `{generation}`", text("docs/TESTING.md"))
    if said is None:
        pytest.skip(f"the page has no figure of {generation}")
    assert int(said[1]) == total - excused
