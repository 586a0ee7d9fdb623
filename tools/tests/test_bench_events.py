"""The events that functions are given in a benchmark."""

import json

import pytest

from harness.events import PROGRAM, door_of, event
from wild_rydes.paths import INFRA

FUNCTIONS = sorted(name for template in INFRA.glob("*.yaml") for name in PROGRAM.findall(template.read_text()))


def test_the_functions_are_found() -> None:
    assert {"award-points", "notify-customer", "quote-instant-ride"} <= set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_an_event(function: str) -> None:
    door, _ = door_of(function)
    made = json.loads(event(function, 2, 7))
    assert len(made["Records"]) == 2 if door in ("queue", "stream") else made
