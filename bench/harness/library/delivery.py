"""Lambda's part: it polls a queue, gives batches to the function's process, and deletes what the function has handled. As on AWS,
a function that is late or has failed leaves its whole batch in the queue, until the visibility timeout brings it back."""

import json
import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.library.client import Client
from harness.library.deployed import Deployed
from harness.library.orders import SEED
from harness.process import Process
from harness.programs import Program
from harness.runtime_api import Ended, Failed, Late
from wild_rydes import console
from wild_rydes.emulator.profiles import REGION

PAUSE_SECONDS = 0.2
WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")


class Delivery:
    """Of the messages of one consumer, one batch after the other."""

    def __init__(self, client: Client, deployed: Deployed, program: Program, log: Path) -> None:
        self.client, self.deployed, self.program, self.log = client, deployed, program, log
        self.process: Process | None = None
        self.lock = threading.Lock()
        # Batches are of any size, as Lambda's are: the same messages do not always come together.
        self.random = random.Random(SEED)
        self.invocations: Counter[str] = Counter()

    def run(self, env: dict[str, str], deadline: float) -> float:
        """Delivers until no message is left, or until the deadline; gives the seconds that this took."""
        began = time.monotonic()
        try:
            while time.monotonic() < deadline:
                if records := self.receive():
                    self.deliver(records, env)
                elif not self.waiting():
                    break
                else:
                    time.sleep(PAUSE_SECONDS)
            return time.monotonic() - began
        finally:
            self.end()

    def receive(self) -> list[dict[str, Any]]:
        asked = {"MaxNumberOfMessages": self.random.randint(1, self.deployed.batch), "MessageSystemAttributeNames": ["All"]}
        received = self.client.call("sqs", "ReceiveMessage", QueueUrl=self.deployed.queue_url, **asked)
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": self.deployed.queue_arn,
                "awsRegion": REGION,
            }
            for message in received.get("Messages", [])
        ]

    def waiting(self) -> int:
        """The number of messages that are left."""
        asked = {"QueueUrl": self.deployed.queue_url, "AttributeNames": list(WAITING)}
        return sum(map(int, self.client.call("sqs", "GetQueueAttributes", **asked)["Attributes"].values()))

    def deliver(self, records: list[dict[str, Any]], env: dict[str, str]) -> None:
        kept = self.invoke({"Records": records}, env)
        for record in records:
            if kept is not None and record["messageId"] not in kept:
                handle = record["receiptHandle"]
                self.client.call("sqs", "DeleteMessage", QueueUrl=self.deployed.queue_url, ReceiptHandle=handle)

    def invoke(self, event: dict[str, Any], env: dict[str, str]) -> set[str] | None:
        """The ids of the messages that the function wants to keep; None if it did not answer, and all are kept."""
        with self.lock:
            self.process = self.process or Process(self.program, env, self.log)
        try:
            _, answer = self.process.invoke(json.dumps(event).encode(), self.deployed.seconds)
            self.process.await_poll()
        except (Ended, Failed, Late) as fault:
            self.invocations[type(fault).__name__.lower()] += 1
            # One that failed polls again, unless its process ends with it.
            if not isinstance(fault, Failed) or not self.polls():
                self.end()
            return None
        self.invocations["answered"] += 1
        return {failure["itemIdentifier"] for failure in (json.loads(answer) or {}).get("batchItemFailures", [])}

    def polls(self) -> bool:
        with suppress(console.Stop):
            if self.process:
                self.process.await_poll()
                return True
        return False

    def kill(self) -> None:
        """Ends the process at once, as a lack of memory does."""
        with self.lock, suppress(OSError):
            if self.process:
                signal.pidfd_send_signal(self.process.api.pidfd, signal.SIGKILL)

    def end(self) -> None:
        with self.lock:
            if self.process:
                self.process.stop()
            self.process = None
