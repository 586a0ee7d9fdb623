"""A proxy between the functions and the emulator, in which calls to AWS fail as they do in a bad hour: before they have had
an effect, or after it. What fails is drawn from a seed. It also enforces AWS's quotas (quotas.json), which no emulator has.

    POST /_faults {"share": 0.3}    from now on this share of the calls fails; 0 stops it
    GET  /_faults                   how many calls there were, and what became of them
    GET  /_calls                    how many there were of each kind, as in dynamodb:PutItem
    GET  /_units                    what DynamoDB bills for them, as in [["rides", "write", 3]]
    POST /_quotas {"profile": "sandbox", "scale": 0.05}
                                    from now on these quotas hold, at this share of their rates; null instead of a profile ends it
    GET  /_quotas                   each call's quota, how many calls there were, and how many of them were throttled
"""

import argparse
import asyncio
import json
import random
import re
import time
from collections import Counter
from typing import Any

from wild_rydes.fault_proxy import request_units
from wild_rydes.fault_proxy.quotas import Quotas

# A reset before the call has arrived; AWS's own trouble; throttling; a late answer; an effect, and no answer.
FAULTS = ("reset", "error", "throttled", "slow", "lost answer")
CONTROLS = ("/_faults", "/_calls", "/_units", "/_quotas")
# The longest is more than a client waits for one try, most are less.
SLOW_SECONDS = (0.2, 4.0)
# Shorter than the emulator keeps a connection that nothing goes through.
KEPT_SECONDS = 30
LARGEST = 16 * 1024 * 1024

# A call is signed for a service, and names its operation in a header or in its form; or it is known by its method.
SERVICE = re.compile(rb"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request", re.I)
TARGET = re.compile(rb"x-amz-target:\s*\w+\.(\w+)", re.I)
ACTION = re.compile(rb"(?:^|&)Action=(\w+)")


class Proxy:
    def __init__(self, upstream: int, seed: int) -> None:
        self.upstream, self.random, self.share = Upstream(upstream), random.Random(seed), 0.0
        self.seen: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.units: Counter[tuple[str, str]] = Counter()
        self.quotas = Quotas()
        # The event loop itself keeps no hold on them.
        self.under_way: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves requests one after the other, for as long as the client keeps its connection."""
        task = asyncio.current_task()
        self.under_way.add(task)
        try:
            while request := await read(reader):
                answer = self.control(request) if request.path in CONTROLS else await self.forward(request)
                if answer is None:
                    # With unread data or without, the client sees its connection reset.
                    writer.transport.abort()
                    return
                writer.write(answer)
                await writer.drain()
                if request.is_last():
                    return
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.under_way.discard(task)
            writer.close()

    def control(self, request: "Request") -> bytes:
        if request.method == "POST":
            try:
                self.obey(request.path, json.loads(request.body))
            except (ValueError, KeyError) as error:
                return respond(400, "text/plain", str(error))
        units = [[*kind, n] for kind, n in self.units.items()]
        shown = {"/_faults": self.seen, "/_calls": self.calls, "/_units": units, "/_quotas": self.quotas.report()}
        return respond(200, "application/json", json.dumps(shown[request.path]))

    def obey(self, path: str, order: dict[str, Any]) -> None:
        if path == "/_quotas":
            self.quotas.switch(order["profile"], float(order.get("scale", 1)))
        else:
            self.share = float(order["share"])

    async def forward(self, request: "Request") -> bytes | None:
        fault = self.random.choice(FAULTS) if self.random.random() < self.share else "none"
        self.seen[fault] += 1
        service, _, operation = request.call().partition(":")
        self.calls[f"{service}:{operation}"] += 1
        if service == "dynamodb":
            self.units += request_units.units(operation, request.body)
        if fault == "reset":
            return None
        if fault in ("error", "throttled"):
            return refuse(request, fault)
        if refusal := self.quotas.refusal(f"{service}:{operation}", f"{request.method} {request.path}", request.body):
            return respond(refusal.status, refusal.content_type, refusal.body, refusal.headers)
        if fault == "slow":
            least, most = SLOW_SECONDS
            await asyncio.sleep(least + (most - least) * self.random.random() ** 3)
        try:
            answer = await self.upstream.call(request)
        except (OSError, asyncio.IncompleteReadError):
            # No fault that was drawn, so it is counted apart.
            self.seen["broken"] += 1
            return None
        return None if fault == "lost answer" else answer


class Upstream:
    """The emulator, and connections to it that are kept from one call to the next: one for each call would be more than the
    kernel queues under load."""

    def __init__(self, port: int) -> None:
        self.port = port
        # The one that was used last comes first, so that the others end.
        self.idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def call(self, request: "Request") -> bytes:
        reader, writer = await self._connection()
        try:
            writer.write(request.head + request.body)
            await writer.drain()
            answer, kept = await read_answer(reader, request.method)
        except BaseException:
            writer.transport.abort()
            raise
        if kept:
            self.idle.append((time.monotonic(), reader, writer))
            while time.monotonic() - self.idle[0][0] > KEPT_SECONDS:
                self.idle.pop(0)[2].close()
        else:
            writer.close()
        return answer

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self.idle:
            since, reader, writer = self.idle.pop()
            if time.monotonic() - since < KEPT_SECONDS and not reader.at_eof() and reader.exception() is None:
                return reader, writer
            writer.transport.abort()
        return await asyncio.open_connection("127.0.0.1", self.port, limit=LARGEST)


class Request:
    def __init__(self, head: bytes, body: bytes) -> None:
        self.head, self.body = head, body
        self.method, self.path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")

    def call(self) -> str:
        service, operation = SERVICE.search(self.head), TARGET.search(self.head) or ACTION.search(self.body)
        return f"{service[1].decode() if service else 'nobody'}:{operation[1].decode() if operation else self.method}"

    def is_json(self) -> bool:
        return b"x-amz-json" in self.head.lower()

    def is_last(self) -> bool:
        return headers_of(self.head).get(b"connection", b"").strip() == b"close"


async def read(reader: asyncio.StreamReader) -> Request | None:
    """The next request; None if the client has closed its connection instead."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        if ended.partial:
            raise
        return None
    return Request(head, await read_body(reader, headers_of(head)))


