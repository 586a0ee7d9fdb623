"""Checks a deployed stage, on AWS or on an emulator: its use cases, its contract, and the audit of what came of both.

It uses customers of its own. Exits with 1 if anything is wrong that was not wrong before.
"""

import argparse
import contextlib
import json
import os
import sys
from typing import Any

from wild_rydes import console, environments, functions, smoke
from wild_rydes.deployment import describe
from wild_rydes.emulator import profiles
from wild_rydes.rydes import Rydes
from wild_rydes.smoke import Smoke
from wild_rydes.stages import check_name

STAYS = (
    "its rides, fares, prebookings and requests, with all that services made of them: they are records, which the audit compares "
    "with each other. Only the address of its customer is removed"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage", required=True)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-audit", action="store_true", help="for a stage that is in use: the audit is for one at rest")
    parser.add_argument("--settle", type=int, default=120, help="the seconds that the audit waits until nothing is under way")


def run(options: argparse.Namespace) -> None:
    check_name(options.stage, "smoke")
    environments.unify_regions()
    emulator = profiles.of_environment()
    # The lines that are printed while it builds are no JSON.
    with contextlib.redirect_stdout(sys.stderr if options.json else sys.stdout):
        functions.build_rydes()
    report = smoke_stage(options.stage, emulator.environment() if emulator else {}, options)
    if options.json:
        console.line(json.dumps(report, indent=2))
    if not report["ok"]:
        raise console.Stop(f"stage {options.stage} does not work as it should")


def smoke_stage(stage: str, env: dict[str, str], options: argparse.Namespace) -> dict[str, Any]:
    """Runs checks and audit, and gives what they found."""
    described = describe(stage, env)
    if not described["stacks"]:
        raise console.Stop(
            f"nothing of stage {stage} is deployed in account {described['account']}, region {described['region']}"
        )
    parameters = {name: stack["parameters"] for name, stack in described["stacks"].items()}
    rydes = Rydes(functions.RYDES, {**os.environ, **env, "STAGE": stage}, shown=False)
    of_run = Smoke(rydes, parameters)
    show = (lambda _: None) if options.json else console.line
    show(f"Stage {stage}: account {described['account']}, region {described['region']}; customer {of_run.customer}")
    before = [] if options.no_audit else smoke.audit(of_run, 0)
    outcomes = smoke.run(of_run)
    for outcome in outcomes:
        mark = f"{console.GREEN}✓{console.END}" if outcome.ok else f"{console.RED}✗{console.END}"
        show(f"  {mark} {outcome.check} {console.DIM}{outcome.seconds:.0f} s{console.END}")
        if outcome.reason:
            show(f"    {outcome.reason}")
    after = [] if options.no_audit else smoke.audit(of_run, options.settle)
    new = [finding for finding in after if finding not in before]
    if not options.no_audit:
        mark = f"{console.GREEN}✓{console.END}" if not new else f"{console.RED}✗{console.END}"
        show(f"  {mark} the audit finds {len(new)} faults that were not there before; {len(before)} were")
        for finding in new:
            show(f"    {finding['about']} at {finding['service']}: {finding['what']}")
    show(f"It leaves in the stage {STAYS}.")
    return {
        "stage": stage,
        "account": described["account"],
        "region": described["region"],
        "customer": of_run.customer,
        "ok": all(outcome.ok for outcome in outcomes) and not new,
        "checks": [vars(outcome) for outcome in outcomes],
        "audit": None if options.no_audit else {"findings": new, "findings before": len(before)},
        "stays": STAYS,
    }
