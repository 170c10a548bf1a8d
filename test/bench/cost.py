# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes what the calls cost, measured, and a picture of it: python -m bench.cost COST.md cost.svg

`make bench` has built all that is looked for here. All but the last section is exact: the same
toolchain gives the same file.
"""

import sys
import tempfile
from collections.abc import Iterable
from html import escape
from pathlib import Path

import toolbox
from bench import measure
from bench.measure import Bench, Call, Cost

ROUNDS = 7
NONE = "-"

HEAD = """\
# What a call costs

Written by `make bench`; do not edit. Measured on each snapshot of wasi-libc that the toolchain has:
{snapshots}. *Stock* is wasi-libc's own functions, *overlay* ours.

![Fuel per call, overlay beside stock]({picture})

**Fuel** is wasmtime's count of executed WebAssembly instructions (`Config.consume_fuel`), so it is
exact and the same on every machine. A guest makes a call N times, and 2N times; the difference of
the two runs divided by N is the cost of one call, and from that the cost of the empty loop
({loop}) is taken off. With the snapshots of 2024 it includes the preview 1 adapter, which is part
of the guest. What the host does costs no fuel.

A call is made of three things, each measured by itself in a loop like the others:

- **import**: the host's function with nothing before it, as `wit-imports/filesystem.h` declares it
  (2024: the adapter's function, which also looks the descriptor up);
- **look-up**: what wasi-libc takes to find the descriptor of an fd (`descriptor_table_get_ref` and
  the entry's `get_file`; 2024: none) and the preopened directory of a path
  (`__wasilibc_find_abspath`, after `chdir` `__wasilibc_find_relpath_alloc`);
- **ours**: the rest, the call itself and its arguments among it.

"""

LIMITS = """\
## What limits the rest

- **wasi-libc's look-ups.** The overlay finds a descriptor and a preopened directory by asking
  wasi-libc, since only wasi-libc knows them. Every absolute path is compared with every preopened
  directory, so {many} of them cost {many_look_up} fuel of the call's {many_total} on {newest}.
- **The canonical ABI.** `set-times-at` takes eleven flattened arguments and leaves its result
  in memory. On 2024 the adapter takes a count of nanoseconds, which the overlay has to multiply out
  and the adapter to divide again, and it keeps the descriptor table.
- **The contract.** A path is checked to be UTF-8 in the pass that measures it, since a component
  dies of one that is not. And the order of errors is Linux's: a call with a time out of range must
  first know that its path is UTF-8 and, on 2024, that its descriptor is open and a file's, which
  only the adapter can say. Stock looks at neither, so some refused calls cost more here than there.

"""


class Failure(Exception):
    pass


class Snapshot:
    """All that is exact about one snapshot."""

    def __init__(self, bench: Bench):
        self.bench = bench
        self.name = bench.snapshot
        self.loop = bench.loop
        self.costs: dict[tuple[Call, str], Cost] = {}
        self.host_calls: dict[tuple[Call, str], int] = {}
        for call in (*measure.ACCEPTED, *measure.NOTHING_TO_DO, *measure.REFUSED):
            for link in measure.LINKS:
                if link == toolbox.STOCK and not call.in_stock:
                    continue
                cost = bench.cost(link, call)
                self.costs[call, link] = cost
                if cost.fuel is not None:
                    self.host_calls[call, link] = bench.host_calls(link, call)
        for call in measure.ACCEPTED:
            for link in measure.LINKS:
                if (call, link) in self.costs and self.costs[call, link].result != "0":
                    raise Failure(f"{self.name}, {link}: {call} answered {self.costs[call, link].result}")
        self.imports = {c: self.parts(c, "set-times") for c in measure.ACCEPTED}
        self.look_ups = {
            c: self.parts(c, "descriptor") + self.parts(c, "preopen") + self.parts(c, "cwd")
            for c in measure.ACCEPTED
        }
        self.sizes = {
            (use, link): bench.size(link, flags[link == toolbox.STOCK])
            - bench.size(link if link == toolbox.SYSROOT else toolbox.STOCK, None)
            for use, flags in measure.SIZES.items()
            for link in measure.LINKS
        }

    def parts(self, call: Call, kind: str) -> int:
        return sum(self.bench.part(call, part) for part in call.parts if part[0].startswith(kind))

    def fuel(self, call: Call, link: str) -> int | None:
        """Without the loop."""
        cost = self.costs.get((call, link))
        return None if cost is None or cost.fuel is None else cost.fuel - self.loop

    def ours(self, call: Call) -> int:
        return self.fuel(call, toolbox.WRAP) - self.imports[call] - self.look_ups[call]

    @property
    def same_in_libc(self) -> bool:
        return all(
            cost == self.costs[call, toolbox.SYSROOT]
            for (call, link), cost in self.costs.items()
            if link == toolbox.WRAP
        )

    def accepted_rows(self) -> list[list]:
        return [
            [
                call,
                self.fuel(call, toolbox.STOCK),
                self.fuel(call, toolbox.WRAP),
                self.imports[call],
                self.look_ups[call],
                self.ours(call),
                self.calls_of(call),
            ]
            for call in measure.ACCEPTED
        ]

    def refused_rows(self) -> list[list]:
        def answer(cost: Cost) -> str:
            return "the guest dies" if cost.fuel is None else cost.result.removeprefix("-1 ")

        return [
            [
                call,
                answer(self.costs[call, toolbox.STOCK]),
                answer(self.costs[call, toolbox.WRAP]),
                self.fuel(call, toolbox.STOCK),
                self.fuel(call, toolbox.WRAP),
                self.calls_of(call),
            ]
            for call in (*measure.NOTHING_TO_DO, *measure.REFUSED)
        ]

    def calls_of(self, call: Call) -> str:
        counts = [self.host_calls.get((call, link)) for link in (toolbox.STOCK, toolbox.WRAP)]
        return " / ".join(NONE if count is None else str(count) for count in counts)


def table(head: list[str], rows: Iterable[list]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for row in rows:
        lines.append("| " + " | ".join(NONE if cell is None else str(cell) for cell in row) + " |")
    return "\n".join(lines) + "\n\n"


def alike(snapshots: list[Snapshot]) -> list[list[Snapshot]]:
    """The snapshots in groups that have the same figures, the newest first."""
    groups: list[list[Snapshot]] = []
    for snapshot in reversed(snapshots):
        for group in groups:
            if (group[0].accepted_rows(), group[0].refused_rows()) == (
                snapshot.accepted_rows(),
                snapshot.refused_rows(),
            ):
                group.append(snapshot)
                break
        else:
            groups.append([snapshot])
    return groups


def names(group: list[Snapshot]) -> str:
    return " and ".join(sorted(snapshot.name for snapshot in group))


def fuel_sections(groups: list[list[Snapshot]]) -> str:
    text = ""
    for group in groups:
        text += f"## Fuel with wasi-libc {names(group)}\n\nCommand: `make bench`.\n\n"
        text += "Calls that succeed. Host calls: stock / overlay.\n\n"
        text += table(
            ["call", "stock", "overlay", "= import", "+ look-up", "+ ours", "host calls"],
            group[0].accepted_rows(),
        )
        text += "Calls with nothing to do (both times `UTIME_OMIT`), and calls that are refused.\n\n"
        text += table(
            ["call", "stock answers", "overlay answers", "stock", "overlay", "host calls"],
            group[0].refused_rows(),
        )
    return text


def linked_in_libc(snapshots: list[Snapshot]) -> str:
    text = "The overlay here is linked by `--wrap`. Inside libc.a (`make sysroot`) every figure above is "
    different = [s.name for s in snapshots if not s.same_in_libc]
    if not different:
        return text + "the same.\n\n"
    rows = [
        [snapshot.name, call, snapshot.fuel(call, toolbox.WRAP), snapshot.fuel(call, toolbox.SYSROOT)]
        for snapshot in snapshots
        for call in (*measure.ACCEPTED, *measure.NOTHING_TO_DO, *measure.REFUSED)
        if snapshot.costs[call, toolbox.WRAP] != snapshot.costs[call, toolbox.SYSROOT]
    ]
    return f"{text}the same but for these:\n\n" + table(["wasi-libc", "call", "wrap", "in libc.a"], rows)


def dearer(groups: list[list[Snapshot]]) -> str:
    rows = [
        [names(group), call, group[0].fuel(call, toolbox.STOCK), group[0].fuel(call, toolbox.WRAP)]
        for group in groups
        for call in measure.ACCEPTED
        if call.in_stock and group[0].fuel(call, toolbox.WRAP) > group[0].fuel(call, toolbox.STOCK)
    ]
    if not rows:
        return "No call that succeeds costs more than stock's.\n\n"
    head = ["wasi-libc", "call", "stock", "overlay"]
    return "Calls that succeed and cost more than stock's:\n\n" + table(head, rows)


def size_section(snapshots: list[Snapshot]) -> str:
    rows = [
        [
            snapshot.name,
            use,
            *(snapshot.sizes[use, link] for link in measure.LINKS),
            f"{snapshot.sizes[use, toolbox.WRAP] - snapshot.sizes[use, toolbox.STOCK]:+}",
        ]
        for snapshot in reversed(snapshots)
        for use in measure.SIZES
    ]
    return (
        "## Bytes added to a guest\n\nCommand: `make bench`.\n\n"
        "The size of `test/bench/size.c` as a stripped component (`wasm-tools strip --all`) that uses the\n"
        "functions, less that of the same guest without. Of all seven functions stock has five.\n\n"
        + table(["wasi-libc", "uses", "stock", "overlay", "overlay in libc.a", "over stock"], rows)
    )


def wall_section(snapshots: list[Snapshot]) -> str:
    times = measure.nanoseconds_each([s.bench for s in snapshots], ROUNDS)

    def cell(mine: tuple[str, str, str], base: tuple[str, str, str]) -> str:
        median, low, high = measure.ratio(times[mine], times[base])
        return f"{median:.1f} ({low:.1f} to {high:.1f})"

    rows = [
        [
            f"`{call}`",
            snapshot.name,
            cell((call, snapshot.name, toolbox.WRAP), (call, snapshot.name, toolbox.STOCK)),
            cell((call, snapshot.name, toolbox.WRAP), (call, "", "native")),
        ]
        for call in measure.TIMED
        for snapshot in reversed(snapshots)
    ]
    return (
        "## Wall time: noisy\n\n"
        "Command: `make bench`. The only figures here that change from run to run.\n\n"
        "The time of a call in wasmtime as a ratio to stock's, and to that of the same program on\n"
        f"Linux (`musl-gcc`). {measure.TIMED_SLICES * measure.CALLS_IN_SLICE:,} calls are timed in slices of "
        f"{measure.CALLS_IN_SLICE}, of which the median counts. Each\n"
        f"program takes its turn in each of {ROUNDS} rounds; this is the median of the rounds, with the\n"
        "lowest and the highest. Nearly all of the time is the host's: overlay and stock are some\n"
        "hundred instructions apart, in a call that takes about a microsecond.\n\n"
        + table(["call", "wasi-libc", "to stock", "to native"], rows).rstrip()
        + "\n"
    )


# --- The picture -------------------------------------------------------------

STOCK_COLOUR = "#b8bcc2"
COLOURS = {"import": "#7aa6d6", "look-up": "#2f6db3", "ours": "#e07b39"}
PICTURED = [
    "futimens(fd, times)",
    'utimensat(dirfd, "f", times, 0)',
    'utimensat(AT_FDCWD, "/d/f", times, 0)',
    "utimensat(AT_FDCWD, LONG_PATH, times, 0)",
    'utimensat(AT_FDCWD, "f", times, 0)',
    'utimes("/d/f", timevals)',
]


def picture(groups: list[list[Snapshot]]) -> str:
    width, left, bar, row, panel_head = 960, 350, 14, 44, 46
    calls = {call.text: call for call in reversed(measure.ACCEPTED) if call.preopens == 1}
    pictured = [calls[text] for text in PICTURED]
    most = max(
        snapshot.fuel(call, link)
        for (snapshot, *_) in groups
        for call in pictured
        for link in (toolbox.STOCK, toolbox.WRAP)
    )
    scale = (width - left - 70) / most
    parts = []

    def text(x: float, y: float, words: str, extra: str = "") -> None:
        parts.append(f'<text x="{x:g}" y="{y:g}"{extra}>{escape(words)}</text>')

    def box(x: float, y: float, length: float, colour: str) -> None:
        parts.append(f'<rect x="{x:.1f}" y="{y:g}" width="{length:.1f}" height="{bar}" fill="{colour}"/>')

    text(20, 30, "Fuel per call: stock wasi-libc, and the overlay by what it is spent on", ' class="title"')
    x = 20
    legend = {"stock": STOCK_COLOUR, "the host's import": COLOURS["import"]}
    legend |= {"wasi-libc's look-ups": COLOURS["look-up"], "the overlay's own": COLOURS["ours"]}
    for words, colour in legend.items():
        box(x, 44, bar, colour)
        text(x + bar + 6, 56, words)
        x += 60 + 7 * len(words)
    y = 70
    for group in groups:
        y += panel_head
        text(20, y - 14, f"wasi-libc {names(group)}", ' class="head"')
        snapshot = group[0]
        for call in pictured:
            label = call.text.replace("LONG_PATH", f"({len(measure.LONG_PATH)} characters)")
            label += " after chdir" if call.chdir else ""
            text(left - 10, y + bar + 4, label, ' class="call"')
            stock = snapshot.fuel(call, toolbox.STOCK)
            box(left, y, stock * scale, STOCK_COLOUR)
            text(left + stock * scale + 6, y + bar - 2, str(stock))
            x = left
            shares = (snapshot.imports[call], snapshot.look_ups[call], snapshot.ours(call))
            for share, colour in zip(shares, COLOURS.values(), strict=True):
                box(x, y + bar + 1, share * scale, colour)
                x += share * scale
            text(x + 6, y + 2 * bar - 1, str(snapshot.fuel(call, toolbox.WRAP)), ' class="head"')
            y += row
    height = y + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="Fuel per call, overlay beside stock">\n'
        "<style>text{font:13px sans-serif;fill:#222}.title{font-size:17px;font-weight:bold}"
        ".head{font-weight:bold}.call{font:11.5px monospace;text-anchor:end}</style>\n"
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def document(snapshots: list[Snapshot], picture_name: str) -> str:
    groups = alike(snapshots)
    newest = snapshots[-1]
    many = next(call for call in measure.ACCEPTED if call.preopens > 1)
    (loop,) = {snapshot.loop for snapshot in snapshots}
    return (
        HEAD.format(
            snapshots=", ".join(s.name for s in snapshots),
            picture=picture_name,
            loop=loop,
        )
        + fuel_sections(groups)
        + linked_in_libc(snapshots)
        + dearer(groups)
        + LIMITS.format(
            many=measure.MANY_PREOPENS,
            many_look_up=newest.look_ups[many],
            many_total=newest.fuel(many, toolbox.WRAP),
            newest=newest.name,
        )
        + size_section(snapshots)
        + wall_section(snapshots)
    )


def main() -> None:
    if len(sys.argv) != 3:
        raise Failure("usage: cost.py COST.md cost.svg")
    markdown, svg = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory(dir=toolbox.ROOT / "build", prefix="bench.") as scratch:
        snapshots = [Snapshot(Bench(name, Path(scratch))) for name in toolbox.SNAPSHOTS]
        text = document(snapshots, svg.name)
        svg.write_text(picture(alike(snapshots)))
        markdown.write_text(text)
    print(f"{markdown}, {svg}: written")


if __name__ == "__main__":
    try:
        main()
    except (Failure, AssertionError, RuntimeError) as failure:
        sys.exit(f"cost: {failure}")
