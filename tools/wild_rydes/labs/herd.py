"""Lab 4: a herd more, which wins."""

from wild_rydes.labs.stack import NotDone, Stack, waits

OURS = {"moonlight", "rainbow", "stardust"}
FROM, TO = "Mitte", "Moabit"
REPLY_WITHIN_SECONDS = 30


def check(stack: Stack) -> str:
    """A new herd is asked, answers, and has the best quote."""
    herds = {name.removeprefix("herd-") for name in stack.outputs if name.startswith("herd-")}
    added = sorted(herds - OURS)
    if not added:
        raise NotDone(f"no herd but {', '.join(sorted(OURS))} is deployed: add a line to infra/herd.instances.json, then make up")
    # A request that names a herd asks it at once; others, within a minute.
    herds_asked = ("--herds", ",".join(sorted(herds)), "--reply-within", str(REPLY_WITHIN_SECONDS))
    waits(REPLY_WITHIN_SECONDS, f"the answers of {len(herds)} herds")
    rfq = stack.rydes.read("request-quotes", "--from", FROM, "--to", TO, *herds_asked)
    quotes = {quote["responder"]: quote["quote"] for quote in rfq["quotes"]}
    silent = [herd for herd in added if herd not in quotes]
    if silent:
        raise NotDone(
            f"herd {silent[0]} was asked for a ride from {FROM} to {TO}, and is silent: set its AvailabilityPercent to 100"
        )
    best = rfq["best"]["responder"]
    if best not in added:
        raise NotDone(
            f"herd {added[0]} asks {quotes[added[0]]} for a ride from {FROM} to {TO}, and {best} wins with {quotes[best]}: "
            f"lower its PricePerKm, then make up"
        )
    return f"herd {best} is asked with the others, answers, and wins with {quotes[best]}"
