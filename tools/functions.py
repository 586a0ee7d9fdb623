"""Builds the functions: one cargo-lambda build for all of them, in one of two ways."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import environments
import say

ROOT = environments.ROOT
# Templates say CodeUri: ../target/lambda/<function>. Deployments use them where they stand; local runs use copies in
# .local/infra, so that the same relative path leads to functions that were built for this machine.
FOR_AWS = ROOT / "target" / "lambda"
FOR_HERE = ROOT / ".local" / "target" / "lambda"
RYDES = ROOT / ".local" / "bin" / "rydes"
# What the workspace holds beside functions.
NOT_FUNCTIONS = ("rydes", "end-to-end", "floor", "broken", "hostile", "rest")
# Builds that are wrong on purpose, and the sound one that they stand in for.
BROKEN = ("award-points-again", "award-points-unheard")
SOUND = "award-points"
# What this machine is, as Lambda calls it.
ARCH = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def build_for_here(broken: Path | None = None) -> None:
    """For this machine, rydes too, on which the emulator runs them as plain processes; quick to build, not optimised."""
    host = next(
        text.split()[1]
        for text in subprocess.check_output(["rustc", "-vV"], text=True).splitlines()
        if text.startswith("host:")
    )
    options = ("--profile", "local", "--compiler", "cargo", "--target", host, "--skip-target-check")
    # rydes is no function, but built along it compiles no dependency a second time.
    leave_out = [package for package in NOT_FUNCTIONS if package != "rydes" and not (broken and package == "broken")]
    _build(FOR_HERE, *options, leave_out=leave_out)
    if broken:
        _set_aside(broken, FOR_HERE)
    built = FOR_HERE / "rydes"
    RYDES.parent.mkdir(parents=True, exist_ok=True)
    # In one step, as the old one may be running.
    os.replace(built / "bootstrap", RYDES)
    shutil.rmtree(built)


def _set_aside(folder: Path, built: Path) -> None:
    """Puts broken builds where no deployment finds them, as the archives that Lambda takes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*BROKEN, SOUND):
        shutil.make_archive(str(folder / name), "zip", built / name)
    for name in BROKEN:
        shutil.rmtree(built / name)


def build_for_aws(arch: str, broken: Path | None = None) -> None:
    """For Lambda: AL2023's glibc, small, optimised."""
    check_target({"x86_64": "x86_64", "arm64": "aarch64"}[arch] + "-unknown-linux-gnu")
    _build(FOR_AWS, *RELEASE[arch], leave_out=[package for package in NOT_FUNCTIONS if not (broken and package == "broken")])
    if broken:
        _set_aside(broken, FOR_AWS)


def check_target(target: str) -> None:
    """Rust's standard library for another machine must be installed, and only its owner can choose how."""
    sysroot = Path(subprocess.check_output(["rustc", "--print", "sysroot"], text=True).strip())
    if not (sysroot / "lib" / "rustlib" / target / "lib").exists():
        raise say.Stop(f"Rust can't build for {target} here: run rustup target add {target}")


def build_for_bench(folder: Path, only: Sequence[str]) -> None:
    """As for Lambda, the benchmarks' floor beside the functions; or only programs of these names."""
    some = [argument for name in only for argument in ("--bin", name)]
    _build(folder, *RELEASE[ARCH], *some, leave_out=[package for package in NOT_FUNCTIONS if package != "floor"])


def build_rest(folder: Path) -> None:
    """The benchmarks' publisher that calls every service, and such a service."""
    _build(folder, *RELEASE[ARCH], "--package", "rest", leave_out=())


RELEASE = {"x86_64": ("--release", "--x86-64"), "arm64": ("--release", "--arm64")}


def _build(folder: Path, *options: str, leave_out: Sequence[str] = NOT_FUNCTIONS) -> None:
    tools = environments.bin_of("build")
    env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    command = [tools / "cargo-lambda", "lambda", "build", *(["--workspace"] if leave_out else [])]
    command += [argument for package in leave_out for argument in ("--exclude", package)]
    say.line("  … building")
    # cargo shows its own progress.
    built = subprocess.run([*command, "--locked", "--lambda-dir", folder, *options], cwd=ROOT, env=env, stdout=sys.stderr)
    if built.returncode:
        raise say.Stop("the functions did not build: see cargo's messages above")
