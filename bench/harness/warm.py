"""Warm functions: how long one computes for an invocation, and for each message of a batch, beside an AWS that answers at once.

All are up at the same time, and take turns of a few invocations each. CPU time is the process's own, from its one poll to the
next; wall time is from the event until the answer, mostly spent waiting for the stand-in for AWS."""

import statistics
from contextlib import ExitStack
from typing import Any

from harness import events, table, verdict
from harness.aws import Aws
from harness.context import Context
from harness.figures import Figure, figure, ratio, rounded, shown, shuffled
from harness.process import Process
from harness.programs import FLOOR, PYTHON, TWIN, Program
from harness.settings import environment
from wild_rydes import console

# Invocations of each kind, in turns of so many; before those that count, some that don't.
TURNS, IN_A_TURN, WARM_UP = 30, 10, 50
BATCH = 10
ONE = 1


class Series:
    """All invocations of one program with so many messages."""

    def __init__(self, program: Program, process: Process, aws: Aws, size: int) -> None:
        self.program, self.process, self.aws, self.size = program, process, aws, size
        self.invocations, self.calls = 0, 0
        self.cpu_us: list[float] = []
        self.wall_us: list[float] = []
        # The medians of each turn.
        self.turns: dict[str, list[float]] = {"cpu": [], "wall": []}

    def take_turn(self) -> None:
        for _ in range(IN_A_TURN):
            self.invoke()
        self.calls += sum(self.aws.calls().values())
        self.turns["cpu"].append(statistics.median(self.cpu_us[-IN_A_TURN:]))
        self.turns["wall"].append(statistics.median(self.wall_us[-IN_A_TURN:]))

    def warm_up(self) -> None:
        for _ in range(WARM_UP):
            self.invoke()
        self.cpu_us, self.wall_us = [], []
        self.aws.calls()

    def invoke(self) -> None:
        event = events.event(self.program.events, self.size, self.invocations * self.size)
        self.invocations += 1
        before = self.process.cpu()
        wall, answer = self.process.invoke(event)
        self.process.await_poll()
        self.cpu_us.append((self.process.cpu() - before) / 1000)
        self.wall_us.append(wall * 1_000_000)
        events.check(self.program.name, answer)

    def result(self) -> dict[str, Any]:
        """For each message."""
        return {
            "cpu_us": figure([value / self.size for value in self.cpu_us]),
            "wall_us": figure([value / self.size for value in self.wall_us]),
            "calls": rounded(self.calls / (len(self.cpu_us) * self.size)),
        }


def run(context: Context) -> dict[str, Any]:
    programs = context.programs
    with ExitStack() as stack:
        aws = stack.enter_context(Aws())
        env = environment(aws.url)
        processes = [(program, stack.enter_context(Process(program, env))) for program in programs]
        series = [
            Series(program, process, aws, size)
            for program, process in processes
            for size in (ONE, BATCH)
            if size == ONE or events.takes_batches(program.events)
        ]
        with console.step(f"invoking {len(processes)} programs {TURNS * IN_A_TURN} times, in turns"):
            for one in series:
                one.warm_up()
            for turn in range(TURNS):
                for one in shuffled(series, turn):
                    one.take_turn()
        memory = {program.name: process.peak_memory() / 1_000_000 for program, process in processes}
    results: dict[str, dict[str, Any]] = {program.name: {"memory_mb": rounded(memory[program.name])} for program, _ in processes}
    known = {(one.program.name, one.size): one for one in series}
    for (name, size), one in known.items():
        ratios = {"x_floor": compared(one, known[FLOOR, size])}
        if name in (TWIN, PYTHON):
            ratios["x_twin"] = compared(one, known[TWIN, size])
        results[name]["one" if size == ONE else "batch"] = {**one.result(), **ratios}
    show(results)
    verdicts = judge(results, [program.name for program, _ in processes if program.is_function])
    verdict.show(verdicts)
    counts = {"invocations": TURNS * IN_A_TURN, "in_a_turn": IN_A_TURN, "warm_up": WARM_UP, "batch": BATCH}
    return {**counts, "subjects": results, "verdicts": verdicts}


def compared(one: Series, other: Series) -> dict[str, Figure]:
    return {clock: ratio(one.turns[clock], other.turns[clock]) for clock in one.turns}


def show(results: dict[str, Any]) -> None:
    headings = ("warm", "CPU, µs", "x floor", "wall, µs", "calls", "CPU, µs", "x floor", "wall, µs", "calls", "memory, MB")
    rows: list[tuple[str, ...]] = [("", "one message", "", "", "", f"of a batch of {BATCH}:", "each", "", "", "")]
    for name, of in results.items():
        cells = [cell for kind in ("one", "batch") for cell in shown_in_row(of.get(kind))]
        rows.append((name, *cells, f"{of['memory_mb']:.1f}"))
    table.show(headings, rows)
    python = results[PYTHON]
    console.line(f"\n{PYTHON} takes {shown(python['one']['x_twin']['cpu'])} times the CPU of {TWIN} for one message, and")
    console.line(
        f"{shown(python['batch']['x_twin']['cpu'])} times for each of a batch. "
        f"Medians of {TURNS * IN_A_TURN}, in brackets p10–p90."
    )


def shown_in_row(of: dict[str, Any] | None) -> tuple[str, ...]:
    if of is None:
        return ("–",) * 4
    return shown(of["cpu_us"], 0), shown(of["x_floor"]["cpu"]), shown(of["wall_us"], 0), f"{of['calls']:g}"


def judge(results: dict[str, Any], functions: list[str]) -> list[dict[str, Any]]:
    batches = {name: results[name]["batch"]["cpu_us"]["median"] for name in functions if "batch" in results[name]}
    memory = {name: results[name]["memory_mb"] for name in functions}
    return [
        verdict.at_most("CPU for each message of a batch", 150, " µs", {TWIN: batches[TWIN]}),
        verdict.at_most("CPU for each message of a batch, in every function", 150, " µs", batches),
        verdict.at_most(f"peak memory after {TURNS * IN_A_TURN + WARM_UP} invocations of each kind", 8, " MB", memory),
    ]
