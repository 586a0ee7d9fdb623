"""A service is named in its folder and its template, and nowhere else by hand: one that is made passes its tests, and one that
is taken away leaves nothing behind."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from wild_rydes import environments, stages
from wild_rydes.cfn_lint_rules._names import FREE_NAMES, STACK, ends_with_longest_stage
from wild_rydes.cfn_lint_rules._source import Source
from wild_rydes.checkout import Checkout
from wild_rydes.commands import new_service
from wild_rydes.paths import INFRA, LOCAL, ROOT

NAME, EVENT = "ride-insurance", "RideCompleted"


class Copy(Checkout):
    """A copy of the checkout that commands run in."""

    def run(self, *command: str | Path) -> str:
        # Dependencies are compiled there already.
        env = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target"), "PYTHONPATH": str(self.path / "tools")}
        ended = subprocess.run(command, cwd=self.path, env=env, capture_output=True, text=True)
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        return ended.stdout


def test_a_service_that_is_made_passes_and_one_that_is_taken_away_is_gone() -> None:
    # Always the same folder, so that cargo knows again what it has compiled for it.
    copy = Copy(LOCAL / "new-service")
    # Installed tools are the same.
    (copy.path / ".tools").symlink_to(ROOT / ".tools")
    copy.run("make", "new-service", f"NAME={NAME}", f"EVENT={EVENT}")
    changed = {line[3:] for line in copy.git("status", "--porcelain", "--untracked-files=all").splitlines()}
    made = {f"infra/{NAME}.yaml", f"contracts/asyncapi/{NAME}.json"}
    own = {path for path in changed if path.startswith(f"functions/{NAME}/")} | made
    assert changed - own == {"Cargo.lock"}
    assert made <= changed

    copy.run("cargo", "fmt", "--package", NAME, "--check")
    tests = copy.run("cargo", "test", "--locked", "--offline", "--package", NAME)
    assert f"test bad_input::record_{NAME.replace('-', '_')} ... ok" in tests
    rules = copy.path / "tools" / "wild_rydes" / "cfn_lint_rules"
    copy.run(environments.bin_of("checks") / "cfn-lint", "--append-rules", rules, "--", f"infra/{NAME}.yaml")
    copy.run("make", "contracts-check")

    shutil.rmtree(copy.path / "functions" / NAME)
    (copy.path / "infra" / f"{NAME}.yaml").unlink()
    copy.run("cargo", "metadata", "--format-version=1", "--offline")
    copy.run("make", "contracts")
    assert copy.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        ("ride-insurance", []),
        ("insurance", ["two or more words"]),
        ("Ride_Insurance", ["two or more words"]),
        ("", ["two or more words"]),
        ("Insurance-Of-Rides-And-Their-Riders", ["two or more words", "35 characters, and 23 are the most"]),
        ("insurance-of-all-rides", []),
        ("ride-insurance-company", ["22 characters, and 21 are the most"]),
        ("customer-loyalty", ["functions/customer-loyalty exists", "infra/customer-loyalty.yaml exists"]),
        ("lambda-messaging", ["a crate lambda-messaging exists"]),
        ("prebooking-processing", ["infra/ride-booking.yaml has a queue or a table PrebookingProcessing"]),
        ("herd-insurance", ["begins with herd-"]),
    ],
)
def test_every_fault_of_a_name_is_said_at_once(name: str, faults: list[str]) -> None:
    found = list(new_service.name_faults(name))
    assert len(found) == len(faults), found
    for fault, said in zip(faults, found, strict=True):
        assert fault in said


@pytest.mark.parametrize("name", ["ride-insurance-broker", "insurance-of-all-rides"])
def test_the_longest_name_of_a_queue_is_the_one_that_the_rule_for_templates_allows(name: str) -> None:
    template = INFRA / f"{name}.yaml"
    dead_letters = f"{STACK}-{new_service.pascal_case(name)}Dlq-0123456789ABC"
    source = SimpleNamespace(filename=str(template), parameters={"Stage": {"MaxLength": stages.LONGEST}})
    length = ends_with_longest_stage(cast(Source, source), {"Fn::Sub": dead_letters})
    assert length == len(new_service.dead_letter_queue(name)) <= new_service.LONGEST_QUEUE == FREE_NAMES["AWS::SQS::Queue"]


def test_an_unknown_event_is_refused_with_those_that_are_known() -> None:
    topics = new_service.topics_by_event()
    assert list(new_service.event_faults("RideCompleted", topics)) == []
    (fault,) = new_service.event_faults("RideStarted", topics)
    for event in ("RideCompleted", "FareCollected", "PrebookingSubmitted"):
        assert event in fault


def test_every_known_event_has_an_example_and_a_topic() -> None:
    for event, topic in new_service.topics_by_event().items():
        kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", event).lower()
        assert (ROOT / "fuzz" / "seeds" / "envelope" / f"{kebab}.json").exists(), event
        exported = [path for path in (ROOT / "infra").glob("*.yaml") if f'-{topic}Arn"}}' in path.read_text()]
        assert len(exported) == 1, topic
