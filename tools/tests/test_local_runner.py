"""The runner of a user's project brings the tools of this repository, of the same versions."""

from pathlib import Path

import pytest

from wild_rydes.paths import ROOT, TOOLS

REQUIREMENTS = ROOT / "templates" / "project" / "requirements"


@pytest.mark.parametrize("lock", sorted(REQUIREMENTS.iterdir()), ids=lambda path: path.stem)
def test_a_project_has_the_same_tools_as_the_repository(lock: Path) -> None:
    assert lock.read_bytes() == (TOOLS / "requirements" / lock.name).read_bytes(), f"copy it from {TOOLS / 'requirements'}"
