"""The browser, and what it keeps after its visit to a console."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, StorageState, sync_playwright
from served import Console

# A container gives a browser no sandbox, and little shared memory.
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=OPTIONS)
        yield browser
        browser.close()


def cookies_of(browser: Browser, console: Console) -> StorageState:
    """The cookies that a browser keeps after its visit with the token, which works once."""
    context = browser.new_context()
    context.new_page().goto(console.address)
    kept = context.storage_state()
    context.close()
    return kept
