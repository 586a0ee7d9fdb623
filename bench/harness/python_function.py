"""A function in Python: its command, and its size as a package."""

import importlib.metadata
import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from wild_rydes import environments
from wild_rydes.paths import BENCH


class PythonFunction(NamedTuple):
    # The folder of its own modules.
    source: Path
    handler: str
    environment: str
    # The packages that it imports.
    imports: tuple[str, ...]

    def command(self) -> tuple[list[str], dict[str, str]]:
        """The command that Lambda would run, and the variables that it needs."""
        python = environments.bin_of(self.environment) / "python"
        return [str(python), "-m", "awslambdaric", self.handler], {"PYTHONPATH": str(self.source)}

    def zipped(self, imports: Sequence[str] | None = None) -> int:
        """Its modules and the packages that it imports, or only these, with what those need. The client of the Runtime API is
        Lambda's own part."""
        packages = site_packages(self.environment)
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for source in self.source.glob("*.py"):
                archive.write(source, source.name)
            for file in sorted(files(packages, self.imports if imports is None else imports)):
                archive.write(packages / file, file)
        return len(buffer.getvalue())


def site_packages(environment: str) -> Path:
    [packages] = (environments.bin_of(environment).parent / "lib").glob("python3*/site-packages")
    return packages


# The yardstick of all functions.
AWARD_POINTS = PythonFunction(BENCH / "python", "award_points.handle", "boto3", ("boto3",))


def cacert() -> Path:
    """The roots that boto3 trusts."""
    return site_packages(AWARD_POINTS.environment) / "botocore" / "cacert.pem"


def files(packages: Path, imports: Sequence[str]) -> set[str]:
    known = {bare(package.name): package for package in importlib.metadata.distributions(path=[str(packages)])}
    needed, open_ends = set(), list(imports)
    while open_ends:
        name = open_ends.pop()
        if name not in needed:
            needed.add(name)
            # Extras aren't installed.
            needs = (re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in known[name].requires or () if "extra ==" not in need)
            open_ends += [need for need in map(bare, needs) if need in known]
    listed = (str(file) for name in needed for file in known[name].files or ())
    return {file for file in listed if "__pycache__" not in file and not file.startswith("..")}


def bare(name: str) -> str:
    """Package names are the same however they are spelt."""
    return re.sub(r"[-_.]+", "-", name).lower()
