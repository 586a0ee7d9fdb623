"""The capabilities that each emulator honours: the end-to-end tests see them, docs/emulators.json keeps them, and a table in
docs/testing.md shows them.
"""

import json
import re
from typing import Any

from wild_rydes import console
from wild_rydes.paths import LOCAL, ROOT

SEEN = LOCAL / "seen"
KEPT = ROOT / "docs" / "emulators.json"
PAGE = ROOT / "docs" / "testing.md"
BEGIN, END = "<!-- the table of emulators: make emulators -->", "<!-- the end of the table of emulators -->"


def keep(seen: dict[str, Any]) -> None:
    """Keeps what a run has seen, and complains if the docs say otherwise."""
    SEEN.mkdir(parents=True, exist_ok=True)
    name = re.sub("[^a-z0-9.]+", "-", seen["column"])
    (SEEN / f"{name}.json").write_text(json.dumps(seen))
    passed, left_out = seen["passed"], seen["left out"]
    console.line(f"  {console.GREEN}✓{console.END} {seen['column']}: {passed} passed, {left_out} left out")
    said = _kept().get(seen["column"])
    if said and said != seen:
        raise console.Stop("docs/testing.md shows another result: run make emulators, look at the change, and commit it")


def write() -> None:
    kept = _kept()
    for file in sorted(SEEN.glob("*.json")):
        seen = json.loads(file.read_text())
        kept[seen["column"]] = seen
    KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(_page(kept))


def check() -> None:
    """The page has to show what is kept."""
    if PAGE.read_text() != _page(_kept()):
        raise console.Stop("the table in docs/testing.md is not that of docs/emulators.json: run make emulators")


def _kept() -> dict[str, dict[str, Any]]:
    return json.loads(KEPT.read_text()) if KEPT.exists() else {}


def _page(kept: dict[str, dict[str, Any]]) -> str:
    text = PAGE.read_text()
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    return f"{head}{BEGIN}\n{_table(kept)}\n{END}{tail}"


def _table(kept: dict[str, dict[str, Any]]) -> str:
    columns = list(kept.values())
    names = list(dict.fromkeys(name for column in columns for name in column["rows"]))
    lines = ["| tests of | " + " | ".join(column["column"] for column in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    for name in names:
        lines.append(f"| {name} | " + " | ".join(_cell(column["rows"].get(name)) for column in columns) + " |")
    lines.append("| **all** | " + " | ".join(f"{c['passed']} passed, {c['left out']} left out" for c in columns) + " |")
    return "\n".join(lines)


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    return f"– {row['why']} ({row['left out']})" if "why" in row else f"✓ {row['passed']}"
