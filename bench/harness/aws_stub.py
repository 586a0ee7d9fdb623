"""An AWS that says that everything went well, and does nothing. It answers after the milliseconds of its first argument; with 0,
a function's time is its own.

Its operations are told apart as the services' protocols do it. It prints its port, and with the
files of a certificate and its key a second one, for TLS. It ends as its input does, so that it doesn't outlive who started it.

    GET /_calls     which calls there were since this was asked last
"""

import asyncio
import hashlib
import json
import ssl
import sys
import urllib.parse
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from harness import wire
from harness.events import SEEDS

JSON, XML = {"Content-Type": "application/x-amz-json-1.0"}, {"Content-Type": "text/xml"}
# The item in each table that functions read, under any key; other tables are empty.
TABLES = {
    "contacts": {"email": {"S": "jane-doe@example.com"}},
    "prebookings": {"id": {"S": "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10"}, "status": {"S": "SUBMITTED"}},
    "rfqs": json.loads((SEEDS / "stored_rfq" / "closed.json").read_text()),
}
HERDS = ("rainbow", "stardust")


def get_item(asked: dict[str, Any]) -> dict[str, Any]:
    found = TABLES.get(asked["TableName"])
    return {"Item": found} if found else {}


def batch_get_item(asked: dict[str, Any]) -> dict[str, Any]:
    of = {table: (TABLES.get(table), of["Keys"]) for table, of in asked["RequestItems"].items()}
    return {"Responses": {table: [found | key for key in keys] if found else [] for table, (found, keys) in of.items()}}


def query(_: dict[str, Any]) -> dict[str, Any]:
    """An event that waits for its customer's address."""
    event = (SEEDS / "envelope" / "ride-completed.json").read_text()
    items = [{"customer": {"S": "jane-doe"}, "eventId": {"S": "1"}, "event": {"S": event}, "recordedAt": {"S": "now"}}]
    return {"Items": items, "Count": len(items)}


def send_message(asked: dict[str, Any]) -> dict[str, Any]:
    return {"MessageId": "1", "MD5OfMessageBody": hashlib.md5(asked["MessageBody"].encode()).hexdigest()}


def each_entry(asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "Successful": [{"Id": entry["Id"], "MessageId": "1", "MD5OfMessageBody": "0"} for entry in asked["Entries"]],
        "Failed": [],
    }


# By the operation's name; any other is answered with nothing.
ANSWERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "BatchGetItem": batch_get_item,
    "GetItem": get_item,
    "Query": query,
    "SendMessage": send_message,
    "SendMessageBatch": each_entry,
    "ChangeMessageVisibilityBatch": each_entry,
    "StartExecution": lambda _: {"executionArn": "arn:aws:states:us-east-1:123456789012:execution:m:1", "startDate": 1795500000},
}


def publish_batch(asked: dict[str, list[str]]) -> str:
    ids = [
        value for name, (value, *_) in asked.items() if name.startswith("PublishBatchRequestEntries.") and name.endswith(".Id")
    ]
    members = "".join(f"<member><Id>{number}</Id><MessageId>1</MessageId></member>" for number in ids)
    return f"<Successful>{members}</Successful><Failed/>"


def list_subscriptions(_: dict[str, list[str]]) -> str:
    members = (f"<member><Endpoint>arn:aws:sqs:us-east-1:123456789012:herd-{herd}</Endpoint></member>" for herd in HERDS)
    return f"<Subscriptions>{''.join(members)}</Subscriptions>"


QUERIES = {"PublishBatch": publish_batch, "ListSubscriptionsByTopic": list_subscriptions}


class Connection(asyncio.Protocol):
    calls: ClassVar[Counter[str]] = Counter()
    wait_seconds: ClassVar[float] = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.arrived = transport, bytearray()

    def data_received(self, data: bytes) -> None:
        self.arrived += data
        while request := wire.take(self.arrived):
            answer = self.respond(request)
            if self.wait_seconds:
                asyncio.get_running_loop().call_later(self.wait_seconds, self.transport.write, answer)
            else:
                self.transport.write(answer)

    def respond(self, request: wire.Request) -> bytes:
        if request.path == "/_calls":
            calls, Connection.calls = Connection.calls, Counter()
            return wire.answer(200, json.dumps(calls).encode(), JSON)
        if target := request.headers.get("x-amz-target"):
            operation, asked = target.rsplit(".", 1)[1], json.loads(request.body)
            is_dead_letter = operation == "SendMessage" and asked["QueueUrl"].endswith("-dlq")
            self.calls["dead letter" if is_dead_letter else operation] += 1
            answer = ANSWERS[operation](asked) if operation in ANSWERS else {}
            return wire.answer(200, json.dumps(answer).encode(), JSON)
        if request.body.startswith(b"Action="):
            asked = urllib.parse.parse_qs(request.body.decode())
            operation = asked["Action"][0]
            self.calls[operation] += 1
            result = QUERIES[operation](asked)
            document = f"<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"
            return wire.answer(200, document.encode(), XML)
        if request.path.startswith("/v2/email/"):
            self.calls["SendEmail"] += 1
            return wire.answer(200, b'{"MessageId":"1"}', {"Content-Type": "application/json"})
        self.calls[f"{request.method} object"] += 1
        return wire.answer(200, b"", {"ETag": '"0"'})


async def main() -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    servers = [await loop.create_server(Connection, "127.0.0.1", 0)]
    wait_ms, *files = sys.argv[1:]
    Connection.wait_seconds = float(wait_ms) / 1000
    if files:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*files)
        servers.append(await loop.create_server(Connection, "127.0.0.1", 0, ssl=tls))
    # Nobody writes into it: it can be read when it ends.
    loop.add_reader(sys.stdin, ended.set)
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await ended.wait()
    for server in servers:
        server.close()


if __name__ == "__main__":
    asyncio.run(main())
