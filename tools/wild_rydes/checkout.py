"""Copies of the checkout, in which tests change files."""

import shutil
import subprocess
from pathlib import Path

from wild_rydes.paths import ROOT


class Checkout:
    """A copy of the checkout with what isn't committed yet, as the only revision of a repository of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.rmtree(path, ignore_errors=True)
        listed = self.git("ls-files", "-z", "--cached", "--others", "--exclude-standard", at=ROOT)
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, path / name)
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message=As it is")

    def git(self, *arguments: str, at: Path | None = None) -> str:
        return subprocess.run(["git", *arguments], cwd=at or self.path, check=True, capture_output=True, text=True).stdout
