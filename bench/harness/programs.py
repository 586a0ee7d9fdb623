"""The programs that are measured: every function, and two yardsticks built in the same run. The floor does nothing at all; and
award-points is there once more, written as most would write it, in Python."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness.python_function import AWARD_POINTS
from wild_rydes import artifacts, functions
from wild_rydes.paths import ROOT

FLOOR = "floor"
# Whose twin is written in Python.
TWIN = "award-points"
PYTHON = f"{TWIN} in Python"
FOLDER = ROOT / "target" / "bench" / "functions"


class Program(NamedTuple):
    name: str
    # Whose events it is given.
    events: str
    command: list[str]
    env: dict[str, str]
    zip_bytes: int

    @property
    def is_function(self) -> bool:
        return self.name not in (FLOOR, PYTHON)


def build(only: Sequence[str]) -> list[Program]:
    """The floor, the functions (or only these, and the one with a twin), and the twin."""
    wanted = {*only, TWIN, FLOOR} if only else set()
    # A program that is not built any more must not be measured.
    shutil.rmtree(FOLDER, ignore_errors=True)
    functions.build_for_bench(FOLDER, sorted(wanted))
    programs = {program.parent.name: program for program in sorted(FOLDER.glob("*/bootstrap"))}
    names = [FLOOR, *(name for name in programs if name != FLOOR and (not wanted or name in wanted))]
    return [*(rust(name, programs[name]) for name in names), python()]


def rust(name: str, program: Path) -> Program:
    return Program(name, TWIN if name == FLOOR else name, [str(program)], {}, artifacts.zipped(program.read_bytes()))


def python() -> Program:
    command, env = AWARD_POINTS.command()
    return Program(PYTHON, TWIN, command, env, AWARD_POINTS.zipped())
