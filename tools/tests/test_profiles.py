"""Profiles of emulators, and the tests that show their capabilities."""

import json
from pathlib import Path

import pytest

from wild_rydes import console
from wild_rydes.emulator import profiles

PROFILES = {
    "ministack": {"images": {"ministack": "/health"}, "lacks": [{"capability": "Athena", "why": "none", "where": ["given"]}]},
    "localstack": {"images": {"localstack": "/_health"}, "lacks": [{"capability": "IAM", "why": "all may do all"}]},
}
TESTS = ["access::a_role", "access::an_app", "audit::all"]


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "emulators.json"
    monkeypatch.setattr(profiles, "FILE", path)
    path.write_text(json.dumps({"capabilities": {"IAM": ["access::*"], "Athena": ["audit::all"]}, "profiles": PROFILES}))
    return path


def test_a_capability_may_be_lacking_only_where_an_emulator_runs_in_one_way() -> None:
    ministack, localstack = profiles.read().values()
    assert ministack.lacks("given") == {"Athena": "none"}
    assert ministack.lacks("embedded") == {}
    assert localstack.lacks("container") == {"IAM": "all may do all"}


def test_an_image_is_known_by_its_name_whatever_its_registry_and_tag() -> None:
    for image in ("localstack", "localstack/localstack:4.14.0", "127.0.0.1:5000/a/localstack:latest"):
        profile, health = profiles.of_image(image)
        assert (profile.name, health) == ("localstack", "/_health")
    with pytest.raises(console.Stop, match="moto"):
        profiles.of_image("motoserver/moto:5")


def test_each_capability_is_shown_by_the_tests_that_match() -> None:
    assert profiles.capabilities(TESTS) == {"IAM": TESTS[:2], "Athena": TESTS[2:]}


def test_a_pattern_without_a_test_and_an_unknown_capability_are_named(file: Path) -> None:
    file.write_text(json.dumps({"capabilities": {"IAM": ["access::*", "renamed::*"]}, "profiles": PROFILES}))
    with pytest.raises(console.Stop, match=r"no test matches IAM: renamed::\*; no capability is called Athena"):
        profiles.capabilities(TESTS)
