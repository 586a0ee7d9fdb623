"""Checks state machines by what the emulator doesn't enforce: the language, and that a role allows what the steps do.

Run with the Python of the environment for checks, which has statelint and cfn-lint. Prints what is wrong, and fails if anything
is. `--diagrams` rewrites the diagrams in the docs instead.
"""

import json
import sys
from pathlib import Path

from statelint.linter import Linter

from wild_rydes.paths import ROOT
from wild_rydes.templates.diagrams import DIAGRAM, INTEGRATION, pages
from wild_rydes.templates.reader import resources, templates
from wild_rydes.templates.rights import identity, inline_policies

# The action of each integration, and the parameter that names its resource.
INTEGRATIONS = {
    "dynamodb:putItem": ("dynamodb:PutItem", "TableName"),
    "dynamodb:updateItem": ("dynamodb:UpdateItem", "TableName"),
    "lambda:invoke": ("lambda:InvokeFunction", "FunctionName"),
    "sns:publish": ("sns:Publish", "TopicArn"),
    "sqs:sendMessage": ("sqs:SendMessage", "QueueUrl"),
    "sqs:sendMessage.waitForTaskToken": ("sqs:SendMessage", "QueueUrl"),
}

# The actions that Step Functions takes in a role's name to log executions, and to have X-Ray record them. They have no resource.
LOGS = (
    *("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:ListLogDeliveries"),
    *("logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"),
)
TRACES = ("xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments")


def main() -> None:
    definitions = sorted((ROOT / "statemachines").glob("*.asl.json"))
    if not definitions:
        sys.exit("there are no state machines to check")
    if "--diagrams" in sys.argv:
        for page, text in pages():
            page.write_text(text)
        return
    faults = [fault for definition in definitions for fault in language_faults(definition)]
    checked = set()
    for template in templates():
        for definition, more in role_faults(template):
            checked.add(definition.resolve())
            faults += more
    faults += [f"{path.name}: no template deploys it" for path in definitions if path.resolve() not in checked]
    faults += [
        f"{page.name}: its diagram is out of date: run make diagrams" for page, text in pages() if page.read_text() != text
    ]
    drawn = {name for page, text in pages() for _, name, _ in DIAGRAM.findall(text)}
    faults += [f"{path.name}: no page in docs/ has its diagram" for path in definitions if path.name not in drawn]
    if faults:
        sys.exit("\n".join(faults))


def language_faults(path: Path) -> list[str]:
    """The faults that statelint finds, and steps of a saga that may wait for ever, or fail without a way on."""
    definition = json.loads(path.read_text())
    faults = [f"{path.name}: {fault}" for fault in Linter.validate(definition)]
    for name, state in definition["States"].items():
        needed = ["Comment"]
        if state["Type"] == "Task":
            needed += ["TimeoutSeconds", "Retry", "Catch"]
            if state["Resource"].endswith(".waitForTaskToken"):
                needed.append("HeartbeatSeconds")
        faults += [f"{path.name}: {name} has no {field}" for field in needed if not state.get(field)]
        if "Catch" in state and state["Catch"][-1]["ErrorEquals"] != ["States.ALL"]:
            faults.append(f"{path.name}: {name} doesn't catch everything")
    return faults


def role_faults(template: Path) -> list[tuple[Path, list[str]]]:
    """For each state machine of a template, what its role lacks and what it has too much of."""
    there = resources(template)
    found = []
    for name, machine in there.items():
        if machine["Type"] != "AWS::Serverless::StateMachine":
            continue
        properties = machine["Properties"]
        definition = template.parent / properties["DefinitionUri"]
        substitutions = properties["DefinitionSubstitutions"]
        needed, faults = set(), []
        needed |= {(action, "*") for action in LOGS if "Logging" in properties}
        needed |= {(action, "*") for action in TRACES if "Tracing" in properties}
        for step, state in json.loads(definition.read_text())["States"].items():
            if state["Type"] != "Task":
                continue
            integration = INTEGRATIONS.get(state["Resource"].removeprefix(INTEGRATION))
            if not integration:
                faults.append(
                    f"{definition.name}: {step} has an integration that state_machines.py doesn't know: {state['Resource']}"
                )
                continue
            action, parameter = integration
            placeholder = state["Parameters"][parameter].removeprefix("${").removesuffix("}")
            needed.add((action, identity(substitutions[placeholder])))
        allowed = inline_policies(there[properties["Role"]["Fn::GetAtt"][0]])
        faults += [f"{template.name}: {name}'s role lacks {action} on {what}" for action, what in sorted(needed - allowed)]
        faults += [f"{template.name}: {name}'s role needn't have {action} on {what}" for action, what in sorted(allowed - needed)]
        found.append((definition, faults))
    return found


if __name__ == "__main__":
    main()
