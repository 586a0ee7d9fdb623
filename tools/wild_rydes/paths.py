"""The folders of the checkout, and folders outside."""

import hashlib
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The folder that this package is in.
TOOLS = ROOT / "tools"
BENCH = ROOT / "bench"
INFRA = ROOT / "infra"
EXAMPLES = ROOT / "examples"
# Commands keep their state here from one run to the next; git ignores it.
LOCAL = ROOT / ".local"


def outside(name: str) -> Path:
    """A new folder outside of the repository. Its path is the same each time, so that cargo knows again what it has compiled."""
    digest = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    folder = Path(tempfile.gettempdir()).resolve() / f"{name}-{digest}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder
