"""Checks the crates that other projects use: each feature alone, their packages, their documentation and its examples."""

import argparse
import json
import os
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wild_rydes import console
from wild_rydes.paths import ROOT

CRATES = ("message-envelope", "lambda-messaging")
# A folder of its own, without debug information: the crates' dependencies have fewer features here than in the whole workspace.
FOLDER = "library"
QUICK = {"CARGO_INCREMENTAL": "0", "CARGO_PROFILE_DEV_DEBUG": "0"}

Metadata = dict[str, Any]


def run(_: argparse.Namespace) -> None:
    metadata: Metadata = json.loads(_output("metadata", "--format-version", "1"))
    packages = {package["name"]: package for package in metadata["packages"] if package["name"] in CRATES}
    _check(newer_than_stated(metadata, CRATES), "a dependency needs a newer Rust than the crates say")
    for name, package in packages.items():
        for feature in features(package):
            _lint(name, feature)
    _documents()
    _cargo("test", "--doc", "--all-features", *_named(CRATES))
    _package(packages.values())


def features(package: Metadata) -> list[str]:
    """No feature, and each feature alone."""
    return ["", *sorted(name for name in package["features"] if name != "default")]


def newer_than_stated(metadata: Metadata, crates: Iterable[str]) -> list[str]:
    """The dependencies whose oldest Rust is newer than that of a crate which needs them."""
    packages = {package["id"]: package for package in metadata["packages"]}
    needs = {node["id"]: [d["pkg"] for d in node["deps"] if _is_built_in(d)] for node in metadata["resolve"]["nodes"]}
    faults = set()
    for crate in (package for package in packages.values() if package["name"] in crates):
        stated, seen, left = _version(crate["rust_version"]), set[str](), [crate["id"]]
        while left:
            if (current := left.pop()) not in seen:
                seen.add(current)
                left += needs[current]
        for needed in (packages[current] for current in seen):
            if _version(needed.get("rust_version") or "0") > stated:
                faults.add(
                    f"{crate['name']} says Rust {crate['rust_version']}, and {needed['name']} needs {needed['rust_version']}"
                )
    return sorted(faults)


def _is_built_in(dependency: Metadata) -> bool:
    return any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")) + (0,) * (3 - len(text.split(".")))


def _lint(name: str, feature: str) -> None:
    """clippy also finds a call of the standard library that is newer than the crate's `rust-version`."""
    alone = ["--no-default-features", "--features", feature]
    # The tests' dependencies have features that the crate itself may lack, so that it is checked without them too.
    for what in ("--lib", "--tests"):
        _cargo("clippy", "--package", name, *alone, what, "--", "-D", "warnings")
    console.line(f"  {console.GREEN}✓{console.END} {name}: {feature or 'no feature'}")


def _documents() -> None:
    for chosen in ("--all-features", "--no-default-features"):
        _cargo("doc", "--no-deps", chosen, *_named(CRATES), env={"RUSTDOCFLAGS": "-D warnings"})


def _package(packages: Iterable[Metadata]) -> None:
    """Packages the crates, and builds each from its package alone."""
    _cargo("package", "--allow-dirty", *_named(CRATES))
    folder = _target() / "package"
    for package in packages:
        name = f"{package['name']}-{package['version']}"
        with tarfile.open(folder / f"{name}.crate") as archive:
            files = set(archive.getnames())
        missing = [file for file in ("README.md", "CHANGELOG.md", "LICENSE", "src/lib.rs") if f"{name}/{file}" not in files]
        _check([f"{name} lacks {file}" for file in missing], "a package is incomplete")
        console.line(f"  {console.GREEN}✓{console.END} {name}: packaged, {len(files)} files")


def _named(names: Iterable[str]) -> list[str]:
    return [argument for name in names for argument in ("--package", name)]


def _target() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / FOLDER


def _environment() -> dict[str, str]:
    return {**os.environ, **QUICK, "CARGO_TARGET_DIR": str(_target())}


def _cargo(command: str, *arguments: str, env: Mapping[str, str] | None = None) -> None:
    call = ["cargo", command, "--locked", "--quiet", *arguments]
    if subprocess.run(call, cwd=ROOT, env={**_environment(), **(env or {})}).returncode:
        raise console.Stop(f"{' '.join(call)} failed: see above")


def _output(*arguments: str) -> bytes:
    return subprocess.run(["cargo", *arguments, "--locked"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


def _check(faults: list[str], what: str) -> None:
    if faults:
        raise console.Stop("\n  ".join([f"{what}:", *faults]))
