"""A fault run: load, while whatever can fail does; and then an audit."""

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import say
from emulator import free_port

# How much there is to do; how many of the functions' calls there are to be at least while there is trouble, the share of them
# that fails, and how far apart kills are. A small run has to see in a minute what a full one has half an hour for.
SIZES = {
    "small": {"RIDES": 60, "PREBOOKINGS": 40, "RFQS": 20, "CALLS": 1_200, "SHARE_PERCENT": 30, "KILL_EVERY_MS": 400},
    "full": {"RIDES": 10_000, "PREBOOKINGS": 2_000, "RFQS": 500, "CALLS": 60_000, "SHARE_PERCENT": 3, "KILL_EVERY_MS": 2_000},
}


def seed_of(given: str) -> int:
    """The seed that was given, or a new one."""
    return int(given) if given else secrets.randbelow(1_000_000)


class FaultProxy:
    """A fault-injecting proxy, for as long as the block lasts."""

    def __init__(self, upstream: int, seed: int) -> None:
        self.port, self.upstream, self.seed = free_port(), upstream, seed

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def __enter__(self) -> "FaultProxy":
        program = Path(__file__).parent / "fault_proxy.py"
        options = ("--port", self.port, "--upstream", self.upstream, "--seed", self.seed)
        command = [sys.executable, program, *map(str, options)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 20
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise say.Stop("the fault-injecting proxy did not start")
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_faults", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False
