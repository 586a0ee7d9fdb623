"""Tables: names to the left, everything else to the right."""

from collections.abc import Sequence

import say


def show(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(headings, *rows)]
    say.line("")
    for row in (headings, *rows):
        first, *others = (f"{cell:{'>' if n else '<'}{width}}" for n, (cell, width) in enumerate(zip(row, widths)))
        say.line("  ".join((first, *others)))
