"""A change of a contract that breaks a consumer is found, with the consumers."""

import copy
import json
from pathlib import Path

import pytest

from wild_rydes import contracts
from wild_rydes.contracts import RELEASED, SCHEMAS, Schema, changes, read, subscribers
from wild_rydes.paths import INFRA

RIDE = read(SCHEMAS / "RideCompleted.v1.json")


def changed() -> tuple[Schema, Schema]:
    new = copy.deepcopy(RIDE)
    return new, new["properties"]["data"]


def test_the_contracts_break_no_consumer_of_the_last_release() -> None:
    assert list(RELEASED.glob("*.json"))
    assert contracts.broken() == []


def test_a_new_optional_field_breaks_nothing() -> None:
    new, data = changed()
    data["properties"]["tip"] = {"type": "string"}
    assert changes(RIDE, new) == []


def test_a_removed_field_breaks() -> None:
    new, data = changed()
    del data["properties"]["fare"]
    data["required"].remove("fare")
    assert changes(RIDE, new) == ["the field /data/fare is removed"]


def test_a_field_that_is_newly_required_breaks() -> None:
    new, data = changed()
    data["properties"]["tip"] = {"type": "string"}
    data["required"].append("tip")
    assert changes(RIDE, new) == ["the field /data/tip is newly required"]


def test_a_field_that_is_no_longer_sent_always_breaks() -> None:
    new, data = changed()
    data["required"].remove("fare")
    assert changes(RIDE, new) == ["the field /data/fare is no longer required"]


@pytest.mark.parametrize(("keyword", "value"), [("type", "string"), ("maximum", 60)])
def test_another_type_breaks_behind_a_reference_too(keyword: str, value: object) -> None:
    new, _ = changed()
    new["$defs"]["Minutes"][keyword] = value
    (fault,) = changes(RIDE, new)
    assert fault.startswith(f"the values of /data/duration are others: {keyword} was ")


def test_a_fault_names_the_consumers(tmp_path: Path) -> None:
    new, data = changed()
    del data["properties"]["to"]
    data["required"].remove("to")
    (tmp_path / "RideCompleted.v1.json").write_text(json.dumps(new))
    faults = [fault for fault in contracts.broken(current=tmp_path) if fault.startswith("RideCompleted")]
    assert len(faults) == 1
    assert "/data/to is removed; it breaks: customer-accounting, customer-loyalty" in faults[0]
    assert "FareCollected.v1: the schema is removed" in "\n".join(contracts.broken(current=tmp_path))


def test_consumers_are_read_from_the_templates() -> None:
    assert subscribers("FareCollected", INFRA) == ["customer-notification", "datalake-ingestion"]
    assert subscribers("PrebookingSubmitted", INFRA) == ["datalake-ingestion", "ride-booking"]