async def read_answer(reader: asyncio.StreamReader, method: str) -> tuple[bytes, bool]:
    """The whole answer, and whether its connection may be used again."""
    head, status = b"", b"1"
    # A status of 1xx only announces the answer.
    while status.startswith(b"1"):
        head = await reader.readuntil(b"\r\n\r\n")
        status = head.split(b" ", 2)[1]
    headers = headers_of(head)
    body = b"" if method == "HEAD" or status in (b"204", b"304") else await read_body(reader, headers)
    return head + body, headers.get(b"connection", b"").strip() != b"close"


def headers_of(head: bytes) -> dict[bytes, bytes]:
    return dict(line.lower().split(b":", 1) for line in head.strip().split(b"\r\n")[1:])


async def read_body(reader: asyncio.StreamReader, headers: dict[bytes, bytes]) -> bytes:
    if b"chunked" not in headers.get(b"transfer-encoding", b""):
        return await reader.readexactly(int(headers.get(b"content-length", 0)))
    body = b""
    while True:
        size = await reader.readuntil(b"\r\n")
        length = int(size.split(b";")[0], 16)
        body += size + await reader.readexactly(length + 2)
        if length == 0:
            return body


def refuse(request: Request, fault: str) -> bytes:
    """The answer in the service's own form: JSON or XML, and without a body to HEAD."""
    status, code = (500, "InternalServerError") if fault == "error" else (400, "ThrottlingException")
    if request.method == "HEAD":
        return respond(status, "text/xml", "")
    if request.is_json():
        return respond(status, "application/x-amz-json-1.0", json.dumps({"__type": code}))
    return respond(status, "text/xml", f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>")


def respond(status: int, content_type: str, body: str, headers: dict[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Fault", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in (headers or {}).items()), "", body]).encode()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("port", "upstream", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    options = parser.parse_args()
    proxy = Proxy(options.upstream, options.seed)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", options.port, limit=LARGEST, backlog=4096)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
