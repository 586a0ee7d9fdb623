"""A proxy before the emulator in which the calls that store an order meet that order's fault, the same for every consumer."""

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from harness.library.orders import Fault, How, Order

STORES = "TransactWriteItems"
NAME = re.compile(rb'"(o-\d+)"')
# Longer than any consumer waits.
HUNG_SECONDS = 30
HAS_EFFECT = (How.FAILED_AFTER, How.ANSWER_LOST, How.KILLED_AFTER)
KILLS = (How.KILLED_AFTER, How.KILLED_BEFORE)
TROUBLE = (500, "InternalServerError")
CODES = {How.THROTTLED: (400, "ThrottlingException"), How.REFUSED: TROUBLE, How.FAILED_AFTER: TROUBLE}
# Set by the proxy itself, or of one connection only.
NOT_PASSED_ON = ("connection", "content-length", "date", "server", "transfer-encoding")


class Script:
    """The faults of orders, and the calls so far for each."""

    def __init__(self, orders: Sequence[Order], now: Callable[[], float] = time.monotonic) -> None:
        self.faults: dict[str, Fault] = {order.name: order.fault for order in orders if order.fault}
        self.now, self.lock = now, threading.Lock()
        self.calls: dict[str, tuple[int, float]] = {}
        self.met: dict[How, int] = dict.fromkeys(How, 0)

    def fault_of(self, operation: str, body: bytes) -> How | None:
        """The fault that this call meets."""
        found = NAME.search(body) if operation == STORES else None
        if not found:
            return None
        name = found[1].decode()
        with self.lock:
            calls, first = self.calls.get(name, (0, self.now()))
            self.calls[name] = calls + 1, first
            fault = self.faults.get(name)
            if not fault or not fault.meets(calls + 1, self.now() - first):
                return None
            self.met[fault.how] += 1
            return fault.how


class Proxy:
    """There for as long as the block lasts. `kill` kills the consumer's process."""

    def __init__(self, upstream: str, script: Script, kill: Callable[[], None]) -> None:
        address = urlsplit(upstream)
        place = (address.hostname or "", address.port or 80)
        handler = type("Handler", (Handler,), {"place": place, "script": script, "kill": staticmethod(kill)})
        self.server = Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Says nothing: a killed process leaves its connections."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    place: tuple[str, int]
    script: Script
    kill: Callable[[], None]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        how = self.script.fault_of(operation, body)
        answer = self.pass_on(body) if how is None or how in HAS_EFFECT else None
        if how is None and answer:
            self.reply(*answer)
        elif how in CODES:
            status, code = CODES[how]
            self.reply(status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps({"__type": code}).encode())
        else:
            if how in KILLS:
                self.kill()
            elif how == How.HUNG:
                time.sleep(HUNG_SECONDS)
            self.close_connection = True

    def pass_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = http.client.HTTPConnection(*self.place, timeout=60)
        try:
            upstream.request("POST", self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            return answer.status, {k: v for k, v in answer.getheaders() if k.lower() not in NOT_PASSED_ON}, answer.read()
        finally:
            upstream.close()

    def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""
