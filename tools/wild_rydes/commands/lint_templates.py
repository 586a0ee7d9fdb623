"""Checks every template with cfn-lint and with SAM, every state machine, who may do what, and emulators."""

import argparse
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wild_rydes import console, environments, functions, stacks
from wild_rydes.emulator import table
from wild_rydes.paths import INFRA, TOOLS

# Not in .cfnlintrc, as others that read it, such as SAM, could not load them.
RULES = TOOLS / "wild_rydes" / "cfn_lint_rules"


def run(_: argparse.Namespace) -> None:
    templates = sorted(INFRA.glob("*.yaml"))
    if not templates:
        raise console.Stop("there are no templates to check")
    # Those of the account are deployed by hand, and are no stacks of a stage.
    every = [*templates, *sorted((INFRA / "account").glob("*.yaml"))]
    environments.run("checks", "cfn-lint", "cfn-lint found faults in the templates", "--append-rules", RULES, "--", *every)
    passed("cfn-lint, with rules of our own for encryption, policies, limits, logs and alarms")
    validate(templates)
    stacks.waves()
    passed(f"{len(templates)} templates")
    check("templates.alike", "blocks that recur in the templates are not alike")
    passed("blocks of resources, which are alike in all templates")
    check("templates.state_machines", "there are faults in the state machines")
    passed("state machines, their roles and diagrams")
    # The calls of a function are read from its program.
    functions.build_for_here()
    check("templates.roles", "roles don't fit what functions do", functions.FOR_HERE)
    passed("roles, which allow what functions and apps do, and nothing else")
    check("emulator.compose", "compose.yaml starts emulators otherwise than the tests do")
    table.check()
    passed("emulators, as the tests, compose.yaml and the docs know them")


def validate(templates: list[Path]) -> None:
    """Has SAM validate them."""
    sam = environments.bin_of("sam") / "sam"
    env = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", **environments.SAM}

    def one(template: Path) -> subprocess.CompletedProcess[str]:
        command: list[str | Path] = [sam, "validate", "--lint", "--template-file", template]
        return subprocess.run(command, env=env, capture_output=True, text=True)

    # Most of what takes SAM so long is its own start.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for template, checked in zip(templates, pool.map(one, templates), strict=True):
            if checked.returncode:
                raise console.Stop(f"{template.name}: {checked.stdout}{checked.stderr}")


def check(module: str, fault: str, *arguments: str | Path) -> None:
    # cfn-lint's reader of templates is in that environment.
    environments.run_module("checks", f"wild_rydes.{module}", fault, *arguments)


def passed(what: str) -> None:
    console.line(f"  {console.GREEN}✓{console.END} {what}")
