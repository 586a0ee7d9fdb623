"""The functions as Lambda runs them: with the part of a core that each memory size has, and with TLS to AWS.

The share holds from the process's start on. The stand-ins for Lambda and AWS have no limit. The choice of a memory size is
measured with an AWS that takes its time, because waiting is paid, too, and meanwhile the share of a core comes back."""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from harness import certificates, cpu_share, events, memory_cost, memory_page, table, verdict
from harness.aws import Aws
from harness.context import Context
from harness.cpu_share import MEMORY_SIZES, Limit
from harness.figures import figure, ratio, shown, shuffled
from harness.process import Process
from harness.programs import FLOOR, PYTHON, TWIN, Program
from harness.python_function import cacert
from harness.settings import environment
from harness.warm import BATCH
from wild_rydes import console
from wild_rydes.paths import ROOT

TURNS = 10
# Batches to a warm function: the first are not counted.
WARM_UP, WARM = 3, 5
AMAZON = ROOT / "crates" / "lambda-messaging" / "src" / "amazon-roots.pem"
MEASURES = ("first_poll_ms", "first_answer_ms", "ten_cold_ms", "ten_warm_ms")
Runs = dict[str, dict[str, list[float]]]


def run(context: Context) -> dict[str, Any]:
    turns = context.turns or TURNS
    programs = context.programs
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = certificates.make(folder)
        aws = stack.enter_context(Aws(made))
        slow = {call_ms: stack.enter_context(Aws(made, call_ms)) for call_ms in memory_cost.calls_ms()}
        bundles = {program.name: made.bundle(cacert() if program.name == PYTHON else AMAZON) for program in programs}
        sizes: dict[int, dict[str, Any]] = {}
        for memory in MEMORY_SIZES:
            env = {**environment(aws.url), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory)}
            envs = {name: {**env, "AWS_CA_BUNDLE": str(bundle)} for name, bundle in bundles.items()}
            with limited(memory) as limit:
                share = {"how": limit.how, "wanted": cpu_share.of_memory(memory), "had": cpu_share.checked(limit)}
                with console.step(f"{memory} MB: starting {len(programs)} programs {turns} times, twice each"):
                    runs = measure(programs, turns, envs, limit)
                waiting = {call_ms: measure_waiting(programs, turns, envs, limit, slow[call_ms], call_ms) for call_ms in slow}
            aws.calls()
            sizes[memory] = {"share": share, "subjects": results(programs, runs), "waiting": waiting}
            show(memory, sizes[memory])
    names = [program.name for program in programs if program.is_function]
    choices = memory_page.choices(sizes)
    verdicts = [*judge(sizes[MEMORY_SIZES[0]]["subjects"], names), *memory_page.judge(choices)]
    console.line(f"Medians of {turns} turns, in brackets p10–p90; ten messages warm: {WARM} batches in each turn.")
    memory_page.show(choices)
    verdict.show(verdicts)
    memory_page.write(choices, turns, whole=not context.only)
    return {"turns": turns, "sizes": sizes, "verdicts": verdicts}


@contextmanager
def limited(memory: int) -> Iterator[Limit]:
    limit = cpu_share.limit(cpu_share.of_memory(memory))
    try:
        yield limit
    finally:
        limit.close()


def measure(programs: list[Program], turns: int, envs: dict[str, dict[str, str]], limit: Limit) -> Runs:
    runs: Runs = {}
    for turn in range(turns):
        for program in shuffled(programs, turn):
            of = {**one(program, envs[program.name], limit), **ten(program, envs[program.name], limit)}
            for name, value in of.items():
                runs.setdefault(program.name, {}).setdefault(name, []).append(value * 1000)
    return runs


def measure_waiting(
    programs: list[Program], turns: int, envs: dict[str, dict[str, str]], limit: Limit, slow: Aws, call_ms: float
) -> dict[str, Any]:
    """The programs, but for the floor, which calls nothing, with an AWS that takes so long."""
    runs: Runs = {}
    with console.step(f"starting them {turns} times more, with calls to AWS of {call_ms:g} ms"):
        for turn in range(turns):
            for program in shuffled([program for program in programs if program.name != FLOOR], turn):
                env = {**envs[program.name], "AWS_ENDPOINT_URL": slow.url}
                for name, value in waiting(program, env, limit).items():
                    runs.setdefault(program.name, {}).setdefault(name, []).append(value * 1000)
    slow.calls()
    return {name: {measure: figure(values) for measure, values in of.items()} for name, of in runs.items()}


