"""Compares the schemas of messages with those of the last release."""

import json
import re
from pathlib import Path
from typing import Any

from wild_rydes.paths import INFRA, ROOT

SCHEMAS = ROOT / "contracts/schemas"
RELEASED = ROOT / "contracts/released"

# Keywords that may change without breaking a reader or a message.
NOTES = {"$schema", "$id", "$defs", "title", "description", "examples", "properties", "required"}

Schema = dict[str, Any]


def broken(released: Path = RELEASED, current: Path = SCHEMAS, templates: Path = INFRA) -> list[str]:
    """A line for each change that breaks a consumer, with the consumers."""
    found = []
    for path in sorted(released.glob("*.json")):
        name = path.name.removesuffix(".json")
        now = current / path.name
        faults = changes(read(path), read(now)) if now.exists() else ["the schema is removed"]
        event = name.split(".")[0]
        consumers = ", ".join(subscribers(event, templates)) or "no subscriber of a topic is known"
        found += [f"{name}: {fault}; it breaks: {consumers}" for fault in faults]
    return found


def read(path: Path) -> Schema:
    schema: Schema = json.loads(path.read_text())
    return schema


def changes(old: Schema, new: Schema) -> list[str]:
    """The changes that break: a field removed or no longer sent always, a new required field, and other values."""
    return compare("", old, new, old, new)


def compare(at: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema) -> list[str]:
    old, new = resolve(old, old_root), resolve(new, new_root)
    found = []
    before, after = old.get("properties", {}), new.get("properties", {})
    found += [f"the field {at}/{field} is removed" for field in before if field not in after]
    was, now = set(old.get("required", [])), set(new.get("required", []))
    found += [f"the field {at}/{field} is newly required" for field in sorted(now - was)]
    found += [f"the field {at}/{field} is no longer required" for field in sorted(was - now) if field in after]
    for field in before.keys() & after.keys():
        found += compare(f"{at}/{field}", before[field], after[field], old_root, new_root)
    if "items" in old and "items" in new:
        found += compare(f"{at}/items", old["items"], new["items"], old_root, new_root)
    keywords = (old.keys() | new.keys()) - NOTES - ({"items"} if "items" in old and "items" in new else set())
    found += [
        f"the values of {at or '/'} are others: {keyword} was {old.get(keyword)!r}, is {new.get(keyword)!r}"
        for keyword in sorted(keywords)
        if old.get(keyword) != new.get(keyword)
    ]
    return sorted(found)


def resolve(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    definition: Schema = root["$defs"][reference.removeprefix("#/$defs/")]
    return definition


def subscribers(event: str, templates: Path) -> list[str]:
    """The services whose templates subscribe to the topic of an event."""
    texts = {path.stem: path.read_text() for path in sorted(templates.glob("*.yaml"))}
    topics = [
        topic
        for text in texts.values()
        for topic, events in re.findall(r"^  (\w+Topic)Events: \{Value: ([\w ]+)\}", text, re.MULTILINE)
        if event in events.split()
    ]
    subscribed = r"^      TopicArn:\s+(?:Fn::ImportValue: !Sub wild-rydes-\$\{Stage\}-(\w+)Arn|!Ref (\w+))$"
    return [
        service
        for service, text in texts.items()
        if any(topic in match for match in re.findall(subscribed, text, re.MULTILINE) for topic in topics)
    ]
