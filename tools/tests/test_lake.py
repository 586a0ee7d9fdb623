"""The check of the lake finds a type that no query would find, and a view that reads every file."""

import copy
from typing import Any

import pytest

from wild_rydes.templates import lake
from wild_rydes.templates.reader import read, templates


@pytest.fixture
def template() -> dict[str, Any]:
    return copy.deepcopy(read(lake.TEMPLATE))


@pytest.fixture
def events() -> dict[str, list[str]]:
    found = {name: value.split() for path in templates() for name, value in lake.topic_events(read(path)).items()}
    assert "RideCompletionTopic" in found
    return found


def test_the_template_has_neither_fault(template: dict[str, Any], events: dict[str, list[str]]) -> None:
    assert lake.list_faults(template, events) + lake.view_faults(template) == []


def test_a_type_that_a_topic_carries_must_be_listed(template: dict[str, Any], events: dict[str, list[str]]) -> None:
    events["RideCompletionTopic"] = [*events["RideCompletionTopic"], "RideCancelled"]
    assert lake.list_faults(template, events) == ["queries don't find RideCancelled: add it to the mapping EventTypes"]


def test_a_topic_must_say_which_events_it_carries(template: dict[str, Any], events: dict[str, list[str]]) -> None:
    del events["RideCompletionTopic"]
    assert "no template says in an output RideCompletionTopicEvents which events" in lake.list_faults(template, events)[0]


def test_a_type_that_no_topic_carries_must_not_be_listed(template: dict[str, Any], events: dict[str, list[str]]) -> None:
    events["RideCompletionTopic"] = []
    assert lake.list_faults(template, events) == [
        "the mapping EventTypes lists RideCompleted, which no topic of the lake carries"
    ]


def test_the_view_keeps_the_partitions_of_the_table_apart(template: dict[str, Any]) -> None:
    view = template["Mappings"]["Views"]["UniqueEvents"]
    view["Sql"] = view["Sql"].replace("type, dt, source", "type, source")
    assert lake.view_faults(template) == ["the window of the view unique_events isn't partitioned by dt"]
