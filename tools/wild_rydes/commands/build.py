"""Builds the functions for Lambda into target/lambda."""

import argparse

from wild_rydes import environments, functions


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--arch", choices=["x86_64", "arm64"], default="x86_64")


def run(options: argparse.Namespace) -> None:
    environments.check_prerequisites()
    functions.build_for_aws(options.arch)
