# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A copy of the project in which a line is another, and the tests on it."""

import ast
import functools
import hashlib
import itertools
import multiprocessing.util
import os
import re
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "build/mutants"

# pytest's words, one run after the other, by file or by its top directory. A quick try of a script's mutant
# leaves the last one out, one of the overlay's all of them: the Catch2 cases and the oracle come first.
TESTS = {
    "include": ["test/packages/package_test.py", "test/host", "test/packages", "test/examples"],
    "scripts/wasm_rename.py": ["test/packages/wasm_rename_test.py", "test/packages"],
    "scripts/wasm_object.py": [
        "test/packages/wasm_object_test.py",
        "test/packages/wasm_rename_test.py",
        "test/packages/generation_test.py",
        "test/packages/sysroot_test.py",
        "test/packages/shared_test.py",
        "test/packages",
    ],
    "scripts/sysroot.py": [
        # Not what takes long and is about copies that were made before.
        "test/packages/sysroot_test.py -k not(any_choice)",
        "test/packages/shared_test.py",
        "test/packages",
    ],
    "scripts/generation.py": ["test/packages/generation_test.py", "test/packages"],
    "libc-overlay": ["test/bench", "test/host", "test/packages", "test/linux"],
}
CPU_SECONDS = 20  # for a process: what takes more hangs
ALL_CPU_SECONDS = 300  # for one that runs all tests of a directory


# wasmtime's flags: compiled at once, and ended if it goes on for ever.
QUICKLY = ["-Ccache=n", "-Ccompiler=winch", "-Wfuel=30000000000"]


@dataclass(frozen=True)
class Mutant:
    file: str
    number: int  # of the line, from 1
    around: tuple[str, str]  # the lines beside it
    before: str
    after: str

    @property
    def key(self) -> str:
        return hashlib.sha256(
            "\0".join([self.file, *self.around, self.before, self.after]).encode()
        ).hexdigest()

    def __str__(self):
        return f"{self.file}:{self.number}: {self.before.strip()}  =>  {self.after.strip()}"


def tests(file: str, quick: bool) -> list[str]:
    """What pytest runs on a mutant of a file that is not killed before."""
    words = TESTS.get(file) or TESTS[file.split("/")[0]]
    if not quick:
        return words
    return words[:-1] if file.startswith("scripts/") else []


class Killed(Exception):
    """With what killed it."""


class NoMutant(Exception):
    """With the reason: it is invalid, or the same."""


def limit_time(seconds: int = CPU_SECONDS):
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def run(command: list[str], seconds: int = CPU_SECONDS, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        command,
        text=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        preexec_fn=functools.partial(limit_time, seconds),
        check=False,
        **options,
    )


