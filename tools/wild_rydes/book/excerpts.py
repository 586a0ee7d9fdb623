"""Keeps the code in the pages equal to the source. A comment before a block names the file, a text of the first line, and the
number of lines: GitHub's readers see plain Markdown, and the code can't go stale."""

import re
import textwrap
from pathlib import Path

MARK = re.compile(
    r'(?P<mark><!-- excerpt: (?P<path>\S+) from "(?P<start>[^"\n]+)", (?P<count>\d+) lines -->\n```(?P<language>\w*)\n)'
    r"(?P<code>.*?)(?P<end>^```$)",
    re.DOTALL | re.MULTILINE,
)


class UnknownExcerptError(Exception):
    """A comment that names no code."""


def renewed(root: Path, text: str) -> str:
    """The page's text with the code as it stands in the source."""
    return MARK.sub(lambda found: f"{found['mark']}{_code(root, found)}{found['end']}", text)


def malformed(text: str) -> int:
    """The number of comments that name no code because their form is wrong."""
    return text.count("<!-- excerpt:") - len(MARK.findall(text))


def _code(root: Path, found: re.Match[str]) -> str:
    file = root / found["path"]
    if not file.is_file():
        raise UnknownExcerptError(f"there is no file {found['path']}")
    lines = file.read_text().splitlines()
    first = next((number for number, line in enumerate(lines) if found["start"] in line), None)
    if first is None:
        raise UnknownExcerptError(f"no line of {found['path']} contains {found['start']}")
    return textwrap.dedent("\n".join(lines[first : first + int(found["count"])])) + "\n"
