"""Measures prebooking campaigns of growing size: how they are accepted, wait, and drain."""

import json
import os
import platform
import subprocess
import time
from pathlib import Path

from wild_rydes import console

SIZES = (500, 5_000, 50_000)
# Columns of the table, each with where it stands in what `rydes campaign --json` prints.
COLUMNS = {
    "bookings": "bookings",
    "accepted/s": "accept_rate_per_second",
    "p50 ms": "accept_p50_ms",
    "p99 ms": "accept_p99_ms",
    "deepest backlog": "deepest_backlog",
    "drained after s": "drain_ms",
    "decided/s": "decided_per_second",
}


def measure(rydes: Path, env: dict[str, str], folder: Path) -> None:
    """Runs a campaign of each size, one after the other, and prints a table; the whole is left as JSON."""
    runs = []
    for size in SIZES:
        with console.step(f"a campaign of {size:,}"):
            started = time.monotonic()
            command: list[str | Path] = [rydes, "campaign", "--bookings", str(size), "--timeout", "3600", "--json"]
            ended = subprocess.run(command, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True)
        if ended.returncode:
            raise console.Stop("the campaign did not end as it should: see above")
        run = json.loads(ended.stdout)
        run["bookings"] = size
        run["wall_seconds"] = round(time.monotonic() - started)
        runs.append(run)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
    result = folder / "campaigns.json"
    folder.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps({"machine": machine, "date": time.strftime("%Y-%m-%d"), "runs": runs}, indent=1))
    console.line(f"\nOn the embedded emulator ({machine}), all its parts on the same cores:\n")
    console.line("  ".join(f"{name:>16}" for name in COLUMNS))
    for run in runs:
        cells = [run[key] / 1000 if key == "drain_ms" else run[key] for key in COLUMNS.values()]
        console.line("  ".join(f"{cell:>16,.1f}" if isinstance(cell, float) else f"{cell:>16,}" for cell in cells))
    console.line(f"\nThe whole, with samples over time: {result}")
