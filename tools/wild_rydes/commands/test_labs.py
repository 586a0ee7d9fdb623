"""Does the labs of docs/labs in a copy of the checkout, on an emulator of its own, and tries the check of each."""

import argparse
import shutil
import subprocess
from pathlib import Path

from wild_rydes import console, end_to_end, environments, functions
from wild_rydes.checkout import Checkout
from wild_rydes.paths import LOCAL, ROOT

TESTS = ROOT / "tools" / "labs"
# Always the same folder, so that cargo knows again what it has compiled for it.
COPY = LOCAL / "labs"


def run(_: argparse.Namespace) -> None:
    functions.build_for_here(functions.BROKEN_FOR_HERE)
    end_to_end.build()
    checkout = prepare()
    # Its output as it comes, because it takes minutes.
    command: list[str | Path] = [
        environments.bin_of("checks") / "pytest",
        "-v",
        "-s",
        "-x",
        "--override-ini=addopts=--strict-markers",
    ]
    # Pytest runs no end of a fixture when it is told to end. So the emulator is stopped here.
    try:
        failed = subprocess.run([*command, TESTS], cwd=ROOT).returncode
    finally:
        subprocess.run(["make", "--no-print-directory", "down"], cwd=checkout.path)
    if failed:
        raise console.Stop("a lab or its check is not as it should be: see above")


def prepare() -> Checkout:
    """A copy of the checkout with the tools and builds of this one."""
    # A run that was killed has left its emulator behind.
    if (COPY / ".local" / "emulator.json").exists():
        subprocess.run(["make", "--no-print-directory", "down"], cwd=COPY)
    checkout = Checkout(COPY)
    (COPY / ".tools").symlink_to(ROOT / ".tools")
    own = COPY / ".local"
    shutil.copytree(functions.FOR_HERE, own / functions.FOR_HERE.relative_to(LOCAL))
    (own / "bin").mkdir()
    shutil.copy2(functions.RYDES, own / "bin")
    shutil.copy2(end_to_end.PROGRAMS, own)
    return checkout
