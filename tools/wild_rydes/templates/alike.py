"""Checks that the blocks that recur in the templates are alike: infra/README.md describes them.

Each part of a block is compared with the others of its kind: its properties, their order, and its comments. The form that
most of them have is right, so that a new form needs no change here.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from wild_rydes.templates.blocks import Part, Template
from wild_rydes.templates.reader import templates

FIFO = {"FifoQueue", "FifoThroughputLimit", "DeduplicationScope", "ContentBasedDeduplication"}
# The properties that may differ, by the kind of the part.
FREE = {
    "*MaximumConcurrency": {"Default", "Description"},
    "*MaximumAgeSeconds": {"Default", "Description"},
    "*MaximumBatchingWindowInSeconds": {"Default", "Description"},
    "subscription": {"Condition", "DependsOn", "TopicArn", "FilterPolicy", "FilterPolicyScope"},
    # The visibility timeout follows from the function's timeout.
    "*Queue": {"VisibilityTimeout", "QueueName", *FIFO},
    "*Dlq": FIFO,
    # Only a queue with a subscription allows SNS to send.
    "*QueuePolicy": {"Allow"},
    "*DlqAlarm": {"AlarmDescription"},
    "*AgeAlarm": {"AlarmDescription"},
    "*DelayAlarm": {"AlarmDescription"},
    # A function that a schedule invokes runs too rarely for the others' windows.
    "*ErrorAlarm": {"AlarmDescription", "Period", "DatapointsToAlarm"},
    "*ThrottleAlarm": {"AlarmDescription"},
    "ApiLogs": {"LogGroupName"},
    "ApiErrorAlarm": {"AlarmDescription", "Dimensions"},
    "*Topic": {"Condition", "KmsMasterKeyId"},
    # Each topic has its own publisher.
    "*TopicPolicy": {"Condition", "Publisher", "OnlyThePublisher", "OnlyAlarms", "Alarms", "Budgets"},
    "*": {"MemorySize", "Timeout", "Environment", "Events"},
    "event source": {"BatchSize", "MaximumBatchingWindowInSeconds"},
}


def faults(all_of_them: list[Template]) -> Iterator[str]:
    kinds: dict[str, list[Part]] = defaultdict(list)
    for template in all_of_them:
        yield from order_faults(template)
        for part in template.parts():
            kinds[part.kind].append(part)
    lines = {template.name: {line.strip() for line in template.lines} for template in all_of_them}
    for parts in kinds.values():
        yield from property_faults(parts)
        yield from comment_faults(parts, lines)


def order_faults(template: Template) -> Iterator[str]:
    """The resources of a block that don't follow each other."""
    there = list(template.resources)
    for block in template.blocks():
        first, *others = map(block.name_of, block.ends)
        start = there.index(first) + 1 if first in there else 0
        if there[start : start + len(others)] != others:
            yield f"{template.name}: {first} isn't followed by {', '.join(others)}"


def property_faults(parts: list[Part]) -> Iterator[str]:
    """The properties that have another value, or another place, than in most parts of the kind."""
    found = [(part, compared(part)) for part in parts]
    for path in dict.fromkeys(path for _, values in found for path in values):
        usual = Counter(values.get(path, "absent") for _, values in found).most_common(1)[0][0]
        for part, values in found:
            if (value := values.get(path, "absent")) != usual:
                yield f"{part}: {path} is {value}, in most others {usual}"
    orders = Counter(pair for part in parts for pair in combinations(part.content, 2))
    for part in parts:
        for one, other in combinations(part.content, 2):
            if orders[one, other] < orders[other, one]:
                yield f"{part}: {one} stands before {other}, in most others after it"


def comment_faults(parts: list[Part], lines: dict[str, set[str]]) -> Iterator[str]:
    """The comments that most templates have in parts of the kind. A template needs each comment once, in any part."""
    first = {part.template: part for part in reversed(parts)}
    counted = Counter(comment for _, comment in {(part.template, comment) for part in parts for comment in part.comments})
    for comment, count in sorted(counted.items()):
        if 2 * count > len(first):
            yield from (f"{part}: lacks the comment {comment!r}" for name, part in first.items() if comment not in lines[name])


def compared(part: Part) -> dict[str, str]:
    """The values that must be alike, by their path."""
    free = FREE.get(part.kind, set())
    return {path: value for name, inner in part.content.items() if name not in free for path, value in flat(inner, name)}


def flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from flat(inner, f"{path}.{name}")
    else:
        yield path, json.dumps(value)


def main() -> None:
    if found := list(faults([Template(path) for path in templates()])):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
