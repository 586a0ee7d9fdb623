"""Formats the tools, and puts their imports in order."""

import argparse
import subprocess

from wild_rydes import environments
from wild_rydes.paths import ROOT


def run(_: argparse.Namespace) -> None:
    ruff = environments.bin_of("checks") / "ruff"
    subprocess.run([ruff, "check", "--select", "I", "--fix", "--quiet"], cwd=ROOT, check=True)
    subprocess.run([ruff, "format", "--quiet"], cwd=ROOT, check=True)
