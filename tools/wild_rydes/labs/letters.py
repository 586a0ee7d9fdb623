"""The dead letters of lab 3, as the function's log lines and the alarm's history have them."""

from itertools import pairwise
from typing import Any, NamedTuple

SERVICE, QUEUE = "customer-loyalty", "CustomerLoyalty"
ON, OVER = "ALARM", "OK"
EFFECTS = ("made", "duplicate")
# Times are compared to the second, as those of an alarm on the emulator have no fraction.
SECOND = len("2026-11-27T22:35:01")
NEVER = "9999"


class Change(NamedTuple):
    """A change of the alarm, at a second in UTC as in a log line."""

    at: str
    state: str


class Letter(NamedTuple):
    """A ride whose message was set aside: when it first was, when it took effect, and if the alarm was on in between."""

    ride: str
    since: str
    until: str
    had_alarm: bool

    @property
    def has_effect(self) -> bool:
        return self.until != NEVER


def letters(by_event: dict[str, list[dict[str, Any]]], alarm: list[Change]) -> list[Letter]:
    """All rides whose messages were set aside, by time. The log lines of an event are in their order, as the alarm's changes."""
    found = []
    for ride, lines in by_event.items():
        outcomes = [line["outcome"] for line in lines]
        if "dead-lettered" not in outcomes:
            continue
        first = outcomes.index("dead-lettered")
        since = lines[first]["timestamp"][:SECOND]
        effects = (line["timestamp"][:SECOND] for line in lines[first:] if line["outcome"] in EFFECTS)
        until = next(effects, NEVER)
        found.append(Letter(ride, since, until, _was_on(alarm, since, until)))
    return sorted(found, key=lambda letter: letter.since)


def _was_on(alarm: list[Change], since: str, until: str) -> bool:
    """True if the alarm was on at any time in between."""
    spans = pairwise([*alarm, Change(NEVER, OVER)])
    return any(change.state == ON and change.at <= until and since <= following.at for change, following in spans)


def redriven(found: list[Letter]) -> Letter | None:
    """The latest letter that went the whole way: the alarm was on, and the message took effect after a redrive."""
    return next((letter for letter in reversed(found) if letter.had_alarm and letter.has_effect), None)


def fault(found: list[Letter], alarm: list[Change], waiting: int) -> str | None:
    """The reason why no letter has gone the whole way, or why the alarm is on, or the queue holds `waiting` letters."""
    if not found:
        return (
            f"no message of {SERVICE} has become a dead letter: put the fault into award_points.rs, "
            "then make up, and complete a ride of 1000"
        )
    latest, whole = found[-1], redriven(found)
    if waiting:
        if not whole and not latest.had_alarm:
            return "the alarm has not gone off: run make alarms while the dead letter is there"
        return (
            f"{waiting} dead letter{'s' if waiting > 1 else ''} in {QUEUE}: mend award_points.rs, then make up, "
            f"and rydes dlq redrive {QUEUE}"
        )
    if not whole and not latest.had_alarm:
        return (
            f"the letter of ride {latest.ride} has gone without an alarm: put the fault in again (step 1), "
            "complete another ride of 1000, then make alarms"
        )
    if not whole:
        return (
            f"ride {latest.ride} is no dead letter any more, and has no points. A redriven message needs some seconds. "
            "If the letter was discarded, complete another ride of 1000 with the fault, and go on from step 3"
        )
    if alarm[-1].state != OVER:
        return "the alarm is still on: run make alarms, which looks at the queue again"
    return None
