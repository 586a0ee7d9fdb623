"""The libraries, the font and axe are the files that were reviewed."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from conftest import Opened

ASSETS = Path(__file__).parents[2] / "apps" / "rydes" / "src" / "console" / "assets"
VENDOR = ASSETS / "vendor"
ROWS = re.findall(r"^\| `([\w.]+)` \|.*`([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.MULTILINE)
AXE = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"


@pytest.mark.parametrize(("name", "digest"), ROWS)
def test_a_file_is_the_one_that_the_table_names(name: str, digest: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest


def test_the_table_names_every_file() -> None:
    there = {file.name for file in VENDOR.iterdir() if file.suffix in (".js", ".css", ".woff2")}
    assert there == {name for name, _ in ROWS}


def test_axe_is_the_file_of_version_4_14_1() -> None:
    assert hashlib.sha256((Path(__file__).parent / "axe.min.js").read_bytes()).hexdigest() == AXE


def test_the_page_takes_less_than_250_kilobytes(opened: Opened) -> None:
    files = [file for file in ASSETS.rglob("*") if file.is_file() and file.suffix not in (".md", ".txt")]
    paths = [f"/{file.relative_to(ASSETS)}" for file in files]
    fetch = "async path => { const answer = await fetch(path); return answer.ok ? (await answer.arrayBuffer()).byteLength : 0; }"
    sizes = opened.page().evaluate(f"paths => Promise.all(paths.map({fetch}))", paths)
    assert all(sizes)
    assert sum(sizes) < 250 * 1024


def test_the_policy_allows_no_script_but_the_one_in_the_page() -> None:
    scripts = re.findall(r"<script>(.*?)</script>", (ASSETS / "index.html").read_text(), re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    policy = (ASSETS.parent / "safety.rs").read_text()
    assert re.findall(r"'sha256-([^']+)'", policy) == hashes
