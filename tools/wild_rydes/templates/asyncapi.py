"""An AsyncAPI document for each service that has topics or queues, made from the templates and the schemas.

Run with the Python of the environment for checks, which has cfn-lint's reader. Prints the faults of the channels, or the
documents that are out of date, and fails if there are any. `--write` writes the documents anew instead.
"""

import json
import sys
from pathlib import Path
from typing import Any

from wild_rydes.contracts import SCHEMAS
from wild_rydes.paths import ROOT
from wild_rydes.templates.channels import PARAMETER, TOPIC, Channel, Service, Subscription, System
from wild_rydes.templates.faults_of_channels import faults
from wild_rydes.templates.rights import identity

DOCUMENTS = ROOT / "contracts" / "asyncapi"
# The parameters in fixed names of queues.
ABOUT = {"Stage": "The name of the deployment.", "Name": "The name of the instance, as infra/*.instances.json lists them."}
# SQS's names of a queue's properties, and those of AsyncAPI's binding.
QUEUE_PROPERTIES = {
    "DeduplicationScope": "deduplicationScope",
    "FifoThroughputLimit": "fifoThroughputLimit",
    "DelaySeconds": "deliveryDelay",
    "VisibilityTimeout": "visibilityTimeout",
    "ReceiveMessageWaitTimeSeconds": "receiveMessageWaitTime",
    "MessageRetentionPeriod": "messageRetentionPeriod",
}
Json = dict[str, Any]


def main() -> None:
    system = System.read()
    if found := faults(system, schemas()):
        sys.exit("\n".join(found))
    texts = documents(system)
    if "--write" in sys.argv:
        write(texts)
    elif found := outdated(texts):
        sys.exit("\n".join(found))


def schemas(folder: Path = SCHEMAS) -> dict[str, Json]:
    return {path.name.removesuffix(".v1.json"): json.loads(path.read_text()) for path in sorted(folder.glob("*.v1.json"))}


def documents(system: System) -> dict[str, str]:
    """The text of each service's document by the name of its file."""
    known = schemas()
    made = {service.name: document(service, system, known) for service in system.services}
    return {f"{name}.json": json.dumps(each, indent=2) + "\n" for name, each in made.items() if each["channels"]}


def write(texts: dict[str, str], folder: Path = DOCUMENTS) -> None:
    """Writes the documents, and removes those of services that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text)


def outdated(texts: dict[str, str], folder: Path = DOCUMENTS) -> list[str]:
    """A line for each document that isn't as the templates and schemas have it."""
    there = {path.name: path.read_text() for path in sorted(folder.glob("*.json"))}
    return [
        f"contracts/asyncapi/{name} isn't what the templates and schemas have: run make contracts"
        for name in sorted(there.keys() | texts.keys())
        if there.get(name) != texts.get(name)
    ]


def document(service: Service, system: System, known: dict[str, Json]) -> Json:
    operations = {**receives(service, system), **sends(service, system)}
    used = {operation["channel"]["$ref"].rsplit("/", 1)[1] for operation in operations.values()}
    channels = [each for name, each in system.channels.items() if name in used or each.service == service.name]
    messages = sorted({message for channel in channels for message in channel.messages})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": service.description.removeprefix("Wild Rydes, ").split(":")[0].split(".")[0],
            "version": "1.0.0",
            "description": f"{service.description.strip()}\n\nMade by make contracts from infra/{service.name}.yaml.",
        },
        "defaultContentType": "application/json",
        "channels": {each.name: channel(each, system) for each in sorted(channels, key=lambda each: each.name)},
        "operations": operations,
        "components": {"messages": {name: message(name, known[name]) for name in messages}},
    }


def channel(each: Channel, system: System) -> Json:
    kind = "topic" if each.kind == TOPIC else "queue"
    fixed = each.properties.get(f"{kind.capitalize()}Name")
    address, given = addressed(fixed["Fn::Sub"]) if fixed else (None, [])
    text = f"A {kind} of {each.service}, as infra/{each.service}.yaml describes it."
    if not fixed:
        output = f"{each.name}{'Arn' if kind == 'topic' else 'Url'}"
        text += f" CloudFormation makes its name. The stack's output {output} leads to it."
    if not each.messages:
        text += " Its messages have no schema in contracts/schemas: no other service of Wild Rydes sends them."
    resources = next(service.resources for service in system.services if service.name == each.service)
    return {
        "address": address,
        "title": each.name,
        "description": text,
        **({"parameters": {name.lower(): {"description": ABOUT[name]} for name in given}} if given else {}),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in each.messages},
        "bindings": topic_binding(each) if kind == "topic" else queue_binding(each, resources),
    }


