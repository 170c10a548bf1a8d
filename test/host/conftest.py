# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The directory that the tests of this folder make their calls in."""

import os

import pytest
from host.error_host import Call, Host


@pytest.fixture
def make_tree(tmp_path):
    """Makes one that is the same for each guest, all in it with times that no call asks for."""

    def make(name: str):
        root = tmp_path / name
        (root / "directory").mkdir(parents=True)
        for file in ("file", "é", "directory/inner"):
            (root / file).touch()
        for link, to in (("link", "file"), ("dangling", "nowhere"), ("loop", "loop")):
            (root / link).symlink_to(to)
        for path in (*root.rglob("*"), root):
            os.utime(path, (1000, 2000), follow_symlinks=False)
        return root

    return make


@pytest.fixture
def tree(make_tree):
    return make_tree("root")


@pytest.fixture
def make_calls(tree):
    """Makes calls after some that are ok: what the guest got from each, and the host calls that it took."""

    def make(guest, before, lines, host: Host | None = None, dirs=()) -> dict[str, tuple[str, list[Call]]]:
        done = (host or Host()).run(guest, dirs={"/d": tree, **dict(dirs)}, stdin=[*before, *lines])
        assert (done.returncode, done.trap, done.stderr) == (0, "", "")
        steps = done.steps
        for line in before:
            assert steps.pop(0)[0] in ("ok", "ok directory"), line
        return dict(zip(lines, steps, strict=True))

    return make
