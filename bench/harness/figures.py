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
    """The ratio of the ones to the others, turn by turn, so that a slow turn cancels out."""
    return figure([one / other for one, other in zip(ones, others, strict=True)])


def shuffled(things: Sequence[T], turn: int) -> list[T]:
    """The things in another order in each turn, the same in each run, because always following the same one may help or harm."""
    return random.Random(turn).sample(things, len(things))


def shown(of: Figure | None, digits: int = 1) -> str:
    if of is None:
        return "–"
    return f"{of['median']:.{digits}f} ({of['p10']:.{digits}f}–{of['p90']:.{digits}f})"


def rounded(value: float) -> float:
    """The value to four significant digits."""
    return float(f"{value:.4g}")
