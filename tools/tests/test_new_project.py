"""A project of one's own is made from templates/project: with every placeholder replaced, or not at all."""

import re
import subprocess
from pathlib import Path

import pytest

from wild_rydes import console
from wild_rydes.commands import new_project
from wild_rydes.commands.new_project import LEFT_OUT, LONGEST, TEMPLATE

GENERATE = (TEMPLATE / "cargo-generate.toml").read_text()
PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%")
FILES = sorted(
    file for file in TEMPLATE.rglob("*") if file.is_file() and not LEFT_OUT.intersection(file.relative_to(TEMPLATE).parts)
)


def excluded(file: Path) -> bool:
    """Tells whether cargo generate copies a file as it is."""
    listed = re.search(r"^exclude = \[(.*)\]$", GENERATE, re.MULTILINE)
    assert listed
    return any(file.match(pattern) for pattern in re.findall('"(.*?)"', listed[1]))


def faults(folder: Path, name: str, event: str) -> list[str]:
    return [*new_project.folder_faults(str(folder), folder), *new_project.name_faults(name), *new_project.event_faults(event)]


def test_a_project_has_every_file_with_its_placeholders_replaced(tmp_path: Path) -> None:
    project = tmp_path / "my-service"
    new_project.render(project, "my-service", "ParcelSent", 'version = "0.1"')
    assert sorted(file.relative_to(project) for file in project.rglob("*") if file.is_file()) == [
        file.relative_to(TEMPLATE) for file in FILES
    ]
    for file in FILES:
        made = (project / file.relative_to(TEMPLATE)).read_text()
        if excluded(file):
            assert made == file.read_text(), file
        else:
            assert not PLACEHOLDER.search(made), file
    assert 'name = "my-service"\n' in (project / "Cargo.toml").read_text()
    assert 'lambda-messaging = { version = "0.1" }\n' in (project / "Cargo.toml").read_text()
    assert "struct ParcelSent {" in (project / "src" / "main.rs").read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(TEMPLATE)))
def test_cargo_generate_replaces_the_same_placeholders(file: Path) -> None:
    found = set(PLACEHOLDER.findall(file.read_text()))
    if excluded(file):
        assert not found & {"{{project-name}}", "{{event}}", "{{library}}"}
    else:
        assert found <= {"{{project-name}}", "{{event}}", "{{library}}"}


def test_cargo_generate_asks_for_what_make_new_project_takes() -> None:
    assert re.findall(r"^\[placeholders\.(\w+)\]$", GENERATE, re.MULTILINE) == ["event", "library"]
    pattern = re.search(r'^regex = "\^(.*)\$"$', GENERATE, re.MULTILINE)
    assert pattern
    for event in ("OrderPlaced", "A", "A" * LONGEST, "A" * (LONGEST + 1), "orderPlaced", "Order_Placed", ""):
        taken = re.fullmatch(pattern[1], event) is not None
        assert taken == (not list(new_project.event_faults(event))), event


def test_code_with_the_longest_names_is_formatted(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name, event in (("a", "A"), ("n" * LONGEST, "E" * LONGEST)):
        new_project.render(project / name, name, event, 'version = "0.1"')
        checked = subprocess.run(["cargo", "fmt", "--check"], cwd=project / name, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("name", "event", "expected"),
    [
        ("my-service", "OrderPlaced", []),
        ("orders2", "A", []),
        ("My_Service", "orderPlaced", ["small letters", "capital letter"]),
        ("match", "Effect", ["refused by cargo", "already"]),
        ("serde", "Self", ["name of a crate", "already"]),
        ("-" + "n" * LONGEST, "É" + "e" * LONGEST, ["small letters", "41 characters", "capital letter", "41 characters"]),
        ("my-service", "", ["capital letter"]),
    ],
)
def test_every_fault_of_the_names_is_said_at_once(tmp_path: Path, name: str, event: str, expected: list[str]) -> None:
    found = faults(tmp_path / "none", name, event)
    assert len(found) == len(expected), found
    for fault, said in zip(expected, found, strict=True):
        assert fault in said


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    assert faults(tmp_path, "my-service", "OrderPlaced") == []
    (tmp_path / "notes").write_text("mine")
    for folder in (tmp_path, tmp_path / "notes"):
        (fault,) = faults(folder, "my-service", "OrderPlaced")
        assert "take another DIR" in fault
    assert [file.name for file in tmp_path.iterdir()] == ["notes"]


def test_without_a_folder_there_is_no_other_fault() -> None:
    (fault,) = [*new_project.folder_faults("", Path()), *new_project.name_faults(""), *new_project.event_faults("OrderPlaced")]
    assert "DIR is missing" in fault


def test_a_project_that_can_t_be_finished_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise console.Stop("cargo failed")

    monkeypatch.setattr(new_project, "lock", fail)
    with pytest.raises(console.Stop, match="cargo failed"):
        new_project.make(tmp_path / "my-service", "my-service", "OrderPlaced")
    assert list(tmp_path.iterdir()) == []


def test_a_project_can_take_an_empty_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my-service"
    folder.mkdir()
    new_project.make(folder, "my-service", "OrderPlaced")
    assert [file.name for file in tmp_path.iterdir()] == ["my-service"]
    manifest, lock = (folder / "Cargo.toml").read_text(), (folder / "Cargo.lock").read_text()
    assert f'lambda-messaging = {{ path = "{new_project.LIBRARY}" }}\n' in manifest
    assert 'name = "my-service"\n' in lock
    # Nothing that this checkout alone needs.
    assert "parquet" not in lock
