"""The folders of the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The folder that this package is in.
TOOLS = ROOT / "tools"
BENCH = ROOT / "bench"
INFRA = ROOT / "infra"
EXAMPLES = ROOT / "examples"
# Commands keep their state here from one run to the next; git ignores it.
LOCAL = ROOT / ".local"
