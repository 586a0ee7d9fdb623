"""Each feature of the library alone: the package of the smallest function that uses it, and the time to compile it."""

import json
import os
import resource
import shutil
import subprocess
from typing import Any

from harness import machine, marked, table
from harness.context import Context
from harness.figures import rounded
from wild_rydes import artifacts, console, functions
from wild_rydes.paths import ROOT

CRATE = "lambda-messaging"
NONE = ""
FOLDER = ROOT / "target" / "bench" / "features"
PAGES = (ROOT / "crates" / CRATE / "README.md",)
HEADINGS = ("feature", "package of the smallest function, MB", "compiling it: CPU, s", "crates")


def run(_: Context) -> dict[str, Any]:
    features = {feature or "none": measured(feature) for feature in (NONE, *named())}
    rows = [
        (shown(name), f"{of['zip_mb']:.2f}", f"{of['compile_cpu_s']:.0f}", str(of["crates"])) for name, of in features.items()
    ]
    table.show(HEADINGS, rows)
    marked.write("features", f"{table.markdown(HEADINGS, rows)}\n\n{caption(machine.describe())}", PAGES)
    return {"features": features}


def named() -> list[str]:
    """The features, as the crate's manifest has them."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    packages = json.loads(subprocess.check_output(command, cwd=ROOT))["packages"]
    return sorted(name for package in packages if package["name"] == CRATE for name in package["features"] if name != "default")


def shown(name: str) -> str:
    return "none" if name == "none" else f"`{name}`"


def caption(on: dict[str, Any]) -> str:
    return (
        f"Each feature alone, with what it needs. Packages are for Lambda; compiling is `cargo build` from nothing, dependencies"
        f" included, on one core of {on['cpu']} ({on['date'][:10]}, `make bench ONLY=features`)."
    )


def measured(feature: str) -> dict[str, float]:
    with console.step(f"compiling {CRATE} with {feature or 'no feature'}"):
        seconds, crates = compiled(feature)
    functions.build_feature(FOLDER / "functions", feature)
    program = (FOLDER / "functions" / f"feature-{feature or 'none'}" / "bootstrap").read_bytes()
    return {"zip_mb": rounded(artifacts.zipped(program) / 1e6), "compile_cpu_s": rounded(seconds), "crates": crates}


def compiled(feature: str) -> tuple[float, int]:
    """The CPU time of compiling the crate, and all that it depends on, from nothing; and the number of crates."""
    folder = FOLDER / "compiled"
    shutil.rmtree(folder, ignore_errors=True)
    before = cpu_seconds()
    artifacts_of = subprocess.run(
        ["cargo", "build", "--package", CRATE, "--no-default-features", "--features", feature, "--message-format", "json"],
        cwd=ROOT,
        env={**os.environ, "CARGO_TARGET_DIR": str(folder), "CARGO_INCREMENTAL": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    seconds = cpu_seconds() - before
    shutil.rmtree(folder, ignore_errors=True)
    if artifacts_of.returncode:
        raise console.Stop(f"{CRATE} does not compile with {feature or 'no feature'}: make check-library says why")
    messages = [json.loads(line) for line in artifacts_of.stdout.splitlines()]
    return seconds, len({message["package_id"] for message in messages if message["reason"] == "compiler-artifact"})


def cpu_seconds() -> float:
    """The CPU time of the processes that were started here and have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
