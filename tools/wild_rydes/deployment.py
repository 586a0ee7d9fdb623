"""Deploys the stacks of a stage with the SAM CLI: the same way to AWS and to the emulator."""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from wild_rydes import console, environments, parameters, sam, stacks
from wild_rydes.emulator.profiles import SENDER
from wild_rydes.paths import INFRA
from wild_rydes.stacks import Stack

CODE = re.compile(r"CodeUri:\s*(\S+)")
DEFINITION = re.compile(r"DefinitionUri:\s*(\S+)")
# The defaults for emulators. Those in the templates are for AWS.
EMULATOR_DEFAULTS = {"SenderAddress": SENDER}
# A stack whose first deployment failed can't be updated; there is nothing in it.
FAILED_AT_FIRST = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")


class Deployment:
    """The stacks of one stage, on AWS or on one emulator. `given` has parameters, as PARAMETERS has them."""

    def __init__(self, stage: str, arch: str, env: dict[str, str], folder: Path, given: str = "") -> None:
        self.stage, self.arch, self.env, self.folder, self.given = stage, arch, env, folder, given
        self.logs = folder / "deploy-logs"

    def deploy_one(self, stack: Stack) -> None:
        """Deploys a stack whose template is not in infra/. It is deployed once, so it has no releases, and its functions need not
        be built for Lambda."""
        self._deploy(stack, self.parameters([stack])[stack.name], "")

    def deploy(self, templates: Path, instance: str | None) -> None:
        """Deploys what has changed. `instance` names the emulator that earlier deployments went to; a deployment to AWS
        has none, and CloudFormation itself finds what has changed."""
        order = stacks.stacks(templates)
        values = self.parameters([stack for wave in order for stack in wave])
        described = describe(self.stage, self.env, "--exports")
        there = statuses(described)
        refuse(self.stage, described, templates)
        self.replace_failed(there)
        record = self.folder / "deployed.json"
        known = json.loads(record.read_text()) if record.exists() else {}
        deployed = known.get("stacks", {}) if instance and known.get("instance") == instance else {}
        deployed = {name: digest for name, digest in deployed.items() if name in there}
        digests = {stack.name: self._fingerprint(stack, values[stack.name]) for wave in order for stack in wave}
        for wave in order:
            changed = [stack for stack in wave if deployed.get(stack.name) != digests[stack.name]]
            # The very first goes alone: with it the SAM CLI makes its bucket, which two at once would both try.
            alone, beside = (changed[:1], changed[1:]) if not deployed else ([], changed)
            for group in (alone, beside):
                with ThreadPoolExecutor(max_workers=4) as pool:
                    done = pool.map(lambda stack: self._deploy(stack, values[stack.name], digests[stack.name]), group)
                    for stack, _ in zip(group, done, strict=True):
                        deployed[stack.name] = digests[stack.name]
                        if instance:
                            record.write_text(json.dumps({"instance": instance, "stacks": deployed}))

    def parameters(self, of: Sequence[Stack]) -> dict[str, dict[str, str]]:
        """Every parameter of these stacks, by the stack's name."""
        own = {"Stage": self.stage, "Architecture": self.arch, "OnEmulator": "true" if self.env else "false"}
        settings, faults = parameters.read(self.stage, self.given)
        templates = sorted({str(stack.template) for stack in of})
        declared = json.loads(environments.output("sam", "wild_rydes.cloud.declared", *templates))
        return parameters.merge(of, declared, own, settings, faults, EMULATOR_DEFAULTS if self.env else {})

    def replace_failed(self, there: Mapping[str, str]) -> None:
        """Deletes the stacks that were never deployed, so that they can be deployed again."""
        failed = [name for name, status in there.items() if status in FAILED_AT_FIRST]
        if failed:
            with console.step(f"deleting what earlier deployments have left half done: {', '.join(failed)}"):
                environments.output("sam", "wild_rydes.cloud.delete", self.stage, *failed, env=self.env)

    def _fingerprint(self, stack: Stack, values: Mapping[str, str]) -> str:
        """A digest of the template, its functions and state machines, and the parameters."""
        digest = hashlib.sha256(json.dumps([self.stage, values], sort_keys=True).encode())
        text, folder = stack.template.read_text(), stack.template.parent
        digest.update(text.encode())
        for code in sorted(set(CODE.findall(text))):
            digest.update((folder / code / "bootstrap").read_bytes())
        for definition in sorted(set(DEFINITION.findall(text))):
            digest.update((folder / definition).read_bytes())
        return digest.hexdigest()

    def _deploy(self, stack: Stack, values: Mapping[str, str], fingerprint: str) -> None:
        name = f"wild-rydes-{self.stage}-{stack.name}"
        started = time.monotonic()
        self.logs.mkdir(parents=True, exist_ok=True)
        # A file, because on the command line the SAM CLI takes some values apart. JSON is YAML.
        passed = self.logs / f"{stack.name}.parameters.yaml"
        # Without it, a function's alias would stay at the version before a change of a parameter.
        release = {"Release": fingerprint} if "Release" in values else {}
        passed.write_text(json.dumps({**values, **release}, indent=2) + "\n")
        command: list[str | Path] = [environments.bin_of("sam") / "sam", "deploy", "--template-file", stack.template]
        command += ["--stack-name", name, "--resolve-s3", "--s3-prefix", name, "--capabilities", "CAPABILITY_IAM"]
        command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--output", "json"]
        command += ["--parameter-overrides", f"file://{passed.resolve()}"]
        command += ["--tags", f"stage={self.stage}", f"service={stack.name}"]
        env = {**os.environ, **self.env, **(environments.SAM_ON_EMULATOR if self.env else environments.SAM)}
        changes = sam.deploy(command, env, self.logs / f"{stack.name}.log", stack.name)
        console.done(f"deployed {stack.name}: {changes}", time.monotonic() - started)


