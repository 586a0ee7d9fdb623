"""Visits to the console: a server and a browser of their own, which end with the visit."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from harness.deployed import Deployed
from harness.process import cpu_of
from wild_rydes import browsers, console, environments, functions
from wild_rydes.paths import BENCH, TOOLS

MODULE = "harness.console_page.browser"
TIME_TO_END = 60
RENDERER, SERVER = "renderer", "console"


def command(*arguments: str) -> list[str | Path]:
    return [environments.bin_of("browser") / "python", "-m", MODULE, *arguments]


def environment(run: Deployed) -> dict[str, str]:
    found = browsers.find()
    if not found:
        raise console.Stop(f"there is no browser: {browsers.ADVICE}")
    path = os.pathsep.join(map(str, (BENCH, TOOLS / "browser")))
    return {**run.env, "PYTHONPATH": path, "CHROMIUM": found, "RYDES": str(functions.RYDES)}


def pictures(run: Deployed, times: int) -> list[float]:
    """The milliseconds from opening a page until it shows the map, so many times."""
    ended = subprocess.run(command("pictures", str(times)), env=environment(run), stdout=subprocess.PIPE, text=True)
    if ended.returncode:
        raise console.Stop("the console could not be opened: see above")
    return json.loads(ended.stdout)


class Visit:
    """A page that shows the map for as long as the block lasts, and takes these notes."""

    def __init__(self, run: Deployed, *notes: str) -> None:
        self.run, self.notes = run, notes
        self.processes: dict[str, list[int]] = {}

    def __enter__(self) -> "Visit":
        # In a session of its own, because a terminal's Ctrl-C would end the browser before the page is closed.
        self.child = subprocess.Popen(
            command("watch", *self.notes),
            env=environment(self.run),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            self.processes = self._read()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self.child.stdin
        assert self.child.stdout
        # It ends with its input.
        self.child.stdin.close()
        try:
            self.child.wait(TIME_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        self.child.stdout.close()

    def noted(self) -> dict[str, Any]:
        """The notes so far."""
        assert self.child.stdin
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        return self._read()

    def cpu_seconds(self) -> dict[str, float]:
        """The processor seconds of its processes so far, by kind."""
        return {kind: sum(map(cpu_of, ids)) / 1e9 for kind, ids in self.processes.items()}

    def _read(self) -> dict[str, Any]:
        assert self.child.stdout
        line = self.child.stdout.readline()
        if not line:
            raise console.Stop("the console's page has ended too early: see above")
        return json.loads(line)
