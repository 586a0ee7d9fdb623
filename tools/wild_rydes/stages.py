"""Deploys the stacks to an emulator, with the functions that were built for this machine."""

import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wild_rydes import console, functions
from wild_rydes.deployment import Deployment
from wild_rydes.emulator.embedded import Emulator, free_port
from wild_rydes.paths import LOCAL

# A longer stage would cut names of dead-letter queues short: so say the templates.
LONGEST = 9


def check_name(stage: str, command: str) -> None:
    """Stops if a stage can't be called so."""
    if not re.fullmatch(f"[a-z][a-z0-9]{{0,{LONGEST - 1}}}", stage):
        raise console.Stop(
            f"STAGE is missing, or not at most {LONGEST} small letters and digits: set it, as in make {command} STAGE=dev"
        )


def own_stage(name: str) -> str:
    """A stage that nothing else on this machine uses. By the stage, tests find, count and kill the processes of functions, even
    those in containers, and tell their own resources from what other runs have left at an emulator."""
    return name[0] + uuid.uuid4().hex[: LONGEST - 1]


def stage_locally(emulator: Emulator, folder: Path, stage: str) -> None:
    """Deploys copies of the templates, beside which the functions are those built for this machine."""
    instance = emulator.record.read_text()
    Deployment(stage, "x86_64", emulator.environment(), folder).deploy(functions.copy_templates(LOCAL), instance)


@contextmanager
def fresh(folder: Path, settings: dict[str, str], port: int | None = None) -> Iterator[Emulator]:
    """An emulator of its own with nothing in it, for as long as the block lasts; its folder is emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    emulator = Emulator(folder, port or free_port(), settings)
    emulator.start()
    try:
        yield emulator
    finally:
        emulator.stop()
