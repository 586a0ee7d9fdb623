"""The times that things took, from the notes of a page and the log of a stage."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from harness.figures import rounded
from harness.rides import HALF, MOST, at, percentile

# A page's times are in milliseconds.
SECOND = 1000
# In hundredths: of twenty seconds the worst one.
FEW = 5


def half_and_most(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50": rounded(percentile(ordered, HALF)), "p99": rounded(percentile(ordered, MOST)), "of": len(ordered)}


def by_lines(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The steps that a log line tells. The verdict of a filter is inferred, a while after the line of another function."""
    return [step for step in steps if step["outcome"] != "filtered"]


def delays(steps: Sequence[Mapping[str, Any]], when: str) -> list[float]:
    """The milliseconds from each step's log line until the page had it (`came`), or showed it (`shown`)."""
    return [step[when] - step["at"] for step in steps if step[when] is not None]


def firsts(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first step of each message on its own way, by the log."""
    found: dict[str, Mapping[str, Any]] = {}
    for step in sorted(steps, key=lambda step: step["at"]):
        if step["story"]:
            found.setdefault(step["story"], step)
    return list(found.values())


def frames_a_second(frames: Sequence[float], began: float, ended: float) -> list[int]:
    """The number of frames in each whole second between two times."""
    counts = [0] * int((ended - began) // SECOND)
    for frame in frames:
        second = int((frame - began) // SECOND)
        if 0 <= second < len(counts):
            counts[second] += 1
    return counts


def smoothness(frames: Sequence[float], began: float, ended: float) -> dict[str, float]:
    counts = sorted(map(float, frames_a_second(frames, began, ended)))
    inside = [frame for frame in frames if began <= frame <= ended]
    gaps = [later - earlier for earlier, later in pairwise(inside)]
    return {
        "median": percentile(counts, HALF),
        "p5": percentile(counts, FEW),
        "seconds": len(counts),
        "longest_gap_ms": rounded(max(gaps)),
    }


def shares(before: Mapping[str, float], after: Mapping[str, float], seconds: float) -> dict[str, float]:
    """The part of a core that each kind of process has used meanwhile, in hundredths."""
    return {kind: rounded((after[kind] - before[kind]) / seconds * 100) for kind in after}


def effects(observed: Mapping[str, Any], began: float, ended: float) -> dict[str, float]:
    """The seconds from the acceptance of each ride between two times until it had all its effects; and the whole time until all
    rides had them."""
    accepted = {ride: at(when) for ride, when in observed["accepted"].items()}
    accepted = {ride: when for ride, when in accepted.items() if began <= when <= ended}
    last: dict[str, float] = {}
    for of in observed["effects"].values():
        for ride, when in of.items():
            last[ride] = max(at(when), last.get(ride, 0))
    waits = [last[ride] - when for ride, when in accepted.items()]
    whole = max(last[ride] for ride in accepted) - min(accepted.values())
    return {**half_and_most(waits), "whole": rounded(whole)}
