"""A process that outlives the command that started it, known by its id and its start: ids are used again."""

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
        """One that runs, or what it has left of its group."""
        return Process(pid, _start_of(pid) or "")

    @staticmethod
    def read(record: dict[str, Any]) -> "Process":
        """As `record` has written it; one that an older version has written says less, and matches no process."""
        return Process(int(record["pid"]), str(record.get("started", "")))

    def record(self) -> dict[str, Any]:
        return asdict(self)

    def is_running(self) -> bool:
        """Whether it runs, however long it may take to answer: a process that is busy is not dead."""
        return self.started == _start_of(self.pid)

    def stop(self, patience: float = TIME_TO_STOP) -> None:
        """Ends the process and its group: gently, and after a while not."""
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
        """Sends the group a signal, or 0 for none; whether anything of it is there."""
        # A group can outlive its leader. But if another process has the leader's id by now, the group is gone.
        if _start_of(self.pid) not in (None, self.started):
            return False
        # A child of ours that has ended must be waited for, or its group lives on.
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        try:
            os.killpg(self.pid, how)
        except (ProcessLookupError, PermissionError):
            # The second is how macOS puts it if all of the group have ended and nobody has waited for them.
            return False
        return True


def _start_of(pid: int) -> str | None:
    """When a process was started, in the system's own words; None if there is none."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # Before the last parenthesis stands the program's name, in which anything may be.
            state, *fields = stat.read_text().rsplit(") ", 1)[1].split()
        except OSError:
            return None
        return None if state == "Z" else f"{_boot()}/{fields[18]}"
    # In words that are the same in each shell.
    env = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    asked = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], env=env, capture_output=True, text=True)
    state, _, started = asked.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def _boot() -> str:
    """The start is counted from the machine's own."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
