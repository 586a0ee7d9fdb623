"""Tries the console's page in a browser, against an emulator of its own (--screenshots: takes the pictures of the docs;
--recording: records their session)."""

import argparse
import os
import subprocess
from pathlib import Path

from wild_rydes import browsers, console, environments, functions
from wild_rydes.offline import go_offline
from wild_rydes.paths import LOCAL, ROOT
from wild_rydes.stages import fresh, stage_locally

TESTS = ROOT / "tools" / "browser"
# The folder of the emulator and of what is deployed to it.
FOLDER = LOCAL / "console"
STAGE = "console"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", default="")
    parser.add_argument("--screenshots", action="store_true")
    parser.add_argument("--recording", action="store_true")
    parser.add_argument("--if-possible", action="store_true")


def run(options: argparse.Namespace) -> None:
    browser = browsers.find()
    if not browser:
        if options.if_possible:
            console.line(f"  – the console was not tried, because there is no browser: {browsers.ADVICE}")
            return
        raise console.Stop(f"there is no browser: {browsers.ADVICE}")
    with environments.installing("browser", "ministack", "sam"):
        functions.build_for_here()
    if not go_offline():
        console.line(
            "  – the page is tried beside the machine's network, because this system gives a process no network of its own"
        )
    with fresh(FOLDER, {}) as emulator:
        stage_locally(emulator, FOLDER, STAGE)
        settings = {
            **os.environ,
            **emulator.environment(),
            "STAGE": STAGE,
            # The console's notes of what it has switched off.
            "XDG_STATE_HOME": str(FOLDER),
            "RYDES": str(functions.RYDES),
            "CHROMIUM": browser,
            "SAM_PYTHON": str(environments.bin_of("sam") / "python"),
            **({"SCREENSHOTS": "1"} if options.screenshots else {}),
            **({"RECORDING": "1"} if options.recording else {}),
        }
        command: list[str | Path] = [environments.bin_of("browser") / "pytest", "-v", "-o", "addopts=--strict-markers"]
        chosen = ["-k", options.only] if options.only else []
        failed = subprocess.run([*command, *chosen, TESTS], cwd=ROOT, env=settings).returncode
    if failed:
        raise console.Stop("the console is not as it should be: see above")
