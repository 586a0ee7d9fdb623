"""Lab 6: a dependency is throttled, and the queue absorbs the load."""

from wild_rydes.labs.calls import reaches_nothing, was_throttled
from wild_rydes.labs.stack import NotDone, Stack, made

SERVICE, QUEUE, FUNCTION = "customer-notification", "CustomerNotification", "notify-customer"
REDRIVE = f"rydes dlq redrive {QUEUE}"
FEWEST = 3


def check(stack: Stack) -> str:
    """SES has throttled e-mails, each of which was sent once nevertheless, and nothing waits any more."""
    waiting, dead = stack.queue(SERVICE, "queues"), stack.queue(SERVICE, "dead_letter_queues")
    if (waiting or dead) and reaches_nothing(stack.lines(FUNCTION)):
        raise NotDone(
            f"{FUNCTION} reaches nothing at its address of SES: is make throttle running, "
            f"at the port that infra/{SERVICE}.yaml names? Messages become dead letters after five tries; "
            f"there are {dead}, and once calls reach SES, {REDRIVE} brings them back"
        )
    throttled = {event: lines for event, lines in stack.outcomes(FUNCTION).items() if was_throttled(lines)}
    if len(throttled) < FEWEST:
        raise NotDone(
            f"SES has throttled {len(throttled)} of {FUNCTION}'s e-mails, and {FEWEST} are wanted: "
            "start make throttle (step 1), lead notify-customer through it (step 2), then complete twelve rides (step 3)"
        )
    if waiting:
        raise NotDone(f"messages wait in {QUEUE}: {waiting}; the queue absorbs them; look again when rydes status shows none")
    if dead:
        raise NotDone(f"{dead} messages of {QUEUE} are dead letters: see rydes dlq show {QUEUE}, mend the cause, then {REDRIVE}")
    others = [event for event, lines in throttled.items() if made(lines) != 1]
    if others:
        raise NotDone(f"the e-mail about {others[0]} was sent {made(throttled[others[0]])} times: see rydes logs {others[0]}")
    return f"SES throttled {len(throttled)} e-mails; the queue kept them, and each was sent once"
