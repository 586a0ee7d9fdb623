"""The results as a table with the aims beside the measures: on the terminal, and in the docs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import marked, table, verdict
from harness.figures import shown
from wild_rydes import console
from wild_rydes.paths import ROOT

PAGES = (ROOT / "docs" / "benchmarks.md",)
HEADINGS = ("the console", "aim", "measured", "met?")
LOADS = ("the same load", "without a page", "with one", "times as much")


@dataclass(frozen=True)
class Measure:
    what: str
    unit: str
    values: Callable[[Mapping[str, Any]], Mapping[str, float]]
    at_most: float | None = None
    at_least: float | None = None

    def verdict(self, results: Mapping[str, Any]) -> dict[str, Any] | None:
        if self.at_most is not None:
            return verdict.at_most(self.what, self.at_most, self.unit, self.values(results))
        if self.at_least is not None:
            return verdict.at_least(self.what, self.at_least, self.unit, self.values(results))
        return None

    def row(self, results: Mapping[str, Any]) -> tuple[str, ...]:
        found, aim = self.verdict(results), "–"
        if self.at_most is not None:
            aim = f"≤ {self.at_most:,g}{self.unit}"
        elif self.at_least is not None:
            aim = f"≥ {self.at_least:,g}{self.unit}"
        values = ", ".join(f"{value:,.4g}{self.unit} ({name})" for name, value in self.values(results).items())
        return (self.what, aim, values, "" if found is None else "yes" if found["met"] else "**no**")


# The measures of the same load whose ratio has an aim. The slowest hundredth of a turn is two rides.
MEDIANS = {"accepted, p50": "accepted_p50_ms", "all effects, p50": "effects_p50_s"}


def halves(of: Mapping[str, float]) -> dict[str, float]:
    return {name: of[name] for name in ("p50", "p99")}


MEASURES = (
    Measure("opening the page, until its map is drawn", " ms", lambda of: {"median": of["picture_ms"]["median"]}, at_most=1000),
    Measure("a step, from its log line until the page has it", " ms", lambda of: halves(of["steps"]["came_ms"]), at_most=500),
    Measure(
        "a step, from its log line until it moves on the map", " ms", lambda of: halves(of["steps"]["shown_ms"]), at_most=500
    ),
    Measure("the same, for the first step after a calm time", " ms", lambda of: halves(of["calm"]["shown_ms"])),
    Measure(
        "frames a second, while many rides arrive",
        "",
        lambda of: {name: of["frames"][name] for name in ("median", "p5")},
        at_least=30,
    ),
    Measure("CPU of the page while nothing moves", " %", lambda of: {"of a core": of["idle"]["page"]}, at_most=2),
    Measure("CPU of `rydes console` while nothing moves", " %", lambda of: {"of a core": of["idle"]["server"]}, at_most=2),
    Measure("CPU of the rest of the browser meanwhile", " %", lambda of: {"of a core": of["idle"]["rest_of_the_browser"]}),
    Measure(
        "a load with a page, beside one without: acceptance and effects",
        " x",
        lambda of: {name: of["watching"][key]["x"]["median"] for name, key in MEDIANS.items()},
        at_most=1.1,
    ),
)
# Each with its digits.
WATCHING = {
    "accepted_p50_ms": ("accepted, p50, ms", 0),
    "accepted_p99_ms": ("accepted, p99, ms", 0),
    "effects_p50_s": ("all effects of a ride, p50, s", 2),
    "effects_p99_s": ("all effects of a ride, p99, s", 2),
    "whole_s": ("all effects of all rides, s", 1),
}


def rows(results: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [measure.row(results) for measure in MEASURES]


def loads(results: Mapping[str, Any]) -> list[tuple[str, ...]]:
    found = results["watching"]
    return [
        (name, shown(found[key]["without"], digits), shown(found[key]["with"], digits), shown(found[key]["x"], 2))
        for key, (name, digits) in WATCHING.items()
    ]


def verdicts(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [found for measure in MEASURES if (found := measure.verdict(results))]


def load_sentence(results: Mapping[str, Any]) -> str:
    of = results["frames"]
    return (
        f"Of {of['sent']:,} rides at {of['rate']} a second the emulator accepted {of['accepted']:,}, "
        f"{of['accepted_a_second']:g} a second; "
        f"the page's longest pause between two frames was {of['longest_gap_ms']:g} ms."
    )


def show(results: Mapping[str, Any]) -> None:
    table.show(HEADINGS, rows(results))
    table.show(LOADS, loads(results))
    console.line(f"\n{load_sentence(results)}")
    console.line("Everything shares the same cores: emulator, functions, console, browser.")


def write(results: Mapping[str, Any], on: Mapping[str, Any], pages: Sequence[Path] = PAGES) -> None:
    caption = (
        f"{load_sentence(results)} One run on {on['date'][:10]}, revision `{on['revision']}`, on {on['cores']} cores "
        f"({on['cpu']}), which emulator, functions, console and browser shared."
    )
    tables = (table.markdown(HEADINGS, rows(results)), table.markdown(LOADS, loads(results)))
    marked.write("console", "\n\n".join((*tables, caption)), pages)