def describe(stage: str, env: dict[str, str], *options: str) -> dict[str, Any]:
    """The account and the region, and the stage's stacks that are there; with --exports their exports and the importers of each,
    with --resources what the stacks consist of."""
    return json.loads(environments.output("sam", "wild_rydes.cloud.describe", stage, *options, env=env))


def statuses(described: Mapping[str, Any]) -> dict[str, str]:
    """The status of each stack that is there."""
    return {name: stack["status"] for name, stack in described["stacks"].items()}


def refuse(stage: str, described: Mapping[str, Any], templates: Path = INFRA) -> None:
    """Stops if CloudFormation would refuse a deployment halfway, and says what helps."""
    faults = [*stuck(stage, statuses(described)), *lost_exports(described["exports"], templates)]
    if faults:
        raise console.Stop("nothing was deployed:\n  " + "\n  ".join(faults))


def stuck(stage: str, there: Mapping[str, str]) -> Iterator[str]:
    """The stacks that can't be deployed as they are."""
    help_for = {
        "DELETE_FAILED": f"it was not deleted completely, so run make undeploy STAGE={stage}",
        "UPDATE_ROLLBACK_FAILED": "see its events for what keeps it from its old state, mend that, and run "
        "aws cloudformation continue-update-rollback --stack-name {}",
    }
    for name, status in there.items():
        stack = f"wild-rydes-{stage}-{name}"
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            yield f"{stack} is {status}: wait until this has ended"
        elif status in help_for:
            yield f"{stack} is {status}: {help_for[status].format(stack)}"


def lost_exports(exports: Mapping[str, Mapping[str, Any]], templates: Path) -> Iterator[str]:
    """The exports that templates no longer have, and that deployed stacks still import. An exporter is deployed before its
    importers, so what they import now counts, and not what they are about to."""
    kept = {(path.stem, name) for path in templates.glob("*.yaml") for name in stacks.EXPORT.findall(path.read_text())}
    for name, export in exports.items():
        if export["imported_by"] and (export["stack"], name) not in kept and (templates / f"{export['stack']}.yaml").exists():
            importers = ", ".join(sorted(export["imported_by"]))
            yield (
                f"{export['stack']} no longer exports {name}, which {importers} still imports: keep the export, deploy what "
                f"doesn't import it any more, and remove it with the deployment after that"
            )


def leftovers(there: Mapping[str, str], templates: Path = INFRA) -> list[str]:
    """The stacks that no template makes any more, such as that of a herd that was taken out of infra/herd.instances.json."""
    return sorted(set(there) - {stack.name for wave in stacks.stacks(templates) for stack in wave})
