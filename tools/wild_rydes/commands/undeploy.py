"""Deletes the stacks of a stage, or some of them, and says before what goes and what stays."""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wild_rydes import confirmation, console, environments, removal
from wild_rydes.deployment import describe
from wild_rydes.emulator import profiles
from wild_rydes.stages import check_name

# The types of resources that hold data. Of the others, the number is enough.
DATA = {"AWS::DynamoDB::Table": "table", "AWS::S3::Bucket": "bucket", "AWS::SQS::Queue": "queue"}
# The types whose resources can be deleted after their stack.
DELETED = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--data", choices=["", "keep", "delete"], default="")


def run(options: argparse.Namespace) -> None:
    check_name(options.stage, "undeploy")
    environments.unify_regions()
    emulator = profiles.of_environment()
    undeploy(options.stage, options.only.split(), emulator.environment() if emulator else {}, options.data == "delete")


def undeploy(stage: str, only: Sequence[str], env: dict[str, str], with_data: bool = False) -> None:
    """Deletes these stacks of a stage, or all, and on demand the data that would outlive them. `env` is that of an emulator,
    where it asks nothing."""
    described = describe(stage, env, "--exports", "--resources")
    place = f"account {described['account']}, region {described['region']}"
    if not described["stacks"]:
        console.line(f"{console.GREEN}✓{console.END} nothing of stage {stage} is deployed in {place}")
        return
    wanted = removal.chosen(removal.imports(described["stacks"], described["exports"]), only)
    console.line(f"Stage {stage}: {place}, as {described['arn']}")
    console.line("\n".join(consequences({name: described["stacks"][name]["resources"] for name in wanted}, with_data)))
    if not env:
        confirmation.confirm("Delete this?", stage)
    for wave in removal.waves(wanted):
        with console.step(f"deleting {', '.join(wave)}"):
            environments.output("sam", "wild_rydes.cloud.delete", stage, *wave, *(["--data"] if with_data else []), env=env)
    console.line(f"{console.GREEN}✓{console.END} {', '.join(only) or 'all'} of stage {stage} is deleted")


def consequences(stacks: Mapping[str, Sequence[Mapping[str, Any]]], with_data: bool = False) -> Iterator[str]:
    """Says what becomes of the resources of stacks that are deleted."""
    resources = [
        {**resource, "stays": resource["stays"] and not (with_data and resource["type"] in DELETED)}
        for of_stack in stacks.values()
        for resource in of_stack
    ]
    goes = Counter(DATA.get(resource["type"], "other resource") for resource in resources if not resource["stays"])
    counts = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(goes.items())]
    yield f"  {len(stacks)} stacks go: {', '.join(stacks)}"
    yield f"  with all that is in them: {', '.join(counts) or 'nothing'}"
    for resource in resources:
        if resource["stays"]:
            yield f"  stays: {resource['type']} {resource['id']}, of {resource['stack']}"
    yield "  stays: the uploads in the SAM CLI's own bucket, and what CloudWatch has measured"