def addressed(name: str) -> tuple[str, list[str]]:
    """A fixed name as an address with parameters, and the parameters."""
    return PARAMETER.sub(lambda found: f"{{{found[1].lower()}}}", name), PARAMETER.findall(name)


def topic_binding(each: Channel) -> Json:
    fifo = bool(each.properties.get("FifoTopic"))
    return {"sns": {"name": each.name, "ordering": {"type": "FIFO" if fifo else "standard"}, "bindingVersion": "0.1.0"}}


def queue_binding(each: Channel, resources: Json) -> Json:
    binding = {"queue": queue(each.name, resources)}
    if redrive := each.properties.get("RedrivePolicy"):
        binding["deadLetterQueue"] = queue(identity(redrive["deadLetterTargetArn"]), resources)
    return {"sqs": {**binding, "bindingVersion": "0.2.0"}}


def queue(name: str, resources: Json) -> Json:
    properties = resources[name]["Properties"]
    found = {"name": name, "fifoQueue": bool(properties.get("FifoQueue"))}
    found |= {ours: properties[theirs] for theirs, ours in QUEUE_PROPERTIES.items() if theirs in properties}
    if redrive := properties.get("RedrivePolicy"):
        target = {"name": identity(redrive["deadLetterTargetArn"])}
        found["redrivePolicy"] = {"deadLetterQueue": target, "maxReceiveCount": redrive["maxReceiveCount"]}
    return found


def receives(service: Service, system: System) -> Json:
    operations = {each.name: subscribe(each, service, system) for each in service.subscriptions}
    for function, name in service.takes:
        # A function may take from several queues.
        of_several = sum(other == function for other, _ in service.takes) > 1
        operations[f"{function}From{name}" if of_several else function] = operation(
            "receive", system.channels[name], system.channels[name].messages, f"{function} handles the messages of {name}."
        )
    return operations


def subscribe(each: Subscription, service: Service, system: System) -> Json:
    topic, properties = system.channels[each.topic], each.properties
    text = "SNS sends the messages that pass the filter." if each.filter else "SNS sends all messages."
    text += f" The subscription is there only if {each.condition} holds." if each.condition else ""
    protocol = properties["Protocol"]
    consumer: Json = {
        "protocol": protocol,
        # Anything but a queue is a parameter, as the operator's address is.
        "endpoint": {"name": each.queue} if protocol == "sqs" else {protocol: f"${{{each.queue}}}"},
        "rawMessageDelivery": bool(properties.get("RawMessageDelivery")),
    }
    if each.filter:
        consumer["filterPolicy"] = {name: condition(values) for name, values in each.filter.items()}
        consumer["filterPolicyScope"] = properties.get("FilterPolicyScope", "MessageAttributes")
    bindings: Json = {"sns": {"topic": {"name": topic.name}, "consumers": [consumer], "bindingVersion": "0.1.0"}}
    if redrive := properties.get("RedrivePolicy"):
        dead_letters = identity(redrive["deadLetterTargetArn"])
        consumer["redrivePolicy"] = {"deadLetterQueue": {"name": dead_letters}}
        queues = dict.fromkeys([each.queue, dead_letters])
        bindings["sqs"] = {"queues": [queue(name, service.resources) for name in queues], "bindingVersion": "0.2.0"}
    return {**operation("receive", topic, each.passes(topic.messages), text), "bindings": bindings}


def condition(values: list[Any]) -> Any:
    """The values that a filter allows. AsyncAPI's binding takes strings in a list, and any other condition by itself."""
    if all(isinstance(value, str) for value in values):
        return values
    return values[0] if len(values) == 1 and isinstance(values[0], dict) else {"anyOf": values}


def sends(service: Service, system: System) -> Json:
    channels = system.channels
    return {
        f"{sender}To{name}": operation("send", channels[name], service.sent(channels[name]), f"{sender} sends to {name}.")
        for sender, name in service.sends
    }


def operation(action: str, to: Channel, messages: list[str], text: str) -> Json:
    at = f"#/channels/{to.name}"
    return {
        "action": action,
        "channel": {"$ref": at},
        "summary": text,
        # An empty list would say that there are no messages.
        **({"messages": [{"$ref": f"{at}/messages/{name}"} for name in messages]} if messages else {}),
    }


def message(name: str, schema: Json) -> Json:
    return {
        "name": name,
        "title": schema["title"],
        "summary": schema["description"],
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": {"$ref": f"../schemas/{name}.v1.json"},
    }


if __name__ == "__main__":
    main()
