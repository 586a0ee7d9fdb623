"""The steps of `make test`: one after the other, each with its time, and a table of all of them at the end."""

import os
import subprocess
import time
from dataclasses import dataclass, field

import environments
import say


@dataclass
class Step:
    """A target of the Makefile, and what it does."""

    target: str
    what: str
    seconds: float | None = field(default=None, init=False)


# What finds most faults in the least time comes first.
ALL = [
    Step("lint-rust", "formatting and clippy"),
    Step("lint-templates", "templates, state machines, roles"),
    Step("test-unit", "unit and property tests, bad input"),
    Step("test-e2e", "end-to-end tests against the embedded emulator"),
    Step("test-chaos", "a small fault run, and its audit"),
    Step("check-functions FEW=1", "the largest, the smallest and the changed functions as they go to Lambda"),
    Step("test-containers-if-possible", "end-to-end tests against emulators in containers"),
]


def run(steps: list[Step]) -> None:
    """Runs all of them, or stops at the first that fails; says in either case how long each took."""
    # On a terminal it is what stays in sight.
    width = max(len(step.target) for step in steps)
    try:
        for number, step in enumerate(steps, 1):
            say.line(f"\n{say.GREEN}━━ {number} of {len(steps)}: {step.what}{say.END} {say.DIM}(make {step.target}){say.END}")
            _run(step)
    finally:
        say.line("")
        for step in steps:
            took = "not run" if step.seconds is None else duration(step.seconds)
            say.line(f"  {step.target:{width}}  {took:>11}  {say.DIM}{step.what}{say.END}")
        say.line(f"  {'all':{width}}  {duration(sum(step.seconds or 0 for step in steps)):>11}")


def _run(step: Step) -> None:
    started = time.monotonic()
    try:
        ended = subprocess.run([os.environ.get("MAKE", "make"), "--no-print-directory", *step.target.split()], cwd=environments.ROOT)
    finally:
        step.seconds = time.monotonic() - started
    if ended.returncode:
        raise say.Stop(f"make {step.target} failed after {duration(step.seconds)}: see above")


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:2} s" if minutes else f"{rest} s"
