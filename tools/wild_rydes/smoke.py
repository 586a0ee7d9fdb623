"""Uses a deployed stage as its customers do, with customers of its own, and compares the outcome with the contract.

Every check stands for itself: it stops with what is wrong, and the others go on.
"""

import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from wild_rydes import console
from wild_rydes.rydes import Rydes, check

# SES accepts it everywhere and delivers to nobody.
MAILBOX = "success@simulator.amazonses.com"
# For a function that starts for the first time.
SECONDS_FOR_AN_ANSWER = 60


@dataclass
class Smoke:
    """A run: its client, and the parameters that the stage was deployed with, by service."""

    rydes: Rydes
    parameters: dict[str, dict[str, str]]
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    @property
    def customer(self) -> str:
        return f"smoke-{self.run}"

    def parameter(self, service: str, name: str) -> str:
        return self.parameters.get(service, {}).get(name, "")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a check."""

    check: str
    ok: bool
    seconds: float
    reason: str = ""


def a_ride_reaches_every_subscriber(smoke: Smoke) -> None:
    smoke.rydes.run("add-contact", smoke.customer, MAILBOX)
    ride = smoke.rydes.complete("--customer", smoke.customer, "--distance", "600", "--fare", "256.50")
    smoke.rydes.reaches(ride)
    # A real provider takes nothing, because no payment method of this customer is on file.
    provider = smoke.parameter("customer-payment", "PaymentProvider")
    wanted = "CompleteFare" if provider == "simulated" else "FareFailed"
    states = smoke.rydes.fare(ride)
    check(states[-1:] == [wanted], f"the fare of ride {ride} went another way with the provider {provider}: {', '.join(states)}")


def a_filter_keeps_an_ordinary_ride_away(smoke: Smoke) -> None:
    ride = smoke.rydes.complete("--customer", f"{smoke.customer}-b", "--distance", "1", "--duration", "5", "--fare", "1.00")
    step = smoke.rydes.reaches(ride).get("extraordinary-rides")
    check(step is not None and "filtered_out" in step["delivery"], f"ride {ride} was not kept from Extraordinary Rides")


def a_fare_that_cannot_be_credited_is_given_up(smoke: Smoke) -> None:
    customer = smoke.customer + smoke.parameter("customer-accounting", "RefusedCustomerSuffix")
    ride = smoke.rydes.complete("--customer", customer, "--fare", "88.00")
    smoke.rydes.reaches(ride)
    states = smoke.rydes.fare(ride)
    check(states[-1:] == ["FareFailed"], f"the fare of ride {ride} was not given up: {', '.join(states)}")


def a_prebooking_is_confirmed_and_one_of_the_past_is_rejected(smoke: Smoke) -> None:
    booking = smoke.rydes.prebook("--customer", smoke.customer)
    past = smoke.rydes.prebook("--customer", smoke.customer, "--when", "2020-01-01T00:00:00Z")
    for booked, wanted in ((booking, "CONFIRMED"), (past, "REJECTED")):
        status = smoke.rydes.decision(booked)
        check(status == wanted, f"prebooking {booked} is {status} instead of {wanted}")


def a_request_for_quotes_is_closed_by_its_last_answer_or_its_deadline(smoke: Smoke) -> None:
    # Functions may start for the first time, and the last answer ends the wait.
    rfq = smoke.rydes.quotes("--customer", smoke.customer, "--reply-within", str(SECONDS_FOR_AN_ANSWER))
    name, asked, answered = rfq["rfq-id"], set(rfq["herds"]), {quote["responder"] for quote in rfq["quotes"]}
    check(rfq["status"] == "CLOSED", f"request {name} is {rfq['status']}")
    check(bool(answered) and answered <= asked, f"request {name} asked {sorted(asked)}, and {sorted(answered)} answered")
    in_time = rfq["closed-at"] < rfq["reply-by"]
    check(in_time == (answered == asked), f"request {name} was closed by neither the last answer nor the deadline")


def the_same_key_stands_for_one_ride_and_no_other(smoke: Smoke) -> None:
    once = ("--customer", f"{smoke.customer}-b", "--idempotency-key", smoke.run)
    first, again = smoke.rydes.complete(*once), smoke.rydes.complete(*once)
    check(first == again, f"one Idempotency-Key stands for the rides {first} and {again}")
    refused(smoke, 422, "complete-ride", *once, "--fare", "1.00")


def what_breaks_a_rule_is_refused_with_the_rule(smoke: Smoke) -> None:
    refused(smoke, 422, "complete-ride", "--customer", smoke.customer, "--fare=-1")
    refused(smoke, 422, "request-quotes", "--customer", smoke.customer, "--reply-within", "0")


def an_unsigned_request_is_refused(smoke: Smoke) -> None:
    apis = {service["service"]: service["api"] for service in smoke.rydes.read("status")["services"] if service["api"]}
    check(bool(apis), "the stage has no API")
    for service, path in (
        ("unicorn-management", "submit-ride-completion"),
        ("ride-booking", "submit-ride-prebooking"),
        ("ride-booking", "submit-instant-ride-rfq"),
    ):
        status = unsigned(f"{apis[service].rstrip('/')}/{path}")
        check(status == 403, f"{service}: {path} answers an unsigned request with {status} instead of 403")


CHECKS: list[Callable[[Smoke], None]] = [
    a_ride_reaches_every_subscriber,
    a_filter_keeps_an_ordinary_ride_away,
    a_fare_that_cannot_be_credited_is_given_up,
    a_prebooking_is_confirmed_and_one_of_the_past_is_rejected,
    a_request_for_quotes_is_closed_by_its_last_answer_or_its_deadline,
    the_same_key_stands_for_one_ride_and_no_other,
    what_breaks_a_rule_is_refused_with_the_rule,
    an_unsigned_request_is_refused,
]


def run(smoke: Smoke, checks: Sequence[Callable[[Smoke], None]] = CHECKS) -> list[Outcome]:
    """Runs the checks, several at a time because they mostly wait, and removes the address of the run's customer."""

    def one(what: Callable[[Smoke], None]) -> Outcome:
        name, started, reason = what.__name__.replace("_", " "), time.monotonic(), ""
        try:
            what(smoke)
        except (console.Stop, KeyError, ValueError, OSError) as fault:
            reason = str(fault) if isinstance(fault, console.Stop) else f"{type(fault).__name__}: {fault}"
        return Outcome(name, not reason, round(time.monotonic() - started, 1), reason)

    try:
        with ThreadPoolExecutor(max_workers=4) as pool:
            return list(pool.map(one, checks))
    finally:
        smoke.rydes.tried("remove-contact", smoke.customer)


