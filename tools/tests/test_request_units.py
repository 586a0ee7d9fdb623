"""DynamoDB's units of a request."""

import json
from typing import Any

import pytest

from wild_rydes.fault_proxy.request_units import units, value_size

KB = 1024


def item(size: int) -> dict[str, Any]:
    """An item of so many bytes, its name among them."""
    return {"id": {"S": "x" * (size - len("id"))}}


def counted(operation: str, request: dict[str, Any]) -> dict[tuple[str, str], float]:
    return dict(units(operation, json.dumps(request).encode()))


@pytest.mark.parametrize(("size", "written"), [(10, 1), (KB, 1), (KB + 1, 2), (10 * KB, 10)])
def test_a_put_takes_a_unit_for_each_kb(size: int, written: int) -> None:
    assert counted("PutItem", {"TableName": "rides", "Item": item(size)}) == {("rides", "write"): written}


def test_an_update_and_a_delete_take_one_unit() -> None:
    for operation in ("UpdateItem", "DeleteItem"):
        assert counted(operation, {"TableName": "rides", "Key": {"id": {"S": "1"}}}) == {("rides", "write"): 1}


def test_each_part_of_a_transaction_takes_twice_as_many_units() -> None:
    parts = [{"Put": {"TableName": "rides", "Item": item(KB + 1)}}, {"ConditionCheck": {"TableName": "points"}}]
    parts.append({"Update": {"TableName": "points"}})
    assert counted("TransactWriteItems", {"TransactItems": parts}) == {("rides", "write"): 4, ("points", "write"): 4}


def test_a_consistent_read_takes_a_unit_and_any_other_half_of_one() -> None:
    assert counted("GetItem", {"TableName": "rides", "ConsistentRead": True}) == {("rides", "read"): 1}
    assert counted("GetItem", {"TableName": "rides"}) == {("rides", "read"): 0.5}


def test_an_unknown_operation_is_counted_under_its_name() -> None:
    assert counted("Scan", {"TableName": "rides"}) == {("rides", "unknown: Scan"): 1}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"N": "-12.345"}, 4),
        ({"B": "AAAA"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {"key": {"S": "ab"}}}, 3 + 1 + 3 + 2),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_value_has_the_size_that_dynamodb_counts(value: dict[str, Any], size: int) -> None:
    assert value_size(value) == size
