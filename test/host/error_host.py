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


def wasm_tools(*arguments: str | Path, stdin: str | None = None) -> str:
    command = [str(WASM_TOOLS), *map(str, arguments)]
    return subprocess.run(command, input=stdin, text=True, capture_output=True, check=True).stdout


@functools.cache
def error_codes() -> list[str]:
    """The cases of wasi:filesystem's error-code, in their order, as wasm-tools reads the WIT."""
    wit = json.loads(wasm_tools("component", "wit", ROOT / "wit-imports/wit", "--json"))
    (enum,) = [t["kind"]["enum"] for t in wit["types"] if t["name"] == "error-code"]
    return [case["name"] for case in enum["cases"]]


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
        self.filesystem = filesystem(wit)

    @property
    def may_lack_methods(self) -> bool:
        """Whether a host can be without a method that this guest imports: see ABSENT.

        The library's own wasi:filesystem cannot be cut, only another version put beside it.
        """
        return self.filesystem is not None and self.filesystem.name != filesystem_types()


@dataclass(frozen=True)
class Filesystem:
    """What a guest imports of wasi:filesystem/types."""

    name: str  # with the guest's version
    methods: list[str]  # of descriptor, and each is a function of `real`
    others: list[str]  # functions, with their names in full
    real: component.Component


@functools.cache
def filesystem(wit: str) -> Filesystem | None:
    """Finds that in a guest's WIT, and makes a component that calls the real methods.

    The library cannot call a WASI function itself. So each has a way through a component that
    imports it and exports it as a plain function, its core function only handing the arguments on.
    """
    package = re.search(r"^package (wasi:filesystem@\S+) \{$(.*?)^\}", wit, re.M | re.S)
    if not package:
        return None
    name = package[1].replace("@", "/types@")
    signatures = dict(re.findall(r"^ +([\w-]+): func\((.*);$", package[2], re.M))
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory, "real.wit")
        source.write_text(wit)
        resolved = json.loads(wasm_tools("component", "wit", "--json", source))
        (interfaces,) = [one["interfaces"] for one in resolved["packages"] if one["name"] == package[1]]
        types = resolved["interfaces"][interfaces["types"]]
        methods = [one.removeprefix(METHOD) for one in types["functions"] if one.startswith(METHOD)]
        # Not those with a second descriptor (link-at, rename-at, is-same-object): wasmtime 50.0.1 answers
        # a host function that hands two borrowed handles on with a trap, "BUG: deferred host scope".
        methods = [method for method in methods if "borrow<" not in signatures[method]]
        others = [one for one in types["functions"] if one.removeprefix(METHOD) not in methods]
        world = ["world real {", f"use {name}.{{{', '.join(types['types'])}}};"]
        world += [f"export {one}: func(self: borrow<descriptor>, {signatures[one]};" for one in methods]
        root = re.compile(r"^world root \{.*?^\}$", re.M | re.S)
        source.write_text(root.sub("\n".join([*world, "}"]), wit, count=1))
        core = Path(directory, "real.wat")
        dummy = wasm_tools("component", "embed", "--dummy", "-w", "real", source, "-t")
        core.write_text(handing_on(dummy))
        target = Path(directory, "real.wasm")
        wasm_tools("component", "new", core, "-o", target)
        real = component.Component.from_file(engine(), str(target))
    return Filesystem(name, methods, others, real)


def handing_on(dummy: str) -> str:
    """The dummy module of the world `real`, whose exports do nothing, with exports that do."""
    imports = {
        name: int(i) for name, i in re.findall(r'\(import "[^"]*" "([^"]*)" \(func \(;(\d+);\)', dummy)
    }
    exports = {
        int(i): name for name, i in re.findall(r'\(export "cm32p2\|\|([^"]*)" \(func (\d+)\)\)', dummy)
    }
    realloc = int(re.search(r'\(export "cm32p2_realloc" \(func (\d+)\)\)', dummy)[1])

    def body(match: re.Match) -> str:
        head, index, parameters = match[1], int(match[2]), len((match[3] or "").split())
        if index == realloc:  # never frees: an instance lives for one run
            return f"""{head}
              global.get $heap  local.get 2  i32.add  i32.const 1  i32.sub
              i32.const 0  local.get 2  i32.sub  i32.and  global.set $heap
              global.get $heap
              global.get $heap  local.get 3  i32.add  global.set $heap
              block  loop
                memory.size  i32.const 16  i32.shl  global.get $heap  i32.ge_u  br_if 1
                i32.const 1  memory.grow  i32.const 0  i32.ge_s  br_if 0
                unreachable
              end  end
            """
        target = imports[METHOD + exports[index]]
        # A result of more than one value is written where the last argument points; the
        # borrowed handle must be dropped before the function returns.
        by_pointer = " result i32" in f" {head.split('(param')[-1].replace('(', ' ')}"
        hand_on = "  ".join(f"local.get {i}" for i in range(parameters))
        where = "i32.const 0" if by_pointer else ""
        return f"""{head}
          {hand_on}  {where}  call {target}
          {where}
          local.get 0  call {imports["descriptor_drop"]}
        """

    module = re.sub(
        r"(\(func \(;(\d+);\) \(type \d+\)(?: \(param ([^)]*)\))?(?: \(result [^)]*\))?)\s+unreachable\s*",
        body,
        dummy,
    )
    return module.replace("(memory (;0;) 0)", "(memory (;0;) 1)\n(global $heap (mut i32) (i32.const 1024))")


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
    """How a host is wrong in what it answers with success."""

    sets: Callable[[int, int], Time] = as_it_is  # of a time it is to set, what it sets
    reads: Callable[[int, int], Time] = as_it_is  # of a time that is there, what it says
    does: bool = True  # whether it sets anything
    follows: Callable[[set], set] = lambda flags: flags  # of path-flags, what it goes by

    def asked(self, name: str, arguments: list) -> list:
        if name in ("set-times-at", "stat-at"):
            arguments[0] = self.follows(arguments[0])
        if name in ("set-times", "set-times-at"):
            arguments[-2:] = [new_timestamp(self.sets, time) for time in arguments[-2:]]
        return arguments

    def told(self, name: str, result: Any) -> Any:
        if name in ("stat", "stat-at") and isinstance(result, component.Record):
            times = [getattr(result, member) for member in TIMES]
            for time in filter(None, times):  # a filesystem may not have all three
                time.seconds, time.nanoseconds = self.reads(time.seconds, time.nanoseconds)
        return result


