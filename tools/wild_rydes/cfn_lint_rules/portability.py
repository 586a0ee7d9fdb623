"""Rules for templates that are deployed in any region of any partition, and more than once in each."""

import re
from collections.abc import Iterator
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

from wild_rydes.cfn_lint_rules._names import FREE_NAMES, NAMES, STACK, ends_with_longest_stage, has_stage, longest_stage
from wild_rydes.cfn_lint_rules._source import DOCS, Source

PARTITION = re.compile(r"\barn:aws[a-z-]*:|amazonaws\.com|console\.aws\.|amazonaws-us-gov\.com|amazon(aws)?\.cn\b")
# A service's principal has the same name in every partition.
PRINCIPAL = re.compile(r"[a-z0-9-]+\.amazonaws\.com")
OURS = re.compile(r"wild[-_]rydes[-_/](?!\$\{Stage\})")

Path = tuple[str | int, ...]


class NoPartition(CloudFormationLintRule):
    id = "E9050"
    shortdesc = "No partition and no DNS suffix is written out"
    description = (
        "GovCloud and China have others: ${AWS::Partition} and ${AWS::URLSuffix}, also in definitions of state machines and APIs"
    )
    source_url = DOCS
    tags = ["wild-rydes", "regions"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source, found = Source(cfn), []
        for path, text in strings(source.document):
            if PARTITION.search(text) and not PRINCIPAL.fullmatch(text):
                found.append(source.match_at(f"{text!r} holds in one partition only", path))
        for name, properties in source.of("AWS::Serverless::StateMachine", "AWS::Serverless::Api"):
            if (definition := source.file(properties.get("DefinitionUri"))) is None:
                continue
            for number, line in enumerate(definition.read_text().splitlines(), 1):
                if PARTITION.search(line):
                    fault = f"{definition.name}:{number}: {line.strip()!r} holds in one partition only"
                    found.append(source.match(fault, name, "DefinitionUri"))
        return found


class StagesApart(CloudFormationLintRule):
    id = "E9051"
    shortdesc = "No two stages share a name"
    description = (
        "A name without the stage is the same in every stage of an account, so the second stage fails, or uses the first one's"
    )
    source_url = DOCS
    tags = ["wild-rydes", "stages"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        found: list[RuleMatch] = []
        if source.is_of_an_account():
            return found
        for path, text in strings(source.document):
            if OURS.search(text):
                found.append(source.match_at(f"{text!r} is the same in every stage: add ${{Stage}}", path))
        for name, resource in source.resources.items():
            path = NAMES.get(resource["Type"], ())
            value = look_up(resource.get("Properties", {}), path) if path else None
            if value is not None and not has_stage(value):
                found.append(source.match(f"{name} has the same name in every stage: add ${{Stage}}", name, *path))
        return found


class NamesFit(CloudFormationLintRule):
    id = "E9052"
    shortdesc = "Names fit, also those of the longest stage"
    description = "CloudFormation cuts names that are too long. Dashboards find dead-letter queues by the end of their names"
    source_url = DOCS
    tags = ["wild-rydes", "stages"]

    def match(self, cfn: Template) -> list[RuleMatch]:
        source = Source(cfn)
        if source.is_of_an_account():
            return []
        if not longest_stage(source):
            return [source.match_at("Stage has no MaxLength, so no name is sure to fit", ("Parameters", "Stage"))]
        found = []
        for name, resource in source.resources.items():
            kind, properties = resource["Type"], resource.get("Properties", {})
            # Of the other queues nobody looks for the end of the name.
            if kind in FREE_NAMES and "RedrivePolicy" not in properties:
                longest, (key, made) = FREE_NAMES[kind], (NAMES[kind][0], properties.get(NAMES[kind][0]))
                length = ends_with_longest_stage(source, made if made is not None else f"{STACK}-{name}-0123456789ABC")
                length += len(".fifo") if made is None and properties.get("FifoQueue") else 0
                if length > longest:
                    fault = f"the name of {name} has up to {length} characters, and {longest} fit"
                    found.append(source.match(fault, name, *([key] if made is not None else [])))
        return found


def strings(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a template, with its place. Descriptions are for people."""
    match value:
        case dict():
            for key, inner in value.items():
                if key not in ("Description", "AlarmDescription"):
                    yield from strings(inner, (*path, key))
        case list():
            for index, inner in enumerate(value):
                yield from strings(inner, (*path, index))
        case str():
            yield path, value


def look_up(properties: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = properties
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
