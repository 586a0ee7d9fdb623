"""The console's server refuses strangers, and the page finds it again after a restart."""

import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
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


def test_the_page_finds_the_server_again_after_a_restart(browser: Browser) -> None:
    console = Console(Path(os.environ["RYDES"]))
    console.start()
    port = console.port
    context = browser.new_context()
    page = context.new_page()
    page.goto(console.address)
    stage = os.environ["STAGE"]
    expect(page.locator("#connection")).to_contain_text(stage)
    console.stop()
    expect(page.locator("#connection")).to_have_text("reconnecting")
    console.start(port=port)
    # The address that the new one prints gives this browser its cookie.
    context.new_page().goto(console.address)
    page.bring_to_front()
    expect(page.locator("#connection")).to_contain_text(stage)
    expect(page.get_by_role("button", name="Complete a ride")).to_have_count(0)
    context.close()
    console.stop()


def test_a_view_that_is_opened_while_the_server_is_down_comes_with_the_next_server(browser: Browser) -> None:
    console = Console(Path(os.environ["RYDES"]))
    console.start()
    port = console.port
    context = browser.new_context()
    page = context.new_page()
    page.goto(console.address)
    expect(page.locator(".node").first).to_be_visible()
    console.stop()
    page.get_by_role("link", name="Saga").click()
    expect(page.locator("#connection")).to_have_text("reconnecting")
    console.start(port=port)
    context.new_page().goto(console.address)
    page.bring_to_front()
    expect(page.get_by_role("heading", name="Saga")).to_be_visible()
    context.close()
    console.stop()
