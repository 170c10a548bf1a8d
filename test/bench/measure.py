# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a call costs: in fuel (exact), in calls of the host, in bytes of the guest.

Fuel is wasmtime's count of executed WebAssembly instructions, the adapter's among them. A call's cost
is the fuel of a run that makes it 2N times, less that of a run that makes it N times, divided by N,
less that of an empty loop.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import toolbox
from host import error_host

SOURCE = toolbox.ROOT / "test/bench/cost.cpp"

LONG_NAME = "home/reader/documents/2026-11/reports/report-final.c"
LONG_PATH = f"/d/{LONG_NAME}"  # 55 characters, as a path often has
MANY_PREOPENS = 100

# Where a call is made: in a guest that has changed its directory to /d, or that has more preopened.
CHDIR, MANY, DOT = "after `chdir`", f"{MANY_PREOPENS} preopens", '"." preopened too'

# The ways to have the functions, in the order in which tables show them.
LINKS = [toolbox.STOCK, toolbox.WRAP, toolbox.SYSROOT]


@dataclass(frozen=True)
class Call:
    """A call of cost.cpp, and what it is made of beside our code, each an expression there as well."""

    text: str
    parts: tuple[str, ...] = ()  # of an accepted call: the host's function, then libc's look-ups
    where: str = ""

    def __str__(self):
        text = self.text.replace("LONG_PATH", f'"{LONG_PATH}"').replace("LONG_NAME", f'"{LONG_NAME}"')
        return f"`{text}`" + (f", {self.where}" if self.where else "")

    @property
    def in_stock(self) -> bool:
        return self.text.partition("(")[0] not in toolbox.MISSING_IN_STOCK


FD = ("file.call_set_times(given)", "look_up(fd)")
FD_NOW = ("file.call_set_times(both_now)", "look_up(fd)")
DIRFD = ('directory.call_set_times_at(symlink_follow, "f", 1, given)', "look_up(dirfd)")
PATH = (*DIRFD, 'preopen("/d/f")')

PICTURED = [
    Call("futimens(fd, times)", FD),
    Call('utimensat(dirfd, "f", times, 0)', DIRFD),
    Call('utimensat(AT_FDCWD, "/d/f", times, 0)', PATH),
    Call("utimensat(AT_FDCWD, LONG_PATH, times, 0)", (*DIRFD, "preopen(LONG_PATH)")),
    Call('utimensat(AT_FDCWD, "f", times, 0)', (*DIRFD, 'cwd("f")'), CHDIR),
    Call('utimes("/d/f", timevals)', PATH),
]

ACCEPTED = [
    *PICTURED,
    Call("futimens(fd, NULL)", FD_NOW),
    Call("futimes(fd, timevals)", FD),
    Call("utimensat(dirfd, LONG_NAME, times, 0)", DIRFD),
    Call('futimesat(dirfd, "f", timevals)', DIRFD),
    Call('utimensat(AT_FDCWD, "/d/f", times, AT_SYMLINK_NOFOLLOW)', PATH),
    Call('utimensat(AT_FDCWD, "/d/f", times, 0)', PATH, MANY),
    Call('utimensat(AT_FDCWD, "/d/f", times, 0)', PATH, CHDIR),
    Call('utimensat(AT_FDCWD, "d/f", times, 0)', (*DIRFD, 'preopen("d/f")')),
    Call('lutimes("/d/f", timevals)', PATH),
    Call('utime("/d/f", &utimbuf)', PATH),
]

NOTHING_TO_DO = [Call("futimens(fd, omit)"), Call('utimensat(AT_FDCWD, "/d/f", omit, 0)')]

REFUSED = [
    Call("futimens(-1, times)"),
    Call("futimens(closed, times)"),
    Call("futimens(STDOUT_FILENO, times)"),
    Call("futimens(fd, bad_times)"),
    Call('utimensat(dirfd, "f", times, -1)'),
    Call("utimensat(AT_FDCWD, NULL, times, 0)"),
    Call("utimensat(AT_FDCWD, NULL, times, 0)", where=DOT),
    Call('utimensat(AT_FDCWD, "", times, 0)'),
    Call('utimensat(AT_FDCWD, "", times, 0)', where=DOT),
    Call('utimensat(closed, "f", times, 0)'),
    Call('utimensat(AT_FDCWD, "/elsewhere", times, 0)'),
    Call(r'utimensat(dirfd, "\xff", times, 0)'),
    Call('utimensat(dirfd, "f", bad_times, 0)'),
    Call('utimensat(AT_FDCWD, "/d/f", bad_times, 0)'),
    Call('utimensat(dirfd, "missing", times, 0)'),
]

EVERY = [*ACCEPTED, *NOTHING_TO_DO, *REFUSED]
NOTHING = "0"  # the loop alone
PARTS = [part for call in ACCEPTED for part in call.parts]

# What a guest uses, as a table says it; of all seven functions stock has five.
USES = {"`futimens`": ("futimens",), "`utimensat`": ("utimensat",), "all of them": (*toolbox.FAMILY,)}


