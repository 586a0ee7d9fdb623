"""A service that the console takes down is up again after the console has ended, however it ended."""

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from deployed import state_of_mapping
from served import Console

BROUGHT_UP = "Brought up what an earlier console had taken down. Event sources switched on: 1."


class Visitor:
    """Calls the console's server as the page does."""

    def __init__(self, console: Console) -> None:
        self.origin = console.origin
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.opener.open(console.address, timeout=30).close()

    def ask(self, path: str, body: dict[str, str] | None = None) -> Any:
        headers = {"Content-Type": "application/json", "X-Rydes-Console": "1"}
        data = json.dumps(body).encode() if body else None
        with self.opener.open(urllib.request.Request(f"{self.origin}{path}", data, headers), timeout=30) as answer:
            return json.load(answer)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    """A console with notes of its own: the other tests' console has those of the stage."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    console = Console(Path(os.environ["RYDES"]))
    yield console
    console.stop()


def take_down(console: Console) -> str:
    """Takes a service down. Gives the event source mapping of its function."""
    visitor = Visitor(console)
    edges = visitor.ask("/api/topology")["edges"]
    polls = next(edge for edge in edges if edge["kind"] == "polls" and edge["to"].startswith("customer-loyalty/"))
    visitor.ask("/api/actions/take-down", {"function": polls["to"]})
    assert state_of_mapping(polls["mapping"]).startswith("Disabl")
    return polls["mapping"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_console_that_is_told_to_end_brings_up_what_it_has_taken_down(own: Console, how: signal.Signals) -> None:
    own.start("--allow-actions")
    mapping = take_down(own)
    own.stop(how)
    assert state_of_mapping(mapping).startswith("Enabl")
    own.start("--allow-actions")
    assert own.said == []


def test_the_console_after_one_that_was_killed_brings_up_what_that_one_had_taken_down(own: Console) -> None:
    own.start("--allow-actions")
    mapping = take_down(own)
    own.stop(signal.SIGKILL)
    assert state_of_mapping(mapping).startswith("Disabl")
    own.start("--allow-actions")
    assert own.said == [BROUGHT_UP]
    assert state_of_mapping(mapping).startswith("Enabl")


def test_a_console_that_only_watches_brings_nothing_up(own: Console) -> None:
    own.start("--allow-actions")
    mapping = take_down(own)
    own.stop(signal.SIGKILL)
    own.start()
    assert state_of_mapping(mapping).startswith("Disabl")
    own.stop()
    own.start("--allow-actions")
    assert own.said == [BROUGHT_UP]
