"""A smoke run sees a stage that does not work."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from wild_rydes import console, smoke
from wild_rydes.rydes import Rydes
from wild_rydes.smoke import Smoke

RIDE = {"services": [{"service": "customer-loyalty", "effect": "points", "delivery": "queue"}]}
RFQ = {"rfq-id": "q", "status": "CLOSED", "herds": ["a", "b"], "closed-at": "1", "reply-by": "2"}
QUOTES = [{"responder": "a"}, {"responder": "b"}]
PROBLEM = json.dumps({"problem": {"status": 422, "detail": "fare: must not be negative"}})
PARAMETERS = {"customer-payment": {"PaymentProvider": "simulated"}}


class Stage:
    """A client that answers each command as it is told to, and keeps what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.answers: dict[str, tuple[int, str, str]] = {}
        self.folder, self.asked = folder, folder / "asked"

    def answers_to(self, command: str, said: Any, code: int = 0, wrong: str = "") -> None:
        self.answers[command] = (code, said if isinstance(said, str) else json.dumps(said), wrong)

    def smoke(self) -> Smoke:
        program = self.folder / "rydes"
        program.write_text(
            f"#!{sys.executable}\nimport sys\nopen({str(self.asked)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
            f"code, said, wrong = {self.answers!r}.get(sys.argv[1], (0, '', ''))\n"
            "print(said)\nprint(wrong, file=sys.stderr)\nsys.exit(code)\n"
        )
        program.chmod(0o755)
        return Smoke(Rydes(program, os.environ, shown=False), PARAMETERS)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def reason(smoke_run: Smoke, check: Any) -> str:
    (outcome,) = smoke.run(smoke_run, [check])
    assert outcome.ok == (not outcome.reason)
    return outcome.reason


def test_a_ride_that_a_service_leaves_without_effect_is_seen(stage: Stage) -> None:
    stage.answers_to("complete-ride", "r")
    stage.answers_to("fare", {"steps": [{"state": "CompleteFare"}]})
    stage.answers_to("trace", RIDE)
    assert reason(stage.smoke(), smoke.a_ride_reaches_every_subscriber) == ""
    lost = {"services": [*RIDE["services"], {"service": "customer-accounting", "effect": None, "delivery": "queue"}]}
    stage.answers_to("trace", lost, code=1)
    assert (
        reason(stage.smoke(), smoke.a_ride_reaches_every_subscriber) == "ride r has had no effect in time at customer-accounting"
    )
    stage.answers_to("trace", "", code=1, wrong="rydes: no such ride")
    assert "no such ride" in reason(stage.smoke(), smoke.a_ride_reaches_every_subscriber)


def test_a_fare_that_is_not_collected_is_seen(stage: Stage) -> None:
    stage.answers_to("complete-ride", "r")
    stage.answers_to("trace", RIDE)
    stage.answers_to("fare", {"steps": [{"state": "FareFailed"}]})
    assert "went another way" in reason(stage.smoke(), smoke.a_ride_reaches_every_subscriber)
    # A real provider has no payment method of this customer.
    real = stage.smoke()
    real.parameters = {"customer-payment": {"PaymentProvider": "stripe"}}
    assert reason(real, smoke.a_ride_reaches_every_subscriber) == ""


@pytest.mark.parametrize(
    ("answered", "change", "fault"),
    [
        (QUOTES, {}, ""),
        (QUOTES[:1], {"closed-at": "2"}, ""),
        (QUOTES[:1], {}, "neither the last answer nor the deadline"),
        (QUOTES, {"closed-at": "2"}, "neither the last answer nor the deadline"),
        ([], {"closed-at": "2"}, "answered"),
        ([*QUOTES, {"responder": "c"}], {}, "answered"),
        (QUOTES, {"status": "OPEN"}, "is OPEN"),
    ],
)
def test_a_request_is_closed_by_its_last_answer_or_its_deadline(
    stage: Stage, answered: list[dict[str, str]], change: dict[str, str], fault: str
) -> None:
    stage.answers_to("request-quotes", {**RFQ, "quotes": answered, **change})
    found = reason(stage.smoke(), smoke.a_request_for_quotes_is_closed_by_its_last_answer_or_its_deadline)
    assert fault in found
    assert bool(found) == bool(fault)


def test_a_rule_that_is_not_enforced_is_seen(stage: Stage) -> None:
    stage.answers_to("request-quotes", "", code=1, wrong=PROBLEM)
    stage.answers_to("complete-ride", "", code=1, wrong=PROBLEM)
    assert reason(stage.smoke(), smoke.what_breaks_a_rule_is_refused_with_the_rule) == ""
    stage.answers_to("complete-ride", "r")
    assert "was accepted" in reason(stage.smoke(), smoke.what_breaks_a_rule_is_refused_with_the_rule)
    stage.answers_to("complete-ride", "", code=1, wrong=PROBLEM.replace("422", "500"))
    assert "500" in reason(stage.smoke(), smoke.what_breaks_a_rule_is_refused_with_the_rule)


def test_the_address_of_the_runs_customer_is_removed_whatever_fails(stage: Stage) -> None:
    stage.answers_to("complete-ride", "", code=1, wrong="rydes: no answer")
    of_run = stage.smoke()
    assert "no answer" in reason(of_run, smoke.a_ride_reaches_every_subscriber)
    assert stage.asked.read_text().splitlines()[-1] == f"remove-contact {of_run.customer}"


def test_the_audits_findings_are_read_and_its_failure_is_no_green_audit(stage: Stage) -> None:
    finding = {"about": "ride r", "service": "customer-loyalty", "what": "effect missing"}
    stage.answers_to("audit", {"found": 1, "findings": [finding]}, code=1)
    assert smoke.audit(stage.smoke(), 0) == [finding]
    stage.answers_to("audit", {"found": 2, "findings": [finding]}, code=1)
    with pytest.raises(console.Stop, match="finds 2 faults and shows 1"):
        smoke.audit(stage.smoke(), 0)
    stage.answers_to("audit", "", code=1, wrong="rydes: no stage")
    with pytest.raises(console.Stop, match="no stage"):
        smoke.audit(stage.smoke(), 0)


@pytest.fixture
def edge() -> Iterator[HTTPServer]:
    """An API that lets everybody in, except where it is told otherwise."""

    class Edge(BaseHTTPRequestHandler):
        refused: tuple[str, ...] = ()

        def do_POST(self) -> None:
            self.send_response(403 if self.path in self.refused else 201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Edge) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_an_api_that_takes_unsigned_requests_is_seen(stage: Stage, edge: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{edge.server_port}"
    services = [{"service": service, "api": f"{url}/{service}/"} for service in ("unicorn-management", "ride-booking")]
    stage.answers_to("status", {"services": services})
    assert "201 instead of 403" in reason(stage.smoke(), smoke.an_unsigned_request_is_refused)
    guarded = (
        "/unicorn-management/submit-ride-completion",
        "/ride-booking/submit-ride-prebooking",
        "/ride-booking/submit-instant-ride-rfq",
    )
    monkeypatch.setattr(edge.RequestHandlerClass, "refused", guarded)
    assert reason(stage.smoke(), smoke.an_unsigned_request_is_refused) == ""
