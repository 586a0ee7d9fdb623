"""Builds for Lambda and deploys every stack, with the region and the credentials of the environment.

With AWS_ENDPOINT_URL it deploys to the emulator there, and asks nothing.
"""

import argparse
from collections.abc import Mapping
from typing import Any

from wild_rydes import confirmation, console, environments, functions, stacks
from wild_rydes.deployment import FAILED_AT_FIRST, Deployment, describe, leftovers, refuse, statuses
from wild_rydes.emulator import profiles
from wild_rydes.paths import INFRA, LOCAL
from wild_rydes.stages import check_name


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage", required=True)
    parser.add_argument("--arch", choices=["x86_64", "arm64"], default="x86_64")
    parser.add_argument("--parameters", default="")


def run(options: argparse.Namespace) -> None:
    environments.check_prerequisites()
    check_name(options.stage, "deploy")
    environments.unify_regions()
    emulator = profiles.of_environment()
    if emulator:
        folder = LOCAL / f"emulator-{options.stage}"
        given = " ".join([*emulator.profile.facts["parameters"], options.parameters])
        deployment = Deployment(options.stage, functions.ARCH, emulator.environment(), folder, given)
    else:
        deployment = Deployment(options.stage, options.arch, {}, LOCAL / f"aws-{options.stage}", options.parameters)
    # Before anything is built: the faults, and the question.
    deployment.parameters([stack for wave in stacks.stacks() for stack in wave])
    described = describe(options.stage, deployment.env, "--exports")
    refuse(options.stage, described)
    console.line("\n".join(plan(options.stage, described)))
    if emulator:
        emulator.make_ready()
        templates, _ = functions.build_for_containers(folder, few=False)
    else:
        confirmation.confirm(f"Deploy stage {options.stage} there?", "yes")
        functions.build_for_aws(options.arch)
        templates = INFRA
    deployment.deploy(templates, None)
    console.line("\n".join(next_steps(options.stage)))


def plan(stage: str, described: Mapping[str, Any]) -> list[str]:
    """Says where a deployment goes, and what it does there."""
    there = statuses(described)
    names = [stack.name for wave in stacks.stacks() for stack in wave]
    failed = [name for name in names if there.get(name) in FAILED_AT_FIRST]
    lines = [f"Stage {stage}: account {described['account']}, region {described['region']}, as {described['arn']}"]
    groups = {
        "to make": [name for name in names if name not in there],
        "to update": [name for name in names if name in there and name not in failed],
        "to replace, because their first deployment failed": failed,
    }
    lines += [f"  {len(group)} stacks {what}: {', '.join(group)}" for what, group in groups.items() if group]
    lines += [
        f"  ! {name} is deployed, but no template makes it any more; to remove it: make undeploy STAGE={stage} ONLY={name}"
        for name in leftovers(there)
    ]
    return lines


def next_steps(stage: str) -> list[str]:
    return [
        f"{console.GREEN}✓{console.END} stage {stage} is deployed; what you can do next:",
        f"  make smoke STAGE={stage}                       see whether it works, from its APIs to the audit",
        f"  .local/bin/rydes status --stage {stage}        its APIs and queues; make smoke builds rydes",
        f"  make undeploy STAGE={stage}                    remove it",
    ]
