# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A host whose set-times and set-times-at answer what a test wants, everything else being real.

It is the `wasmtime` library with its own WASI. Only the methods of wasi:filesystem's descriptor (but
for link-at, rename-at and is-same-object) go through here, where the calls and their arguments are
kept. So a test sees what crosses the component boundary, in both directions.

    host = Host(set_times=["unsupported", REAL])     # the first call fails, all later ones are real
    done = host.run(Guest("guest.wasm"), "argument", dirs={"/d": "host/directory"})
    done.returncode, done.stdout, [call.method for call in done.calls]

On the command line:

    python error_host.py --set-times unsupported --dir host/directory::/d guest.wasm argument

Or it lies, as LIES has it: done is not what was asked for, or read is not what is there.
"""

import argparse
import functools
import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import wasmtime
from wasmtime import component

ROOT = Path(__file__).resolve().parents[2]
WASM_TOOLS = ROOT / ".toolchain/bin/wasm-tools"

METHOD = "[method]descriptor."

# Answers beside the error-codes.
REAL = "real"  # do it, and answer what wasmtime answers
OK = "ok"  # answer ok and do nothing
ABSENT = "absent"  # always: the host has no such method, a guest that imports it cannot start

FUEL = 1 << 60  # more than any run takes

Answers = str | Iterable[str] | Callable[["Call"], str]


@dataclass(frozen=True)
class Call:
    """One call of a method of wasi:filesystem's descriptor, with its arguments but for `self`.

    new-timestamps are "no-change", "now" or (seconds, nanoseconds); flags are sets of names.
    """

    method: str
    arguments: tuple = ()
    answer: Any = None  # the error-code, or None for ok

    def __str__(self):
        words = [repr(sorted(a) if isinstance(a, (set, frozenset)) else a) for a in self.arguments]
        return f"{self.method}({', '.join(words)}) -> {self.answer or 'ok'}"


@dataclass
class Done:
    """A run that ended. `trap` is the message of one that ended by a trap."""

    returncode: int = 0
    stdout: str = ""
    stderr: str = ""
    trap: str = ""
    fuel: int = 0  # executed WebAssembly instructions
    events: list[Call | str] = field(default_factory=list)  # calls, and what the guest wrote, in order

    @property
    def calls(self) -> list[Call]:
        return [event for event in self.events if isinstance(event, Call)]

    @property
    def steps(self) -> list[tuple[str, list[Call]]]:
        """Each line that the guest wrote, with the calls since the line before."""
        steps, line, calls = [], "", []
        for event in self.events:
            if isinstance(event, Call):
                calls.append(event)
                continue
            *lines, line = (line + event).split("\n")
            for whole in lines:
                steps.append((whole, calls))
                calls = []
        return steps


def wasm_tools(*arguments: str | Path) -> str:
    command = [str(WASM_TOOLS), *map(str, arguments)]
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout


def resolved(*arguments: str | Path) -> dict:
    """WIT or a component as wasm-tools reads it."""
    return json.loads(wasm_tools("component", "wit", "--json", *arguments))


@functools.cache
def wit_type(word: str, name: str) -> dict:
    """What a type of the project's WIT is made of."""
    types = resolved(ROOT / "wit-imports/wit")["types"]
    (found,) = [t["kind"][word] for t in types if t["name"] == name and word in t["kind"]]
    return found


def error_codes() -> list[str]:
    """The cases of wasi:filesystem's error-code, in their order."""
    return [case["name"] for case in wit_type("enum", "error-code")["cases"]]


@functools.cache
def engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.consume_fuel = True
    return wasmtime.Engine(config)


@functools.cache
def filesystem_types() -> str:
    """The name under which the library defines wasi:filesystem/types.

    A definition under another version would make an instance of its own that hides the real one, so
    this looks for the one that is there: defining it again is refused.
    """
    for patch in range(100):
        name = f"wasi:filesystem/types@0.2.{patch}"
        linker = component.Linker(engine())
        linker.add_wasip2()
        try:
            with linker.root() as root, root.add_instance(name) as types:
                types.add_func(METHOD + "set-times", lambda *_: None)
        except wasmtime.WasmtimeError:
            return name
    raise RuntimeError("this wasmtime library defines no wasi:filesystem/types@0.2")


