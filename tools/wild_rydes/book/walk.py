"""Draws a terminal from the output of a real `make demo`: a ride, a fare that is taken back, and the audit."""

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

# The commands whose output is shown: a part of each, and its place among those with this part.
SHOWN = (("rydes complete-ride", 0), ("rydes trace", 0), ("rydes fare", 1), ("rydes audit", 0))
THEME = TerminalTheme((22, 27, 34), (230, 237, 243), [(72, 79, 88), (248, 81, 73), (63, 185, 80), *[(88, 166, 255)] * 5])
COLUMNS = 102


def parts(log: str) -> list[str]:
    """Each command of the demo with its output; the sentences between them are left out."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    return [part.strip("\n") for part in re.split(r"^(?=\$ )", plain, flags=re.MULTILINE)[1:]]


def shown(log: str) -> str:
    all_parts = parts(log)
    chosen = []
    for name, place in SHOWN:
        found = [part for part in all_parts if part.startswith(f"$ {name}")]
        if len(found) <= place:
            raise SystemExit(f"the output of the demo has no {name} number {place + 1}: give it that of a demo that went well")
        chosen.append(_without_sentences(found[place]))
    return "\n\n".join(chosen)


def _without_sentences(part: str) -> str:
    """A sentence about the next command follows behind the last blank line."""
    blocks = part.split("\n\n")
    while len(blocks) > 1 and re.match(r"(━━|[A-Z].*[.:]$|✓|real)", blocks[-1]):
        blocks.pop()
    return "\n".join(line for line in "\n\n".join(blocks).splitlines() if not line.startswith(("✓ Wild", "To keep")))


def svg(text: str) -> str:
    terminal = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for line in text.splitlines():
        style = "bold" if line.startswith("$ ") else "green" if line.startswith("All is") else ""
        terminal.print(Text(line, style), soft_wrap=True)
    drawn = terminal.export_svg(title="make demo", theme=THEME, unique_id="walk")
    # Nothing is fetched from elsewhere: without these fonts the reader's own are used.
    return re.sub(r"@font-face \{.*?\}\n", "", drawn, flags=re.DOTALL)


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(svg(shown(source.read_text())))
