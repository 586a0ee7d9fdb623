"""A browser, and a console that it opens. A page that reports an error, or asks another machine for anything, fails its test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import cookies_of, launched
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, StorageState, expect
from served import Console

# Long enough for a busy machine: a test that passes does not wait so long.
PATIENCE = 30_000
SIZES = ((1280, 720), (1600, 900))
SCHEMES = ("light", "dark")
VIEWS = ("map", "message", "dead-letters", "saga", "quotes", "campaign", "patterns", "tour")

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def console() -> Iterator[Console]:
    console = Console(Path(os.environ["RYDES"]))
    console.start("--allow-actions")
    yield console
    console.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def cookies(browser: Browser, console: Console) -> StorageState:
    return cookies_of(browser, console)


class Opened:
    """Opens pages, and remembers what went wrong in them."""

    def __init__(self, browser: Browser, console: Console, cookies: StorageState) -> None:
        self.browser, self.console, self.cookies = browser, console, cookies
        self.contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def page(
        self, view: str = "map", size: tuple[int, int] = SIZES[0], scheme: str = "light", motion: str = "no-preference"
    ) -> Page:
        options = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": scheme, "reduced_motion": motion}
        options["storage_state"] = self.cookies
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", self._read)
        page.on("request", self._check)
        page.goto(f"{self.console.origin}/")
        self.show(page, view)
        return page

    @staticmethod
    def show(page: Page, view: str) -> None:
        page.evaluate("view => { location.hash = `#/${view}`; }", view)
        page.locator(f"main.view-{view.split('/')[0]} h1").first.wait_for(state="attached")

    def _read(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text}")

    def _check(self, request: Request) -> None:
        if not request.url.startswith((f"{self.console.origin}/", "data:", "blob:")):
            self.faults.append(f"request to {request.url}")

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def opened(browser: Browser, console: Console, cookies: StorageState) -> Iterator[Opened]:
    opened = Opened(browser, console, cookies)
    yield opened
    opened.close()
    assert opened.faults == []
