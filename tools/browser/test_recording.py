"""A session is recorded, and shown again without the stage. `make test-console RECORDING=1 ONLY=docs_session_is_recorded` records
the session of the docs."""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import PATIENCE
from playwright.sync_api import Browser, Page, expect
from served import Console

SESSION = Path(__file__).parents[2] / "docs" / "console-session.ndjson"
MOST = 200_000
# For what waits for attempts, for the saga, or for a queue.
SLOW = 120_000
# Details are recorded once steps have come to rest, which is two rounds.
AT_REST = 6
ACT = """async ([name, body]) => {
    const headers = {'Content-Type': 'application/json', 'X-Rydes-Console': '1'};
    const answer = await fetch(`/api/${name}`, {method: 'POST', headers, body: JSON.stringify(body)});
    return [answer.status, await answer.json()];
}"""
GET = "async (path) => await (await fetch(`/api/${path}`)).json()"


@contextmanager
def opened(browser: Browser, *options: str | Path) -> Iterator[Page]:
    console = Console(Path(os.environ["RYDES"]))
    console.start(*map(str, options))
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    faults: list[str] = []
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(console.address)
        page.locator(".node").first.wait_for()
        yield page
        assert faults == []
    finally:
        context.close()
        console.stop()


@contextmanager
def replayed(browser: Browser, file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page that shows a recording, in an environment that leads to no stage."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name == "STAGE"]:
        monkeypatch.delenv(name)
    with opened(browser, "--replay", file) as page:
        yield page


def show(page: Page, view: str) -> None:
    page.evaluate("view => { location.hash = `#/${view}`; }", view)
    page.locator(f"main.view-{view.split('/')[0]} h1").first.wait_for(state="attached")


def act(page: Page, name: str, **body: Any) -> Any:
    status, answer = page.evaluate(ACT, [f"actions/{name}", body])
    assert status == 200, answer
    return answer


def until(page: Page, path: str, is_so: Any) -> Any:
    """The answer of a view once it is as it should be."""
    deadline = time.monotonic() + SLOW / 1000
    while not is_so(answer := page.evaluate(GET, path)):
        assert time.monotonic() < deadline, f"{path} still has {answer}"
        page.wait_for_timeout(300)
    return answer


def details(page: Page, file: Path, view: str) -> str:
    """The id of the first thing whose details are in a recording, which is still being written."""
    written = re.compile(rf'"view":"{view}([^"]+)"')
    deadline = time.monotonic() + SLOW / 1000
    while not (found := written.search(file.read_text())):
        assert time.monotonic() < deadline, f"{file} has no {view}"
        page.wait_for_timeout(300)
    return found.group(1)


def test_a_session_is_recorded_and_shown_again_without_its_stage(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "session.ndjson"
    with opened(browser, "--allow-actions", "--record", file) as page:
        act(page, "complete-ride", fare=14.9, distance=6)
        act(page, "request-quotes")
        until(page, "messages", lambda stories: len(stories) >= 2)
        until(page, "quotes", lambda requests: requests and requests[0]["closed_at"])
        story = details(page, file, "messages/")
        fare = details(page, file, "saga/executions/")
    with replayed(browser, file, monkeypatch) as page:
        expect(page.locator("#connection")).to_have_text("a recording")
        expect(page.get_by_role("button", name="Complete a ride")).to_have_count(0)
        page.locator(".message").first.wait_for(state="attached")
        status, refusal = page.evaluate(ACT, ["actions/prebook", {}])
        assert status == 409
        assert "recording" in refusal["error"]["message"]
        assert "make console" in refusal["error"]["remedy"]
        show(page, "quotes")
        expect(page.locator(".race li").first).to_be_visible()
        show(page, f"message/{story}")
        expect(page.locator(".waterfall .step").first).to_be_visible(timeout=SLOW)
        show(page, f"saga/{fare}")
        expect(page.locator("svg.saga .taken").first).to_be_visible(timeout=SLOW)


@pytest.mark.skipif("RECORDING" not in os.environ, reason="RECORDING is not set")
def test_the_docs_session_is_recorded(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "session.ndjson"
    with opened(browser, "--allow-actions", "--record", file) as page:
        topology = page.evaluate(GET, "topology")
        queue = next(node["id"] for node in topology["nodes"] if node["lane"] == "customer-loyalty" and node["kind"] == "queue")
        polls = next(edge for edge in topology["edges"] if edge["kind"] == "polls" and edge["from"] == queue)
        letters = next(node["id"] for node in topology["nodes"] if node.get("dead_letters_of") == queue)
        page.wait_for_timeout(1000)
        act(page, "complete-ride", fare=14.9, distance=6)
        page.wait_for_timeout(6000)
        act(page, "complete-ride", fare=88, distance=25)
        act(page, "request-quotes")
        until(page, "quotes", lambda requests: requests and requests[0]["closed_at"])
        act(page, "take-down", function=polls["to"])
        for fare in (21.5, 12):
            act(page, "complete-ride", fare=fare, distance=9)
            page.wait_for_timeout(1500)
        page.wait_for_timeout(3000)
        act(page, "bring-up", function=polls["to"])
        act(page, "decline-card")
        page.wait_for_timeout(6000)
        act(page, "poison", queue=queue)
        until(page, "dead-letters", lambda queues: any(q["dead_letter_queue"] == letters and q["count"] for q in queues))
        act(page, "campaign", count=15)
        until(page, "campaign", lambda curves: curves["decided"] and curves["decided"][-1][1] >= 15)
        page.wait_for_timeout(AT_REST * 1000)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[-1]["what"] == "end"
    assert file.stat().st_size <= MOST, file.stat().st_size
    SESSION.write_bytes(file.read_bytes())


def test_the_docs_session_is_shown_and_small(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SESSION.stat().st_size <= MOST
    with replayed(browser, SESSION, monkeypatch) as page:
        page.locator(".message").first.wait_for(state="attached")
        show(page, "patterns")
        expect(page.locator(".choices a").first).to_be_visible()


def test_the_docs_session_tells_nothing_private() -> None:
    text = SESSION.read_text()
    for private in ("@", "arn:aws", "amazonaws.com", "cmr", "tom_fail", "Kreuzberg"):
        assert private not in text, private
