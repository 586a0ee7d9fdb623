"""The part of a core that Lambda gives a function: in proportion to its memory, and a whole one at 1,769 MB.

The kernel enforces it where a control group can be made, version 2 or 1; that takes root. Elsewhere a thread stops the process
and lets it go on, by the same period. `checked` measures with a program that only computes how well either does.
"""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

MEMORY_SIZES = (128, 256, 512, 1024, 1769)
# The memory with which a function has a whole core.
WHOLE_CORE_MB = 1769
# Short enough that a message meets several, and long enough that the kernel takes the smallest share (1 ms at least).
PERIOD_US = 20_000
MOUNTED = Path("/sys/fs/cgroup")
SECONDS_TO_CHECK = 1.0
# It does nothing itself, so that what follows is all the program's own.
HELD = ("/bin/sh", "-c", 'kill -STOP $$; exec "$@"', "held")


class Limit(Protocol):
    """A limit on the processor time of one process after the other."""

    how: str

    def add(self, pid: int) -> None: ...

    def release(self) -> None:
        """The process ends now."""

    def close(self) -> None: ...


def held(command: Sequence[str]) -> list[str]:
    """The command, which waits for `let_go` before it starts."""
    return [*HELD, *command]


def let_go(pid: int, limit: Limit) -> None:
    """Lets a process that is held start under the limit."""
    os.waitpid(pid, os.WUNTRACED)
    limit.add(pid)
    os.kill(pid, signal.SIGCONT)


def of_memory(megabytes: int) -> float:
    return min(1.0, megabytes / WHOLE_CORE_MB)


def limit(share: float) -> Limit:
    """A limit at this share of a core, by the best means that this machine has."""
    for make in (cgroup_2, cgroup_1):
        try:
            return make(share)
        except OSError:
            continue
    return DutyCycle(share)


class Cgroup:
    def __init__(self, how: str, folder: Path) -> None:
        self.how, self.folder = how, folder

    def add(self, pid: int) -> None:
        (self.folder / "cgroup.procs").write_text(str(pid))

    def release(self) -> None:
        """The kernel forgets a process as it ends."""

    def close(self) -> None:
        self.folder.rmdir()


def name(share: float) -> str:
    return f"bench-{os.getpid()}-{share:.3f}"


def cgroup_2(share: float) -> Limit:
    """Below the group that this process is in, or else at the top."""
    [own] = re.findall(r"^0::/(.*)$", Path("/proc/self/cgroup").read_text(), re.M) or [""]
    for parent in (MOUNTED / own, MOUNTED):
        if "cpu" in (parent / "cgroup.controllers").read_text().split():
            try:
                (parent / "cgroup.subtree_control").write_text("+cpu")
                break
            except OSError:
                # A group with processes of its own can't limit others.
                continue
    else:
        raise OSError("no group may limit others")
    folder = parent / name(share)
    folder.mkdir()
    return written(Cgroup("cgroup v2: cpu.max", folder), {"cpu.max": f"{quota(share)} {PERIOD_US}"})


def cgroup_1(share: float) -> Limit:
    if not (MOUNTED / "cpu" / "cpu.cfs_quota_us").exists():
        raise OSError("there is no cgroup v1")
    folder = MOUNTED / "cpu" / name(share)
    folder.mkdir()
    values = {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": str(quota(share))}
    return written(Cgroup("cgroup v1: cpu.cfs_quota_us", folder), values)


def written(group: Cgroup, values: dict[str, str]) -> Limit:
    try:
        for file, value in values.items():
            (group.folder / file).write_text(value)
    except OSError:
        group.close()
        raise
    return group


def quota(share: float) -> int:
    return round(share * PERIOD_US)


class DutyCycle:
    """Less exact than the kernel: it stops the process whether it computes or waits."""

    how = "a duty cycle of SIGSTOP and SIGCONT"

    def __init__(self, share: float) -> None:
        self.share, self.ended = share, threading.Event()
        self.thread: threading.Thread | None = None

    def add(self, pid: int) -> None:
        if self.share < 1:
            self.ended.clear()
            self.thread = threading.Thread(target=self.cycle, args=(pid,), daemon=True)
            self.thread.start()

    def cycle(self, pid: int) -> None:
        period = PERIOD_US / 1_000_000
        running = period * self.share
        while not self.ended.wait(running):
            os.kill(pid, signal.SIGSTOP)
            self.ended.wait(period - running)
            os.kill(pid, signal.SIGCONT)

    def release(self) -> None:
        """Before the process is ended: its number may be another's then."""
        self.ended.set()
        if self.thread:
            self.thread.join()
            self.thread = None

    def close(self) -> None:
        self.release()


def checked(limit: Limit) -> float:
    """The share of a core that a program which only computes gets under the limit."""
    command = held([sys.executable, "-S", "-c", "while True: pass"])
    pid = os.posix_spawn(command[0], command, {})
    try:
        let_go(pid, limit)
        clock = ~pid << 3 | 2
        time.sleep(SECONDS_TO_CHECK / 4)
        began, computed = time.perf_counter(), time.clock_gettime(clock)
        time.sleep(SECONDS_TO_CHECK)
        return (time.clock_gettime(clock) - computed) / (time.perf_counter() - began)
    finally:
        limit.release()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
