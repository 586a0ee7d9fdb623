"""Tells if a lab of docs/labs is done, and if not, what is missing. A line before says if that takes long."""

import argparse

from wild_rydes import environments, local_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lab", required=True)


def run(options: argparse.Namespace) -> None:
    environments.show("sam", "wild_rydes.labs", options.lab, env=local_stage.environment())
