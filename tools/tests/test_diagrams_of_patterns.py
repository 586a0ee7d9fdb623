"""The services and functions in the diagrams of the patterns exist."""

import re

from wild_rydes.paths import INFRA, ROOT

PAGES = sorted((ROOT / "docs" / "patterns").glob("*.md"))
# A name such as `collect-quotes`; other labels are words.
NAME = re.compile(r'\["([a-z]+(?:-[a-z]+)+)"\]')


def names_in_diagrams() -> dict[str, str]:
    found = {}
    for page in PAGES:
        for diagram in re.findall(r"```mermaid\n(.*?)```", page.read_text(), re.DOTALL):
            found.update(dict.fromkeys(NAME.findall(diagram), page.name))
    return found


def test_each_name_in_a_diagram_is_a_service_or_a_function() -> None:
    services = {template.stem for template in INFRA.glob("*.yaml")}
    functions = {program.stem.replace("_", "-") for program in (ROOT / "functions").glob("*/src/bin/*.rs")}
    found = names_in_diagrams()
    assert len(found) >= 5
    assert {name: page for name, page in found.items() if name not in services | functions} == {}


def test_each_pattern_has_a_diagram_and_code_that_is_kept_equal() -> None:
    assert len(PAGES) >= 14
    for page in PAGES:
        text = page.read_text()
        assert "```mermaid\n" in text, page.name
        assert "<!-- excerpt: " in text, page.name
