"""A deployment deploys what has changed, and says beforehand what it does."""

from pathlib import Path

from wild_rydes import console
from wild_rydes.commands import deploy
from wild_rydes.deployment import Deployment, leftovers, refuse
from wild_rydes.stacks import Stack


def test_a_fingerprint_changes_with_template_function_and_parameters(tmp_path: Path) -> None:
    template, code = tmp_path / "loyalty.yaml", tmp_path / "award-points"
    code.mkdir()
    (code / "bootstrap").write_bytes(b"1")
    template.write_text("CodeUri: award-points/\n")

    def fingerprint(stage: str = "dev", **parameters: str) -> str:
        return Deployment(stage, "x86_64", {}, tmp_path)._fingerprint(Stack(template, "loyalty"), parameters)

    before = fingerprint()
    assert fingerprint() == before
    assert before not in (fingerprint(stage="other"), fingerprint(Name="x"))
    (code / "bootstrap").write_bytes(b"2")
    changed = fingerprint()
    assert changed != before
    template.write_text("CodeUri: award-points/ # changed\n")
    assert fingerprint() not in (before, changed)


def refused(stacks: dict[str, str], exports: dict[str, dict[str, object]], templates: Path) -> list[str]:
    described = {"stacks": {name: {"status": status} for name, status in stacks.items()}, "exports": exports}
    try:
        refuse("dev", described, templates)
    except console.Stop as stopped:
        return [line.strip() for line in str(stopped).splitlines()[1:]]
    return []


def test_stacks_that_cannot_be_deployed_are_all_named_with_what_helps(tmp_path: Path) -> None:
    there = {"operations": "CREATE_COMPLETE", "herd-a": "REVIEW_IN_PROGRESS", "herd-b": "ROLLBACK_COMPLETE"}
    assert refused(there, {}, tmp_path) == []
    there |= {"herd-c": "UPDATE_IN_PROGRESS", "herd-d": "DELETE_FAILED", "herd-e": "UPDATE_ROLLBACK_FAILED"}
    faults = refused(there, {}, tmp_path)
    assert [fault.split(":")[0] for fault in faults] == [
        "wild-rydes-dev-herd-c is UPDATE_IN_PROGRESS",
        "wild-rydes-dev-herd-d is DELETE_FAILED",
        "wild-rydes-dev-herd-e is UPDATE_ROLLBACK_FAILED",
    ]
    assert "make undeploy STAGE=dev" in faults[1]
    assert faults[2].endswith("continue-update-rollback --stack-name wild-rydes-dev-herd-e")


def test_an_export_that_is_still_imported_may_not_go(tmp_path: Path) -> None:
    template = tmp_path / "rides.yaml"
    exports: dict[str, dict[str, object]] = {
        "TopicArn": {"stack": "rides", "imported_by": ["loyalty", "accounting"]},
        "Unused": {"stack": "rides", "imported_by": []},
        # The stack is left over: nothing deploys it, so it keeps its exports.
        "Old": {"stack": "gone", "imported_by": ["loyalty"]},
    }
    template.write_text("Outputs: {A: {Value: a, Export: {Name: !Sub wild-rydes-${Stage}-TopicArn}}}\n")
    assert refused({}, exports, tmp_path) == []
    template.write_text("Outputs: {A: {Value: a, Export: {Name: !Sub wild-rydes-${Stage}-RideTopicArn}}}\n")
    (fault,) = refused({}, exports, tmp_path)
    assert fault.startswith("rides no longer exports TopicArn, which accounting, loyalty still imports")


def test_a_stack_that_no_template_makes_any_more_is_left_over() -> None:
    there = {"operations": "CREATE_COMPLETE", "herd-rainbow": "CREATE_COMPLETE", "herd-comet": "CREATE_COMPLETE"}
    assert leftovers(there) == ["herd-comet"]


def test_the_plan_says_where_a_deployment_goes_and_what_it_does_there() -> None:
    stacks = {
        "operations": {"status": "UPDATE_COMPLETE"},
        "ride-booking": {"status": "ROLLBACK_COMPLETE"},
        "herd-comet": {"status": "CREATE_COMPLETE"},
    }
    lines = deploy.plan("dev", {"account": "123456789012", "region": "eu-central-1", "arn": "arn:me", "stacks": stacks})
    assert lines[0] == "Stage dev: account 123456789012, region eu-central-1, as arn:me"
    assert "to make: " in lines[1]
    assert "unicorn-management" in lines[1]
    assert lines[2:4] == [
        "  1 stacks to update: operations",
        "  1 stacks to replace, because their first deployment failed: ride-booking",
    ]
    assert lines[4].endswith("make undeploy STAGE=dev ONLY=herd-comet")
