"""The calls to SES in lab 6, as the function's log lines have them."""

from typing import Any

# SES's answer beyond its rate, and the failure of a call to an address at which nothing listens.
THROTTLED, UNREACHED = "TooManyRequestsException", "CallNotSent"


def was_throttled(lines: list[dict[str, Any]]) -> bool:
    """True if SES throttled a call about this message."""
    return any(line.get("error_type") == THROTTLED for line in lines)


def reaches_nothing(lines: list[dict[str, Any]]) -> bool:
    """True if nothing listened at the address of SES when it was last called. The log lines are in their order."""
    calls = [_reached(line) for line in lines]
    return next((not reached for reached in reversed(calls) if reached is not None), False)


def _reached(line: dict[str, Any]) -> bool | None:
    """True if a line is about a call that reached SES, and None if it is about no such call."""
    if line["outcome"] == "made" or line.get("error_type") == THROTTLED:
        return True
    is_unreached = line.get("error_type") == UNREACHED and line.get("detail", "").startswith("ses:")
    return False if is_unreached else None
