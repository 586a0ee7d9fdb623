"""A running function: a process of its own, and the Runtime API that it polls."""

import os
import re
import signal
import time
from pathlib import Path

from harness import cpu_share
from harness.cpu_share import Limit
from harness.programs import Program
from harness.runtime_api import PATIENCE_SECONDS, RuntimeApi

NOTHING_IN = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
# The log goes nowhere; what a function says as it dies is seen.
FILES = [NOTHING_IN, (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


class Process:
    """Started as this is made, and polling from then on; stopped as the block ends."""

    def __init__(self, program: Program, env: dict[str, str], log: Path | None = None, limit: Limit | None = None) -> None:
        """With a file for the log, it takes what the function says as it dies, too. Under a limit, it has a part of a core."""
        self.limit = limit
        self.api = RuntimeApi(program.name)
        env = {**env, **program.env, "AWS_LAMBDA_RUNTIME_API": self.api.address}
        command = cpu_share.held(program.command) if limit else program.command
        began = time.perf_counter()
        self.pid = os.posix_spawn(command[0], command, env, file_actions=logged(log) if log else FILES)
        try:
            if limit:
                began = time.perf_counter()
                cpu_share.let_go(self.pid, limit)
            self.api.watch(self.pid)
            self.first_poll = self.api.await_poll() - began
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def invoke(self, event: bytes, seconds: float = PATIENCE_SECONDS) -> tuple[float, bytes]:
        """Seconds until it has answered, and the answer."""
        return self.api.invoke(event, seconds)

    def await_poll(self) -> None:
        self.api.await_poll()

    def cpu(self) -> int:
        return cpu_of(self.pid)

    def peak_memory(self) -> int:
        """Bytes, the most that were resident at any time so far."""
        [kilobytes] = re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        return int(kilobytes) * 1024

    def stop(self) -> None:
        if self.limit:
            self.limit.release()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.api.close()


def cpu_of(pid: int) -> int:
    """The nanoseconds that all threads of a process have run, those that have ended among them."""
    # The clock of another process, made as clock_getcpuclockid(3) makes it.
    return time.clock_gettime_ns(~pid << 3 | 2)


def logged(log: Path) -> list[tuple[int, ...] | tuple[int, int, str, int, int]]:
    """The files of a process whose log is kept: at the end of this file."""
    end = (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    return [NOTHING_IN, end, (os.POSIX_SPAWN_DUP2, 1, 2)]
