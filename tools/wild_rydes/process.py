"""A process that outlives the command that started it, known by its id and its start, since ids are used again."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TIME_TO_STOP = 5


@dataclass(frozen=True)
class Process:
    """A process that leads a group of its own."""

    pid: int
    started: str

    @staticmethod
    def of(pid: int) -> "Process":
        """A process that runs, or the rest of its group."""
        return Process(pid, _start_of(pid) or "")

    @staticmethod
    def read(record: dict[str, Any]) -> "Process":
        """Reads a record that `record` has written. A record of an older version says less, and matches no process."""
        return Process(int(record["pid"]), str(record.get("started", "")))

    def record(self) -> dict[str, Any]:
        return asdict(self)

    def is_running(self) -> bool:
        """Tells whether the process runs, however long it takes to answer: a busy process is not dead."""
        return self.started == _start_of(self.pid)

    def stop(self, patience: float = TIME_TO_STOP) -> None:
        """Ends the process and its group: with SIGTERM, and after a while with SIGKILL."""
        for how in (signal.SIGTERM, signal.SIGKILL):
            self._signal(how)
            deadline = time.monotonic() + patience
            while self._signal(0):
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            else:
                return

    def _signal(self, how: int) -> bool:
        """Sends the group a signal, or 0 for none; tells whether any process is left in it."""
        # A group can outlive its leader. But if another process has the leader's id by now, the group is gone.
        if _start_of(self.pid) not in (None, self.started):
            return False
        # A child that has ended must be waited for, or its group lives on.
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        try:
            os.killpg(self.pid, how)
        except (ProcessLookupError, PermissionError):
            # macOS raises the second if all in the group have ended, and none has been waited for.
            return False
        return True


def _start_of(pid: int) -> str | None:
    """The start of a process, in the system's own words; None if there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The program's name, which may hold any character, ends with the last parenthesis.
            state, *fields = stat.read_text().rsplit(") ", 1)[1].split()
        except OSError:
            return None
        return None if state == "Z" else f"{_boot()}/{fields[18]}"
    # The same words in every shell.
    env = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    asked = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], env=env, capture_output=True, text=True)
    state, _, started = asked.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def _boot() -> str:
    """The id of the machine's start, from which the start of a process is counted."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
