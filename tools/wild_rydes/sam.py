"""Deploys one stack with the SAM CLI, and reads the lines of JSON in which it says what it does."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wild_rydes import console
from wild_rydes.paths import ROOT


@dataclass
class ChangeSet:
    """The resources that a deployment adds, changes, replaces and removes."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    # Some of the changed: values that are only known on the way decide whether they are replaced.
    doubtful: list[str] = field(default_factory=list)

    def take(self, line: Mapping[str, Any]) -> None:
        name, replacement = line["logical_id"], line["replacement"]
        # Every release publishes a new version of a function in the place of the old one.
        if line["resource_type"] == "AWS::Lambda::Version":
            return
        changed = self.replaced if replacement == "True" else self.changed
        {"Add": self.added, "Remove": self.removed}.get(line["action"], changed).append(name)
        if replacement == "Conditional":
            self.doubtful.append(name)

    def __str__(self) -> str:
        counts = {"added": self.added, "changed": self.changed, "replaced": self.replaced, "removed": self.removed}
        return ", ".join(f"{len(names)} {how}" for how, names in counts.items() if names) or "nothing to change"

    def losses(self) -> list[str]:
        """The resources that are removed or replaced."""
        groups = {"replaces": self.replaced, "may replace": self.doubtful, "removes": self.removed}
        return [f"{how} {', '.join(names)}" for how, names in groups.items() if names]


def deploy(command: Sequence[str | Path], env: Mapping[str, str], log: Path, stack: str) -> ChangeSet:
    """Runs `sam deploy --output json`. Says what a deployment replaces or removes before it does so."""
    changes, said = ChangeSet(), False
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "text": True}
    with log.open("w") as output, subprocess.Popen(command, env=dict(env), cwd=ROOT, stderr=output, **pipes) as sam:
        for line in sam.stdout or ():
            output.write(line)
            output.flush()
            read = parsed(line)
            if read.get("type") == "changeset":
                changes.take(read)
            elif read.get("type") == "event" and not said:
                said = True
                for loss in changes.losses():
                    console.line(f"  ! {stack} {loss}")
    if sam.returncode:
        raise console.Stop(f"{stack} was not deployed: {reason(log)}; the whole log is {log.relative_to(ROOT)}")
    return changes


def parsed(line: str) -> dict[str, Any]:
    """A line of JSON; empty if it is none, such as a warning."""
    try:
        read = json.loads(line)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def reason(log: Path) -> str:
    """The reason of a failure: that of the first resource that failed, or else the SAM CLI's own."""
    text = log.read_text(errors="replace").splitlines()
    lines = [parsed(line) for line in text]
    failed = [line for line in lines if line.get("type") == "event" and line["status"].endswith("_FAILED")]
    if failed:
        found = "{status} {resource_type} {logical_id}: {reason}".format(**failed[0])
    else:
        said = [line["error"]["message"] for line in lines if "error" in line]
        found = next((line for line in [*said, *text] if line.strip()), "SAM gave no reason")
    return re.sub(r"\s+", " ", found).strip()
