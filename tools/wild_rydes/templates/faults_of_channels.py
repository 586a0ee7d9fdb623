"""Faults of the channels between services: messages without a schema, publishers without a topic, subscribers to nothing."""

from collections.abc import Iterator
from typing import Any

from wild_rydes.templates.channels import QUEUE, TOPIC, Service, System

DECLARE = "name them in an output"


def faults(system: System, schemas: dict[str, Any]) -> list[str]:
    """Every fault, a line each."""
    found = [fault for service in system.services for fault in of_service(service, system, schemas)]
    carried = {message for channel in system.channels.values() for message in channel.messages}
    return found + [
        f"contracts/schemas/{name}.v1.json: no template sends {name}: {DECLARE} of its sender, or remove the schema"
        for name in sorted(schemas.keys() - carried)
    ]


def of_service(service: Service, system: System, schemas: dict[str, Any]) -> Iterator[str]:
    where = f"infra/{service.name}.yaml"
    for fault in (*of_declarations(service, system, schemas), *of_senders(service, system), *of_subscribers(service, system)):
        yield f"{where}: {fault}"


def of_declarations(service: Service, system: System, schemas: dict[str, Any]) -> Iterator[str]:
    senders = {channel for _, channel in service.sends}
    for name, messages in service.declared.items():
        if name not in system.channels:
            yield f"an output names messages of {name}, and no template has it: correct the output's name"
        elif name not in senders:
            yield f"an output names messages of {name}, and no role here may send to it: allow it, or remove the output"
        for message in messages:
            if message not in schemas:
                yield f"{message} of {name} has no schema: write contracts/schemas/{message}.v1.json"


def of_senders(service: Service, system: System) -> Iterator[str]:
    for sender, name in service.sends:
        channel = system.channels.get(name)
        if channel is None:
            yield f"{sender} may publish to {name}, and no template has this topic: correct the role"
        elif name not in service.declared and (channel.kind == TOPIC or channel.service != service.name):
            yield f"no output says which messages {sender} sends to {name}: {DECLARE} {name}Messages"


def of_subscribers(service: Service, system: System) -> Iterator[str]:
    sent = {name for each in system.services for _, name in each.sends}
    for each in service.subscriptions:
        topic = system.channels.get(each.topic)
        if topic is None:
            yield f"{each.name} subscribes to {each.topic}, and no template has this topic: correct the subscription"
            continue
        # Messages of AWS itself, as alarms, have no sender here.
        for wanted in each.filter.get("type", []):
            if wanted not in topic.messages:
                yield f"{each.name} lets {wanted} pass, and {each.topic} never carries it: correct the FilterPolicy"
        if each.topic in sent and not each.passes(topic.messages):
            yield f"{each.name} lets no message of {each.topic} pass: correct the FilterPolicy"
    received = {message for _, name in service.takes if name in system.channels for message in system.channels[name].messages}
    for event in service.effects:
        if event not in received:
            yield f"the output {event}Effect says that the service takes {event}, and no queue brings it: subscribe to its topic"
    for function, name in service.takes:
        channel = system.channels.get(name)
        if channel is None or channel.kind != QUEUE:
            yield f"{function} takes from {name}, which is no queue of a template: correct its event source"
