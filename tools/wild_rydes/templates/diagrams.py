"""State machines as Mermaid flowcharts: the way forward in solid lines, caught errors in dotted ones."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wild_rydes.paths import ROOT

States = dict[str, dict[str, Any]]

# The prefix of integrations' names. The template fills in the partition.
INTEGRATION = "arn:${Partition}:states:::"
DIAGRAM = re.compile(r"(<!-- diagram of (\S+), written by make diagrams -->\n).*?(<!-- end of diagram -->)", re.DOTALL)
SHAPES = {"Succeed": ("([", "])"), "Fail": ("([", "])"), "Choice": ("{", "}")}
COMPENSATION, FAILURE = "fill:#fff3cd,stroke:#b8860b,color:#000", "fill:#f8d7da,stroke:#a94442,color:#000"
LIST = "fill:none,stroke-dasharray:3 3"
EVERYTHING = ["States.ALL"]
# A target that more states than these lead to in their last catcher gets one line, from a list of them.
MOST_LINES = 2


def pages() -> list[tuple[Path, str]]:
    """The pages with diagrams, and their text as it should be."""
    texts = [(page, page.read_text()) for page in sorted((ROOT / "docs").glob("*.md"))]
    return [(page, DIAGRAM.sub(drawn, text)) for page, text in texts if DIAGRAM.search(text)]


def drawn(found: re.Match[str]) -> str:
    definition = json.loads((ROOT / "statemachines" / found[2]).read_text())
    return f"{found[1]}{diagram(definition)}{found[3]}"


def diagram(definition: dict[str, Any]) -> str:
    """The flowchart of a definition. Solid lines come before dotted ones, so that the layout keeps the way forward together."""
    states: States = definition["States"]
    lists = long_lists(states)
    lines = ["```mermaid", "flowchart TD", f"  start(( )) --> {definition['StartAt']}", *nodes(states), *forward(states)]
    lines += [*choices(states), *caught(states), *caught_rest(states, lists), *styles(states, list(lists.values()))]
    return "\n".join([*lines, "```", ""])


def nodes(states: States) -> Iterator[str]:
    for name, state in states.items():
        opening, closing = SHAPES.get(state["Type"], ("[", "]"))
        what = state.get("Resource", "").removeprefix(INTEGRATION).replace(".waitForTaskToken", ", task token")
        label = f'"{name}<br/><small>{what}</small>"' if what else f'"{name}"'
        yield f"  {name}{opening}{label}{closing}"
    if any(state.get("End") for state in states.values()):
        yield "  done((( )))"


def forward(states: States) -> Iterator[str]:
    for name, state in states.items():
        if "Next" in state:
            yield f'  {name} -- "in any case" --> {state["Next"]}' if goes_on_anyway(state) else f"  {name} --> {state['Next']}"
        elif state.get("End"):
            yield f"  {name} --> done"


def choices(states: States) -> Iterator[str]:
    for name, state in states.items():
        for choice in state.get("Choices", []):
            yield f'  {name} -- "{condition(choice)}" --> {choice["Next"]}'
        if "Default" in state:
            yield f'  {name} -- "otherwise" --> {state["Default"]}'


def condition(choice: dict[str, Any]) -> str:
    """The value that a variable must have, or the name of a variable that must be there."""
    equals: str | None = choice.get("StringEquals")
    return equals or str(choice["Variable"]).removeprefix("$.")


def caught(states: States) -> Iterator[str]:
    """The lines of errors that are named."""
    for name, state in states.items():
        for errors, target in catchers(state):
            if errors != EVERYTHING:
                yield f'  {name} -. "{", ".join(error.removeprefix("DynamoDB.") for error in errors)}" .-> {target}'


def caught_rest(states: States, lists: dict[str, str]) -> Iterator[str]:
    """The lines of all other errors."""
    for target, sources in rest(states).items():
        if target in lists:
            names = "<br/>".join(name for name, _ in sources)
            yield f'  {lists[target]}["anything else in<br/>{names}"] -.-> {target}'
        else:
            yield from (f'  {name} -. "{errors}" .-> {target}' for name, errors in sources)


def styles(states: States, lists: list[str]) -> Iterator[str]:
    compensations = [name for name, state in states.items() if state.get("Comment", "").startswith("Compensation")]
    failures = [name for name, state in states.items() if state["Type"] == "Fail"]
    kinds = (("compensation", COMPENSATION, compensations), ("failure", FAILURE, failures), ("rest", LIST, lists))
    for kind, style, names in kinds:
        if names:
            yield f"  classDef {kind} {style}"
            yield f"  class {','.join(names)} {kind}"


def catchers(state: dict[str, Any]) -> list[tuple[list[str], str]]:
    """The errors that a state catches, with the state that each leads to."""
    return [] if goes_on_anyway(state) else [(catcher["ErrorEquals"], catcher["Next"]) for catcher in state.get("Catch", [])]


def goes_on_anyway(state: dict[str, Any]) -> bool:
    """Tells whether all errors lead where success leads."""
    return [(c["ErrorEquals"], c["Next"]) for c in state.get("Catch", [])] == [(EVERYTHING, state.get("Next"))]


def rest(states: States) -> dict[str, list[tuple[str, str]]]:
    """By target, the states whose last catcher leads there, and what it is to say."""
    sources: dict[str, list[tuple[str, str]]] = {}
    for name, state in states.items():
        several = len(catchers(state)) > 1
        for errors, target in catchers(state):
            if errors == EVERYTHING:
                sources.setdefault(target, []).append((name, "anything else" if several else "anything"))
    return sources


def long_lists(states: States) -> dict[str, str]:
    """The targets that get a list, with its name."""
    targets = [target for target, sources in rest(states).items() if len(sources) > MOST_LINES]
    return {target: f"rest{number}" for number, target in enumerate(targets, start=1)}
