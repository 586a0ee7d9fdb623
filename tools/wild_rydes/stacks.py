"""The stacks of a stage: one per template in infra/, in the order of what they export and import.

A template that imports a value is deployed after the one that exports it; templates that don't wait for each other are
deployed side by side. A new service is a new template: nothing here names one. A template x.yaml beside which stands
x.instances.json is deployed once for each name in it, as x-<name>, with the parameters given there and Name=<name>.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from wild_rydes import console
from wild_rydes.paths import INFRA

EXPORT = re.compile(r'Export:\s*\{?\s*Name:\s*!Sub\s*"?wild-rydes-\$\{Stage\}-(\w+)')
IMPORT = re.compile(r'Fn::ImportValue:?\s*!Sub\s*"?wild-rydes-\$\{Stage\}-(\w+)')


@dataclass(frozen=True)
class Stack:
    """A template, and the parameters that its instance has."""

    template: Path
    name: str
    parameters: dict[str, str] = field(default_factory=dict)


def waves(folder: Path = INFRA) -> list[list[Path]]:
    """The templates in the order of deployment: each wave needs only what those before it export."""
    templates = {path: path.read_text() for path in sorted(folder.glob("*.yaml"))}
    exporter = {name: path for path, text in templates.items() for name in EXPORT.findall(text)}
    needs = {path: {exporter.get(name, name) for name in IMPORT.findall(text)} for path, text in templates.items()}
    order: list[list[Path]] = []
    placed: set[Path] = set()
    while len(placed) < len(templates):
        wave = [path for path in templates if path not in placed and needs[path] <= placed]
        if not wave:
            stuck = {path.stem: needs[path] - placed for path in templates if path not in placed}
            missing = ", ".join(f"{name} needs {', '.join(map(str, what))}" for name, what in stuck.items())
            raise console.Stop(f"templates import values that no template exports, or import from each other: {missing}")
        order.append(wave)
        placed.update(wave)
    return order


def stacks_of(template: Path) -> list[Stack]:
    """The one stack of a template, or one for each of its instances."""
    instances = template.with_suffix(".instances.json")
    if not instances.exists():
        return [Stack(template, template.stem)]
    each = json.loads(instances.read_text()).items()
    return [Stack(template, f"{template.stem}-{name}", {"Name": name, **parameters}) for name, parameters in each]


def stacks(folder: Path = INFRA) -> list[list[Stack]]:
    """All stacks in the order of deployment, wave by wave."""
    return [[stack for template in wave for stack in stacks_of(template)] for wave in waves(folder)]
