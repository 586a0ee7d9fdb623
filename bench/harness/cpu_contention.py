"""How busy everybody else has kept the machine meanwhile: what there is to be said of figures from one that is shared."""

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
    """Of all processors since they were started: all of their time, what of it was used, and what of that by us."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    # Of those that we have started, it counts what they took once they have ended.
    own = sum(os.times()[:4]) * os.sysconf("SC_CLK_TCK")
    return sum(fields), sum(fields) - idle, own
