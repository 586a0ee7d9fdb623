"""The units that DynamoDB bills for a request, as far as the request tells: one for each KB that is put, two in a transaction;
one for an update or a delete, as if the item had no more than a KB; one for a strongly consistent read of up to 4 KB, half of one
for any other. Operations that it doesn't know are counted under that name, so that they are seen.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
"""

import base64
import json
import math
from collections import Counter
from typing import Any

KB = 1024
IN_A_TRANSACTION = 2


def units(operation: str, body: bytes) -> Counter[tuple[str, str]]:
    """By table and kind, as in ("rides", "write")."""
    request = json.loads(body)
    if operation == "TransactWriteItems":
        parts = [part for item in request["TransactItems"] for part in item.values()]
        counted: Counter[tuple[str, str]] = Counter()
        for part in parts:
            counted[part["TableName"], "write"] += IN_A_TRANSACTION * written(part)
        return counted
    if operation in ("PutItem", "UpdateItem", "DeleteItem"):
        return Counter({(request["TableName"], "write"): written(request)})
    if operation == "GetItem":
        return Counter({(request["TableName"], "read"): 1 if request.get("ConsistentRead") else 0.5})
    return Counter({(request.get("TableName", ""), f"unknown: {operation}"): 1})


def written(request: dict[str, Any]) -> int:
    return math.ceil(max(size(request.get("Item", {})), 1) / KB)


def size(item: dict[str, Any]) -> int:
    """An item's bytes: its names and its values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(typed: dict[str, Any]) -> int:
    [(kind, value)] = typed.items()
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        # Two digits a byte, and one.
        return (sum(c.isdigit() for c in value) + 1) // 2 + 1
    if kind == "B":
        return len(base64.b64decode(value))
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + value_size(inner) for name, inner in value.items())
    if kind == "L":
        return 3 + sum(1 + value_size(inner) for inner in value)
    if kind in ("SS", "NS", "BS"):
        return sum(value_size({kind[0]: inner}) for inner in value)
    return 1
