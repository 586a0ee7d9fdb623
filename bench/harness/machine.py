"""The machine that a part was measured on; a figure without it says nothing."""

import os
import platform
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from wild_rydes.paths import ROOT


def describe() -> dict[str, Any]:
    return {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "rustc": said("rustc", "--version"),
        "python": platform.python_version(),
        "revision": said("git", "rev-parse", "--short=10", "HEAD") + ("+" if said("git", "status", "--porcelain") else ""),
    }


def line(machine: dict[str, Any]) -> str:
    return (
        f"{machine['cores']} cores, {machine['cpu']}, {machine['kernel']}; {machine['date']}; "
        f"{machine['rustc']}; Python {machine['python']}; revision {machine['revision']}"
    )


def caption(part: str) -> str:
    """The end of what a page says about figures of this part."""
    on = describe()
    return (
        f"Measured on {on['date'][:10]}, revision `{on['revision']}`, on {on['cores']} cores ({on['cpu']}), with"
        f" `make bench ONLY={part}`."
    )


def cpu() -> str:
    try:
        named = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        named = None
    return named[1] if named else platform.processor() or "unknown CPU"


def said(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
