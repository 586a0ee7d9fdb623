"""Draws the curves of memory sizes. It runs with the Python of the environment `plot`, and imports nothing of ours.

Standard input: {"title", "about", "calls_ms", "panels": [{"name", "memory", "dollars", "ms", "best", "today"}]}, where dollars,
ms and best are there for each time of calls. Standard output: the SVG.
"""

import io
import json
import math
import re
import sys
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

COLUMNS = 5
# Seen on a light page and on a dark one; the two colours differ in brightness, too.
GREY, BLUE, ORANGE = "#808080", "#3b82f6", "#d97706"
# The line and the size of its dot, for quick calls and for slow ones.
STYLES: tuple[tuple[Any, int], ...] = (("-", 6), ((0, (4, 2)), 4))
SETTINGS = {
    # Text stays text, in a font of the reader's, and each run names everything in the same way.
    "svg.fonttype": "none",
    "svg.hashsalt": "memory",
    "font.size": 8,
    "text.color": GREY,
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "axes.spines.top": False,
}


def draw(given: dict[str, Any]) -> str:
    mpl.rcParams.update(SETTINGS)
    panels = given["panels"]
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(2.1 * columns + 0.8, 1.45 * rows + 0.75), layout="constrained")
    limits = {of: spread([value for panel in panels for values in panel[of] for value in values]) for of in ("dollars", "ms")}
    all_axes = figure.subplots(rows, columns, squeeze=False)
    for number, axes in enumerate(all_axes.flat):
        if number < len(panels):
            first, last = number % columns == 0, number in (len(panels) - 1, number - number % columns + columns - 1)
            draw_panel(axes, panels[number], limits, first, last, lowest=number + columns >= len(panels))
        else:
            axes.set_visible(False)
    figure.legend(handles=legend(given["calls_ms"]), loc="outside upper center", ncols=6, frameon=False)
    written = io.StringIO()
    figure.savefig(written, format="svg", transparent=True)
    return named(written.getvalue(), given["title"], given["about"])


def spread(values: list[float]) -> tuple[float, float]:
    return min(values) / 1.25, max(values) * 1.25


def draw_panel(
    axes: Any, panel: dict[str, Any], limits: dict[str, tuple[float, float]], first: bool, last: bool, lowest: bool
) -> None:
    """The scales are the same in all panels, and labelled at the edges."""
    twin = axes.twinx()
    twin.xaxis.set_visible(False)
    axes.set_title(panel["name"], fontsize=8)
    if panel["today"]:
        axes.axvline(panel["today"], color=GREY, linewidth=1, linestyle=(0, (1, 2)))
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(FixedLocator(panel["memory"]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if lowest else ""))
    axes.tick_params(axis="x", labelsize=6)
    for on, of, colour, labelled, form in ((axes, "dollars", BLUE, first, "${:g}"), (twin, "ms", ORANGE, last, "{:g} ms")):
        for values, best, (line, size) in zip(panel[of], panel["best"], STYLES, strict=True):
            on.plot(panel["memory"], values, color=colour, linewidth=1.3, linestyle=line)
            on.plot(best, values[panel["memory"].index(best)], color=colour, marker="o", markersize=size)
        on.set_yscale("log")
        on.set_ylim(limits[of])
        on.yaxis.set_minor_locator(NullLocator())
        on.yaxis.set_major_locator(FixedLocator(ticks(*limits[of])) if labelled else NullLocator())
        on.yaxis.set_major_formatter(FuncFormatter(lambda value, _, form=form: form.format(value)))
        on.tick_params(axis="y", labelsize=6, colors=colour)


def ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of each power of ten in between."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick for power in powers for tick in (10.0**power, 2 * 10.0**power, 5 * 10.0**power) if low <= tick <= high]


def legend(calls_ms: list[int]) -> list[Line2D]:
    of_calls = [
        Line2D([], [], color=GREY, linewidth=1.3, linestyle=line, label=f"calls of {call_ms} ms")
        for call_ms, (line, _) in zip(calls_ms, STYLES, strict=True)
    ]
    return [
        Line2D([], [], color=BLUE, linewidth=1.5, label="dollars for a million messages"),
        Line2D([], [], color=ORANGE, linewidth=1.5, label="ms of an invocation"),
        *of_calls,
        Line2D([], [], color=GREY, linewidth=0, marker="o", markersize=5, label="least product"),
        Line2D([], [], color=GREY, linewidth=1, linestyle=(0, (1, 2)), label="size in the template"),
    ]


def named(svg: str, title: str, about: str) -> str:
    """With a title and a description in place of matplotlib's metadata, with the reader's own font, and without idle digits."""
    head = f"<title>{escape(title)}</title>\n<desc>{escape(about)}</desc>"
    svg = re.sub(r"<metadata>.*?</metadata>", lambda _: head, svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]+", "font-family: system-ui, sans-serif", svg)
    # Not those of a label, which stand before the end of an element.
    svg = re.sub(r"\d+\.\d{2,}(?!\d|[^<>]*</)", lambda number: f"{float(number[0]):.1f}", svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", svg)
    return re.sub(r"^ +| +$", "", svg, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.stdout.write(draw(json.load(sys.stdin)))
