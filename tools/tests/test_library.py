"""The benchmarks of the library: the script of faults, the proxy that follows it, the audit, and the count of lines."""

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.library import audit, lines, orders, page
from harness.library.audit import Letter
from harness.library.orders import Fault, How, Order
from harness.library.proxy import Proxy, Script
from wild_rydes import console

STORE = "TransactWriteItems"


def order(name: str, fault: Fault | None = None, poison: str = "") -> Order:
    return Order(name, orders.event(name), fault=fault, poison=poison)


def test_every_consumer_is_given_the_same_orders() -> None:
    drawn = orders.drawn()
    assert drawn == orders.drawn()
    assert drawn != orders.drawn(seed=2)
    assert Counter(order.name for order in drawn) == Counter(order.name for order in orders.drawn(seed=2))
    assert len({order.body for order in drawn}) == len(drawn)


def test_every_fault_is_met_by_a_sound_order_or_kills_each_time() -> None:
    drawn = orders.drawn()
    of_sound = {order.fault.how for order in drawn if order.is_sound and order.fault}
    assert of_sound == set(How) - {How.KILLED_BEFORE}
    [killer] = [order for order in drawn if order.fault and order.fault.how == How.KILLED_BEFORE]
    assert not killer.is_sound


def test_a_fault_is_met_by_the_first_calls_and_for_a_while() -> None:
    once, a_while = Fault(How.REFUSED), Fault(How.REFUSED, seconds=8)
    assert [once.meets(call, 0.1) for call in (1, 2)] == [True, False]
    assert [a_while.meets(call, elapsed) for call, elapsed in ((1, 0), (5, 7.9), (6, 8.1))] == [True, True, False]


def test_a_script_counts_the_calls_for_each_order_from_the_first() -> None:
    now = [0.0]
    script = Script([order("o-1", Fault(How.REFUSED, seconds=8)), order("o-2")], lambda: now[0])

    def call(name: str, operation: str = STORE) -> How | None:
        return script.fault_of(operation, f'{{"S":"{name}"}}'.encode())

    assert [call("o-1"), call("o-2"), call("o-1", "UpdateItem")] == [How.REFUSED, None, None]
    now[0] = 5
    assert call("o-1") == How.REFUSED
    now[0] = 8.5
    assert call("o-1") is None
    assert script.met[How.REFUSED] == 2


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.stored += 1  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def upstream() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.stored = 0  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("how", "status", "stored", "kills"),
    [
        (How.THROTTLED, 400, 0, 0),
        (How.REFUSED, 500, 0, 0),
        (How.FAILED_AFTER, 500, 1, 0),
        (How.ANSWER_LOST, None, 1, 0),
        (How.KILLED_AFTER, None, 1, 1),
        (How.KILLED_BEFORE, None, 0, 1),
    ],
)
def test_a_fault_comes_before_the_effect_or_after_it(
    upstream: ThreadingHTTPServer, how: How, status: int | None, stored: int, kills: int
) -> None:
    killed: list[bool] = []
    script = Script([order("o-1", Fault(how))])
    with Proxy(f"http://127.0.0.1:{upstream.server_address[1]}", script, lambda: killed.append(True)) as proxy:
        assert posted(proxy) == status
        assert (upstream.stored, len(killed)) == (stored, kills)  # type: ignore[attr-defined]
        assert posted(proxy) == 200, "the second call meets no fault"


def posted(proxy: Proxy) -> int | None:
    """The status of the answer to a call that stores an order; None if the connection is closed instead."""
    connection = http.client.HTTPConnection(proxy.url.removeprefix("http://"), timeout=20)
    try:
        connection.request("POST", "/", b'{"S":"o-1"}', {"X-Amz-Target": f"DynamoDB_20120810.{STORE}"})
        return connection.getresponse().status
    except http.client.RemoteDisconnected:
        return None
    finally:
        connection.close()


def test_an_order_is_lost_doubled_or_dead_by_what_is_left_of_it() -> None:
    names = ("stored", "lost", "doubled", "dead", "stored-and-dead")
    sound = [order(name) for name in names]
    poison = [order(name, poison="bad") for name in ("explained", "unexplained", "gone", "done")]
    effects = {
        orders.customer(name): count for name, count in (("stored", 1), ("doubled", 2), ("stored-and-dead", 1), ("done", 1))
    }
    letters = [
        Letter(orders.event(name), name == "explained") for name in ("dead", "stored-and-dead", "explained", "unexplained")
    ]
    assert audit.judged([*sound, *poison], effects, letters, 3) == {
        "sound": 5,
        "poison": 4,
        "lost": ["lost"],
        "doubled": ["doubled"],
        "dead_without_effect": ["dead"],
        "dead_with_effect": ["stored-and-dead"],
        "poison_stored": ["done"],
        "poison_unexplained": ["done", "gone", "unexplained"],
        "left": 3,
    }


RUST = """
//! The crate.

/// An item.
fn main() { // starts
    "// no comment"
}
"""
PYTHON = '''
"""The module."""

# A comment.
def run():
    """The function."""
    text = """two

    lines"""
    return text  # ends
'''
YAML = """
# A comment.
Resources:

  Queue: {Type: AWS::SQS::Queue}  # here
"""


@pytest.mark.parametrize(("suffix", "text", "count"), [(".rs", RUST, 3), (".py", PYTHON, 5), (".yaml", YAML, 2)])
def test_lines_are_counted_without_blanks_and_comments(tmp_path: Path, suffix: str, text: str, count: int) -> None:
    file = tmp_path / f"file{suffix}"
    file.write_text(text)
    assert lines.counted(file) == count


MACHINE = {"date": "2026-11-27 10:00:00 +0000", "cores": 2, "cpu": "CPU"}


def results(heading: str) -> dict[str, object]:
    figure = {"median": 1234.5, "p10": 1.0, "p90": 2.0, "of": 3}
    measured = {"cpu_us": figure, "calls": 1.0}
    faults = audit.judged([order("o-1")], {orders.customer("o-1"): 1}, [], 0)
    return {
        "heading": heading,
        "cold": dict.fromkeys(("first_poll_ms", "first_answer_ms", "memory_mb"), figure),
        "zip_mb": 2.0,
        "one": measured,
        "batch": measured,
        "lines": {"handler": 7, "template": 8},
        "faults": {**faults, "invocations": {"answered": 3, "late": 1}, "seconds": 9.4},
    }


def test_the_table_is_written_between_the_marks_of_a_page(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("before\n<!-- library:begin -->\noutdated\n<!-- library:end -->\nafter\n")
    page.write({"designs": {"a": results("A"), "b": results("B")}}, MACHINE, (tmp_path / "missing.md", file))
    text = file.read_text()
    assert text.startswith("before\n<!-- library:begin -->\n|  | A | B |\n| --- | --- | --- |\n")
    assert "| lines of the handler / of the template | 7 / 8 | 7 / 8 |" in text
    assert "| invocations / without an answer | 4 / 1 | 4 / 1 |" in text
    said = "Medians of one run on 2026-11-27, on a machine with 2 cores (CPU)."
    assert text.endswith(f"|\n\n{said}\n<!-- library:end -->\nafter\n")
    assert "outdated" not in text


def test_a_table_without_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(console.Stop, match="no page has a place"):
        page.write({"designs": {"a": results("A")}}, MACHINE, (tmp_path / "page.md",))
