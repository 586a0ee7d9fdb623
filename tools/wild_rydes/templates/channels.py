"""Topics and queues, their senders and their receivers, read from the templates.

A topic's owner says in the output `<Name>TopicEvents` which events any service may subscribe to. A sender says in an output
`<Name>Messages`, as in RfqResponseQueueMessages, which messages it sends to a topic that isn't open to all, or to a queue. All
else follows from the resources: roles say who sends, subscriptions and event sources say who receives.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wild_rydes.templates.reader import on_aws, read, templates
from wild_rydes.templates.rights import identity, inline_policies

TOPIC, QUEUE, SUBSCRIPTION = "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::SNS::Subscription"
FUNCTION, MACHINE = "AWS::Serverless::Function", "AWS::Serverless::StateMachine"
SENDS = ("sns:Publish", "sqs:SendMessage")
PARAMETER = re.compile(r"\$\{(\w+)\}")


@dataclass
class Channel:
    """A topic, or a queue that isn't a dead-letter queue."""

    name: str
    service: str
    kind: str
    properties: dict[str, Any]
    messages: list[str] = field(default_factory=list)

    def add(self, messages: list[str]) -> None:
        self.messages += [message for message in messages if message not in self.messages]


@dataclass
class Subscription:
    """A topic's delivery to a queue of the service."""

    name: str
    topic: str
    properties: dict[str, Any]
    condition: str | None
    filter: dict[str, Any]

    @property
    def queue(self) -> str:
        return identity(self.properties["Endpoint"])

    def passes(self, messages: list[str]) -> list[str]:
        """The messages whose types the filter lets through. Other conditions of a filter depend on a message's values."""
        return [message for message in messages if message in self.filter.get("type", messages)]


@dataclass
class Service:
    """A template's part in messaging."""

    name: str
    description: str
    resources: dict[str, Any]
    subscriptions: list[Subscription]
    # Pairs of a sender and a channel, and of a queue and the function that takes from it.
    sends: list[tuple[str, str]]
    takes: list[tuple[str, str]]
    # The messages that the service's outputs name, by channel.
    declared: dict[str, list[str]]
    # The events that the service says to take, in outputs such as RideCompletedEffect.
    effects: list[str]

    def sent(self, channel: Channel) -> list[str]:
        """The messages that the service sends to a channel. To its own queue it sends those again that came through it."""
        own = channel.messages if channel.kind == QUEUE and channel.service == self.name else []
        return self.declared.get(channel.name, own)


@dataclass
class System:
    """All services, and the channels between them."""

    services: list[Service]
    channels: dict[str, Channel]

    @staticmethod
    def read(paths: list[Path] | None = None) -> "System":
        documents = {path.stem: on_aws(read(path)) for path in (templates() if paths is None else paths)}
        channels = {channel.name: channel for name, document in documents.items() for channel in channels_of(name, document)}
        services = [service(name, document, channels) for name, document in documents.items()]
        for each in services:
            for name, messages in each.declared.items():
                if name in channels:
                    channels[name].add(messages)
        for each in services:
            for subscription in each.subscriptions:
                if subscription.topic in channels and subscription.queue in channels:
                    channels[subscription.queue].add(subscription.passes(channels[subscription.topic].messages))
        return System(services, channels)


def channels_of(service: str, document: dict[str, Any]) -> Iterator[Channel]:
    dead_letters = set(dead_letter_queues(document["Resources"]))
    for name, resource in document["Resources"].items():
        if resource["Type"] in (TOPIC, QUEUE) and name not in dead_letters:
            yield Channel(name, service, resource["Type"], resource.get("Properties", {}))


def dead_letter_queues(value: Any) -> Iterator[str]:
    """The queues to which SQS, SNS or Lambda move what could not be delivered."""
    match value:
        case {"deadLetterTargetArn": queue} | {"OnFailure": {"Destination": queue}}:
            yield identity(queue)
        case dict():
            for inner in value.values():
                yield from dead_letter_queues(inner)
        case list():
            for inner in value:
                yield from dead_letter_queues(inner)


def service(name: str, document: dict[str, Any], channels: dict[str, Channel]) -> Service:
    resources, defaults = document["Resources"], parameters(document)
    subscriptions = [
        Subscription(
            name=each,
            topic=identity(resource["Properties"]["TopicArn"]),
            properties=resource["Properties"],
            condition=resource.get("Condition"),
            filter=policy(resource["Properties"].get("FilterPolicy", {}), defaults),
        )
        for each, resource in resources.items()
        if resource["Type"] == SUBSCRIPTION
    ]
    return Service(
        name=name,
        description=document["Description"],
        resources=resources,
        subscriptions=subscriptions,
        sends=list(senders(resources, channels)),
        takes=list(receivers(resources)),
        declared=declared(document.get("Outputs", {})),
        effects=[name.removesuffix("Effect") for name in document.get("Outputs", {}) if name.endswith("Effect")],
    )


def parameters(document: dict[str, Any]) -> dict[str, str]:
    """The defaults of parameters. One without a default stands for itself, as ${Name}."""
    given = document.get("Parameters", {}).items()
    return {name: str(parameter.get("Default", f"${{{name}}}")) for name, parameter in given}


def policy(value: Any, defaults: dict[str, str]) -> dict[str, Any]:
    """A filter policy, with the defaults of the parameters in it."""

    def put_in(inner: Any) -> Any:
        match inner:
            case {"Fn::Sub": str(text)}:
                return PARAMETER.sub(lambda found: defaults[found[1]], text)
            case {"Ref": name}:
                return defaults[name]
            case dict():
                return {key: put_in(each) for key, each in inner.items()}
            case list():
                return [put_in(each) for each in inner]
        return inner

    found = put_in(value)
    result: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
    return result


def senders(resources: dict[str, Any], channels: dict[str, Channel]) -> Iterator[tuple[str, str]]:
    """Functions, state machines and APIs, each with a channel that its role may send to."""
    users = {
        identity(resource["Properties"]["Role"]): name
        for name, resource in resources.items()
        if resource["Type"] in (FUNCTION, MACHINE)
    }
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role":
            for action, channel in sorted(inline_policies(resource)):
                if action in SENDS and (channel in channels or channel.endswith("Topic")):
                    yield users.get(name, name.removesuffix("Role")), channel


def receivers(resources: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, resource in resources.items():
        if resource["Type"] == FUNCTION:
            for event in resource["Properties"].get("Events", {}).values():
                if event["Type"] == "SQS":
                    yield name, identity(event["Properties"]["Queue"])


def declared(outputs: dict[str, Any]) -> dict[str, list[str]]:
    found = {}
    for name, output in outputs.items():
        if channel := re.fullmatch(r"(\w+Topic)Events|(\w+(?:Topic|Queue))Messages", name):
            found[channel[1] or channel[2]] = output["Value"].split()
    return found
