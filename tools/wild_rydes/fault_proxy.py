"""Starts the fault proxy (tests/fault-proxy): in it calls to AWS fail, are counted, and meet quotas."""

import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from wild_rydes import console, end_to_end
from wild_rydes.emulator.embedded import free_port


class FaultProxy:
    """A proxy before an emulator, for as long as the block lasts."""

    def __init__(self, upstream: int, seed: int, port: int | None = None, program: str | Path = "") -> None:
        self.port, self.upstream, self.seed = port or free_port(), upstream, seed
        self.program = program or end_to_end.program(end_to_end.FAULT_PROXY)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def __enter__(self) -> "FaultProxy":
        options = ("--port", self.port, "--upstream", self.upstream, "--seed", self.seed)
        command = [self.program, *map(str, options)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 20
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise console.Stop(f"the fault proxy did not start at {self.url}: see its messages above")
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
