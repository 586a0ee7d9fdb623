"""Measures the functions beside what they would be compared with: all parts, or only these."""

import argparse

from harness import parts
from wild_rydes import environments


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", default="")
    parser.add_argument("--functions", default="")
    parser.add_argument("--turns", type=int)


def run(options: argparse.Namespace) -> None:
    environments.check_prerequisites()
    parts.run(options.only.split(), options.functions.split(), options.turns)
