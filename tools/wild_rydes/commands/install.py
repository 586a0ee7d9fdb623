"""Installs one of the pinned tools and prints where."""

import argparse

from wild_rydes import environments


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--environment", required=True, choices=list(environments.CONTENTS))


def run(options: argparse.Namespace) -> None:
    print(environments.bin_of(options.environment))
