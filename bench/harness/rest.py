"""Messages, and what they replace: a publisher that calls every service itself, over REST, before it answers. How long a client
waits for its ride to be accepted, and what becomes of rides while one of the services is down."""

import json
import statistics
from typing import Any

from harness import deployed, table
from harness.context import Context
from harness.deployed import Deployed
from harness.figures import figure, ratio, shown
from wild_rydes import console, functions
from wild_rydes.deployment import Deployment
from wild_rydes.paths import ROOT
from wild_rydes.stacks import Stack

RIDES, IN_A_TURN = 200, 10
CLIENT = "harness.rest_client"
TEMPLATE = ROOT / "bench" / "rest" / "template.yaml"
FOLDER = ROOT / "target" / "bench" / "rest"
MESSAGES, REST = "messages", "rest"
# The one that goes down, and how each design's log or table calls it.
AWARD, LOYALTY = "award-points", "customer-loyalty"


def run(_: Context) -> dict[str, Any]:
    deployed.build()
    functions.build_rest(FOLDER)
    with deployed.deployed("rest") as run:
        stack = Stack(TEMPLATE, "rest", {"Endpoint": run.emulator.endpoint})
        Deployment(deployed.STAGE, functions.ARCH, run.emulator.environment(), run.folder).deploy_one(stack)
        # The first call of each function is slow.
        client(run, "post", IN_A_TURN)
        with console.step(f"{RIDES} rides to each design, in turns, all services up"):
            up = client(run, "post", RIDES)
            run.observer("settled", IN_A_TURN + RIDES)
        before = acted(run)
        client(run, "down")
        with console.step(f"{RIDES} rides to each design, in turns, one service down"):
            down = client(run, "post", RIDES)
        client(run, "up")
        with console.step("waiting for what was accepted"):
            run.observer("settled", IN_A_TURN + RIDES + accepted(down[MESSAGES]))
        after = acted(run)
    results = {
        "rides": RIDES,
        "all_up": {design: told(answers) for design, answers in up.items()},
        "x_messages": ratio(turns(up[REST]), turns(up[MESSAGES])),
        "one_down": {design: {**told(answers), **more(before[design], after[design])} for design, answers in down.items()},
    }
    show(results)
    return results


def client(run: Deployed, *arguments: object) -> dict[str, Any]:
    return json.loads(run.boto3(CLIENT, *arguments))


def acted(run: Deployed) -> dict[str, tuple[int, int]]:
    """The number of rides recorded by the service that goes down, and by another that is called before it."""
    effects, records = run.observed()["effects"], client(run, "effects")
    return {
        MESSAGES: (len(effects[AWARD]), len(effects["notify-customer"])),
        REST: (records[LOYALTY], records["customer-notification"]),
    }


def more(before: tuple[int, int], after: tuple[int, int]) -> dict[str, int]:
    return {"of_the_one_that_was_down": after[0] - before[0], "of_another": after[1] - before[1]}


def told(answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {"answered_ms": figure([answer["ms"] for answer in answers]), "accepted": accepted(answers), "of": len(answers)}


def accepted(answers: list[dict[str, Any]]) -> int:
    return sum(answer["status"] < 300 for answer in answers)


def turns(answers: list[dict[str, Any]]) -> list[float]:
    """The median of each turn."""
    return [statistics.median(a["ms"] for a in answers[n : n + IN_A_TURN]) for n in range(0, len(answers), IN_A_TURN)]


def show(results: dict[str, Any]) -> None:
    rows = []
    for state, of in (("all services up", results["all_up"]), ("one service down", results["one_down"])):
        for design, seen in of.items():
            effects = (
                ("–", "–") if state == "all services up" else (str(seen["of_the_one_that_was_down"]), str(seen["of_another"]))
            )
            rows.append((f"{design}, {state}", shown(seen["answered_ms"]), f"{seen['accepted']} of {seen['of']}", *effects))
    table.show(("design", "answered, ms", "accepted", "points in the end", "receipts in the end"), rows)
    console.line(f"\nREST takes {shown(results['x_messages'])} times as long to accept a ride, with five services to call.")
    console.line("Medians, in brackets p10–p90. A receipt of a ride that wasn't accepted should not exist.")
