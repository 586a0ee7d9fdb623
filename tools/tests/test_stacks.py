"""Stacks are deployed in the order of what they export and import."""

import json
from pathlib import Path

import pytest

from wild_rydes import console
from wild_rydes.stacks import Stack, stacks, stacks_of, waves

EXPORT = "Outputs: {A: {Value: a, Export: {Name: !Sub wild-rydes-${Stage}-%s}}}\n"
IMPORT = "Fn::ImportValue: !Sub wild-rydes-${Stage}-%s\n"


def test_a_template_comes_after_those_that_it_imports_from(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(IMPORT % "TopicArn")
    (tmp_path / "b.yaml").write_text(EXPORT % "TopicArn" + IMPORT % "OperatorArn")
    (tmp_path / "c.yaml").write_text(EXPORT % "OperatorArn")
    (tmp_path / "d.yaml").write_text("Resources: {}\n")
    assert [[path.stem for path in wave] for wave in waves(tmp_path)] == [["c", "d"], ["b"], ["a"]]


def test_an_import_that_nothing_exports_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(IMPORT % "NoSuchArn")
    with pytest.raises(console.Stop, match="a needs NoSuchArn"):
        waves(tmp_path)


def test_templates_that_import_from_each_other_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(EXPORT % "A" + IMPORT % "B")
    (tmp_path / "b.yaml").write_text(EXPORT % "B" + IMPORT % "A")
    with pytest.raises(console.Stop, match=r"each other: a needs .*b needs"):
        waves(tmp_path)


def test_a_template_with_instances_is_a_stack_for_each(tmp_path: Path) -> None:
    template = tmp_path / "herd.yaml"
    assert stacks_of(template) == [Stack(template, "herd")]
    (tmp_path / "herd.instances.json").write_text(json.dumps({"rainbow": {"PricePerKm": "2.00"}, "stardust": {}}))
    rainbow = Stack(template, "herd-rainbow", {"Name": "rainbow", "PricePerKm": "2.00"})
    assert stacks_of(template) == [rainbow, Stack(template, "herd-stardust", {"Name": "stardust"})]
    template.write_text("Resources: {}\n")
    assert [[stack.name for stack in wave] for wave in stacks(tmp_path)] == [["herd-rainbow", "herd-stardust"]]
