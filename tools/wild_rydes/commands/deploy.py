"""Builds for Lambda and deploys every stack to AWS, with the credentials of the environment."""

import argparse
import os
import re
import shlex

from wild_rydes import console, environments, functions
from wild_rydes.deployment import Deployment
from wild_rydes.paths import INFRA, LOCAL


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage", required=True)
    parser.add_argument("--arch", choices=["x86_64", "arm64"], default="x86_64")
    parser.add_argument("--parameters", default="")


def run(options: argparse.Namespace) -> None:
    environments.check_prerequisites()
    if not re.fullmatch("[a-z][a-z0-9]{0,19}", options.stage):
        raise console.Stop("STAGE is missing, or not at most 20 small letters and digits: set it, as in make deploy STAGE=dev")
    if os.environ.get("AWS_ENDPOINT_URL"):
        raise console.Stop("AWS_ENDPOINT_URL is set, so this would not go to AWS: unset it (a sourced .local/stack.env?)")
    functions.build_for_aws(options.arch)
    parameters = shlex.split(options.parameters)
    Deployment(options.stage, options.arch, {}, LOCAL / f"aws-{options.stage}", parameters).deploy(INFRA, None)
    console.line(f"{console.GREEN}✓{console.END} deployed; see it with: rydes status --stage {options.stage}")
