"""The check of lab 5 finds each way through the saga on which an invoice is missing or left behind."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

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
