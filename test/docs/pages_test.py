# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What our pages point to is there: files, make's targets, the version."""

import re

import pytest
import toolbox

from docs import pages

PAGES = sorted(
    str(page.relative_to(toolbox.ROOT))
    for pattern in ("*.md", "docs/*.md", "test/*.md")
    for page in toolbox.ROOT.glob(pattern)
)
NAMED_FILE = re.compile(r"(?:docs|examples|include|libc-overlay|scripts|test|wit-imports)/[\w./-]*\w")


def targets() -> set[str]:
    """Those that `make help` lists."""
    listed = toolbox.make("help", snapshot=None).stdout
    return {line.split()[0] for line in listed.splitlines() if line and not line.startswith(" ")}


@pytest.mark.parametrize("page", PAGES)
def test_links_and_files_named_are_there(page):
    here = pages.path(page).parent
    words = pages.inline(page)
    links = [token.attrs["href"] for token in words if token.type == "link_open"]
    relative = [link.partition("#")[0] for link in links if "://" not in link]
    assert [link for link in relative if not (here / link).exists()] == []
    named = [
        name for token in words if token.type == "code_inline" for name in NAMED_FILE.findall(token.content)
    ]
    # NAME is the reader's.
    assert [name for name in named if "NAME" not in name and not (toolbox.ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_targets_named_are_there(page):
    code = [token.content for token in pages.inline(page) if token.type == "code_inline"]
    code += [block.text for block in pages.blocks(page)]
    named = {name for text in code for name in re.findall(r"^ *make ([a-z][a-z-]*)", text, re.M)}
    assert named <= targets()


def test_readme_has_every_target_and_no_other():
    rows = pages.table("README.md", "Targets")
    named = {name for row in rows for name in re.findall(r"`(?:make )?([a-z_.-]+)`", row["target"])}
    assert named - {"make"} == targets() - {"overlay"}


def test_readme_of_the_tests_has_every_folder():
    named = {row["folder"].strip("`/") for row in pages.table("test/README.md", "What the tests prove")}
    folders = {path.parent.name for path in (toolbox.ROOT / "test").glob("*/*") if path.suffix}
    assert named == folders - {"__pycache__"}


def test_one_version():
    header = (toolbox.ROOT / "include/wasi/utimens.h").read_text()
    parts = [re.search(rf"^#define WASI_UTIMENS_VERSION_{part} (\d+)$", header, re.M)[1]
             for part in ("MAJOR", "MINOR", "PATCH")]  # fmt: skip
    newest = re.search(r"^## (\S+)", pages.path("CHANGELOG.md").read_text(), re.M)[1]
    assert newest == ".".join(parts)


def test_only_what_stands_between_its_comments_is_filled_in(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("head\n<!-- a -->\nold\n<!-- /a -->\ntail\n")
    assert pages.fill(str(page), a="new\n") is True
    assert page.read_text() == "head\n<!-- a -->\n\nnew\n\n<!-- /a -->\ntail\n"
    assert pages.fill(str(page), a="new") is False
    with pytest.raises(ValueError):
        pages.fill(str(page), b="")
