"""Stops the emulator; everything in it is gone."""

import argparse
import shutil

from wild_rydes import console
from wild_rydes.emulator.embedded import Emulator
from wild_rydes.paths import LOCAL

STACK_ENV = LOCAL / "stack.env"


def run(_: argparse.Namespace) -> None:
    down()


def down() -> None:
    was_up = Emulator.running(LOCAL) is not None
    clear()
    console.line(f"{console.GREEN}✓{console.END} Wild Rydes is down" if was_up else "Wild Rydes was not up")


def clear() -> None:
    """Ends the emulator of an earlier command, with all that it has started, and removes its records."""
    emulator = Emulator.recorded(LOCAL)
    if emulator:
        emulator.stop()
    for gone in (STACK_ENV, LOCAL / "deployed.json"):
        gone.unlink(missing_ok=True)
    shutil.rmtree(LOCAL / "tmp", ignore_errors=True)
