"""Checks every template as it is written and as SAM transforms it, every state machine, who may do what, and emulators."""

import argparse
from pathlib import Path

from wild_rydes import console, environments, functions, stacks
from wild_rydes.emulator import table
from wild_rydes.paths import EXAMPLES, INFRA, TOOLS

ACCOUNT = INFRA / "account"
# Not in .cfnlintrc, as others that read it, such as SAM, could not load them.
RULES = TOOLS / "wild_rydes" / "cfn_lint_rules"
# An example is no part of a stage: it has no operator and no runbook, and is short. Alarms on its dead letters must do.
RULES_OF_A_STAGE = (
    *("E9001", "E9003", "E9014", "E9020", "E9021", "E9022", "E9023", "E9024", "E9025", "E9026"),
    *("E9030", "E9041", "E9051", "E9052"),
    # Named again, because a list on the command line replaces that of .cfnlintrc.
    "W1100",
)


def run(_: argparse.Namespace) -> None:
    templates = sorted(INFRA.glob("*.yaml"))
    if not templates:
        raise console.Stop("there are no templates to check")
    # Templates of an account are not part of a stage, so the rules for stages do not apply to them.
    every = [*templates, *sorted(ACCOUNT.glob("*.yaml"))]
    environments.run("checks", "cfn-lint", "cfn-lint found faults in the templates", "--append-rules", RULES, "--", *every)
    passed("cfn-lint, with rules of our own for encryption, policies, limits, logs and alarms")
    examples = sorted(EXAMPLES.glob("*/template.yaml"))
    fault = "cfn-lint found faults in the templates of the examples"
    environments.run("checks", "cfn-lint", fault, "--append-rules", RULES, "--ignore-checks", *RULES_OF_A_STAGE, "--", *examples)
    passed(f"{len(examples)} templates of examples, with those of our rules that hold in any project")
    stacks.waves()
    passed(f"{len(templates)} templates")
    # It has the translator that SAM itself uses.
    environments.run_module("sam", "wild_rydes.templates.transformed", "SAM makes faulty templates of these", *every)
    passed("what SAM makes of them, for AWS in regions of every partition")
    check("templates.alike", "blocks that recur in the templates are not alike")
    passed("blocks of resources, which are alike in all templates")
    check("templates.lake", "queries in the lake don't find what they should")
    passed("the lake, whose queries find every type of event, and read only the partitions that they name")
    check("templates.asyncapi", "the AsyncAPI documents aren't as they should be")
    passed("channels, whose messages have schemas, and the AsyncAPI documents, which describe them")
    check("templates.stage", "the plan counts with other templates")
    passed("the count of what a stage has, for rydes plan")
    check("templates.state_machines", "there are faults in the state machines")
    passed("state machines, their roles and diagrams")
    # The calls of a function are read from its program.
    functions.build_for_here()
    check("templates.roles", "roles don't fit what functions do", functions.FOR_HERE)
    passed("roles, which allow what functions and apps do, and nothing else")
    check("emulator.compose", "compose.yaml starts emulators otherwise than the tests do")
    table.check()
    passed("emulators, as the tests, compose.yaml and the docs know them")


def check(module: str, fault: str, *arguments: str | Path) -> None:
    # cfn-lint's reader of templates is in that environment.
    environments.run_module("checks", f"wild_rydes.{module}", fault, *arguments)


def passed(what: str) -> None:
    console.line(f"  {console.GREEN}✓{console.END} {what}")
