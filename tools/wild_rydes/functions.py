"""Builds the functions, all of them in one run of cargo-lambda: for this machine, or for Lambda."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from wild_rydes import artifacts, console, environments
from wild_rydes.paths import LOCAL, ROOT

# Templates say CodeUri: ../target/lambda/<function>. Deployments use them where they stand; local runs use copies in
# .local/infra, so that the same relative path leads to functions that were built for this machine.
FOR_AWS = ROOT / "target" / "lambda"
FOR_HERE = LOCAL / "target" / "lambda"
# Builds for containers, on machines whose own builds don't run in them.
FOR_CONTAINERS = LOCAL / "for-containers"
# The builds that are broken on purpose.
BROKEN_FOR_HERE = LOCAL / "builds"
PROGRAMS = "functions/*/src/bin/*.rs"
RYDES = LOCAL / "bin" / "rydes"
# The builds that are broken on purpose, and the valid one that they stand in for.
BROKEN = ("award-points-again", "award-points-mortal", "award-points-unheard")
SOUND = "award-points"
# This machine's architecture, by Lambda's name.
ARCH = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def build_for_here(broken: Path | None = None) -> None:
    """Builds the functions and rydes for this machine, where the emulator runs them as processes: quickly, not optimised."""
    if environments.are_built():
        return
    # rydes is no function; built with them, it compiles no dependency a second time.
    _build(FOR_HERE, *_quickly(), packages=[*_services(), "rydes", *(["broken"] if broken else [])])
    if broken:
        _set_aside(broken, FOR_HERE)
    _install_rydes(FOR_HERE)


def build_some_for_here(only: Sequence[str]) -> None:
    """Builds some functions for this machine. It names all packages, or their dependencies would have other features, and be
    compiled once more."""
    _build(FOR_HERE, *_quickly(), *_bins(only), packages=[*_services(), "rydes", "broken"])


def build_rydes() -> None:
    """Builds the client alone: for use against what is deployed already."""
    if not environments.are_built():
        _build(LOCAL / "rydes", *_quickly(), packages=["rydes"])
        _install_rydes(LOCAL / "rydes")


def _quickly() -> tuple[str, ...]:
    """The options of a build for this machine."""
    host = next(
        text.split()[1] for text in subprocess.check_output(["rustc", "-vV"], text=True).splitlines() if text.startswith("host:")
    )
    return ("--profile", "local", "--compiler", "cargo", "--target", host, "--skip-target-check")


def _install_rydes(folder: Path) -> None:
    built = folder / "rydes"
    RYDES.parent.mkdir(parents=True, exist_ok=True)
    # Replaced in one step, because the old one may be running.
    os.replace(built / "bootstrap", RYDES)
    shutil.rmtree(built)


def _set_aside(folder: Path, built: Path) -> None:
    """Puts broken builds where no deployment finds them, as the archives that Lambda takes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*BROKEN, SOUND):
        shutil.make_archive(str(folder / name), "zip", built / name)
    for name in BROKEN:
        shutil.rmtree(built / name)


def build_for_aws(arch: str, broken: Path | None = None, only: Sequence[str] = ()) -> None:
    """Builds for Lambda: for AL2023's glibc, small and optimised. All functions, or only these."""
    check_target({"x86_64": "x86_64", "arm64": "aarch64"}[arch] + "-unknown-linux-gnu")
    _build(FOR_AWS, *RELEASE[arch], *_bins(only), packages=[*_services(), *(["broken"] if broken else [])])
    if broken:
        _set_aside(broken, FOR_AWS)


def build_for_containers(folder: Path, few: bool) -> tuple[Path, Path]:
    """Builds for Lambda's glibc, but quickly: takes the builds for this machine if they need no newer glibc, and on demand a few
    of the functions as they go to AWS. Gives the folder of templates that lead to them, and the folder of broken builds."""
    quick, builds = FOR_HERE, BROKEN_FOR_HERE
    build_for_here(builds)
    if not all(artifacts.runs_on_lambda((FOR_HERE / name / "bootstrap").read_bytes()) for name in names()):
        quick, builds = FOR_CONTAINERS, folder / "builds"
        _build(quick, "--profile", "local", *RELEASE[ARCH][1:], packages=[*_services(), "broken"])
        _set_aside(builds, quick)
    optimized = a_few() if few else []
    if few:
        build_for_aws(ARCH, only=optimized)
    # An earlier deployment may have left functions there that are gone by now.
    built = folder / "target" / "lambda"
    shutil.rmtree(built, ignore_errors=True)
    for name in names():
        shutil.copytree((FOR_AWS if name in optimized else quick) / name, built / name)
    return copy_templates(folder), builds


