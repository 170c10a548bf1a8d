# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The Catch2 cases, each an item of its own in pytest's count.

`make test` has compiled every *.test.cpp once for each snapshot. Here the objects are linked to
programs, in each way to link the overlay, and a program runs once, in a fresh host directory. A case
passes if the program reports that it did: one that is not in the report has failed.
"""

import functools
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import toolbox

TEST = toolbox.ROOT / "test/guest"
CASE = re.compile(r'^TEST_CASE\(((?:\s*"[^"]*")+)\)', re.MULTILINE)

# What is linked into a program. Linking chdir or socket changes how wasi-libc looks paths and file
# descriptors up, so what runs alone runs beside them too.
PROGRAMS = {
    "insides": ["pure", "generation"],
    "posix": ["posix"],
    "posix-beside": ["posix", "posix/beside"],
    "counted": ["posix", "generation/counted", "posix/beside"],
}

# What a program prints of a case: what failed in it, in Catch2's words, and how it ended.
REPORTERS = [
    "--reporter=console::out=%stdout",
    "--reporter=automake::out=%stdout",
    "--colour-mode=none",
    "--order=decl",
]
RESULT = re.compile(r"((?:(?!:test-result: ).*\n)*):test-result: (\w+) (.*)\n")


@dataclass(frozen=True)
class Configuration:
    snapshot: str
    link: str
    program: str

    def __str__(self):
        return f"{self.snapshot} {self.link} {self.program}"

    def sources(self) -> list[Path]:
        return [
            source for part in PROGRAMS[self.program] for source in sorted((TEST / part).glob("*.test.cpp"))
        ]


def configurations() -> list[Configuration]:
    result = []
    for snapshot in toolbox.SNAPSHOTS:
        result.append(Configuration(snapshot, toolbox.STOCK, "insides"))
        for link in toolbox.LINKS:
            result += [Configuration(snapshot, link, "posix"), Configuration(snapshot, link, "posix-beside")]
    for snapshot in toolbox.stand_in_sysroot():
        result += [Configuration(snapshot, link, "counted") for link in toolbox.LINKS_COUNTED]
    return result


def cases_of(source: Path) -> list[tuple[str, int]]:
    """The names of a source's cases, each with its line; a long name is several literals."""
    text = source.read_text()
    return [
        ("".join(re.findall(r'"([^"]*)"', match[1])), text.count("\n", 0, match.start()))
        for match in CASE.finditer(text)
    ]


def pytest_collect_file(file_path, parent):
    if file_path.name.endswith(".test.cpp"):
        return Source.from_parent(parent, path=file_path)
    return None


class Source(pytest.File):
    def collect(self):
        for configuration in configurations():
            if self.path in configuration.sources():
                for name, line in cases_of(self.path):
                    case = Case.from_parent(self, name=f"{name} [{configuration}]")
                    case.configuration = configuration
                    case.case_name = name
                    case.line = line
                    # With `--dist loadgroup` a program runs in one worker only.
                    case.add_marker(pytest.mark.xdist_group(str(configuration)))
                    yield case


class Case(pytest.Item):
    def runtest(self):
        verdict = run(self.configuration)[self.case_name]
        if verdict is not None:
            pytest.fail(verdict, pytrace=False)

    def reportinfo(self):
        return self.path, self.line, self.name


def link_program(configuration: Configuration, output: Path) -> Path:
    """Links the objects that make has compiled: the overlay comes from an archive, as for a user."""
    build = toolbox.build_dir(configuration.snapshot) / "catch2"
    objects = [build / "catch_amalgamated.o", build / "streams.o"]
    objects += [build / source.relative_to(TEST).with_suffix(".o") for source in configuration.sources()]
    return toolbox.compile_guest(configuration.snapshot, configuration.link, output, *objects, cxx=True)


@functools.cache
def run(configuration: Configuration) -> dict[str, str | None]:
    """The verdict of each case of a program: None, or what went wrong."""
    cases = [name for source in configuration.sources() for name, _ in cases_of(source)]
    try:
        return verdicts_of(configuration, cases)
    except Exception as error:  # one run for all cases, this one too
        return dict.fromkeys(cases, f"{type(error).__name__}: {error}")


def verdicts_of(configuration: Configuration, cases: list[str]) -> dict[str, str | None]:
    with tempfile.TemporaryDirectory(prefix="wasi-utimens-") as scratch:
        program = link_program(configuration, Path(scratch) / "program.wasm")
        data = Path(scratch) / "data"
        data.mkdir()
        latest, granularity = toolbox.kept_times(data)
        done = toolbox.run_guest(
            program,
            *REPORTERS,
            dirs={"/data": data},
            flags=[
                *("-S", "inherit-network", "--env", f"LINK={configuration.link}"),
                *("--env", f"LATEST_SECOND={latest}", "--env", f"GRANULARITY={granularity}"),
            ],
            check=False,
        )
    results = RESULT.findall(done.stdout)
    reported = {name: None if result == "PASS" else text for text, result, name in results}
    strangers = set(reported) - set(cases)
    if strangers:
        raise AssertionError(f"{configuration} ran cases that no source shows: {sorted(strangers)}")
    died_in = next((name for name in cases if name not in reported), None)
    said = RESULT.sub("", done.stdout) + done.stderr[:2000]
    missing = f"not reported: the program died in {died_in!r}, exit {done.returncode}\n{said}"
    return {name: reported.get(name, missing) for name in cases}
