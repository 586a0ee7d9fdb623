"""The messages that SQS refuses. Each function here makes a replacement from what it replaces in ministack."""

import base64
from collections.abc import Callable
from typing import Any

from ministack.services import sqs

MOST_ATTRIBUTES = 10
MOST_BYTES = 1024 * 1024


def send(original: Callable[..., Any]) -> Callable[..., Any]:
    """A message has ten attributes at most, which count towards its size, and a deduplication id only in a FIFO queue. ministack
    looks at the size of the body alone."""

    def run(message: dict[str, Any], url: str) -> dict[str, Any]:
        attributes = message.get("MessageAttributes") or {}
        if len(attributes) > MOST_ATTRIBUTES:
            raise refusal(f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{MOST_ATTRIBUTES}].")
        parts = [part for name, value in attributes.items() for part in (name, value.get("DataType"), value.get("StringValue"))]
        size = sum(len(str(part).encode()) for part in [message.get("MessageBody"), *parts] if part)
        size += sum(len(base64.b64decode(value.get("BinaryValue") or "")) for value in attributes.values())
        if size > MOST_BYTES:
            raise refusal(f"One or more parameters are invalid. Reason: Message must be shorter than {MOST_BYTES} bytes.")
        if message.get("MessageDeduplicationId") and not message.get("QueueUrl", url).endswith(".fifo"):
            raise refusal("The request include parameter that is not valid for this queue type")
        return original(message, url)

    return run


def refusal(why: str) -> Exception:
    return sqs._Err("InvalidParameterValue", why)
