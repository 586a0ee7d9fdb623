"""Targets, and whether they were met. A missed target fails nothing, since times depend on the machine."""

from collections.abc import Mapping
from typing import Any

from wild_rydes import console


def at_most(what: str, limit: float, unit: str, measured: Mapping[str, float]) -> dict[str, Any]:
    """The verdict on values that should be no more than a limit; the worst decides."""
    return judged(f"{what}: at most {limit:g}{unit}", limit, measured, max(measured, key=measured.__getitem__), 1, unit)


def at_least(what: str, limit: float, unit: str, measured: Mapping[str, float]) -> dict[str, Any]:
    """The verdict on values that should be no less than a limit; the worst decides."""
    return judged(f"{what}: at least {limit:g}{unit}", limit, measured, min(measured, key=measured.__getitem__), -1, unit)


def judged(target: str, limit: float, measured: Mapping[str, float], worst: str, sign: int, unit: str) -> dict[str, Any]:
    met = [name for name, value in measured.items() if value * sign <= limit * sign]
    return {
        "target": target,
        "met": len(met) == len(measured),
        "worst": {"name": worst, "value": measured[worst]},
        "told": f"{measured[worst]:.4g}{unit} ({worst})"
        + (f", {len(met)} of {len(measured)} meet it" if len(measured) > 1 else ""),
    }


def show(verdicts: list[dict[str, Any]]) -> None:
    console.line("")
    for verdict in verdicts:
        sign, colour = ("✓ met    ", console.GREEN) if verdict["met"] else ("✗ not met", console.RED)
        console.line(f"  {colour}{sign}{console.END}  {verdict['target']}; measured {verdict['told']}")
