"""The checks of the labs find a fault, and say how to go on."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from wild_rydes.labs.calls import reaches_nothing
from wild_rydes.labs.deliveries import next_step
from wild_rydes.labs.letters import Change, fault, letters, redriven
from wild_rydes.labs.route import route_faults
from wild_rydes.paths import ROOT

States = dict[str, Any]


def solved() -> States:
    """The states of the saga with those of the lab's page, connected as the page says."""
    states: States = json.loads((ROOT / "statemachines" / "fare-collection.asl.json").read_text())["States"]
    page = (ROOT / "docs" / "labs" / "5-add-a-step-to-the-saga.md").read_text()
    for block in re.findall(r"^```json\n(.*?),\n```$", page, re.DOTALL | re.MULTILINE):
        states |= json.loads(f"{{{block}}}")
    states["CapturePayment"]["Next"] = "IssueInvoice"
    states["CreditAccount"]["Catch"][0]["Next"] = "CancelInvoice"
    states["ReverseCredit"]["Next"] = "CancelInvoice"
    return states


def test_the_pages_solution_has_no_fault() -> None:
    assert route_faults(solved()) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda states: states["CapturePayment"].update(Next="CreditAccount"),
            "must stand between CapturePayment and CreditAccount",
        ),
        (
            lambda states: states["IssueInvoice"].update(Next="CompleteFare"),
            "must stand between CapturePayment and CreditAccount",
        ),
        (lambda states: states["IssueInvoice"].pop("Catch"), "IssueInvoice must catch States.ALL"),
        (
            lambda states: states["IssueInvoice"]["Catch"][0].update(Next="RefundPayment"),
            "after IssueInvoice fails (States.ALL), IssueInvoice leads to RefundPayment",
        ),
        (
            lambda states: states["CreditAccount"]["Catch"][0].update(Next="RefundPayment"),
            "after CreditAccount fails (AccountCreditException), CreditAccount leads to RefundPayment",
        ),
        (
            lambda states: states["ReverseCredit"].update(Next="RefundPayment"),
            "after CreditAccount fails (States.ALL), ReverseCredit leads to RefundPayment, past CancelInvoice",
        ),
        (
            lambda states: states["CreditAccount"]["Catch"][1].update(Next="CancelInvoice"),
            "past ReverseCredit, so an account may stay credited",
        ),
        (lambda states: states["CancelInvoice"].update(Next="FailFare"), "CancelInvoice must lead to RefundPayment"),
        (lambda states: states["CancelInvoice"].pop("Catch"), "lead to ParkForReview"),
    ],
)
def test_a_way_past_the_compensation_is_found(change: Callable[[States], object], fault: str) -> None:
    states = solved()
    change(states)
    found = route_faults(states)
    assert found
    assert all(fault in each for each in found), found


def lines(*outcomes: str) -> list[dict[str, Any]]:
    """The log lines of a message, each given as its minute and its outcome, as in '1 made'."""
    return [
        {"timestamp": f"2026-11-27T22:0{minute}:00.500Z", "outcome": outcome}
        for minute, outcome in (each.split(" ", 1) for each in outcomes)
    ]


def changes(*states: str) -> list[Change]:
    return [Change(f"2026-11-27T22:0{minute}:00", state) for minute, state in (each.split() for each in states)]


SEEN = changes("2 ALARM", "6 OK")


@pytest.mark.parametrize(
    ("by_event", "alarm", "waiting", "reason"),
    [
        ({"a": lines("1 made")}, [], 0, "no message of customer-loyalty has become a dead letter"),
        ({"a": lines("1 dead-lettered")}, [], 1, "the alarm has not gone off"),
        ({"a": lines("1 dead-lettered")}, SEEN[:1], 1, "1 dead letter in CustomerLoyalty: mend"),
        # An alarm that is over says nothing about a later letter.
        ({"a": lines("1 dead-lettered"), "b": lines("7 dead-lettered")}, SEEN, 1, "the alarm has not gone off"),
        ({"a": lines("1 dead-lettered", "5 made")}, [], 0, "the letter of ride a has gone without an alarm"),
        ({"a": lines("1 dead-lettered")}, [], 0, "the letter of ride a has gone without an alarm"),
        ({"a": lines("1 dead-lettered")}, SEEN, 0, "complete another ride of 1000 with the fault, and go on from step 3"),
        ({"a": lines("1 dead-lettered", "5 made")}, SEEN[:1], 0, "the alarm is still on"),
    ],
)
def test_the_way_of_a_dead_letter_says_the_next_step(
    by_event: dict[str, list[dict[str, Any]]], alarm: list[Change], waiting: int, reason: str
) -> None:
    assert reason in (fault(letters(by_event, alarm), alarm, waiting) or "no fault")


def test_a_discarded_letter_does_not_stand_in_the_way_of_a_redriven_one() -> None:
    by_event = {
        "whole": lines("1 dead-lettered", "3 dead-lettered", "5 made"),
        "discarded": lines("3 dead-lettered"),
        "never dead": lines("4 made"),
        "without an alarm": lines("7 dead-lettered", "8 made"),
    }
    found = letters(by_event, SEEN)
    assert fault(found, SEEN, 0) is None
    whole = redriven(found)
    assert whole
    assert whole.ride == "whole"


def test_the_latest_redriven_letter_is_named() -> None:
    by_event = {"b": lines("3 dead-lettered", "5 duplicate"), "a": lines("1 dead-lettered", "5 made")}
    whole = redriven(letters(by_event, SEEN))
    assert whole
    assert whole.ride == "b"


def call(outcome: str, error_type: str | None = None, detail: str = "ses:SendEmail failed") -> dict[str, Any]:
    return {"outcome": outcome} | ({"error_type": error_type, "detail": detail} if error_type else {})


UNREACHED = call("kept for a retry", "CallNotSent")


@pytest.mark.parametrize(
    ("lines", "is_so"),
    [
        ([], False),
        ([call("made")], False),
        ([call("made"), UNREACHED], True),
        ([UNREACHED, call("dead-lettered", "CallNotSent")], True),
        ([UNREACHED, call("nothing to do")], True),
        ([UNREACHED, call("made")], False),
        ([UNREACHED, call("kept for a retry", "TooManyRequestsException")], False),
        ([call("kept for a retry", "CallNotSent", "dynamodb:GetItem failed")], False),
    ],
)
def test_a_proxy_that_is_gone_is_seen_in_the_latest_call(lines: list[dict[str, Any]], is_so: bool) -> None:
    assert reaches_nothing(lines) == is_so


DEPLOYED = "2026-11-27T22:04:00.000+0000"


@pytest.mark.parametrize(
    ("by_event", "step"),
    [
        ({"a": lines("1 made"), "b": lines("5 made")}, "no duplicate"),
        ({"a": lines("3 made", "5 duplicate")}, "break the guard"),
        ({"a": lines("1 made", "2 duplicate"), "b": lines("3 made")}, "complete a ride, then make publish-again RIDE=<its id>"),
        (
            {"a": lines("1 made", "2 duplicate"), "b": lines("5 made"), "c": lines("6 made")},
            "If its guard is broken now, make publish-again RIDE=c",
        ),
    ],
)
def test_after_a_deployment_the_next_step_is_a_second_delivery(by_event: dict[str, list[dict[str, Any]]], step: str) -> None:
    assert step in (next_step(by_event, DEPLOYED) or "no duplicate")
