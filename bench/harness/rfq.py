"""Measures how soon requests for quotes are closed, at growing rates."""

import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

from wild_rydes import console

# Requests a second, and for how many seconds.
RATES = ((1, 20), (10, 20), (100, 10))
# A place where every herd has a unicorn free, so that each request is closed by its last answer; and long enough for it.
REQUEST = ("--from", "Mitte", "--to", "Moabit", "--reply-within", "120")
COLUMNS = {
    "requests": "requests",
    "accepted p50": "accept_p50_ms",
    "p99 ms": "accept_p99_ms",
    "closed p50": "closed_p50_ms",
    "p99 ms ": "closed_p99_ms",
    "by deadline": "closed_by_the_deadline",
}


def measure(rydes: Path, env: dict[str, str], folder: Path) -> None:
    """Requests quotes at each rate, one after the other, and prints a table; the whole is left as JSON."""

    def request(rate: int, times: int) -> dict[str, Any]:
        command: list[str | Path] = [rydes, "request-quotes", *REQUEST, "--times", str(times), "--rate", str(rate), "--json"]
        ended = subprocess.run(command, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True)
        if ended.returncode:
            raise console.Stop("the requests did not end as they should: see above")
        return json.loads(ended.stdout)

    with console.step("warming up"):
        request(5, 10)
    runs = []
    for rate, seconds in RATES:
        with console.step(f"{rate} requests a second, for {seconds} s"):
            runs.append({"rate": rate, **request(rate, rate * seconds)})
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
    result = folder / "quotes.json"
    folder.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps({"machine": machine, "date": time.strftime("%Y-%m-%d"), "runs": runs}, indent=1))
    console.line(f"\nOn the embedded emulator ({machine}), all its parts on the same cores; times from a request's arrival:\n")
    console.line("  ".join(f"{name:>12}" for name in ("rate/s", *COLUMNS)))
    for run in runs:
        console.line("  ".join(f"{run[key]:>12,}" for key in ("rate", *COLUMNS.values())))
    console.line(f"\nThe whole: {result}")
