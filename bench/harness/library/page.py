"""The results as a table: on the terminal, and in the library's README."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness import marked, table
from wild_rydes.paths import ROOT

PAGES = (ROOT / "crates" / "lambda-messaging" / "README.md",)
Row = tuple[str, Callable[[dict[str, Any]], str]]


def median(of: dict[str, Any], digits: int = 0) -> str:
    return f"{of['median']:,.{digits}f}"


def invocations(of: dict[str, Any]) -> str:
    """All, and those that did not answer."""
    counts = of["faults"]["invocations"]
    return f"{sum(counts.values())} / {sum(counts.values()) - counts.get('answered', 0)}"


ROWS: Sequence[Row] = (
    ("cold start: until it polls, ms", lambda of: median(of["cold"]["first_poll_ms"], 1)),
    ("cold start: until it has answered, ms", lambda of: median(of["cold"]["first_answer_ms"], 1)),
    ("memory until then, MB", lambda of: median(of["cold"]["memory_mb"], 1)),
    ("package, MB", lambda of: f"{of['zip_mb']:.1f}"),
    ("CPU for one message, µs", lambda of: median(of["one"]["cpu_us"])),
    ("CPU for each of ten, µs", lambda of: median(of["batch"]["cpu_us"])),
    ("calls to AWS for a message", lambda of: f"{of['batch']['calls']:g}"),
    ("lines of the handler / of the template", lambda of: f"{of['lines']['handler']} / {of['lines']['template']}"),
)
UNDER_FAULTS: Sequence[Row] = (
    ("lost", lambda of: str(len(of["faults"]["lost"]))),
    ("took effect twice", lambda of: str(len(of["faults"]["doubled"]))),
    ("dead-lettered, never stored", lambda of: str(len(of["faults"]["dead_without_effect"]))),
    ("dead-lettered, although stored", lambda of: str(len(of["faults"]["dead_with_effect"]))),
)
POISON: Sequence[Row] = (
    ("took effect", lambda of: str(len(of["faults"]["poison_stored"]))),
    ("not set aside, or without a reason", lambda of: str(len(of["faults"]["poison_unexplained"]))),
)
COST: Sequence[Row] = (
    ("left in the queue in the end", lambda of: str(of["faults"]["left"])),
    ("invocations / without an answer", invocations),
    ("time until the queue was empty, s", lambda of: f"{of['faults']['seconds']:.0f}"),
)


def rows(results: dict[str, Any]) -> list[tuple[str, ...]]:
    """The headings, and a row for each measure."""
    designs = list(results["designs"].values())
    faults = designs[0]["faults"]
    sound, poison = f"of {faults['sound']} valid orders: ", f"of {faults['poison']} poison messages: "
    named = [
        *ROWS,
        *((sound + name, shown) for name, shown in UNDER_FAULTS),
        *((poison + name, shown) for name, shown in POISON),
        *COST,
    ]
    return [("", *(of["heading"] for of in designs)), *((name, *map(shown, designs)) for name, shown in named)]


def show(results: dict[str, Any]) -> None:
    heading, *others = rows(results)
    table.show(("consumer", *heading[1:]), others)


def caption(machine: dict[str, Any]) -> str:
    return f"Medians of one run on {machine['date'][:10]}, on a machine with {machine['cores']} cores ({machine['cpu']})."


def write(results: dict[str, Any], machine: dict[str, Any], pages: Sequence[Path] = PAGES) -> None:
    heading, *others = rows(results)
    marked.write("library", f"{table.markdown(heading, others)}\n\n{caption(machine)}", pages)
