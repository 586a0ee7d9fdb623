"""The life of a stage, as far as an emulator can play it; docs/deploying.md has the whole life.

A whole stage takes long to deploy. So there is one, and beside it live stages of a few stacks.
"""

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from wild_rydes import console, environments, functions
from wild_rydes.commands.smoke import smoke_stage
from wild_rydes.commands.test_life import FOLDER
from wild_rydes.commands.undeploy import undeploy
from wild_rydes.deployment import Deployment, describe, leftovers, statuses
from wild_rydes.emulator.embedded import Emulator
from wild_rydes.paths import LOCAL
from wild_rydes.stages import own_stage

# Fails when it is made, and not before: there is no such group.
BROKEN = """
  Broken:
    Type: AWS::Logs::LogStream
    Properties: {LogGroupName: no-such-group}
"""
# One outlives the stack, and the other goes with what is in it.
BUCKETS = """
  Kept: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
  Gone: {Type: AWS::S3::Bucket}
"""


@dataclass(frozen=True)
class Stage:
    """A stage at an emulator, and the templates that it is deployed from: copies, which a scenario may change."""

    name: str
    emulator: Emulator
    templates: Path

    @staticmethod
    def of(emulator: Emulator, name: str, *only: str) -> "Stage":
        """A stage with all templates, or with only some of them."""
        name = own_stage(name)
        folder = FOLDER / name
        folder.mkdir()
        # Templates lead to functions by relative paths.
        (folder / "target").symlink_to(LOCAL / "target")
        templates = functions.copy_templates(folder)
        for template in templates.glob("*.yaml") if only else ():
            if template.stem not in only:
                template.unlink()
        return Stage(name, emulator, templates)

    def deploy(self, given: str = "") -> None:
        env = self.emulator.environment()
        Deployment(self.name, functions.ARCH, env, self.templates.parent, given).deploy(self.templates, None)

    def statuses(self) -> dict[str, str]:
        return statuses(self._described())

    def parameter(self, stack: str, name: str) -> str:
        return self._described()["stacks"][stack]["parameters"][name]

    def subscriptions(self, stack: str) -> list[str]:
        """The addresses of a stack's subscriptions, which begin with those of their topics."""
        resources = describe(self.name, self.emulator.environment(), "--resources")["stacks"][stack]["resources"]
        return [resource["id"] for resource in resources if resource["type"] == "AWS::SNS::Subscription"]

    def _described(self) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
        return describe(self.name, self.emulator.environment())

    def undeploy(self, *only: str, with_data: bool = True) -> None:
        undeploy(self.name, only, self.emulator.environment(), with_data)

    def remains(self) -> list[str]:
        """Everything at the emulator that is named after the stage."""
        return json.loads(environments.output("sam", "scenarios.remains", self.name, env=self.emulator.environment()))

    def smoke(self) -> list[str]:
        """The faults that a smoke run finds."""
        options = argparse.Namespace(json=False, no_audit=False, settle=60)
        report = smoke_stage(self.name, self.emulator.environment(), options)
        wrong = [f"{check['check']}: {check['reason']}" for check in report["checks"] if not check["ok"]]
        assert report["ok"] == (not wrong and not report["audit"]["findings"])
        return [*wrong, *map(str, report["audit"]["findings"])]

    def change(self, template: str, old: str, new: str) -> None:
        file = self.templates / f"{template}.yaml"
        assert file.read_text().count(old) == 1
        file.write_text(file.read_text().replace(old, new, 1))


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    emulator = Emulator.running(FOLDER)
    assert emulator, "no emulator runs: make test-life starts it"
    return emulator


@pytest.fixture(scope="module")
def whole(emulator: Emulator) -> Stage:
    """A whole stage, deployed once for all scenarios; the last of them removes it."""
    stage = Stage.of(emulator, "whole")
    stage.deploy()
    return stage


def test_a_misspelt_parameter_is_refused_before_anything_is_deployed(emulator: Emulator) -> None:
    stage = Stage.of(emulator, "typo")
    with pytest.raises(console.Stop) as stopped:
        stage.deploy("operations:OperatorEmial=operator@example.com customer-loyality:x=1")
    assert "did you mean OperatorEmail?" in str(stopped.value)
    assert "did you mean customer-loyalty?" in str(stopped.value)
    assert stage.remains() == []


def test_a_failed_first_deployment_is_followed_by_one_that_works(emulator: Emulator) -> None:
    stage = Stage.of(emulator, "first", "operations")
    stage.change("operations", "Resources:\n", f"Resources:\n{BROKEN}")
    with pytest.raises(console.Stop, match=r"operations was not deployed: (CREATE|UPDATE)_FAILED .* Broken"):
        stage.deploy()
    assert stage.statuses() == {"operations": "ROLLBACK_COMPLETE"}
    stage.change("operations", BROKEN, "")
    stage.deploy()
    assert stage.statuses() == {"operations": "CREATE_COMPLETE"}
    stage.undeploy()


