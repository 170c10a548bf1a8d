# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""matrix/: the tables say of each run what was found, from inside and from outside; a bad host stops it."""

import itertools
import json
import os
import subprocess
import sys

import pytest
import toolbox
from examples.matrix import hosts, measure, probe, reliable, table
from examples.probe_test import PATHS
from host.error_host import LIES, Guest, Host

HOSTS = ["runtime 1.0", "runtime 2.0", "other 3.0"]
RUNS = [measure.Run(*r) for r in itertools.product(HOSTS, measure.BUILDS, toolbox.SNAPSHOTS)]


def result(id: str, **more: str) -> dict:
    return {"id": id, "label": f"label of {id}", "verdict": "works"} | more


def read_back(text: str) -> dict:
    """From run and label to the cell, as a reader of the table finds it."""
    host_of_version = {host.split()[1]: host for host in HOSTS}
    build_of_archive = {f"`{archive}`": build for build, archive in measure.BUILDS.items()}
    letters, cells = {}, {}
    for line in text.splitlines():
        first, *others = line.strip("| ").split(" | ")
        if first.startswith("**"):
            names, archives, snapshots = others
            versions = [name.split()[-1] for name in names.split(", ")]
            those = toolbox.SNAPSHOTS if snapshots == "all" else snapshots.split(", ")
            builds = [build_of_archive[archive] for archive in archives.split(" or ")]
            for version, build, snapshot in itertools.product(versions, builds, those):
                letters[measure.Run(host_of_version[version], build, snapshot)] = first.strip("*")
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
    assert read_back(table.long(results, {})) == {
        (run, f"label of {id}"): "EPERM" if id == "fd-b" and ODD[odd](run) else "works"
        for run in RUNS
        for id in ("fd-a", "fd-b", "path-c")
    }


def test_runs_that_found_other_times_do_not_share_a_column():
    rounded = {"verdict": "wrong", "reason": "rounded", "time": "access", "asked": ["1.123456789", "2.0"]}
    found = {HOSTS[0]: "1.123000000", HOSTS[1]: "1.123456000"}
    results = {
        run: [result("fd-a", **rounded, found=[found.get(run.host, "1.123456000"), "2.0"])] for run in RUNS
    }
    lines = table.long(results, {}).splitlines()
    assert "| A | through a file descriptor, label of fd-a | 1.123456789 | 1.123000000 |" in lines
    assert "| B | through a file descriptor, label of fd-a | 1.123456789 | 1.123456000 |" in lines


WRONG = {"verdict": "wrong", "reason": "another time", "time": "modification"}


