"""The examples outside of the repository: what they depend on, the packages that they get, and the copies of what is shared."""

import io
import tarfile
from pathlib import Path

import pytest

from wild_rydes import library
from wild_rydes.console import Stop
from wild_rydes.paths import EXAMPLES, ROOT, TOOLS

PACKAGES = {"lambda-messaging": Path("/p/lambda-messaging-0.1.0"), "message-envelope": Path("/p/message-envelope-0.1.0")}
PROJECT = ROOT / "templates" / "project"


def test_an_example_depends_on_the_published_version() -> None:
    manifest = '[dependencies]\njiff = "0.2"\nlambda-messaging = { path = "../../crates/lambda-messaging" }\n'
    assert library.as_published(manifest, PACKAGES) == '[dependencies]\njiff = "0.2"\nlambda-messaging = "0.1.0"\n'


@pytest.mark.parametrize(
    "line",
    [
        'lambda-messaging = { path = "../../crates/lambda-messaging", features = ["sqs"] }',
        '[dependencies.x]\npath = "../../crates/x"',
    ],
)
def test_an_example_that_depends_on_the_repository_otherwise_is_refused(line: str) -> None:
    with pytest.raises(Stop, match="otherwise than by its path"):
        library.as_published(f"[dependencies]\n{line}\n", PACKAGES)


def test_packages_come_from_their_folders() -> None:
    lines = library.patches(PACKAGES).splitlines()
    assert lines[1:3] == ["[patch.crates-io]", 'lambda-messaging = { path = "/p/lambda-messaging-0.1.0" }']


def test_a_package_is_unpacked_with_files_that_are_new(tmp_path: Path) -> None:
    archive = archived(tmp_path / "x-0.1.0.crate", "x-0.1.0/src/lib.rs")
    folder = library.unpack(archive, tmp_path / "out")
    assert (folder / "src" / "lib.rs").read_text() == "text"
    assert (folder / "src" / "lib.rs").stat().st_mtime > 1


def test_a_package_that_writes_elsewhere_is_refused(tmp_path: Path) -> None:
    archive = archived(tmp_path / "x-0.1.0.crate", "../lib.rs")
    with pytest.raises(Stop, match="no file of its own"):
        library.unpack(archive, tmp_path / "out")


def archived(archive: Path, name: str) -> Path:
    with tarfile.open(archive, "w:gz") as files:
        member = tarfile.TarInfo(name)
        member.size, member.mtime = 4, 1
        files.addfile(member, io.BytesIO(b"text"))
    return archive


def test_examples_depend_on_the_library_and_on_nothing_else_of_this_repository() -> None:
    names = library.examples()
    assert {"fifo-consumer", "idempotent-call", "orders", "smallest-consumer", "stream-consumer"} <= set(names)
    for name in names:
        manifest = (EXAMPLES / name / "Cargo.toml").read_text()
        assert "\nlambda-messaging = { path = " in manifest
        assert "crates/" not in library.as_published(manifest, PACKAGES)


@pytest.mark.parametrize("file", ["emulator.py", "local.py"])
def test_the_examples_have_the_runner_of_every_project(file: str) -> None:
    assert (EXAMPLES / file).read_bytes() == (PROJECT / file).read_bytes()


@pytest.mark.parametrize("tool", ["build", "sam", "ministack"])
def test_the_tools_are_pinned_alike_here_in_the_examples_and_in_every_project(tool: str) -> None:
    pinned = (TOOLS / "requirements" / f"{tool}.txt").read_bytes()
    for folder in (EXAMPLES, PROJECT):
        assert (folder / "requirements" / f"{tool}.txt").read_bytes() == pinned
