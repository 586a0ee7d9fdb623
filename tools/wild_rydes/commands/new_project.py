"""Makes a project of one's own with the library, outside this checkout.

It writes the files of templates/project as `cargo generate` does, with the same placeholders, and needs nothing but cargo. The
project has the versions of its dependencies that this checkout has, and takes the library from here by path, as no release is
published yet.
"""

import argparse
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from wild_rydes import console
from wild_rydes.paths import ROOT

TEMPLATE = ROOT / "templates" / "project"
LIBRARY = ROOT / "crates" / "lambda-messaging"
# The template's own settings, and what its commands leave behind.
LEFT_OUT = {"cargo-generate.toml", "Cargo.lock", "__pycache__", "target", ".local", ".tools"}
NAME, EVENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*"), re.compile(r"[A-Z][A-Za-z0-9]*")
# A longer one would leave code that rustfmt breaks into lines.
LONGEST = 40
WORD = re.compile(r"\b[A-Z]\w*\b")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dir", required=True)
    parser.add_argument("--name", default="")
    parser.add_argument("--event", default="")


def run(options: argparse.Namespace) -> None:
    # make runs at the root of the checkout, from which a relative path counts.
    folder = Path(ROOT, options.dir).resolve()
    name, event = options.name or (folder.name if options.dir else ""), options.event or "OrderPlaced"
    faults = [*folder_faults(options.dir, folder), *name_faults(name), *event_faults(event)]
    if faults:
        raise console.Stop("; ".join(faults))
    make(folder, name, event)
    path = shlex.quote(str(folder))
    console.line(f"{console.GREEN}✓{console.END} {name} takes {event}, in {folder}")
    console.line(f"  now: cd {path} && make test    then read its README.md, and git init")


def folder_faults(given: str, folder: Path) -> Iterator[str]:
    if not given:
        yield "DIR is missing: name a folder for the project, as in make new-project DIR=../my-service"
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        yield f"DIR={given} is there already and is not an empty folder: take another DIR"


def name_faults(name: str) -> Iterator[str]:
    # Without a name there is no DIR either, which is a fault that is said already.
    if name and not NAME.fullmatch(name):
        yield f"NAME={name} is not words in small letters with dashes between them, as in my-service"
    elif name and (refusal := refused_by_cargo(name)):
        yield f"NAME={name} is refused by cargo: {refusal}"
    if name and f'name = "{name}"\n' in (ROOT / "Cargo.lock").read_text():
        yield f"NAME={name} is the name of a crate that the project may depend on: take another NAME"
    if len(name) > LONGEST:
        yield f"NAME={name} has {len(name)} characters; {LONGEST} are the most"


def refused_by_cargo(name: str) -> str:
    """Cargo's reason to refuse a name, such as a keyword of Rust; empty if it takes the name."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["cargo", "new", "--quiet", "--vcs=none", "--name", name, f"{folder}/project"]
        ended = subprocess.run(command, capture_output=True, text=True)
    return ended.stderr.strip().splitlines()[0].removeprefix("error: ") if ended.returncode else ""


def event_faults(event: str) -> Iterator[str]:
    if not EVENT.fullmatch(event):
        yield f"EVENT={event} is not words in one that each begin with a capital letter, as in OrderPlaced"
    if len(event) > LONGEST:
        yield f"EVENT={event} has {len(event)} characters; {LONGEST} are the most"
    if event in taken_names():
        yield f"EVENT={event} is a name that the project's code has already: take another EVENT"


def taken_names() -> set[str]:
    """The names in the template's code, with which an event's would collide."""
    code = "".join(file.read_text() for file in TEMPLATE.glob("src/*.rs"))
    return {*WORD.findall(re.sub(r"//.*", "", code)), "Self"}


def make(folder: Path, name: str, event: str) -> None:
    """Writes the project beside its place, and moves it there when all is done."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            project = Path(beside) / folder.name
            render(project, name, event, f'path = "{LIBRARY}"')
            lock(project)
            project.rename(folder)
    except OSError as error:
        raise console.Stop(f"the project could not be written: {error}") from None


def render(project: Path, name: str, event: str, library: str) -> None:
    """Copies the template's files with the values put in place of the placeholders."""
    values = {"{{project-name}}": name, "{{event}}": event, "{{library}}": library}
    placeholder = re.compile("|".join(map(re.escape, values)))
    shutil.copytree(TEMPLATE, project, ignore=lambda _, names: LEFT_OUT.intersection(names))
    for file in project.rglob("*"):
        if file.is_file():
            file.write_text(placeholder.sub(lambda match: values[match[0]], file.read_text()))


def lock(project: Path) -> None:
    """Gives the project those of this checkout's dependencies that it needs."""
    shutil.copy(ROOT / "Cargo.lock", project)
    for how in (["--offline"], []):
        # A network is used only if crates were never downloaded here.
        command = ["cargo", "metadata", "--format-version=1", *how]
        ended = subprocess.run(command, cwd=project, capture_output=True, text=True)
        if ended.returncode == 0:
            return
    raise console.Stop(f"{' '.join(command)} failed in the new project: {ended.stderr.strip()}")
