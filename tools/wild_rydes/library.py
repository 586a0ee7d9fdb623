"""The library as a project gets it: the packages that would be published, and a copy of the examples that depends on these
packages instead of on the repository's crates."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

from wild_rydes import console
from wild_rydes.paths import EXAMPLES, ROOT

PACKAGES = ("message-envelope", "lambda-messaging")
# A dependency on a crate of the repository, as the examples' manifests have it.
DEPENDENCY = re.compile(r'^(?P<name>[\w-]+) = \{ path = "(\.\./)+crates/[\w-]+" \}$', re.MULTILINE)


def examples(folder: Path = EXAMPLES) -> list[str]:
    """The names of the examples: each has a template."""
    return sorted(template.parent.name for template in folder.glob("*/template.yaml"))


def package(folder: Path, target: Path) -> dict[str, Path]:
    """Packages the library's crates and unpacks them into a folder. Returns the folder of each."""
    command: list[str | Path] = [
        "cargo",
        "package",
        "--quiet",
        "--locked",
        "--allow-dirty",
        "--no-verify",
        "--target-dir",
        target,
    ]
    command += [argument for name in PACKAGES for argument in ("--package", name)]
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr).returncode:
        raise console.Stop("the library can't be packaged: see cargo's messages above; make check-library says more")
    unpacked = {}
    for name in PACKAGES:
        archives = sorted((target / "package").glob(f"{name}-[0-9]*.crate"), key=lambda archive: archive.stat().st_mtime)
        if not archives:
            raise console.Stop(f"cargo made no package of {name} in {target / 'package'}")
        unpacked[name] = unpack(archives[-1], folder)
    return unpacked


def unpack(archive: Path, folder: Path) -> Path:
    """Unpacks a package. Its files are as old as this call: cargo builds again what is newer than its last build."""
    with tarfile.open(archive) as files:
        for member in files.getmembers():
            if not (member.isfile() and (folder / member.name).resolve().is_relative_to(folder.resolve())):
                raise console.Stop(f"{archive.name} has an entry that is no file of its own: {member.name}")
        files.extractall(folder)
    unpacked = folder / archive.stem
    for file in unpacked.rglob("*"):
        os.utime(file)
    return unpacked


def copy_examples(folder: Path, packages: Mapping[str, Path]) -> None:
    """Copies the examples, with these packages in the place of the repository's crates."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."]
    names = subprocess.run(listed, cwd=EXAMPLES, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (EXAMPLES / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(EXAMPLES / name, folder / name)
    for manifest in folder.glob("*/Cargo.toml"):
        manifest.write_text(as_published(manifest.read_text(), packages))
    with (folder / "Cargo.toml").open("a") as workspace:
        workspace.write(patches(packages))


def as_published(manifest: str, packages: Mapping[str, Path]) -> str:
    """A manifest whose dependencies on the repository's crates are on the packages of a registry."""
    manifest = DEPENDENCY.sub(lambda found: f'{found["name"]} = "{version(packages[found["name"]])}"', manifest)
    left = re.findall(r'path = "(?:\.\./)+crates/.*', manifest)
    if left:
        raise console.Stop(f"an example depends on the library otherwise than by its path alone: {', '.join(left)}")
    return manifest


def version(package: Path) -> str:
    """The version of an unpacked package, whose folder has it at the end of its name."""
    return package.name.rsplit("-", 1)[-1]


def patches(packages: Mapping[str, Path]) -> str:
    """The part of a workspace's manifest that has the packages come from their folders: they need not be published yet."""
    lines = [f'{name} = {{ path = "{path}" }}' for name, path in packages.items()]
    return "\n".join(["", "[patch.crates-io]", *lines, ""])


def run_tests(example: Path, env: Mapping[str, str]) -> None:
    """Runs an example's tests with its own runner."""
    command = [sys.executable, str(example.parent / "local.py"), "test"]
    with subprocess.Popen(command, cwd=example, env={**os.environ, **env}) as tests:
        try:
            failed = tests.wait()
        except BaseException:
            # Asked to end, it stops what it has started. The block waits for that.
            tests.terminate()
            raise
    if failed:
        again = f"cd examples/{example.name} && python3 ../local.py test"
        raise console.Stop(f"the tests of {example.name} failed: see above; the same in the repository: {again}")
