# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a call costs: in fuel (exact), in calls of the host, in bytes of the guest, in time.

Fuel is wasmtime's count of executed WebAssembly instructions, the adapter's among them; the host's
own work is none. A call's cost is the fuel of a run that makes it 2N times, less that of a run that
makes it N times, divided by N; with the loop around it, unless `Bench.loop` is taken off.
"""

import statistics
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import toolbox
import wasmtime
from host import error_host
from wasmtime import component

SOURCES = toolbox.ROOT / "test/bench"

LONG_NAME = "home/reader/documents/2026-11/reports/report-final.c"
LONG_PATH = f"/d/{LONG_NAME}"  # 55 characters, as a path often has
MANY_PREOPENS = 100

# The ways to have the functions, in the order in which tables show them.
LINKS = [toolbox.STOCK, toolbox.WRAP, toolbox.SYSROOT]


@dataclass(frozen=True)
class Call:
    """A call of cost.c, and what it is made of beside our code: parts of parts.cpp."""

    text: str
    parts: tuple[tuple[str, ...], ...] = ()
    chdir: bool = False  # in a guest that has changed its directory to /d
    preopens: int = 1
    in_stock: bool = True

    def __str__(self):
        text = self.text.replace("LONG_PATH", f'"{LONG_PATH}"').replace("LONG_NAME", f'"{LONG_NAME}"')
        where = [", after `chdir`"] if self.chdir else []
        where += [f", {self.preopens} preopens"] if self.preopens > 1 else []
        return f"`{text}`{''.join(where)}"


FD = (("set-times",), ("descriptor",))
FD_NOW = (("set-times-now",), ("descriptor",))
DIRFD = (("set-times-at",), ("descriptor",))


def preopen(path: str):
    return (*DIRFD, ("preopen", path))


def cwd(path: str):
    return (*DIRFD, ("cwd", path))


ACCEPTED = [
    Call("futimens(fd, times)", FD),
    Call("futimens(fd, NULL)", FD_NOW),
    Call("futimes(fd, timevals)", FD, in_stock=False),
    Call('utimensat(AT_FDCWD, "/d/f", times, 0)', preopen("/d/f")),
    Call('utimensat(AT_FDCWD, "/d/f", times, AT_SYMLINK_NOFOLLOW)', preopen("/d/f")),
    Call("utimensat(AT_FDCWD, LONG_PATH, times, 0)", preopen(LONG_PATH)),
    Call('utimensat(AT_FDCWD, "/d/f", times, 0)', preopen("/d/f"), preopens=MANY_PREOPENS),
    Call('utimensat(AT_FDCWD, "d/f", times, 0)', preopen("d/f")),
    Call('utimensat(AT_FDCWD, "f", times, 0)', cwd("f"), chdir=True),
    Call('utimensat(AT_FDCWD, "/d/f", times, 0)', preopen("/d/f"), chdir=True),
    Call('utimensat(dirfd, "f", times, 0)', DIRFD),
    Call("utimensat(dirfd, LONG_NAME, times, 0)", DIRFD),
    Call('futimesat(dirfd, "f", timevals)', DIRFD),
    Call('utimes("/d/f", timevals)', preopen("/d/f")),
    Call('lutimes("/d/f", timevals)', preopen("/d/f"), in_stock=False),
    Call('utime("/d/f", &utimbuf)', preopen("/d/f")),
]

NOTHING_TO_DO = [Call("futimens(fd, omit)"), Call('utimensat(AT_FDCWD, "/d/f", omit, 0)')]

REFUSED = [
    Call("futimens(-1, times)"),
    Call("futimens(closed, times)"),
    Call("futimens(STDOUT_FILENO, times)"),
    Call("futimens(fd, bad_times)"),
    Call('utimensat(dirfd, "f", times, -1)'),
    Call("utimensat(AT_FDCWD, NULL, times, 0)"),
    Call('utimensat(AT_FDCWD, "", times, 0)'),
    Call('utimensat(closed, "f", times, 0)'),
    Call('utimensat(AT_FDCWD, "/elsewhere", times, 0)'),
    Call(r'utimensat(dirfd, "\xff", times, 0)'),
    Call('utimensat(dirfd, "f", bad_times, 0)'),
    Call('utimensat(AT_FDCWD, "/d/f", bad_times, 0)'),
    Call('utimensat(dirfd, "missing", times, 0)'),
]

TIMED = ["futimens(fd, times)", 'utimensat(dirfd, "f", times, 0)', 'utimensat(AT_FDCWD, "d/f", times, 0)']
TIMED_SLICES, CALLS_IN_SLICE = 1000, 100

# What the guest of size.c uses: how a table says it, its flag, and that of the stock guest.
SIZES = {
    "`futimens`": ("USE_FUTIMENS", "USE_FUTIMENS"),
    "`utimensat`": ("USE_UTIMENSAT", "USE_UTIMENSAT"),
    "all of them": ("USE_FAMILY", "USE_STOCK_FAMILY"),
}


@dataclass(frozen=True)
class Cost:
    result: str  # as cost.c prints it, or "trap"
    fuel: int | None  # None: the guest died
    host_calls: int | None = None


@cache
def engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.consume_fuel = True
    return wasmtime.Engine(config)


class FuelGuest:
    """A guest whose fuel is counted."""

    TANK = 1 << 60

    def __init__(self, wasm: Path):
        self.guest = error_host.Guest(wasm)  # also for the host calls
        self.component = component.Component.from_file(engine(), str(wasm))

    def run(self, *arguments: str, dirs: dict[str, Path]) -> tuple[int, str]:
        """The fuel of a run, and what the guest wrote. A trap is raised."""
        output = []
        config = wasmtime.WasiConfig()
        config.argv = ["guest.wasm", *arguments]
        for guest_path, host_path in dirs.items():
            config.preopen_dir(str(host_path), guest_path)
        config.stdout_custom = config.stderr_custom = lambda data: output.append(bytes(data))
        store = wasmtime.Store(engine())
        store.set_wasi(config)
        store.set_fuel(self.TANK)
        linker = component.Linker(engine())
        linker.add_wasip2()
        instance = linker.instantiate(store, self.component)
        interface = instance.get_export_index(store, self.guest.run_export)
        run = instance.get_func(store, instance.get_export_index(store, "run", interface))
        try:
            run(store)
        except wasmtime.ExitTrap as exit_trap:
            raise RuntimeError(f"{arguments}: {b''.join(output).decode()}") from exit_trap
        return self.TANK - store.get_fuel(), b"".join(output).decode().strip()

    def fuel_each(self, *arguments: str, dirs: dict[str, Path]) -> tuple[int, str]:
        """The fuel of one turn of the guest's loop, and what it wrote. COUNT is the second argument."""
        name, *rest = arguments
        count = 100
        once, output = self.run(name, str(count), *rest, dirs=dirs)
        twice, _ = self.run(name, str(2 * count), *rest, dirs=dirs)
        fuel, remainder = divmod(twice - once, count)
        if remainder:
            raise RuntimeError(f"{arguments}: not every call costs the same")
        return fuel, output


