"""The emulator of projects: the records of a stream that a function gets, and when it gets them again."""

import importlib.util
import sys
import types
from typing import Any
from unittest import mock

import pytest

from wild_rydes.paths import ROOT

FUNCTION = {"config": {"FunctionName": "keep"}}
MAPPING = {
    "UUID": "1",
    "EventSourceArn": "arn:stream",
    "FunctionName": "keep",
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "BisectBatchOnFunctionError": True,
}
DONE: dict[str, Any] = {"body": {"batchItemFailures": []}}
KILLED: dict[str, Any] = {"error": True, "body": {"errorType": "Runtime.ExitError"}}


class Emulator:
    """Gives batches to a function that answers as it is told. `given` has the numbers of each batch that it got."""

    def __init__(self, **mapping: Any) -> None:
        service = types.SimpleNamespace(_iter_all_esms=lambda: [("account", "region", {**MAPPING, **mapping})])
        self.answers: list[dict[str, Any]] = []
        self.given: list[Any] = []
        self.execute = load(service).from_checkpoint(self._answer)

    def _answer(self, _: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        self.given.append([int(record["kinesis"]["sequenceNumber"]) for record in event["Records"]])
        return self.answers.pop(0)

    def polls(self, *numbers: int, answers: list[dict[str, Any]]) -> bool:
        """The poller gives a batch. Returns true if it may go on behind it."""
        self.answers, self.given = answers, []
        result = self.execute(FUNCTION, {"Records": [record(number) for number in numbers]})
        assert not self.answers, "the function was called less often than expected"
        return not result.get("error")


def load(service: types.SimpleNamespace) -> types.ModuleType:
    """Loads the file with this in the place of ministack, which is installed in another environment."""
    modules = {name: types.ModuleType(name) for name in ("ministack", "ministack.services")}
    vars(modules["ministack"])["app"] = types.SimpleNamespace()
    vars(modules["ministack.services"])["lambda_svc"] = service
    spec = importlib.util.spec_from_file_location("project_emulator", ROOT / "templates" / "project" / "emulator.py")
    assert spec
    assert spec.loader
    emulator = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, modules):
        spec.loader.exec_module(emulator)
    return emulator


def record(number: int) -> dict[str, Any]:
    numbered = {"sequenceNumber": f"{number:030}"}
    return {"eventSource": "aws:kinesis", "eventSourceARN": "arn:stream", "eventID": f"shard-0:{number}", "kinesis": numbered}


def failed(*identifiers: object) -> dict[str, Any]:
    named = [f"{each:030}" if isinstance(each, int) else each for each in identifiers]
    return {"body": {"batchItemFailures": [{"itemIdentifier": each} for each in named]}}


def test_a_batch_comes_again_from_the_first_record_that_the_response_names() -> None:
    emulator = Emulator()
    assert not emulator.polls(1, 2, 3, answers=[failed(3, 2)])
    assert emulator.polls(1, 2, 3, 4, answers=[DONE])
    assert emulator.given == [[2, 3, 4]]


@pytest.mark.parametrize("identifier", ["", "other", None])
def test_a_response_that_names_no_record_of_the_batch_fails_all_of_it(identifier: object) -> None:
    emulator = Emulator()
    assert not emulator.polls(1, 2, answers=[failed(identifier)])
    assert emulator.polls(1, 2, answers=[DONE])
    assert emulator.given == [[1, 2]]


def test_a_response_counts_as_success_if_the_mapping_does_not_ask_for_it() -> None:
    assert Emulator(FunctionResponseTypes=[]).polls(1, 2, answers=[failed(1)])


def test_a_batch_at_which_its_function_is_killed_is_halved_until_the_record_is_alone() -> None:
    emulator = Emulator()
    assert not emulator.polls(1, 2, 3, 4, answers=[KILLED])
    assert not emulator.polls(1, 2, 3, 4, answers=[DONE, KILLED])
    assert emulator.given == [[1, 2], [3, 4]]
    assert not emulator.polls(1, 2, 3, 4, answers=[KILLED])
    assert emulator.given == [[3]]
    assert emulator.polls(1, 2, 3, 4, answers=[DONE, DONE])
    assert emulator.given == [[3], [4]]


def test_a_batch_stays_whole_if_the_mapping_does_not_halve_it() -> None:
    emulator = Emulator(BisectBatchOnFunctionError=False)
    assert not emulator.polls(1, 2, answers=[KILLED])
    assert emulator.polls(1, 2, answers=[DONE])
    assert emulator.given == [[1, 2]]
