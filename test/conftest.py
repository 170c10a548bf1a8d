# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every test on the host's side runs on each wasi-libc snapshot; the run closes with one plain line."""

import pytest

import toolbox


def pytest_generate_tests(metafunc):
    if "snapshot" in metafunc.fixturenames:
        metafunc.parametrize("snapshot", toolbox.SNAPSHOTS)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    count = {kind: len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped")}
    line = f"{count['passed']} passed, {count['failed'] + count['error']} failed"
    reporter.write_line(line + (f", {count['skipped']} skipped" if count["skipped"] else ""))
