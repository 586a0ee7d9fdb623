"""The browser of this machine that Playwright drives."""

import os
import shutil

# By these names systems install one. CHROMIUM names another.
NAMES = ("chromium", "chromium-browser", "google-chrome")
ADVICE = "install Chromium (Debian: apt install chromium), or name a browser in CHROMIUM"


def find() -> str | None:
    """The path of the browser's program, if there is one."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
