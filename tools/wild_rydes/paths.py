"""Where things are in the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The folder that this package is in.
TOOLS = ROOT / "tools"
BENCH = ROOT / "bench"
INFRA = ROOT / "infra"
# What commands keep from one run to the next, and none of it is committed.
LOCAL = ROOT / ".local"
