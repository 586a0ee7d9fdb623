"""The cost of rides: requests counted in a run, by the prices that `rydes cost` knows, beside the naive design: the same services
with the same guarantees, but every message an invocation, a publish and a delete of its own."""

import json
import subprocess
from pathlib import Path
from typing import Any

from harness import deployed, table, verdict
from harness.context import Context
from harness.deployed import Deployed
from harness.figures import rounded
from wild_rydes import console, functions
from wild_rydes.paths import ROOT

RIDES, RATE = 1_000, 50
COUNTS = ROOT / "target" / "bench" / "counts.json"
OURS, NAIVE = "wild-rydes", "naive"
# It stands in for a provider of payments, who keeps the books himself.
NOT_OURS = "SimulatedProvider"
# The requests of Lambda to a queue for each invocation: one receive, and one delete of all handled messages.
ASKED_OF_A_QUEUE = 2
# The services that cost the same in every design.
FIXED = ("ses", "step_functions")
# The calls of the state machine to other services.
ASKED_BY_STATES = {"dynamodb:putItem", "dynamodb:updateItem", "lambda:invoke", "sns:publish", "sqs:sendMessage"}
GB = 1_000_000_000

# Counts by name.
Counts = dict[tuple[str, ...], float]


def run(_: Context) -> dict[str, Any]:
    deployed.build()
    designs = {}
    for design in (OURS, NAIVE):
        with deployed.deployed(f"cost-{design}", counted=True, naive=design == NAIVE) as run:
            before = asked(run, "_calls"), asked(run, "_units")
            with console.step(f"{RIDES:,} rides, {RATE} a second, {design}"):
                run.load(RIDES, RATE)
                run.observer("settled", RIDES)
            seen = run.observed()
            spent = since(run, before)
            designs[design] = {
                "name": design,
                "run": f"rydes load --mix rides=1 --count {RIDES} --rate {RATE}, on the embedded emulator, counted by make bench",
                "rides": RIDES,
                "counts": counted(seen, spent),
                "functions": seen["functions"],
                "write_units_by_table": {table: n for (table, kind), n in sorted(spent[1].items()) if kind == "write"},
            }
            designs[design]["messages_an_invocation"] = batches(seen)
    COUNTS.parent.mkdir(parents=True, exist_ok=True)
    # `rydes cost` takes nothing that it doesn't know.
    known = [{name: of[name] for name in ("name", "run", "rides", "counts")} for of in designs.values()]
    COUNTS.write_text(json.dumps({"designs": known}, indent=1))
    command: list[str | Path] = [functions.RYDES, "cost", "--counts", COUNTS]
    # Out of the table's way.
    console.line("")
    subprocess.run(command, check=True)
    cost = json.loads(subprocess.check_output([*command, "--json"]))
    show_batches(designs)
    verdicts = judged(cost)
    verdict.show(verdicts)
    console.line(f"\nThe counts: {COUNTS.relative_to(ROOT)}")
    return {"rides": RIDES, "rate": RATE, "designs": designs, "cost": cost, "verdicts": verdicts}


def asked(run: Deployed, what: str) -> Counts:
    told = run.asked(what)
    return {tuple(name): n for *name, n in told} if isinstance(told, list) else {(name,): n for name, n in told.items()}


def since(run: Deployed, before: tuple[Counts, Counts]) -> tuple[Counts, Counts]:
    calls, units = before
    return more(asked(run, "_calls"), calls), more(asked(run, "_units"), units)


def more(now: Counts, then: Counts) -> Counts:
    return {name: n - then.get(name, 0) for name, n in now.items()}


def counted(seen: dict[str, Any], calls_and_units: tuple[Counts, Counts]) -> dict[str, Any]:
    """By service, as AWS bills them."""
    by_name, units = calls_and_units
    calls = {name: n for (name,), n in by_name.items()}
    by_kind = {"write": 0.0, "read": 0.0}
    for (of, kind), n in units.items():
        if kind not in by_kind:
            raise console.Stop(f"tests/fault-proxy/src/request_units.rs doesn't know {kind.removeprefix('unknown: ')}: add it")
        by_kind[kind] += n if NOT_OURS not in of else 0
    machine = {call: round(n * seen["executions"]) for call, n in seen["asked_each"].items()}
    if unknown := set(machine) - ASKED_BY_STATES:
        raise console.Stop(
            f"bench/harness/cost.py doesn't know the cost of a state machine's {', '.join(sorted(unknown))}: add it"
        )
    invocations = {name: of["invocations"] for name, of in seen["functions"].items()}
    polled = {"queue": 0, "fifo": 0, "stream": 0}
    for name, kind in seen["sources"].items():
        polled[kind] += ASKED_OF_A_QUEUE * invocations.get(name, 0)
    return {
        "api_gateway": {"rest_requests": RIDES},
        "cloudwatch_logs": {"ingested_gb": rounded(sum(of["log_bytes"] for of in seen["functions"].values()) / GB)},
        "dynamodb": {
            # The state machine's own are of a KB at most.
            "write_request_units": by_kind["write"] + machine.get("dynamodb:putItem", 0) + machine.get("dynamodb:updateItem", 0),
            "read_request_units": by_kind["read"],
        },
        "lambda": {
            "requests": sum(invocations.values()),
            f"gb_seconds_{functions.ARCH}": rounded(sum(of["gb_seconds"] for of in seen["functions"].values())),
        },
        "s3": {"put_requests": calls.get("s3:PUT", 0)},
        "ses": {"mails": calls.get("ses:POST", 0)},
        "sns": {"publishes": calls.get("sns:PublishBatch", 0) + machine.get("sns:publish", 0)},
        "sqs": {
            "standard_requests": polled["queue"] + sum(n for call, n in calls.items() if call.startswith("sqs:")),
            "fifo_requests": polled["fifo"] + machine.get("sqs:sendMessage", 0),
        },
        "step_functions": {"standard_transitions": round(seen["states_each"] * seen["executions"])},
    }


def batches(seen: dict[str, Any]) -> dict[str, float]:
    """The mean size of batches, on which their savings depend."""
    return {
        name: rounded(of["messages"] / of["invocations"])
        for name, of in sorted(seen["functions"].items())
        if of["invocations"] and name in seen["sources"]
    }


def show_batches(designs: dict[str, Any]) -> None:
    names = sorted({name for of in designs.values() for name in of["messages_an_invocation"]})
    rows = [(name, *(f"{of['messages_an_invocation'].get(name, 0):.2f}" for of in designs.values())) for name in names]
    table.show(("messages an invocation", *designs), rows)


def judged(cost: dict[str, Any]) -> list[dict[str, Any]]:
    """The verdicts on all dollars, and on those that a design can save: every design sends the mails and enters the states."""
    total, fixed = cost["total"]["dollars"], [service["dollars"] for service in cost["services"] if service["service"] in FIXED]
    rest = [of_all - sum(of_fixed) for of_all, of_fixed in zip(total, zip(*fixed, strict=True), strict=True)]
    saved = {"of all": total, "without mails and states": rest}
    return [
        verdict.at_least(f"dollars a million rides under the naive design, {what}", 30, " %", {OURS: 100 * (1 - ours / naive)})
        for what, (ours, naive) in saved.items()
    ]
