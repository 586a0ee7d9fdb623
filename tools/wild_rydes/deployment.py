"""Deploys the stacks, one per template in infra/, with the SAM CLI: the same way to AWS and to the emulator.

A template that imports a value is deployed after the one that exports it; templates that don't wait for each other are
deployed side by side. A new service is a new template: nothing here names one. A template x.yaml beside which stands
x.instances.json is deployed once for each name in it, as x-<name>, with the parameters given there and Name=<name>.
"""

import hashlib
import json
import os
import re
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from wild_rydes import console, environments
from wild_rydes.paths import INFRA, ROOT

EXPORT = re.compile(r'Export:\s*\{?\s*Name:\s*!Sub\s*"?wild-rydes-\$\{Stage\}-(\w+)')
IMPORT = re.compile(r'Fn::ImportValue:?\s*!Sub\s*"?wild-rydes-\$\{Stage\}-(\w+)')
CODE = re.compile(r"CodeUri:\s*(\S+)")
DEFINITION = re.compile(r"DefinitionUri:\s*(\S+)")


def waves() -> list[list[Path]]:
    """The templates in the order of deployment: each wave needs only what those before it export."""
    templates = {path: path.read_text() for path in sorted(INFRA.glob("*.yaml"))}
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


@dataclass(frozen=True)
class Stack:
    """A template, and the parameters of its deployment."""

    template: Path
    name: str
    parameters: dict[str, str] = field(default_factory=dict)


def stacks_of(template: Path) -> list[Stack]:
    """The one stack of a template, or one for each of its instances."""
    instances = template.with_suffix(".instances.json")
    if not instances.exists():
        return [Stack(template, template.stem)]
    each = json.loads(instances.read_text()).items()
    return [Stack(template, f"{template.stem}-{name}", {"Name": name, **parameters}) for name, parameters in each]


class Deployment:
    """The stacks of one stage, on AWS or on one emulator."""

    def __init__(self, stage: str, arch: str, env: dict[str, str], folder: Path, parameters: Sequence[str] = ()) -> None:
        self.stage, self.arch, self.env, self.folder, self.parameters = stage, arch, env, folder, parameters
        self.logs = folder / "deploy-logs"

    def deploy_one(self, stack: Stack) -> None:
        """Deploys a stack whose template is not in infra/."""
        self._deploy(environments.bin_of("sam") / "sam", stack)

    def deploy(self, templates: Path, instance: str | None) -> None:
        """Deploys what has changed. `instance` names the emulator that earlier deployments went to; a deployment to AWS
        has none, and CloudFormation itself finds what has changed."""
        record = self.folder / "deployed.json"
        known = json.loads(record.read_text()) if record.exists() else {}
        deployed = known.get("stacks", {}) if instance and known.get("instance") == instance else {}
        sam = environments.bin_of("sam") / "sam"
        for wave in waves():
            stacks = [stack for path in wave for stack in stacks_of(templates / path.name)]
            changed = [stack for stack in stacks if deployed.get(stack.name) != self._fingerprint(stack)]
            # The very first goes alone: with it the SAM CLI makes its bucket, which two at once would both try.
            alone, beside = (changed[:1], changed[1:]) if not deployed else ([], changed)
            for group in (alone, beside):
                with ThreadPoolExecutor(max_workers=4) as pool:
                    for stack, _ in zip(group, pool.map(lambda stack: self._deploy(sam, stack), group), strict=True):
                        deployed[stack.name] = self._fingerprint(stack)
                        if instance:
                            record.write_text(json.dumps({"instance": instance, "stacks": deployed}))

    def _fingerprint(self, stack: Stack) -> str:
        """A digest of the template, its functions and state machines, and the parameters."""
        given = [self.stage, self.arch, self.parameters, stack.parameters]
        digest = hashlib.sha256(json.dumps(given).encode())
        text, folder = stack.template.read_text(), stack.template.parent
        digest.update(text.encode())
        for code in sorted(set(CODE.findall(text))):
            digest.update((folder / code / "bootstrap").read_bytes())
        for definition in sorted(set(DEFINITION.findall(text))):
            digest.update((folder / definition).read_bytes())
        return digest.hexdigest()

    def _deploy(self, sam: Path, stack: Stack) -> None:
        name, template = f"wild-rydes-{self.stage}-{stack.name}", stack.template
        started = time.monotonic()
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{stack.name}.log"
        # SAM passes on the parameters that the template has.
        overrides = [f"Stage={self.stage}", f"Architecture={self.arch}", f"OnEmulator={'true' if self.env else 'false'}"]
        overrides += [f"{parameter}={value}" for parameter, value in stack.parameters.items()]
        overrides += [p.split(":", 1)[1] for p in self.parameters if p.split(":", 1)[0] == stack.name]
        command: list[str | Path] = [sam, "deploy", "--template-file", template, "--stack-name", name, "--resolve-s3"]
        command += ["--s3-prefix", name, "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"]
        command += ["--no-fail-on-empty-changeset", "--no-progressbar", "--parameter-overrides", *overrides]
        command += ["--tags", f"stage={self.stage}", f"service={stack.name}"]
        env = {**os.environ, **self.env, **(environments.SAM_ON_EMULATOR if self.env else environments.SAM)}
        with log.open("wb") as output:
            ended = subprocess.run(command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        if ended.returncode:
            raise console.Stop(f"{name} was not deployed: {_reason(log)}; the whole log is {log.relative_to(ROOT)}")
        console.done(f"deployed {stack.name}", time.monotonic() - started)


def _reason(log: Path) -> str:
    """The line of SAM's log that gives the reason."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "FAILED" in line and "-" in line] or [line for line in lines if "Error" in line] or lines
    return re.sub(r"\s+", " ", telling[0]) if telling else "SAM gave no reason"
