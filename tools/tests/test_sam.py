"""The SAM CLI's lines of JSON say what a deployment changes, and why it failed."""

import json
import sys
from pathlib import Path

import pytest

from wild_rydes import console, sam

QUEUE = {"type": "changeset", "resource_type": "AWS::SQS::Queue"}
CHANGES = [
    {**QUEUE, "action": "Add", "logical_id": "New", "replacement": "N/A"},
    {**QUEUE, "action": "Modify", "logical_id": "Old", "replacement": "False"},
    {**QUEUE, "action": "Modify", "logical_id": "Renamed", "replacement": "True"},
    {**QUEUE, "action": "Modify", "logical_id": "Perhaps", "replacement": "Conditional"},
    {**QUEUE, "action": "Remove", "logical_id": "Gone", "replacement": "N/A"},
]
EVENT = {"type": "event", "status": "UPDATE_FAILED", "resource_type": "AWS::SQS::Queue", "logical_id": "Queue"}


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam, "ROOT", tmp_path)


def command(*lines: object, code: int = 0) -> list[str]:
    """A program that says these lines, and ends with this code."""
    said = [json.dumps(line) for line in lines]
    return [sys.executable, "-c", f"import sys\nfor line in {said!r}: print(line)\nsys.exit({code})"]


def test_a_change_set_is_summed_up_and_losses_are_said_beforehand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = sam.deploy(command(*CHANGES, EVENT), {}, tmp_path / "log", "loyalty")
    assert str(changes) == "1 added, 2 changed, 1 replaced, 1 removed"
    assert capsys.readouterr().out == "  ! loyalty replaces Renamed\n  ! loyalty may replace Perhaps\n  ! loyalty removes Gone\n"


def test_a_new_version_of_a_function_in_the_place_of_the_old_one_is_no_loss(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    versions = [{**line, "resource_type": "AWS::Lambda::Version"} for line in CHANGES if line["action"] in ("Add", "Remove")]
    assert str(sam.deploy(command(*versions, CHANGES[1], EVENT), {}, tmp_path / "log", "loyalty")) == "1 changed"
    assert capsys.readouterr().out == ""


def test_an_empty_change_set_is_nothing_to_change(tmp_path: Path) -> None:
    assert str(sam.deploy(command({"type": "result", "status": "no_changes"}), {}, tmp_path / "log", "x")) == "nothing to change"


def test_a_failure_has_the_reason_of_the_first_resource_that_failed(tmp_path: Path) -> None:
    events = [{**EVENT, "reason": "no  such key"}, {**EVENT, "logical_id": "Other", "reason": "cancelled"}]
    failing = command(*CHANGES, *events, {"type": "result", "status": "failure", "error": {"message": "failed"}}, code=1)
    with pytest.raises(
        console.Stop, match=r"loyalty was not deployed: UPDATE_FAILED AWS::SQS::Queue Queue: no such key; .* is log"
    ):
        sam.deploy(failing, {}, tmp_path / "log", "loyalty")


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ('{"type": "result", "status": "failure", "error": {"message": "Error: no credentials"}}', "Error: no credentials"),
        ("Usage: sam\n", "Usage: sam"),
        ("", "SAM gave no reason"),
    ],
)
def test_a_failure_without_an_event_has_the_reason_that_sam_gives(tmp_path: Path, log: str, reason: str) -> None:
    (tmp_path / "log").write_text(log)
    assert sam.reason(tmp_path / "log") == reason
