# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every test on the host's side runs on each wasi-libc snapshot; the run closes with one plain line."""

import functools

import pytest
import toolbox
from guest.catch2_suite import pytest_collect_file  # noqa: F401 (a hook: the Catch2 cases)
from host import error_host


def pytest_generate_tests(metafunc):
    if "snapshot" in metafunc.fixturenames:
        metafunc.parametrize("snapshot", toolbox.SNAPSHOTS)


@pytest.fixture(scope="session")
def calls_guest(tmp_path_factory):
    """Compiles calls.c for a snapshot, linked in one of toolbox's ways, for error_host to run."""

    @functools.cache
    def guest(snapshot: str, link: str, *flags: str) -> error_host.Guest:
        wasm = tmp_path_factory.mktemp("calls") / "calls.wasm"
        return error_host.Guest(toolbox.compile_calls(snapshot, link, wasm, *flags))

    return guest


def pytest_terminal_summary(terminalreporter):
    """What a test has to say beside passed or failed: record_property("summary", text)."""
    for report in terminalreporter.stats.get("passed", []):
        for name, text in report.user_properties:
            if name == "summary":
                terminalreporter.write_line(text)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    count = {kind: len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped")}
    line = f"{count['passed']} passed, {count['failed'] + count['error']} failed"
    reporter.write_line(line + (f", {count['skipped']} skipped" if count["skipped"] else ""))
