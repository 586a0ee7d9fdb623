"""The deliveries of lab 2, as the function's log lines have them."""

from typing import Any

# The times of log lines and of a deployment are in UTC, and the same up to the milliseconds.
MILLISECOND = len("2026-11-27T22:35:01.500")


def next_step(by_event: dict[str, list[dict[str, Any]]], deployed: str) -> str | None:
    """The next step while no ride took effect twice, by the time of the function's last deployment. None without a duplicate."""
    duplicates = [line["timestamp"] for lines in by_event.values() for line in lines if line["outcome"] == "duplicate"]
    if not duplicates:
        return None
    if max(duplicates)[:MILLISECOND] > deployed[:MILLISECOND]:
        return (
            "a second delivery was recognized as a duplicate: break the guard in customer-loyalty's points.rs, "
            "then make up, and deliver another ride twice"
        )
    since = {
        lines[0]["timestamp"]: event
        for event, lines in by_event.items()
        if lines[0]["outcome"] == "made" and lines[0]["timestamp"][:MILLISECOND] > deployed[:MILLISECOND]
    }
    deliver = (
        f"make publish-again RIDE={since[max(since)]}" if since else "complete a ride, then make publish-again RIDE=<its id>"
    )
    return f"customer-loyalty was deployed again after a duplicate was recognized. If its guard is broken now, {deliver}"
