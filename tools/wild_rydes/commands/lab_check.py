"""Tells in one line if a lab of docs/labs is done, and if not, what is missing."""

import argparse

from wild_rydes import console, environments, local_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lab", required=True)


def run(options: argparse.Namespace) -> None:
    said = environments.output("sam", "wild_rydes.labs", options.lab, env=local_stage.environment())
    console.line(f"{console.GREEN}✓{console.END} {said.strip()}")
