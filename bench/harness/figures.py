"""Many measurements as one figure: their median, and the values between which eight in ten of them lie."""

import math
import random
import statistics
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
Figure = dict[str, float]


def figure(values: Sequence[float]) -> Figure:
    """The median, with its spread."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return {
        "median": rounded(statistics.median(ordered)),
        "p10": rounded(ordered[math.floor(last * 0.1)]),
        "p90": rounded(ordered[math.ceil(last * 0.9)]),
        "of": len(ordered),
    }


def ratio(ones: Sequence[float], others: Sequence[float]) -> Figure:
    """How many times the others the ones are, turn by turn: what slows down a whole turn then cancels out."""
    return figure([one / other for one, other in zip(ones, others, strict=True)])


def shuffled(things: Sequence[T], turn: int) -> list[T]:
    """In another order in each turn, alike in each run: always to follow the same one would be an advantage, or the reverse."""
    return random.Random(turn).sample(things, len(things))


def shown(of: Figure | None, digits: int = 1) -> str:
    if of is None:
        return "–"
    return f"{of['median']:.{digits}f} ({of['p10']:.{digits}f}–{of['p90']:.{digits}f})"


def rounded(value: float) -> float:
    """To four digits that say something."""
    return float(f"{value:.4g}")