@pytest.mark.parametrize(
    "found, shown",
    [
        ({}, "works"),
        ({"verdict": "refused", "errno": "ENOSYS"}, "ENOSYS"),
        ({"verdict": "wrong", "reason": "rounded"}, "**wrong**: rounded"),
        ({"verdict": "wrong on disk", "reason": "so"}, "**wrong on disk**: so"),
        ({"verdict": "dies"}, "**the run ends**"),
        ({"verdict": "not tried", "errno": "ENOTSUP"}, "not tried: ENOTSUP"),
        ({"verdict": "not tried", "reason": "no such thing"}, "not tried: no such thing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_cell(found, shown):
    assert probe.in_words(result("fd-a", **found)) == shown


REFUSED = {"verdict": "refused", "errno": "EIO"}
# What the probe said, what is on the disk, and what comes of both. The probe asked for 1 and 2 seconds.
LOOKS = {
    "as it says": ({"found": [1, 2]}, [1, 2], "works", None),
    "wrong alike": ({"found": [1, 2]}, [1000, 2000], "wrong on disk", "access"),
    "one wrong alike": ({"found": [1, 2]}, [1, 2000], "wrong on disk", "modification"),
    "right, and read wrong": (WRONG | {"found": [1, 0]}, [1, 2], "wrong when read", "modification"),
    "wrong, as it says": (WRONG | {"found": [1, 0]}, [1, 0], "wrong", "modification"),
    "wrong in two ways": (WRONG | {"found": [1, 0]}, [7, 2], "wrong", "access"),
    "refused": (REFUSED | {"found": [8, 9]}, [8, 9], "refused", None),
    "refused and set": (REFUSED | {"found": [8, 9]}, [1, 2], "wrong on disk", None),
}


@pytest.mark.parametrize("kind", LOOKS)
def test_look_from_outside(kind, tmp_path):
    said, there, verdict, time = LOOKS[kind]
    (tmp_path / "file").touch()
    os.utime(tmp_path / "file", tuple(there))
    said = said | {"found": [f"{second}.000000000" for second in said["found"]]}
    row = result("fd-a", file="file", asked=["1.000000000", "2.000000000"], **said)
    judged = probe.seen_from_outside(row, tmp_path)
    assert (judged["verdict"], judged.get("time")) == (verdict, time)
    if time:
        asked, became = probe.wrong_time(judged)
        from_there = said["found"] if verdict == "wrong when read" else there
        assert float(became) == float(from_there[["access", "modification"].index(time)]) != float(asked)


@pytest.fixture(scope="module")
def guest(probes):
    return probes(toolbox.SNAPSHOTS[-1])


def test_host_that_is_wrong_alike_is_caught_from_outside(guest, tmp_path):
    """It multiplies when it sets and divides when it reads, as preview2-shim 0.16.0 to 0.17.8 do."""
    done = Host(lie=LIES["scales"]).run(Guest(guest), "--json", "--keep", dirs={".": tmp_path})
    inside = {row["id"]: row for row in probe.rows_of(done.stdout)}
    outside = {row["id"]: row for row in probe.all_from_outside(list(inside.values()), tmp_path)}
    fooled = [f"fd-{row}" for row in ("read-only", "read-write", "renamed", "directory", "nanoseconds")]
    fooled += [f"path-{row}" for row in PATHS]
    for row in fooled:
        assert (inside[row]["verdict"], outside[row]["verdict"]) == ("works", "wrong on disk"), row
    for row in ("fd-epoch", "path-epoch"):  # 0 by 1000 is 0
        assert outside[row]["verdict"] == "works"
    # The probe's own file says it to a user, too.
    script = [sys.executable, str(toolbox.ROOT / "test/examples/matrix/probe.py"), str(tmp_path)]
    said = subprocess.run(script, input=done.stdout, text=True, capture_output=True, check=True).stdout
    line = "path-file              **wrong on disk**: another time than it reads, 1000003.000000000 became"
    assert f"{line} 1000003000.000000000" in said.splitlines()


def test_the_preopened_directory_is_looked_at_alone(guest, tmp_path):
    lying = [sys.executable, hosts.ERROR_HOST, "--lie=scales"]
    host = hosts.Host("a host", lambda guest, d: [*lying, f"--dir={d}::.", guest])
    rows = {row["id"]: row["verdict"] for row in measure.probe(host, guest, tmp_path)}
    assert (rows["fd-preopen"], rows["path-preopen"]) == ("wrong on disk", "wrong on disk")


def shell(script: str) -> hosts.Host:
    return hosts.Host("a host", lambda guest, directory: ["sh", "-c", script, directory])


ROWS = '{"results": [\n  {"id": "fd-a", "label": "a", "verdict": "works"}'


def test_results_of_a_host(tmp_path):
    host = shell(f"echo '{ROWS}]}}'")
    assert measure.probe(host, tmp_path / "guest", tmp_path) == [result("fd-a", label="a")]


def test_run_that_ends_in_the_middle(tmp_path):
    """The row it ended in is known, and the others are not tried."""
    host = shell(f"""echo '{ROWS},\n  {{"id": "fd-b", "label": "b"'; exit 134""")
    ended = measure.probe(host, tmp_path / "guest", tmp_path)
    assert [row["verdict"] for row in ended] == ["works", "dies"]
    others = [result(id, label=id[-1]) for id in ("fd-a", "fd-b", "path-c")]
    found = measure.whole({RUNS[0]: ended, RUNS[1]: others})
    assert found[RUNS[1]] == others
    assert [(row["id"], row["label"], row["verdict"]) for row in found[RUNS[0]]] == [
        ("fd-a", "a", "works"),
        ("fd-b", "b", "dies"),
        ("path-c", "c", "not tried"),
    ]


def test_a_host_too_old_for_one_guest(tmp_path, capsys):
    """It is left out there, in one line; a host that starts none is a failure."""

    def runs(*scripts: str) -> dict:
        jobs = [(shell(script), tmp_path / "guest", tmp_path) for script in scripts]
        return {measure.Run("a host", toolbox.WRAP, f"guest {i}"): job for i, job in enumerate(jobs)}

    ends = f"echo '{ROWS}]}}'"
    found = measure.started(runs(ends, "echo no such import >&2; exit 1"))
    assert [run.snapshot for run in found] == ["guest 0"]
    assert capsys.readouterr().err == (
        "matrix: wasi-libc guest 1 is left out: a host: the probe ends with status 1: no such import\n"
    )
    with pytest.raises(hosts.Failure, match="a host starts no guest"):
        measure.started(runs("exit 1", "exit 1"))


@pytest.mark.parametrize(
    "script, complaint",
    [
        ("echo no such import >&2; exit 3", "a host: the probe ends with status 3: no such import"),
        (f"touch $0/litter; echo '{ROWS}]}}'", "a host: the probe left litter behind"),
    ],
)
def test_host_that_cannot_run_the_probe(script, complaint, tmp_path):
    with pytest.raises(hosts.Failure, match=complaint):
        measure.probe(shell(script), tmp_path / "guest", tmp_path)


def test_host_that_hangs_is_stopped_with_its_children(tmp_path):
    status, stdout, _ = hosts.run(shell("echo on; sleep 60 & sleep 60"), tmp_path, tmp_path, patience=1)
    assert (status, stdout) == (None, "on\n")


@pytest.mark.parametrize(
    "verdicts, word",
    [
        (["works", "works"], "yes"),
        (["refused", "not tried"], "no"),
        (["works", "refused"], "partly"),
        (["works", "wrong"], "**wrong**"),
        (["refused", "wrong on disk"], "**wrong**"),
        (["refused", "dies"], "**wrong**"),
    ],
)
def test_one_word(verdicts, word):
    assert reliable.word(verdicts) == word


def test_tables_are_about_the_rows_of_the_probe(guest, tmp_path):
    rows = json.loads(toolbox.run_guest(guest, "--json", dirs={".": tmp_path}).stdout)["results"]
    keys = [(row["id"].partition("-")[0], row["label"]) for row in rows]
    assert len(keys) == len(set(keys)) > 0
    assert {form for form, _ in keys} == set(table.FORMS)
    assert not any("|" in label or ";" in label for _, label in keys)
    named = [id for _, ids in reliable.CALLS for id in ids]
    assert sorted([*named, *reliable.ELSEWHERE]) == sorted(row["id"] for row in rows)
