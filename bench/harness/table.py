"""Tables: names to the left, everything else to the right."""

from collections.abc import Sequence

from wild_rydes import console


def show(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    console.line("")
    for row in (headings, *rows):
        first, *others = (f"{cell:{'>' if n else '<'}{width}}" for n, (cell, width) in enumerate(zip(row, widths, strict=True)))
        console.line("  ".join((first, *others)))


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, ("---",) * len(headings), *rows))
