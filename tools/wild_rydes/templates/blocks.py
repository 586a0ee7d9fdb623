"""Finds the blocks that recur in the templates, and replaces the names in them by placeholders, so that they can be compared."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wild_rydes.templates.reader import as_list, read

# The resources of each block in their order. A star stands for the name of the queue, function or topic.
CONSUMER = ("*Queue", "*Dlq", "*QueuePolicy", "*DlqAlarm", "*AgeAlarm")
PUBLISHER = ("*Dlq", "*DlqPolicy", "*DlqAlarm", "*DelayAlarm")
FUNCTION = ("*", "*Role", "*Logs", "*ErrorAlarm", "*ThrottleAlarm")
TOPIC = ("*Topic", "*TopicPolicy")
CONSUMER_PARAMETERS = ("*MaximumConcurrency", "*MaximumAgeSeconds")
# Not for FIFO queues, and not where a caller waits.
OPTIONAL_PARAMETER = "*MaximumBatchingWindowInSeconds"
CONSUMER_SETTINGS = ("BUFFER_QUEUE_URLS", "DEAD_LETTER_QUEUE_URLS", "ATTEMPTS_TABLE_NAME")
# Each may stand once in a template.
SINGLES = ("AttemptsTable", "ApiLogs", "ApiErrorAlarm")
# The resources that the roles of all consumers have rights on. A role's other rights are for its function's own data.
COMMON = re.compile(r"<queue>(Queue|Dlq)\b|<function>Logs\b|\bAttemptsTable\b")


@dataclass
class Part:
    """A part of a block. Parts of the same kind can be compared."""

    template: str
    name: str
    kind: str
    content: dict[str, Any]
    comments: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.template}: {self.name}"


@dataclass
class Block:
    """Resources that follow each other: the name of each is the stem with an end."""

    ends: tuple[str, ...]
    stem: str
    # The placeholder of each name.
    names: dict[str, str]

    def name_of(self, end: str) -> str:
        return end.replace("*", self.stem)


class Template:
    def __init__(self, path: Path) -> None:
        document = read(path)
        self.name, self.lines = path.name, path.read_text().splitlines()
        self.resources: dict[str, Any] = document["Resources"]
        self.parameters: dict[str, Any] = document.get("Parameters", {})
        self.globals: dict[str, Any] = document.get("Globals", {})
        self.functions = self._properties("AWS::Serverless::Function")

    def blocks(self) -> Iterator[Block]:
        for name, function in self.functions.items():
            deployed = plain(function["FunctionName"], {}).removeprefix("wild-rydes-${Stage}-")
            queues = [source["Queue"]["Fn::GetAtt"][0].removesuffix("Queue") for source in events(function, "SQS")]
            for queue in queues:
                yield Block(CONSUMER, queue, {queue: "<queue>"})
            for source in events(function, "DynamoDB"):
                dlq = source["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0].removesuffix("Dlq")
                yield Block(PUBLISHER, dlq, {dlq: "<queue>", name: "<function>", deployed: "<name>"})
            yield Block(FUNCTION, name, {name: "<function>", deployed: "<name>"} | dict.fromkeys(queues, "<queue>"))
        for topic in self._properties("AWS::SNS::Topic"):
            yield Block(TOPIC, stem := topic.removesuffix("Topic"), {stem: "<topic>"})

    def parts(self) -> Iterator[Part]:
        for name in ("Stage", "Architecture", "PermissionsBoundary", "Release", "CanaryReleases", "OnEmulator"):
            if name in self.parameters:
                yield Part(self.name, name, name, self.parameters[name])
        if self.functions:
            shared = plain(self.globals, {})
            # A release watches the service's own alarms.
            shared["Function"].get("DeploymentPreference", {}).pop("Alarms", None)
            yield Part(self.name, "Globals", "Globals", shared)
        for block in self.blocks():
            for end in block.ends:
                yield self._resource(block.name_of(end), end, block.names)
            if block.ends == CONSUMER:
                yield from self._around_queue(block)
            if block.ends == FUNCTION:
                yield from self._within_consumer(block)
        for name in SINGLES:
            if name in self.resources:
                yield self._resource(name, name, {})

    def _around_queue(self, block: Block) -> Iterator[Part]:
        """The parameters of a buffer queue, and its subscriptions."""
        for end in (*CONSUMER_PARAMETERS, OPTIONAL_PARAMETER):
            name = block.name_of(end)
            if name in self.parameters or end != OPTIONAL_PARAMETER:
                yield Part(self.name, name, end, self.parameters.get(name, {}))
        for name, subscription in self._properties("AWS::SNS::Subscription").items():
            if subscription["Endpoint"] == {"Fn::GetAtt": [f"{block.stem}Queue", "Arn"]}:
                yield self._resource(name, "subscription", block.names)

    def _within_consumer(self, block: Block) -> Iterator[Part]:
        """The queues of a function as its event sources, and the settings that all consumers have."""
        function = self.functions[block.stem]
        sources = events(function, "SQS")
        for source in sources:
            yield Part(self.name, block.stem, "event source", plain(source, block.names))
        if sources:
            settings = {k: v for k, v in function["Environment"]["Variables"].items() if k in CONSUMER_SETTINGS}
            yield Part(self.name, block.stem, "settings", plain(settings, block.names))

    def _resource(self, name: str, kind: str, names: dict[str, str]) -> Part:
        """A resource with its properties beside its other keys. A missing resource has no content."""
        resource = dict(self.resources.get(name, {}))
        content = plain(resource.pop("Properties", {}) | resource, names)
        if "PolicyDocument" in content:
            content |= {s.get("Sid", s["Effect"]): s for s in statements(content.pop("PolicyDocument"))}
        if "Policies" in content:
            kind = self._kind_of_role(names) or kind
            policy = content.pop("Policies")
            content["PolicyName"] = policy["PolicyName"]
            for statement in statements(policy["PolicyDocument"]):
                on = str(statement.pop("Resource"))
                if COMMON.search(on):
                    content.setdefault(f"rights on {on}", []).append(statement)
        if "CodeUri" in content:
            # Programs and functions have the same names, but for the herds'.
            content["CodeUri"] = str(Path(content["CodeUri"]).parent)
        return Part(self.name, name, kind, content, self._comments(name))

    def _kind_of_role(self, names: dict[str, str]) -> str | None:
        """The kind of a role whose function reads queues or streams: what Lambda needs for these is alike."""
        if "<queue>" in names.values():
            return "role of a consumer"
        reads = [
            name
            for name, placeholder in names.items()
            if placeholder == "<function>" and events(self.functions[name], "DynamoDB")
        ]
        return "role of a stream's reader" if reads else None

    def _comments(self, name: str) -> list[str]:
        """The comments within a resource."""
        if f"  {name}:" not in self.lines:
            return []
        lines = self.lines[self.lines.index(f"  {name}:") + 1 :]
        end = next((i for i, line in enumerate(lines) if re.match(r" {0,2}\S", line)), len(lines))
        return [line.strip() for line in lines[:end] if line.strip().startswith("#")]

    def _properties(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type."""
        return {name: r.get("Properties", {}) for name, r in self.resources.items() if r["Type"] == kind}


