# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The examples, compiled without a warning."""

import functools

import pytest
import toolbox

STRICT = ["-std=c17", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror"]


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """One of them for a snapshot and a way to link, compiled when it is first asked for."""

    @functools.cache
    def compiled(name: str, snapshot: str, link: str):
        wasm = tmp_path_factory.mktemp(name) / f"{name}.wasm"
        return toolbox.compile_guest(snapshot, link, wasm, toolbox.ROOT / f"examples/{name}.c", flags=STRICT)

    return compiled


@pytest.fixture(scope="session")
def probes(example):
    return lambda snapshot, link=toolbox.WRAP: example("utimes-probe", snapshot, link)
