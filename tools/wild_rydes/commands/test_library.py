"""Runs the examples outside of the repository, against the packages of the library: their tests, and the fault run of orders."""

import argparse
import os
import shutil
from pathlib import Path

from wild_rydes import console, environments, library
from wild_rydes.paths import ROOT, outside

# The tools that the examples' runner needs. It finds them installed.
TOOLS = ("sam", "ministack")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", default="")


def run(options: argparse.Namespace) -> None:
    names = [name for name in library.examples() if options.only in name]
    if not names:
        raise console.Stop(f"no example is called like {options.only!r}: there are {', '.join(library.examples())}")
    for tool in TOOLS:
        environments.bin_of(tool)
    # That of this checkout, where some crates are compiled already.
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
    folder = outside("library")
    try:
        with console.step("packaging the library"):
            packages = library.package(folder / "packages", target)
        library.copy_examples(folder / "examples", packages)
        lock = (folder / "examples" / "Cargo.lock").read_text()
        for name in names:
            with console.step(f"{name}, with the packages", spinner=False):
                library.run_tests(folder / "examples" / name, environment(target))
        if (folder / "examples" / "Cargo.lock").read_text() != lock:
            raise console.Stop("examples/Cargo.lock is not up to date: run cargo metadata in examples/, and commit the file")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(target: Path) -> dict[str, str]:
    """The environment of the examples' runner. Retries of state machines wait a tenth of their time."""
    return {"LOCAL_TOOLS": str(ROOT / ".tools"), "CARGO_TARGET_DIR": str(target), "SFN_WAIT_SCALE": "0.1"}