def test_changes_reach_a_stack_that_exists_and_a_failed_one_is_rolled_back(emulator: Emulator) -> None:
    stage = Stage.of(emulator, "change", "operations")
    stage.deploy("operations:OperatorEmail=given@example.com")
    assert stage.parameter("operations", "OperatorEmail") == "given@example.com"
    # A value that is not given any more is the default again, which by now is another one.
    email = "OperatorEmail:\n    Type: String\n    Default: "
    stage.change("operations", f'{email}""', f"{email}default@example.com")
    stage.deploy()
    assert stage.parameter("operations", "OperatorEmail") == "default@example.com"
    stage.change("operations", "Resources:\n", f"Resources:\n{BROKEN}")
    with pytest.raises(console.Stop, match=r"operations was not deployed: (CREATE|UPDATE)_FAILED .* Broken"):
        stage.deploy("operations:OperatorEmail=failed@example.com")
    assert stage.statuses() == {"operations": "UPDATE_ROLLBACK_COMPLETE"}
    assert stage.parameter("operations", "OperatorEmail") == "default@example.com"
    stage.change("operations", BROKEN, "")
    stage.deploy()
    stage.undeploy()


def test_data_outlives_its_stack_unless_it_is_to_go(emulator: Emulator) -> None:
    stage = Stage.of(emulator, "lasting", "operations", "unicorn-management")
    stage.deploy()
    stage.undeploy(with_data=False)
    [rides, keys] = stage.remains()
    assert "RidesTable" in rides + keys
    assert "RideKeysTable" in rides + keys


def test_a_bucket_that_is_kept_outlives_its_stack_with_its_objects(
    emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage.of(emulator, "data", "operations")
    stage.change("operations", "Resources:\n", f"Resources:\n{BUCKETS}")
    stage.deploy()
    environments.output("sam", "scenarios.fill", stage.name, env=emulator.environment())
    objects = [name.split()[1] for name in stage.remains() if name.startswith("object ")]
    (kept,) = (name for name in objects if "kept" in name)
    assert len(objects) == 2
    stage.undeploy(with_data=False)
    bucket = kept.split("/")[0]
    assert f"stays: AWS::S3::Bucket {bucket}, of operations" in capsys.readouterr().out
    assert stage.remains() == [f"object {kept}", f"s3 {bucket}"]


def test_a_whole_stage_works(whole: Stage) -> None:
    assert set(whole.statuses().values()) == {"CREATE_COMPLETE"}
    assert whole.smoke() == []


def test_a_second_stage_comes_and_goes_without_a_trace_while_the_first_works(whole: Stage) -> None:
    second = Stage.of(whole.emulator, "second", "operations", "unicorn-management", "customer-loyalty")
    before = whole.remains()
    second.deploy()
    assert set(second.statuses()) == {"operations", "unicorn-management", "customer-loyalty"}
    assert second.remains()
    second.undeploy()
    assert second.remains() == []
    # Again does no harm.
    second.undeploy()
    assert whole.remains() == before


def test_an_export_that_a_deployed_stack_imports_is_not_taken_from_it(whole: Stage) -> None:
    changed = replace(Stage.of(whole.emulator, "renamed"), name=whole.name)
    for template in changed.templates.glob("*.yaml"):
        template.write_text(template.read_text().replace("-RideCompletionTopicArn", "-RideTopicArn"))
    with pytest.raises(
        console.Stop, match=r"unicorn-management no longer exports RideCompletionTopicArn, which .*customer-loyalty"
    ):
        changed.deploy()


def test_a_herd_that_was_taken_from_the_list_is_found_and_removed(whole: Stage) -> None:
    herds = whole.templates / "herd.instances.json"
    left = json.loads(herds.read_text())
    del left["moonlight"]
    herds.write_text(json.dumps(left))
    assert leftovers(whole.statuses(), whole.templates) == ["herd-moonlight"]
    with pytest.raises(console.Stop, match=r"ride-booking exports what others import: delete .*herd-rainbow"):
        whole.undeploy("ride-booking")
    whole.undeploy("herd-moonlight")
    assert leftovers(whole.statuses(), whole.templates) == []
    assert [name for name in whole.remains() if "moonlight" in name] == []
    assert whole.smoke() == []


def test_a_stage_sends_one_receipt_for_a_ride_and_waits_for_fuller_batches(whole: Stage) -> None:
    before = whole.subscriptions("customer-notification")
    window = "customer-loyalty:CustomerLoyaltyMaximumBatchingWindowInSeconds=1"
    whole.deploy(f"customer-notification:Receipts=Payment {window}")
    (left_out,) = set(before) - set(whole.subscriptions("customer-notification"))
    assert "RideCompletionTopic" in left_out
    assert whole.smoke() == []


def test_a_stage_that_was_used_goes_without_a_trace(whole: Stage) -> None:
    assert [name for name in whole.remains() if name.startswith("s3 ")]
    whole.undeploy()
    assert whole.remains() == []
