# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""matrix.py: the table says of each run what the run said, and a bad host stops it."""

import itertools
import json

import pytest
import toolbox
from examples.matrix import matrix

HOSTS = ["runtime 1.0", "runtime 2.0", "other 3.0"]
RUNS = [matrix.Run(*r) for r in itertools.product(HOSTS, matrix.BUILDS, toolbox.SNAPSHOTS)]


def result(id: str, **more: str) -> dict:
    return {"id": id, "label": f"label of {id}", "verdict": "works"} | more


def read_back(text: str) -> dict:
    """From run and label to the cell, as a reader of the table finds it."""
    host_of_version = {host.split()[1]: host for host in HOSTS}
    build_of_archive = {f"`{archive}`": build for build, archive in matrix.BUILDS.items()}
    letters, cells = {}, {}
    for line in text.splitlines():
        first, *others = line.strip("| ").split(" | ")
        if first.startswith("**"):
            names, archives, snapshots = others
            versions = [name.split()[-1] for name in names.split(", ")]
            those = toolbox.SNAPSHOTS if snapshots == "all" else snapshots.split(", ")
            builds = [build_of_archive[archive] for archive in archives.split(" or ")]
            for version, build, snapshot in itertools.product(versions, builds, those):
                letters[matrix.Run(host_of_version[version], build, snapshot)] = first.strip("*")
        elif first.startswith("label of"):
            for run, letter in letters.items():
                for label in first.split("; "):
                    cells[run, label] = others[ord(letter) - ord("A")]
    return cells


# Which runs differ from the others, in one of the two lines.
ODD = {
    "none": lambda run: False,
    "all": lambda run: True,
    "one host": lambda run: run.host == HOSTS[1],
    "one build": lambda run: run.build == toolbox.WRAP_NOFD,
    "one snapshot": lambda run: run.snapshot == toolbox.SNAPSHOTS[0],
    "a single run": lambda run: run == RUNS[5],
    "all but a single run": lambda run: run != RUNS[5],
    "a build of one host and another host": lambda run: (
        run.host == HOSTS[2] or (run.host == HOSTS[0] and run.build == toolbox.WRAP)
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_merging_loses_no_run(odd):
    results = {
        run: [
            result("fd-a"),
            result("fd-b", **({"verdict": "refused", "errno": "EPERM"} if ODD[odd](run) else {})),
            result("path-c"),
        ]
        for run in RUNS
    }
    assert read_back(matrix.table(results, {})) == {
        (run, f"label of {id}"): "EPERM" if id == "fd-b" and ODD[odd](run) else "works"
        for run in RUNS
        for id in ("fd-a", "fd-b", "path-c")
    }


@pytest.mark.parametrize(
    "found, shown",
    [
        ({}, "works"),
        ({"verdict": "refused", "errno": "ENOSYS"}, "ENOSYS"),
        ({"verdict": "wrong", "reason": "rounded"}, "**wrong**: rounded"),
        ({"verdict": "not tried", "errno": "ENOTSUP"}, "not tried: ENOTSUP"),
        ({"verdict": "not tried", "reason": "no such thing"}, "not tried: no such thing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_cell(found, shown):
    assert matrix.cell(result("fd-a", **found)) == shown


def test_wrong_time_is_shown_with_what_was_asked():
    wrong = {"verdict": "wrong", "reason": "another time", "asked": "1.000000000", "found": "1000.000000000"}
    results = {run: [result("fd-a", **(wrong if run.host == HOSTS[0] else {}))] for run in RUNS}
    line = "| A | through a file descriptor, label of fd-a | 1.000000000 | 1000.000000000 |"
    assert line in matrix.table(results, {}).splitlines()


def shell(script: str) -> matrix.Host:
    return matrix.Host("a host", lambda guest, directory: ["sh", "-c", script, directory])


def test_results_of_a_host(tmp_path):
    host = shell("""echo '{"results": [1, 2]}'""")
    assert matrix.probe(host, tmp_path / "guest", tmp_path) == [1, 2]


@pytest.mark.parametrize(
    "script, complaint",
    [
        ("echo no such import >&2; exit 3", "a host: the probe ends with status 3: no such import"),
        ("touch $0/litter; echo '{}'", "a host: the probe left litter behind"),
    ],
)
def test_host_that_cannot_run_the_probe(script, complaint, tmp_path):
    with pytest.raises(matrix.Failure, match=complaint):
        matrix.probe(shell(script), tmp_path / "guest", tmp_path)


def test_host_that_hangs_is_stopped_with_its_children(tmp_path):
    status, stdout, _ = matrix.run(shell("echo on; sleep 60 & sleep 60"), tmp_path, tmp_path, patience=1)
    assert (status, stdout) == (None, "on\n")


def test_probe_has_an_id_and_a_label_for_each_line(tmp_path):
    """What the table is made from."""
    guest = toolbox.compile_guest(
        toolbox.SNAPSHOTS[-1], toolbox.WRAP, tmp_path / "probe.wasm", toolbox.ROOT / "examples/utimes-probe.c"
    )
    results = json.loads(toolbox.run_guest(guest, "--json", dirs={".": tmp_path}).stdout)["results"]
    keys = [(r["id"].partition("-")[0], r["label"]) for r in results]
    assert len(keys) == len(set(keys)) > 0
    assert {form for form, _ in keys} == set(matrix.FORMS)
    assert not any("|" in label or ";" in label for _, label in keys)
