"""What a page says between two marks, written by a benchmark."""

from collections.abc import Sequence
from pathlib import Path

from wild_rydes import console


def write(name: str, text: str, pages: Sequence[Path]) -> None:
    """Writes the text between the marks of this name, into each page that has them."""
    first, last = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    written = 0
    for page in pages:
        before, begin, rest = (page.read_text() if page.exists() else "").partition(first)
        _, end, after = rest.partition(last)
        if begin and end:
            page.write_text(f"{before}{begin}\n{text}\n{end}{after}")
            written += 1
    if not written:
        raise console.Stop(f"no page has a place for the table: the lines {first} and {last}")
