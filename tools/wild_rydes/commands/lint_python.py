"""Checks the tools themselves: lints and formatting with ruff, types with mypy."""

import argparse
import subprocess

from wild_rydes import console, environments
from wild_rydes.paths import ROOT

CHECKS = (("ruff", "check", "--quiet"), ("ruff", "format", "--check", "--quiet"), ("mypy", "--no-error-summary"))


def run(_: argparse.Namespace) -> None:
    checks = environments.bin_of("checks")
    failed = [
        f"{program} {' '.join(options)}"
        for program, *options in CHECKS
        if subprocess.run([checks / program, *options], cwd=ROOT).returncode
    ]
    if failed:
        raise console.Stop(f"there are faults in the tools: see above what {' and '.join(failed)} found; make fmt formats them")
    console.line(f"  {console.GREEN}✓{console.END} the tools: lints, formatting and types")
