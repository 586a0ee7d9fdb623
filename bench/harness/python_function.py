"""The yardstick in Python: its command, and its size as a package."""

import importlib.metadata
import re
import zipfile
from io import BytesIO
from pathlib import Path

from wild_rydes import environments
from wild_rydes.paths import ROOT

SOURCE = ROOT / "bench" / "python"
HANDLER = "award_points.handle"
ENVIRONMENT = "boto3"


def command() -> tuple[list[str], dict[str, str]]:
    """The command that Lambda would run, and the variables that it needs."""
    python = environments.bin_of(ENVIRONMENT) / "python"
    return [str(python), "-m", "awslambdaric", HANDLER], {"PYTHONPATH": str(SOURCE)}


def zipped() -> int:
    """Handler and boto3, with what that needs. The client of the Runtime API is Lambda's own part."""
    [packages] = (environments.bin_of(ENVIRONMENT).parent / "lib").glob("python3*/site-packages")
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in SOURCE.glob("*.py"):
            archive.write(source, source.name)
        for file in sorted(files(packages)):
            archive.write(packages / file, file)
    return len(buffer.getvalue())


def files(packages: Path) -> set[str]:
    known = {bare(package.name): package for package in importlib.metadata.distributions(path=[str(packages)])}
    needed, open_ends = set(), ["boto3"]
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