class Guest:
    """A compiled component, to be run any number of times."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        wit = wasm_tools("component", "wit", path)
        self.component = component.Component.from_file(engine(), str(path))
        self.run_export = re.search(r"^  export (wasi:cli/run@\S+);$", wit, re.M)[1]
        self.methods, self.real = real_methods(wit)


@functools.cache
def real_methods(wit: str) -> tuple[list[str], component.Component | None]:
    """The methods of descriptor in a guest's WIT, and a component that calls the real ones.

    The library cannot call a WASI function itself. So each has a way through a component that
    imports it and exports it as a plain function, its core function only handing the arguments on.
    """
    package = re.search(r"^package (wasi:filesystem@\S+) \{$(.*?)^\}", wit, re.M | re.S)
    if not package:
        return [], None
    name = package[1].replace("@", "/types@")
    signatures = dict(re.findall(r"^ +([\w-]+): func\((.*);$", package[2], re.M))
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory, "real.wit")
        source.write_text(wit)
        wit_read = resolved(source)
        (interfaces,) = [one["interfaces"] for one in wit_read["packages"] if one["name"] == package[1]]
        types = wit_read["interfaces"][interfaces["types"]]
        methods = [one.removeprefix(METHOD) for one in types["functions"] if one.startswith(METHOD)]
        # Not those with a second descriptor (link-at, rename-at, is-same-object): wasmtime 50.0.1 answers
        # a host function that hands two borrowed handles on with a trap, "BUG: deferred host scope".
        methods = [method for method in methods if "borrow<" not in signatures[method]]
        world = ["world real {", f"use {name}.{{{', '.join(types['types'])}}};"]
        world += [f"export {one}: func(self: borrow<descriptor>, {signatures[one]};" for one in methods]
        root = re.compile(r"^world root \{.*?^\}$", re.M | re.S)
        source.write_text(root.sub("\n".join([*world, "}"]), wit, count=1))
        embed = ("component", "embed", "-w", "real", source)
        lowered = core_imports(wasm_tools(*embed, "--dummy-names", "legacy", "-t"))
        core, target = Path(directory, "core.wat"), Path(directory, "real.wasm")
        core.write_text(handing_on(name, {method: lowered[name, METHOD + method] for method in methods}))
        wasm_tools(*embed, core, "-o", target)
        wasm_tools("component", "new", target, "-o", target)
        return methods, component.Component.from_file(engine(), str(target))


def core_imports(wat: str) -> dict[tuple[str, str], str]:
    """The functions that a core module imports: (module, name) to its type."""
    imports = re.findall(r'\(import "([^"]*)" "([^"]*)" \(func \(;\d+;\) \(type \d+\)(.*)\)\)$', wat, re.M)
    return {(module, name): signature.strip() for module, name, signature in imports}


def handing_on(module: str, lowered: dict[str, str]) -> str:
    """A core module that exports the methods of this module, by the types that they are imported by."""
    imports, exports = [], []
    for method, signature in lowered.items():
        imports.append(f'(import "{module}" "{METHOD}{method}" (func ${method} {signature}))')
        # Each result is of more than one value, so it is written where the last argument points. The
        # borrowed handle must be dropped before the function returns.
        *parameters, _ = re.findall(r"i\d\d", signature)
        arguments = " ".join(f"local.get {i}" for i in range(len(parameters)))
        exports.append(f"""
            (func (export "{method}") (param {" ".join(parameters)}) (result i32)
              {arguments} i32.const 0 call ${method}
              local.get 0 call $drop
              (global.set $heap (i32.const 1024))
              i32.const 0)""")
    # realloc only ever gives out what comes next: a call's memory is free again behind it.
    return f"""(module
      {" ".join(imports)}
      (import "{module}" "[resource-drop]descriptor" (func $drop (param i32)))
      (memory (export "memory") 256)
      (global $heap (mut i32) (i32.const 1024))
      (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
        global.get $heap
        (i32.and (i32.add (global.get $heap) (i32.add (local.get $size) (i32.const 7))) (i32.const -8))
        global.set $heap)
      {" ".join(exports)})"""


def plain(value: Any) -> Any:
    """An argument as tests compare it."""
    if isinstance(value, component.Variant):
        return value.tag if value.payload is None else (value.payload.seconds, value.payload.nanoseconds)
    if isinstance(value, set):
        return frozenset(value)
    return value


Time = tuple[int, int]  # seconds, nanoseconds
TIMES = ("data-access-timestamp", "data-modification-timestamp", "status-change-timestamp")


def as_it_is(seconds: int, nanoseconds: int) -> Time:
    return seconds, nanoseconds


@dataclass(frozen=True)
class Lie:
    """How a host is wrong in what it does."""

    sets: Callable[[int, int], Time] = as_it_is  # of a time it is to set, what it sets
    takes: Callable[[str], str] = lambda tag: tag  # of "no-change" and "now", which of them it goes by
    reads: Callable[[int, int], Time] = as_it_is  # of a time that is there, what it says
    does: bool = True  # whether it sets anything
    follows: Callable[[str, set], set] = lambda method, flags: flags  # of path-flags, what it goes by
    says: str | None = None  # the error-code that it answers, having set the times

    def asked(self, name: str, arguments: list) -> list:
        if name in ("set-times-at", "stat-at"):
            arguments[0] = self.follows(name, arguments[0])
        if name in ("set-times", "set-times-at"):
            arguments[-2:] = map(self.new_timestamp, arguments[-2:])
        return arguments

    def new_timestamp(self, value: component.Variant) -> component.Variant:
        if value.payload is None:
            return component.Variant(self.takes(value.tag))
        datetime = component.Record()
        datetime.seconds, datetime.nanoseconds = self.sets(value.payload.seconds, value.payload.nanoseconds)
        return component.Variant("timestamp", datetime)

    def told(self, name: str, result: Any) -> Any:
        if name in ("set-times", "set-times-at"):
            return self.says or result
        if name in ("stat", "stat-at") and isinstance(result, component.Record):
            times = [getattr(result, member) for member in TIMES]
            for time in filter(None, times):  # a filesystem may not have all three
                time.seconds, time.nanoseconds = self.reads(time.seconds, time.nanoseconds)
        return result


LIES = {
    "scales": Lie(sets=lambda s, ns: (s * 1000, ns), reads=lambda s, ns: (s // 1000, ns)),
    "milliseconds": Lie(sets=lambda s, ns: (s, ns // 1_000_000 * 1_000_000)),
    "nothing": Lie(does=False, reads=lambda s, ns: (0, 0)),
    "swaps": Lie(follows=lambda method, flags: {"symlink-follow"} - flags),
}


def choose(answers: Answers) -> Callable[[Call], str]:
    """One answer for ever, one after the other and the last for ever, or what a function says."""
    if callable(answers):
        return answers
    sequence = [answers] if isinstance(answers, str) else list(answers)
    answer = itertools.chain(sequence, itertools.repeat(sequence[-1]))
    return lambda call: next(answer)


class Host:
    """What set-times and set-times-at answer; every run of it starts its sequences afresh.

    Without `watch` a method that is only real does not go through here: much faster, but not seen.
    """

    def __init__(
        self,
        set_times: Answers = REAL,
        set_times_at: Answers = REAL,
        *,
        watch: bool = True,
        lie: Lie | None = None,
    ):
        if lie and not lie.does:
            set_times = set_times_at = OK
        self.answers = {"set-times": set_times, "set-times-at": set_times_at}
        self.watch = watch or lie is not None
        self.lie = lie or Lie()

    def run(
        self,
        guest: Guest,
        *arguments: str,
        dirs: dict[str, str | Path] | None = None,
        stdin: Iterable[str] = (),
    ) -> Done:
        """Runs a guest to its end, with these lines on stdin."""
        done, config = Done(), wasmtime.WasiConfig()
        config.argv = ["guest.wasm", *arguments]
        for guest_path, host_path in (dirs or {}).items():
            config.preopen_dir(str(host_path), guest_path)
        with tempfile.NamedTemporaryFile("w") as lines:
            lines.writelines(f"{line}\n" for line in stdin)
            lines.flush()
            config.stdin_file = lines.name

        def stdout(data: bytes) -> None:
            text = data.decode(errors="backslashreplace")
            done.stdout += text
            done.events.append(text)

        def stderr(data: bytes) -> None:
            done.stderr += data.decode(errors="backslashreplace")

        config.stdout_custom = stdout
        config.stderr_custom = stderr
        return self.run_as(config, guest, done)

    def run_as(self, config: wasmtime.WasiConfig, guest: Guest, done: Done) -> Done:
        store = wasmtime.Store(engine())
        store.set_fuel(FUEL)
        store.set_wasi(config)
        linker = component.Linker(engine())
        linker.allow_shadowing = True
        linker.add_wasip2()
        if guest.real:
            self.define(linker, store, guest, done)
        try:
            instance = linker.instantiate(store, guest.component)
            interface = instance.get_export_index(store, guest.run_export)
            run = instance.get_func(store, instance.get_export_index(store, "run", interface))
            result = run(store)
            done.returncode = 0 if result is None or getattr(result, "tag", None) == "ok" else 1
        except wasmtime.ExitTrap as exit_trap:
            done.returncode = exit_trap.code
        except (wasmtime.Trap, wasmtime.WasmtimeError) as trap:
            done.returncode, done.trap = 134, str(trap)
        done.fuel = FUEL - store.get_fuel()
        return done

    def define(self, linker: component.Linker, store: wasmtime.Store, guest: Guest, done: Done) -> None:
        """Puts this host's functions in the place of wasmtime's."""
        real_linker = component.Linker(engine())
        real_linker.add_wasip2()
        real = real_linker.instantiate(store, guest.real)
        with linker.root() as root, root.add_instance(filesystem_types()) as types:
            for method in guest.methods:
                if self.answers.get(method) == ABSENT:
                    # The library's own cannot be taken out. What is no function is as good as none.
                    types.add_module(METHOD + method, wasmtime.Module(engine(), "(module)"))
                elif self.watch or self.answers.get(method, REAL) != REAL:
                    function = self.method(method, real.get_func(store, method), done)
                    types.add_func(METHOD + method, function)

    def method(self, name: str, real: component.Func, done: Done) -> Callable:
        answers = choose(self.answers.get(name, REAL))

        def call(store, descriptor, *arguments):
            seen = Call(name, tuple(map(plain, arguments)))
            answer = answers(seen)
            if answer == REAL:
                result = real(store, descriptor, *self.lie.asked(name, list(arguments)))
                real.post_return(store)
                result = self.lie.told(name, result)
            else:
                result = None if answer == OK else answer
            descriptor.drop(store)
            done.events.append(Call(name, seen.arguments, error_of(result)))
            return result

        return call


def error_of(result: Any) -> str | None:
    if isinstance(result, component.Variant):
        return result.payload if result.tag == "err" else None
    return result if isinstance(result, str) else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for method in ("set-times", "set-times-at"):
        parser.add_argument(
            f"--{method}",
            metavar="ANSWER[,ANSWER...]",
            default=REAL,
            help="error-codes, 'ok' (and do nothing) or 'real' (default), one a call, the last for ever;"
            " or 'absent', the host has no such method",
        )
    parser.add_argument("--lie", choices=LIES, help="how it is wrong where it answers with success")
    parser.add_argument("--dir", action="append", default=[], metavar="HOST[::GUEST]", help="as wasmtime's")
    parser.add_argument("--argv0", default="guest.wasm", help="as wasmtime's")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("guest", metavar="guest.wasm")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()

    def fail(message: str) -> NoReturn:
        parser.exit(2, f"{parser.prog}: {message}\n")

    def answers(text: str) -> Answers:
        if text == ABSENT:
            return text
        for answer in text.split(","):
            if answer not in (REAL, OK, *error_codes()):
                fail(f"{answer!r} is no error-code of wasi:filesystem; see --help for other answers")
        return text.split(",")

    if not WASM_TOOLS.exists():
        fail("there is no wasm-tools: run `make toolchain`")
    host = Host(answers(options.set_times), answers(options.set_times_at), lie=LIES.get(options.lie))
    try:
        guest = Guest(options.guest)
    except (subprocess.CalledProcessError, TypeError):
        fail(f"{options.guest} is no component with a wasi:cli/run to run")
    config = wasmtime.WasiConfig()
    config.argv = [options.argv0, *options.arguments]
    config.env = [pair.split("=", 1) for pair in options.env]
    for mount in options.dir:
        host_path, _, guest_path = mount.partition("::")
        if not Path(host_path).is_dir():
            fail(f"--dir {host_path}: no such directory")
        config.preopen_dir(host_path, guest_path or host_path)
    config.inherit_stdin()
    config.inherit_stdout()
    config.inherit_stderr()
    done = host.run_as(config, guest, Done())
    if done.trap:
        print(f"{options.guest}: {done.trap}", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
