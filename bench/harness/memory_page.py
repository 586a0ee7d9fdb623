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

    call_ms: int
    warm: list[Curve]
    cold: list[Curve]


def choices(sizes: Mapping[int, Any]) -> list[Choice]:
    """One for each time that calls may take, the shortest first."""
    of, today = memory_cost.prices(functions.ARCH), memory_cost.todays_sizes()
    made = []
    for call_ms in memory_cost.calls_ms():
        measured = {memory: size["waiting"][call_ms] for memory, size in sizes.items()}
        made.append(Choice(call_ms, memory_cost.warm(measured, of, today), memory_cost.cold(measured, of, today)))
    return made


def judge(of: Sequence[Choice]) -> list[dict[str, Any]]:
    told = "cost x time at the template's memory, warm, beside the best size's, with calls of"
    return [
        verdict.at_most(f"{told} {choice.call_ms} ms", CLEARLY, " x", beside)
        for choice in of
        if (beside := {curve.name: curve.beside_best for curve in choice.warm if curve.beside_best is not None})
    ]


def headings(first: str) -> tuple[str, ...]:
    return (first, "template", "best", *(f"{memory:,} MB" for memory in cpu_share.MEMORY_SIZES))


def row(curve: Curve, bold: str = "") -> tuple[str, ...]:
    today, best = f"{curve.today:,} MB" if curve.today else "–", f"{curve.best.memory:,} MB"
    cells = ((bold if point == curve.best else "", point) for point in curve.points)
    return (curve.name, today, best, *(f"{mark}{cell(point)}{mark}" for mark, point in cells))


def cell(point: Point) -> str:
    return f"${point.dollars:.3g}, {point.ms:.3g} ms" if point.ms < 1000 else f"${point.dollars:.3g}, {point.ms / 1000:.3g} s"


def show(of: Sequence[Choice]) -> None:
    for heading, curves in tables(of):
        table.show(headings(heading), [row(curve) for curve in curves])
    console.line(
        "\nDollars for a million messages, and the time of an invocation (of ten messages warm where a function takes batches)."
    )


def tables(of: Sequence[Choice]) -> list[tuple[str, list[Curve]]]:
    warm = [(f"warm, calls of {choice.call_ms} ms", choice.warm) for choice in of]
    return [*warm, *((f"first answer, calls of {choice.call_ms} ms", choice.cold) for choice in of[:1])]


def write(of: Sequence[Choice], turns: int, whole: bool) -> None:
    """The page and its picture are of all functions."""
    on = machine.describe()
    picture = PICTURE if whole else OF_SOME
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(drawn(of, f"{about(turns)} Measured on {machine.line(on)}."))
    console.line(f"\nThe curves: {picture.relative_to(ROOT)}")
    if whole:
        marked.write("memory", page(of, f"{about(turns)} {machine.caption('lambda')}"), PAGES)


def page(of: Sequence[Choice], about: str) -> str:
    image = f"![{TITLE}](images/{PICTURE.name})"
    shown = (table.markdown(headings(heading), [row(curve, "**") for curve in curves]) for heading, curves in tables(of))
    return "\n\n".join((image, follows(of), *shown, about))


def follows(of: Sequence[Choice]) -> str:
    """The consequences: templates to change, and the price of less waiting for a start."""
    warm = " ".join(f"With calls of {choice.call_ms} ms, {worse(choice)}." for choice in of)
    clearly = f"Clearly means that the product at the template's size is more than {CLEARLY:g} times the least."
    pairs = [(curve.now, curve.larger) for curve in of[0].cold if curve.now and curve.larger]
    if not pairs:
        return f"{warm} {clearly}"
    dearer = statistics.median(larger.dollars / now.dollars for now, larger in pairs)
    sooner = statistics.median(larger.ms / now.ms for now, larger in pairs)
    return (
        f"{warm} {clearly} The next larger size answers a first message in {sooner:.2f} times the time, for {dearer:.2f} times"
        " the dollars (medians)."
    )


def worse(of: Choice) -> str:
    found = [curve for curve in of.warm if (curve.beside_best or 0) > CLEARLY]
    named = ", ".join(f"`{curve.name}` ({curve.best.memory:,} MB instead of {curve.today:,} MB)" for curve in found)
    return f"another size is clearly better for {named}" if found else "no other size is clearly better for a warm function"


def about(turns: int) -> str:
    return (
        "Dollars are for a million messages. Times are of an invocation: of ten messages if a warm function takes batches, else"
        f" of one. Medians of {turns} turns, at Lambda's prices for {functions.ARCH}."
    )


def drawn(of: Sequence[Choice], about: str) -> str:
    quick, slow = of[0], of[-1]
    panels = [panel(*pair) for pair in zip(quick.warm, slow.warm, strict=True) if pair[0].today]
    given = {"title": TITLE, "about": about, "calls_ms": [quick.call_ms, slow.call_ms], "panels": panels}
    command: list[str | Path] = [environments.bin_of("plot") / "python", "-m", CURVES]
    env = {**os.environ, "PYTHONPATH": str(BENCH)}
    ended = subprocess.run(command, env=env, input=json.dumps(given), capture_output=True, text=True)
    if ended.returncode:
        raise console.Stop(f"the curves were not drawn:\n{ended.stderr}")
    return ended.stdout


def panel(*curves: Curve) -> dict[str, Any]:
    """A function, as it is with quick calls and with slow ones."""
    return {
        "name": curves[0].name,
        "memory": [point.memory for point in curves[0].points],
        "dollars": [[point.dollars for point in curve.points] for curve in curves],
        "ms": [[point.ms for point in curve.points] for curve in curves],
        "best": [curve.best.memory for curve in curves],
        "today": curves[0].today,
    }
