"""Collects the book's pages, and points their links at each other. The index of the docs is the book's table of contents.

A source file that a page links becomes a page with its text, so that the book needs no address of the repository."""

import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INDEX = "docs/README.md"
LINK = re.compile(r"(?<!!)\]\((?P<target>[^()\s]+)\)|!\[[^]]*\]\((?P<image>[^()\s]+)\)")
ENTRY = re.compile(r"^(?P<indent> *)- \[(?P<title>[^]]+)\]\((?P<target>[^)#]+)\)")
FENCE = re.compile(r"^ *(```|~~~)")
LANGUAGES = {"rs": "rust", "py": "python", "yml": "yaml", "sh": "bash", "toml": "toml", "json": "json", "yaml": "yaml"}


@dataclass
class Chapter:
    """A heading of the index, with the title and the path of each of its pages."""

    title: str
    pages: list[tuple[str, str]]


def chapters(index: str) -> list[Chapter]:
    """The index's headings and their lists."""
    found: list[Chapter] = []
    for line in index.splitlines():
        if line.startswith("## "):
            found.append(Chapter(line[3:].strip(), []))
        entry = ENTRY.match(line)
        if entry and found:
            found[-1].pages.append((entry["title"], _resolved(INDEX, entry["target"])))
    return [chapter for chapter in found if chapter.pages]


def name_in_book(path: str) -> str:
    """The name in the book of a file of the repository."""
    if path == INDEX:
        return "index.md"
    # A folder's README is its index, and the book has one already.
    if path == "README.md":
        return "overview.md"
    if path.startswith("docs/") and path.endswith(".md"):
        return path.removeprefix("docs/")
    # The builder leaves hidden files out.
    visible = "/".join(part.lstrip(".") for part in path.split("/"))
    return visible if path.endswith((".md", ".svg", ".png")) else f"source/{visible}.md"


class Pages:
    """Every page of the book by its path in the repository: the index, and all that is reached from it by links."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.texts: dict[str, str] = {}
        self.images: set[str] = set()
        self.missing: list[str] = []
        self._add(INDEX)

    def _add(self, path: str) -> None:
        # Without recursion, because a chain of links may be long.
        waiting = [path]
        while waiting:
            path = waiting.pop()
            if path in self.texts or path in self.images:
                continue
            file = self.root / path
            if not file.exists():
                self.missing.append(path)
            elif path.endswith((".svg", ".png")):
                self.images.add(path)
            elif not path.endswith(".md"):
                self.texts[path] = self._source(path)
            else:
                self.texts[path] = file.read_text()
                waiting += self._targets(path)

    def _targets(self, path: str) -> Iterator[str]:
        for line, is_code in _lines(self.texts[path]):
            for link in [] if is_code else LINK.finditer(line):
                target = link["target"] or link["image"]
                if _is_local(target):
                    yield _resolved(path, target)

    def _source(self, path: str) -> str:
        """A page with the text of a source file, or with the names in a folder. The search leaves it out."""
        head = f"---\nsearch:\n  exclude: true\n---\n\n# {path}\n\n"
        file = self.root / path
        if file.is_dir():
            return head + "".join(f"- `{child.name}`\n" for child in sorted(file.iterdir()) if child.name != "__pycache__")
        text = file.read_text()
        longest = max((len(run) for run in re.findall("`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        language = LANGUAGES.get(file.suffix.removeprefix("."), "text")
        return f"{head}{fence}{language}\n{text.rstrip()}\n{fence}\n"

    def in_book(self, path: str) -> str:
        """The page's text, with each link to another page of the book."""
        if not path.endswith(".md"):
            return self.texts[path]
        lines = [
            line if is_code else LINK.sub(lambda link: self._relinked(path, link), line)
            for line, is_code in _lines(self.texts[path])
        ]
        return "\n".join(lines) + "\n"

    def _relinked(self, path: str, link: re.Match[str]) -> str:
        target = link["target"] or link["image"]
        if not _is_local(target):
            return link[0]
        _, hashed, anchor = target.partition("#")
        start = posixpath.dirname(name_in_book(path))
        there = posixpath.relpath(name_in_book(_resolved(path, target)), start or ".")
        return link[0].replace(f"({target})", f"({there}{hashed}{anchor})")


def write(root: Path, folder: Path) -> Pages:
    """Writes the pages where the builder takes them from."""
    pages = Pages(root)
    for path in pages.texts:
        file = folder / name_in_book(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(pages.in_book(path))
    for path in pages.images:
        file = folder / name_in_book(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((root / path).read_bytes())
    return pages


def without_link(root: Path, pages: Pages) -> list[str]:
    """The pages of the docs that no page of the book links."""
    docs = [str(file.relative_to(root)) for file in sorted((root / "docs").rglob("*.md"))]
    return [path for path in docs if path not in pages.texts]


def _is_local(target: str) -> bool:
    return not re.match(r"[a-z]+:|#|<", target)


def _resolved(page: str, target: str) -> str:
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target.partition("#")[0]))
    return path.rstrip(os.sep)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and if it is code."""
    inside = False
    for line in text.splitlines():
        fence = bool(FENCE.match(line))
        yield line, inside or fence
        inside ^= fence
