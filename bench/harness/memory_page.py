"""The choice of memory sizes: on the terminal, as a picture, and as tables in docs/performance.md."""

import json
import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness import cpu_share, machine, marked, memory_cost, table, verdict
from harness.memory_cost import Curve, Point
from wild_rydes import console, environments, functions
from wild_rydes.paths import BENCH, ROOT

PAGES = (ROOT / "docs" / "performance.md",)
PICTURE = ROOT / "docs" / "images" / "memory-sizes.svg"
# The picture of a few functions, which is no page's.
OF_SOME = ROOT / "target" / "bench" / "memory-sizes.svg"
CURVES = "harness.memory_curves"
TITLE = "Memory sizes: dollars for a million messages, and milliseconds of an invocation"
# A size in a template is good enough if it has at most so many times the least product.
CLEARLY = 1.25


class Choice(NamedTuple):
    """The curves of all functions, where a call to AWS takes so many milliseconds."""

    call_ms: float
    warm: list[Curve]
    cold: list[Curve]

    def drawn(self) -> list[Curve]:
        return [curve for curve in self.warm if curve.today]


def choice(sizes: Mapping[int, Any], call_ms: float) -> Choice:
    of, today = memory_cost.prices(functions.ARCH), memory_cost.todays_sizes()
    return Choice(call_ms, memory_cost.warm(sizes, of, today), memory_cost.cold(sizes, of, today))


def judge(of: Choice) -> list[dict[str, Any]]:
    beside = {curve.name: curve.beside_best for curve in of.warm if curve.beside_best is not None}
    told = "cost x time at the template's memory, warm, beside the best size's"
    return [verdict.at_most(told, CLEARLY, " x", beside)] if beside else []


def headings(first: str) -> tuple[str, ...]:
    return (first, "template", "best", *(f"{memory:,} MB" for memory in cpu_share.MEMORY_SIZES))


def row(curve: Curve, bold: str = "") -> tuple[str, ...]:
    today, best = f"{curve.today:,} MB" if curve.today else "–", f"{curve.best.memory:,} MB"
    cells = ((bold if point == curve.best else "", point) for point in curve.points)
    return (curve.name, today, best, *(f"{mark}{cell(point)}{mark}" for mark, point in cells))


def cell(point: Point) -> str:
    return f"${point.dollars:.3g}, {point.ms:.3g} ms" if point.ms < 1000 else f"${point.dollars:.3g}, {point.ms / 1000:.3g} s"


def show(of: Choice) -> None:
    for name, curves in (("a million messages, warm", of.warm), ("a million cold answers", of.cold)):
        table.show(headings(name), [row(curve) for curve in curves])
    console.line(f"\nDollars for a million messages, time of an invocation; calls to AWS of {of.call_ms:g} ms.")


def write(of: Choice, turns: int, whole: bool) -> None:
    """The page and its picture are of all functions."""
    on = machine.describe()
    picture = PICTURE if whole else OF_SOME
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(drawn(of, f"{about(of, turns)} Measured on {machine.line(on)}."))
    console.line(f"\nThe curves: {picture.relative_to(ROOT)}")
    if whole:
        marked.write("memory", page(of, f"{about(of, turns)} {caption(on)}"), PAGES)


def page(of: Choice, about: str) -> str:
    image = f"![{TITLE}](images/{PICTURE.name})"
    tables = (markdown("warm: a million messages", of.warm), markdown("a million cold answers", of.cold))
    return "\n\n".join((image, *tables, about, follows(of)))


def follows(of: Choice) -> str:
    """The consequences: templates to change, and the price of less waiting for a start."""
    worse = [curve for curve in of.warm if (curve.beside_best or 0) > CLEARLY]
    named = ", ".join(f"`{curve.name}` ({curve.best.memory:,} MB instead of {curve.today:,} MB)" for curve in worse)
    warm = f"Another size is clearly better for {named}." if worse else "No other size is clearly better for a warm function."
    pairs = [(curve.now, curve.larger) for curve in of.cold if curve.now and curve.larger]
    if not pairs:
        return warm
    dearer = statistics.median(larger.dollars / now.dollars for now, larger in pairs)
    sooner = statistics.median(larger.ms / now.ms for now, larger in pairs)
    return (
        f"{warm} Clearly means that the product at the template's size is more than {CLEARLY:g} times the least. The next larger"
        f" size answers a first message in {sooner:.2f} times the time, for {dearer:.2f} times the dollars (medians)."
    )


def markdown(first: str, curves: Sequence[Curve]) -> str:
    return table.markdown(headings(first), [row(curve, "**") for curve in curves])


def about(of: Choice, turns: int) -> str:
    return f"Medians of {turns} turns, with calls to AWS of {of.call_ms:g} ms, at Lambda's prices for {functions.ARCH}."


def caption(on: dict[str, Any]) -> str:
    return (
        f"Measured on {on['date'][:10]}, revision `{on['revision']}`, on {on['cores']} cores ({on['cpu']}), with"
        " `make bench ONLY=lambda`."
    )


def drawn(of: Choice, about: str) -> str:
    given = {"title": TITLE, "about": about, "panels": [panel(curve) for curve in of.drawn()]}
    command: list[str | Path] = [environments.bin_of("plot") / "python", "-m", CURVES]
    env = {**os.environ, "PYTHONPATH": str(BENCH)}
    ended = subprocess.run(command, env=env, input=json.dumps(given), capture_output=True, text=True)
    if ended.returncode:
        raise console.Stop(f"the curves were not drawn:\n{ended.stderr}")
    return ended.stdout


def panel(curve: Curve) -> dict[str, Any]:
    return {
        "name": curve.name,
        "memory": [point.memory for point in curve.points],
        "dollars": [point.dollars for point in curve.points],
        "ms": [point.ms for point in curve.points],
        "best": curve.best.memory,
        "today": curve.today,
    }
