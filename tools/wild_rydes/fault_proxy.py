"""Starts the fault proxy (tests/fault-proxy): in it calls to AWS fail, are counted, and meet quotas."""

import json
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

    def check_messages(self) -> None:
        """Stops if functions sent messages that their schemas forbid, or no message at all."""
        with urllib.request.urlopen(f"{self.url}/_messages", timeout=10) as answer:
            found = json.load(answer)
        if found["faults"]:
            faults = "\n".join(f"  {count} times: {fault}" for fault, count in sorted(found["faults"].items()))
            raise console.Stop(f"functions sent messages that contracts/schemas forbids:\n{faults}")
        if not found["valid"]:
            raise console.Stop("no message of the functions passed the proxy, so none was held against its schema")
        console.line(f"  ✓ {sum(found['valid'].values())} messages of {len(found['valid'])} types are as contracts/schemas says")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_faults", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False
