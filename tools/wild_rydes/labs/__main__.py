"""Checks a lab, by its number: prints what was seen, or ends with the reason why the lab is not done."""

import os
import sys

from botocore.exceptions import BotoCoreError, ClientError

from wild_rydes import console
from wild_rydes.labs import herd, idempotency, poison, saga, subscriber, throttling
from wild_rydes.labs.stack import NotDone, Stack

LABS = {"1": subscriber, "2": idempotency, "3": poison, "4": herd, "5": saga, "6": throttling}

if __name__ == "__main__":
    number = sys.argv[1]
    try:
        if number not in LABS:
            raise console.Stop(f"there is no lab {number}: there are {', '.join(LABS)}, as in make lab-1-check")
        seen = LABS[number].check(Stack(os.environ))
        console.line(f"{console.GREEN}✓{console.END} lab {number} is done: {seen}")
    except NotDone as reason:
        sys.exit(f"lab {number} is not done: {reason}")
    except (console.Stop, BotoCoreError, ClientError) as fault:
        sys.exit(f"lab {number} can't be checked: {fault}")
