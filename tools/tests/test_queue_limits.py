"""The emulator takes of a message what SQS takes."""

import unittest

from patched import load

QUEUE, FIFO = "http://localhost/1/buffer", "http://localhost/1/buffer.fifo"


class Refused(Exception):
    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")


def text(value: str) -> dict:
    return {"DataType": "String", "StringValue": value}


class TestQueueLimits(unittest.TestCase):
    def setUp(self) -> None:
        limits = load("queue_limits", "sqs")
        limits.sqs._Err = Refused
        self.send = limits.send(lambda message, url: "sent")

    def test_ten_attributes_are_the_most(self) -> None:
        attributes = {str(n): text("x") for n in range(10)}
        message = {"MessageBody": "body", "MessageAttributes": attributes}
        self.assertEqual(self.send(message, QUEUE), "sent")
        attributes["more"] = text("x")
        with self.assertRaisesRegex(Refused, r"InvalidParameterValue: .*\[11\]"):
            self.send(message, QUEUE)

    def test_attributes_count_towards_the_size(self) -> None:
        attributes = {"a": text("é"), "b": {"DataType": "Binary", "BinaryValue": "AAAA"}}
        taken = len("aString") + 2 + len("bBinary") + 3
        message = {"MessageBody": "x" * (1024 * 1024 - taken), "MessageAttributes": attributes}
        self.assertEqual(self.send(message, QUEUE), "sent")
        message["MessageBody"] += "x"
        with self.assertRaisesRegex(Refused, "shorter than 1048576 bytes"):
            self.send(message, QUEUE)

    def test_only_a_fifo_queue_takes_a_deduplication_id(self) -> None:
        message = {"MessageBody": "body", "MessageDeduplicationId": "1"}
        self.assertEqual(self.send({**message, "QueueUrl": FIFO}, QUEUE), "sent")
        with self.assertRaisesRegex(Refused, "not valid for this queue type"):
            self.send(message, QUEUE)
