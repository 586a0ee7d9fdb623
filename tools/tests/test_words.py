"""Keeps terms of an old style out of every tracked text."""

import re
import subprocess

import pytest

from wild_rydes.paths import ROOT

ADVICE = {
    "told of": "name the event or the message that is received",
    "whoever": "name the person or the program",
    "somebody": "name the person or the program",
    "what is to be": "put the thing first: 'events to publish'",
    "of it": "name the thing, or use 'its'",
}
TERMS = re.compile(r"\b(" + "|".join(term.replace(" ", r"\s+") for term in ADVICE) + r")\b", re.IGNORECASE)
# This file has to name the terms; the others are copies of other people's work.
EXEMPT = ("tools/tests/test_words.py", "Cargo.lock")


def faults(name: str, text: str) -> list[str]:
    """A line for each of the terms: its place, and the advice. A term may be broken by the end of a line."""
    text = re.sub(r"\n[ \t]*(?://[/!]?|#|\*)[ \t]*", lambda mark: "\n" + " " * (len(mark[0]) - 1), text)
    return [
        f"{name}:{text.count(chr(10), 0, found.start()) + 1}: '{found[0]}': " + ADVICE[re.sub(r"\s+", " ", found[0].lower())]
        for found in TERMS.finditer(text)
    ]


def test_no_tracked_text_has_a_term_of_the_old_style() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if name in EXEMPT or "/vendor/" in name or not path.is_file():
            continue
        try:
            found += faults(name, path.read_text())
        except UnicodeDecodeError:
            continue
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("term", ADVICE)
def test_a_term_is_found_with_its_line_and_an_advice(term: str) -> None:
    assert faults("a.md", f"One line.\nHere, {term} stands.\n") == [f"a.md:2: '{term}': {ADVICE[term]}"]


def test_a_term_that_the_end_of_a_line_breaks_is_found() -> None:
    assert [line.split(":")[1] for line in faults("a.rs", "//! A part\n//! of\n//! it is here.\n")] == ["2"]


def test_longer_words_are_allowed() -> None:
    assert not faults("a.md", "Of items, and of its parts.")
