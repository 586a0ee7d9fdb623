"""Asks before something is done that costs money or can't be undone."""

import os
import sys

from wild_rydes import console


def confirm(question: str, answer: str) -> None:
    """Stops unless the answer is typed, or YES=1 is set."""
    if os.environ.get("YES") == "1":
        return
    if not sys.stdin.isatty():
        raise console.Stop(f"{question} This is no terminal, so the question can't be answered: set YES=1 for yes")
    try:
        given = input(f"{question} Type {answer} to go on: ").strip()
    except EOFError:
        given = ""
    if given != answer:
        raise console.Stop("nothing was changed")
