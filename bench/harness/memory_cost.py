"""The cost and the time of each memory size of a function, and the size with the least product of both.

Lambda bills every millisecond that has begun, a start's among them since August 2025, times the memory, and every invocation.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from wild_rydes.paths import ROOT

RYDES = ROOT / "apps" / "rydes"
# The prices of `rydes cost`.
PRICES = RYDES / "prices" / "us-east-1.json"
# Counted in the templates by `make scale`, which `make lint` keeps up to date.
STAGE = RYDES / "scale" / "stage.json"
# The assumptions of `rydes plan`.
ASSUMED = RYDES / "scale" / "measured.json"
QUICK_CALL_MS = 5
MILLION = 1_000_000
MEGABYTES_OF_A_GB = 1024


# The measures of functions, by name, at each memory size.
Measured = Mapping[int, Mapping[str, Any]]


class Prices(NamedTuple):
    """Dollars."""

    gb_second: float
    request: float


class Work(NamedTuple):
    """An invocation of a kind: its measure in the results, and its messages."""

    measure: str
    messages: int


BATCH, ONE, COLD = Work("ten_warm_ms", 10), Work("one_warm_ms", 1), Work("first_answer_ms", 1)


class Point(NamedTuple):
    """A function at a memory size: milliseconds of an invocation, dollars for a million messages."""

    memory: int
    ms: float
    dollars: float

    @property
    def product(self) -> float:
        return self.ms * self.dollars


class Curve(NamedTuple):
    """A function at all sizes, and the size that its template has; none if it has no template."""

    name: str
    messages: int
    points: Sequence[Point]
    today: int | None

    @property
    def best(self) -> Point:
        return min(self.points, key=lambda point: point.product)

    @property
    def now(self) -> Point | None:
        return next((point for point in self.points if point.memory == self.today), None)

    @property
    def larger(self) -> Point | None:
        """The next size above today's."""
        return next((point for point in self.points if self.today and point.memory > self.today), None)

    @property
    def beside_best(self) -> float | None:
        """The product at today's size, as a multiple of the best."""
        return self.now.product / self.best.product if self.now else None


def prices(architecture: str, path: Path = PRICES) -> Prices:
    of_lambda = json.loads(path.read_text())["prices"]["lambda"]
    gb_second, request = (of_lambda[kind]["usd"] / of_lambda[kind]["per"] for kind in (f"gb_seconds_{architecture}", "requests"))
    return Prices(gb_second, request)


def todays_sizes(path: Path = STAGE) -> dict[str, int]:
    """The memory of each function, as the templates have it."""
    stage = json.loads(path.read_text())
    return {of["function"]: of["memory"] for of in (*stage["sources"], *stage["others"])}


def calls_ms(path: Path = ASSUMED) -> tuple[int, int]:
    """The times that a call to AWS may take: as often with DynamoDB, and as `rydes plan` assumes of all services."""
    return QUICK_CALL_MS, int(json.loads(path.read_text())["assumed"]["call_milliseconds"])


def dollars(memory: int, ms: float, messages: int, of: Prices) -> float:
    """For a million messages, so many in each invocation."""
    gb_seconds = memory / MEGABYTES_OF_A_GB * math.ceil(ms) / 1000
    return MILLION / messages * (gb_seconds * of.gb_second + of.request)


def curve(name: str, work: Work, ms_by_memory: Mapping[int, float], of: Prices, today: int | None) -> Curve:
    points = [Point(memory, ms, dollars(memory, ms, work.messages, of)) for memory, ms in sorted(ms_by_memory.items())]
    return Curve(name, work.messages, points, today)


def warm(sizes: Measured, of: Prices, today: Mapping[str, int]) -> list[Curve]:
    """The warm functions: ten messages at a time, or one where a function takes no batches."""
    works = {name: BATCH if BATCH.measure in measured else ONE for name, measured in functions_of(sizes)}
    return [curve_of(name, work, sizes, of, today) for name, work in works.items()]


def cold(sizes: Measured, of: Prices, today: Mapping[str, int]) -> list[Curve]:
    """The functions whose start ends with the answer to one message."""
    return [curve_of(name, COLD, sizes, of, today) for name, _ in functions_of(sizes)]


def functions_of(sizes: Measured) -> list[tuple[str, Any]]:
    """The functions, with the measures that each has at any size."""
    return sorted(next(iter(sizes.values())).items())


def curve_of(name: str, work: Work, sizes: Measured, of: Prices, today: Mapping[str, int]) -> Curve:
    ms_by_memory = {memory: functions[name][work.measure]["median"] for memory, functions in sizes.items()}
    return curve(name, work, ms_by_memory, of, today.get(name))
