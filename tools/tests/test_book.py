"""The book has every page, and each link leads to a page of the book."""

from pathlib import Path

import pytest

from wild_rydes.book import excerpts, pages

# Pages that the tests make have names that no source may have.
DOCS = "docs"


def repository(folder: Path, **files: str) -> Path:
    for name, text in {"docs/README.md": "# Index\n", **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def test_the_index_is_the_table_of_contents() -> None:
    index = "# Docs\n\n- [Not in a chapter](x.md)\n\n## Ideas\n\n- [Why](why.md): a reason\n- [Map](../MAP.md)\n\n## Empty\n"
    assert pages.chapters(index) == [pages.Chapter("Ideas", [("Why", f"{DOCS}/why.md"), ("Map", "MAP.md")])]


def test_a_link_leads_to_the_page_in_the_book(tmp_path: Path) -> None:
    root = repository(
        tmp_path,
        **{
            "docs/README.md": "[a](a.md#part) [map](../MAP.md) [web](https://example.com/x.md)\n",
            f"{DOCS}/a.md": "# A\n[code](../src/a.rs), [back](README.md)\n\n```md\n[no link](gone.md)\n```\n",
            "MAP.md": f"# Map\n[a]({DOCS}/a.md)\n",
            "src/a.rs": "fn main() {}\n",
        },
    )
    found = pages.Pages(root)
    assert found.missing == []
    assert found.in_book("docs/README.md") == "[a](a.md#part) [map](MAP.md) [web](https://example.com/x.md)\n"
    assert "[code](source/src/a.rs.md), [back](index.md)" in found.in_book(f"{DOCS}/a.md")
    assert "[no link](gone.md)" in found.in_book(f"{DOCS}/a.md")
    assert found.in_book("MAP.md") == "# Map\n[a](a.md)\n"
    assert "```rust\nfn main() {}\n```" in found.in_book("src/a.rs")


def test_a_page_without_a_link_is_found(tmp_path: Path) -> None:
    root = repository(tmp_path, **{"docs/README.md": "[a](a.md)\n", f"{DOCS}/a.md": "# A\n", f"{DOCS}/labs/lab-1.md": "# Lab\n"})
    assert pages.without_link(root, pages.Pages(root)) == [f"{DOCS}/labs/lab-1.md"]


def test_a_link_to_a_page_that_does_not_exist_is_found(tmp_path: Path) -> None:
    root = repository(tmp_path, **{"docs/README.md": "[a](gone.md)\n"})
    assert pages.Pages(root).missing == [f"{DOCS}/gone.md"]


def test_code_with_fences_stays_one_block(tmp_path: Path) -> None:
    root = repository(tmp_path, **{"docs/README.md": "[a](../a.rs)\n", "a.rs": "/// ```\n/// x();\n/// ```\nfn a() {}\n"})
    assert "````rust\n/// ```\n" in pages.Pages(root).in_book("a.rs")


def test_an_excerpt_is_written_as_its_source_has_it(tmp_path: Path) -> None:
    root = repository(tmp_path, **{"a.rs": "mod x;\n    fn a() {\n        b();\n    }\n"})
    page = '<!-- excerpt: a.rs from "fn a", 3 lines -->\n```rust\nold\n```\nrest\n'
    assert "```rust\nfn a() {\n    b();\n}\n```\nrest\n" in excerpts.renewed(root, page)
    assert excerpts.malformed(page) == 0
    assert excerpts.malformed("<!-- excerpt: a.rs -->\n") == 1


def test_an_excerpt_of_code_that_is_gone_is_refused(tmp_path: Path) -> None:
    root = repository(tmp_path, **{"a.rs": "mod x;\n"})
    with pytest.raises(excerpts.UnknownExcerptError, match="contains fn gone"):
        excerpts.renewed(root, '<!-- excerpt: a.rs from "fn gone", 3 lines -->\n```rust\n```\n')
