"""Opens the console in a browser. The Python of the environment with Playwright runs it, as a program:

browser.py pictures <times>     opens so many pages, one after the other: the milliseconds until each has its picture, as JSON
browser.py watch [<note> …]     opens a page that takes these notes, `steps` or `frames`; it prints the ids of the processes, and
                                the notes so far for each line that it reads; it ends with its input
"""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chromium import cookies_of, launched
from playwright.sync_api import Browser, Page, StorageState
from served import Console

HERE = Path(__file__).parent
SIZE = {"width": 1600, "height": 900}


class Visitor:
    def __init__(self, browser: Browser, console: Console, cookies: StorageState) -> None:
        self.browser, self.console, self.cookies = browser, console, cookies

    @contextmanager
    def page(self) -> Iterator[Page]:
        """A page that shows the map. Its browser has loaded nothing before."""
        context = self.browser.new_context(viewport=SIZE, storage_state=self.cookies)
        page = context.new_page()
        page.add_init_script(path=HERE / "picture.js")
        page.goto(f"{self.console.origin}/")
        page.locator(".node").first.wait_for()
        yield page
        context.close()

    def processes(self) -> dict[str, list[int]]:
        """The ids of the browser's processes and of the console's, by kind."""
        assert self.console.process
        by_kind = defaultdict(list, {"console": [self.console.process.pid]})
        for process in self.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]:
            by_kind[process["type"]].append(process["id"])
        return by_kind


@contextmanager
def visitor() -> Iterator[Visitor]:
    console = Console(Path(os.environ["RYDES"]))
    try:
        console.start()
        with launched() as browser:
            yield Visitor(browser, console, cookies_of(browser, console))
    finally:
        console.stop()


def pictures(times: str) -> None:
    with visitor() as visiting:
        found = []
        for _ in range(int(times)):
            with visiting.page() as page:
                found.append(page.evaluate("() => window.picture"))
    say(found)


def watch(*notes: str) -> None:
    with visitor() as visiting, visiting.page() as page:
        page.evaluate("() => { window.noted = {}; }")
        for note in notes:
            page.evaluate((HERE / f"{note}.js").read_text())
        say(visiting.processes())
        for _ in sys.stdin:
            say(page.evaluate("() => window.noted"))


def say(found: object) -> None:
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    commands: dict[str, Callable[..., None]] = {"pictures": pictures, "watch": watch}
    commands[command](*arguments)