class Bench:
    """One snapshot's guests, compiled when they are needed, and the directory they work on."""

    def __init__(self, snapshot: str, scratch: Path):
        self.snapshot = snapshot
        self.scratch = scratch
        self.directory = scratch / "d"
        (self.directory / LONG_NAME).parent.mkdir(parents=True, exist_ok=True)
        (self.directory / LONG_NAME).touch()
        (self.directory / "f").touch()
        self.wasm = cache(self.wasm)
        self.fuel_guest = cache(self.fuel_guest)

    def dirs(self, preopens: int = 1) -> dict[str, Path]:
        """/d among as many preopened directories, in the midst of them."""
        names = [f"/preopen-{i:02}" for i in range(preopens - 1)]
        names.insert(preopens // 2, "/d")
        return dict.fromkeys(names, self.directory)

    def wasm(self, source: str, link: str, *flags: str) -> Path:
        name = "-".join([Path(source).stem, link, *(flag.strip("-") for flag in flags)])
        output = self.scratch / f"{self.snapshot}-{name}.wasm"
        common = ["-O2", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"]
        if source == "cost.c":
            common.append(f'-DLONG_NAME="{LONG_NAME}"')
        return toolbox.compile_guest(self.snapshot, link, output, SOURCES / source, flags=[*common, *flags])

    def fuel_guest(self, link: str, chdir: bool = False) -> FuelGuest:
        flags = ["-DCHDIR"] if chdir else []
        flags += ["-DSTOCK"] if link == toolbox.STOCK else []
        return FuelGuest(self.wasm("cost.c", link, *flags))

    @cached_property
    def parts_guest(self) -> FuelGuest:
        generation = (toolbox.build_dir(self.snapshot) / "generation").read_text().strip()
        flags = ["-std=c++20", "-fno-exceptions", "-fno-rtti", "-nostdinc++", "-DCHDIR"]
        flags += [
            f"-I{toolbox.ROOT / folder}"
            for folder in ("include", "wit-imports", "libc-overlay", "test/bench")
        ]
        flags.append(f'-DWASI_LIBC_GENERATION="generation/{generation}.h"')
        flags.append(f'-DBENCH_GENERATION="parts/{generation}.h"')
        output = self.scratch / f"{self.snapshot}-parts.wasm"
        toolbox.compile_guest(
            self.snapshot, toolbox.STOCK, output, SOURCES / "parts.cpp", flags=["-O2", *flags]
        )
        return FuelGuest(output)

    @cached_property
    def loop(self) -> int:
        """The fuel of the loop around each call, the same in every guest."""
        (fuel,) = {
            self.parts_guest.fuel_each("nothing", dirs=self.dirs())[0],
            *(self.fuel_guest(link).fuel_each("0", dirs=self.dirs())[0] for link in LINKS),
        }
        return fuel

    def cost(self, link: str, call: Call) -> Cost:
        """A call's fuel, the loop around it included."""
        guest = self.fuel_guest(link, call.chdir)
        try:
            fuel, result = guest.fuel_each(call.text, dirs=self.dirs(call.preopens))
        except (wasmtime.Trap, wasmtime.WasmtimeError):
            return Cost("trap", None)
        return Cost(result, fuel)

    def host_calls(self, link: str, call: Call) -> int:
        """How often a call calls a method of wasi:filesystem's descriptor."""
        guest = self.fuel_guest(link, call.chdir).guest

        def count(calls: int) -> int:
            done = error_host.Host().run(guest, call.text, str(calls), dirs=self.dirs(call.preopens))
            return len(done.calls)

        return count(1) - count(0)

    def part(self, call: Call, part: tuple[str, ...]) -> int:
        """The fuel of a part of a call, without the loop."""
        fuel, _ = self.parts_guest.fuel_each(*part, dirs=self.dirs(call.preopens))
        return fuel - self.loop

    def size(self, link: str, use: str | None) -> int:
        """The bytes of a guest that uses these functions, stripped."""
        wasm = self.wasm("size.c", link, *([f"-D{use}"] if use else []))
        stripped = wasm.with_suffix(".stripped")
        error_host.wasm_tools("strip", "--all", wasm, "-o", stripped)
        return stripped.stat().st_size


def native_command(scratch: Path) -> list[str]:
    """The same calls on Linux itself, compiled with musl-gcc."""
    output = scratch / "native"
    flags = ["-O2", "-D_GNU_SOURCE", f'-DLONG_NAME="{LONG_NAME}"']
    toolbox.run(["musl-gcc", *flags, str(SOURCES / "cost.c"), "-o", str(output)])
    return [str(output)]


def nanoseconds_each(benches: list[Bench], rounds: int) -> dict[tuple[str, str, str], list[float]]:
    """The time of a call, by call, snapshot and link, round by round; native's snapshot is ''.

    Everything takes its turn in each round, so that what else the machine does meets all alike.
    """
    scratch = benches[0].scratch
    commands = {("", "native"): native_command(scratch)}
    for bench in benches:
        for link in (toolbox.STOCK, toolbox.WRAP):
            flags = ["-DSTOCK"] if link == toolbox.STOCK else []
            wasm = bench.wasm("cost.c", link, *flags)
            mount = f"{bench.directory}::/d"
            compiled = wasm.with_suffix(".cwasm")
            toolbox.run([str(toolbox.WASMTIME), "compile", str(wasm), "-o", str(compiled)])
            commands[bench.snapshot, link] = [
                str(toolbox.WASMTIME), "run", "--allow-precompiled", "--dir", mount, str(compiled)
            ]  # fmt: skip
    times = {}
    for _ in range(rounds):
        for call in TIMED:
            for (snapshot, link), command in commands.items():
                done = toolbox.run([*command, call, str(CALLS_IN_SLICE), str(TIMED_SLICES)], cwd=scratch)
                times.setdefault((call, snapshot, link), []).append(float(done.stdout.split()[-1]))
    return times


def ratio(times: list[float], base: list[float]) -> tuple[float, float, float]:
    """The median of the rounds' ratios, and their lowest and highest."""
    ratios = [mine / other for mine, other in zip(times, base, strict=True)]
    return statistics.median(ratios), min(ratios), max(ratios)
