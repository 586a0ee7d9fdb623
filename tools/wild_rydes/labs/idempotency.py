"""Lab 2: idempotency is broken, and the audit finds it."""

from wild_rydes.labs.deliveries import next_step
from wild_rydes.labs.stack import NotDone, Stack, made

SERVICE, FUNCTION = "customer-loyalty", "award-points"


def check(stack: Stack) -> str:
    """A ride took effect twice, and the audit says so."""
    by_event = stack.outcomes(FUNCTION)
    twice = [event for event, lines in by_event.items() if made(lines) > 1]
    if not twice:
        step = next_step(by_event, stack.deployed(FUNCTION))
        raise NotDone(step or "no ride was delivered twice: rydes complete-ride, then make publish-again RIDE=<its id>")
    findings = [finding for finding in stack.findings(SERVICE) if "don't add up" in finding]
    if not findings:
        raise NotDone(
            f"ride {twice[0]} took effect twice, and the audit finds nothing at {SERVICE}: both times left the same balance"
        )
    return f"ride {twice[0]} was awarded twice, and the audit has found it: {findings[0]}"
