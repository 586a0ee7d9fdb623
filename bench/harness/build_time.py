"""Building: all functions from nothing, and `make up` after a change of one line, and after none.

It works on a copy of the sources, with a target folder and an emulator of its own, so nothing of the user's is touched."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness import table, verdict
from harness.context import Context
from harness.figures import figure, ratio, shown
from wild_rydes import console, environments
from wild_rydes.emulator.embedded import free_port
from wild_rydes.paths import ROOT

COPY = ROOT / "target" / "bench" / "copy"
HANDLER = "functions/customer-loyalty/src/award_points.rs"
CHANGES = 5
# The program that the copy's tools run.
BUILD = "from wild_rydes import functions; functions.build_for_here()"


def run(_: Context) -> dict[str, Any]:
    copy()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, COPY, ignore_errors=True)
        clean = timed("building all functions from nothing", "-c", BUILD)
        # Before the first up, as it may end half way.
        stack.callback(tool, "-m", "wild_rydes", "down")
        first_up = timed("make up, the first", "-m", "wild_rydes", "up", "--port", str(free_port()))
        changed, unchanged = [], []
        for number in range(CHANGES):
            change(number)
            changed.append(timed("make up after a change of one line", "-m", "wild_rydes", "up"))
            unchanged.append(timed("make up after none", "-m", "wild_rydes", "up"))
    results = {
        "clean_build_s": figure([clean]),
        "first_up_s": figure([first_up]),
        "up_changed_s": figure(changed),
        "up_unchanged_s": figure(unchanged),
        "changed_x_unchanged": ratio(changed, unchanged),
    }
    rows = [
        ("all functions, from nothing", shown(results["clean_build_s"])),
        ("make up, the first, with what was built", shown(results["first_up_s"])),
        (f"make up after a change of one line in {Path(HANDLER).name}", shown(results["up_changed_s"])),
        ("make up after no change", shown(results["up_unchanged_s"])),
    ]
    table.show(("build", "s"), rows)
    console.line(f"\nMedians of {CHANGES}, in brackets p10–p90; what is from nothing was done once.")
    verdicts = [
        verdict.at_most("make up after a change of one line", 30, " s", {"award-points": results["up_changed_s"]["median"]})
    ]
    verdict.show(verdicts)
    return {**results, "verdicts": verdicts}


def copy() -> None:
    """The sources as they are, changes that aren't committed among them, and the tools that are installed."""
    shutil.rmtree(COPY, ignore_errors=True)
    listed = subprocess.check_output(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT)
    for file in filter(None, listed.decode().split("\0")):
        source, target = ROOT / file, COPY / file
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for needed in ("build", "sam", "ministack"):
        environments.bin_of(needed)
    (COPY / ".tools").symlink_to(ROOT / ".tools")


def change(number: int) -> None:
    """A line that the compiler can't leave out."""
    handler = COPY / HANDLER
    text, call = handler.read_text(), "Ok(self.points.award("
    lines = [line for line in text.splitlines(keepends=True) if "eprintln" not in line]
    at = next(n for n, line in enumerate(lines) if call in line)
    lines.insert(at, f'        eprintln!("changed for the {number}. time");\n')
    handler.write_text("".join(lines))


def timed(what: str, *command: str) -> float:
    with console.step(what):
        began = time.monotonic()
        tool(*command)
        return time.monotonic() - began


def tool(*command: str) -> None:
    """Runs one of the copy's own tools, which stops what it has started if it is stopped itself."""
    env = {name: value for name, value in os.environ.items() if name not in ("CARGO_TARGET_DIR", "AWS_ENDPOINT_URL")}
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=COPY / "tools",
        env=env,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        said, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()
        raise
    if process.returncode:
        raise console.Stop(f"{' '.join(command)} failed in {COPY}: {said}")
