"""The same consumer with several libraries, side by side: cold, warm, and under faults. Each order is stored once and added to
its customer's account, in one transaction. An order that comes twice is no error; a message that is no order is set aside."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness import cold, machine, verdict, warm
from harness.aws import Aws
from harness.context import Context
from harness.figures import figure, ratio, rounded, shuffled
from harness.library import audit, page
from harness.library.client import Client
from harness.library.delivery import Delivery
from harness.library.deployed import FOLDER, Deployed, deployed
from harness.library.designs import DESIGNS, OURS, build
from harness.library.orders import SEED, How, drawn
from harness.library.proxy import Proxy, Script
from harness.process import Process
from harness.programs import Program
from harness.settings import environment
from wild_rydes import console

STARTS, TURNS = 20, 20
# A run that has not settled everything by then counts what is left.
FAULTS_SECONDS = 8 * 60
TABLES = {f"{name}_TABLE_NAME": name.lower() for name in ("ACCOUNTS", "ATTEMPTS", "IDEMPOTENCY", "ORDERS")}


def run(_: Context) -> dict[str, Any]:
    programs = build()
    results: dict[str, Any] = {
        "starts": STARTS,
        "invocations": TURNS * warm.IN_A_TURN,
        "seed": SEED,
        "orders": sum(order.copies for order in drawn()),
        "designs": {design.folder: {"heading": design.heading, "lines": design.lines()} for design in DESIGNS},
    }
    for measured in (started(programs), warmed(programs), disturbed(programs)):
        for folder, of in measured.items():
            results["designs"][folder] |= of
    page.show(results)
    page.write(results, machine.describe())
    verdicts = judge(results["designs"][OURS.folder]["faults"])
    verdict.show(verdicts)
    return {**results, "verdicts": verdicts}


def started(programs: list[Program]) -> dict[str, dict[str, Any]]:
    runs: dict[str, list[dict[str, float]]] = {program.name: [] for program in programs}
    with Aws() as aws, console.step(f"starting {len(programs)} consumers {STARTS} times, one after the other"):
        env = {**environment(aws.url), **TABLES}
        # Once for nothing: what was never read from the disk before isn't a consumer's fault.
        for turn in range(-1, STARTS):
            for program in shuffled(programs, turn):
                measured = cold.start(program, env)
                if turn >= 0:
                    runs[program.name].append(measured)
            aws.calls()
    found: dict[str, dict[str, Any]] = {}
    for program in programs:
        measures = {name: [run[name] for run in runs[program.name]] for name in runs[program.name][0]}
        ours = [run["first_answer_ms"] for run in runs[OURS.folder]]
        times = {"answer_x_ours": ratio(measures["first_answer_ms"], ours)}
        of = {**{name: figure(values) for name, values in measures.items()}, **times}
        found[program.name] = {"cold": of, "zip_mb": rounded(program.zip_bytes / cold.MEGABYTE)}
    return found


def warmed(programs: list[Program]) -> dict[str, dict[str, Any]]:
    with ExitStack() as stack:
        aws = stack.enter_context(Aws())
        env = {**environment(aws.url), **TABLES}
        processes = [(program, stack.enter_context(Process(program, env))) for program in programs]
        sizes = (warm.ONE, warm.BATCH)
        series = [warm.Series(program, process, aws, size) for program, process in processes for size in sizes]
        with console.step(f"invoking {len(processes)} consumers {TURNS * warm.IN_A_TURN} times with each size, in turns"):
            for one in series:
                one.warm_up()
            for turn in range(TURNS):
                for one in shuffled(series, turn):
                    one.take_turn()
    ours = {one.size: one for one in series if one.program.name == OURS.folder}
    found: dict[str, dict[str, Any]] = {program.name: {} for program in programs}
    for one in series:
        kind = "one" if one.size == warm.ONE else "batch"
        found[one.program.name][kind] = {**one.result(), "x_ours": warm.compared(one, ours[one.size])}
    return found


def disturbed(programs: list[Program]) -> dict[str, dict[str, Any]]:
    """The same messages to each, and the same faults; all at the same time, each with a queue and tables of its own."""
    with deployed(DESIGNS) as (client, consumers), ThreadPoolExecutor(len(consumers)) as pool:
        for consumer in consumers:
            send(client, consumer)
        deadline = time.monotonic() + FAULTS_SECONDS
        with console.step(f"delivering {sum(order.copies for order in drawn())} messages to each, with faults"):
            runs = [
                pool.submit(disturb, client, consumer, program, deadline)
                for consumer, program in zip(consumers, programs, strict=True)
            ]
            return {consumer.design.folder: {"faults": run.result()} for consumer, run in zip(consumers, runs, strict=True)}


def send(client: Client, consumer: Deployed) -> None:
    for order in drawn():
        for _ in range(order.copies):
            client.call("sqs", "SendMessage", QueueUrl=consumer.queue_url, MessageBody=order.body)


def disturb(client: Client, consumer: Deployed, program: Program, deadline: float) -> dict[str, Any]:
    delivery = Delivery(client, consumer, program, log_of(consumer))
    script = Script(drawn())
    with Proxy(client.endpoint, script, delivery.kill) as proxy:
        seconds = delivery.run({**environment(proxy.url), **consumer.variables}, deadline)
    effects, dead = audit.effects(client, consumer), audit.letters(client, consumer)
    return {
        **audit.judged(drawn(), effects, dead, delivery.waiting()),
        "seconds": rounded(seconds),
        "invocations": dict(delivery.invocations),
        "faults_met": {how.value: script.met[how] for how in How},
    }


def log_of(consumer: Deployed) -> Path:
    return FOLDER / f"{consumer.design.folder}.log"


def judge(faults: dict[str, Any]) -> list[dict[str, Any]]:
    def none(what: str, *kinds: str) -> dict[str, Any]:
        return verdict.at_most(what, 0, "", {OURS.heading: sum(len(faults[kind]) for kind in kinds)})

    return [
        none("orders lost", "lost"),
        none("orders that took effect twice", "doubled"),
        none("valid orders dead", "dead_without_effect", "dead_with_effect"),
        none("poison without a reason", "poison_unexplained"),
        verdict.at_most("messages left", 0, "", {OURS.heading: faults["left"]}),
    ]