def events(function: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event["Properties"] for event in function.get("Events", {}).values() if event["Type"] == kind]


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of a policy. Of a conditional one, that for a condition that is true."""
    chosen = [statement.get("Fn::If", ["", statement])[1] for statement in as_list(policy["Statement"])]
    return [statement for statement in chosen if isinstance(statement, dict)]


def plain(value: Any, names: dict[str, str]) -> Any:
    """The value with placeholders for names, and text for references.

    A list of one element becomes the element, and a repeated element is dropped. So a function with two queues is like a
    function with one.
    """
    match value:
        case {"Ref": str(name)}:
            return plain(f"${{{name}}}", names)
        case {"Fn::GetAtt": [str(name), attribute]}:
            return plain(f"${{{name}.{attribute}}}", names)
        case {"Fn::Sub": str(text)}:
            return plain(text, names)
        case dict():
            return {str(key): plain(inner, names) for key, inner in value.items()}
        case list():
            distinct = list({json.dumps(each): each for each in (plain(inner, names) for inner in value)}.values())
            return distinct[0] if len(distinct) == 1 else distinct
        case str():
            for name, placeholder in names.items():
                value = re.sub(rf"\b{re.escape(name)}(?![a-z-])", placeholder, value)
            return ",".join(dict.fromkeys(value.split(",")))
    return value
