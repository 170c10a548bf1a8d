# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes what the calls cost, measured, and a picture of it: python -m bench.cost COST.md cost.svg

`make bench` has built all that is looked for here. The same toolchain gives the same two files.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import toolbox
from bench import measure
from bench.measure import Bench, Call

HEAD = """\
# What a call costs

Written by `make bench`; do not edit. *Stock* is wasi-libc's own function, *overlay* ours, linked by
`--wrap`; where a figure inside libc.a (`make sysroot`) is another one, it stands beside it.

![Fuel per call, overlay beside stock]({picture})

**Fuel** is wasmtime's count of executed WebAssembly instructions (`Config.consume_fuel`), so it is
exact and the same on every machine. A guest makes a call N times, and 2N times in another run; the
difference of the two divided by N is the cost of one call, and the cost of the empty loop ({loop}) is
taken off. With `preview1` the adapter is a part of the guest, so fuel counts its instructions too.
Fuel does not count what the host does.

The cost of a call has three parts. The first two are measured alone, in the same loop:

- **import**: the host's function called directly, as `wit-imports/` declares it (with `preview1` the
  adapter's function, which also finds the descriptor);
- **look-up**: asking wasi-libc for the descriptor of an fd (with `preview1` nothing) and for the
  preopened directory of a path;
- **ours**: the rest, which is the call itself, its arguments and the overlay.

Calls that succeed and cost more than stock's: {dearer}.

"""

LIMITS = """\
## What limits the rest

- **wasi-libc's look-ups.** The overlay asks wasi-libc for a descriptor and for a preopened directory,
  since only wasi-libc knows them. It compares every absolute path with every preopened directory: see
  the line with {preopens} preopens.
- **The canonical ABI.** `set-times-at` takes eleven flattened arguments and leaves its result in
  memory. With `preview1` the adapter takes a count of nanoseconds, which the overlay has to multiply
  out and the adapter has to divide again, and the adapter keeps the descriptor table.
- **The contract.** The overlay checks that a path is UTF-8 while it measures the path, since a path
  that is not UTF-8 ends the whole guest. And the order of errors is Linux's: before a time out of range
  is reported, the path must be known to be UTF-8 and the descriptor to be an open file's, which with
  `preview1` only the adapter can say. Stock checks neither, so some refused calls cost more here.

## Bytes added to a guest

The size of `test/family.c` as a stripped component (`wasm-tools strip --all`) that uses the
functions, less that of the same guest without. Of all seven functions stock has five.

"""

ACCEPTED_HEAD = ["call", "stock", "overlay", "= import", "+ look-up", "+ ours", "host calls"]
OTHERS_HEAD = ["call", "stock answers", "overlay answers", "stock", "overlay", "host calls"]
SIZES_HEAD = ["wasi-libc", "uses", "stock", "overlay", "overlay in libc.a", "over stock"]


def shown(cell) -> str:
    return "-" if cell is None else str(cell)


def table(head: list[str], rows: Iterable[list]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(map(shown, row)) + " |" for row in rows)]) + "\n\n"


def costs(bench: Bench, call: Call) -> tuple[list, list, str]:
    """What stock and the overlay answer, their fuel, and their calls of the host."""
    stock, overlay, inside = (bench.cost(link, call) for link in measure.LINKS)
    same = inside.fuel == overlay.fuel
    overlay_fuel = overlay.fuel if same else f"{overlay.fuel}, in libc.a {inside.fuel}"
    host_calls = f"{shown(stock.host_calls)} / {shown(overlay.host_calls)}"
    return [stock.answer, overlay.answer], [stock.fuel, overlay_fuel], host_calls


def accepted(bench: Bench) -> list[list]:
    rows = []
    for call in measure.ACCEPTED:
        answers, fuel, host_calls = costs(bench, call)
        if set(answers) - {None} != {"0"}:
            raise RuntimeError(f"{bench.snapshot}: {call} answers {' and '.join(map(shown, answers))}")
        rows.append([call, *fuel, *bench.parts(call), host_calls])
    return rows


def others(bench: Bench) -> list[list]:
    rows = []
    for call in (*measure.NOTHING_TO_DO, *measure.REFUSED):
        answers, fuel, host_calls = costs(bench, call)
        rows.append([call, *answers, *fuel, host_calls])
    return rows


def alike(benches: list[Bench]) -> list[list[Bench]]:
    """In groups with the same fuel, those of one generation together."""
    groups: dict[str, list[Bench]] = {}
    for bench in sorted(benches, key=lambda bench: bench.generation):
        groups.setdefault(f"{accepted(bench)}{others(bench)}", []).append(bench)
    return list(groups.values())


def title(group: list[Bench]) -> str:
    return f"wasi-libc {' and '.join(bench.snapshot for bench in group)} ({group[0].generation})"