def flags(generation: str, calls: Path, texts: Iterable[str]) -> list[str]:
    """To compile SOURCE with these calls, by way of a file of them."""
    calls.write_text("".join(f"CALL({text})\n" for text in texts))
    layers = [f"-I{toolbox.ROOT / layer}" for layer in ("wit-imports", "libc-overlay", "test")]
    macros = {"WASI_LIBC_GENERATION": f"generation/{generation}.h", "CALLS": calls, "LONG": LONG_NAME}
    cxx = ["-std=c++20", "-fno-exceptions", "-fno-rtti", "-nostdinc++"]
    return [*cxx, *layers, *(f'-D{name}="{value}"' for name, value in macros.items())]


@dataclass(frozen=True)
class Cost:
    answer: str | None = None  # as cost.cpp prints it, or that the guest died; None: there is no such call
    fuel: int | None = None
    host_calls: int | None = None


class Bench:
    """The guests on one sysroot, compiled when they are needed, and the directory they work on."""

    def __init__(self, snapshot: str, scratch: Path):
        self.snapshot, self.scratch = snapshot, scratch
        self.generation = toolbox.generation(snapshot)
        self.directory = scratch / "d"
        (self.directory / LONG_NAME).parent.mkdir(parents=True, exist_ok=True)
        (self.directory / LONG_NAME).touch()
        (self.directory / "f").touch()
        self.guest, self.fuel, self.cost = cache(self.guest), cache(self.fuel), cache(self.cost)

    def dirs(self, where: str) -> dict[str, Path]:
        """/d, in the midst of many preopened directories or with "." before it."""
        names = [f"/preopen-{i:02}" for i in range(MANY_PREOPENS - 1)] if where == MANY else []
        names.insert(len(names) // 2, "/d")
        return dict.fromkeys([".", *names] if where == DOT else names, self.directory)

    def compile(self, name: str, source: Path, link: str, *flags: str) -> Path:
        output = self.scratch / f"{self.snapshot}-{link}-{name}.wasm"
        flags = ("-O2", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", *flags)
        return toolbox.compile_guest(self.snapshot, link, output, source, flags=flags)

    def guest(self, link: str, chdir: bool) -> error_host.Guest:
        """With every call that it can make."""
        name = f"cost-{'chdir' if chdir else 'root'}"
        calls = [call.text for call in EVERY if call.in_stock or link != toolbox.STOCK]
        texts = [text for text in dict.fromkeys([NOTHING, *calls, *PARTS]) if chdir or "cwd" not in text]
        those = flags(self.generation, self.scratch / f"{self.snapshot}-{link}-{name}.inc", texts)
        return error_host.Guest(self.compile(name, SOURCE, link, *those, *["-DCHDIR"] * chdir))

    def run(self, link: str, text: str, where: str, count: int, *, watch=False) -> error_host.Done:
        guest = self.guest(link, where == CHDIR)
        done = error_host.Host(watch=watch).run(guest, "d", text, str(count), dirs=self.dirs(where))
        if done.returncode and not done.trap:
            raise RuntimeError(f"{text}: {done.stderr}")
        return done

    def fuel(self, link: str, text: str, where: str = "", count: int = 100) -> int | None:
        """That of one turn of the loop, the loop itself included; None: the guest died."""
        once, twice = (self.run(link, text, where, count * times) for times in (1, 2))
        if once.trap:
            return None
        fuel, remainder = divmod(twice.fuel - once.fuel, count)
        if remainder:
            raise RuntimeError(f"{text}: not every call costs the same")
        return fuel

    @property
    def loop(self) -> int:
        """The same around each call, in every guest."""
        (fuel,) = {self.fuel(link, NOTHING) for link in LINKS}
        return fuel

    def cost(self, link: str, call: Call) -> Cost:
        if link == toolbox.STOCK and not call.in_stock:
            return Cost()
        fuel = self.fuel(link, call.text, call.where)
        if fuel is None:
            return Cost("the guest dies")
        none, once = (self.run(link, call.text, call.where, count, watch=True) for count in (0, 1))
        return Cost(once.stdout.strip(), fuel - self.loop, len(once.calls) - len(none.calls))

    def parts(self, call: Call) -> tuple[int, int, int]:
        """The fuel of an accepted call: the host's function, libc's look-ups, and the rest."""
        host, *look_ups = (self.fuel(toolbox.STOCK, part, call.where) - self.loop for part in call.parts)
        return host, sum(look_ups), self.cost(toolbox.WRAP, call).fuel - host - sum(look_ups)

    def size(self, link: str, use: tuple[str, ...]) -> int:
        """The bytes of a stripped guest that calls these functions, as far as there are such."""
        names = [name for name in use if link != toolbox.STOCK or name not in toolbox.MISSING_IN_STOCK]
        wasm = self.compile("size", toolbox.FAMILY_GUEST, link, f"-DUSE={toolbox.uses(names)}")
        stripped = wasm.with_suffix(".stripped")
        error_host.wasm_tools("strip", "--all", wasm, "-o", stripped)
        return stripped.stat().st_size

    def size_added(self, link: str, use: tuple[str, ...]) -> int:
        return self.size(link, use) - self.size(link if link == toolbox.SYSROOT else toolbox.STOCK, ())