def one(program: Program, env: dict[str, str], limit: Limit) -> dict[str, float]:
    """Seconds of a start that ends with the answer to one message."""
    with Process(program, env, limit=limit) as process:
        answered = invoke(program, process, 1)
        return {"first_poll_ms": process.first_poll, "first_answer_ms": process.first_poll + answered}


def ten(program: Program, env: dict[str, str], limit: Limit) -> dict[str, float]:
    """Seconds for ten messages, to a function that has just started, and to a warm one."""
    if not events.takes_batches(program.events):
        return {}
    with Process(program, env, limit=limit) as process:
        cold = process.first_poll + invoke(program, process, BATCH)
        return {"ten_cold_ms": cold, "ten_warm_ms": statistics.median(warm(program, process, BATCH))}


def waiting(program: Program, env: dict[str, str], limit: Limit) -> dict[str, float]:
    """Seconds until the answer to a first message, and of later invocations, on average: with a small share of a core, one may be
    slow where others are quick, and all are paid."""
    messages, name = (BATCH, "ten_warm_ms") if events.takes_batches(program.events) else (1, "one_warm_ms")
    with Process(program, env, limit=limit) as process:
        first = process.first_poll + invoke(program, process, 1)
        return {"first_answer_ms": first, name: statistics.fmean(warm(program, process, messages))}


def warm(program: Program, process: Process, messages: int) -> list[float]:
    """Seconds of each invocation of a function that has answered its first."""
    times = []
    for number in range(WARM_UP + WARM):
        process.await_poll()
        times.append(invoke(program, process, messages, number + 1))
    return times[WARM_UP:]


def invoke(program: Program, process: Process, messages: int, before: int = 0) -> float:
    answered, answer = process.invoke(events.event(program.events, messages, 1 + before * messages))
    events.check(program.name, answer)
    return answered


def results(programs: list[Program], runs: Runs) -> dict[str, Any]:
    subjects: dict[str, Any] = {}
    for name in (program.name for program in programs):
        of = runs[name]
        subjects[name] = {measure: figure(values) for measure, values in of.items()}
        yardsticks = {"x_floor": FLOOR} | ({"x_twin": TWIN} if name == PYTHON else {})
        for suffix, yardstick in yardsticks.items():
            for measure, values in of.items():
                subjects[name][f"{measure}_{suffix}"] = ratio(values, runs[yardstick][measure])
    return subjects


def show(memory: int, size: dict[str, Any]) -> None:
    share = size["share"]
    headings = (f"{memory} MB", "first poll, ms", "x floor", "first answer, ms", "x floor", "ten cold, ms", "ten warm, ms")
    columns = ("first_poll_ms", "first_poll_ms_x_floor", "first_answer_ms", "first_answer_ms_x_floor", *MEASURES[2:])
    table.show(headings, [(name, *(shown(of.get(column)) for column in columns)) for name, of in size["subjects"].items()])
    python = size["subjects"][PYTHON]
    times = ", ".join(f"{shown(python[f'{measure}_x_twin'])}" for measure in MEASURES)
    console.line(f"\n{PYTHON} takes so many times as long as {TWIN}, measure by measure: {times}.")
    console.line(
        f"Lambda gives {share['wanted']:.1%} of a core; a program that only computes had {share['had']:.1%} ({share['how']})."
    )


def judge(subjects: dict[str, Any], functions: list[str]) -> list[dict[str, Any]]:
    beside_floor = {name: subjects[name]["first_answer_ms_x_floor"]["median"] for name in functions}
    python = subjects[PYTHON]["first_answer_ms_x_twin"]["median"]
    at = f"at {MEMORY_SIZES[0]} MB with TLS"
    return [
        verdict.at_most(f"first answer {at}, beside the floor's", 2.5, " x", beside_floor),
        verdict.at_least(f"first answer {at}, faster than in Python", 40, " x", {TWIN: python}),
    ]
