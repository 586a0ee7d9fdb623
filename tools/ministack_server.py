"""Starts ministack with one of its functions mended. Run by emulator.py in ministack's own environment.

ministack 1.5.33 serves state machines from threads, and each message that goes into a FIFO queue makes it go through the ids
that the queue has seen, which another thread may be adding to: with hundreds of sagas at once some die of "dictionary changed
size during iteration". Without this the full fault run could not be run at all.
"""

import sys
import time

from ministack.app import main
from ministack.services import sqs


def forget_expired(queue: dict) -> None:
    """Goes through a copy, and takes out only what has expired."""
    seen, now = queue["dedup_cache"], time.time()
    for key, entry in copy_of(seen).items():
        if entry["expire"] <= now:
            seen.pop(key, None)


def copy_of(seen: dict) -> dict:
    """Another thread can come in between even here, while garbage is collected. Then once more."""
    while True:
        try:
            return seen.copy()
        except RuntimeError:
            continue


if not callable(getattr(sqs, "_prune_dedup", None)):
    sys.exit("ministack has no _prune_dedup any more: see whether what is mended here still needs it")
sqs._prune_dedup = forget_expired

if __name__ == "__main__":
    sys.exit(main())
