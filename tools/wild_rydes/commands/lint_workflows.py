"""Checks the workflows of GitHub Actions: with actionlint and shellcheck, and with zizmor for what others could do with them."""

import argparse
import os
import subprocess
from pathlib import Path

from wild_rydes import console, environments
from wild_rydes.paths import ROOT

# This repository's, and that of a project made with the library.
FOLDERS = (ROOT / ".github", ROOT / "templates" / "project" / ".github")
WORKFLOWS = sorted(file for folder in FOLDERS for file in folder.glob("workflows/*.yml"))
# zizmor, too, asks nothing of the network.
CHECKS: tuple[tuple[str | Path, ...], ...] = (
    ("actionlint", *WORKFLOWS),
    ("zizmor", "--offline", "--quiet", "--no-progress", "--persona", "pedantic", *FOLDERS),
)


def run(_: argparse.Namespace) -> None:
    programs = environments.bin_of("workflows")
    # actionlint looks for shellcheck there.
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    failed = []
    for program, *options in CHECKS:
        # zizmor says something even where it finds nothing.
        checked = subprocess.run([programs / program, *options], cwd=ROOT, env=env, capture_output=True, text=True)
        if checked.returncode:
            console.line(checked.stdout + checked.stderr)
            failed.append(str(program))
    if failed:
        raise console.Stop(f"there are faults in the workflows: see above what {' and '.join(failed)} found")
    console.line(f"  {console.GREEN}✓{console.END} workflows: their syntax, scripts and rights, and each action by its digest")
