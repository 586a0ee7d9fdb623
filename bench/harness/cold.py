"""Cold starts: from a process's start until it first asks for an event, and until it has answered one, which includes its
first calls to AWS; and what it then has had in memory, and what Lambda has to load."""

from typing import Any

from harness import events, table, verdict
from harness.aws import Aws
from harness.context import Context
from harness.figures import figure, ratio, shown, shuffled
from harness.process import Process
from harness.programs import FLOOR, PYTHON, TWIN, Program
from harness.settings import environment
from wild_rydes import console

STARTS = 30
MEGABYTE = 1_000_000


def run(context: Context) -> dict[str, Any]:
    programs = context.programs
    runs: dict[str, list[dict[str, float]]] = {}
    with Aws() as aws, console.step(f"starting {len(programs)} programs {STARTS} times, one after the other"):
        env = environment(aws.url)
        # Once for nothing: what was never read from the disk before isn't a function's fault.
        for turn in range(-1, STARTS):
            for program in shuffled(programs, turn):
                started = start(program, env)
                if turn >= 0:
                    runs.setdefault(program.name, []).append(started)
            aws.calls()
    by_measure = {name: {measure: [run[measure] for run in of] for measure in of[0]} for name, of in runs.items()}
    results = {program.name: result(program, by_measure) for program in programs}
    show(results)
    verdicts = judge(results, [program.name for program in programs if program.is_function])
    verdict.show(verdicts)
    return {"starts": STARTS, "subjects": results, "verdicts": verdicts}


def start(program: Program, env: dict[str, str]) -> dict[str, float]:
    event = events.event(program.events, 1, 1)
    with Process(program, env) as process:
        at_poll = process.peak_memory()
        answered, answer = process.invoke(event)
        events.check(program.name, answer)
        return {
            "first_poll_ms": process.first_poll * 1000,
            # Without what the benchmark itself does in between.
            "first_answer_ms": (process.first_poll + answered) * 1000,
            # The time on a processor, without the waiting for one.
            "cpu_ms": process.cpu() / 1_000_000,
            "memory_at_poll_mb": at_poll / MEGABYTE,
            "memory_mb": process.peak_memory() / MEGABYTE,
        }


def result(program: Program, runs: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    def times(measure: str, yardstick: str) -> dict[str, Any]:
        return ratio(runs[program.name][measure], runs[yardstick][measure])

    measured = {measure: figure(values) for measure, values in runs[program.name].items()}
    ratios = {"poll_x_floor": times("first_poll_ms", FLOOR), "answer_x_floor": times("first_answer_ms", FLOOR)}
    # Only the twin does the same.
    if program.name in (TWIN, PYTHON):
        ratios |= {"poll_x_twin": times("first_poll_ms", TWIN), "answer_x_twin": times("first_answer_ms", TWIN)}
    return {**measured, **ratios, "zip_mb": program.zip_bytes / MEGABYTE}


def show(results: dict[str, Any]) -> None:
    headings = ("cold start", "first poll, ms", "x floor", "first answer, ms", "x floor", "CPU, ms", "memory, MB", "zip, MB")
    rows = []
    for name, of in results.items():
        times = (shown(of[measure]) for measure in ("first_poll_ms", "poll_x_floor", "first_answer_ms", "answer_x_floor"))
        rows.append((name, *times, shown(of["cpu_ms"]), shown(of["memory_mb"]), f"{of['zip_mb']:.2f}"))
    table.show(headings, rows)
    python = results[PYTHON]
    console.line(f"\n{PYTHON} takes {shown(python['poll_x_twin'])} times as long as {TWIN} until it polls, and")
    console.line(f"{shown(python['answer_x_twin'])} times as long until it has answered.")
    console.line(f"Medians of {STARTS} starts, in brackets p10–p90; CPU and peak memory are those until the first answer.")


def judge(results: dict[str, Any], functions: list[str]) -> list[dict[str, Any]]:
    def each(measure: str) -> dict[str, float]:
        return {name: results[name][measure]["median"] for name in functions}

    twice = {"poll": results[PYTHON]["poll_x_twin"]["median"], "answer": results[PYTHON]["answer_x_twin"]["median"]}
    return [
        verdict.at_most("first poll, beside the floor's", 2.5, " x", each("poll_x_floor")),
        verdict.at_least("first poll, faster than in Python", 40, " x", {TWIN: twice["poll"]}),
        verdict.at_least("first answer, faster than in Python", 40, " x", {TWIN: twice["answer"]}),
        verdict.at_most("peak memory until the first answer", 8, " MB", each("memory_mb")),
        verdict.at_most("zip", 2.5, " MB", {name: results[name]["zip_mb"] for name in functions}),
    ]
