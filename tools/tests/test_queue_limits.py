"""The emulator takes of a message what SQS takes."""

from typing import Any

import pytest

from patched import load

QUEUE, FIFO = "http://localhost/1/buffer", "http://localhost/1/buffer.fifo"


class Refused(Exception):
    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")


def text(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


class TestQueueLimits:
    def setup_method(self) -> None:
        limits = load("queue_limits", "sqs")
        limits.sqs._Err = Refused
        self.send = limits.send(lambda message, url: "sent")

    def test_ten_attributes_are_the_most(self) -> None:
        attributes = {str(n): text("x") for n in range(10)}
        message = {"MessageBody": "body", "MessageAttributes": attributes}
        assert self.send(message, QUEUE) == "sent"
        attributes["more"] = text("x")
        with pytest.raises(Refused, match=r"InvalidParameterValue: .*\[11\]"):
            self.send(message, QUEUE)

    def test_attributes_count_towards_the_size(self) -> None:
        attributes = {"a": text("é"), "b": {"DataType": "Binary", "BinaryValue": "AAAA"}}
        taken = len("aString") + 2 + len("bBinary") + 3
        message: dict[str, Any] = {"MessageBody": "x" * (1024 * 1024 - taken), "MessageAttributes": attributes}
        assert self.send(message, QUEUE) == "sent"
        message["MessageBody"] += "x"
        with pytest.raises(Refused, match="shorter than 1048576 bytes"):
            self.send(message, QUEUE)

    def test_only_a_fifo_queue_takes_a_deduplication_id(self) -> None:
        message = {"MessageBody": "body", "MessageDeduplicationId": "1"}
        assert self.send({**message, "QueueUrl": FIFO}, QUEUE) == "sent"
        with pytest.raises(Refused, match="not valid for this queue type"):
            self.send(message, QUEUE)
