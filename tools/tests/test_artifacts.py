"""A function that is too large, or needs a newer C library than Lambda's, is found."""

import os
from pathlib import Path

import pytest

from wild_rydes import artifacts, console

PROGRAM = artifacts.ELF + b"\x00GLIBC_2.17\x00GLIBC_2.34\x00GLIBC_2.3.4\x00"


def functions(folder: Path, **programs: bytes) -> Path:
    for name, program in programs.items():
        (folder / name).mkdir()
        (folder / name / "bootstrap").write_bytes(program)
    return folder


def test_the_newest_version_counts() -> None:
    assert artifacts.newest_glibc(PROGRAM) == (2, 34)
    assert artifacts.runs_on_lambda(PROGRAM)
    assert not artifacts.runs_on_lambda(PROGRAM + b"GLIBC_2.36\x00")
    assert not artifacts.runs_on_lambda(b"\xcf\xfa\xed\xfe of macOS")


def test_a_program_that_is_none_is_found() -> None:
    for program in (b"#!/bin/sh\n", artifacts.ELF + b" without versions"):
        with pytest.raises(console.Stop):
            artifacts.newest_glibc(program)


def test_every_fault_of_every_function_is_named(tmp_path: Path) -> None:
    large, new = PROGRAM + os.urandom(artifacts.MAX_ZIP_BYTES), PROGRAM + b"GLIBC_2.36\x00"
    folder = functions(tmp_path, fits=PROGRAM, large=large, new=new)
    artifacts.check(folder, ["fits"])
    with pytest.raises(console.Stop, match=r"large is 2\.70 MB zipped, more than 2\.7 MB; new needs glibc 2\.36"):
        artifacts.check(folder, ["fits", "large", "new"])
    with pytest.raises(console.Stop, match="no functions"):
        artifacts.check(folder, [])
