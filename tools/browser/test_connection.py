"""The console's server refuses strangers, and the page finds it again after a restart."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from served import Console


def status(console: Console, path: str = "/api/topology", method: str = "GET", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{console.origin}{path}", method=method, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.com"},
        {"Host": "127.0.0.1.example.com"},
        {"Origin": "http://example.com"},
        {"Sec_Fetch_Site": "cross-site"},
    ],
)
def test_other_hosts_pages_and_sites_are_refused(console: Console, headers: dict[str, str]) -> None:
    assert status(console, **headers) == 403


def test_nothing_is_served_without_the_cookie(console: Console) -> None:
    for path in ("/", "/app.js", "/api/topology", "/api/events", "/?token=guess"):
        assert status(console, path) == 401


def test_other_methods_and_actions_without_the_header_are_refused(console: Console) -> None:
    for method in ("PUT", "DELETE", "OPTIONS"):
        assert status(console, method=method) == 405
    assert status(console, "/api/actions/prebook", "POST", Content_Type="application/json") == 403


def test_the_token_works_once(console: Console, cookies: object) -> None:
    assert cookies
    assert status(console, console.address.removeprefix(console.origin)) == 401


@pytest.fixture
def visit(browser: Browser) -> Iterator[tuple[Console, Page]]:
    """A console that a test may end, and a page that shows its map."""
    console = Console(Path(os.environ["RYDES"]))
    console.start()
    context = browser.new_context()
    page = context.new_page()
    page.goto(console.address)
    expect(page.locator(".node").first).to_be_visible()
    yield console, page
    context.close()
    console.stop()


def start_anew(console: Console, page: Page, port: int) -> None:
    """The address that the new console prints gives this browser its cookie."""
    console.start(port=port)
    page.context.new_page().goto(console.address)
    page.bring_to_front()


def test_the_page_finds_the_server_again_after_a_restart(visit: tuple[Console, Page]) -> None:
    console, page = visit
    stage, port = os.environ["STAGE"], console.port
    expect(page.locator("#connection")).to_contain_text(stage)
    console.stop()
    expect(page.locator("#connection")).to_have_text("reconnecting")
    start_anew(console, page, port)
    expect(page.locator("#connection")).to_contain_text(stage)
    expect(page.get_by_role("button", name="Complete a ride")).to_have_count(0)


def test_a_view_that_is_opened_while_the_server_is_down_comes_with_the_next_server(visit: tuple[Console, Page]) -> None:
    console, page = visit
    port = console.port
    console.stop()
    page.get_by_role("link", name="Saga").click()
    expect(page.locator("#connection")).to_have_text("reconnecting")
    start_anew(console, page, port)
    expect(page.get_by_role("heading", name="Saga")).to_be_visible()


def test_a_browser_that_is_refused_gets_a_page_that_says_what_to_do(browser: Browser, console: Console) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(f"{console.origin}/")
    assert answer
    assert answer.status == 401
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    expect(page.get_by_role("heading")).to_have_text("This browser has not opened the console's address.")
    expect(page.locator("p")).to_contain_text("It works once, in one browser.")
    context.close()


def test_another_address_lets_another_browser_in(browser: Browser, visit: tuple[Console, Page]) -> None:
    console, first = visit
    context = browser.new_context()
    page = context.new_page()
    page.goto(console.address)
    assert console.process
    expect(page.locator("p")).to_contain_text(f"kill -USR1 {console.process.pid}")
    page.goto(console.next_address())
    expect(page.locator(".node").first).to_be_visible()
    context.close()
    first.reload()
    expect(first.locator(".node").first).to_be_visible()
