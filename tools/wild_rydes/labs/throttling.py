"""Lab 6: a dependency is throttled, and the queue absorbs the load."""

from wild_rydes.labs.stack import NotDone, Stack, made

SERVICE, QUEUE, FUNCTION = "customer-notification", "CustomerNotification", "notify-customer"
# SES's answer beyond its rate.
ERROR = "TooManyRequestsException"
FEWEST = 3


def check(stack: Stack) -> str:
    """SES has throttled e-mails, each of which was sent once nevertheless, and nothing waits any more."""
    by_event = stack.outcomes(FUNCTION)
    throttled = {event: lines for event, lines in by_event.items() if any(line.get("error_type") == ERROR for line in lines)}
    if len(throttled) < FEWEST:
        raise NotDone(
            f"SES has throttled {len(throttled)} of {FUNCTION}'s e-mails, and {FEWEST} are wanted: "
            "start make throttle (step 1), lead notify-customer through it (step 2), then complete twelve rides (step 3)"
        )
    waiting = stack.queue(SERVICE, "queues")
    if waiting:
        raise NotDone(f"messages wait in {QUEUE}: {waiting}; the queue absorbs them; look again when rydes status shows none")
    dead = stack.queue(SERVICE, "dead_letter_queues")
    if dead:
        raise NotDone(f"{dead} messages of {QUEUE} are dead letters: see rydes dlq show {QUEUE}")
    others = [event for event, lines in throttled.items() if made(lines) != 1]
    if others:
        raise NotDone(f"the e-mail about {others[0]} was sent {made(throttled[others[0]])} times: see rydes logs {others[0]}")
    return f"SES throttled {len(throttled)} e-mails; the queue kept them, and each was sent once"
