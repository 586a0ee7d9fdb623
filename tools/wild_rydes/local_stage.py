"""The stage that make up keeps running, for commands that work on it."""

from wild_rydes import console
from wild_rydes.emulator.embedded import Emulator
from wild_rydes.paths import LOCAL

STAGE = "local"


def emulator() -> Emulator:
    """The emulator of the running stage; stops if there is none."""
    found = Emulator.running(LOCAL)
    if not found:
        raise console.Stop("Wild Rydes is not up: run make up, then . .local/stack.env")
    return found


def environment() -> dict[str, str]:
    """The environment of a client of the running stage."""
    return {**emulator().environment(), "STAGE": STAGE}
