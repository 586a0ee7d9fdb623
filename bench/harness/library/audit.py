"""The audit after a fault run: what became of each order, by the tables and the dead-letter queue."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from harness.library.client import Client
from harness.library.deployed import Deployed
from harness.library.orders import Order, customer

IN_A_CALL = 10


class Letter(NamedTuple):
    body: str
    # It has an attribute that its sender did not give it.
    says_why: bool


def judged(orders: Sequence[Order], effects: Mapping[str, int], dead: Collection[Letter], left: int) -> dict[str, Any]:
    """The verdict. `effects` holds the number of effects by customer, and `left` the number of messages in the queue."""
    bodies = {letter.body for letter in dead}
    explained = {letter.body for letter in dead if letter.says_why}
    sound = [order for order in orders if order.is_sound]
    poison = [order for order in orders if not order.is_sound]

    def named(which: Sequence[Order]) -> list[str]:
        return sorted(order.name for order in which)

    def effects_of(order: Order) -> int:
        return effects.get(customer(order.name), 0)

    dead_without = [order for order in sound if order.body in bodies and not effects_of(order)]
    return {
        "sound": len(sound),
        "poison": len(poison),
        # Neither stored nor anywhere else. Messages that are left in the queue would be found here, so there must be none.
        "lost": named([order for order in sound if not effects_of(order) and order.body not in bodies]),
        "doubled": named([order for order in sound if effects_of(order) > 1]),
        "dead_without_effect": named(dead_without),
        "dead_with_effect": named([order for order in sound if order.body in bodies and effects_of(order)]),
        "poison_stored": named([order for order in poison if effects_of(order)]),
        "poison_unexplained": named([order for order in poison if order.body not in explained]),
        "left": left,
    }


def effects(client: Client, deployed: Deployed) -> dict[str, int]:
    """The number of orders on each customer's account."""
    accounts = client.scan(deployed.variables["ACCOUNTS_TABLE_NAME"])
    return {account["customer"]["S"]: int(account["orders"]["N"]) for account in accounts}


def letters(client: Client, deployed: Deployed) -> list[Letter]:
    """The dead letters. Each is received once and stays hidden meanwhile."""
    found: list[Letter] = []
    asked = {"MaxNumberOfMessages": IN_A_CALL, "MessageAttributeNames": ["All"], "VisibilityTimeout": 600}
    while received := client.call("sqs", "ReceiveMessage", QueueUrl=deployed.dlq_url, **asked).get("Messages"):
        found += [Letter(message["Body"], bool(message.get("MessageAttributes"))) for message in received]
    return found
