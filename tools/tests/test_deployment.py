"""Stacks are deployed in the order of what they export and import."""

import json
from pathlib import Path

import pytest

from wild_rydes import console, deployment
from wild_rydes.deployment import Deployment, Stack, stacks_of, waves

EXPORT = "Outputs: {A: {Value: a, Export: {Name: !Sub wild-rydes-${Stage}-%s}}}\n"
IMPORT = "Fn::ImportValue: !Sub wild-rydes-${Stage}-%s\n"


@pytest.fixture
def infra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(deployment, "INFRA", tmp_path)
    return tmp_path


def test_a_template_comes_after_those_that_it_imports_from(infra: Path) -> None:
    (infra / "a.yaml").write_text(IMPORT % "TopicArn")
    (infra / "b.yaml").write_text(EXPORT % "TopicArn" + IMPORT % "OperatorArn")
    (infra / "c.yaml").write_text(EXPORT % "OperatorArn")
    (infra / "d.yaml").write_text("Resources: {}\n")
    assert [[path.stem for path in wave] for wave in waves()] == [["c", "d"], ["b"], ["a"]]


def test_an_import_that_nothing_exports_is_named(infra: Path) -> None:
    (infra / "a.yaml").write_text(IMPORT % "NoSuchArn")
    with pytest.raises(console.Stop, match="a needs NoSuchArn"):
        waves()


def test_templates_that_import_from_each_other_are_named(infra: Path) -> None:
    (infra / "a.yaml").write_text(EXPORT % "A" + IMPORT % "B")
    (infra / "b.yaml").write_text(EXPORT % "B" + IMPORT % "A")
    with pytest.raises(console.Stop, match=r"each other: a needs .*b needs"):
        waves()


def test_a_template_with_instances_is_a_stack_for_each(infra: Path) -> None:
    template = infra / "herd.yaml"
    assert stacks_of(template) == [Stack(template, "herd")]
    (infra / "herd.instances.json").write_text(json.dumps({"rainbow": {"PricePerKm": "2.00"}, "stardust": {}}))
    rainbow = Stack(template, "herd-rainbow", {"Name": "rainbow", "PricePerKm": "2.00"})
    assert stacks_of(template) == [rainbow, Stack(template, "herd-stardust", {"Name": "stardust"})]


def test_a_fingerprint_changes_with_template_function_and_parameters(infra: Path) -> None:
    template, code = infra / "loyalty.yaml", infra / "award-points"
    code.mkdir()
    (code / "bootstrap").write_bytes(b"1")
    template.write_text("CodeUri: award-points/\n")

    def fingerprint(stage: str = "dev", **parameters: str) -> str:
        return Deployment(stage, "x86_64", {}, infra)._fingerprint(Stack(template, "loyalty", parameters))

    before = fingerprint()
    assert fingerprint() == before
    assert before not in (fingerprint(stage="other"), fingerprint(Name="x"))
    (code / "bootstrap").write_bytes(b"2")
    changed = fingerprint()
    assert changed != before
    template.write_text("CodeUri: award-points/ # changed\n")
    assert fingerprint() not in (before, changed)


def test_the_reason_of_a_failure_is_the_line_that_says_failed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("Deploying\n  CREATE_FAILED   AWS::SQS::Queue - no  such key\nError: failed to create\n")
    assert deployment._reason(log) == "CREATE_FAILED AWS::SQS::Queue - no such key"
    log.write_text("Deploying\nError: no credentials\n")
    assert deployment._reason(log) == "Error: no credentials"
    log.write_text("")
    assert deployment._reason(log) == "SAM gave no reason"
