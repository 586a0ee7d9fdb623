"""Draws the walk of the README, docs/walk.svg, from the output of make demo."""

import argparse
from pathlib import Path

from wild_rydes import console, environments
from wild_rydes.paths import ROOT


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--input", required=True, help="a file with the output of make demo")


def run(options: argparse.Namespace) -> None:
    source = Path(options.input)
    if not source.is_file():
        raise console.Stop("give a file with the output of make demo: make demo | tee demo.log; make walk INPUT=demo.log")
    environments.run_module("book", "wild_rydes.book.walk", "the walk was not drawn", source, ROOT / "docs" / "walk.svg")