def fuel_section(group: list[Bench]) -> str:
    return (
        f"## Fuel with {title(group)}\n\nCalls that succeed. Host calls: stock / overlay.\n\n"
        + table(ACCEPTED_HEAD, accepted(group[0]))
        + "Calls with nothing to do (both times `UTIME_OMIT`), and calls that the overlay refuses. Stock\n"
        'takes NULL and "" for the current directory, and sets its times where "." is preopened.\n\n'
        + table(OTHERS_HEAD, others(group[0]))
    )


def dearer(bench: Bench) -> list[str]:
    calls = [call for call in measure.ACCEPTED if call.in_stock]
    fuel = {call: [bench.cost(link, call).fuel for link in (toolbox.STOCK, toolbox.WRAP)] for call in calls}
    return [f"{call} with {bench.snapshot}" for call, (stock, ours) in fuel.items() if ours > stock]


def sizes(bench: Bench) -> Iterable[list]:
    for uses, use in measure.USES.items():
        stock, ours, inside = (bench.size_added(link, use) for link in measure.LINKS)
        yield [bench.snapshot, uses, stock, ours, inside, f"{ours - stock:+}"]


def document(groups: list[list[Bench]], picture_name: str) -> str:
    benches = [bench for group in groups for bench in group]
    too_dear = [text for bench in benches for text in dearer(bench)]
    return (
        HEAD.format(picture=picture_name, loop=benches[0].loop, dearer="; ".join(too_dear) or "none")
        + "".join(map(fuel_section, groups))
        + LIMITS.format(preopens=measure.MANY_PREOPENS)
        + table(SIZES_HEAD, [row for bench in benches for row in sizes(bench)]).rstrip()
        + "\n"
    )


# --- The picture -------------------------------------------------------------

COLOURS = {"stock": "#b8bcc2", "import": "#7aa6d6", "look-up": "#2f6db3", "ours": "#e07b39"}
PICTURED = [
    "futimens(fd, times)",
    'utimensat(dirfd, "f", times, 0)',
    'utimensat(AT_FDCWD, "/d/f", times, 0)',
    "utimensat(AT_FDCWD, LONG_PATH, times, 0)",
    'utimensat(AT_FDCWD, "f", times, 0)',
    'utimes("/d/f", timevals)',
]


def picture(groups: list[list[Bench]]) -> dict:
    """In the words of Vega-Lite: a panel for each group, two bars for each call."""
    calls = {call.text: call for call in reversed(measure.ACCEPTED) if call.where != measure.MANY}
    bars = []
    for group, text in itertools.product(groups, PICTURED):
        call = calls[text]
        label = text.replace("LONG_PATH", f"({len(measure.LONG_PATH)} characters)")
        label += f" {call.where.replace('`', '')}" if call.where else ""
        stock = group[0].cost(toolbox.STOCK, call).fuel
        for order, fuel in enumerate((stock, *group[0].parts(call))):
            bar = {"panel": title(group), "call": label, "share": list(COLOURS)[order], "fuel": fuel}
            bars.append({**bar, "order": order, "whose": "overlay" if order else "stock"})
    fuel = {"field": "fuel", "type": "quantitative"}
    colours = {"domain": list(COLOURS), "range": list(COLOURS.values())}
    shares = {
        "x": {**fuel, "stack": "zero", "title": "fuel"},
        "color": {"field": "share", "scale": colours, "legend": {"orient": "top", "title": None}},
        "order": {"field": "order"},
    }
    totals = {"x": {**fuel, "aggregate": "sum"}, "text": {**fuel, "aggregate": "sum"}}
    return {
        "title": "Fuel per call: stock wasi-libc, and the overlay by what it is spent on",
        "data": {"values": bars},
        "facet": {"row": {"field": "panel", "sort": list(map(title, groups)), "title": None}},
        "spec": {
            "width": 560,
            "height": {"step": 17},
            "encoding": {
                "y": {"field": "call", "type": "nominal", "sort": None, "title": None},
                "yOffset": {"field": "whose", "sort": ["stock", "overlay"]},
            },
            "layer": [
                {"mark": "bar", "encoding": shares},
                {"mark": {"type": "text", "align": "left", "dx": 4}, "encoding": totals},
            ],
        },
        "config": {"axis": {"labelLimit": 400}},
    }


def main() -> None:
    import vl_convert  # `make bench` has it, the tests have not

    markdown, svg = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory(dir=toolbox.ROOT / "build", prefix="bench.") as scratch:
        groups = alike([Bench(name, Path(scratch)) for name in toolbox.SNAPSHOTS])
        svg.write_text(vl_convert.vegalite_to_svg(picture(groups)))
        markdown.write_text(document(groups, svg.name))
    print(f"{markdown}, {svg}: written")


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, RuntimeError) as failure:
        sys.exit(f"cost: {failure}")
