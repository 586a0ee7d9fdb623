"""The messages that the consumers are given under faults, and the fault that each meets. A seed puts them into an order."""

import enum
import json
import random
from collections.abc import Sequence
from typing import NamedTuple

SEED = 1
ALWAYS = float("inf")
# Longer than any client's retries within one invocation, and shorter than a visibility timeout.
A_WHILE = 8
# Longer than five visibility timeouts.
LONG = 160


class How(enum.Enum):
    """The fault of a call that stores an order."""

    THROTTLED = "throttled"
    REFUSED = "500"
    FAILED_AFTER = "500 after the effect"
    ANSWER_LOST = "connection closed after the effect"
    KILLED_AFTER = "process killed after the effect"
    KILLED_BEFORE = "process killed before the effect"
    HUNG = "no answer"


class Fault(NamedTuple):
    how: How
    # It meets the first calls for its order, and all within so many seconds after the first of them.
    calls: float = 1
    seconds: float = 0

    def meets(self, call: int, elapsed: float) -> bool:
        """Tells whether the call of this number, so many seconds after the first, meets it."""
        return call <= self.calls or elapsed < self.seconds


class Order(NamedTuple):
    name: str
    body: str
    # The number of messages with this body.
    copies: int = 1
    fault: Fault | None = None
    # The reason why it can't be stored, if it can't.
    poison: str = ""

    @property
    def is_sound(self) -> bool:
        return not self.poison


# The number of orders, and what they meet.
SOUND: Sequence[tuple[int, int, Fault | None]] = (
    (40, 1, None),
    (6, 2, None),
    (4, 1, Fault(How.THROTTLED)),
    (4, 1, Fault(How.THROTTLED, seconds=A_WHILE)),
    (2, 1, Fault(How.THROTTLED, seconds=LONG)),
    (3, 1, Fault(How.REFUSED)),
    (3, 1, Fault(How.REFUSED, seconds=A_WHILE)),
    (3, 1, Fault(How.FAILED_AFTER)),
    (3, 1, Fault(How.FAILED_AFTER, seconds=A_WHILE)),
    (3, 1, Fault(How.ANSWER_LOST)),
    (3, 1, Fault(How.ANSWER_LOST, seconds=A_WHILE)),
    (3, 1, Fault(How.KILLED_AFTER)),
    (2, 1, Fault(How.HUNG)),
    (1, 1, Fault(How.HUNG, seconds=A_WHILE)),
)


def drawn(seed: int = SEED) -> list[Order]:
    """All orders, in the order in which they are sent."""
    orders: list[Order] = []
    for count, copies, fault in SOUND:
        for _ in range(count):
            name = f"o-{len(orders)}"
            orders.append(Order(name, event(name), copies, fault))
    for make in (killer, divided_by_nothing, divided_by_nothing, no_json, without_customer, in_words):
        orders.append(make(f"o-{len(orders)}"))
    return random.Random(seed).sample(orders, len(orders))


def event(name: str, **changed: object) -> str:
    data = {"order": name, "customer": customer(name), "cents": 8642, "items": 3, **changed}
    envelope = {
        "specversion": "1.0",
        "id": name,
        "source": "/shop",
        "type": "OrderPlaced",
        "time": "2026-11-24T09:00:00Z",
        "correlationid": name,
        "data": {field: value for field, value in data.items() if value is not None},
    }
    return json.dumps(envelope)


def customer(name: str) -> str:
    """Each order has a customer of its own, so a customer's account shows how often its order took effect."""
    return f"c-{name}"


def killer(name: str) -> Order:
    return Order(name, event(name), fault=Fault(How.KILLED_BEFORE, calls=ALWAYS), poison="it kills its process each time")


def divided_by_nothing(name: str) -> Order:
    return Order(name, event(name, items=0), poison="the handler panics at it, or raises an exception")


def no_json(name: str) -> Order:
    return Order(name, event(name)[:-9], poison="it is no JSON")


def without_customer(name: str) -> Order:
    return Order(name, event(name, customer=None), poison="it has no customer")


def in_words(name: str) -> Order:
    return Order(name, event(name, cents="many"), poison="its amount is no number")
