"""The ways through the saga of lab 5, as its definition has them."""

from typing import Any

STEP, COMPENSATION = "IssueInvoice", "CancelInvoice"
BEFORE, AFTER = "CapturePayment", "CreditAccount"
# The compensations of the steps after and before it.
REVERSAL, REFUND = "ReverseCredit", "RefundPayment"


def route_faults(states: dict[str, Any]) -> list[str]:
    """The ways through the saga on which an invoice is missing, or is left behind."""
    faults = []
    if states[BEFORE]["Next"] != STEP or states[STEP].get("Next") != AFTER:
        faults.append(f"{STEP} must stand between {BEFORE} and {AFTER}: set Next of {BEFORE} and of {STEP}")
    for state in (STEP, AFTER):
        caught = states[state].get("Catch", [])
        if not any("States.ALL" in catch["ErrorEquals"] for catch in caught):
            faults.append(f"{state} must catch States.ALL: an unclear failure may have had an effect")
        for catch in caught:
            errors, way = catch["ErrorEquals"], _way(states, catch["Next"])
            if state == AFTER and "States.ALL" in errors and REVERSAL not in way:
                faults.append(f"{AFTER} leads after States.ALL past {REVERSAL}, so an account may stay credited: lead it there")
            elif COMPENSATION not in way:
                last, following = _gap(state, way)
                faults.append(
                    f"after {state} fails ({', '.join(errors)}), {last} leads to {following}, past {COMPENSATION}: "
                    f"lead {last} to {COMPENSATION}"
                )
            elif REFUND not in way:
                faults.append(f"{COMPENSATION} must lead to {REFUND}: set its Next")
    if not any(catch["Next"] == "ParkForReview" for catch in states[COMPENSATION].get("Catch", [])):
        faults.append(
            f"{COMPENSATION} must catch States.ALL and lead to ParkForReview, because only a person can finish a fare "
            "whose compensation fails"
        )
    return faults


def _gap(state: str, way: list[str]) -> tuple[str, str]:
    """The states between which the compensation is missing: before the refund, or right behind the failure."""
    following = way.index(REFUND) if REFUND in way else 0
    return [state, *way][following], way[following]


def _way(states: dict[str, Any], start: str) -> list[str]:
    """The states from here on if none of them fails."""
    way: list[str] = []
    state: str | None = start
    while state and state in states and state not in way:
        way.append(state)
        state = states[state].get("Next")
    return way
