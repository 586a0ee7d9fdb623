"""Every tool goes to the same region, and the output of a long one is shown."""

import os
import sys
from pathlib import Path

import pytest

from wild_rydes import console, environments


@pytest.mark.parametrize(
    ("given", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({}, None),
    ],
)
def test_every_tool_goes_to_the_same_region(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], region: str | None) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        # Set before it is removed, so that it is restored afterwards.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    environments.unify_regions()
    assert (os.environ.get("AWS_REGION"), os.environ.get("AWS_DEFAULT_REGION")) == (region, region)


def test_a_modules_output_is_shown_and_its_last_error_is_the_reason(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environments, "bin_of", lambda _: Path(sys.executable).parent)
    environments.show("sam", "calendar", "2026", "11")
    assert "November 2026" in capfd.readouterr().out
    with pytest.raises(console.Stop, match="No module named"):
        environments.show("sam", "wild_rydes.nothing")
