"""The comparison in the README has the figures of the last measurement."""

from collections.abc import Iterator
from pathlib import Path

from wild_rydes.paths import ROOT

# The README has these columns; the second is the workshop's, which was not measured.
OURS = "Wild Rydes"


def rows(page: Path, begin: str) -> Iterator[list[str]]:
    """The rows of the first table behind this text."""
    for line in page.read_text().split(begin, 1)[1].lstrip().splitlines():
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def test_each_measured_row_is_that_of_the_last_measurement() -> None:
    _, _, *measured = rows(ROOT / "crates" / "lambda-messaging" / "README.md", "<!-- library:begin -->")
    known = {label: figures for label, *figures in measured}
    header, _, *shown = rows(ROOT / "README.md", "## What is different")
    assert header[1] == OURS
    compared = [(label, [ours, *others]) for label, ours, _, *others in shown if label in known]
    assert len(compared) >= 7
    assert compared == [(label, known[label]) for label, _ in compared]
    # The other rows compare with the workshop alone.
    assert all(not any(others) for label, _, _, *others in shown if label not in known)
