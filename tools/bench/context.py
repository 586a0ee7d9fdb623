"""What the parts of a run share: which functions it is about, and what was built of them."""

from collections.abc import Sequence
from functools import cached_property

from bench import subjects
from bench.subjects import Subject


class Context:
    def __init__(self, only: Sequence[str]) -> None:
        self.only = only

    @cached_property
    def subjects(self) -> list[Subject]:
        """Built as the first part asks for them; there are parts that don't."""
        return subjects.build(self.only)
