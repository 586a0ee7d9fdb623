"""A browser drops the requests of a page while the machine's network changes. The page gets over that."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, StorageState, expect
from served import Console

STYLES = 3


@pytest.fixture
def page(browser: Browser, cookies: StorageState) -> Iterator[Page]:
    context = browser.new_context(storage_state=cookies)
    yield context.new_page()
    context.close()


def drop_once(page: Page, pattern: str) -> set[str]:
    """Drops the first request for each address of a pattern. Returns the addresses, as they are asked for."""
    dropped: set[str] = set()

    def decide(route: Route) -> None:
        if route.request.url in dropped:
            return route.continue_()
        dropped.add(route.request.url)
        return route.abort("connectionaborted")

    page.route(pattern, decide)
    return dropped


def expect_whole(page: Page) -> None:
    # A page that lacks a style is drawn, and then loaded again.
    page.wait_for_function("styles => document.styleSheets.length === styles", arg=STYLES)
    expect(page.locator(".node").first).to_be_visible()
    expect(page.get_by_role("button", name="Complete a ride")).to_be_visible()


@pytest.mark.parametrize(
    "part", ["app.js", "lib/shell.js", "style/map.css", "views/map.js", "map/layout.js", "vendor/dagre.js", "api/topology"]
)
def test_a_part_that_is_dropped_once_comes_all_the_same(page: Page, console: Console, part: str) -> None:
    dropped = drop_once(page, f"**/{part}")
    page.goto(f"{console.origin}/")
    expect_whole(page)
    assert len(dropped) == 1


def test_all_that_is_asked_for_at_once_may_be_dropped_at_once(page: Page, console: Console) -> None:
    dropped = drop_once(page, "**/{app.js,style/*.css,vendor/inter.woff2}")
    page.goto(f"{console.origin}/")
    expect_whole(page)
    assert len(dropped) > STYLES


def test_a_view_that_is_dropped_when_it_is_opened_opens(page: Page, console: Console) -> None:
    page.goto(f"{console.origin}/")
    expect_whole(page)
    dropped = drop_once(page, "**/views/saga.js")
    page.get_by_role("link", name="Saga").click()
    expect(page.get_by_role("heading", name="Saga")).to_be_visible()
    assert len(dropped) == 1


@pytest.mark.parametrize("part", ["app.js", "style/map.css", "views/map.js"])
def test_a_part_that_never_comes_does_not_load_the_page_for_ever(page: Page, console: Console, part: str) -> None:
    loads: list[str] = []
    page.on("request", lambda request: loads.append(request.url) if request.is_navigation_request() else None)
    page.route(f"**/{part}", lambda route: route.abort("connectionaborted"))
    page.goto(f"{console.origin}/")
    expect(page.get_by_role("alert")).to_have_text("A part of the page could not be loaded. Load it again.")
    # The first load, and three more.
    assert len(loads) == 4
