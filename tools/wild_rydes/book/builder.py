"""Builds the book with Zensical, and checks its links with lychee."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from wild_rydes import console, environments
from wild_rydes.book import excerpts, pages
from wild_rydes.paths import LOCAL, ROOT

FOLDER = LOCAL / "book"
SOURCE = FOLDER / "source"
SITE = FOLDER / "site"
SETTINGS = ROOT / "docs" / "book.toml"
CONFIG = FOLDER / "zensical.toml"
# The API documentation of the crates, where `make doc` has built it.
API = ROOT / "target" / "doc"


def stale() -> dict[Path, str]:
    """The pages whose code differs from the source, with their new text."""
    found = {}
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text()
        name = str(page.relative_to(ROOT))
        try:
            new = excerpts.renewed(ROOT, text)
        except excerpts.UnknownExcerptError as error:
            raise console.Stop(f"{name}: {error}") from error
        if excerpts.malformed(text):
            raise console.Stop(f'{name}: an excerpt is written as <!-- excerpt: path from "text", 10 lines -->, before a block')
        if new != text:
            found[page] = new
    return found


def write() -> None:
    """Writes pages and settings where Zensical takes them from; stops at a page that no page links."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    written = pages.write(ROOT, SOURCE)
    faults = [f"{path} is linked, and does not exist" for path in written.missing]
    faults += [f"no page links {path}: add it to {pages.INDEX}" for path in pages.without_link(ROOT, written)]
    if faults:
        raise console.Stop("the book misses pages:\n  " + "\n  ".join(faults))
    CONFIG.write_text(f"{_navigation()}\n{SETTINGS.read_text()}")


def _crates() -> list[str]:
    return sorted(page.parent.name for page in API.glob("*/index.html") if page.parent.name not in ("src", "static.files"))


def _write_api() -> bool:
    """Writes a page that leads to the API documentation, if there is any."""
    crates = _crates()
    if crates:
        links = "".join(f'- <a href="api/{crate}/index.html">{crate}</a>\n' for crate in crates)
        (SOURCE / "api-of-the-crates.md").write_text(f"# API of the crates\n\n`make doc` has built it.\n\n{links}")
    return bool(crates)


def _navigation() -> str:
    chapters = pages.chapters((ROOT / pages.INDEX).read_text())
    nav: list[dict[str, object]] = [{"Start here": "index.md"}]
    nav += [{each.title: [{title: pages.name_in_book(path)} for title, path in each.pages]} for each in chapters]
    if _write_api():
        nav.append({"API of the crates": "api-of-the-crates.md"})
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
    if _crates():
        (SITE / "api").symlink_to(API)


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
