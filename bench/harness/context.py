"""The functions that a run is about, and their programs, which its parts share."""

from collections.abc import Sequence
from functools import cached_property

from harness import programs
from harness.programs import Program


class Context:
    def __init__(self, only: Sequence[str], turns: int | None = None) -> None:
        """With a number of turns, a part that takes turns on its own scale takes so many."""
        self.only, self.turns = only, turns

    @cached_property
    def programs(self) -> list[Program]:
        """Built as the first part asks for them; there are parts that don't."""
        return programs.build(self.only)