def new_timestamp(change: Callable[[int, int], Time], value: component.Variant) -> component.Variant:
    if value.payload is None:
        return value
    datetime = component.Record()
    datetime.seconds, datetime.nanoseconds = change(value.payload.seconds, value.payload.nanoseconds)
    return component.Variant("timestamp", datetime)


LIES = {
    "scales": Lie(sets=lambda s, ns: (s * 1000, ns), reads=lambda s, ns: (s // 1000, ns)),
    "milliseconds": Lie(sets=lambda s, ns: (s, ns // 1_000_000 * 1_000_000)),
    "nothing": Lie(does=False, reads=lambda s, ns: (0, 0)),
    "swaps": Lie(follows=lambda flags: {"symlink-follow"} - flags),
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
        env: dict[str, str] | None = None,
        capture: bool = True,
        argv0: str = "guest.wasm",
    ) -> Done:
        done = Done()
        store = wasmtime.Store(engine())
        store.set_fuel(FUEL)
        store.set_wasi(self.wasi_config([argv0, *arguments], dirs or {}, env or {}, done, capture))
        linker = component.Linker(engine())
        linker.allow_shadowing = True
        linker.add_wasip2()
        if guest.filesystem:
            self.define(linker, store, guest.filesystem, done)
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

    def define(self, linker: component.Linker, store: wasmtime.Store, guest: Filesystem, done: Done) -> None:
        """Puts this host's functions in the place of wasmtime's."""
        real_linker = component.Linker(engine())
        real_linker.add_wasip2()
        real = real_linker.instantiate(store, guest.real)
        absent = [method for method, answers in self.answers.items() if answers == ABSENT]
        # Under the guest's own version, where that is not wasmtime's, there is nothing but what is
        # defined here.
        name = guest.name if absent else filesystem_types()
        with linker.root() as root, root.add_instance(name) as types:
            if absent:
                assert name != filesystem_types()
                self.define_others(types, real.get_func(store, guest.methods[0]).type(store), guest.others)
            for method in guest.methods:
                if method in absent or (not self.watch and not absent and self.is_real(method)):
                    continue
                function = self.method(method, real.get_func(store, method), done)
                types.add_func(METHOD + method, function)

    @staticmethod
    def define_others(types: component.LinkerInstance, of_descriptor, others: list[str]) -> None:
        """What a guest needs in order to start, but cannot call on a host with something absent."""

        def drop(*_):  # the store drops all descriptors at its end
            pass

        def trap(*_):
            raise NotImplementedError

        types.add_resource("descriptor", of_descriptor.params[0][1].ty, drop)
        types.add_resource("directory-entry-stream", component.ResourceType.host(0), drop)
        for function in others:
            types.add_func(function, trap)

    def is_real(self, method: str) -> bool:
        return self.answers.get(method, REAL) == REAL

    def wasi_config(self, argv, dirs, env, done: Done, capture: bool) -> wasmtime.WasiConfig:
        config = wasmtime.WasiConfig()
        config.argv = argv
        config.env = list(env.items())
        for guest_path, host_path in dirs.items():
            config.preopen_dir(str(host_path), guest_path)
        if not capture:
            config.inherit_stdin()
            config.inherit_stdout()
            config.inherit_stderr()
            return config

        def stdout(data: bytes) -> None:
            text = data.decode(errors="backslashreplace")
            done.stdout += text
            done.events.append(text)

        def stderr(data: bytes) -> None:
            done.stderr += data.decode(errors="backslashreplace")

        config.stdout_custom = stdout
        config.stderr_custom = stderr
        return config

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
    dirs = {}
    for mount in options.dir:
        host_path, _, guest_path = mount.partition("::")
        dirs[guest_path or host_path] = host_path
    env = dict(pair.split("=", 1) for pair in options.env)
    host = Host(answers(options.set_times), answers(options.set_times_at), lie=LIES.get(options.lie))
    try:
        guest = Guest(options.guest)
    except (subprocess.CalledProcessError, TypeError):
        fail(f"{options.guest} is no component with a wasi:cli/run to run")
    for host_path in dirs.values():
        if not Path(host_path).is_dir():
            fail(f"--dir {host_path}: no such directory")
    done = host.run(guest, *options.arguments, dirs=dirs, env=env, capture=False, argv0=options.argv0)
    if done.trap:
        print(f"{options.guest}: {done.trap}", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
