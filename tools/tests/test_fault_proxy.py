"""The check of the messages that passed the fault proxy."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from wild_rydes import console
from wild_rydes.fault_proxy import FaultProxy


@contextmanager
def proxy_with(found: dict[str, Any]) -> Iterator[FaultProxy]:
    """A proxy that was started already, and has these findings."""

    class Findings(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Findings) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield FaultProxy(upstream=0, seed=0, port=server.server_port, program="none")
        server.shutdown()


def test_valid_messages_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with proxy_with({"valid": {"RideCompleted": 3, "RideQuoted": 2}, "faults": {}, "not_events": 1}) as proxy:
        proxy.check_messages()
    assert "5 messages of 2 types" in capsys.readouterr().out


def test_an_invalid_message_stops_the_run_and_is_named() -> None:
    found = {"valid": {"RideCompleted": 3}, "faults": {"RideTopic: RideCompleted: /data/fare": 2}, "not_events": 0}
    with proxy_with(found) as proxy, pytest.raises(console.Stop, match="2 times: RideTopic: RideCompleted: /data/fare"):
        proxy.check_messages()


def test_a_run_without_a_message_has_shown_nothing() -> None:
    with proxy_with({"valid": {}, "faults": {}, "not_events": 4}) as proxy, pytest.raises(console.Stop, match="no message"):
        proxy.check_messages()
