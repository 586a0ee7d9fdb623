"""Lambda's side of the Runtime API, for one process of a function: it polls, is given an event, and answers."""

import os
import selectors
import socket
import time

from harness import wire
from wild_rydes import console

# Longer than any function takes here; one that dies is noticed at once.
PATIENCE_SECONDS = 30


class Ended(console.Stop):
    """The process of the function has ended."""


class Late(console.Stop):
    """The function has neither polled nor answered in time."""


class Failed(console.Stop):
    """The function has answered with an error."""


class RuntimeApi:
    def __init__(self, name: str) -> None:
        self.name, self.given = name, 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"
        self.arrived: dict[socket.socket, bytearray] = {}
        self.polling: socket.socket | None = None
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.server, selectors.EVENT_READ)

    def watch(self, pid: int) -> None:
        """From now on the end of this process is the end of waiting for it."""
        self.pidfd = os.pidfd_open(pid)
        self.selector.register(self.pidfd, selectors.EVENT_READ)

    def await_poll(self) -> float:
        """Waits until the function asks for its next event; gives the moment."""
        if self.polling is not None:
            raise console.Stop(f"{self.name} has polled already")
        connection, request, moment = self.request()
        if request.method != "GET" or not request.path.endswith("/runtime/invocation/next"):
            raise console.Stop(
                f"{self.name} asked for {request.path} instead of its next event: {request.body.decode(errors='replace')}"
            )
        self.polling = connection
        return moment

    def invoke(self, event: bytes, seconds: float = PATIENCE_SECONDS) -> tuple[float, bytes]:
        """Gives the function, which polls, an event and so many seconds; gives those until it has answered, and the answer."""
        self.given += 1
        invocation = f"00000000-0000-4000-8000-{self.given:012x}"
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": f"arn:aws:lambda:us-east-1:123456789012:function:{self.name}",
            "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
        }
        given, polling = wire.answer(200, event, headers), self.polling
        if polling is None:
            raise console.Stop(f"{self.name} has not polled")
        self.polling = None
        began = time.perf_counter()
        polling.sendall(given)
        connection, request, moment = self.request(seconds)
        connection.sendall(wire.answer(202, b"", {}))
        if request.method != "POST" or not request.path.endswith(f"/{invocation}/response"):
            raise Failed(f"{self.name} failed: {request.path}: {request.body.decode(errors='replace')}")
        return moment - began, request.body

    def request(self, seconds: float = PATIENCE_SECONDS) -> tuple[socket.socket, wire.Request, float]:
        """The next request on any of the function's connections."""
        latest = time.monotonic() + seconds
        while (left := latest - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                if key.fileobj is self.server:
                    self.accept()
                elif isinstance(key.fileobj, int):
                    raise Ended(f"{self.name} ended by itself")
                elif isinstance(key.fileobj, socket.socket) and (request := self.receive(key.fileobj)):
                    return key.fileobj, request, time.perf_counter()
        raise Late(f"{self.name} neither polled nor answered within {seconds} s")

    def accept(self) -> None:
        connection, _ = self.server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.arrived[connection] = bytearray()
        self.selector.register(connection, selectors.EVENT_READ)

    def receive(self, connection: socket.socket) -> wire.Request | None:
        data = connection.recv(1 << 18)
        if not data:
            self.selector.unregister(connection)
            del self.arrived[connection]
            connection.close()
            return None
        self.arrived[connection] += data
        return wire.take(self.arrived[connection])

    def close(self) -> None:
        self.selector.close()
        for connection in (*self.arrived, self.server):
            connection.close()
        if hasattr(self, "pidfd"):
            os.close(self.pidfd)
