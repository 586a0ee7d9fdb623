"""The events of each function: the examples that its unit tests change, as Lambda hands them over."""

import functools
import json
import re
from typing import Any

from wild_rydes import console
from wild_rydes.paths import BENCH, INFRA, ROOT

SEEDS = ROOT / "fuzz" / "seeds"
# The trigger of each function, and the example in fuzz/seeds. Those of services that take events are found in the templates.
EXAMPLES = {
    "collect-quotes": ("queue", "envelope/ride-quoted.json"),
    "credit-account": ("call", "credit_request/credit.json"),
    "process-payment": ("queue", "envelope/payment-requested.json"),
    "publish-fare-outcomes": ("stream", "fare_row/collected.json"),
    "publish-instant-ride-rfqs": ("stream", "rfq_row/rfq.json"),
    "publish-ride-completions": ("stream", "ride_row/ride.json"),
    "query-instant-ride-rfq": ("get", ""),
    "query-ride-prebooking": ("get", ""),
    "record-email-feedback": ("queue", "email_feedback/bounce.json"),
    "release-withheld-notifications": ("stream", "contact_row/contact.json"),
    "reconcile-payments": ("call", "schedule/hourly.json"),
    "submit-instant-ride-rfq": ("post", "rfq/rfq.json"),
    "submit-ride-completion": ("post", "ride_completion/ride.json"),
    "submit-ride-prebooking": ("queue", "prebooking/prebooking.json"),
    # No function of a service, but the consumer that is written with several libraries.
    "library": ("queue", str(BENCH / "library" / "order-placed.json")),
}
# An output by which a service declares that it takes an event, and through which queue.
EFFECT = re.compile(r'^  (\w+)Effect:\n(?: {4}.*\n)*? {6}\{"queue": "(\w+)"', re.MULTILINE)
PROGRAM = re.compile(r"CodeUri: \S*/([\w-]+)/\n")
POLLED = re.compile(r"Queue: !GetAtt (\w+)Queue\.Arn")
# The one id in the examples.
ID = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10"
ACCOUNT = "123456789012"
QUEUE = "buffer"


def takes_batches(function: str) -> bool:
    return door_of(function)[0] in ("queue", "stream")


def event(function: str, count: int, first: int) -> bytes:
    """An event with so many messages, each with an id of its own; any other event has one."""
    door, example = door_of(function)
    numbers = range(first, first + count)
    if door == "queue":
        made = {"Records": [message(example, number) for number in numbers]}
    elif door == "stream":
        made = {"Records": [row(example, number) for number in numbers]}
    elif door == "call":
        made = json.loads(text(example, first))
    else:
        made = request(door, text(example, first) if example else None, first)
    return json.dumps(made).encode()


def door_of(function: str) -> tuple[str, str]:
    examples = EXAMPLES | of_subscribers()
    if function not in examples:
        raise console.Stop(f"the benchmarks have no event for {function}: add one to EXAMPLES in bench/harness/events.py")
    return examples[function]


@functools.cache
def of_subscribers() -> dict[str, tuple[str, str]]:
    """The examples of the functions that are given events: of several, the one that the template declares first."""
    examples = {}
    for template in INFRA.glob("*.yaml"):
        text = template.read_text()
        events = {queue: event for event, queue in reversed(EFFECT.findall(text))}
        _, *functions = PROGRAM.split(text)
        for program, properties in zip(functions[::2], functions[1::2], strict=True):
            polled = POLLED.search(properties)
            if polled and polled[1] in events:
                kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", events[polled[1]]).lower()
                examples[program] = ("queue", f"envelope/{kebab}.json")
    return examples


def text(example: str, number: int) -> str:
    return (SEEDS / example).read_text().strip().replace(ID, numbered(number))


def numbered(number: int) -> str:
    return f"{ID[:24]}{number:012x}"


def message(example: str, number: int) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1795500000000", "SenderId": ACCOUNT}
    # Each is of a customer of its own, and goes its own way.
    attributes |= {"MessageGroupId": f"customer-{number}"} if "payment" in example else {}
    # API Gateway sends a request's header along.
    key = {"Idempotency-Key": {"dataType": "String", "stringValue": f"={numbered(number)}"}} if "prebooking/" in example else {}
    return {
        "messageId": numbered(number),
        "receiptHandle": f"AQEB{number:060x}",
        "body": text(example, number),
        "attributes": attributes,
        "messageAttributes": key,
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{QUEUE}",
        "awsRegion": "us-east-1",
    }


def row(example: str, number: int) -> dict[str, Any]:
    change = {
        "ApproximateCreationDateTime": 1795500000,
        "SequenceNumber": str(number),
        "SizeBytes": 1,
        "StreamViewType": "NEW_IMAGE",
        "Keys": {"id": {"S": numbered(number)}},
        "NewImage": json.loads(text(example, number)),
    }
    return {
        "eventID": str(number),
        "eventName": "INSERT",
        "awsRegion": "us-east-1",
        "eventSource": "aws:dynamodb",
        "dynamodb": change,
    }


def request(door: str, body: str | None, number: int) -> dict[str, Any]:
    method, headers = door.upper(), {"content-type": "application/json", "idempotency-key": numbered(number)}
    return {
        "resource": "/here",
        "path": "/here",
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "pathParameters": {"id": numbered(number)},
        "requestContext": {
            "httpMethod": method,
            "path": "/here",
            "stage": "bench",
            "requestId": numbered(number),
            "identity": {},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def check(function: str, answer: bytes) -> None:
    """Stops if the function failed, since a quick failure is no measurement."""
    told = json.loads(answer or b"null")
    if isinstance(told, dict) and (told.get("batchItemFailures") or told.get("statusCode", 200) >= 300):
        raise console.Stop(f"{function} did not do what it was given: {answer.decode()}")
