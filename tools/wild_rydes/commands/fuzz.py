"""Gives every parser so many inputs, or one of them the input again that it failed at.

It runs cargo-fuzz without a sanitizer: the code under test has no unsafe block for one to watch, and without it the toolchain
is the one that builds everything else.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from wild_rydes import console, environments
from wild_rydes.paths import LOCAL, ROOT

FUZZ = ROOT / "fuzz"
HOME = LOCAL / "cargo-fuzz"
VERSION = "0.13.2"
OPTIONS = ("--sanitizer", "none", "--target-dir", ROOT / "target" / "fuzz")
# Bodies end at 8 KiB: somewhat more, so that what is beyond is tried too. An input that takes this long hangs.
LIMITS = ("-max_len=10000", "-timeout=10")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--input", default="")


def run(options: argparse.Namespace) -> None:
    if options.input:
        replay(Path(options.input))
    else:
        fuzz(options.runs)


def fuzz(runs: int) -> None:
    """Gives each target as many inputs, and stops at the first that it can't stand."""
    targets = sorted(path.stem for path in (FUZZ / "fuzz_targets").glob("*.rs"))
    if not targets:
        raise console.Stop("there are no fuzz targets")
    _build()
    for target in targets:
        # Interesting inputs are kept for the next run; the seeds of every run are committed.
        corpus = LOCAL / "fuzz" / target
        corpus.mkdir(parents=True, exist_ok=True)
        seeds = FUZZ / "seeds" / target
        with console.step(target) as step:
            said = _fuzz(target, corpus, seeds, "--", f"-runs={runs}", "-print_final_stats=1", *LIMITS)
            tried = int((re.search(r"stat::number_of_executed_units:\s*(\d+)", said) or [0, 0])[1])
            step.what = f"{target}: {tried:,} inputs"
        if tried < runs:
            raise console.Stop(f"{target} was given only {tried} inputs")


def replay(given: Path) -> None:
    """Gives an input to the target that it was found with, which the folder that it is in is named after."""
    _build()
    print(_fuzz(given.resolve().parent.name, given.resolve()))


def _build() -> None:
    _install()
    console.line("  … building the targets")
    if _cargo_fuzz("build", stdout=sys.stderr).returncode:
        raise console.Stop("the fuzz targets did not build: see cargo's messages above")


def _fuzz(target: str, *arguments: str | Path) -> str:
    ran = _cargo_fuzz("run", target, *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = ran.stdout.decode(errors="replace")
    if ran.returncode:
        found = re.search(r"Test unit written to (\S+)", said)
        again = f"; the same again: make fuzz INPUT={os.path.relpath(found[1], ROOT)}" if found else ""
        raise console.Stop(f"{target} found something{again}\n{said[-4000:]}")
    return said


def _cargo_fuzz(command: str, *arguments: str | Path, **pipes: Any) -> subprocess.CompletedProcess[bytes]:
    # By cargo's own convention a subcommand's first argument is its name.
    return subprocess.run([HOME / "bin" / "cargo-fuzz", "fuzz", command, *OPTIONS, *arguments], cwd=FUZZ, **pipes)


def _install() -> None:
    program = HOME / "bin" / "cargo-fuzz"
    if program.exists() and VERSION in subprocess.check_output([program, "--version"], text=True):
        return
    environments.check_prerequisites()
    environments.require("c++", "install a C++ compiler, which libFuzzer is built with (Debian: apt install build-essential)")
    with console.step("installing cargo-fuzz"):
        options = ("--version", VERSION, "--locked", "--force", "--root", HOME, "--target-dir", HOME / "target")
        if subprocess.run(["cargo", "install", "--quiet", "cargo-fuzz", *options]).returncode:
            raise console.Stop("cargo-fuzz could not be installed: is the crate registry reachable?")
