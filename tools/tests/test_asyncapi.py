"""AsyncAPI documents are made from the templates and the schemas, and a fault between these is found."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from wild_rydes.paths import INFRA, ROOT
from wild_rydes.templates import asyncapi
from wild_rydes.templates.asyncapi import DOCUMENTS, documents, outdated, schemas, write
from wild_rydes.templates.channels import System
from wild_rydes.templates.faults_of_channels import faults
from wild_rydes.templates.reader import templates

VENDOR = ROOT / "crates" / "contracts" / "tests" / "vendor" / "asyncapi"
# Keywords that mean the same in draft-07, as which AsyncAPI reads a payload. `$defs` are found by their references.
ALIKE = {
    *("$schema", "$ref", "$defs", "title", "description", "examples", "type", "const", "enum", "required", "properties", "items"),
    *("pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems", "format"),
    *("if", "then", "else", "allOf", "anyOf", "oneOf", "not", "additionalProperties"),
}
SYSTEM = System.read()


def made(service: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(documents(SYSTEM)[f"{service}.json"])
    return document


def changed(tmp_path: Path, template: str, old: str, new: str) -> System:
    """The system with one change in one template."""
    text = (INFRA / template).read_text()
    assert old in text
    path = tmp_path / template
    path.write_text(text.replace(old, new))
    return System.read([path if each.name == template else each for each in templates()])


def test_the_documents_are_fresh_and_the_channels_have_no_fault() -> None:
    assert faults(SYSTEM, schemas()) == []
    assert outdated(documents(SYSTEM)) == []


def test_every_service_with_messages_has_a_document() -> None:
    assert {path.stem for path in DOCUMENTS.glob("*.json")} == {path.stem for path in templates()}


def test_a_stale_a_missing_and_a_needless_document_are_found_and_mended(tmp_path: Path) -> None:
    texts = documents(SYSTEM)
    write(texts, tmp_path)
    assert outdated(texts, tmp_path) == []
    (tmp_path / "herd.json").write_text("{}")
    (tmp_path / "customer-loyalty.json").unlink()
    (tmp_path / "removed-service.json").write_text("{}")
    found = outdated(texts, tmp_path)
    assert [line.split()[0] for line in found] == [
        f"contracts/asyncapi/{name}.json" for name in ("customer-loyalty", "herd", "removed-service")
    ]
    assert all(line.endswith(": run make contracts") for line in found)
    write(texts, tmp_path)
    assert outdated(texts, tmp_path) == []


def test_a_change_of_a_template_makes_its_document_stale(tmp_path: Path) -> None:
    system = changed(tmp_path, "customer-loyalty.yaml", "VisibilityTimeout: 80", "VisibilityTimeout: 90")
    assert outdated(documents(system)) == [
        "contracts/asyncapi/customer-loyalty.json isn't what the templates and schemas have: run make contracts"
    ]


def test_a_subscription_has_its_filter_its_queue_and_its_dead_letter_queue() -> None:
    subscription = made("customer-notification")["operations"]["FareCollectionSubscription"]
    (consumer,) = subscription["bindings"]["sns"]["consumers"]
    assert consumer == {
        "protocol": "sqs",
        "endpoint": {"name": "CustomerNotificationQueue"},
        "rawMessageDelivery": True,
        "filterPolicy": {"type": ["FareCollected", "FareCollectionFailed"]},
        "filterPolicyScope": "MessageBody",
        "redrivePolicy": {"deadLetterQueue": {"name": "CustomerNotificationDlq"}},
    }
    names = [queue["name"] for queue in subscription["bindings"]["sqs"]["queues"]]
    assert names == ["CustomerNotificationQueue", "CustomerNotificationDlq"]


def test_a_filter_on_numbers_has_the_defaults_of_its_parameters() -> None:
    subscription = made("extraordinary-rides")["operations"]["RideCompletionSubscription"]
    (consumer,) = subscription["bindings"]["sns"]["consumers"]
    assert consumer["filterPolicyScope"] == "MessageAttributes"
    assert consumer["filterPolicy"] == {"fare": {"numeric": [">=", 50]}, "distance": {"numeric": [">=", 20]}}


def test_a_queue_has_its_properties() -> None:
    binding = made("customer-payment")["channels"]["PaymentQueue"]["bindings"]["sqs"]
    assert binding["queue"] == {
        "name": "PaymentQueue",
        "fifoQueue": True,
        "deduplicationScope": "messageGroup",
        "fifoThroughputLimit": "perMessageGroupId",
        "visibilityTimeout": 180,
        "messageRetentionPeriod": 1209600,
        "redrivePolicy": {"deadLetterQueue": {"name": "PaymentDlq"}, "maxReceiveCount": 1000},
    }
    assert binding["deadLetterQueue"] == {"name": "PaymentDlq", "fifoQueue": True, "messageRetentionPeriod": 1209600}


def test_a_queue_with_a_name_of_its_own_has_an_address_with_parameters() -> None:
    queue = made("herd")["channels"]["HerdQueue"]
    assert queue["address"] == "wild-rydes-{stage}-herd-{name}"
    assert sorted(queue["parameters"]) == ["name", "stage"]
    assert made("ride-booking")["channels"]["RfqResponseQueue"]["address"] is None


@pytest.mark.parametrize(
    ("service", "operation", "action", "messages"),
    [
        ("unicorn-management", "PublishRideCompletionsToRideCompletionTopic", "send", ["RideCompleted"]),
        ("fare-collection", "FareCollectionStateMachineToPaymentQueue", "send", ["PaymentRequested"]),
        (
            "fare-collection",
            "PublishFareOutcomesToFareCollectionTopic",
            "send",
            ["FareCollected", "FareCollectionFailed"],
        ),
        ("herd", "QuoteInstantRideToRfqResponseQueue", "send", ["RideQuoted"]),
        ("ride-booking", "PublishInstantRideRfqsToRfqResponseQueue", "send", ["RfqDeadlineReached"]),
        ("ride-booking", "CollectQuotes", "receive", ["RfqDeadlineReached", "RideQuoted"]),
        ("ride-booking", "PrebookingProcessingSubscription", "receive", ["PrebookingSubmitted"]),
        ("datalake-ingestion", "PrebookingNotificationSubscription", "receive", ["PrebookingRejected", "PrebookingSubmitted"]),
        ("customer-payment", "ProcessPayment", "receive", ["PaymentRequested"]),
    ],
)
def test_an_operation_names_its_messages(service: str, operation: str, action: str, messages: list[str]) -> None:
    found = made(service)["operations"][operation]
    assert found["action"] == action
    assert sorted(each["$ref"].rsplit("/", 1)[1] for each in found["messages"]) == messages


@pytest.mark.parametrize(
    ("template", "old", "new", "fault"),
    [
        (
            "customer-notification.yaml",
            "type: [FareCollected, FareCollectionFailed]",
            "type: [FareCollected, FareRefunded]",
            "FareCollectionSubscription lets FareRefunded pass, and FareCollectionTopic never carries it: ",
        ),
        (
            "ride-booking.yaml",
            "FilterPolicy: {type: [PrebookingSubmitted]}",
            "FilterPolicy: {type: [RideCompleted]}",
            "PrebookingProcessingSubscription lets no message of PrebookingNotificationTopic pass: correct the FilterPolicy",
        ),
        (
            "unicorn-management.yaml",
            "RideCompletionTopicEvents: {Value: RideCompleted}",
            "RideCompletionTopicEvents: {Value: RideCompleted RideCancelled}",
            "RideCancelled of RideCompletionTopic has no schema: write contracts/schemas/RideCancelled.v1.json",
        ),
        (
            "herd.yaml",
            "  RfqResponseQueueMessages: {Value: RideQuoted}\n",
            "",
            "no output says which messages QuoteInstantRide sends to RfqResponseQueue: name them in ",
        ),
        (
            "ride-booking.yaml",
            "RequestForQuotesTopicMessages:",
            "RequestForQuotaTopicMessages:",
            "an output names messages of RequestForQuotaTopic, and no template has it: correct the output's name",
        ),
        (
            "herd.yaml",
            "  RfqResponseQueueMessages: {Value: RideQuoted}\n",
            "  RfqResponseQueueMessages: {Value: RideQuoted}\n  PaymentQueueMessages: {Value: PaymentRequested}\n",
            "an output names messages of PaymentQueue, and no role here may send to it: ",
        ),
        (
            "customer-loyalty.yaml",
            "wild-rydes-${Stage}-RideCompletionTopicArn",
            "wild-rydes-${Stage}-RideCompletedTopicArn",
            "RideCompletionSubscription subscribes to RideCompletedTopic, and no template has this topic: ",
        ),
        (
            "fare-collection.yaml",
            "!Ref AWS::NoValue]], Resource: !Ref FareCollectionTopic}",
            "!Ref AWS::NoValue]], Resource: !Ref FareTopic}",
            "PublishFareOutcomes may publish to FareTopic, and no template has this topic: correct the role",
        ),
        (
            "customer-loyalty.yaml",
            "  RideCompletedEffect:\n",
            "  RideCancelledEffect:\n",
            "the output RideCancelledEffect says that the service takes RideCancelled, and no queue brings it: ",
        ),
        (
            "customer-loyalty.yaml",
            "            Queue: !GetAtt CustomerLoyaltyQueue.Arn",
            "            Queue: !GetAtt CustomerLoyaltyDlq.Arn",
            "AwardPoints takes from CustomerLoyaltyDlq, which is no queue of a template: correct its event source",
        ),
    ],
)
def test_a_fault_between_templates_is_found(tmp_path: Path, template: str, old: str, new: str, fault: str) -> None:
    found = faults(changed(tmp_path, template, old, new), schemas())
    assert [line for line in found if line.startswith(f"infra/{template}: {fault}")], found


def test_a_schema_of_a_message_that_nothing_sends_is_found() -> None:
    known = schemas() | {"RideCancelled": {}}
    (fault,) = faults(SYSTEM, known)
    assert fault.startswith("contracts/schemas/RideCancelled.v1.json: no template sends RideCancelled: ")


def test_a_message_without_a_schema_is_found() -> None:
    known = schemas()
    del known["RideQuoted"]
    assert faults(SYSTEM, known) == [
        "infra/herd.yaml: RideQuoted of RfqResponseQueue has no schema: write contracts/schemas/RideQuoted.v1.json"
    ]


def test_any_other_condition_of_a_filter_stands_by_itself() -> None:
    assert asyncapi.condition(["a", "b"]) == ["a", "b"]
    assert asyncapi.condition([{"prefix": "a"}]) == {"prefix": "a"}
    assert asyncapi.condition(["a", {"prefix": "b"}]) == {"anyOf": ["a", {"prefix": "b"}]}


def keywords(schema: dict[str, Any]) -> set[str]:
    """The keywords of a schema and of all schemas in it."""
    found = set(schema)
    for key in ("properties", "$defs"):
        for inner in schema.get(key, {}).values():
            found |= keywords(inner)
    for key in ("items", "additionalProperties", "if", "then", "else", "not"):
        if isinstance(schema.get(key), dict):
            found |= keywords(schema[key])
    for key in ("allOf", "anyOf", "oneOf"):
        for inner in schema.get(key, []):
            found |= keywords(inner)
    return found


def test_the_schemas_mean_the_same_to_readers_of_asyncapi() -> None:
    for name, schema in schemas().items():
        assert keywords(schema) <= ALIKE, name


def test_the_vendored_schema_is_the_one_that_its_table_names() -> None:
    ((name, digest),) = re.findall(r"^\| `([\w.]+)` \|.*`([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.MULTILINE)
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
