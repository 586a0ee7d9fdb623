"""The console's page in a browser: how soon it has its picture, how soon a step is on the map, how smooth it is while many
messages move, and what it takes while nothing does; and the same load with a page and without one."""

import time
from contextlib import ExitStack
from typing import Any

from harness import deployed, machine, verdict
from harness.console_page import notes, report
from harness.console_page.visit import RENDERER, SERVER, Visit, pictures
from harness.context import Context
from harness.deployed import Deployed
from harness.figures import figure, ratio, rounded
from wild_rydes import console, environments, functions
from wild_rydes.offline import go_offline

PICTURES = 5
WARM_UP, STEADY = 20, 10
# Messages and their rate: the console sees them come without a pause.
MESSAGES, MESSAGES_A_SECOND = 50, 2
# Messages each of which comes when the console looks less often. It does after ten seconds without motion.
CALM_MESSAGES, CALM_SECONDS = 10, 12
MANY, MANY_SECONDS = 50, 20
IDLE_SECONDS = 30
# The load with a page and without one.
TURNS, RIDES = 3, 200
WITH, WITHOUT = "with", "without"


class Stage:
    """The rides that were sent to a stage."""

    def __init__(self, run: Deployed) -> None:
        self.run, self.sent = run, 0

    def ride(self, rides: int, rate: int) -> tuple[dict[str, Any], tuple[float, float]]:
        """So many rides, so many a second; waits until nothing is under way any more. Their figures, and when they were sent."""
        began = time.time()
        figures = self.run.load(rides, rate)
        ended = time.time()
        self.sent += rides
        self.run.observer("settled", self.sent)
        return figures, (began, ended)


def run(context: Context) -> dict[str, Any]:
    with environments.installing("browser", "boto3", "ministack", "sam"):
        functions.build_for_here()
    if not go_offline():
        console.line("  – measured beside the machine's network, because this system gives a process no network of its own")
    turns = context.turns or TURNS
    with deployed.deployed("console", for_here=True) as run:
        stage = Stage(run)
        with console.step("warming up"):
            stage.ride(WARM_UP, STEADY)
        results = {
            "picture_ms": figure(opened(run)),
            "idle": idle(run),
            "steps": moving(stage),
            "calm": calm(stage),
            "watching": watching(stage, turns),
            # The last one: it leaves work behind.
            "frames": frames(run),
        }
    report.show(results)
    verdicts = report.verdicts(results)
    verdict.show(verdicts)
    if turns == TURNS:
        report.write(results, machine.describe())
    return {**results, "verdicts": verdicts}


def opened(run: Deployed) -> list[float]:
    with console.step(f"opening the page {PICTURES} times"):
        return pictures(run, PICTURES)


def idle(run: Deployed) -> dict[str, float]:
    """The shares of a core while nothing moves."""
    with Visit(run, "steps") as visit, console.step(f"watching for {IDLE_SECONDS} s while nothing moves"):
        time.sleep(CALM_SECONDS)
        began, before = time.monotonic(), visit.cpu_seconds()
        time.sleep(IDLE_SECONDS)
        used = notes.shares(before, visit.cpu_seconds(), time.monotonic() - began)
        if visit.noted()["steps"]:
            raise console.Stop("something has moved meanwhile: the console was not idle")
    return {
        "seconds": IDLE_SECONDS,
        "page": used.pop(RENDERER),
        "server": used.pop(SERVER),
        "rest_of_the_browser": rounded(sum(used.values())),
    }


def moving(stage: Stage) -> dict[str, Any]:
    with (
        Visit(stage.run, "steps") as visit,
        console.step(f"{MESSAGES} rides, {MESSAGES_A_SECOND} a second, and their steps on the map"),
    ):
        stage.ride(MESSAGES, MESSAGES_A_SECOND)
        steps = notes.by_lines(visit.noted()["steps"])
    # A step without a message stands for the steps of several, which came together.
    return {"messages": MESSAGES, "one_by_one": len(notes.firsts(steps)), **delayed(steps)}


def calm(stage: Stage) -> dict[str, Any]:
    """The first step of each message that comes after a while without one."""
    with Visit(stage.run, "steps") as visit, console.step(f"{CALM_MESSAGES} rides, with {CALM_SECONDS} s between them"):
        for _ in range(CALM_MESSAGES):
            time.sleep(CALM_SECONDS)
            stage.ride(1, 1)
        return delayed(notes.firsts(notes.by_lines(visit.noted()["steps"])))


def delayed(steps: list[Any]) -> dict[str, Any]:
    if not steps:
        raise console.Stop("rides were sent, and the page has shown no step")
    return {f"{when}_ms": notes.half_and_most(notes.delays(steps, when)) for when in ("came", "shown")}


def frames(run: Deployed) -> dict[str, Any]:
    rides = MANY * MANY_SECONDS
    with (
        Visit(run, "frames", "steps") as visit,
        console.step(f"{MANY} rides a second for {MANY_SECONDS} s, shown"),
    ):
        began = time.time()
        figures = run.offer(rides, MANY)
        ended = time.time()
        noted = visit.noted()
    inside = [step for step in noted["steps"] if step["came"] < ended * 1000]
    return {
        # While rides arrive: the answers of a machine that is behind take longer.
        **notes.smoothness(noted["frames"], began * 1000, (began + MANY_SECONDS) * 1000),
        "rate": MANY,
        "sent": rides,
        "accepted": figures["accepted"],
        "accepted_a_second": figures["accepted_per_second"],
        "accepted_ms": {"p50": figures["p50_ms"], "p99": figures["p99_ms"]},
        "steps": delayed(notes.by_lines(inside)),
    }


def watching(stage: Stage, turns: int) -> dict[str, Any]:
    """The same load without a page and with one, in turns."""
    loads: dict[str, list[tuple[dict[str, Any], tuple[float, float]]]] = {WITHOUT: [], WITH: []}
    for turn in range(turns):
        for how, of in loads.items():
            step = console.step(f"{RIDES} rides, {STEADY} a second, {how} a page, turn {turn + 1} of {turns}")
            with ExitStack() as stack:
                if how == WITH:
                    stack.enter_context(Visit(stage.run))
                with step:
                    of.append(stage.ride(RIDES, STEADY))
    observed = stage.run.observed()
    measured = {how: [told(figures, notes.effects(observed, *sent)) for figures, sent in of] for how, of in loads.items()}
    names = measured[WITH][0]
    by_name = {name: {how: [turn[name] for turn in of] for how, of in measured.items()} for name in names}
    return {
        name: {**{how: figure(values) for how, values in of.items()}, "x": ratio(of[WITH], of[WITHOUT])}
        for name, of in by_name.items()
    }


def told(load: dict[str, Any], effects: dict[str, float]) -> dict[str, float]:
    return {
        "accepted_p50_ms": load["p50_ms"],
        "accepted_p99_ms": load["p99_ms"],
        "effects_p50_s": effects["p50"],
        "effects_p99_s": effects["p99"],
        "whole_s": effects["whole"],
    }