def names() -> list[str]:
    return sorted(program.stem for program in ROOT.glob(PROGRAMS))


def a_few() -> list[str]:
    """The largest and the smallest function, by the builds for this machine, and the functions that have changed."""
    by_size = sorted(names(), key=lambda name: (FOR_HERE / name / "bootstrap").stat().st_size)
    return sorted({by_size[0], by_size[-1], *_changed()})


def _changed() -> set[str]:
    """The functions whose crates have changed since the branch began, or all of them if a shared crate has. On the main branch,
    and where the begin is not known, it is the revision before this one. CHANGED_SINCE names another."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()

    base = os.environ.get("CHANGED_SINCE") or git("merge-base", "HEAD", "origin/HEAD") or git("merge-base", "HEAD", "origin/main")
    if not base or base == git("rev-parse", "HEAD"):
        base = "HEAD~1"
    files = [*git("diff", "--name-only", base).splitlines(), *git("ls-files", "--others", "--exclude-standard").splitlines()]
    if any(file.startswith("crates/") or file in ("Cargo.lock", "Cargo.toml") for file in files):
        return set(names())
    crates = {Path(file).parts[:2] for file in files}
    return {program.stem for program in ROOT.glob(PROGRAMS) if program.relative_to(ROOT).parts[:2] in crates}


def copy_templates(folder: Path) -> Path:
    """Copies templates and state machines, so that the same relative paths lead to the functions in this folder."""
    for original in (ROOT / "infra", ROOT / "statemachines"):
        shutil.rmtree(folder / original.name, ignore_errors=True)
        shutil.copytree(original, folder / original.name)
    return folder / "infra"


def check_target(target: str) -> None:
    """Stops unless Rust's standard library for the target is installed: only the machine's owner can choose how to install it."""
    sysroot = Path(subprocess.check_output(["rustc", "--print", "sysroot"], text=True).strip())
    if not (sysroot / "lib" / "rustlib" / target / "lib").exists():
        raise console.Stop(f"Rust can't build for {target} here: run rustup target add {target}")


def build_for_bench(folder: Path, only: Sequence[str]) -> None:
    """Builds for Lambda, with the benchmarks' floor beside the functions; or only programs of these names."""
    _build(folder, *RELEASE[ARCH], *_bins(only), packages=[*_services(), "floor"])


def build_for_profile(folder: Path, name: str) -> None:
    """Builds one function for Lambda, with the names of its functions in it."""
    _build(folder, "--profile", "profile", *RELEASE[ARCH][1:], "--bin", name, packages=_services())


def build_rest(folder: Path) -> None:
    """Builds the benchmarks' publisher that calls every service, and its services."""
    _build(folder, *RELEASE[ARCH], packages=["rest"])


def build_library(folder: Path) -> None:
    """Builds the benchmarks' consumer of orders for Lambda: with our crate, and with the Rust runtime alone. The second is built
    as its users build theirs: with default features, and as cargo-lambda builds programs without a profile."""
    _build(folder, *RELEASE[ARCH], packages=["library-ours"])
    _build(folder, *RELEASE[ARCH], packages=["library-runtime"], workspace=ROOT / "bench" / "library" / "runtime")


def build_feature(folder: Path, feature: str) -> None:
    """Builds the benchmarks' smallest function with this feature of the library, and with no other."""
    alone = ["--no-default-features", "--features", feature] if feature else ["--no-default-features"]
    _build(folder, *RELEASE[ARCH], *_bins([f"feature-{feature or 'none'}"]), *alone, packages=["library-features"])


RELEASE = {"x86_64": ("--release", "--x86-64"), "arm64": ("--release", "--arm64")}


def _bins(only: Sequence[str]) -> list[str]:
    return [argument for name in only for argument in ("--bin", name)]


def _services() -> list[str]:
    """The packages of the services: each is called as its folder in functions/."""
    return sorted(manifest.parent.name for manifest in ROOT.glob("functions/*/Cargo.toml"))


def _build(folder: Path, *options: str, packages: Sequence[str], workspace: Path = ROOT) -> None:
    tools = environments.bin_of("build")
    env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    if workspace != ROOT:
        # Beside our own, where git ignores it.
        env["CARGO_TARGET_DIR"] = str(ROOT / "target" / workspace.name)
    command: list[str | Path] = [tools / "cargo-lambda", "lambda", "build"]
    command += [argument for package in packages for argument in ("--package", package)]
    command += ["--locked", "--lambda-dir", folder, *options]
    # cargo shows its own progress.
    with console.step("building the functions", spinner=False):
        built = subprocess.run(command, cwd=workspace, env=env, stdout=sys.stderr)
        if built.returncode:
            raise console.Stop("the functions did not build: see cargo's messages above")
