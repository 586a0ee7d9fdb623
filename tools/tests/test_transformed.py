"""SAM's output is checked for AWS, in regions of every partition, and a fault names the line of the template."""

import subprocess
from pathlib import Path

import pytest

from wild_rydes import environments
from wild_rydes.paths import INFRA, TOOLS

LOYALTY = INFRA / "customer-loyalty.yaml"


def check(template: Path) -> str:
    python = environments.bin_of("sam") / "python"
    command: list[str | Path] = [python, "-m", "wild_rydes.templates.transformed", template]
    return subprocess.run(command, env={"PYTHONPATH": str(TOOLS)}, capture_output=True, text=True).stderr


def test_what_sam_makes_of_a_template_has_no_faults() -> None:
    assert check(LOYALTY) == ""


@pytest.mark.parametrize(
    ("right", "wrong", "line", "fault"),
    [
        pytest.param(
            "- sqs:DeleteMessage\n", "- sqs:DeleteMessages\n", "Action:", "W3037 'deletemessages' is not one of", id="action"
        ),
        pytest.param(
            "!If [IsOnEmulator, sqs:",
            "!If [IsOnAws, sqs:",
            "Action:",
            "W3037 'changemessagevisibilitybatch'",
            id="emulator's action",
        ),
        pytest.param(
            "AWS::DynamoDB::Table",
            "AWS::SES::EmailIdentity",
            "Type: AWS::SES::EmailIdentity",
            "E3006 Resource type 'AWS::SES::EmailIdentity' does not exist in",
            id="type in a region",
        ),
        pytest.param(
            "            BatchSize: 10\n",
            "            BatchSize: 0\n",
            "AwardPoints:",
            "E3034 0 is less than",
            id="what SAM generates",
        ),
    ],
)
def test_a_fault_is_found_with_its_line(right: str, wrong: str, line: str, fault: str, tmp_path: Path) -> None:
    broken = break_template(right, wrong, tmp_path)
    found = [each.partition(":")[2].split(": ", 1) for each in check(broken).splitlines()]
    lines = broken.read_text().splitlines()
    assert any(lines[int(number) - 1].strip() == line and message.startswith(fault) for number, message in found), found


def test_what_sam_refuses_is_found(tmp_path: Path) -> None:
    broken = break_template("      CodeUri: ", "      ReservedConcurrency: 1\n      CodeUri: ", tmp_path)
    assert "SAM: Resource with id [AwardPoints]" in check(broken)


def break_template(right: str, wrong: str, folder: Path) -> Path:
    text = LOYALTY.read_text()
    assert right in text
    broken = folder / "broken.yaml"
    broken.write_text(text.replace(right, wrong, 1))
    return broken
