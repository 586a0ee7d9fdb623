"""Builds the book with Zensical, and checks its links with lychee."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from wild_rydes import console, environments
from wild_rydes.book import pages
from wild_rydes.paths import LOCAL, ROOT

FOLDER = LOCAL / "book"
SOURCE = FOLDER / "source"
SITE = FOLDER / "site"
SETTINGS = ROOT / "docs" / "book.toml"
CONFIG = FOLDER / "zensical.toml"
# Of the crates, where `make doc` has made it.
API = ROOT / "target" / "doc"


def write() -> None:
    """Writes pages and settings where Zensical takes them from; stops at a page that no page links."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    written = pages.write(ROOT, SOURCE)
    faults = [f"{path} is linked, and does not exist" for path in written.missing]
    faults += [f"no page links {path}: add it to {pages.INDEX}" for path in pages.without_link(ROOT, written)]
    if faults:
        raise console.Stop("the book misses pages:\n  " + "\n  ".join(faults))
    CONFIG.write_text(f"{_navigation()}\n{SETTINGS.read_text()}")


def _navigation() -> str:
    chapters = pages.chapters((ROOT / pages.INDEX).read_text())
    nav: list[dict[str, object]] = [{"Start here": "index.md"}]
    nav += [{each.title: [{title: pages.name_in_book(path)} for title, path in each.pages]} for each in chapters]
    return f"[project]\nnav = {_toml(nav)}\n"


def _toml(value: object) -> str:
    """JSON's strings and lists are TOML's, too; its objects are not."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def build() -> None:
    write()
    built = _run("zensical", "build", "--strict", "--config-file", CONFIG)
    if built.returncode or "warning" in (built.stdout + built.stderr).lower():
        raise console.Stop(f"the book was not built without a warning:\n{built.stdout}{built.stderr}")


def check_links() -> None:
    """Looks for dead links, also to headings. It asks nothing of the network."""
    sites = sorted(str(file) for file in SITE.rglob("*.html") if file.name != "404.html")
    found = _run("lychee", "--offline", "--include-fragments", "--no-progress", "--root-dir", SITE, *sites)
    if found.returncode:
        raise console.Stop(f"the book has dead links:\n{found.stdout}{found.stderr}")


def serve(port: int) -> None:
    """Serves the book on the loopback interface alone."""
    write()
    program = environments.bin_of("book") / "zensical"
    subprocess.run([program, "serve", "--config-file", CONFIG, "--dev-addr", f"127.0.0.1:{port}"], cwd=FOLDER)


def _run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [environments.bin_of("book") / program, *arguments],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
