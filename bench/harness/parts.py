"""The benchmark's parts, and how they are run: one after the other, each into its place in the results."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from harness import build_time, call_profile, cold, cost, lambda_sizes, machine, rest, rides, warm
from harness.console_page import part as console_page
from harness.context import Context
from harness.cpu_contention import CpuContention
from harness.library import features
from harness.library import part as library
from wild_rydes import browsers, console
from wild_rydes.paths import ROOT

RESULTS = ROOT / "target" / "bench" / "results.json"


PARTS: dict[str, Callable[[Context], dict[str, Any]]] = {
    "cold": cold.run,
    "warm": warm.run,
    "lambda": lambda_sizes.run,
    "profile": call_profile.run,
    "rest": rest.run,
    "cost": cost.run,
    "rides": rides.run,
    "build": build_time.run,
    "library": library.run,
    "features": features.run,
    # The last one: it leaves this process, and all that it starts from then on, without a network.
    "console": console_page.run,
}
OF_FUNCTIONS = ("cold", "warm", "lambda")


def run(names: Sequence[str], functions: Sequence[str], turns: int | None = None) -> None:
    """Runs these parts, or all (all that are about single functions, if some are named), and keeps what the others have found
    before."""
    if sys.platform != "linux":
        raise console.Stop("the benchmarks start programs that were built for Lambda, so they need Linux")
    if unknown := set(names) - set(PARTS):
        raise console.Stop(f"there is no part {', '.join(sorted(unknown))}: ONLY may be {', '.join(PARTS)}")
    context = Context(functions, turns)
    for name in chosen(names, functions):
        measured_on, contention = machine.describe(), CpuContention()
        results = PARTS[name](context)
        measured_on["others"] = contention.share()
        console.line(f"\nMeasured on {machine.line(measured_on)}.")
        console.line(f"Others kept the machine's processors busy for {measured_on['others']:.0%} of the time.")
        keep(name, {"machine": measured_on, **results})
    console.line(f"\nThe whole, with every spread: {RESULTS.relative_to(ROOT)}")


def chosen(names: Sequence[str], functions: Sequence[str]) -> list[str]:
    """The parts to run, in their order."""
    if names or functions:
        return [name for name in PARTS if name in (names or OF_FUNCTIONS)]
    left_out = {}
    if not browsers.find():
        left_out["console"] = f"there is no browser: {browsers.ADVICE}"
    if not call_profile.is_there():
        left_out["profile"] = f"no samples can be taken here: {call_profile.ADVICE}"
    for name, reason in left_out.items():
        console.line(f"  – the part {name} is left out, because {reason}")
    return [name for name in PARTS if name not in left_out]


def keep(name: str, results: dict[str, Any]) -> None:
    """Each part says for itself when and on what it was measured."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({**kept, name: results}, indent=1, ensure_ascii=False) + "\n")