def audit(smoke: Smoke, settle: int) -> list[dict[str, str]]:
    """Everything that the audit finds."""
    code, said, wrong = smoke.rydes.tried("audit", "--json", "--settle", str(settle))
    if not said.strip():
        raise console.Stop(f"rydes audit did not end (exit code {code}): {wrong.strip()}")
    audit: dict[str, Any] = Rydes.parsed(said)
    if audit["found"] > len(audit["findings"]):
        # New ones could be among those that are not shown.
        raise console.Stop(f"the audit finds {audit['found']} faults and shows {len(audit['findings'])}: mend some of them first")
    return audit["findings"]


def refused(smoke: Smoke, status: int, *command: str) -> None:
    """Stops unless the API refuses what a command sends, with this status and in the form of a problem (RFC 9457)."""
    code, _, wrong = smoke.rydes.tried(*command, "--json")
    check(code != 0, f"rydes {' '.join(command)} was accepted")
    problem = Rydes.parsed(wrong).get("problem") or {}
    check(problem.get("status") == status and bool(problem.get("detail")), f"rydes {' '.join(command)}: {wrong.strip()}")


def unsigned(url: str) -> int:
    """The status with which an API answers a request without a signature."""
    request = urllib.request.Request(url, data=b"{}", headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS_FOR_AN_ANSWER) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
