"""CPU contention: the share of processor time that other programs took. Figures from a shared machine mean little without it."""

import os
from pathlib import Path


class CpuContention:
    """Watches from when this is made."""

    def __init__(self) -> None:
        self.before = ticks()

    def share(self) -> float:
        """The share of all processors' time that neither this program nor what it has started took, from 0 to 1."""
        total, busy, own = (after - before for after, before in zip(ticks(), self.before, strict=True))
        return round(max(0.0, busy - own) / max(total, 1), 2)


def ticks() -> tuple[float, float, float]:
    """The ticks of all processors since their start: all of them, the busy ones, and those of this program."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    # A child counts once it has ended.
    own = sum(os.times()[:4]) * os.sysconf("SC_CLK_TCK")
    return sum(fields), sum(fields) - idle, own
