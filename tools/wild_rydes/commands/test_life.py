"""Runs the life of a stage against an emulator of its own: deployments that fail, change and repeat, smoke runs, removals."""

import argparse
import subprocess
from pathlib import Path

from wild_rydes import console, environments, functions
from wild_rydes.paths import LOCAL, ROOT
from wild_rydes.stages import fresh

SCENARIOS = ROOT / "tools" / "scenarios"
# The folder of the emulator and of what is deployed to it.
FOLDER = LOCAL / "life"


def run(_: argparse.Namespace) -> None:
    functions.build_for_here()
    # Its output as it comes, because it takes minutes.
    command: list[str | Path] = [environments.bin_of("checks") / "pytest", "-v", "-s", "--override-ini=addopts=--strict-markers"]
    # Pytest runs no end of a fixture when it is told to end. So the emulator is started and stopped here.
    with fresh(FOLDER, {"SFN_WAIT_SCALE": "0.02"}):
        failed = subprocess.run([*command, SCENARIOS], cwd=ROOT).returncode
    if failed:
        raise console.Stop("the life of a stage is not as it should be: see above")
