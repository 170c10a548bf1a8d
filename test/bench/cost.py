# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes what the calls cost, measured, into docs/COST.md, and a picture of it: python -m bench.cost

`make bench` has built all that is looked for here. The same toolchain gives the same figures.
"""

import itertools
from pathlib import Path

import toolbox
from bench import measure
from bench.measure import Bench, Call

from docs import pages

PICTURE = toolbox.ROOT / "docs/cost.svg"

ACCEPTED_HEAD = ["call", "stock", "overlay", "= import", "+ look-up", "+ ours", "host calls"]
OTHERS_HEAD = ["call", "stock answers", "overlay answers", "stock", "overlay", "host calls"]
SIZES_HEAD = ["wasi-libc", "uses", "stock", "overlay", "overlay in libc.a", "over stock"]

Groups = dict[str, list[Bench]]


def table(head: list[str], rows: list[list]) -> str:
    lines = [pages.row(*head), "|---|" + "---:|" * (len(head) - 1) + "\n"]
    return "".join([*lines, *(pages.row(*cells) for cells in rows)]) + "\n"


def fuel_tables(bench: Bench, calls: list[Call]) -> str:
    accepted, others = [], []
    for call in calls:
        stock, overlay, inside = (bench.cost(link, call) for link in measure.LINKS)
        if inside != overlay:
            raise RuntimeError(f"{bench.snapshot}: {call} differs inside libc.a: {inside}, not {overlay}")
        fuel = [stock.fuel, overlay.fuel]
        host_calls = f"{'-' if stock.host_calls is None else stock.host_calls} / {overlay.host_calls}"
        if call.parts:
            if {stock.answer, overlay.answer} - {None} != {"0"}:
                raise RuntimeError(f"{bench.snapshot}: {call} is refused: {stock}, {overlay}")
            accepted.append([call, *fuel, *bench.parts(call), host_calls])
        else:
            others.append([call, stock.answer, overlay.answer, *fuel, host_calls])
    return table(ACCEPTED_HEAD, accepted) + table(OTHERS_HEAD, others)


def alike(benches: list[Bench], calls: list[Call]) -> Groups:
    """Those with the same fuel, by their tables; those of one generation together."""
    groups: Groups = {}
    for bench in sorted(benches, key=lambda bench: bench.generation):
        groups.setdefault(fuel_tables(bench, calls), []).append(bench)
    return groups


def title(group: list[Bench]) -> str:
    return f"wasi-libc {' and '.join(bench.snapshot for bench in group)} ({group[0].generation})"


def fuel(groups: Groups) -> str:
    return "".join(f"### {title(group)}\n\n{tables}" for tables, group in groups.items())


def sizes(groups: Groups) -> str:
    snapshots: dict[tuple, list[str]] = {}
    for bench, uses in itertools.product(itertools.chain(*groups.values()), measure.USES):
        stock, ours, inside = (bench.size_added(link, measure.USES[uses]) for link in measure.LINKS)
        row = (uses, stock, ours, inside, f"{ours - stock:+}")
        snapshots.setdefault(row, []).append(bench.snapshot)
    return table(SIZES_HEAD, [[" and ".join(names), *row] for row, names in snapshots.items()])


# --- The picture -------------------------------------------------------------

COLOURS = {"stock": "#b8bcc2", "import": "#7aa6d6", "look-up": "#2f6db3", "ours": "#e07b39"}


def picture(groups: Groups, calls: list[Call]) -> dict:
    """In the words of Vega-Lite: a panel for each group, two bars for each call."""
    bars = []
    for group, call in itertools.product(groups.values(), calls):
        label = call.text.replace("LONG_PATH", f"({len(measure.LONG_PATH)} characters)")
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
        "facet": {"row": {"field": "panel", "sort": list(map(title, groups.values())), "title": None}},
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


def figures(scratch: Path) -> dict[str, str]:
    import vl_convert  # `make bench` has it, the tests have not

    groups = alike([Bench(name, scratch) for name in toolbox.SNAPSHOTS], measure.EVERY)
    PICTURE.write_text(vl_convert.vegalite_to_svg(picture(groups, measure.PICTURED)))
    return {"fuel": fuel(groups), "bytes": sizes(groups)}


if __name__ == "__main__":
    pages.fill_as_command("bench", "docs/COST.md", figures)
