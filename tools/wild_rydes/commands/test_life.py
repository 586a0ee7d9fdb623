"""Runs the life of a stage against an emulator of its own: deployments that fail, change and repeat, smoke runs, removals."""

import argparse
import subprocess
from pathlib import Path

from wild_rydes import console, environments, functions
from wild_rydes.paths import ROOT

SCENARIOS = ROOT / "tools" / "scenarios"


def run(_: argparse.Namespace) -> None:
    functions.build_for_here()
    # Its output as it comes, because it takes minutes. An emulator outlives the object that started it.
    command: list[str | Path] = [environments.bin_of("checks") / "pytest", "-v", "-s", "--override-ini=addopts=--strict-markers"]
    command += ["-W", "ignore::pytest.PytestUnraisableExceptionWarning", SCENARIOS]
    if subprocess.run(command, cwd=ROOT).returncode:
        raise console.Stop("the life of a stage is not as it should be: see above")
