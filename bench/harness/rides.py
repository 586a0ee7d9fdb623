"""Rides from end to end: how many a second, how soon each of their effects is there, and how much the functions compute and call
for them; for more and more rides, and how it grows. The emulator's own work is not counted."""

from datetime import datetime
from typing import Any

from harness import deployed, table
from harness.context import Context
from harness.figures import rounded
from wild_rydes import console

# Rides a second, and so many at once that only what they take matters.
STEADY, BURST = 10, 200
# More at once would make the last fare wait for its payment longer than its step allows: the emulator handles one batch of a
# FIFO queue at a time, and slows down as the queue grows.
SIZES = {"steady": (10, 100, 1_000, 10_000), "burst": (100, 1_000)}
# Percentiles of how soon an effect is there, in hundredths.
HALF, MOST = 50, 99


def run(_: Context) -> dict[str, Any]:
    deployed.build()
    rates = {"steady": STEADY, "burst": BURST}
    results: dict[str, Any] = {"rates": rates, "steady": {}, "burst": {}}
    for kind, rate in rates.items():
        for size in SIZES[kind]:
            # Each finds an emulator that knows of no other rides.
            with deployed.deployed("rides", counted=True) as run:
                before, called = run.cpu_seconds(), run.calls()
                with console.step(f"{size:,} rides, {rate} a second"):
                    accepted = run.load(size, rate)
                    run.observer("settled", size)
                results[kind][size] = measured(size, accepted, run.observed())
                cpu, calls = run.cpu_seconds() - before, run.calls() - called
                results[kind][size] |= {
                    "cpu_seconds_per_1000_rides": rounded(cpu / size * 1000),
                    "calls_a_ride": rounded(calls / size),
                }
    show(results)
    return results


def measured(size: int, load: dict[str, Any], seen: dict[str, Any]) -> dict[str, Any]:
    accepted = {ride: at(when) for ride, when in seen["accepted"].items()}
    if len(accepted) != size:
        raise console.Stop(f"{size} rides were sent, and {len(accepted)} accepted")
    effects = {name: {ride: at(when) for ride, when in of.items()} for name, of in seen["effects"].items()}
    # Effects that only some rides have, such as extraordinary rides, are among them.
    delays = {name: sorted(when - accepted[ride] for ride, when in of.items()) for name, of in effects.items()}
    began, ended = min(accepted.values()), max(when for of in effects.values() for when in of.values())
    return {
        "accepted_ms": {"p50": load["p50_ms"], "p99": load["p99_ms"]},
        "seconds": rounded(ended - began),
        "rides_a_second": rounded(size / (ended - began)),
        "effects_s": {
            name: {"of": len(of), "p50": rounded(percentile(of, HALF)), "p99": rounded(percentile(of, MOST))}
            for name, of in sorted(delays.items())
        },
    }


def at(when: str) -> float:
    return datetime.fromisoformat(when.replace("Z", "+00:00")).timestamp()


def percentile(ordered: list[float], percent: int) -> float:
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def show(results: dict[str, Any]) -> None:
    runs = [(kind, size, of) for kind in ("steady", "burst") for size, of in results[kind].items()]
    named = [f"{size:,}, {results['rates'][kind]} a second" for kind, size, _ in runs]
    rows = [
        ("accepted, ms", *(pair(of["accepted_ms"]) for _, _, of in runs)),
        ("rides a second, until all effects are there", *(f"{of['rides_a_second']:.1f}" for _, _, of in runs)),
        ("calls of the functions to AWS for a ride", *(f"{of['calls_a_ride']:.2f}" for _, _, of in runs)),
        ("CPU seconds of the functions for 1,000 rides", *(f"{of['cpu_seconds_per_1000_rides']:.2f}" for _, _, of in runs)),
    ]
    for effect in sorted({effect for _, _, of in runs for effect in of["effects_s"]}):
        rows.append((f"{effect}, s", *(pair(of["effects_s"].get(effect)) for _, _, of in runs)))
    table.show(("rides", *named), rows)
    console.line(
        "\nFrom a ride's acceptance until the effect was logged, p50 / p99. The emulator takes nearly all of the machine's time."
    )


def pair(of: dict[str, Any] | None) -> str:
    return f"{of['p50']:g} / {of['p99']:g}" if of else "–"