class Tree:
    """A copy of the project, by links, in which one file is another."""

    def __init__(self, name: str):
        self.top = STATE / name
        self.copy()
        sys.path.insert(0, str(self.top / "test"))
        sys.dont_write_bytecode = True
        import toolbox
        from guest import catch2_suite
        from linux import calls

        assert self.top == toolbox.ROOT
        self.suite = catch2_suite
        # The first case that fails ends it.
        run_guest = toolbox.run_guest
        toolbox.run_guest = lambda wasm, *words, flags, **options: run_guest(
            wasm, *words, "--abort", flags=[*QUICKLY, *flags], **options
        )
        self.all_snapshots = toolbox.SNAPSHOTS
        self.snapshots = {toolbox.generation(snapshot): snapshot for snapshot in toolbox.SNAPSHOTS}
        self.outputs = {path: (self.top / path).read_bytes() for path in self.commands()}
        self.place = calls.Place()
        multiprocessing.util.Finalize(None, self.place.__exit__, exitpriority=1)
        self.right_answers = {
            (group, end): list(self.answers(group, end))
            for group in self.groups()
            if group[1] == "wrap"
            for end in ("", "-nofd")
        }

    def check(self, further: list[str] = ()):
        """What is not broken passes, or a verdict would mean nothing; `further` as tests() has it."""
        try:
            if further:
                self.build()
            for words in further:
                self.pytest(words)
            for group in self.groups():
                for end in ("", "-nofd"):
                    self.catch2(group, end)
                self.cases(self.suite.Configuration(group[0], "stock", "insides"))
        except Killed as by:
            sys.exit(f"mutants: a test fails on what is not broken: {by}")

    def copy(self):
        shutil.rmtree(self.top, ignore_errors=True)
        (self.top / ".toolchain/sysroots").mkdir(parents=True)
        (self.top / "build").mkdir()
        for path in (ROOT / ".toolchain").iterdir():
            if path.name != "sysroots":
                (self.top / ".toolchain" / path.name).symlink_to(path.resolve())
        # All sysroots: what is missing there a test's make would add.
        for path in (ROOT / ".toolchain/sysroots").iterdir():
            (self.top / ".toolchain/sysroots" / path.name).symlink_to(path.resolve())
            self.link(f"build/{path.name}")
        for path in ROOT.iterdir():
            if path.name != "build" and not path.name.startswith("."):
                self.link(path.name)

    def link(self, path: str):
        """Whatever writes there must put a new file in the old one's place, as all tools here do."""
        target = self.top / path
        if target.is_dir():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-al", ROOT / path, target], check=True)

    # --- What the overlay is compiled to ---------------------------------------------------------

    def groups(self) -> list[tuple[str, str]]:
        """A snapshot of each generation, and the variant that its Catch2 program links."""
        newest, older = self.snapshots["descriptor-ref"], self.snapshots["preview1"]
        return [(newest, "wrap"), (older, "wrap"), (newest, "counted")]

    def archives(self, snapshot: str, variant: str) -> list[str]:
        return [f"build/{snapshot}/{variant}/libwasi-utimens{nofd}.a" for nofd in ("", "-nofd")]

    def recipes(self, snapshot: str, targets: list[str], sources: list[str]) -> dict[str, str]:
        """The command that makes each output, as make would run it if these sources were new."""
        new = [word for source in sources for word in ("-W", source)]
        done = run(["make", "-n", f"SYSROOT=.toolchain/sysroots/{snapshot}", *new, *targets], cwd=self.top)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.replace("\\\n", " ").splitlines()
        found = {}
        for line in lines:
            output = re.search(r" -o (\S+)", line) or re.search(r"llvm-ar \w+ (\S+)", line)
            if output:
                found[output[1]] = line
        return found

    def commands(self) -> dict[str, tuple[str, str]]:
        """For each object of the overlay in each group: its source, and the command."""
        sources = [str(path.relative_to(ROOT)) for path in (ROOT / "libc-overlay").glob("*/*.cpp")]
        found = {}
        self.archiving = {}
        for snapshot, variant in self.groups():
            recipes = self.recipes(snapshot, self.archives(snapshot, variant), sources)
            for output, command in recipes.items():
                if output.endswith(".a"):
                    self.archiving[output] = command
                else:
                    found[output] = (re.search(r" -c (\S+)", command)[1], command)
        self.compiling = found
        return found

    def compile(self, file: str, group: tuple[str, str]) -> list[str]:
        """Compiles what the file is a part of for a group. Returns the objects that are others now."""
        changed = []
        for output, (source, command) in self.compiling.items():
            if output.startswith("build/{}/{}/".format(*group)) and file in self.parts(source):
                if run(["bash", "-c", command], cwd=self.top).returncode:
                    raise NoMutant("invalid")
                if (self.top / output).read_bytes() != self.outputs[output]:
                    changed.append(output)
        return changed

    def parts(self, source: str) -> set[str]:
        """A source and the project's files that it includes, all generations' among them."""
        found, left = set(), [source]
        while left:
            path = left.pop()
            if path not in found and (ROOT / path).is_file():
                found.add(path)
                names = re.findall(r'^#include ["<](.+)[">]', (ROOT / path).read_text(), re.MULTILINE)
                if "#include WASI_LIBC_GENERATION" in (ROOT / path).read_text():
                    names += [
                        f"generation/{name}.h"
                        for name in ("preview1", "descriptor-ref", "descriptor-counted")
                    ]
                places = [Path(path).parent, "libc-overlay", "include", "test/guest"]
                left += [os.path.normpath(Path(place, name)) for name in names for place in places]
        return found

    # --- Tests, the fastest first ----------------------------------------------------------------

    def archive(self, group: tuple[str, str], changed: list[str]) -> list[str]:
        """Makes the archives of what has changed. Returns what the names of their links end in."""
        ends = []
        for archive, end in zip(self.archives(*group), ("", "-nofd"), strict=True):
            command = self.archiving[archive]
            if any(f" {output} " in f"{command} " for output in changed):
                run(["bash", "-c", f"rm -f {archive} && {command}"], cwd=self.top)
                installed = self.top / f"build/{group[0]}/install/lib/wasm32-wasip2" / Path(archive).name
                if group[1] == "wrap":
                    installed.unlink()
                    shutil.copy(self.top / archive, installed)
                ends.append(end)
        return ends

    def oracle(self, group: tuple[str, str], end: str):
        """Its rows, which must be answered as the code that is not broken answers them."""
        configuration = f"{group[0]}-{group[1]}{end}"
        for number, (row, answer) in enumerate(self.answers(group, end)):
            if (row, answer) != self.right_answers[group, end][number]:
                right = self.right_answers[group, end][number][1]
                raise Killed(f"oracle [{configuration}]: {row[:80]}: {answer}, not {right}")

    def answers(self, group: tuple[str, str], end: str):
        """Yields each row of the oracle with its answer, and stops behind one that ended the guest."""
        import toolbox
        from linux import rows

        snapshot, link = group[0], group[1] + end
        compiled = self.top / f"build/{snapshot}/calls.o"
        flags = [*toolbox.CALLS_FLAGS, f"--sysroot={toolbox.stock_sysroot(snapshot)}", "-Iinclude"]
        if not compiled.exists():
            clang = [str(toolbox.SDK / "bin/clang"), "--target=wasm32-wasip2", *flags]
            assert not run([*clang, "-c", str(toolbox.CALLS), "-o", str(compiled)], cwd=self.top).returncode
        program = self.place.directory / "calls.wasm"
        try:
            toolbox.compile_guest(snapshot, link, program, compiled)
        except AssertionError:
            raise Killed(f"the oracle's guest does not link [{snapshot}-{link}]") from None
        self.place.clear()
        rows.make_files(self.place)
        script = [str(row) for row in rows.rows(self.place)]
        (self.place.top / "script").write_text("\n".join(script) + "\n")
        wasmtime = [str(self.place.add(toolbox.WASMTIME.resolve())), "run", *QUICKLY]
        command = [
            *wasmtime,
            f"--dir={self.place.top}::{self.place.top}",
            str(program),
            "-f",
            str(self.place.top / "script"),
        ]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(
            command, text=True, env={}, preexec_fn=limit_time, **pipes, **self.place.user.options()
        ) as process:
            try:
                for row in script:
                    yield row, process.stdout.readline().strip()
            finally:
                process.kill()

    def catch2(self, group: tuple[str, str], end: str):
        """The Catch2 cases that a user could write."""
        program = "counted" if group[1] == "counted" else "posix-beside"
        self.cases(self.suite.Configuration(group[0], group[1] + end, program))

    def insides(self, file: str, snapshot: str):
        """The Catch2 cases that include the file themselves."""
        configuration = self.suite.Configuration(snapshot, "stock", "insides")
        sources = self.mirrors(file, configuration)
        objects = [f"build/{snapshot}/catch2/{Path(source).relative_to('test/guest')}" for source in sources]
        objects = [str(Path(path).with_suffix(".o")) for path in objects]
        for command in self.recipes(snapshot, objects, sources).values() if sources else ():
            if run(["bash", "-c", command], cwd=self.top).returncode:
                raise Killed(f"a test that does not compile [{configuration}]")
        if sources:
            self.cases(configuration)

    def mirrors(self, file: str, configuration) -> list[str]:
        """The sources of the program that include the file; that of its name alone, if there is one."""
        sources = [str(source.relative_to(self.top)) for source in configuration.sources()]
        sources = [source for source in sources if file in self.parts(source)]
        name = Path(file).relative_to("libc-overlay").with_suffix(".test.cpp")
        own = [source for source in sources if source == f"test/guest/{name}"]
        return own or sources

    def cases(self, configuration):
        cases = [name for source in configuration.sources() for name, _ in self.suite.cases_of(source)]
        try:
            verdicts = self.suite.verdicts_of(configuration, cases)
        except Exception as error:  # it does not link, or it hangs
            raise Killed(f"{type(error).__name__} [{configuration}]") from None
        failed = [name for name, verdict in verdicts.items() if verdict is not None]
        failed.sort(key=lambda name: verdicts[name].startswith("not reported"))
        if failed:
            raise Killed(f"{failed[0]} [{configuration}]")

    def pytest(self, words: str):
        command = [
            ".toolchain/venv/bin/python",
            "-m",
            "pytest",
            "-x",
            "-q",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            *words.split(),
        ]
        done = run(command, CPU_SECONDS if ".py" in words else ALL_CPU_SECONDS, cwd=self.top)
        if done.returncode != 0:
            failed = re.search(r"^(?:FAILED|ERROR) (\S.*?)(?: - |$)", done.stdout, re.MULTILINE)
            raise Killed(failed[1] if failed else f"{words}: exit {done.returncode}")

    def build(self):
        """All that the tests of the host's side look for."""
        for snapshot in self.all_snapshots:
            base = f"build/{snapshot}"
            # An installation whose archive is another is not written over.
            shutil.rmtree(self.top / base / "install")
            make = ["make", "-s", f"SYSROOT=.toolchain/sysroots/{snapshot}", "installed"]
            parts = [f"{base}/sysroot", f"{base}/sysroot-nofd", f"{base}/ubsan/libwasi-utimens.a"]
            done = run([*make, *parts], cwd=self.top)
            if done.returncode:
                raise Killed(f"make: {done.stderr.strip().splitlines()[-1:]}")

    # --- A mutant -----------------------------------------------------------------------------------

    def put(self, mutant: Mutant):
        lines = (ROOT / mutant.file).read_text().splitlines(keepends=True)
        lines[mutant.number - 1] = mutant.after
        path = self.top / mutant.file
        path.unlink()
        path.write_text("".join(lines))
        path.chmod((ROOT / mutant.file).stat().st_mode)

    def try_mutant(self, mutant: Mutant, quick: bool, words=()) -> tuple[str, str]:
        """Its verdict, and by what. A quick one that survives is to be tried further: by pytest's `words`."""
        self.put(mutant)
        try:
            if mutant.file.startswith("libc-overlay/"):
                self.overlay(mutant.file)
            elif not self.differs(mutant.file):
                raise NoMutant("same")
            if not (quick or mutant.file.startswith("scripts/")):
                self.build()
            for few in [*words, *tests(mutant.file, quick)]:
                self.pytest(few)
        except NoMutant as reason:
            return str(reason), ""
        except Killed as by:
            return "killed", str(by).replace(str(self.top) + "/", "")
        finally:
            self.restore(mutant.file, built=not quick)
        return "survived", "quick" if quick else ""

    def overlay(self, file: str):
        """One group after the other, as most mutants are killed in the first."""
        all_changed = []
        for group in self.groups():
            changed = self.compile(file, group)
            ends = self.archive(group, changed)
            all_changed += changed
            for end in ends:
                if group[1] == "wrap" and (not end or any("/nofd/" in output for output in changed)):
                    self.oracle(group, end)
            if ends and file.startswith("libc-overlay/pure/") and group[1] == "wrap":
                self.insides(file, group[0])
            for end in ends:
                self.catch2(group, end)
            if ends and not file.startswith("libc-overlay/pure/") and group[1] == "wrap":
                self.insides(file, group[0])
        if not all_changed:
            raise NoMutant("same")

    def differs(self, file: str) -> bool:
        """Whether a script or a header means something else to its reader, the compiler or Python."""

        def meaning(top: Path) -> list[str]:
            path = top / file
            if file.endswith(".py"):
                return [ast.dump(what_runs(ast.parse(path.read_text())))]
            said = []
            for language, define, dump in itertools.product(
                ("c", "c++"), ("-DX", "-D_GNU_SOURCE"), ("-dM", "-P")
            ):
                command = [
                    f"{ROOT}/.toolchain/wasi-sdk/bin/clang", "--target=wasm32-wasip2", "-x", language, define,
                    "-nostdinc++", f"-I{top}/include", "-E", dump, str(path),
                ]  # fmt: skip
                done = run(command)
                said.append(done.stdout.replace(str(top), ""))
                if done.returncode:
                    raise NoMutant("invalid")
            return said

        try:
            return meaning(self.top) != meaning(ROOT)
        except SyntaxError:
            raise NoMutant("invalid") from None

    def restore(self, file: str, built: bool):
        (self.top / file).unlink()
        self.link(file)
        for snapshot in self.all_snapshots if not file.startswith("scripts/") else ():
            parts = ("",) if built else ("wrap", "counted", "catch2", "install/lib")
            for part in parts:
                if (ROOT / f"build/{snapshot}/{part}").exists():
                    self.link(f"build/{snapshot}/{part}".rstrip("/"))


def what_runs(module: ast.Module) -> ast.Module:
    """Without docstrings, and without the types of what a function assigns to, which nobody evaluates."""
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
        if isinstance(node, ast.FunctionDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.AnnAssign):
                    inner.annotation = ast.Constant(None)
    return module
