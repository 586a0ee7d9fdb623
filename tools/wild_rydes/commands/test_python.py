"""Runs the tests of the tools."""

import argparse
import subprocess

from wild_rydes import console, environments
from wild_rydes.paths import ROOT


def run(_: argparse.Namespace) -> None:
    if subprocess.run([environments.bin_of("checks") / "pytest"], cwd=ROOT).returncode:
        raise console.Stop("tests of the tools failed: see above")
