"""Checks state machines by what the emulator doesn't enforce: the language, and that a role allows what the steps do.

Run with the Python of the lint environment, which has statelint and cfn-lint. Prints what is wrong, and fails if anything
is. `--diagrams` rewrites the diagrams in the docs instead.
"""

import json
import re
import sys
from pathlib import Path

from statelint.linter import Linter

from wild_rydes.paths import ROOT
from wild_rydes.templates.reader import resources, templates
from wild_rydes.templates.rights import identity, inline_policies

# What a step does, and which of its parameters says to what.
INTEGRATIONS = {
    "dynamodb:putItem": ("dynamodb:PutItem", "TableName"),
    "dynamodb:updateItem": ("dynamodb:UpdateItem", "TableName"),
    "lambda:invoke": ("lambda:InvokeFunction", "FunctionName"),
    "sns:publish": ("sns:Publish", "TopicArn"),
    "sqs:sendMessage": ("sqs:SendMessage", "QueueUrl"),
    "sqs:sendMessage.waitForTaskToken": ("sqs:SendMessage", "QueueUrl"),
}
DIAGRAM = re.compile(r"(<!-- diagram of (\S+), written by make diagrams -->\n).*?(<!-- end of diagram -->)", re.DOTALL)


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
    faults += [f"{page.name}: its diagram is out of date: run make diagrams" for page, text in pages() if page.read_text() != text]
    drawn = {name for page, text in pages() for _, name, _ in DIAGRAM.findall(text)}
    faults += [f"{path.name}: no page in docs/ has its diagram" for path in definitions if path.name not in drawn]
    if faults:
        sys.exit("\n".join(faults))


def language_faults(path: Path) -> list[str]:
    """What statelint says, and what a saga needs besides: that no step waits forever, or fails without a way on."""
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
        for step, state in json.loads(definition.read_text())["States"].items():
            if state["Type"] != "Task":
                continue
            integration = INTEGRATIONS.get(state["Resource"].removeprefix("arn:aws:states:::"))
            if not integration:
                faults.append(f"{definition.name}: {step} does what tools/wild_rydes/templates/state_machines.py doesn't know: {state['Resource']}")
                continue
            action, parameter = integration
            placeholder = state["Parameters"][parameter].removeprefix("${").removesuffix("}")
            needed.add((action, identity(substitutions[placeholder])))
        allowed = inline_policies(there[properties["Role"]["Fn::GetAtt"][0]])
        faults += [f"{template.name}: {name}'s role lacks {action} on {what}" for action, what in sorted(needed - allowed)]
        faults += [f"{template.name}: {name}'s role needn't have {action} on {what}" for action, what in sorted(allowed - needed)]
        found.append((definition, faults))
    return found


def pages() -> list[tuple[Path, str]]:
    """The pages that have diagrams, as they should be."""
    drawn = lambda match: f"{match[1]}{diagram(ROOT / 'statemachines' / match[2])}{match[3]}"
    texts = [(page, page.read_text()) for page in sorted((ROOT / "docs").glob("*.md"))]
    return [(page, DIAGRAM.sub(drawn, text)) for page, text in texts if DIAGRAM.search(text)]


def diagram(path: Path) -> str:
    """A state machine as a Mermaid flowchart: the way forward in solid lines, what is caught in dotted ones.

    A state that catches the rest of more than two states gets one line, from a list of them: a line each would be a tangle.
    The solid lines come before the dotted ones, for the layout to keep the way forward together.
    """
    definition = json.loads(path.read_text())
    states = definition["States"]
    lines = ["```mermaid", "flowchart TD", f"  start(( )) --> {definition['StartAt']}"]
    for name, state in states.items():
        opening, closing = {"Succeed": ("([", "])"), "Fail": ("([", "])"), "Choice": ("{", "}")}.get(state["Type"], ("[", "]"))
        what = state.get("Resource", "").removeprefix("arn:aws:states:::").replace(".waitForTaskToken", ", task token")
        label = f'"{name}<br/><small>{what}</small>"' if what else f'"{name}"'
        lines.append(f"  {name}{opening}{label}{closing}")
    if any(state.get("End") for state in states.values()):
        lines.append("  done((( )))")
    caught, rest = [], {}
    for name, state in states.items():
        catchers = [(catcher["ErrorEquals"], catcher["Next"]) for catcher in state.get("Catch", [])]
        anyway = catchers == [(["States.ALL"], state.get("Next"))]
        if "Next" in state:
            lines.append(f'  {name} -- "in any case" --> {state["Next"]}' if anyway else f"  {name} --> {state['Next']}")
        elif state.get("End"):
            lines.append(f"  {name} --> done")
        for errors, target in [] if anyway else catchers:
            if errors == ["States.ALL"]:
                rest.setdefault(target, []).append((name, "anything else" if len(catchers) > 1 else "anything"))
            else:
                caught.append(f'  {name} -. "{", ".join(error.removeprefix("DynamoDB.") for error in errors)}" .-> {target}')
    for name, state in states.items():
        for choice in state.get("Choices", []):
            lines.append(f'  {name} -- "{choice.get("StringEquals", "yes")}" --> {choice["Next"]}')
        if "Default" in state:
            lines.append(f'  {name} -- "{"otherwise" if len(state["Choices"]) > 1 else "no"}" --> {state["Default"]}')
    lists = []
    for target, sources in rest.items():
        if len(sources) > 2:
            lists.append(f"rest{len(lists) + 1}")
            caught.append(f'  {lists[-1]}["anything else in<br/>{"<br/>".join(name for name, _ in sources)}"] -.-> {target}')
        else:
            caught += [f'  {name} -. "{errors}" .-> {target}' for name, errors in sources]
    lines += caught
    compensations = [name for name, state in states.items() if state.get("Comment", "").startswith("Compensation")]
    failures = [name for name, state in states.items() if state["Type"] == "Fail"]
    for kind, style, names in [
        ("compensation", "fill:#fff3cd,stroke:#b8860b,color:#000", compensations),
        ("failure", "fill:#f8d7da,stroke:#a94442,color:#000", failures),
        ("rest", "fill:none,stroke-dasharray:3 3", lists),
    ]:
        if names:
            lines += [f"  classDef {kind} {style}", f"  class {','.join(names)} {kind}"]
    return "\n".join([*lines, "```", ""])


if __name__ == "__main__":
    main()
