"""Checks the functions as they go to Lambda: the size of each, and the version of the C library that it needs."""

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from wild_rydes import console

# A little more than the largest, process-payment.
MAX_ZIP_BYTES = 2_700_000
# The version in Amazon Linux 2023.
GLIBC = (2, 34)
ELF = b"\x7fELF"


def check(folder: Path, names: Sequence[str]) -> None:
    if not names:
        raise console.Stop("there are no functions to check")
    faults = []
    for name in names:
        program = (folder / name / "bootstrap").read_bytes()
        size, glibc = zipped(program), newest_glibc(program)
        console.line(f"  {name:28} {size / 1e6:5.2f} MB zipped, glibc {'.'.join(map(str, glibc))}")
        if size > MAX_ZIP_BYTES:
            faults.append(f"{name} is {size / 1e6:.2f} MB zipped, more than {MAX_ZIP_BYTES / 1e6:.1f} MB")
        if glibc > GLIBC:
            faults.append(f"{name} needs glibc {'.'.join(map(str, glibc))}, Lambda has {'.'.join(map(str, GLIBC))}")
    if faults:
        raise console.Stop("; ".join(faults))


def zipped(program: bytes) -> int:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bootstrap", program)
    return len(buffer.getvalue())


def runs_on_lambda(program: bytes) -> bool:
    """Tells whether a program is for Linux, and needs no newer glibc than Lambda's."""
    return program[:4] == ELF and newest_glibc(program) <= GLIBC


def newest_glibc(program: bytes) -> tuple[int, ...]:
    """The newest version that a dynamically linked program needs; each stands in it as GLIBC_<version>."""
    if program[:4] != ELF:
        raise console.Stop("a function is no ELF program: was it built for Lambda?")
    versions = [tuple(map(int, v.split(b"."))) for v in re.findall(rb"GLIBC_(\d+\.\d+(?:\.\d+)?)\x00", program)]
    if not versions:
        raise console.Stop("a function names no glibc version: was it linked statically?")
    return max(versions)
